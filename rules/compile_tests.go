package rules

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/strictjson"
	"github.com/mom-router/mom-router/rules/tree"
)

// What the tests of a policy may send together, in bytes: the proxy runs them whenever it loads the policy. Files beside it, which only commands run, may
// send more.
const (
	maxTestBytes   = 1 << 20
	maxBesideBytes = 256 << 20
)

// reference is a signal that a test names.
type reference struct {
	name string
	node *tree.Node
}

// testReader reads the tests of a policy, or those of a file beside it.
type testReader struct {
	fields
	table *Table
	rules []string // that a test may expect to decide
	most  int64    // bytes that the tests may send together
	left  int64
	list  []policyTest
	refs  []reference
}

func (c *compiler) tests(n *tree.Node) {
	if n == nil {
		return
	}
	r := testReader{fields: c.fields, table: c.table, rules: tree.SortedKeys(c.rules), most: maxTestBytes}
	r.read(n)
	c.table.tests, c.expected = r.list, r.refs
}

func (r *testReader) read(n *tree.Node) {
	r.left = r.most
	names := map[string]bool{}
	for _, item := range r.SomeItems(n) {
		if !r.Map(item, "name", "prompt", "messages", "body", "shape", "model", "headers", "expect") {
			continue
		}
		test, had := policyTest{node: item}, r.left
		if v := r.Required(item, "name", "say in a few words what the test shows"); v != nil {
			if test.name, _ = r.Word(v); names[test.name] {
				r.Add(v, "a test named "+strconv.Quote(test.name)+" stands above already", "")
			}
			names[test.name] = true
		}
		r.request(&test, item)
		if v := item.Get("headers"); v != nil {
			r.headers(&test, v)
		}
		if v := r.Required(item, "expect", "such as expect: {decision: default}"); v != nil {
			r.expect(&test, v)
		}
		if r.left >= 0 { // what was told by repetition is counted already, and is part of the body
			if r.left = had - int64(len(test.body)); r.left < 0 {
				r.tooLong(item)
			}
		}
		r.list = append(r.list, test)
	}
}

// tooLong says so once: what the tests send is too much together.
func (r *testReader) tooLong(n *tree.Node) {
	hint := "split the file"
	if r.most == maxTestBytes {
		hint = "the proxy runs the tests of a policy when it loads it: put long ones into a file beside it, such as POLICY.test.yaml, which rules test runs"
	}
	r.Add(n, "the tests send more than "+strconv.FormatInt(r.most>>20, 10)+" MiB together", hint)
	r.left = -1
}

// request reads what a test sends: a prompt, messages, or a whole body.
func (r *testReader) request(test *policyTest, n *tree.Node) {
	var given []string
	for _, key := range []string{"prompt", "messages", "body"} {
		if n.Get(key) != nil {
			given = append(given, key)
		}
	}
	if len(given) != 1 {
		r.Add(n, "a test sends one of \"prompt\", \"messages\" and \"body\"", "")
		return
	}
	content := r.expand(n.Get(given[0]))
	if given[0] == "body" {
		r.body(test, n, content)
		return
	}
	if v := n.Get("shape"); v != nil {
		r.Add(v, "\"shape\" goes with \"body\" only", "")
	}
	body := []byte("{")
	if v := n.Get("model"); v != nil {
		if model, ok := r.Word(v); ok {
			body = append(strictjson.AppendQuoted(append(body, `"model":`...), model), ',')
		}
	}
	body = append(body, `"messages":`...)
	if given[0] == "messages" {
		if content.Kind != tree.List {
			r.WrongKind(content, "a list")
		}
		test.body = append(append(body, tree.Canonical(content)...), '}')
		return
	}
	if content.Kind != tree.String {
		r.WrongKind(content, "a string")
		return
	}
	body = strictjson.AppendQuoted(append(body, `[{"role":"user","content":`...), content.Text)
	test.body = append(body, `}]}`...)
}

// expand writes out the texts that are told by repetition: {repeat: "very ", times: 1000, before: "A ", after: "long story"}.
func (r *testReader) expand(n *tree.Node) *tree.Node {
	if n.Kind != tree.List && n.Kind != tree.Map {
		return n
	}
	if n.Get("repeat") != nil && n.Get("times") != nil {
		return r.repeat(n)
	}
	whole := *n
	whole.Items = make([]*tree.Node, len(n.Items))
	for i, item := range n.Items {
		whole.Items[i] = r.expand(item)
	}
	return &whole
}

func (r *testReader) repeat(n *tree.Node) *tree.Node {
	text := &tree.Node{Kind: tree.String, Path: n.Path, Line: n.Line, Column: n.Column}
	if !r.Map(n, "repeat", "times", "before", "after") {
		return text
	}
	piece, ok := r.Text(n.Get("repeat"))
	if ok && piece == "" {
		r.Add(n.Get("repeat"), "the string is empty", "")
		ok = false
	}
	times, counted := r.Integer(n.Get("times"), 1, maxBesideBytes)
	if !ok || !counted || r.left < 0 {
		return text
	}
	if times > r.left/int64(len(piece)) {
		r.tooLong(n)
		return text
	}
	r.left -= times * int64(len(piece))
	var all []byte
	if v := n.Get("before"); v != nil {
		before, _ := r.Text(v)
		all = append(all, before...)
	}
	for range times {
		all = append(all, piece...)
	}
	if v := n.Get("after"); v != nil {
		after, _ := r.Text(v)
		all = append(all, after...)
	}
	text.Text = string(all)
	return text
}

// headers reads the request headers that a test sends. Signals see them as if the plugin trusted them.
func (r *testReader) headers(test *policyTest, n *tree.Node) {
	if n.Kind != tree.Map {
		r.WrongKind(n, "a map")
		return
	}
	test.headers = map[string]string{}
	for i, key := range n.Keys {
		name := strings.ToLower(key.Text)
		if !isHeader(name) {
			r.Add(key, strconv.Quote(key.Text)+" cannot be a header's name", "use letters, digits, \"-\" and \"_\"")
		}
		if _, twice := test.headers[name]; twice {
			r.Add(key, "the header "+strconv.Quote(name)+" stands here twice", "several values of one header are one with commas between them")
		}
		test.headers[name], _ = r.Text(n.Items[i])
	}
}

// isHeader accepts what a signal may look at; see signal type header.
func isHeader(name string) bool {
	for i := range len(name) {
		if c := name[i]; c != '-' && c != '_' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// body reads a whole body: a map, which is encoded, or a string, sent as it is.
func (r *testReader) body(test *policyTest, n, content *tree.Node) {
	if v := n.Get("model"); v != nil {
		r.Add(v, "\"model\" does not go with \"body\"", "write it in the body")
	}
	if v := n.Get("shape"); v != nil {
		all := make([]string, shapes)
		for i := range all {
			all[i] = prompt.Shape(i).String()
		}
		if name, ok := r.OneOf(v, "shape", all); ok {
			test.shape = prompt.Shape(slices.Index(all, name))
		}
	}
	switch content.Kind {
	case tree.Map:
		test.body = []byte(tree.Canonical(content))
	case tree.String:
		test.body = []byte(content.Text)
	default:
		r.Add(content, "a map or a string is expected, not "+content.Kind.String(), "")
	}
}

// unset is what a test writes where no level of reasoning is to be chosen.
const unset = "unset"

// expect reads what a test expects. "flags" are all flags, in any order;
// "signals" are some of the true signals, "not_signals" are none of them.
func (r *testReader) expect(test *policyTest, n *tree.Node) {
	if !r.Map(n, "action", "decision", "model", "reasoning", "status", "code", "flags", "signals", "not_signals", "evidence") {
		return
	}
	if len(n.Keys) == 0 {
		r.Add(n, "the test expects nothing", "such as expect: {decision: default}")
	}
	r.one(test, n, "action", r.action, func(d *Decision) string { return d.Action })
	r.one(test, n, "status", r.statusText, func(d *Decision) string { return strconv.Itoa(d.status()) })
	r.one(test, n, "code", r.Word, func(d *Decision) string { return d.Code })
	r.one(test, n, "decision", r.rule, func(d *Decision) string { return d.Name })
	r.one(test, n, "model", r.modelKey, func(d *Decision) string {
		if d.Model == nil {
			return ""
		}
		return d.Model.Key
	})
	r.one(test, n, "reasoning", r.levelName, func(d *Decision) string { return cmp.Or(d.Reasoning, unset) })
	flags := func(n *tree.Node) []string { list, _ := r.words(n); return list }
	r.many(test, n, "flags", flags, sameSet, func(d *Decision) []string { return d.Flags })
	signals := func(d *Decision) []string { return d.Signals }
	r.many(test, n, "signals", r.signalNames, covers, signals)
	r.many(test, n, "not_signals", r.signalNames, disjoint, signals)
	if v := n.Get("evidence"); v != nil {
		r.evidence(test, v)
	}
}

// one reads one thing that is expected. It is not inlined, and neither is many: the module would be larger.
//
//go:noinline
func (r *testReader) one(test *policyTest, n *tree.Node, key string, read func(*tree.Node) (string, bool), got func(*Decision) string) {
	if v := n.Get(key); v != nil {
		if want, ok := read(v); ok {
			test.expect = append(test.expect, expectation{key, []string{want}, slices.Equal[[]string], func(d *Decision) []string { return []string{got(d)} }})
		}
	}
}

// many reads several.
//
//go:noinline
func (r *testReader) many(test *policyTest, n *tree.Node, key string, read func(*tree.Node) []string, meet func(got, want []string) bool, got func(*Decision) []string) {
	if v := n.Get(key); v != nil {
		test.expect = append(test.expect, expectation{strings.TrimPrefix(key, "not_"), read(v), meet, got})
	}
}

// evidence reads which pieces of the request are to make signals true.
func (r *testReader) evidence(test *policyTest, n *tree.Node) {
	if n.Kind != tree.Map {
		r.WrongKind(n, "a map")
		return
	}
	for i, key := range n.Keys {
		r.refs = append(r.refs, reference{key.Text, key})
		items := []*tree.Node{n.Items[i]}
		if items[0].Kind == tree.List {
			items = r.SomeItems(items[0])
		}
		for _, item := range items {
			if text, ok := r.Word(item); ok {
				test.evidence = append(test.evidence, piece{key.Text, text})
			}
		}
	}
}

func (r *testReader) action(n *tree.Node) (string, bool) {
	return r.OneOf(n, "action", []string{ActionRoute, ActionDeny})
}

func (r *testReader) statusText(n *tree.Node) (string, bool) {
	status, ok := r.Integer(n, 200, 599)
	return strconv.FormatInt(status, 10), ok
}

func (r *testReader) levelName(n *tree.Node) (string, bool) {
	return r.OneOf(n, "reasoning level", append([]string{unset}, levelNames...))
}

func (r *testReader) rule(n *tree.Node) (string, bool) {
	return r.OneOf(n, "rule", r.rules)
}

func (r *testReader) modelKey(n *tree.Node) (string, bool) {
	m := r.table.modelRef(r.fields, n)
	if m == nil {
		return "", false
	}
	return m.Key, true
}

// words reads a list of strings, which may be empty, and returns where each of them stands, too.
func (r *testReader) words(n *tree.Node) (list []string, at []*tree.Node) {
	if n.Kind != tree.List {
		r.WrongKind(n, "a list")
		return nil, nil
	}
	for _, item := range n.Items {
		if s, ok := r.Word(item); ok {
			list, at = append(list, s), append(at, item)
		}
	}
	return list, at
}

// signalNames reads a list of signals; whether rules use them is checked when
// all rules are known.
func (r *testReader) signalNames(n *tree.Node) []string {
	list, at := r.words(n)
	for i, s := range list {
		r.refs = append(r.refs, reference{s, at[i]})
	}
	return list
}

// checkExpected notes signals in tests that no rule uses: no decision shows them.
func (t *Table) checkExpected(f fields, refs []reference) {
	names := make([]string, len(t.used))
	for i, index := range t.used {
		names[i] = t.signals.Name(index)
	}
	for _, ref := range refs {
		if !contains(names, ref.name) {
			f.Add(ref.node, "no guard or route uses signal "+strconv.Quote(ref.name), tree.DidYouMean(ref.name, names))
		}
	}
}
