// Package render writes the configuration of a proxy, whole, from a policy and a short description of where the engines are: for
// Envoy, Istio, Envoy Gateway and the Gateway API. What it writes depends on nothing else, so that a difference between two runs
// is what changes in the proxy.
package render

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/mom-router/mom-router/internal/config"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// The forms of output.
const (
	Envoy        = "envoy"
	Istio        = "istio"
	EnvoyGateway = "envoy-gateway"
	GatewayAPI   = "gateway-api"
)

// Forms are all of them.
var Forms = []string{Envoy, Istio, EnvoyGateway, GatewayAPI}

// Options say what is to be rendered.
type Options struct {
	Form string
	// Description is the text of the file that says where the engines are, and File its name. The names of policies in it are seen from
	// the folder in which it stands.
	Description []byte
	File        string
	// Output is what the comments call the file that is written.
	Output string
	// Read reads a file by its name.
	Read func(name string) ([]byte, error)
}

// Output is what a proxy is to be given.
type Output struct {
	// Text is the configuration: a bootstrap file for Envoy, else resources of Kubernetes.
	Text []byte
	// Filter is what Envoy takes by ECDS from the file Live; nil if the configuration holds the filter itself.
	Filter []byte
	Live   string
	// Mesh is what the whole mesh needs beside it, for Istio.
	Mesh []byte
	// Warnings say what is unwise though it works.
	Warnings []string
}

// Mistake is what is wrong with a file.
type Mistake struct {
	File string
	Err  error
}

func (m *Mistake) Error() string {
	return m.File + ":" + strings.ReplaceAll(m.Err.Error(), "\n", "\n"+m.File+":")
}

func (m *Mistake) Unwrap() error { return m.Err }

//go:embed templates/*.yaml
var files embed.FS

// Render writes a configuration. An error that is a *Mistake lists what is wrong, with line and column.
func Render(o Options) (*Output, error) {
	root, err := source.Load(o.File, o.Description)
	var d *description
	if err == nil {
		d, err = describe(root, o.Form)
	}
	if err != nil {
		return nil, &Mistake{o.File, err}
	}
	p := &plan{description: d, Form: o.Form, File: word(o.Output), Source: word(o.File)}
	policy, err := p.readPolicy(o)
	if err != nil {
		return nil, err
	}
	problems := &tree.Problems{}
	p.assign(policy, problems)
	if len(problems.List) == 0 {
		p.planFallback(policy, problems)
	}
	if err := p.readCandidates(o); err != nil {
		return nil, err
	}
	p.configure(problems)
	if err := problems.Err(); err != nil {
		return nil, &Mistake{o.File, err}
	}
	return p.output()
}

// output fills the templates in.
func (p *plan) output() (*Output, error) {
	p.checks()
	var t *template.Template
	part := func(name string, data any) (string, error) {
		var b strings.Builder
		err := t.ExecuteTemplate(&b, name, data)
		return b.String(), err
	}
	t = template.New("").Delims("[[", "]]").Option("missingkey=error").Funcs(template.FuncMap{
		"indent": func(n int, name string, data any) (string, error) {
			text, err := part(name, data)
			return indented(n, text), err
		},
		"item": func(n int, name string, data any) (string, error) { // of a list
			text, err := part(name, data)
			return strings.Repeat(" ", n) + "- " + strings.TrimLeft(indented(n+2, text), " "), err
		},
	})
	if _, err := t.ParseFS(files, "templates/*.yaml"); err != nil {
		return nil, err
	}
	write := func(name string) ([]byte, error) {
		text, err := part(name, p)
		return []byte(text), err
	}
	out := &Output{Live: p.live, Warnings: p.warnings}
	var err, more error
	out.Text, err = write(p.Form + ".yaml")
	switch {
	case p.Form == Istio:
		out.Mesh, more = write("mesh")
	case p.Form == Envoy && p.live != "":
		out.Filter, more = write("live.yaml")
	}
	if err = errors.Join(err, more); err != nil {
		return nil, err
	}
	if p.Form != Envoy {
		if err := p.measure(out); err != nil {
			return nil, &Mistake{string(p.Source), err}
		}
	}
	return out, nil
}

// plan is what the templates are filled with.
type plan struct {
	*description
	Form           string
	File, Source   word // which stand in comments
	Engines        []*engine
	Lists          []List
	policyTree     *tree.Node
	candidateTrees map[*tree.Node]*tree.Node // policies of candidates, by where their files are named
	configuration  *tree.Node
	config         *config.Config
	environment    []string
	warnings       []string
}

// engine is a cluster with what the policy says of it.
type engine struct {
	Key, Cluster word
	Addresses    []address
	Pool         string
	TLS          *TLS
	Credential   *Credential
	Health       word     // path of the health check; "" is none
	Checks       string   // how it is written: whole, as that of an earlier engine, ...
	names        []string // what its models are served as
	cluster      word     // the header of the router that names clusters
	model        word     // and models
}

// Route is a part of the engines: a route of the Gateway API has room for 16 rules.
type Route struct {
	Name    string
	Engines []*engine
	Last    bool
}

// rulesPerRoute leaves room for one that all requests meet.
const rulesPerRoute = 15

func (p *plan) readPolicy(o Options) (*rules.Table, error) {
	if p.policy == "default" {
		return rules.Default()
	}
	root, table, err := p.load(o, p.policy)
	p.policyTree = root
	return table, err
}

// load reads a policy, as the proxy is given it.
func (p *plan) load(o Options, name string) (*tree.Node, *rules.Table, error) {
	if !path.IsAbs(name) {
		name = path.Join(path.Dir(o.File), name)
	}
	data, err := o.Read(name)
	if err != nil {
		return nil, nil, fmt.Errorf("the policy of %s: %w", o.File, err)
	}
	root, err := source.Load(name, data)
	if err != nil {
		return nil, nil, &Mistake{name, err}
	}
	table, err := rules.CompileWith(root, source.Beside(name))
	if err != nil {
		return nil, nil, &Mistake{name, err}
	}
	for _, w := range table.Warnings() {
		p.warnings = append(p.warnings, name+":"+w.String())
	}
	if rules.ExtendsFile(root) { // the proxy has no files
		if root, err = rules.Extend(root, source.Beside(name)); err != nil {
			return nil, nil, &Mistake{name, err}
		}
	}
	return root, table, nil
}

// readCandidates reads the policies of candidates for which files are named.
func (p *plan) readCandidates(o Options) error {
	p.candidateTrees = map[*tree.Node]*tree.Node{}
	if err := p.readCandidate(o, p.plugin.Get("candidate")); err != nil {
		return err
	}
	if of := p.plugin.Get("candidates"); of != nil && of.Kind == tree.Map {
		for _, n := range of.Items {
			if err := p.readCandidate(o, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *plan) readCandidate(o Options, candidate *tree.Node) error {
	n := candidate.Get("policy")
	if n == nil || n.Kind != tree.String || n.Text == "default" {
		return nil
	}
	root, table, err := p.load(o, n.Text)
	if err != nil {
		return err
	}
	p.candidateTrees[n] = root
	for _, m := range table.Models() {
		if p.of(m.Cluster) == nil {
			problems := &tree.Problems{}
			problems.Add(n, "the candidate sends to the cluster "+strconv.Quote(m.Cluster)+", which the active policy does not have, so there are no engines for it",
				"add a model with this cluster to the active policy, which may be no route's")
			return &Mistake{o.File, problems}
		}
	}
	return nil
}

// withPolicy is a candidate with its policy in the place of the file's name.
func (p *plan) withPolicy(n *tree.Node) *tree.Node {
	c := *n
	c.Items = slices.Clone(n.Items)
	for i := range c.Items {
		if root := p.candidateTrees[c.Items[i]]; root != nil {
			c.Items[i] = root
		}
	}
	return &c
}

// withPolicies is that for several candidates.
func (p *plan) withPolicies(n *tree.Node) *tree.Node {
	c := *n
	c.Items = slices.Clone(n.Items)
	for i, candidate := range c.Items {
		c.Items[i] = p.withPolicy(candidate)
	}
	return &c
}

// assign brings the engines of the description and the clusters of the policy together.
func (p *plan) assign(table *rules.Table, problems *tree.Problems) {
	var names []string
	for _, m := range table.Models() {
		names = appendNew(appendNew(names, m.Key), m.Cluster)
		if p.of(m.Cluster) == nil {
			p.Engines = append(p.Engines, &engine{Key: word(m.Key), Cluster: word(m.Cluster)})
		}
	}
	engines := p.description.engines
	given := map[*engine]int{} // its place among these
	for i, d := range engines {
		e := p.find(table, d.name)
		if e == nil {
			problems.Add(d.at, "the policy has no model or cluster "+strconv.Quote(d.name), tree.DidYouMean(d.name, names))
			continue
		}
		if earlier, ok := given[e]; ok {
			problems.Add(d.at, strconv.Quote(d.name)+" is in the cluster "+strconv.Quote(string(e.Cluster))+", to which line "+strconv.Itoa(engines[earlier].at.Line)+" has given engines", "name a cluster once")
			continue
		}
		given[e] = i
		e.Addresses, e.Pool, e.TLS, e.Credential, e.Health = d.addresses, d.pool, d.tls, d.credential, d.health
		p.suits(e, d, problems)
	}
	at := &tree.Node{Path: "$.engines", Line: 1, Column: 1}
	if len(engines) > 0 {
		at = engines[0].at
	}
	for _, e := range p.Engines {
		if _, ok := given[e]; !ok {
			problems.Add(at, "the cluster "+strconv.Quote(string(e.Cluster))+" of the policy has no engine", "add "+string(e.Key)+": HOST:PORT")
		}
	}
	if len(problems.List) > 0 {
		return
	}
	slices.SortFunc(p.Engines, func(a, b *engine) int { return given[a] - given[b] }) // in the order of the description
	served := map[string]*engine{}
	for _, m := range table.Models() {
		e := p.of(m.Cluster)
		if e.names = appendNew(e.names, m.Name); e.Pool == "" {
			continue
		}
		if other := served[m.Name]; other != nil && other != e {
			problems.Add(engines[given[e]].value, "the pools "+strconv.Quote(other.Pool)+" and "+strconv.Quote(e.Pool)+" serve models of the same name, "+strconv.Quote(m.Name), "pools are told apart by the model's name: put both behind one pool")
		}
		served[m.Name] = e
	}
}

// suits looks at what a form cannot have.
func (p *plan) suits(e *engine, d described, problems *tree.Problems) {
	if p.Form != Envoy && !isLabel(string(e.Cluster)) {
		problems.Add(d.at, "the cluster "+strconv.Quote(string(e.Cluster))+" cannot be a resource of Kubernetes by that name", "small letters, digits and - in between, at most 63: rename it in the policy")
	}
	if p.fleet != nil && string(e.Cluster) == p.RateLimit() {
		problems.Add(d.at, "the cluster "+strconv.Quote(p.RateLimit())+" is that of the rate limit service", "give the model's cluster another name in the policy")
	}
	if first := p.description.engines[0].health; p.Form == EnvoyGateway && d.health != first {
		problems.Add(d.value, "the health checks of engines differ, and one BackendTrafficPolicy is for all of them", "say the same health for each, such as health: false")
	}
	switch {
	case p.Form == GatewayAPI && e.Pool == "" && (len(e.Addresses) != 1 || !isLabel(string(e.Addresses[0].Host)) || e.Addresses[0].isIP()):
		problems.Add(d.value, "gateway-api sends to Services of its namespace, and to InferencePools", "write SERVICE:PORT or {pool: NAME}; for other addresses render istio or envoy-gateway")
	case p.Form == Istio && len(e.Addresses) > 1:
		for _, a := range e.Addresses {
			if a.isIP() != e.Addresses[0].isIP() {
				problems.Add(d.value, "names and IP addresses are mixed, which a ServiceEntry cannot be", "write one or the other")
				break
			}
		}
	}
}

// find is the engine of a model's key, or of a cluster.
func (p *plan) find(table *rules.Table, name string) *engine {
	for _, m := range table.Models() {
		if m.Key == name {
			name = m.Cluster
			break
		}
	}
	return p.of(name)
}

// of is the engine of a cluster, nil without one.
func (p *plan) of(cluster string) *engine {
	for _, e := range p.Engines {
		if string(e.Cluster) == cluster {
			return e
		}
	}
	return nil
}

// secretOfNobody stands for secrets, which only the proxy has.
const secretOfNobody = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// configure writes the plugin's configuration and reads it as the plugin will.
func (p *plan) configure(problems *tree.Problems) {
	c := &tree.Node{Kind: tree.Map}
	enter := func(key string, value *tree.Node) {
		c.Keys, c.Items = append(c.Keys, text(key)), append(c.Items, value)
	}
	if p.policyTree == nil {
		enter("policy", text("default"))
	} else {
		enter("policy", p.policyTree)
	}
	enter("hold", text(p.hold))
	if p.Fallback() && p.plugin.Get("hold_bytes") == nil { // what has not come to its end by then gets one try
		enter("hold_bytes", &tree.Node{Kind: tree.Number, Text: strconv.Itoa(fallbackBytes)})
	}
	if p.fleet != nil && p.plugin.Get("charges") == nil {
		enter("charges", &tree.Node{Kind: tree.Bool, Text: "true"})
	}
	if p.keys != "" {
		p.environment = append(p.environment, p.keys)
		enter("keys", &tree.Node{Kind: tree.Map, Keys: []*tree.Node{text("secret_env")}, Items: []*tree.Node{text(p.keys)}})
	}
	more := p.plugin
	if more == nil {
		more = &tree.Node{Kind: tree.Map}
	}
	if p.Fallback() {
		enter("fallback", p.fallbackNode())
	}
	if p.Pools() && more.Get("headers").Get("model") == nil {
		more = withModelHeader(more)
	}
	for i, key := range more.Keys {
		value := more.Items[i]
		switch key.Text {
		case "candidate":
			value = p.withPolicy(value)
		case "candidates":
			value = p.withPolicies(value)
		}
		enter(key.Text, value)
	}
	if n := more.Get("record").Get("key_env"); n != nil && n.Kind == tree.String {
		p.environment = appendNew(p.environment, n.Text)
	}
	p.configuration = c
	read, err := config.ParseIn(source.JSON(c), func(string) (string, bool) { return secretOfNobody, true })
	if err != nil {
		at := p.plugin
		if at == nil {
			at = p.description.engines[0].at
		}
		var list *tree.Problems
		if !errors.As(err, &list) {
			problems.Add(at, "the plugin refuses its configuration: "+err.Error(), "")
			return
		}
		for _, problem := range list.List {
			n := place(at, problem.Path)
			if strings.HasPrefix(problem.Path, "$.fallback") && p.Fallback() {
				n = place(p.description.fallback.at, strings.TrimPrefix(problem.Path, "$.fallback"))
			}
			problems.Add(n, "the plugin refuses its configuration: "+problem.Path+": "+problem.Message, problem.Hint)
		}
		return
	}
	p.config = read
	for _, w := range read.Warnings {
		p.warnings = append(p.warnings, "the plugin's configuration: "+w)
	}
	if read.ModelHeader == modelOfPools && !p.Pools() {
		p.warnings = append(p.warnings, "the plugin sets "+modelOfPools+", and no engine is an InferencePool")
	}
	if p.Form != Envoy && !p.Fallback() && read.HoldBytes >= usualBuffer {
		p.warnings = append(p.warnings, fmt.Sprintf("plugin.hold_bytes is %d, and the gateway keeps %d bytes of a request: longer ones would wait until hold_timeout; raise its per_connection_buffer_limit_bytes, or hold less", read.HoldBytes, usualBuffer))
	}
	for _, e := range p.Engines {
		e.cluster, e.model = word(read.ClusterHeader), word(read.ModelHeader)
	}
	if p.Form == EnvoyGateway && len(p.environment) > 0 {
		problems.Add(p.plugin, "render has no way to give a variable of the environment to a module of Envoy Gateway", "leave it out, or render istio or envoy")
	}
}

// modelOfPools is the request header by which the Gateway API Inference Extension tells models apart.
const modelOfPools = "x-gateway-model-name"

// withModelHeader has the plugin write the model's name where pools look for it.
func withModelHeader(n *tree.Node) *tree.Node {
	c := &tree.Node{Kind: tree.Map, Path: n.Path, Line: n.Line, Column: n.Column}
	headers := &tree.Node{Kind: tree.Map}
	if own := n.Get("headers"); own != nil {
		*headers = *own
	}
	for i, key := range n.Keys {
		if key.Text != "headers" {
			c.Keys, c.Items = append(c.Keys, key), append(c.Items, n.Items[i])
		}
	}
	headers.Keys = append(slices.Clone(headers.Keys), text("model"))
	headers.Items = append(slices.Clone(headers.Items), text(modelOfPools))
	c.Keys, c.Items = append(c.Keys, text("headers")), append(c.Items, headers)
	return c
}

func text(s string) *tree.Node { return &tree.Node{Kind: tree.String, Text: s} }

// place finds where in the description a path of the plugin's configuration was written: the deepest value on the way.
func place(plugin *tree.Node, path string) *tree.Node {
	n := plugin
	for _, step := range strings.FieldsFunc(strings.TrimPrefix(path, "$"), func(r rune) bool { return r == '.' || r == '[' || r == ']' }) {
		next := n.Get(step)
		if i, err := strconv.Atoi(step); err == nil && n != nil && n.Kind == tree.List && i < len(n.Items) {
			next = n.Items[i]
		}
		if next == nil {
			break
		}
		n = next
	}
	return n
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
