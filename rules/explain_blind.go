package rules

import (
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// Blind says, one sentence each, which requests or parts of them the guards of a policy cannot see. None of it is a
// mistake; whoever writes a policy should know it.
func (t *Table) Blind() (notes []string) {
	if len(t.guards) == 0 {
		notes = append(notes, "there is no guard: nothing but tier, context and input keeps a request from any model")
	} else {
		notes = append(notes, "no guard sees requests on the paths under pass and to hosts that are not under hosts, which the plugin's configuration names")
	}
	var ignoring []string
	for i := range t.guards {
		g := &t.guards[i]
		name := "guard " + strconv.Quote(g.name)
		scopes, everywhere := t.scopes(g)
		switch {
		case everywhere:
		case len(scopes) == 1 && scopes[0] == "header":
			notes = append(notes, name+" looks at headers alone: it sees nothing where nobody sets them")
		default:
			notes = append(notes, name+" looks at "+strings.Join(scopes, " and ")+" text only: what else the body says passes it, such as "+unseen(scopes))
		}
		if g.ignore {
			notes = append(notes, name+" ignores what cannot be inspected (unknown: ignore)")
			ignoring = append(ignoring, strconv.Quote(g.name))
		}
	}
	for _, h := range t.Headers() {
		notes = append(notes, "signal "+strconv.Quote(h.Signal)+" looks at the request header "+strconv.Quote(h.Name)+
			": the plugin's configuration must list it under trusted, or the plugin refuses to start")
	}
	for _, key := range tree.SortedKeys(t.allow) {
		what, group := prompt.Bypasses[key]
		if !group {
			of, _ := prompt.AllowedBy(key)
			what = key + " alone of " + prompt.Bypasses[of]
		}
		note := "allow: " + key + " lets by what no guard can read: " + what
		switch {
		case len(t.guards) == 0:
		case len(ignoring) > 0:
			note += "; all guards take it for a match but " + strings.Join(ignoring, ", ")
		default:
			note += "; every guard takes it for a match"
		}
		notes = append(notes, note)
	}
	if len(t.guards) > 0 {
		if t.distrust {
			notes = append(notes, "trust: end_users: callers may write any role, so what is looked for in users' words is looked for in all")
		} else {
			notes = append(notes, "trust: applications: system messages, definitions of tools and their results are taken for what they say they are; a caller who writes "+
				"them himself is not held by guards that look at users' words (say trust: end_users where callers are not trusted)")
		}
	}
	if len(t.guards) > 0 && t.budgetFlags {
		notes = append(notes, "budgets: exhausted: flag: disguised text that is not read again for want of work units flags "+FlagBudget+", and no guard takes it for a match")
	}
	if len(t.guards) > 0 && !t.refuse[prompt.OpaqueReasoning] {
		notes = append(notes, "no guard reads "+prompt.Refusals[prompt.OpaqueReasoning]+"; refuse: ["+prompt.OpaqueReasoning+"] keeps it out")
	}
	var media []string
	for _, m := range t.models {
		if m.Input&^Text != 0 {
			media = append(media, m.Key)
		}
	}
	if len(media) > 0 {
		notes = append(notes, "no guard reads what images and sounds say; models that take them: "+strings.Join(media, ", "))
	}
	return notes
}

// scopes lists where the signals of a guard look; everywhere is true if one of them goes by the whole request and can
// trip the guard by itself.
func (t *Table) scopes(g *guard) (scopes []string, everywhere bool) {
	values := make([]expr.Value, t.signals.Len())
	for _, i := range g.when.Uses() {
		scope := t.signals.Sees(i)
		if scope != "any" {
			scopes = appendNew(scopes, scope)
			continue
		}
		values[i] = expr.True
	}
	sort.Slice(scopes, func(i, j int) bool { return scopes[i] < scopes[j] })
	return scopes, g.when.Eval(values) == expr.True
}

// unseen names what stands outside some scopes.
func unseen(scopes []string) string {
	var list []string
	for _, s := range []struct{ scope, what string }{{"user", "user messages"}, {"operator", "system messages and definitions of tools"},
		{"assistant", "assistant messages"}, {"tool", "results of tools and documents"}} {
		if !slices.ContainsFunc(scopes, func(scope string) bool { return contains(strings.Split(scope, ", "), s.scope) }) {
			list = append(list, s.what)
		}
	}
	return strings.Join(list, ", ")
}
