package render

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/tree"
)

// Certificate is where the proxy's own certificate is: in files of Envoy, or in a Secret of Kubernetes.
type Certificate struct {
	Certificate, PrivateKey word
	Secret                  word
}

// TLS is how an engine is reached by TLS.
type TLS struct {
	Name word // in its certificate, and what it is asked for
	CA   word // who vouches for it: a file of the proxy, or a ConfigMap of Kubernetes; "" is whom the system trusts
}

// Credential is where the value of a header is that an engine wants: never here.
type Credential struct {
	Header word // in small letters
	Env    word // a variable of the proxy's environment,
	File   word // or a file that it reads when it starts
}

// systemCA is the file with those whom the system trusts, where Debian, Alpine and Envoy's own images have it.
const systemCA = "/etc/ssl/certs/ca-certificates.crt"

// certificate reads the listener's.
func (r *reader) certificate(n *tree.Node) *Certificate {
	c := &Certificate{}
	if r.form != Envoy {
		if r.Map(n, "secret") {
			r.named(n, "secret", "name the Secret of type kubernetes.io/tls beside the gateway", r.label, &c.Secret)
		}
		return c
	}
	if r.Map(n, "certificate", "private_key") {
		r.named(n, "certificate", "name the file with the certificates, the proxy's own first", r.file, &c.Certificate)
		r.named(n, "private_key", "name the file with the certificate's key", r.file, &c.PrivateKey)
	}
	return c
}

// named reads a member that has to be there.
func (r *reader) named(n *tree.Node, key, hint string, read func(*tree.Node) (string, bool), into *word) {
	if v := r.Required(n, key, hint); v != nil {
		r.optional(v, read, into)
	}
}

func (r *reader) optional(n *tree.Node, read func(*tree.Node) (string, bool), into *word) {
	if n == nil {
		return
	}
	s, _ := read(n)
	*into = word(s)
}

// engineTLS reads how an engine is reached by TLS; nil is not.
func (r *reader) engineTLS(n *tree.Node, addresses []address) *TLS {
	if n.Kind == tree.Bool {
		if n.Text == "false" {
			return nil
		}
	} else if !r.Map(n, "name", "ca") {
		return nil
	}
	t := &TLS{}
	if n.Kind == tree.Map {
		r.optional(n.Get("name"), r.host, &t.Name)
		ca := r.file
		if r.form == EnvoyGateway || r.form == GatewayAPI {
			ca = r.label
		}
		r.optional(n.Get("ca"), ca, &t.CA)
		if n.Get("name") != nil {
			return t
		}
	}
	for _, a := range addresses {
		if a.isIP() || a.Host != addresses[0].Host {
			r.Add(n, "which name the engine's certificate has is not said", "write tls: {name: HOST}: an IP address, or one of several hosts, says nothing of it")
			return t
		}
	}
	if len(addresses) > 0 {
		t.Name = addresses[0].Host
	}
	return t
}

// host reads the name of a host.
func (r *reader) host(n *tree.Node) (string, bool) {
	s, ok := r.Word(n)
	if ok && (!isHost(s) || net.ParseIP(s) != nil) {
		r.Add(n, strconv.Quote(s)+" is no name of a host", "write the name in the engine's certificate, such as large.example.com")
		return "", false
	}
	return s, ok
}

// credential reads where the key of an engine is.
func (r *reader) credential(n *tree.Node) *Credential {
	c := &Credential{Header: "authorization"}
	places := []string{"env", "file"}
	if n.Kind == tree.String {
		r.Add(n, "a key stands in no description", "write where it is: key: {"+places[0]+": NAME}")
		return c
	}
	if !r.Map(n, append(slices.Clone(places), "header")...) {
		return c
	}
	given := 0
	for _, place := range places {
		if v := n.Get(place); v != nil {
			switch given++; place {
			case "env":
				r.optional(v, r.variable, &c.Env)
			case "file":
				r.optional(v, r.file, &c.File)
			}
		}
	}
	if given != 1 {
		r.Add(n, "where the key is is not said once", "write one of "+strings.Join(places, " and ")+", such as key: {"+places[0]+": NAME}")
	}
	r.optional(n.Get("header"), func(n *tree.Node) (string, bool) {
		s, ok := r.Word(n)
		s = strings.ToLower(s)
		if ok && (strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || slices.Contains([]string{"host", "content-length", "content-type", "transfer-encoding"}, s) || strings.HasPrefix(s, "x-mom-")) {
			r.Add(n, strconv.Quote(s)+" is no header for a key", "write authorization, x-api-key or api-key")
		}
		return s, ok
	}, &c.Header)
	return c
}

// What follows reads where a secret is. Who writes the secret itself there is told so, and it is not said again: errors end up in logs.

// file reads the name of a file that the proxy reads.
func (r *reader) file(n *tree.Node) (string, bool) {
	s, ok := r.Word(n)
	if ok && strings.ContainsAny(s, "\r\n") {
		r.Add(n, "this is no name of a file", "name the file where the proxy finds it; what stands in it does not belong here")
		return "", false
	}
	return s, ok
}

// variable reads the name of a variable of the environment.
func (r *reader) variable(n *tree.Node) (string, bool) {
	s, ok := r.Word(n)
	if ok && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
		r.Add(n, "this is no name of a variable", "name the variable of the proxy's environment that holds the secret, such as MOM_KEYS_SECRET; never write the secret itself here")
		return "", false
	}
	return s, ok
}

// Trusted is the file with those who vouch for an engine.
func (t *TLS) Trusted() word {
	if t.CA == "" {
		return systemCA
	}
	return t.CA
}

// KeyName is what Envoy calls the engine's key.
func (e *engine) KeyName() word { return "key-" + e.Cluster }

// Keyed are the engines that want a key.
func (p *plan) Keyed() (keyed []*engine) {
	for _, e := range p.Engines {
		if e.Credential != nil {
			keyed = append(keyed, e)
		}
	}
	return keyed
}

// KeyHeaders are the headers in which engines get them, each once.
func (p *plan) KeyHeaders() (headers []word) {
	for _, e := range p.Keyed() {
		if !slices.Contains(headers, e.Credential.Header) {
			headers = append(headers, e.Credential.Header)
		}
	}
	return headers
}

// Secure reports whether some engine is reached by TLS: routes then say the host that it wants.
func (p *plan) Secure() bool {
	return slices.ContainsFunc(p.Engines, func(e *engine) bool { return e.TLS != nil })
}

// Certificate is the listener's, nil without TLS.
func (p *plan) Certificate() *Certificate { return p.certificate }
