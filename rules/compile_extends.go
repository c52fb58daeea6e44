package rules

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/tree"
)

// A policy may take over another one's signals and guards: extends: default@VERSION, default@VERSION+HASH, or FILE@HASH. What it says itself goes before. See docs/policy.md.

// Opener reads the policy in a file. Names are seen from the folder of the policy that was compiled.
type Opener func(name string) (*tree.Node, error)

// ExtendsFile reports whether a policy extends a file, which only commands can read.
func ExtendsFile(root *tree.Node) bool {
	n := root.Get("extends")
	return n != nil && n.Kind == tree.String && !strings.HasPrefix(n.Text, builtin+"@")
}

// Extend returns a policy with all that it takes over from the one that it extends; it then extends none. A policy without "extends" is returned as it is. The error is a
// *tree.Problems.
func Extend(root *tree.Node, open Opener) (*tree.Node, error) {
	c := newCompiler()
	root = c.extend(root, inFiles(open, "", 0))
	if err := c.Err(); err != nil {
		return nil, err
	}
	return root, nil
}

// CompileWith is Compile for policies that may extend files, which open reads.
func CompileWith(root *tree.Node, open Opener) (*Table, error) {
	return newCompiler().compile(root, inFiles(open, "", 0))
}

const (
	builtin = "default" // the embedded policy, where others name a file

	maxExtends = 8  // policies above a policy
	shortHash  = 16 // hexadecimal digits of a hash that tell a policy from all others
)

// Sections of a policy that say which model is chosen. They belong together: with models of its own a policy takes over none of them.
var choosing = []string{"models", "auto", "routes", "default", "context_order", "nothing_fits", "objectives", "conversation", "reasoning", "paths"}

// Sections that are put together, and those that belong to one policy alone.
var apart = []string{"signals", "guards", "version", "tests"}

// Sections that guards go by.
var guarding = []string{"trust", "budgets", "allow", "refuse", "unknown_items"}

// bases finds a policy by name and by what it must be like. It notes why it cannot, and returns nil then.
type bases func(c *compiler, n *tree.Node, name, pin string) *tree.Node

// extend resolves "extends". It returns nil where the policy that is extended cannot be had: nearly all that could be said of the rest would be wrong.
func (c *compiler) extend(root *tree.Node, find bases) *tree.Node {
	n := root.Get("extends")
	if n == nil {
		return root
	}
	text, ok := c.Word(n)
	if !ok {
		return nil
	}
	name, pin, pinned := cutLast(text, '@')
	var base *tree.Node
	if name == builtin {
		base = c.embedded(n, pin, pinned)
	} else {
		base = find(c, n, name, pin)
	}
	if base == nil {
		return nil
	}
	x := extension{compiler: c, at: n, name: text, own: without(root, "extends"), base: moved(base, n)}
	return x.merge()
}

// noFiles are the bases that there are in the proxy.
func noFiles(c *compiler, n *tree.Node, _, _ string) *tree.Node {
	c.Add(n, "a policy that extends a file has to be put together first", "rules json does: give the proxy what it prints")
	return nil
}

// inFiles finds policies in files. Names in a policy are seen from its own file's folder.
func inFiles(open Opener, file string, depth int) bases {
	return func(c *compiler, n *tree.Node, name, pin string) *tree.Node {
		switch {
		case !isHash(pin):
			c.Add(n, strconv.Quote(name)+" may change, and this policy with it", "write extends: "+name+"@HASH with 16 or more digits of the hash that rules check prints for it")
			return nil
		case depth == maxExtends:
			c.Add(n, "more than "+strconv.Itoa(maxExtends)+" policies extend one another", "one of them may extend itself")
			return nil
		}
		if !path.IsAbs(name) {
			name = path.Join(path.Dir(file), name)
		}
		base, err := open(name)
		var table *Table
		if err == nil {
			above := newCompiler()
			if base = above.extend(base, inFiles(open, name, depth+1)); base != nil {
				table, err = Compile(base)
			}
			if above.Err() != nil {
				err = above.Err()
			}
		}
		if err != nil {
			c.Add(n, quoteFile(name, err), "rules check "+name+" says more")
			return nil
		}
		if hash := table.Hash(); !strings.HasPrefix(hash, pin) {
			c.Add(n, name+" has the hash "+hash[:shortHash]+", not "+pin, "look at what has changed in it, then say extends: "+name+"@"+hash[:shortHash])
			return nil
		}
		return base
	}
}

// quoteFile says on one line why a file cannot be extended.
func quoteFile(name string, err error) string {
	first, _, more := strings.Cut(err.Error(), "\n")
	if more {
		first += ", and more"
	}
	return strconv.Quote(name) + " cannot be extended: " + first
}

// embedded is the default policy, if it is the one that is meant.
func (c *compiler) embedded(n *tree.Node, pin string, pinned bool) *tree.Node {
	base, err := tree.ParseJSON(defaultJSON)
	if err != nil {
		c.Add(n, err.Error(), "") // never: a test reads it
		return nil
	}
	version := base.Get("version").Text
	if !pinned {
		c.Add(n, "\"default\" may change with the next release, and this policy with it", "write extends: default@"+version)
		return nil
	}
	want, hash, both := cutLast(pin, '+')
	if !both && isHash(pin) {
		want, hash, both = version, pin, true
	}
	have := version
	switch {
	case want != version:
	case !both:
		return base
	case !isHash(hash):
		c.refuseName(n, hash, " is no hash", "write 16 or more of its hexadecimal digits, or the version alone")
		return nil
	default:
		table, err := Compile(base)
		if err == nil && strings.HasPrefix(table.Hash(), hash) {
			return base
		}
		if have, want = "mistakes", hash; err == nil {
			have = table.Hash()[:shortHash]
		}
	}
	c.Add(n, "the default policy here is "+have+", not "+want, "look at what has changed in it, then say extends: default@"+version)
	return nil
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	if i := strings.LastIndexByte(s, sep); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

func isHash(s string) bool {
	for i := range len(s) {
		if c := s[i]; c-'0' > 9 && c-'a' > 5 {
			return false
		}
	}
	return len(s) >= shortHash && len(s) <= 64
}

// extension is a policy and the one that it extends. (What it does often is told by few functions that are not inlined: inlined they make the module 30 KB larger.)
type extension struct {
	*compiler
	at        *tree.Node // "extends"
	name      string
	own, base *tree.Node
	inherited []*tree.Node // guards of the base, and those that have its conditions
}

// message speaks of a rule or a signal, and of the policy that is extended.
//
//go:noinline
func (x *extension) message(what, name, why, rest string) string {
	return what + strconv.Quote(name) + why + x.name + rest
}

func (x *extension) merge() *tree.Node {
	merged := copied(x.own)
	for i, key := range x.base.Keys {
		if !contains(apart, key.Text) && !(contains(choosing, key.Text) && x.own.Get("models") != nil) && x.own.Get(key.Text) == nil {
			enter(merged, key, x.base.Items[i])
		}
	}
	for _, key := range guarding {
		mine, theirs := x.own.Get(key), x.base.Get(key)
		if mine != nil && (theirs == nil || tree.Canonical(mine) != tree.Canonical(theirs)) {
			x.warn(mine, x.message("", key, " differs from that of ", ", whose guards go by it"))
		}
	}
	put(merged, "guards", x.guards())
	put(merged, "signals", x.signals(merged))
	return merged
}

// guards are those of the base, or what replaces them, and behind them the policy's own.
func (x *extension) guards() *tree.Node {
	own, base := x.own.Get("guards"), x.base.Get("guards")
	if own != nil && (own.Kind != tree.List || len(own.Items) == 0) || base == nil {
		return own // as a policy by itself, which says what is wrong with it
	}
	instead := make([]*tree.Node, len(base.Items))
	var behind []*tree.Node
	if own != nil {
		for _, g := range own.Items {
			if rest, at := x.guardOf(g, base, instead); at < 0 {
				behind = append(behind, rest)
			} else {
				instead[at] = rest
			}
		}
	}
	all := copied(base)
	all.Items = nil
	models := x.own.Get("models")
	for i, g := range base.Items {
		if instead[i] != nil {
			if instead[i].Get("when") == g.Get("when") {
				x.inherited = append(x.inherited, instead[i])
			}
			all.Items = append(all.Items, instead[i])
			continue
		}
		x.inherited = append(x.inherited, g)
		if models == nil || x.knowsModels(g, models) {
			all.Items = append(all.Items, g)
		}
	}
	if all.Items = append(all.Items, behind...); len(all.Items) == 0 {
		return own
	}
	return all
}

// guardOf is one of the policy's own guards, and the place of the one of the base that it replaces, or -1.
func (x *extension) guardOf(g, base *tree.Node, instead []*tree.Node) (rest *tree.Node, at int) {
	name, replace := g.Get("name"), g.Get("replace")
	rest = without(g, "replace")
	if name == nil || name.Kind != tree.String {
		return rest, -1
	}
	at = slices.IndexFunc(base.Items, func(b *tree.Node) bool { return b.Get("name").Text == name.Text })
	switch {
	case x.onlyTrue(replace):
	case replace != nil && at < 0:
		var names []string
		for _, b := range base.Items {
			names = append(names, b.Get("name").Text)
		}
		x.Add(name, x.message("there is no guard ", name.Text, " in ", " to replace"), tree.DidYouMean(name.Text, names))
	case replace == nil && at >= 0:
		x.Add(name, x.message("guard ", name.Text, " stands in ", ", too"), "say replace: true to put yours in its place, or choose another name")
	case at < 0:
		return rest, -1
	case instead[at] != nil:
		return rest, -1 // it stands here twice, which is told as such
	default:
		// What is looked for may stay that of the base, and what comes of it be the policy's.
		for _, key := range []string{"when", "flag"} {
			if rest.Get(key) == nil {
				put(rest, key, base.Items[at].Get(key))
			}
		}
		x.warn(name, x.message("guard ", name.Text, " replaces that of ", ""))
		return rest, at
	}
	// Of two with one name, one mistake is told.
	return rest, at
}

// onlyTrue reports whether what "replace" holds is a mistake, and notes it.
func (x *extension) onlyTrue(replace *tree.Node) bool {
	if replace == nil || replace.Kind == tree.Bool && replace.Text == "true" {
		return false
	}
	x.Add(replace, "replace can only be true", "remove it, and choose another name")
	return true
}

// knowsModels reports whether a policy has the models of a guard that it takes over, and notes those that it does not have.
func (x *extension) knowsModels(g, models *tree.Node) bool {
	var missing []string
	for _, key := range []string{"only", "last", "use"} {
		v := g.Get(key)
		if v == nil {
			continue
		}
		nodes := v.Items
		if v.Kind != tree.List {
			nodes = []*tree.Node{v}
		}
		for _, n := range nodes {
			if n.Kind == tree.Map {
				n = n.Get("model")
			}
			if models.Get(n.Text) == nil {
				missing = appendNew(missing, n.Text)
			}
		}
	}
	if missing == nil {
		return true
	}
	name := g.Get("name").Text
	x.Add(x.at, x.message("guard ", name, " of ", " names models that this policy does not have: "+strings.Join(missing, ", ")),
		"give it models of your own: guards: [{name: "+name+", replace: true, only: […], use: …}]; what it looks for stays")
	return false
}

// signals are the policy's own, and those of the base that something goes by.
func (x *extension) signals(merged *tree.Node) *tree.Node {
	own, base := x.own.Get("signals"), x.base.Get("signals")
	if own != nil && own.Kind != tree.Map || base == nil {
		return own
	}
	if own == nil {
		own = copied(base)
		own.Keys, own.Items = nil, nil
	}
	all := copied(own)
	for i, typ := range own.Keys {
		all.Items[i] = x.declared(typ.Text, own.Items[i], base.Get(typ.Text))
	}
	wanted := x.wanted(merged, all)
	for i, typ := range base.Keys {
		for j, name := range base.Items[i].Keys {
			if !contains(wanted, typ.Text+"."+name.Text) {
				continue
			}
			of := all.Get(typ.Text)
			if of == nil {
				of = copied(base.Items[i])
				of.Keys, of.Items = nil, nil
				enter(all, typ, of)
			}
			if of.Kind == tree.Map && of.Get(name.Text) == nil {
				enter(of, name, base.Items[i].Items[j])
			}
		}
	}
	return all
}

// declared are a policy's own signals of one type. One that a guard of the base goes by changes that guard, so it has to say so.
func (x *extension) declared(typ string, own, base *tree.Node) *tree.Node {
	all := copied(own)
	for i, name := range own.Keys {
		replace := own.Items[i].Get("replace")
		all.Items[i] = without(own.Items[i], "replace")
		full := typ + "." + name.Text
		guard := slices.IndexFunc(x.inherited, func(g *tree.Node) bool { return x.goesBy(g, full) })
		switch {
		case x.onlyTrue(replace):
		case replace != nil && base.Get(name.Text) == nil:
			x.Add(name, x.message("there is no signal ", full, " in ", " to replace"), "")
		case guard >= 0:
			rest := ", and guard " + strconv.Quote(x.inherited[guard].Get("name").Text) + " goes by it"
			if replace == nil {
				x.Add(name, x.message("signal ", full, " stands in ", rest), "say replace: true in yours if the guard is to go by that, or choose another name")
			} else {
				x.warn(name, x.message("signal ", full, " replaces that of ", rest))
			}
		}
	}
	return all
}

// goesBy reports whether a guard of the base goes by one of the base's signals, also by the words that another one has of it.
func (x *extension) goesBy(guard *tree.Node, full string) bool {
	signals := x.base.Get("signals")
	return slices.ContainsFunc(refsOf(guard), func(ref string) bool {
		typ, name, _ := strings.Cut(ref, ".")
		options := signals.Get(typ).Get(name)
		of := options.Get("words_of")
		return options != nil && ref == full || of != nil && typ+"."+of.Text == full
	})
}

// wanted are the names of signals that conditions of a policy speak of, and those whose words they have.
func (x *extension) wanted(merged, own *tree.Node) (names []string) {
	for _, key := range []string{"guards", "routes"} {
		if rules := merged.Get(key); rules != nil && rules.Kind == tree.List {
			for _, rule := range rules.Items {
				names = append(names, refsOf(rule)...)
			}
		}
	}
	for _, signals := range []*tree.Node{own, x.base.Get("signals")} {
		keywords := signals.Get("keyword")
		for i := 0; keywords != nil && i < len(keywords.Keys); i++ {
			if of := keywords.Items[i].Get("words_of"); of != nil && (signals == own || contains(names, "keyword."+keywords.Keys[i].Text)) {
				names = append(names, "keyword."+of.Text)
			}
		}
	}
	return names
}

// refsOf are the names in a rule's condition; none if it cannot be read, which is told elsewhere.
func refsOf(rule *tree.Node) (names []string) {
	when := rule.Get("when")
	if when == nil || when.Kind != tree.String {
		return nil
	}
	syntax, err := expr.Parse(when.Text)
	if err != nil {
		return nil
	}
	for _, ref := range syntax.Refs() {
		names = append(names, ref.Name)
	}
	return names
}

// moved is a policy that stands where another one extends it: its mistakes are told there.
func moved(n, at *tree.Node) *tree.Node {
	c := copied(n)
	c.Path, c.Line, c.Column = at.Path+strings.TrimPrefix(n.Path, "$"), at.Line, at.Column
	for i := range c.Keys {
		c.Keys[i] = moved(c.Keys[i], at)
	}
	for i := range c.Items {
		c.Items[i] = moved(c.Items[i], at)
	}
	return c
}

// copied is a node whose members may be changed.
//
//go:noinline
func copied(n *tree.Node) *tree.Node {
	c := *n
	c.Keys, c.Items = slices.Clone(n.Keys), slices.Clone(n.Items)
	return &c
}

// without is a map that lacks a key, for the caller to change. What is no map stays as it is.
func without(n *tree.Node, key string) *tree.Node {
	c := copied(n)
	if n.Kind == tree.Map {
		c.Keys, c.Items = nil, nil
		for i, k := range n.Keys {
			if k.Text != key {
				enter(c, k, n.Items[i])
			}
		}
	}
	return c
}

// put gives a map a member, in the place of one that it has. Nothing is put where there is no value.
func put(n *tree.Node, key string, value *tree.Node) {
	if value == nil {
		return
	}
	for i, k := range n.Keys {
		if k.Text == key {
			n.Items[i] = value
			return
		}
	}
	name := copied(value)
	name.Kind, name.Text, name.Keys, name.Items = tree.String, key, nil, nil
	enter(n, name, value)
}

//go:noinline
func enter(n, key, value *tree.Node) {
	n.Keys, n.Items = append(n.Keys, key), append(n.Items, value)
}
