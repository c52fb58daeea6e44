package rules

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/tree"
)

// variantOfDefault is the default policy with another section on conversations.
func variantOfDefault(t testing.TB, section string) *Table {
	t.Helper()
	root, err := tree.ParseJSON(defaultJSON)
	if err != nil {
		t.Fatal(err)
	}
	other, err := tree.ParseJSON([]byte(section))
	if err != nil {
		t.Fatal(err)
	}
	*root.Get("conversation") = *other
	return compileTree(t, root)
}

func TestMistakesInAConversation(t *testing.T) {
	for _, c := range []struct{ name, policy, at, message string }{
		{"not a map", conversationPolicy("conversation: upgrade\n"), "25:15", "a map is expected"},
		{"no stay", conversationPolicy("conversation: {down_after: 3}\n"), "25:15", `"stay" is missing`},
		{"another word", conversationPolicy("conversation: {stay: upgrad}\n"), "25:22", `unknown way to stay "upgrad" (did you mean "upgrade"?)`},
		{"an unknown key", conversationPolicy("conversation: {stay: upgrade, downafter: 3}\n"), "25:31", `unknown key "downafter" (did you mean "down_after"?)`},
		{"no messages", conversationPolicy("conversation: {stay: upgrade, down_after: 0}\n"), "25:43", "between 1 and 1000"},
		{"half a message", conversationPolicy("conversation: {stay: upgrade, down_after: 1.5}\n"), "25:43", "whole number"},
		{"another answer to a topic", conversationPolicy("conversation: {stay: upgrade, new_topic: down}\n"), "25:42", `unknown answer to a new topic "down"`},
		{"down where nothing goes down", conversationPolicy("conversation: {stay: always, down_after: 3}\n"), "25:42", "which with stay: always it never does"},
		{"a topic where nothing stays", conversationPolicy("conversation: {stay: none, new_topic: move}\n"), "25:39", "new_topic says when a conversation goes down"},
		{"a strength of nothing", strings.Replace(conversationPolicy(""), "strength: 1", "strength: 0", 1), "4:33", "between 1 and 1000"},
		{"some without strength", strings.Replace(conversationPolicy(upgrade), ", strength: 1", "", 1), "25:22", "which small lacks though large declares it"},
		{"nothing to compare by", strings.NewReplacer(", strength: 1", "", ", strength: 2", "", ", strength: 3", "").Replace(conversationPolicy(upgrade)), "25:22", "these have neither: large, mid, peer, small"},
	} {
		problems := problemsOf(t, c.policy)
		if len(problems) != 1 {
			t.Errorf("%s: %d mistakes: %v", c.name, len(problems), problems)
			continue
		}
		if got := problems[0].Error(); !strings.HasPrefix(got, c.at+": ") || !strings.Contains(got, c.message) {
			t.Errorf("%s: %s, not at %s with %q", c.name, got, c.at, c.message)
		}
	}
}

// Models that only guards choose need no strength, and prices stand in for all.
func TestStrengthIsThePriceOfAnswersWhereNoneIsDeclared(t *testing.T) {
	const models = `
version: "1"
models: {a: {cluster: c, price: {input: 1, output: 2}}, b: {cluster: c, price: {input: 9, output: 1}}, guarded: {cluster: c}}
signals: {keyword: {attack: {in: user, words: [mutiny]}, b: {words: [beta]}}}
guards: [{name: g, when: keyword.attack, use: guarded}]
routes: [{name: r, when: keyword.b, use: b}]
default: a
conversation: {stay: upgrade}
`
	table := compileYAML(t, models)
	if a, b := table.models[0].Strength, table.models[1].Strength; a != 2*b || b == 0 {
		t.Errorf("strengths %d and %d", a, b)
	}
}

func TestAConversationBelongsToThePolicysHash(t *testing.T) {
	seen := map[string]string{}
	for _, section := range []string{"", "conversation: {stay: upgrade}\n", "conversation: {stay: upgrade, down_after: 7}\n", "conversation: {stay: upgrade, new_topic: stay}\n", "conversation: {stay: always}\n"} {
		hash := compileYAML(t, conversationPolicy(section)).Hash()
		if other, ok := seen[hash]; ok {
			t.Errorf("%q and %q have one hash", section, other)
		}
		seen[hash] = section
	}
	for _, same := range []string{"conversation: {stay: none}\n", "conversation: {new_topic: move, down_after: 2, stay: upgrade}\n"} {
		if _, ok := seen[compileYAML(t, conversationPolicy(same)).Hash()]; !ok {
			t.Errorf("%q has a hash of its own", same)
		}
	}
	if compileYAML(t, conversationPolicy("")).Hash() == compileYAML(t, strings.Replace(conversationPolicy(""), "strength: 3", "strength: 4", 1)).Hash() {
		t.Error("strength is not part of the hash")
	}
}

func TestAConversationWithoutAnythingToGoByIsWarnedOf(t *testing.T) {
	table := compileYAML(t, "version: \"1\"\nmodels: {a: {cluster: c, strength: 1}}\ndefault: a\nconversation: {stay: upgrade}\n")
	var found bool
	for _, w := range table.Warnings() {
		found = found || strings.Contains(w.Message, "conversations stay anyway") && w.Line == 4
	}
	if !found {
		t.Errorf("%v", table.Warnings())
	}
}
