package render

import (
	"fmt"
	"net"
	"path"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/internal/sha256"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// What the templates ask for, by the names that stand in them.

func (p *plan) Pair() bool          { return p.hold == "pair" }
func (p *plan) Compressed() bool    { return p.compressed }
func (p *plan) Keys() word          { return word(p.keys) }
func (p *plan) Live() word          { return word(p.live) }
func (p *plan) LiveDirectory() word { return word(path.Dir(p.live)) }
func (p *plan) Listen() address     { return p.listen }
func (p *plan) Admin() address      { return p.admin }
func (p *plan) Module() word        { return word(p.module) }
func (p *plan) SHA256() string      { return p.sha256 }
func (p *plan) Namespace() word     { return word(p.namespace) }
func (p *plan) Labels() string      { return flow(p.labels) }
func (p *plan) Strip() bool         { return p.strip }
func (p *plan) Waypoint() bool      { return p.waypoint }
func (p *plan) BuiltIn() bool       { return p.policyTree == nil }
func (p *plan) ClusterHeader() word { return word(p.config.ClusterHeader) }
func (p *plan) SessionHeader() word { return word(p.config.SessionHeader) }
func (p *plan) PrefixHeader() word  { return word(p.config.PrefixHeader) }

// Hashed is by what a replica is chosen, as YAML: a conversation's key, or else that of its system text and tools.
func (p *plan) Hashed() string {
	return "[{header: {header_name: " + p.SessionHeader().String() + "}, terminal: true}, {header: {header_name: " + p.PrefixHeader().String() + "}}]"
}

// Renamed are the routing headers that the plugin's configuration calls something else than x-mom-.
func (p *plan) Renamed() (names []word) {
	for _, name := range []word{p.ClusterHeader(), word(p.config.ModelHeader), p.SessionHeader(), p.PrefixHeader()} {
		if !strings.HasPrefix(string(name), "x-mom-") {
			names = append(names, name)
		}
	}
	return names
}

// Lead is the filter with the policy.
func (p *plan) Lead() string {
	if p.Pair() {
		return "mom-router-lead"
	}
	return "mom-router"
}

// checks says for each engine how its health check is written.
func (p *plan) checks() {
	first := "first"
	for _, e := range p.Engines {
		switch e.Health {
		case "":
			e.Checks = "none"
		case "/health":
			e.Checks, first = first, "again"
		default:
			e.Checks = "own"
		}
	}
}

// GatewayName is the Gateway to which the plugin is attached.
func (p *plan) GatewayName() string {
	if p.waypoint {
		return "waypoint"
	}
	return "mom-router"
}

// Pools reports whether an engine is an InferencePool.
func (p *plan) Pools() bool {
	return slices.ContainsFunc(p.Engines, func(e *engine) bool { return e.Pool != "" })
}

// Environment lists the variables that the module is given, as YAML.
func (p *plan) Environment() string {
	if len(p.environment) == 0 {
		return ""
	}
	return list(p.environment)
}

// IstioEnvironment is the same for a WasmPlugin.
func (p *plan) IstioEnvironment() string {
	var items []string
	for _, name := range p.environment {
		items = append(items, "{name: "+word(name).String()+", valueFrom: HOST}")
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// StripNames are the headers that Envoy Gateway takes away, which knows no prefixes.
func (p *plan) StripNames() string {
	return list([]string{p.config.ClusterHeader, p.config.ModelHeader})
}

// Version tells one filter from the next.
func (p *plan) Version() string {
	sum := sha256.Sum256([]byte(tree.Canonical(p.configuration) + p.module))
	return fmt.Sprintf("%x", sum[:8])
}

// short is how long a configuration is at most that stands on one line.
const short = 400

// Value is the plugin's configuration as a YAML string, in which the lines of JSON are indented.
func (p *plan) Value(indent int) string {
	if line := inOrder(p.configuration); len(line) <= short {
		return "'" + strings.ReplaceAll(printable(line), "'", "''") + "'"
	}
	return "|-\n" + indented(indent, printable(lines(p.configuration, "")))
}

// PluginConfig is the same as a YAML map, without a policy that the template has written.
func (p *plan) PluginConfig(indent int) (string, error) {
	n := *p.configuration
	if p.BuiltIn() {
		n.Keys, n.Items = n.Keys[1:], n.Items[1:]
	}
	return members(&n, indent)
}

// EGConfig is the same behind `config:`.
func (p *plan) EGConfig() (string, error) {
	if p.BuiltIn() && len(p.configuration.Keys) == 2 {
		return " {policy: default, hold: flag}        # policy: or one of your own, as it stands in its file", nil
	}
	text, err := members(p.configuration, 6)
	return "\n" + strings.TrimSuffix(text, "\n"), err
}

// members writes a map with a line for each member, however short they are.
func members(n *tree.Node, indent int) (string, error) {
	var b strings.Builder
	for i, key := range n.Keys {
		text, err := source.YAML(&tree.Node{Kind: tree.Map, Keys: []*tree.Node{key}, Items: []*tree.Node{n.Items[i]}})
		if err != nil {
			return "", err
		}
		line := strings.TrimSuffix(string(text), "\n")
		if inner, ok := strings.CutPrefix(line, "{"); ok {
			line = strings.TrimSuffix(inner, "}")
		}
		b.WriteString(indented(indent, line) + "\n")
	}
	return b.String(), nil
}

// Rule is a DestinationRule for some of the engines.
type Rule struct {
	Name word
	Host string
	TLS  *TLS
	Last bool
}

// Rules is one for all engines, where their hosts have an ending in common, else one for each.
func (p *plan) Rules() (rules []Rule) {
	common := ""
	for i, e := range p.Engines {
		_, suffix, _ := strings.Cut(string(e.Host()), ".")
		if e.TLS != nil || i > 0 && suffix != common || !strings.Contains(suffix, ".") || e.IP() {
			common = ""
			break
		}
		common = suffix
	}
	if name, _, _ := strings.Cut(common, "."); common != "" {
		return []Rule{{Name: word(name), Host: "*." + common, Last: true}}
	}
	for i, e := range p.Engines {
		rules = append(rules, Rule{e.Cluster, string(e.Host()), e.TLS, i == len(p.Engines)-1})
	}
	return rules
}

// Port is a port of engines, and the name of what is said of it.
type Port struct {
	Port int64
	Name string
}

// Ports are all that engines listen at.
func (p *plan) Ports() (ports []Port) {
	for _, e := range p.Engines {
		if port := e.Port(); !slices.ContainsFunc(ports, func(other Port) bool { return other.Port == port }) {
			name := "mom-router-bounded"
			if len(ports) > 0 {
				name += fmt.Sprint("-", port)
			}
			ports = append(ports, Port{port, name})
		}
	}
	return ports
}

// Routes parts the engines.
func (p *plan) Routes() (routes []Route) {
	for part := range slices.Chunk(p.Engines, rulesPerRoute) {
		r := Route{Name: "mom-router", Engines: part}
		if len(routes) > 0 {
			r.Name += fmt.Sprint("-", len(routes)+1)
		}
		routes = append(routes, r)
	}
	routes[len(routes)-1].Last = true
	return routes
}

// RouteRefs names them all.
func (p *plan) RouteRefs() string {
	var refs []string
	for _, r := range p.Routes() {
		refs = append(refs, "{group: gateway.networking.k8s.io, kind: HTTPRoute, name: "+r.Name+"}")
	}
	return "[" + strings.Join(refs, ", ") + "]"
}

// Matches are what the requests for an engine have in a header: the cluster's name, or those of the models in a pool.
func (e *engine) Matches() string {
	if e.Pool == "" {
		return "[{headers: [{name: " + e.cluster.String() + ", value: " + e.Cluster.String() + "}]}]"
	}
	var all []string
	for _, name := range e.names {
		all = append(all, "{headers: [{name: "+e.model.String()+", value: "+word(name).String()+"}]}")
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// Host is what routes call the engine: its address, if it has one name alone.
func (e *engine) Host() word {
	if len(e.Addresses) == 1 && !e.Addresses[0].isIP() {
		return e.Addresses[0].Host
	}
	return e.Cluster + ".mom-router.internal"
}

// IP reports whether the engine has no name of its own.
func (e *engine) IP() bool { return e.Host() != e.Addresses[0].Host }

// Port is that of the first address; the others' are said with them.
func (e *engine) Port() int64 { return e.Addresses[0].Port }

// Resolution is how Istio finds the addresses.
func (e *engine) Resolution() string {
	if e.Addresses[0].isIP() {
		return "STATIC"
	}
	return "DNS"
}

// IstioEndpoints are the addresses of a ServiceEntry.
func (e *engine) IstioEndpoints() string {
	var all []string
	for _, a := range e.Addresses {
		port := ""
		if a.Port != e.Port() {
			port = fmt.Sprintf(", ports: {http: %d}", a.Port)
		}
		all = append(all, "{address: "+a.Host.String()+port+"}")
	}
	return "[" + strings.Join(all, ", ") + "]"
}

// EGEndpoints are the addresses of a Backend.
func (e *engine) EGEndpoints() string {
	var all []string
	for _, a := range e.Addresses {
		if a.isIP() {
			all = append(all, fmt.Sprintf("{ip: {address: %s, port: %d}}", a.Host, a.Port))
		} else {
			all = append(all, fmt.Sprintf("{fqdn: {hostname: %s, port: %d}}", a.Host, a.Port))
		}
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func (a address) isIP() bool { return net.ParseIP(string(a.Host)) != nil }

// Health is the path of the health check that all engines of Envoy Gateway have; "" is none.
func (p *plan) Health() word { return p.Engines[0].Health }
