package config

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// A configuration may hold several policies. Which one decides about a request is told by whose it is, which the proxy vouches for, and else by its host
// and path, which the client chooses: so a tenant with a policy of its own has that one everywhere.

// DefaultPolicy is the name of the policy that decides where nothing chooses another one.
const DefaultPolicy = "default"

// MaxPolicies bounds the policies of a configuration: each has metrics of its own.
const MaxPolicies = 16

// maxChoices bounds the list "choose", which is gone through for each request.
const maxChoices = 64

// maxTenantName is how long a tenant's name in the configuration may be, in bytes.
const maxTenantName = 128

// anyTenant stands in a list of tenants for all that stand in none, and for requests without a tenant.
const anyTenant = "*"

// Policy is one of a configuration's policies.
type Policy struct {
	Name  string
	Table *rules.Table
	// Candidate stands beside the policy, to be compared with it; nil if none does.
	Candidate *Candidate
}

// choice chooses a policy by host, by path, or by both.
type choice struct {
	host   string // in small letters, "*.example.com" for subdomains; "" for all
	prefix string // of the path, without a slash at its end; "" for all
	policy int
}

// tenants are those that the configuration knows.
type tenants struct {
	named map[string]*tenant
	other *tenant // nil: who is not known is refused
}

// tenant is what the configuration says of a tenant, or of several.
type tenant struct {
	policy int            // -1 if host and path choose it
	grants []*rules.Grant // by policy; nil if it may use all models
}

// Choice is what is chosen for a request.
type Choice struct {
	// Policy is an index in Config.Policies.
	Policy int
	// Grant is which models of that policy may be used; nil for all.
	Grant *rules.Grant
	// Prefix is how many bytes at the beginning of the path have chosen the policy. They are none of the path that the API has, and engines do not
	// get them.
	Prefix int
	// Refused is true for a tenant that the configuration does not serve.
	Refused bool
}

// Choose chooses by the host, the path without its query, and the tenant, or "". It makes no garbage, and takes as long for 10,000 tenants as for one.
func (c *Config) Choose(authority, path, name string) (chosen Choice) {
	if len(c.choices) > 0 {
		host := foldHost(authority)
		for i := range c.choices {
			if way := &c.choices[i]; way.matches(host, path) {
				chosen.Policy, chosen.Prefix = way.policy, len(way.prefix)
				break
			}
		}
	}
	if c.tenants.named == nil {
		return chosen
	}
	t := c.tenants.named[name]
	if t == nil {
		t = c.tenants.other
	}
	if t == nil {
		chosen.Refused = true
		return chosen
	}
	if t.policy >= 0 {
		chosen.Policy = t.policy
	}
	if t.grants != nil {
		chosen.Grant = t.grants[chosen.Policy]
	}
	return chosen
}

func (w *choice) matches(host, path string) bool {
	return (w.host == "" || hostMatches(w.host, host)) && (w.prefix == "" || len(path) > len(w.prefix) && path[len(w.prefix)] == '/' && path[:len(w.prefix)] == w.prefix)
}

// covers reports whether w matches all that other matches.
func (w *choice) covers(other *choice) bool {
	host := w.host == "" || w.host == other.host || other.host != "" && hostMatches(w.host, strings.TrimPrefix(other.host, "*"))
	return host && (w.prefix == "" || w.prefix == other.prefix || strings.HasPrefix(other.prefix, w.prefix+"/"))
}

// hostMatches reports whether a host, which is folded, is the one that a pattern names or below it.
func hostMatches(pattern, host string) bool {
	return pattern == host || strings.HasPrefix(pattern, "*") && strings.HasSuffix(host, pattern[1:])
}

// isTenant accepts what may be the name of a tenant. All else that a header or a claim may hold, such as a claim that is a number, is in no list.
func isTenant(name string) bool {
	for i := range len(name) {
		if name[i] < ' ' || name[i] == 0x7f {
			return false
		}
	}
	return name != "" && len(name) <= maxTenantName && utf8.ValidString(name)
}

// chosen reads what chooses among several policies.
func (r *reader) chosen(c *Config, root *tree.Node) {
	if n := root.Get("policies"); n != nil {
		r.policies(c, n)
	}
	if n := root.Get("choose"); n != nil {
		r.choose(c, n)
	}
	if n := root.Get("tenants"); n != nil {
		if r.tenantList(c, n); root.Get("tenant") == nil {
			r.Add(n, "nothing says whose a request is", `name a trusted header or metadata under "tenant"`)
		}
	}
	for p, of := range c.Policies {
		if n := root.Get("policies"); p > 0 && !c.chooses(p) && !c.tenants.choose(p) {
			r.Add(n.Get(of.Name), "nothing chooses the policy "+strconv.Quote(of.Name), "name it under choose or tenants, or remove it")
		}
	}
}

// choose reports whether some tenant has a policy of its own.
func (t *tenants) choose(policy int) bool {
	if t.other != nil && t.other.policy == policy {
		return true
	}
	for _, of := range t.named {
		if of.policy == policy {
			return true
		}
	}
	return false
}

// policies reads the policies beside the default one.
func (r *reader) policies(c *Config, n *tree.Node) {
	if n.Kind != tree.Map {
		r.WrongKind(n, "a map")
		return
	}
	if len(n.Keys) >= MaxPolicies {
		r.Add(n, strconv.Itoa(len(n.Keys))+" policies are too many", "at most "+strconv.Itoa(MaxPolicies-1)+" beside the default one: each has metrics of its own. Tenants of one policy may have different models")
		return
	}
	for _, i := range sortedIndices(n.Keys) {
		key := n.Keys[i]
		switch {
		case key.Text == DefaultPolicy:
			r.Add(key, `the policy "default" is the one under "policy"`, "give this one another name")
		case !isName(key.Text):
			r.Add(key, "not a name of a policy: "+strconv.Quote(key.Text), "at most 32 letters, digits, - and _, as records and metrics show it")
		}
		c.Policies = append(c.Policies, Policy{Name: key.Text, Table: r.policy(n.Items[i])})
	}
}

// sortedIndices are the places of keys, by their texts: proxies do not keep the order of a map.
func sortedIndices(keys []*tree.Node) []int {
	places := make(map[string]int, len(keys))
	for i, key := range keys {
		places[key.Text] = i
	}
	indices := make([]int, 0, len(keys))
	for _, text := range tree.SortedKeys(places) {
		indices = append(indices, places[text])
	}
	return indices
}

// isName accepts what may be the name of a policy.
func isName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return name != "" && len(name) <= 32
}

// policyNamed reads the name of a policy; -1 stands for none.
func (r *reader) policyNamed(c *Config, n *tree.Node) int {
	names := make([]string, len(c.Policies))
	for i, p := range c.Policies {
		names[i] = p.Name
	}
	name, _ := r.OneOf(n, "policy", names)
	return slices.Index(names, name)
}

// choose reads which policy decides, by host and path.
func (r *reader) choose(c *Config, n *tree.Node) {
	for i, item := range r.SomeItems(n) {
		if i == maxChoices {
			r.Add(item, "one choice too many", "at most "+strconv.Itoa(maxChoices)+" are compared with each request: choose by tenant")
			return
		}
		var way choice
		r.members(item, map[string]func(*tree.Node){
			"host":   func(n *tree.Node) { way.host = r.host(n) },
			"path":   func(n *tree.Node) { way.prefix = r.prefix(n) },
			"policy": func(n *tree.Node) { way.policy = r.policyNamed(c, n) },
		})
		if item.Kind != tree.Map {
			continue
		}
		r.Required(item, "policy", "name the policy that decides")
		if item.Get("host") == nil && item.Get("path") == nil {
			r.Add(item, "neither a host nor a path is named, so all requests are chosen", `name one, or let that policy be the one under "policy"`)
		}
		if at := item.Get("host"); way.host != "" && way.host[0] != '*' && !c.Routed(way.host) {
			r.Add(at, "requests for the host "+strconv.Quote(way.host)+` are not routed, as "hosts" does not list it`, `add it there`)
		}
		for j := range c.choices {
			if c.choices[j].covers(&way) {
				r.Add(item, "this choice is never made: "+n.Path+"["+strconv.Itoa(j)+"] comes first", "put the narrower one first")
				break
			}
		}
		c.choices = append(c.choices, way)
	}
}

// prefix reads the beginning of a path.
func (r *reader) prefix(n *tree.Node) string {
	prefix := r.text(n)
	switch {
	case !strings.HasPrefix(prefix, "/") || len(prefix) < 2 || paths.Canonical(prefix) != prefix:
		r.Add(n, "not the beginning of a path: "+strconv.Quote(prefix), `whole segments in small letters, without a slash at the end, such as "/legal": the API's own path follows, as in /legal/v1/chat/completions`)
	case prefix == "/v1" || strings.HasPrefix(prefix, "/v1/"):
		r.Add(n, "the API's own paths begin with "+strconv.Quote(prefix), `choose by something before them, such as "/legal" in /legal/v1/chat/completions`)
	}
	return prefix
}

// tenantSource reads what says whose a request is: a trusted header, or metadata that a filter before this one has left.
func (r *reader) tenantSource(c *Config, n *tree.Node) {
	if n.Kind == tree.String {
		c.Tenant = r.header(n)
		return
	}
	r.members(n, map[string]func(*tree.Node){
		"header": func(n *tree.Node) { c.Tenant = r.header(n) },
		"metadata": func(n *tree.Node) {
			path := list(r, n, r.text)
			for i, name := range path {
				if strings.Contains(name, "\x00") {
					r.Add(n.Items[i], "a name of metadata has no NUL: "+strconv.Quote(name), "")
				}
			}
			if n.Kind == tree.List && len(path) < 2 {
				r.Add(n, "metadata needs a filter and a member of what it leaves", `such as ["envoy.filters.http.jwt_authn", "jwt_payload", "org"], where the provider has payload_in_metadata: jwt_payload`)
			}
			c.TenantMetadata = "metadata\x00filter_metadata\x00" + strings.Join(path, "\x00")
		},
	})
	if n.Kind == tree.Map && len(n.Keys) != 1 {
		r.Add(n, "one source of the tenant is needed", "write header or metadata")
	}
}

// tenantList reads what tenants may use.
func (r *reader) tenantList(c *Config, n *tree.Node) {
	c.tenants.named = map[string]*tenant{}
	grants := map[string][]*rules.Grant{}
	for _, item := range r.SomeItems(n) {
		t := &tenant{policy: -1}
		var names []*tree.Node
		r.members(item, map[string]func(*tree.Node){
			"names":  func(n *tree.Node) { names = r.SomeItems(n) },
			"policy": func(n *tree.Node) { t.policy = r.policyNamed(c, n) },
			"models": nil,
		})
		if item.Kind != tree.Map {
			continue
		}
		r.Required(item, "names", `list tenants, or "*" for all others`)
		if models := item.Get("models"); models != nil {
			t.grants = r.grants(c, t.policy, models, grants)
		}
		for _, name := range names {
			r.tenantNamed(c, name, t)
		}
	}
}

func (r *reader) tenantNamed(c *Config, n *tree.Node, t *tenant) {
	name := r.text(n)
	twice := c.tenants.named[name] != nil
	switch {
	case name == anyTenant:
		twice = c.tenants.other != nil
		c.tenants.other = t
	case name == "": // which was said
	case !isTenant(name):
		r.Add(n, "not a name of a tenant: "+strconv.Quote(name[:min(len(name), maxTenantName)]), "at most "+strconv.Itoa(maxTenantName)+" bytes, without control characters")
	default:
		c.tenants.named[name] = t
	}
	if twice {
		r.Add(n, strconv.Quote(name)+" stands here twice", "a tenant has one entry: remove it here or there")
	}
}

// grants reads the models that tenants may use, for each policy that may decide about them. Those who have the same share them.
func (r *reader) grants(c *Config, policy int, n *tree.Node, known map[string][]*rules.Grant) []*rules.Grant {
	keys := list(r, n, r.text)
	if n.Kind == tree.List && len(keys) == 0 {
		r.Add(n, "these tenants may use no model", "list some, or leave the tenants out: who stands in no list is refused")
	}
	id := strconv.Itoa(policy) + "\x00" + strings.Join(keys, "\x00")
	if grants := known[id]; grants != nil {
		return grants
	}
	grants := make([]*rules.Grant, len(c.Policies))
	var models []string // of all these policies
	for p, of := range c.Policies {
		if policy >= 0 && policy != p {
			continue
		}
		if of.Table == nil {
			return grants // which is wrong anyway, and would make all of these unknown
		}
		for _, m := range of.Table.Models() {
			models = append(models, m.Key)
		}
		grants[p] = of.Table.Grant(keys)
	}
	for i, key := range keys {
		if key != "" {
			r.OneOf(n.Items[i], "model", models)
		}
	}
	for p, grant := range grants {
		if len(keys) > 0 && policy < 0 && grant.Empty() && c.chooses(p) {
			r.warn(n, "the policy "+strconv.Quote(c.Policies[p].Name)+" has none of these models, so what comes to it by host and path is refused: give these tenants a policy, or one of its models")
		}
	}
	known[id] = grants
	return grants
}

// chooses reports whether host and path may choose a policy.
func (c *Config) chooses(policy int) bool {
	return policy == 0 || slices.ContainsFunc(c.choices, func(w choice) bool { return w.policy == policy })
}
