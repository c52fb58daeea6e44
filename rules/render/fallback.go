package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// fallback is what the description says of requests whose model fails.
type fallback struct {
	at       *tree.Node
	lists    *tree.Node // from clusters' names to models; nil for those that follow from the policy
	tries    int
	after429 string
	silence  string
	each     bool // request has an order of its own
}

// List is a cluster that tries one model after the other.
type List struct {
	Name   word
	models []string // their keys
	of     []*engine
}

// Bounds of what is tried.
const (
	mostTries = 8  // as many as a decision names stand-ins
	mostLists = 64 // more would be a file that nobody reads
)

// fallbackBytes is how much of a body the proxy keeps for another try, where the description does not say.
const fallbackBytes = 8 << 20

// fallback reads what is said of requests whose model fails.
func (r *reader) fallback(n *tree.Node) *fallback {
	f := &fallback{at: n, tries: 3, after429: "cheaper"}
	if n.Kind == tree.Bool {
		if n.Text == "false" {
			return nil
		}
		return f
	}
	if !r.Map(n, "lists", "order", "tries", "after_429", "silence") {
		return f
	}
	if v := n.Get("tries"); v != nil {
		tries, _ := r.Integer(v, 2, mostTries)
		f.tries = int(tries)
	}
	if v := n.Get("after_429"); v != nil {
		f.after429, _ = r.OneOf(v, "choice", []string{"cheaper", "any"})
	}
	if v := n.Get("silence"); v != nil {
		f.silence, _ = r.Word(v) // which the plugin reads
	}
	if v := n.Get("order"); v != nil {
		which, _ := r.OneOf(v, "order", []string{"lists", "request"})
		if f.each = which == "request"; f.each && r.form != Envoy {
			r.Add(v, "an order of each request needs Envoy 1.40, and render writes it for envoy alone", "remove it: lists that follow from the policy are written instead")
		}
	}
	if v := n.Get("lists"); v != nil && f.each {
		r.Add(v, "each request has an order of its own", "remove lists, or order: request")
	} else if v != nil {
		if f.lists = v; v.Kind != tree.Map || len(v.Keys) == 0 {
			r.Add(v, "a map is expected, from names of clusters to models", "write a line for each list, such as mom-small: [small, large], or leave lists out: they follow from the policy")
			f.lists = nil
		} else if n.Get("tries") != nil {
			r.Add(n.Get("tries"), "the lists say already how many models are tried", "remove tries")
		}
	}
	return f
}

// plan works out the lists, and looks whether the engines can be in them.
func (p *plan) planFallback(table *rules.Table, problems *tree.Problems) {
	f := p.description.fallback
	if f == nil {
		return
	}
	models := map[*engine]*rules.Model{}
	for _, m := range table.Models() {
		e := p.of(m.Cluster)
		if other := models[e]; other != nil {
			problems.Add(f.at, fmt.Sprintf("the models %q and %q are in one cluster, %q, and an endpoint can name one only", other.Key, m.Key, m.Cluster), "give each a cluster of its own in the policy, with the same addresses")
			return
		}
		models[e] = m
		e.Key = word(m.Key)
	}
	if f.each {
		return
	}
	if f.lists == nil {
		p.deriveLists(table, problems)
		return
	}
	for i, key := range f.lists.Keys {
		list := List{Name: word(key.Text)}
		value := f.lists.Items[i]
		if !isCluster(key.Text) || p.taken(key.Text) {
			problems.Add(key, strconv.Quote(key.Text)+" can be no cluster of a list", "letters, digits, - and _, and no cluster that there is already")
		}
		if value.Kind != tree.List || len(value.Items) < 2 {
			problems.Add(value, "a list of two models or more is expected", "name the model that is tried first and those that may stand in for it")
			continue
		}
		for _, item := range value.Items {
			m := slices.IndexFunc(table.Models(), func(m *rules.Model) bool { return item.Kind == tree.String && m.Key == item.Text })
			switch {
			case m < 0:
				problems.Add(item, "the policy has no model "+strconv.Quote(item.Text), "name one by its key under models")
			case slices.Contains(list.models, item.Text):
				problems.Add(item, "the list has "+strconv.Quote(item.Text)+" twice", "remove one")
			default:
				list.models, list.of = append(list.models, item.Text), append(list.of, p.of(table.Models()[m].Cluster))
			}
		}
		p.Lists = append(p.Lists, list)
	}
}

// taken reports whether there is a cluster of a name beside the lists'.
func (p *plan) taken(name string) bool {
	return p.of(name) != nil || p.fleet != nil && name == p.RateLimit()
}

// isCluster reports whether a name is one that Envoy's statistics do not take apart.
func isCluster(s string) bool {
	return s != "" && len(s) <= 60 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// deriveLists has a list for each model that a rule may choose, with what stands in for it: the rule's further models, then the default's; and the same again for what
// each guard leaves of them. A model before the chosen one was passed over for a reason, which speaks against it in its place, too.
func (p *plan) deriveLists(table *rules.Table, problems *tree.Problems) {
	f, o := p.description.fallback, table.Outline()
	var lists [][]*rules.Model
	add := func(list []*rules.Model) {
		list = list[:min(len(list), f.tries)]
		if len(list) > 1 && !slices.ContainsFunc(lists, func(other []*rules.Model) bool { return slices.Equal(list, other) }) {
			lists = append(lists, list)
		}
	}
	for _, order := range orders(o) {
		for i := range order {
			add(order[i:])
		}
	}
	// But one of the default's, with which a conversation stays, or which its share chose.
	def := chosenFrom(o, o.Default)
	for i := range def {
		add(slices.Concat(def[i:], def[:i]))
	}
	switch {
	case len(lists) == 0:
		problems.Add(f.at, "no model of the policy may stand in for another one", "name two models or more in a route's use, or in default")
	case len(lists) > mostLists:
		problems.Add(f.at, fmt.Sprintf("the policy's rules and guards ask for %d lists of models, and %d are the most", len(lists), mostLists), "write those that matter under lists")
	}
	place := func(m *rules.Model) int { return slices.Index(p.Engines, p.of(m.Cluster)) }
	slices.SortStableFunc(lists, func(a, b []*rules.Model) int {
		if d := place(a[0]) - place(b[0]); d != 0 {
			return d
		}
		return len(b) - len(a)
	})
	taken := map[string]int{}
	for _, models := range lists {
		base := "mom-" + strings.Map(plainSign, models[0].Key)
		name := base
		for p.taken(name) || taken[name] > 0 {
			taken[base]++
			name = fmt.Sprint(base, "-", taken[base])
		}
		taken[name]++
		list := List{Name: word(name)}
		for _, m := range models {
			list.models, list.of = append(list.models, m.Key), append(list.of, p.of(m.Cluster))
		}
		p.Lists = append(p.Lists, list)
	}
}

func plainSign(r rune) rune {
	if isCluster(string(r)) {
		return r
	}
	return '-'
}

// chosenFrom are the models of lists of candidates, each once, that the least tier allows.
func chosenFrom(o *rules.Outline, lists ...[]rules.Choice) (m []*rules.Model) {
	for _, list := range lists {
		for _, c := range list {
			if !slices.Contains(m, c.Model) && (o.Floor == nil || o.Floor[c.Model.Index()]) {
				m = append(m, c.Model)
			}
		}
	}
	return m
}

// orders are those in which models answer: of each rule's and of the default's, and what each guard leaves of these.
func orders(o *rules.Outline) (all [][]*rules.Model) {
	for _, r := range o.Routes {
		all = append(all, chosenFrom(o, r.Use, o.Default))
	}
	for _, g := range o.Guards {
		if len(g.Use) > 0 {
			all = append(all, chosenFrom(o, g.Use, o.Default))
		}
	}
	all = append(all, chosenFrom(o, o.Default))
	whole := all
	for _, g := range o.Guards {
		if g.Allowed == nil || g.Deny != nil {
			continue
		}
		for _, order := range whole {
			all = append(all, slices.DeleteFunc(slices.Clone(order), func(m *rules.Model) bool { return !g.Allowed[m.Index()] }))
		}
	}
	return all
}

// fallbackNode is what the plugin's configuration says of it.
func (p *plan) fallbackNode() *tree.Node {
	f, lists := p.description.fallback, &tree.Node{Kind: tree.Map}
	for _, l := range p.Lists {
		models := &tree.Node{Kind: tree.List}
		for _, m := range l.models {
			models.Items = append(models.Items, text(m))
		}
		lists.Keys, lists.Items = append(lists.Keys, text(string(l.Name))), append(lists.Items, models)
	}
	n := &tree.Node{Kind: tree.Map, Keys: []*tree.Node{text("after_429")}, Items: []*tree.Node{text(f.after429)}}
	if f.silence != "" {
		n.Keys, n.Items = append(n.Keys, text("silence")), append(n.Items, text(f.silence))
	}
	if f.each {
		n.Keys, n.Items = append(n.Keys, text("order"), text("tries")), append(n.Items, text("request"), &tree.Node{Kind: tree.Number, Text: strconv.Itoa(f.tries)})
	} else {
		n.Keys, n.Items = append(n.Keys, text("lists")), append(n.Items, lists)
	}
	return n
}

// Fallback reports whether requests go to other models where the chosen one fails.
func (p *plan) Fallback() bool { return p.description.fallback != nil }

// Clusters are those that a list tries, as YAML.
func (l List) Clusters() string {
	var names []string
	for _, e := range l.of {
		names = append(names, string(e.Cluster))
	}
	return list(names)
}

// Retries is how often a request is tried again: once for each further model of the longest list.
func (p *plan) Retries() int {
	most := 0
	if p.PerRequest() {
		most = p.description.fallback.tries - 1
	}
	for _, l := range p.Lists {
		most = max(most, len(l.of)-1)
	}
	return most
}

// Buffer is how much Envoy keeps of a body, in bytes: for another try, or what is held until it is decided and a little more.
func (p *plan) Buffer() int64 {
	if p.Fallback() {
		return p.config.HoldBytes
	}
	return max(usualBuffer, p.config.HoldBytes+64<<10)
}

// usualBuffer is Envoy's own limit.
const usualBuffer = 1 << 20

// Tries is how many models the longest list has.
func (p *plan) Tries() int { return p.Retries() + 1 }

// Window is what Envoy lets a connection of HTTP/2 send before it has taken any of it, in bytes.
func (p *plan) Window() int64 { return max(16<<20, p.Buffer()) }

// Anchored reports whether what several filters have in common stands in the file once. The filter of a live one stands in another file.
func (p *plan) Anchored() bool { return (p.Pair() || p.Fallback()) && p.live == "" }

// Silence is for how long an engine may be silent, as the description has it.
func (p *plan) Silence() string { return p.description.fallback.silence }

// PerRequest reports whether each request goes to models in an order of its own.
func (p *plan) PerRequest() bool { return p.Fallback() && p.description.fallback.each }

// Groups are the priority groups of a route, as YAML: first the chosen model's cluster, then all others, by whose names a request's order calls them.
func (p *plan) Groups(chosen *engine) string {
	groups := []string{}
	for _, e := range append([]*engine{chosen}, p.Engines...) {
		if e != chosen || len(groups) == 0 {
			groups = append(groups, fmt.Sprintf("{name: %s, clusters: [{cluster_name: %[1]s, weight: 1}]}", e.Cluster))
		}
	}
	return "[" + strings.Join(groups, ", ") + "]"
}
