// Package config reads the plugin's configuration: the policy, and what belongs
// to the place where it runs rather than to the rules.
package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// Hold is the way in which request headers are held until the body is known.
type Hold uint8

// The two ways; RATIONALE.md says why there are two.
const (
	Pair Hold = iota // two filters in one VM: the first reads, the second holds
	Flag             // one filter with allow_on_headers_stop_iteration
)

// DefaultHoldTimeout is how long, in milliseconds, a held request may make no progress.
const DefaultHoldTimeout = 15_000

// DefaultMemory is how many bytes all held requests of a VM may keep together. The Go heap grows to about twice of it.
const DefaultMemory = 256 << 20

// Config is one instance's configuration.
type Config struct {
	Policy        *rules.Table // the default one; nil for a gate
	Policies      []Policy     // all of them, the default one first
	Hold          Hold
	HoldBytes     int64 // the window in which the route is decided
	HoldTimeout   int64 // milliseconds without progress
	Memory        int64 // bytes that all held requests of a VM may keep together
	Pieces        int64 // bytes for what is remembered of the pieces of bodies; 0 remembers nothing
	ClusterHeader string
	ModelHeader   string
	// SessionHeader and PrefixHeader carry the keys by which the proxy chooses a replica, if there is something that makes them.
	SessionHeader, PrefixHeader string
	// Keys makes them; nil without a secret.
	Keys *rules.Keys
	// Tenant names the trusted request header that says whose a request is, or is "". It is a part of each key, and no tenant's requests find what
	// another one's have left in the memory of pieces.
	Tenant string
	// TenantMetadata is the path of the property that says so instead, its segments parted by NUL: what a filter before this one has left, such as a claim
	// that jwt_authn has checked.
	TenantMetadata string
	// ClientKeys names the request headers in which clients say which conversation a request belongs to, the best first.
	ClientKeys []string
	// Hosts that are routed, lower case, "*.example.com" for subdomains; empty means all.
	Hosts []string
	// Pass holds exact paths that go through uninspected.
	Pass map[string]bool
	// Trusted names request headers that signals may look at.
	Trusted []string
	// CORS says which web pages may call; nil if none may.
	CORS *CORS
	// ResponseHeader shows the chosen model to the client; "" shows nothing.
	ResponseHeader string
	// RecordKey turns the chain of records into an HMAC.
	RecordKey []byte
	// Upstream says that the instance stands in a cluster's filter chain and rewrites each try for the model that gets it.
	Upstream bool
	// Charges has the filter state say what a request may cost and has cost, for Envoy's rate limit filter.
	Charges bool
	// Fallback says how requests get to other models than the chosen one; nil if they do not.
	Fallback *Fallback
	// PromptKey has records carry a keyed hash of the prompt, and PromptFirst so many of its first characters, without what is found of personal data. Neither is
	// so unless the configuration asks for it.
	PromptKey   []byte
	PromptFirst int
	// Preview has requests answered with what would become of them, and none forwarded.
	Preview bool
	choices []choice
	tenants tenants
	// Warnings say what is unwise though it works, each with its JSON path.
	Warnings []string
}

// Gate reports whether the instance is the second of a pair: one without any
// configuration of its own.
func (c *Config) Gate() bool { return c.Policy == nil && !c.Upstream }

// Parse is ParseIn without an environment: keys that stand there are left out.
func Parse(data []byte) (*Config, error) { return ParseIn(data, nil) }

// ParseIn reads a configuration. Empty means the gate of a pair. env looks up a variable of the VM's environment, in which keys stand. The error lists
// every mistake, each with its JSON path and how to mend it.
func ParseIn(data []byte, env func(name string) (string, bool)) (*Config, error) {
	if len(strings.TrimSpace(string(data))) == 0 {
		return &Config{}, nil
	}
	root, err := tree.ParseJSON(data)
	if err != nil {
		return nil, err
	}
	r := reader{Fields: tree.Fields{Problems: &tree.Problems{}}, env: env}
	c := r.config(root)
	if err := r.Err(); err != nil {
		return nil, err
	}
	c.Warnings = r.warnings
	return c, nil
}

func (r *reader) config(root *tree.Node) *Config {
	c := &Config{
		HoldBytes:     rules.DefaultWindow,
		HoldTimeout:   DefaultHoldTimeout,
		Memory:        DefaultMemory,
		Pieces:        rules.DefaultMemory,
		ClusterHeader: "x-mom-cluster",
		ModelHeader:   "x-mom-model",
		SessionHeader: "x-mom-session",
		PrefixHeader:  "x-mom-prefix",
		ClientKeys:    clientKeys,
	}
	if root.Kind != tree.Map {
		r.Add(root, "the configuration is "+root.Kind.String(), "write a map such as {\"policy\": \"default\"}")
		return c
	}
	if len(root.Keys) == 0 {
		return &Config{}
	}
	if root.Get("role") != nil {
		r.role(root)
		return &Config{Upstream: true}
	}
	r.members(root, map[string]func(*tree.Node){
		"policy":     func(n *tree.Node) { c.Policy = r.policy(n) },
		"policies":   nil, // these need the others, and proxies do not keep their order
		"choose":     nil,
		"candidate":  nil,
		"candidates": nil,
		"tenants":    nil,
		"hold":       func(n *tree.Node) { c.Hold = r.hold(n) },
		"hold_bytes": func(n *tree.Node) { c.HoldBytes = r.bytes(n) },
		"memory":     func(n *tree.Node) { c.Memory = r.memory(n) },
		"pieces": func(n *tree.Node) {
			r.members(n, map[string]func(*tree.Node){
				"memory": func(n *tree.Node) { c.Pieces = r.pieces(n) },
			})
		},
		"tenant":       func(n *tree.Node) { r.tenantSource(c, n) },
		"preview":      func(n *tree.Node) { c.Preview, _ = r.Bool(n) },
		"hold_timeout": func(n *tree.Node) { c.HoldTimeout = r.duration(n) },
		"hosts":        func(n *tree.Node) { c.Hosts = r.hosts(n) },
		"pass":         func(n *tree.Node) { c.Pass = r.paths(n) },
		"trusted":      func(n *tree.Node) { c.Trusted = list(r, n, r.header) },
		"cors":         func(n *tree.Node) { c.CORS = r.cors(n) },
		"headers": func(n *tree.Node) {
			r.members(n, map[string]func(*tree.Node){
				"cluster": func(n *tree.Node) { c.ClusterHeader = r.header(n) },
				"model":   func(n *tree.Node) { c.ModelHeader = r.header(n) },
				"session": func(n *tree.Node) { c.SessionHeader = r.header(n) },
				"prefix":  func(n *tree.Node) { c.PrefixHeader = r.header(n) },
			})
		},
		"keys":     func(n *tree.Node) { r.keys(c, n) },
		"charges":  func(n *tree.Node) { c.Charges, _ = r.Bool(n) },
		"fallback": func(n *tree.Node) { c.Fallback = r.fallback(n) },
		"response": func(n *tree.Node) {
			r.members(n, map[string]func(*tree.Node){
				"model_header": func(n *tree.Node) { c.ResponseHeader = r.header(n) },
			})
		},
		"record": func(n *tree.Node) {
			r.members(n, map[string]func(*tree.Node){
				"key":     func(n *tree.Node) { c.RecordKey = r.key(n) },
				"key_env": func(n *tree.Node) { c.RecordKey = r.keyOf(n) },
				"prompt":  func(n *tree.Node) { r.prompt(c, n) },
			})
			if n.Get("key") != nil && n.Get("key_env") != nil {
				r.Add(n.Get("key"), "there are two keys", "remove key: the one in the environment does not show")
			}
		},
	})
	if root.Get("policy") == nil {
		r.Add(root, `"policy" is missing`, `add "policy": "default" or a policy; the gate of a pair has no configuration at all`)
	}
	c.Policies = []Policy{{Name: DefaultPolicy, Table: c.Policy}}
	r.chosen(c, root)
	for _, p := range c.Policies {
		if p.Table != nil {
			r.trust(c, p, root)
		}
	}
	r.shadows(c, root)
	if tenant := root.Get("tenant"); tenant != nil && c.Tenant != "" && !slices.Contains(c.Trusted, c.Tenant) {
		r.Add(tenant, "the request header "+strconv.Quote(c.Tenant)+" is not trusted, so any client could be any tenant", `add it to "trusted" if the proxy sets it or removes the client's own`)
	}
	if c.Tenant != "" && c.Ours(c.Tenant) {
		r.Add(root.Get("tenant"), "only the router sets "+strconv.Quote(c.Tenant), "name a header that the proxy sets")
	}
	r.distinct(c, root.Get("headers"))
	r.checkKeys(c, root)
	before := slices.Clone(c.Policies)
	if c.Policy != nil && len(r.List) == 0 { // which is looked at when all else is known
		r.candidates(c, root)
	}
	r.fallbackModels(c, before, root)
	return c
}

// Routed reports whether requests for a host are routed by the policy.
func (c *Config) Routed(authority string) bool {
	if len(c.Hosts) == 0 {
		return true
	}
	host := foldHost(authority)
	for _, h := range c.Hosts {
		if hostMatches(h, host) {
			return true
		}
	}
	return false
}

// foldHost writes a host as all its spellings mean it: in small letters, without a port, which may be empty, and without the dot of the root.
func foldHost(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.Trim(host[i+1:], "0123456789") == "" {
		host = host[:i]
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// ours is the prefix of every header that the router sets.
const ours = "x-mom-"

// Ours reports whether only the router may set a header, whose name is in small letters: those that begin with x-mom- and those that the
// configuration names, also with underscores, since CGI and much that descends from it read both signs as one.
func (c *Config) Ours(name string) bool {
	return len(name) >= len(ours) && sameName(name[:len(ours)], ours) || sameName(name, c.ClusterHeader) || sameName(name, c.ModelHeader) ||
		sameName(name, c.SessionHeader) || sameName(name, c.PrefixHeader)
}

func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if x, y := a[i], b[i]; x != y && !((x == '-' || x == '_') && (y == '-' || y == '_')) {
			return false
		}
	}
	return true
}
