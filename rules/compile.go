package rules

import (
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// Warning is something odd in a policy that does not stop it from loading.
type Warning struct {
	Path         string
	Line, Column int // from 1; 0 where the source has no lines
	Message      string
}

// String formats the warning as "line:column: path: message".
func (w Warning) String() string {
	return tree.Problem{Path: w.Path, Line: w.Line, Column: w.Column, Message: w.Message}.Error()
}

// Compile reads a policy strictly and turns it into a Table. The error is a
// *tree.Problems with every mistake found, each with its place and, where one is
// known, its cure. The policy's own tests are read but not run: see RunTests.
func Compile(root *tree.Node) (*Table, error) { return newCompiler().compile(root, noFiles) }

// CompileUnjudged is Compile for tools that find out themselves which routes are never reached: none is a mistake here. The proxy loads no
// such table.
func CompileUnjudged(root *tree.Node) (*Table, error) {
	c := newCompiler()
	c.unjudged = true
	return c.compile(root, noFiles)
}

func (c *compiler) compile(root *tree.Node, find bases) (*Table, error) {
	if root = c.extend(root, find); root != nil {
		c.policy(root)
		if len(c.List) == 0 {
			c.finish(root)
		}
	}
	if err := c.Err(); err != nil {
		return nil, err
	}
	c.table.serial = tables.Add(1)
	return c.table, nil
}

func newCompiler() *compiler {
	return &compiler{
		fields:  fields{tree.Fields{Problems: &tree.Problems{}}},
		table:   &Table{auto: map[string]bool{}, names: names{exact: map[string]*Model{}}, allow: map[string]bool{}, refuse: map[string]bool{}},
		signals: signal.NewBuilder(),
		rules:   map[string]string{NameNamed: "reserved", NameDefault: "reserved", NameMapped: "reserved"},
		chosen:  map[*Model]bool{},
	}
}

// tables counts the tables of this process.
var tables atomic.Uint64

// compiler carries what the sections of a policy share. Each section is read in
// a file of its own.
type compiler struct {
	fields
	table    *Table
	signals  *signal.Builder
	rules    map[string]string // names of rules, and where they stand
	chosen   map[*Model]bool   // models that some rule may choose
	earlier  []*condition      // rules that decide before the routes, or before the next one
	unjudged bool              // routes that are never reached are no mistake
	digest   digest
	above    string    // where the nodes stand that come from the policy that is extended
	patterns []pattern // names with "*", in the order in which they are read
	// For warnings and tests, which are looked at when the rest is known.
	modelNodes  []*tree.Node // by index
	mappedNodes []*tree.Node // paths
	declared    []declaration
	limiting    []limit // guards that restrict without choosing
	expected    []reference
}

// declaration is a signal's name and where it is declared.
type declaration struct {
	name string
	node *tree.Node
}

// limit is a guard's index and where it stands.
type limit struct {
	guard int
	node  *tree.Node
}

// condition is a rule's compiled "when".
type condition struct {
	rule    string // "guard \"x\"" or "route \"x\""
	text    string // canonical form
	program *expr.Program
	guess   string // what can make it true alone and is a guess; see signal.Ref
}

func (c *compiler) policy(root *tree.Node) {
	if !c.Map(root, "version", "extends", "auto", "models", "signals", "guards", "routes", "default", "context_order", "nothing_fits", "objectives", "conversation", "reasoning", "allow", "refuse", "unknown_items", "paths", "trust", "budgets", "wrappers", "classes", "tests") {
		return
	}
	c.version(root)
	c.models(root)
	c.auto(root.Get("auto"))
	c.orderPatterns()
	c.objectives(root.Get("objectives"))
	c.trust(root.Get("trust"))
	c.wrappers(root.Get("wrappers"))
	c.table.effort = c.effort(root.Get("reasoning"), effortSet)
	c.budgets(root.Get("budgets"))
	c.classes(root.Get("classes"))
	c.declare(root.Get("signals"))
	c.guards(root.Get("guards"))
	c.routes(root.Get("routes"))
	c.fallback(root)
	c.contextOrder(root.Get("context_order"))
	c.nothingFits(root.Get("nothing_fits"))
	c.conversation(root.Get("conversation"))
	c.paths(root.Get("paths"))
	c.allow(root.Get("allow"))
	c.refuse(root.Get("refuse"))
	c.unknownItems(root.Get("unknown_items"))
	c.tests(root.Get("tests"))
}

// finish completes a table whose source has no mistakes.
func (c *compiler) finish(root *tree.Node) {
	t := c.table
	c.converse(root.Get("conversation"))
	t.signals = c.signals.Build()
	var guardUses, uses []int
	for _, g := range t.guards {
		guardUses = append(guardUses, g.when.Uses()...)
	}
	uses = append(uses, guardUses...)
	for _, r := range t.routes {
		uses = append(uses, r.when.Uses()...)
	}
	t.guardUses, t.used = distinct(guardUses), distinct(uses)
	if t.conversation.moves {
		t.conversation.topics = t.signals.Topics(t.used)
	}
	for _, m := range t.models {
		m.accepts = t.acceptLate(m)
	}
	t.paths = reasoningPaths(t.models)
	t.hash = c.digest.sum()
	t.checkExpected(c.fields, c.expected)
	c.review()
}

// distinct sorts numbers and drops repeated ones.
func distinct(list []int) []int {
	sort.Slice(list, func(i, j int) bool { return list[i] < list[j] })
	return slices.Compact(list)
}

// review warns of what a policy has and never uses.
func (c *compiler) review() {
	t := c.table
	for _, d := range c.declared {
		if !slices.ContainsFunc(t.used, func(i int) bool { return t.signals.Name(i) == d.name }) {
			c.warn(d.node, "no guard or route uses signal "+strconv.Quote(d.name))
		}
	}
	for i, m := range t.models {
		if !c.chosen[m] {
			c.warn(c.modelNodes[i], "no rule chooses model "+strconv.Quote(m.Key)+": only clients that name it reach it")
		}
	}
	for _, l := range c.limiting {
		if g := t.guards[l.guard]; !slices.ContainsFunc(t.fallback, func(f candidate) bool { return g.allowed.has(f.model) }) {
			c.warn(l.node, "guard "+strconv.Quote(g.name)+" excludes the default model: matching requests whose route has no allowed candidate are refused")
		}
	}
	c.reviewPaths()
	sort.SliceStable(t.warnings, func(i, j int) bool {
		a, b := t.warnings[i], t.warnings[j]
		return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
	})
}

func (c *compiler) warn(n *tree.Node, message string) {
	if c.above != "" && strings.HasPrefix(n.Path, c.above) {
		return // what the policy that is extended has is that one's affair
	}
	c.table.warnings = append(c.table.warnings, Warning{Path: n.Path, Line: n.Line, Column: n.Column, Message: message})
}

func (c *compiler) version(root *tree.Node) {
	n := root.Get("version")
	if n == nil {
		c.warn(root, "the policy has no version: records name it by its hash alone")
		return
	}
	c.table.version, _ = c.visible(n)
	c.digest.add("version", c.table.version)
}

// auto reads the model names that ask for routing; "auto" alone is the default.
func (c *compiler) auto(n *tree.Node) {
	t := c.table
	suggested := "leaving it out"
	if n == nil {
		suggested, t.auto["auto"] = "\"auto\"", true
	} else {
		for _, item := range c.SomeItems(n) {
			name, ok := c.visible(item)
			if !ok {
				continue
			}
			if strings.Contains(name, "*") {
				c.pattern(item, name, nil)
				continue
			}
			if t.auto[name] {
				c.Add(item, strconv.Quote(name)+" stands here twice", "")
			}
			if m := t.names.model(name); m != nil {
				c.Add(item, strconv.Quote(name)+" is the name of model "+strconv.Quote(m.Key), "a client that names it would mean the model")
			}
			if len(t.auto) == 0 {
				suggested = strconv.Quote(name)
			}
			t.auto[name] = true
		}
	}
	t.notFound = "There is no model of this name here: GET /v1/models lists them, and " + suggested + " leaves the choice to this service."
	names := tree.SortedKeys(t.auto)
	for _, name := range names {
		t.names.exact[name] = nil
	}
	for _, p := range c.patterns {
		if p.model == nil {
			names = append(names, p.text)
		}
	}
	sort.Strings(names)
	c.digest.add("auto", names...)
}

// trust reads who the callers are: applications, which say truly who speaks in a request, or end users, who may write any role themselves.
func (c *compiler) trust(n *tree.Node) {
	if n == nil {
		return
	}
	who, _ := c.OneOf(n, "caller", []string{"applications", "end_users"})
	if who == "end_users" {
		c.table.distrust = true
		c.signals.Distrust()
		c.digest.add("trust", who)
	}
}

// allow reads which of prompt.Bypasses a request may have, or which single members of them; others are refused.
func (c *compiler) allow(n *tree.Node) {
	if n == nil {
		return
	}
	for _, item := range c.SomeItems(n) {
		name, ok := c.Word(item)
		if !ok {
			continue
		}
		if _, single := prompt.AllowedBy(name); !single {
			if name, ok = c.OneOf(item, "member", tree.SortedKeys(prompt.Bypasses)); !ok {
				continue
			}
		}
		if c.table.allow[name] {
			c.Add(item, strconv.Quote(name)+" stands here twice", "")
		}
		c.table.allow[name] = true
	}
	c.digest.add("allow", tree.SortedKeys(c.table.allow)...)
}

// refuse reads which of prompt.Refusals a request may not have; others pass.
func (c *compiler) refuse(n *tree.Node) {
	if n == nil {
		return
	}
	for _, item := range c.SomeItems(n) {
		name, ok := c.OneOf(item, "kind of content", tree.SortedKeys(prompt.Refusals))
		if !ok {
			continue
		}
		if c.table.refuse[name] {
			c.Add(item, strconv.Quote(name)+" stands here twice", "")
		}
		c.table.refuse[name] = true
	}
	c.digest.add("refuse", tree.SortedKeys(c.table.refuse)...)
}

// unknownItems reads what becomes of roles, items and parts of kinds that are not known: they are read and passed on, or refused.
func (c *compiler) unknownItems(n *tree.Node) {
	if n == nil {
		return
	}
	if what, _ := c.OneOf(n, "way", []string{"read", "deny"}); what == "deny" {
		c.table.denyUnknown = true
		c.digest.add("unknown_items", what)
	}
}
