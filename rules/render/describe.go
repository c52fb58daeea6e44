package render

import (
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/tree"
)

// description is what the file says that render is given: where engines and gateways are, and which of the ways to run the plugin is wanted.
type description struct {
	policy     string // "default" or a file
	engines    []described
	hold       string
	keys       string // variable of the environment with the secret for keys of conversations
	compressed bool
	live       string // file from which Envoy takes the filter; "" for none
	listen     address
	admin      address
	module     string
	sha256     string
	namespace  string
	labels     *tree.Node
	strip      bool
	waypoint   bool
	plugin     *tree.Node // more of the plugin's configuration

	certificate *Certificate
	fallback    *fallback
	fleet       *Fleet
}

// described is an engine as the description names it.
type described struct {
	at        *tree.Node // the key
	value     *tree.Node
	name      string // a key of a model, or its cluster
	addresses []address
	pool      string

	tls        *TLS
	credential *Credential
	health     word // path of its health check; "" is none
}

type address struct {
	Host word
	Port int64
}

// known are the keys of a description, with the forms of output that know them; nil for all.
var known = []struct {
	key   string
	forms []string
}{
	{"policy", nil}, {"engines", nil}, {"hold", []string{Envoy, Istio}}, {"keys", []string{Envoy, Istio}}, {"compressed", []string{Envoy}},
	{"live", []string{Envoy}}, {"listen", nil}, {"admin", []string{Envoy}}, {"module", nil}, {"sha256", kubernetes}, {"namespace", kubernetes},
	{"labels", []string{Istio}}, {"strip", []string{Istio}}, {"waypoint", []string{GatewayAPI}}, {"plugin", nil}, {"tls", nil},
	{"fallback", []string{Envoy, Istio}}, {"fleet", []string{Envoy, Istio}},
}

var kubernetes = []string{Istio, EnvoyGateway, GatewayAPI}

type reader struct {
	tree.Fields
	form  string
	falls bool // requests go to other models, so that all forms have their engines in Envoy's own clusters
}

// describe reads a description for a form of output.
func describe(root *tree.Node, form string) (*description, error) {
	r := reader{Fields: tree.Fields{Problems: &tree.Problems{}}, form: form}
	d := defaults(form)
	var keys []string
	for _, k := range known {
		keys = append(keys, k.key)
	}
	if !r.Map(root, keys...) {
		return nil, r.Err()
	}
	for _, k := range known {
		if n := root.Get(k.key); n != nil && k.forms != nil && !slices.Contains(k.forms, form) {
			r.Add(n, strconv.Quote(k.key)+" means nothing to "+form, "remove it: it belongs to "+strings.Join(k.forms, ", "))
		}
	}
	read := func(key string, value func(*tree.Node)) {
		if n := root.Get(key); n != nil {
			value(n)
		}
	}
	text := func(s *string) func(*tree.Node) {
		return func(n *tree.Node) { *s, _ = r.Word(n) }
	}
	truth := func(b *bool) func(*tree.Node) {
		return func(n *tree.Node) { *b, _ = r.Bool(n) }
	}
	if n := r.Required(root, "policy", "name a file, or say policy: default"); n != nil {
		text(&d.policy)(n)
	}
	read("fallback", func(n *tree.Node) { d.fallback = r.fallback(n) })
	r.falls = d.fallback != nil
	if n := r.Required(root, "engines", "write a line for each model, such as small: small.example.com:8000"); n != nil {
		r.engines(d, n)
	}
	read("hold", func(n *tree.Node) { d.hold, _ = r.OneOf(n, "way to hold requests", []string{"flag", "pair"}) })
	read("keys", func(n *tree.Node) { d.keys, _ = r.variable(n) })
	read("tls", func(n *tree.Node) { d.certificate = r.certificate(n) })
	read("fleet", func(n *tree.Node) { d.fleet = r.fleet(n) })
	read("compressed", truth(&d.compressed))
	read("live", func(n *tree.Node) {
		if n.Kind == tree.Bool && n.Text == "false" {
			d.live = ""
		} else if n.Kind == tree.Bool {
			r.Add(n, "which file is meant is not said", "name the file from which Envoy is to take the filter")
		} else {
			text(&d.live)(n)
		}
	})
	read("listen", func(n *tree.Node) { d.listen = r.address(n, d.listen) })
	read("admin", func(n *tree.Node) { d.admin = r.address(n, d.admin) })
	read("module", text(&d.module))
	read("sha256", func(n *tree.Node) {
		if text(&d.sha256)(n); len(d.sha256) != 64 || strings.Trim(d.sha256, "0123456789abcdef") != "" {
			r.Add(n, "this is no SHA-256", "write the 64 small hexadecimal digits that make image prints")
		}
	})
	read("namespace", func(n *tree.Node) { d.namespace, _ = r.label(n) })
	read("labels", func(n *tree.Node) {
		if d.labels = n; n.Kind != tree.Map || len(n.Keys) == 0 {
			r.Add(n, "labels are missing", "write those of the gateway's pods, such as {istio: ingressgateway}: without any, all gateways would be meant")
		} else {
			for _, v := range n.Items {
				r.Text(v)
			}
		}
	})
	read("strip", truth(&d.strip))
	read("waypoint", truth(&d.waypoint))
	read("plugin", func(n *tree.Node) {
		if d.plugin = n; n.Kind != tree.Map {
			r.WrongKind(n, "a map")
			return
		}
		for _, key := range n.Keys {
			if slices.Contains([]string{"policy", "hold", "keys", "fallback"}, key.Text) {
				r.Add(key, strconv.Quote(key.Text)+" stands outside of plugin", "move it out, where all of the configuration goes by it")
			}
		}
	})
	r.together(root, d)
	return d, r.Err()
}

// together looks at keys that do not go with each other.
func (r *reader) together(root *tree.Node, d *description) {
	if n := root.Get("hold"); d.fallback != nil && r.form == Istio && n == nil {
		d.hold = "flag"
	} else if d.fallback != nil && r.form == Istio && d.hold != "flag" {
		r.Add(n, "WasmPlugins cannot be in the chain that runs once a try, and fallback needs the module there", "say hold: flag, or leave fallback out")
	}
	if n := root.Get("tls"); n != nil && d.waypoint {
		r.Add(n, "a waypoint is reached inside of the mesh, which has its own TLS", "remove tls")
	}
	if d.certificate != nil && root.Get("listen") == nil && r.form != Envoy {
		d.listen.Port = 443
	}
}

// defaults are a description's, for a form of output.
func defaults(form string) *description {
	d := &description{
		hold: "pair", listen: address{"0.0.0.0", 8080}, admin: address{"127.0.0.1", 9901}, namespace: "llm",
		module: "registry.example.com/mom-router:1.0.0", sha256: strings.Repeat("0", 64),
		labels: &tree.Node{Kind: tree.Map, Keys: []*tree.Node{text("istio")}, Items: []*tree.Node{text("ingressgateway")}},
	}
	switch form {
	case Envoy:
		d.hold, d.live, d.module = "flag", "mom-router.yaml", "dist/mom-router.wasm"
	case EnvoyGateway:
		d.hold = "flag"
	case Istio:
		d.listen.Port, d.namespace, d.module = 80, "istio-ingress", "oci://"+d.module
	case GatewayAPI:
		d.listen.Port, d.module = 80, "oci://"+d.module
	}
	return d
}

// engines reads where the engines are: an address, several, or an InferencePool.
func (r *reader) engines(d *description, n *tree.Node) {
	if n.Kind != tree.Map || len(n.Keys) == 0 {
		r.Add(n, "a map is expected, from keys of models to addresses", "write a line for each model, such as small: small.example.com:8000")
		return
	}
	for i, key := range n.Keys {
		e := described{at: key, value: n.Items[i], name: key.Text, health: "/health"}
		if v := n.Items[i]; v.Kind == tree.Map {
			r.engine(&e, v)
		} else {
			e.addresses = r.addresses(v)
		}
		d.engines = append(d.engines, e)
	}
}

// engine reads one of which more is said than its addresses.
func (r *reader) engine(e *described, n *tree.Node) {
	if !r.Map(n, "at", "tls", "key", "health", "pool") {
		return
	}
	if pool := n.Get("pool"); pool != nil {
		if r.form != GatewayAPI {
			r.Add(pool, "an InferencePool means nothing to "+r.form, "name addresses, or render gateway-api")
		}
		for _, key := range n.Keys {
			if key.Text != "pool" {
				r.Add(key, strconv.Quote(key.Text)+" means nothing to an InferencePool", "remove it")
			}
		}
		e.pool, _ = r.label(pool)
		return
	}
	if at := r.Required(n, "at", "write its HOST:PORT, or {pool: NAME} for an InferencePool"); at != nil {
		e.addresses = r.addresses(at)
	}
	if tls := n.Get("tls"); tls != nil {
		e.tls = r.engineTLS(tls, e.addresses)
	}
	if key := n.Get("key"); key != nil {
		if r.form != Envoy {
			// Envoy Gateway injects a key by a filter of the route that a request has before the plugin chooses one, so the engine gets what the client sent.
			r.Add(key, "an engine's key means nothing to "+r.form, "render envoy, or have the engine trust the gateway's network")
		}
		e.credential = r.credential(key)
		if e.tls == nil && n.Get("tls") == nil {
			r.Add(key, "a key would go to the engine in the clear", "add tls: true, or tls: false where the network is to be trusted")
		}
	}
	if health := n.Get("health"); health != nil {
		if r.form == GatewayAPI || r.form == Istio && !r.falls {
			r.Add(health, "health checks mean nothing to "+r.form, "remove it")
		}
		if e.health = ""; health.Kind != tree.Bool || health.Text != "false" {
			path, ok := r.Word(health)
			if ok && (!strings.HasPrefix(path, "/") || strings.ContainsAny(path, " #")) {
				r.Add(health, strconv.Quote(path)+" is no path", "write that of the health check, such as /health, or false for none")
			}
			e.health = word(path)
		}
	}
}

// addresses reads one or several.
func (r *reader) addresses(n *tree.Node) (all []address) {
	switch n.Kind {
	case tree.String:
		return []address{r.address(n, address{})}
	case tree.List:
		for _, item := range r.SomeItems(n) {
			all = append(all, r.address(item, address{}))
		}
	default:
		r.WrongKind(n, "an address such as small.example.com:8000, or a list of them,")
	}
	return all
}

// address reads HOST:PORT; without a host it keeps the one that otherwise has, if there is one.
func (r *reader) address(n *tree.Node, otherwise address) address {
	text, ok := r.Word(n)
	if !ok {
		return otherwise
	}
	host, port, err := net.SplitHostPort(text)
	number, e := strconv.ParseUint(port, 10, 16)
	switch {
	case strings.Contains(text, "://"):
		r.Add(n, strconv.Quote(text)+" is a URL", "write HOST:PORT, and for https {at: HOST:PORT, tls: true}")
	case err != nil || e != nil || number == 0:
		r.Add(n, strconv.Quote(text)+" is no address", "write HOST:PORT, such as small.example.com:8000 or [::1]:8000")
	case host == "" && otherwise.Host == "", !isHost(host):
		r.Add(n, strconv.Quote(host)+" is no host", "write a name or an IP address")
	default:
		if host == "" {
			host = string(otherwise.Host)
		}
		return address{word(host), int64(number)}
	}
	return otherwise
}

func isHost(host string) bool {
	if net.ParseIP(host) != nil || host == "" {
		return true
	}
	for _, label := range strings.Split(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || strings.Trim(label, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			return false
		}
	}
	return len(host) <= 253
}

// label reads the name of a resource of Kubernetes.
func (r *reader) label(n *tree.Node) (string, bool) {
	s, ok := r.Word(n)
	if ok && !isLabel(s) {
		r.Add(n, strconv.Quote(s)+" is no name for Kubernetes", "small letters, digits and - in between, at most 63")
		return "", false
	}
	return s, ok
}

func isLabel(s string) bool {
	return s != "" && len(s) <= 63 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" && s[0] != '-' && s[len(s)-1] != '-'
}
