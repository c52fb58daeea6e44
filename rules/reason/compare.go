package reason

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// Verdict says in one word how what a new policy holds compares with what an old one holds.
type Verdict string

// The verdicts. Incomparable is whatever was not proved to be one of the others.
const (
	Equal        Verdict = "equal"
	Stricter     Verdict = "stricter"
	Weaker       Verdict = "weaker"
	Incomparable Verdict = "incomparable"
)

// Holds reports whether nothing that the old policy holds can get past the new one.
func (v Verdict) Holds() bool { return v == Equal || v == Stricter }

// with is the verdict of two parts together.
func (v Verdict) with(other Verdict) Verdict {
	switch {
	case v == Equal:
		return other
	case other == Equal || other == v:
		return v
	}
	return Incomparable
}

// Change is how one part of the policy changed: a guard, the definition of a signal, or something else that guards depend on.
type Change struct {
	What    string  `json:"what"` // "guard \"x\"", "signal keyword.x", "budgets"
	Verdict Verdict `json:"verdict"`
	Why     string  `json:"why,omitempty"`
	Example string  `json:"example,omitempty"` // a smallest request that shows it
	// Proof is false for what only explains another part, such as the definition of a signal: what it does to guards is part of
	// their verdicts.
	Proof bool `json:"-"`
}

// Move is requests that another rule decides, or that get another model from it.
type Move struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Gets    string `json:"gets"` // "a, high -> b"
	Example string `json:"example"`
}

// Comparison is what differs between two policies in meaning.
type Comparison struct {
	Guards []Change `json:"guards"`
	Other  []Change `json:"other"`
	Moves  []Move   `json:"moves"`
	// Notes are differences that no guard depends on and that move no request from one rule to another by themselves.
	Notes []string `json:"notes,omitempty"`
	// TooHard names what was not found out within the bounds of one question.
	TooHard []string `json:"too_hard,omitempty"`
}

// Holds reports whether everything that the old policy's guards hold is proved to be held by the new one.
func (c *Comparison) Holds() bool {
	for _, list := range [][]Change{c.Guards, c.Other} {
		for _, change := range list {
			if change.Proof && !change.Verdict.Holds() {
				return false
			}
		}
	}
	return true
}

// comparing is a comparison in the making.
type comparing struct {
	*Comparison
	world    *world
	old, new *subject
	may      []*node
}

// Compare compares two policies. Each table is that of its root.
func Compare(oldRoot *tree.Node, oldTable *rules.Table, newRoot *tree.Node, newTable *rules.Table) *Comparison {
	w := newWorld()
	c := &comparing{Comparison: &Comparison{Guards: []Change{}, Other: []Change{}, Moves: []Move{}}, world: w}
	c.old, c.new = w.subject(oldRoot, oldTable), w.subject(newRoot, newTable)
	c.may = may(c.old, c.new)
	c.guards()
	c.bounds()
	c.definitions()
	c.surroundings()
	c.moves()
	c.notes()
	return c.Comparison
}

func (c *comparing) ask(wanted ...*node) *question {
	return c.world.ask(append(wanted[:len(wanted):len(wanted)], c.may...)...)
}

// impossible asks whether something can never be; what is too hard counts as possible, without an example.
func (c *comparing) impossible(what string, wanted ...*node) (yes bool, example string) {
	q := c.ask(wanted...)
	values, found := q.solve()
	switch found {
	case impossible:
		return true, ""
	case tooHard:
		c.TooHard = append(c.TooHard, what)
		return false, ""
	}
	return false, c.smallest(q, values)
}

func modelNamed(t *rules.Table, key string) *rules.Model {
	for _, m := range t.Models() {
		if m.Key == key {
			return m
		}
	}
	return nil
}

func keyOf(m *rules.Model) string {
	if m == nil {
		return ""
	}
	return m.Key
}

func keysOf(list []rules.Choice) string {
	parts := make([]string, len(list))
	for i, choice := range list {
		parts[i] = choice.Model.Key
		if level := choice.Level.String(); level != "" {
			parts[i] += " (" + level + ")"
		}
	}
	return strings.Join(parts, ", ")
}

// steering compares which guard's models are used: the first that matches decides, so a new guard in front may take that from an old one.
func (c *comparing) steering() {
	for i := range c.old.Guards {
		g := &c.old.Guards[i]
		if len(g.Use) == 0 {
			continue
		}
		wanted := []*node{c.old.guards[i]}
		for k := range i {
			if len(c.old.Guards[k].Use) > 0 {
				wanted = append(wanted, not(c.old.guards[k]))
			}
		}
		var first, matches, before []*node
		for k := range c.new.Guards {
			n := &c.new.Guards[k]
			if n.Deny != nil {
				wanted = append(wanted, not(c.new.guards[k]))
			}
			if len(n.Use) == 0 {
				continue
			}
			if keysOf(n.Use) == keysOf(g.Use) {
				first = append(first, all(append(slices.Clone(before), c.new.guards[k])...))
				matches = append(matches, c.new.guards[k])
			}
			before = append(before, not(c.new.guards[k]))
		}
		// Where none that uses these models matches is told with the guard itself.
		wanted = append(wanted, either(matches...), not(either(first...)))
		if ok, example := c.impossible("which guard's models are used", wanted...); !ok {
			c.Other = append(c.Other, Change{"the models that guard " + strconv.Quote(g.Name) + " uses", Incomparable, "another guard stands before it now and uses other ones", example, true})
		}
	}
}

// bounds compares what the policy asks of every request.
func (c *comparing) bounds() {
	note := func(what string, v Verdict, why string) { c.Other = append(c.Other, Change{what, v, why, "", true}) }
	var freed []string
	for _, m := range c.new.table.Models() {
		o := modelNamed(c.old.table, m.Key)
		if c.new.Floor[m.Index()] && (o != nil && !c.old.Floor[o.Index()] || o == nil && m.Tier < c.old.MinTier) {
			freed = append(freed, m.Key)
		}
	}
	switch {
	case len(freed) > 0:
		note("objectives.min_tier", Weaker, "requests may get "+strings.Join(freed, ", ")+" now")
	case c.old.MinTier < c.new.MinTier:
		note("objectives.min_tier", Stricter, "it is "+strconv.Itoa(c.new.MinTier)+" instead of "+strconv.Itoa(c.old.MinTier))
	case c.old.MinTier > c.new.MinTier:
		note("objectives.min_tier", Weaker, "it is "+strconv.Itoa(c.new.MinTier)+" instead of "+strconv.Itoa(c.old.MinTier))
	}
	switch was, is := c.old.CostCeiling, c.new.CostCeiling; {
	case was == is:
	case was == 0:
		note("objectives.cost_ceiling", Stricter, "there is one now")
	case is == 0:
		note("objectives.cost_ceiling", Weaker, "it is gone")
	case is < was:
		note("objectives.cost_ceiling", Stricter, "it is lower")
	default:
		note("objectives.cost_ceiling", Weaker, "it is higher")
	}
	was, is := canonical(c.old.root.Get("objectives").Get("cost_exempt")), canonical(c.new.root.Get("objectives").Get("cost_exempt"))
	if was != is || is != "" && keysOf(c.old.Default) != keysOf(c.new.Default) {
		note("objectives.cost_exempt", Incomparable, "other decisions are exempt from the cost ceiling")
	}
	if c.old.CostCeiling > 0 || len(c.old.Guards) > 0 {
		for _, m := range c.new.table.Models() {
			o := modelNamed(c.old.table, m.Key)
			if o == nil {
				continue
			}
			if o.Name != m.Name || o.Cluster != m.Cluster {
				note("model "+strconv.Quote(m.Key), Incomparable, "it is served as "+strconv.Quote(m.Name)+" by "+strconv.Quote(m.Cluster)+" instead of "+strconv.Quote(o.Name)+" by "+strconv.Quote(o.Cluster))
			}
			if c.old.CostCeiling > 0 && canonical(c.old.root.Get("models").Get(m.Key).Get("tokenizer")) != canonical(c.new.root.Get("models").Get(m.Key).Get("tokenizer")) {
				note("model "+strconv.Quote(m.Key), Incomparable, "its tokens are counted otherwise, which cost_ceiling goes by")
			}
			if c.old.CostCeiling > 0 && (m.PriceIn < o.PriceIn || m.PriceOut < o.PriceOut || m.MaxOutput < o.MaxOutput) {
				note("model "+strconv.Quote(m.Key), Weaker, "its price or max_output is lower, so cost_ceiling lets more through")
			}
		}
	}
}

// definitions tells which signals of one name are defined otherwise. What that does to guards is part of their verdicts.
func (c *comparing) definitions() {
	names := map[string]*rail{}
	for _, a := range c.old.atoms {
		names[a.name] = c.world.rail(a)
	}
	var changes []Change
	for _, a := range c.new.atoms {
		was := names[a.name]
		if was == nil || was.key == a.key {
			continue
		}
		is := c.world.rail(a)
		more, _ := c.impossible("whether signal "+a.name+" is true of fewer requests", literal(was.fact), literal(-is.fact))
		less, _ := c.impossible("whether signal "+a.name+" is true of more requests", literal(is.fact), literal(-was.fact))
		change := Change{What: "signal " + a.name, Why: was.differs(a)}
		switch {
		case more && less:
			change.Verdict = Equal
		case more:
			change.Verdict = Stricter
			change.Why += "; it is true of more requests"
		case less:
			change.Verdict = Weaker
			change.Why += "; it is true of fewer requests"
		default:
			change.Verdict = Incomparable
		}
		changes = append(changes, change)
	}
	sort.Slice(changes, func(i, j int) bool { return changes[i].What < changes[j].What })
	c.Other = append(c.Other, changes...)
}

// differs says what differs between two definitions of a signal.
func (a *atom) differs(b *atom) string {
	var parts []string
	if a.hears != b.hears {
		parts = append(parts, "it listens to others")
	}
	added, removed := 0, 0
	for thing := range b.things {
		if !a.things[thing] {
			added++
		}
	}
	for thing := range a.things {
		if !b.things[thing] {
			removed++
		}
	}
	if added > 0 {
		parts = append(parts, strconv.Itoa(added)+" added")
	}
	if removed > 0 {
		parts = append(parts, strconv.Itoa(removed)+" removed")
	}
	if len(parts) == 0 {
		parts = append(parts, "its options are other ones")
	}
	return strings.Join(parts, ", ")
}

// ruled are the sections that are compared by what they mean, or that mean nothing for guards.
var ruled = []string{"version", "auto", "models", "signals", "guards", "routes", "default", "objectives", "conversation", "reasoning", "tests", "trust", "allow", "refuse"}

// surroundings compares what guards depend on beside signals. What is not known to be harmless is incomparable.
func (c *comparing) surroundings() {
	note := func(what string, v Verdict, why string) { c.Other = append(c.Other, Change{what, v, why, "", true}) }
	was, is := canonical(c.old.root.Get("trust")), canonical(c.new.root.Get("trust"))
	applications := func(caller string) bool { return caller != `"end_users"` }
	switch {
	case applications(was) && !applications(is):
		note("trust", Stricter, "callers may not be believed any more who speaks")
	case !applications(was) && applications(is):
		note("trust", Weaker, "callers are believed who speaks")
	}
	// A client that names a model gets past guards that only steer what is routed.
	if c.steers() && namesOf(c.old.root) != namesOf(c.new.root) {
		note("model names", Incomparable, "clients may get a model by a name that asked for routing, past guards that only use models")
	}
	c.sets("allow", Weaker, Stricter, "lets by what no guard can read", note)
	c.sets("refuse", Stricter, Weaker, "refuses what no guard can read", note)
	but := ruled
	if !c.steers() { // these choose among what guards allow
		but = slices.Concat(ruled, fitting)
	}
	for _, key := range others(c.old.root, c.new.root, but...) {
		note(key, Incomparable, "it is another one, and what that does to guards is not known")
	}
}

// namesOf is all that says what a client's model name means.
func namesOf(root *tree.Node) string {
	text := canonical(root.Get("auto"))
	models := root.Get("models")
	var list []string
	for i, key := range models.Keys {
		list = append(list, key.Text+" "+canonical(models.Items[i].Get("name"))+" "+canonical(models.Items[i].Get("aliases")))
	}
	sort.Strings(list)
	return text + strings.Join(list, "\n")
}

// notes tells what else is another one.
func (c *comparing) notes() {
	note := func(what string) { c.Notes = append(c.Notes, what) }
	a, b := c.old.root, c.new.root
	for _, key := range append([]string{"auto", "conversation", "reasoning"}, fitting...) {
		if canonical(a.Get(key)) != canonical(b.Get(key)) {
			note(key + " is another one")
		}
	}
	for _, key := range []string{"p95_latency", "budget", "first_token"} {
		if canonical(a.Get("objectives").Get(key)) != canonical(b.Get("objectives").Get(key)) {
			note("objectives." + key + " is another one")
		}
	}
	for i, key := range a.Get("models").Keys {
		if n := b.Get("models").Get(key.Text); n == nil {
			note("model " + strconv.Quote(key.Text) + " is gone")
		} else if keys := others(a.Get("models").Items[i], n); len(keys) > 0 {
			note("model " + strconv.Quote(key.Text) + " has another " + strings.Join(keys, ", "))
		}
	}
	for _, key := range b.Get("models").Keys {
		if a.Get("models").Get(key.Text) == nil {
			note("model " + strconv.Quote(key.Text) + " is new")
		}
	}
	for _, section := range []string{"guards", "routes"} {
		for _, was := range items(a.Get(section)) {
			for _, is := range items(b.Get(section)) {
				if was.Get("name").Text == is.Get("name").Text && canonical(was.Get("reasoning")) != canonical(is.Get("reasoning")) {
					note(section[:len(section)-1] + " " + strconv.Quote(is.Get("name").Text) + " has another reasoning")
				}
			}
		}
	}
}

func items(n *tree.Node) []*tree.Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// steers reports whether some old guard uses models and keeps no request from others.
func (c *comparing) steers() bool {
	return slices.ContainsFunc(c.old.Guards, func(g rules.OutlineGuard) bool { return len(g.Use) > 0 && g.Allowed == nil })
}

// fitting are the sections about requests that no chosen model takes.
var fitting = []string{"context_order", "nothing_fits"}

// sets compares two lists of words; more and fewer are the verdicts of one that has more or fewer.
func (c *comparing) sets(key string, more, fewer Verdict, does string, note func(string, Verdict, string)) {
	words := func(root *tree.Node) (list []string) {
		if n := root.Get(key); n != nil {
			for _, item := range n.Items {
				list = append(list, item.Text)
			}
		}
		return list
	}
	was, is := words(c.old.root), words(c.new.root)
	missing := func(list, from []string) (out []string) {
		for _, w := range list {
			if !slices.Contains(from, w) {
				out = append(out, w)
			}
		}
		return out
	}
	added, removed := missing(is, was), missing(was, is)
	v := Equal
	var why []string
	if len(added) > 0 {
		v, why = v.with(more), append(why, strings.Join(added, ", ")+" is new")
	}
	if len(removed) > 0 {
		v, why = v.with(fewer), append(why, strings.Join(removed, ", ")+" is gone")
	}
	if v != Equal {
		note(key, v, strings.Join(why, "; ")+" (it "+does+")")
	}
}

// others lists the keys of two maps that differ, but for some.
func others(a, b *tree.Node, but ...string) (keys []string) {
	for _, n := range []*tree.Node{a, b} {
		for _, key := range n.Keys {
			if !slices.Contains(but, key.Text) && !slices.Contains(keys, key.Text) && canonical(a.Get(key.Text)) != canonical(b.Get(key.Text)) {
				keys = append(keys, key.Text)
			}
		}
	}
	sort.Strings(keys)
	return keys
}

func canonical(n *tree.Node) string {
	if n == nil {
		return ""
	}
	return tree.Canonical(n)
}

// CompareConfigurations compares the plugin's configurations around two policies, of which either may be nil.
func CompareConfigurations(a, b *tree.Node) (changes []Change) {
	if (a == nil) != (b == nil) {
		return []Change{{"configuration", Incomparable, "one file is a configuration of the plugin, the other one a policy alone", "", true}}
	}
	if a == nil {
		return nil
	}
	for _, key := range others(a, b, "policy") {
		changes = append(changes, Change{"configuration " + key, Incomparable, "it is another one, and what that does to guards is not known", "", true})
	}
	return changes
}
