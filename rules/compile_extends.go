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
var choosing = []string{"models", "auto", "routes", "default", "objectives", "conversation", "reasoning", "paths"}

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
	text, ok := c.visible(n)
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
	hint := "look at what has changed in it, then say extends: default@" + version
	if !pinned {
		c.Add(n, "\"default\" may change with the next release, and this policy with it", "write extends: default@"+version)
		return nil
	}
	want, hash, both := cutLast(pin, '+')
	if !both && isHash(pin) {
		want, hash = version, pin
	}
	if want != version {
		c.Add(n, "the default policy here has the version "+strconv.Quote(version)+", not "+strconv.Quote(want), hint)
		return nil
	}
	if hash == "" && !both {
		return base
	}
	if !isHash(hash) {
		c.Add(n, strconv.Quote(hash)+" is no hash", "write 16 or more of its hexadecimal digits, or the version alone")
		return nil
	}
	table, err := Compile(base)
	if err != nil {
		c.Add(n, err.Error(), "")
		return nil
	}
	if !strings.HasPrefix(table.Hash(), hash) {
		c.Add(n, "the default policy here has the hash "+table.Hash()[:shortHash]+", not "+hash, hint)
		return nil
	}
	return base
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

// extension is a policy and the one that it extends.
type extension struct {
	*compiler
	at        *tree.Node // "extends"
	name      string
	own, base *tree.Node
	inherited []*tree.Node // guards of the base, and those that have its conditions
}

func (x *extension) merge() *tree.Node {
	merged := *x.own
	merged.Keys, merged.Items = slices.Clone(x.own.Keys), slices.Clone(x.own.Items)
	for i, key := range x.base.Keys {
		mine := x.own.Get(key.Text)
		switch {
		case key.Text == "signals" || key.Text == "guards" || key.Text == "version" || key.Text == "tests" || contains(choosing, key.Text) && x.own.Get("models") != nil:
		case mine == nil:
			merged.Keys, merged.Items = append(merged.Keys, key), append(merged.Items, x.base.Items[i])
		case contains(guarding, key.Text) && tree.Canonical(mine) != tree.Canonical(x.base.Items[i]):
			x.warn(mine, key.Text+" differs from that of "+x.name+", whose guards go by it")
		}
	}
	put(&merged, "guards", x.guards())
	put(&merged, "signals", x.signals(&merged))
	return &merged
}

// guards are those of the base, or what replaces them, and behind them the policy's own.
func (x *extension) guards() *tree.Node {
	own, base := x.own.Get("guards"), x.base.Get("guards")
	if own != nil && (own.Kind != tree.List || len(own.Items) == 0) || base == nil {
		return own // as a policy by itself, which says what is wrong with it
	}
	all := &tree.Node{Kind: tree.List, Path: base.Path, Line: base.Line, Column: base.Column}
	at := map[string]int{}
	for i, g := range base.Items {
		at[g.Get("name").Text] = i
		all.Items = append(all.Items, g)
	}
	var behind []*tree.Node
	replaced := map[string]bool{}
	if own != nil {
		for _, g := range own.Items {
			name, replace := g.Get("name"), g.Get("replace")
			rest := without(g, "replace")
			if name == nil || name.Kind != tree.String {
				behind = append(behind, rest)
				continue
			}
			i, known := at[name.Text]
			switch {
			case replace != nil && replace.Text != "true":
				x.Add(replace, "replace can only be true", "remove it, and choose another name for the guard")
			case replace != nil && !known:
				x.Add(name, x.name+" has no guard "+strconv.Quote(name.Text)+" to replace", tree.DidYouMean(name.Text, tree.SortedKeys(at)))
			case replace == nil && known:
				x.Add(name, x.name+" has a guard "+strconv.Quote(name.Text)+", too", "say replace: true to put yours in its place, or choose another name")
			case !known:
				behind = append(behind, rest)
			case replaced[name.Text]:
				behind = append(behind, rest) // it stands here twice, which is told as such
			default:
				// What is looked for may stay that of the base, and what comes of it be the policy's.
				for _, key := range []string{"when", "flag"} {
					if v := base.Items[i].Get(key); rest.Get(key) == nil && v != nil {
						put(rest, key, v)
					}
				}
				replaced[name.Text] = true
				all.Items[i] = rest
				x.warn(name, "guard "+strconv.Quote(name.Text)+" replaces that of "+x.name)
			}
		}
	}
	models := x.own.Get("models")
	kept := all.Items[:0]
	for i, g := range all.Items {
		if g.Get("when") == base.Items[i].Get("when") {
			x.inherited = append(x.inherited, g)
		}
		if g != base.Items[i] || models == nil || x.knowsModels(g, models) {
			kept = append(kept, g)
		}
	}
	all.Items = append(kept, behind...)
	if len(all.Items) == 0 {
		return own
	}
	return all
}

// knowsModels reports whether a policy has the models of a guard that it takes over, and notes those that it does not have.
func (x *extension) knowsModels(g, models *tree.Node) bool {
	name := g.Get("name").Text
	missing := map[string]bool{}
	for _, key := range []string{"only", "last", "use"} {
		nodes := []*tree.Node{g.Get(key)}
		if nodes[0] != nil && nodes[0].Kind == tree.List {
			nodes = nodes[0].Items
		}
		for _, n := range nodes {
			if n != nil && n.Kind == tree.Map {
				n = n.Get("model")
			}
			if n != nil && models.Get(n.Text) == nil {
				missing[n.Text] = true
			}
		}
	}
	if len(missing) == 0 {
		return true
	}
	x.Add(x.at, "guard "+strconv.Quote(name)+" of "+x.name+" names models that this policy does not have: "+strings.Join(tree.SortedKeys(missing), ", "),
		"give it models of your own: guards: [{name: "+name+", replace: true, only: […], use: …}]; what it looks for stays")
	return false
}

// signals are the policy's own, and those of the base that something goes by.
func (x *extension) signals(merged *tree.Node) *tree.Node {
	own, base := x.own.Get("signals"), x.base.Get("signals")
	if own != nil && own.Kind != tree.Map || base == nil {
		return own
	}
	all := &tree.Node{Kind: tree.Map, Path: base.Path, Line: base.Line, Column: base.Column}
	if own != nil {
		all.Path, all.Line, all.Column = own.Path, own.Line, own.Column
		for i, typ := range own.Keys {
			all.Keys, all.Items = append(all.Keys, typ), append(all.Items, x.declared(typ.Text, own.Items[i], base.Get(typ.Text)))
		}
	}
	wanted := x.wanted(merged, all)
	for i, typ := range base.Keys {
		for j, name := range base.Items[i].Keys {
			if !wanted[typ.Text+"."+name.Text] {
				continue
			}
			of := all.Get(typ.Text)
			if of == nil {
				of = &tree.Node{Kind: tree.Map, Path: base.Items[i].Path, Line: base.Line, Column: base.Column}
				put(all, typ.Text, of)
			}
			if of.Kind == tree.Map && of.Get(name.Text) == nil {
				of.Keys, of.Items = append(of.Keys, name), append(of.Items, base.Items[i].Items[j])
			}
		}
	}
	return all
}

// declared are a policy's own signals of one type. One that a guard of the base goes by changes that guard, so it has to say so.
func (x *extension) declared(typ string, own, base *tree.Node) *tree.Node {
	if own.Kind != tree.Map {
		return own
	}
	all := *own
	all.Keys, all.Items = slices.Clone(own.Keys), slices.Clone(own.Items)
	for i, name := range own.Keys {
		replace := own.Items[i].Get("replace")
		all.Items[i] = without(own.Items[i], "replace")
		full := typ + "." + name.Text
		guard := ""
		for _, g := range x.inherited {
			if x.goesBy(g, full) {
				guard = g.Get("name").Text
			}
		}
		switch {
		case replace != nil && replace.Text != "true":
			x.Add(replace, "replace can only be true", "remove it, and choose another name for the signal")
		case replace != nil && base.Get(name.Text) == nil:
			x.Add(name, x.name+" has no signal "+strconv.Quote(full)+" to replace", "")
		case guard != "" && replace == nil:
			x.Add(name, "guard "+strconv.Quote(guard)+" of "+x.name+" goes by its signal "+strconv.Quote(full), "say replace: true in yours if the guard is to go by it, or choose another name")
		case guard != "":
			x.warn(name, "signal "+strconv.Quote(full)+" replaces that of "+x.name+", which guard "+strconv.Quote(guard)+" goes by")
		}
	}
	return &all
}

// goesBy reports whether a guard of the base goes by one of the base's signals, also by the words that another one has of it.
func (x *extension) goesBy(guard *tree.Node, full string) bool {
	signals := x.base.Get("signals")
	for _, ref := range refsOf(guard) {
		typ, name, _ := strings.Cut(ref, ".")
		options := signals.Get(typ).Get(name)
		if of := options.Get("words_of"); options != nil && (ref == full || of != nil && typ+"."+of.Text == full) {
			return true
		}
	}
	return false
}

// wanted are the names of signals that conditions of a policy speak of, and those whose words they have.
func (x *extension) wanted(merged, own *tree.Node) map[string]bool {
	names := map[string]bool{}
	for _, key := range []string{"guards", "routes"} {
		rules := merged.Get(key)
		if rules == nil || rules.Kind != tree.List {
			continue
		}
		for _, rule := range rules.Items {
			for _, ref := range refsOf(rule) {
				names[ref] = true
			}
		}
	}
	for _, signals := range []*tree.Node{own, x.base.Get("signals")} {
		keywords := signals.Get("keyword")
		if keywords == nil || keywords.Kind != tree.Map {
			continue
		}
		for i, key := range keywords.Keys {
			if of := keywords.Items[i].Get("words_of"); of != nil && (signals == own || names["keyword."+key.Text]) {
				names["keyword."+of.Text] = true
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
	c := *n
	c.Path, c.Line, c.Column = at.Path+strings.TrimPrefix(n.Path, "$"), at.Line, at.Column
	c.Keys, c.Items = slices.Clone(n.Keys), slices.Clone(n.Items)
	for i := range c.Keys {
		c.Keys[i] = moved(c.Keys[i], at)
	}
	for i := range c.Items {
		c.Items[i] = moved(c.Items[i], at)
	}
	return &c
}

// without is a map that lacks a key. What is no map is returned as it is.
func without(n *tree.Node, key string) *tree.Node {
	if n.Kind != tree.Map {
		return n
	}
	c := *n
	c.Keys, c.Items = nil, nil
	for i, k := range n.Keys {
		if k.Text != key {
			c.Keys, c.Items = append(c.Keys, k), append(c.Items, n.Items[i])
		}
	}
	return &c
}

// put gives a map a member, in the place of one that it has. Nothing is put where there is no value and no such member.
func put(n *tree.Node, key string, value *tree.Node) {
	for i, k := range n.Keys {
		if k.Text == key {
			if value != nil {
				n.Items[i] = value
			}
			return
		}
	}
	if value == nil {
		return
	}
	name := *value
	name.Kind, name.Text, name.Keys, name.Items = tree.String, key, nil, nil
	n.Keys, n.Items = append(n.Keys, &name), append(n.Items, value)
}
