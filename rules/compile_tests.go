package rules

import (
	"slices"
	"strconv"

	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/strictjson"
	"github.com/mom-router/mom-router/rules/tree"
)

// reference is a signal that a test names.
type reference struct {
	name string
	node *tree.Node
}

func (c *compiler) tests(n *tree.Node) {
	if n == nil {
		return
	}
	names := map[string]bool{}
	for _, item := range c.SomeItems(n) {
		if !c.Map(item, "name", "prompt", "messages", "body", "shape", "model", "expect") {
			continue
		}
		test := policyTest{node: item}
		if v := c.Required(item, "name", "say in a few words what the test shows"); v != nil {
			if test.name, _ = c.Word(v); names[test.name] {
				c.Add(v, "a test named "+strconv.Quote(test.name)+" stands above already", "")
			}
			names[test.name] = true
		}
		c.request(&test, item)
		if v := c.Required(item, "expect", "such as expect: {decision: default}"); v != nil {
			c.expect(&test, v)
		}
		c.table.tests = append(c.table.tests, test)
	}
}

// request reads what a test sends: a prompt, messages, or a whole body.
func (c *compiler) request(test *policyTest, n *tree.Node) {
	var given []string
	for _, key := range []string{"prompt", "messages", "body"} {
		if n.Get(key) != nil {
			given = append(given, key)
		}
	}
	if len(given) != 1 {
		c.Add(n, "a test sends one of \"prompt\", \"messages\" and \"body\"", "")
		return
	}
	content := n.Get(given[0])
	if given[0] == "body" {
		c.body(test, n, content)
		return
	}
	if v := n.Get("shape"); v != nil {
		c.Add(v, "\"shape\" goes with \"body\" only", "")
	}
	body := []byte("{")
	if v := n.Get("model"); v != nil {
		if model, ok := c.Word(v); ok {
			body = append(strictjson.AppendQuoted(append(body, `"model":`...), model), ',')
		}
	}
	body = append(body, `"messages":`...)
	if given[0] == "messages" {
		if content.Kind != tree.List {
			c.WrongKind(content, "a list")
		}
		test.body = append(append(body, tree.Canonical(content)...), '}')
		return
	}
	if content.Kind != tree.String {
		c.WrongKind(content, "a string")
		return
	}
	body = strictjson.AppendQuoted(append(body, `[{"role":"user","content":`...), content.Text)
	test.body = append(body, `}]}`...)
}

// body reads a whole body: a map, which is encoded, or a string, sent as it is.
func (c *compiler) body(test *policyTest, n, content *tree.Node) {
	if v := n.Get("model"); v != nil {
		c.Add(v, "\"model\" does not go with \"body\"", "write it in the body")
	}
	if v := n.Get("shape"); v != nil {
		all := make([]string, shapes)
		for i := range all {
			all[i] = prompt.Shape(i).String()
		}
		if name, ok := c.OneOf(v, "shape", all); ok {
			test.shape = prompt.Shape(slices.Index(all, name))
		}
	}
	switch content.Kind {
	case tree.Map:
		test.body = []byte(tree.Canonical(content))
	case tree.String:
		test.body = []byte(content.Text)
	default:
		c.Add(content, "a map or a string is expected, not "+content.Kind.String(), "")
	}
}

// expect reads what a test expects. "flags" are all flags, in any order;
// "signals" are some of the true signals, "not_signals" are none of them.
func (c *compiler) expect(test *policyTest, n *tree.Node) {
	if !c.Map(n, "action", "decision", "model", "reasoning", "status", "code", "flags", "signals", "not_signals") {
		return
	}
	if len(n.Keys) == 0 {
		c.Add(n, "the test expects nothing", "such as expect: {decision: default}")
	}
	one := func(key string, read func(*tree.Node) (string, bool), got func(*Decision) string) {
		v := n.Get(key)
		if v == nil {
			return
		}
		if want, ok := read(v); ok {
			test.expect = append(test.expect, expectation{key, []string{want}, slices.Equal[[]string], func(d *Decision) []string { return []string{got(d)} }})
		}
	}
	one("action", c.action, func(d *Decision) string { return d.Action })
	one("status", c.statusText, func(d *Decision) string { return strconv.Itoa(d.status()) })
	one("code", c.Word, func(d *Decision) string { return d.Code })
	one("decision", c.rule, func(d *Decision) string { return d.Name })
	one("model", c.modelKey, func(d *Decision) string {
		if d.Model == nil {
			return ""
		}
		return d.Model.Key
	})
	one("reasoning", c.levelName, func(d *Decision) string { return d.Reasoning })
	many := func(key string, want []string, meet func(got, want []string) bool, got func(*Decision) []string) {
		test.expect = append(test.expect, expectation{key, want, meet, got})
	}
	if v := n.Get("flags"); v != nil {
		flags, _ := c.words(v)
		many("flags", flags, sameSet, func(d *Decision) []string { return d.Flags })
	}
	signals := func(d *Decision) []string { return d.Signals }
	if v := n.Get("signals"); v != nil {
		many("signals", c.signalNames(v), covers, signals)
	}
	if v := n.Get("not_signals"); v != nil {
		many("signals", c.signalNames(v), disjoint, signals)
	}
}

func (c *compiler) action(n *tree.Node) (string, bool) {
	return c.OneOf(n, "action", []string{ActionRoute, ActionDeny})
}

func (c *compiler) statusText(n *tree.Node) (string, bool) {
	status, ok := c.Integer(n, 200, 599)
	return strconv.FormatInt(status, 10), ok
}

func (c *compiler) levelName(n *tree.Node) (string, bool) {
	return c.OneOf(n, "reasoning level", levelNames)
}

func (c *compiler) rule(n *tree.Node) (string, bool) {
	return c.OneOf(n, "rule", tree.SortedKeys(c.rules))
}

func (c *compiler) modelKey(n *tree.Node) (string, bool) {
	m := c.modelRef(n)
	if m == nil {
		return "", false
	}
	return m.Key, true
}

// words reads a list of strings, which may be empty, and returns where each of them stands, too.
func (c *compiler) words(n *tree.Node) (list []string, at []*tree.Node) {
	if n.Kind != tree.List {
		c.WrongKind(n, "a list")
		return nil, nil
	}
	for _, item := range n.Items {
		if s, ok := c.Word(item); ok {
			list, at = append(list, s), append(at, item)
		}
	}
	return list, at
}

// signalNames reads a list of signals; whether rules use them is checked when
// all rules are known.
func (c *compiler) signalNames(n *tree.Node) []string {
	list, at := c.words(n)
	for i, s := range list {
		c.expected = append(c.expected, reference{s, at[i]})
	}
	return list
}

// checkExpected notes signals in tests that no rule uses: no decision shows them.
func (c *compiler) checkExpected() {
	names := make([]string, len(c.table.used))
	for i, index := range c.table.used {
		names[i] = c.table.signals.Name(index)
	}
	for _, ref := range c.expected {
		if !contains(names, ref.name) {
			c.Add(ref.node, "no guard or route uses signal "+strconv.Quote(ref.name), tree.DidYouMean(ref.name, names))
		}
	}
}
