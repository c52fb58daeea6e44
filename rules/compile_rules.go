package rules

import (
	"sort"
	"strconv"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/tree"
)

// declare reads the section "signals": types, and in each the declared names
// with their options. The order of keys does not matter.
func (c *compiler) declare(n *tree.Node) {
	if n == nil {
		return
	}
	if n.Kind != tree.Map {
		c.WrongKind(n, "a map")
		return
	}
	// A built-in signal needs no declaration, so an empty section is no mistake.
	for _, typ := range ordered(n) {
		if !signal.Declares(typ.key, c.Problems) {
			continue
		}
		if typ.value.Kind != tree.Map {
			c.WrongKind(typ.value, "a map")
			continue
		}
		entries := ordered(typ.value)
		// What names another declaration comes behind it, wherever it stands.
		sort.SliceStable(entries, func(i, j int) bool { return refers(entries[i].value) < refers(entries[j].value) })
		for _, e := range entries {
			if v := e.value.Get("replace"); v != nil {
				c.Add(v, nothingToReplace, "remove it")
				e.value = without(e.value, "replace")
			}
			canonical := c.signals.Declare(typ.key, e.key, e.value, c.Problems)
			c.declared = append(c.declared, declaration{typ.key.Text + "." + e.key.Text, e.key})
			c.digest.add("signal", typ.key.Text, e.key.Text, canonical)
		}
	}
}

// What replaces something in a policy that extends another one is no longer marked when it comes here.
const nothingToReplace = "there is nothing to replace: this policy extends no other"

// refers is 1 if a declaration names another one, else 0.
func refers(options *tree.Node) int {
	if options.Kind == tree.Map && options.Get("words_of") != nil {
		return 1
	}
	return 0
}

// condition reads a "when". In a guard it must be monotone, so that adding text
// never clears the guard.
func (c *compiler) condition(rule string, n *tree.Node, guard bool) *condition {
	text, ok := c.Word(n)
	if !ok {
		return nil
	}
	syntax, err := expr.Parse(text)
	if err != nil {
		e := err.(*expr.Error)
		c.Problems.AddAt(n, e.Offset, e.Message, e.Hint)
		return nil
	}
	if at := syntax.Not(); guard && at >= 0 {
		c.Problems.AddAt(n, at, "a guard's condition may not contain \"not\"", "more text in the request could clear the guard: guard on what must be stopped instead")
		ok = false
	}
	index := map[string]int{}
	guesses := map[string]bool{}
	guess := ""
	for _, ref := range syntax.Refs() {
		s, hint, known := c.signals.Lookup(ref.Name)
		if !known {
			c.Problems.AddAt(n, ref.Offset, "unknown signal "+strconv.Quote(ref.Name), hint)
			ok = false
			continue
		}
		if guard && !s.Monotone {
			c.Problems.AddAt(n, ref.Offset, "signal "+strconv.Quote(ref.Name)+" cannot guard: more text could turn it from true to false", s.WhyNot)
			ok = false
		}
		index[ref.Name] = s.Index
		guesses[ref.Name] = s.Guess != ""
		if guess == "" {
			guess = s.Guess
		}
	}
	if !ok {
		return nil
	}
	cond := &condition{rule: rule, text: syntax.String(), program: syntax.Compile(func(name string) int { return index[name] })}
	if syntax.Compile(func(name string) int {
		if guesses[name] {
			return 0
		}
		return 1
	}).Eval([]expr.Value{expr.True, expr.False}) == expr.True {
		cond.guess = guess
	}
	return cond
}

// ruleName reads the name of a rule, which must be unique among guards and routes.
func (c *compiler) ruleName(n *tree.Node) string {
	v := c.Required(n, "name", "records name the rule that decided")
	if v == nil {
		return ""
	}
	name, ok := c.name(v)
	if !ok {
		return ""
	}
	switch at, taken := c.rules[name]; {
	case taken && at == "reserved":
		c.Add(v, strconv.Quote(name)+" cannot name a rule", "records use it for decisions that no rule makes")
	case taken:
		c.Add(v, "a rule named "+strconv.Quote(name)+" stands at "+at+" already", "guards and routes need names of their own")
	default:
		c.rules[name] = n.Path
	}
	return name
}

// label is how messages call a rule: by its name, or by its place if it has none.
func label(kind, name string, n *tree.Node) string {
	if name == "" {
		return n.Path
	}
	return kind + " " + strconv.Quote(name)
}

// modelRef reads a reference to a model by its key.
func (c *compiler) modelRef(n *tree.Node) *Model { return c.table.modelRef(c.fields, n) }

func (t *Table) modelRef(f fields, n *tree.Node) *Model {
	key, ok := f.Word(n)
	if !ok {
		return nil
	}
	m := t.byKey(key)
	if m == nil {
		hint := tree.DidYouMean(key, t.keys())
		if named := t.names.model(key); named != nil {
			hint = "write its key " + strconv.Quote(named.Key)
		}
		f.Add(n, "unknown model "+strconv.Quote(key), hint)
		return nil
	}
	return m
}

// byKey finds a model by key.
func (t *Table) byKey(key string) *Model {
	for _, m := range t.models {
		if m.Key == key {
			return m
		}
	}
	return nil
}

func (t *Table) keys() []string {
	keys := make([]string, len(t.models))
	for i, m := range t.models {
		keys[i] = m.Key
	}
	return keys
}
