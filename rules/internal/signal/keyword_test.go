package signal

import (
	"testing"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// declare adds a signal whose options are JSON and must be right.
func declare(t testing.TB, b *Builder, typ, name, options string) {
	t.Helper()
	var ps tree.Problems
	b.Declare(&tree.Node{Kind: tree.String, Text: typ}, &tree.Node{Kind: tree.String, Text: name}, node(t, options), &ps)
	if err := ps.Err(); err != nil {
		t.Fatal(err)
	}
}

// scoped has the keyword x in every scope.
func scoped(t testing.TB) *Set {
	b := NewBuilder()
	for _, scope := range speakerNames {
		declare(t, b, "keyword", scope, `{"in": "`+scope+`", "words": ["secret phrase", "秘密"]}`)
	}
	return b.Build()
}

func TestKeywordsAreFoundInTheirScopesOnly(t *testing.T) {
	const phrase = "the SECRET  phrase."
	unspoken := func(st *State, s string) { st.Text([]byte(s), 0, true); st.EndText(false) }
	spoken := func(st *State, s string) { st.Text([]byte(s), 0, true); st.EndText(true) }
	for name, row := range map[string]struct {
		feed func(st *State)
		want string
	}{
		"a user message counts for last_user, user and any":           {func(st *State) { say(st, prompt.RoleUser, phrase) }, "last_user user any"},
		"a system message counts for operator and any":                {func(st *State) { say(st, prompt.RoleSystem, phrase) }, "operator any"},
		"an assistant message counts for assistant and any":           {func(st *State) { say(st, prompt.RoleAssistant, phrase) }, "assistant any"},
		"a tool message counts for tool and any":                      {func(st *State) { say(st, prompt.RoleTool, phrase) }, "tool any"},
		"other text counts for user, since users may have written it": {func(st *State) { say(st, prompt.RoleOther, phrase) }, "user any"},
		"a system message behind a user's counts for user, too":       {func(st *State) { say(st, prompt.RoleLateSystem, phrase) }, "user operator any"},
		"a follow-up counts to the message that it leans on": {func(st *State) {
			say(st, prompt.RoleUser, phrase)
			say(st, prompt.RoleAssistant, "yes")
			say(st, prompt.RoleUser, "go on")
		}, "last_user user any"},
		"a newer user message replaces the last one": {func(st *State) {
			say(st, prompt.RoleUser, phrase)
			say(st, prompt.RoleAssistant, "yes")
			say(st, prompt.RoleUser, "What is the tallest mountain of Peru?")
		}, "user any"},
		"later messages of others do not": {func(st *State) {
			say(st, prompt.RoleUser, phrase)
			say(st, prompt.RoleAssistant, "yes")
			say(st, prompt.RoleTool, "42")
		}, "last_user user any"},
		"a user message with a tool's result only does not replace the last one": {func(st *State) {
			say(st, prompt.RoleUser, phrase)
			spoken(st, "the result")
			st.EndPart(prompt.PartResult)
			st.EndMessage(prompt.RoleUser)
		}, "last_user user any"},
		"a user message without words does not replace the last one": {func(st *State) {
			say(st, prompt.RoleUser, phrase)
			say(st, prompt.RoleUser, " \n ")
		}, "last_user user any"},
		"a tool's part of a user message counts for tool": {func(st *State) {
			spoken(st, phrase)
			st.EndPart(prompt.PartResult)
			say(st, prompt.RoleUser, "go on")
		}, "tool any"},
		"a tool's definition counts for operator although it is not spoken": {func(st *State) {
			unspoken(st, phrase)
			st.EndPart(prompt.PartDefinition)
			st.EndMessage(prompt.RoleOther)
		}, "operator any"},
		"a tool's result counts for tool although it is not spoken": {func(st *State) {
			unspoken(st, phrase)
			st.EndPart(prompt.PartResult)
			st.EndMessage(prompt.RoleUser)
		}, "tool any"},
		"an assistant's arguments count for assistant": {func(st *State) {
			unspoken(st, phrase)
			st.EndMessage(prompt.RoleAssistant)
		}, "assistant any"},
		"what a user does not speak counts for user, but not for last_user": {func(st *State) {
			unspoken(st, phrase)
			spoken(st, "hello")
			st.EndPart(prompt.PartOwn)
			st.EndMessage(prompt.RoleUser)
		}, "user any"},
		"a phrase found twice counts once spoken": {func(st *State) {
			unspoken(st, phrase)
			spoken(st, phrase)
			st.EndPart(prompt.PartOwn)
			st.EndMessage(prompt.RoleUser)
		}, "last_user user any"},
		"a message may end without its part's end": {func(st *State) {
			spoken(st, phrase)
			st.EndMessage(prompt.RoleUser)
		}, "last_user user any"},
		"several parts make one message": {func(st *State) {
			spoken(st, "first")
			st.EndPart(prompt.PartOwn)
			spoken(st, phrase)
			st.EndPart(prompt.PartOwn)
			st.EndMessage(prompt.RoleUser)
		}, "last_user user any"},
		"a phrase of Han characters is found inside a sentence": {func(st *State) { say(st, prompt.RoleUser, "告诉我秘密吧") }, "last_user user any"},
		"part of a word is no match":                            {func(st *State) { say(st, prompt.RoleUser, "secretphrase secret phrases") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			st := scoped(t).NewState()
			st.Reset()
			row.feed(st)
			found := values(st, &prompt.Facts{})
			for _, scope := range speakerNames {
				want := false
				for _, w := range fields(row.want) {
					want = want || w == scope
				}
				if found["keyword."+scope] != want {
					t.Errorf("keyword in %s is %v", scope, !want)
				}
			}
		})
	}
}

func TestAnOpenConversationLeavesTheLastMessageUnknown(t *testing.T) {
	set := scoped(t)
	st := set.NewState()
	st.Reset()
	say(st, prompt.RoleUser, "secret phrase")
	out := make([]expr.Value, set.Len())
	st.Evaluate(&Input{Facts: &prompt.Facts{Open: true}}, out)
	want := map[string]expr.Value{"keyword.last_user": expr.Unknown, "keyword.user": expr.True, "keyword.any": expr.True,
		"keyword.system": expr.False, "keyword.tool": expr.False, "keyword.assistant": expr.False}
	for i, v := range out {
		if v != want[set.Name(i)] {
			t.Errorf("%s is %v, want %v", set.Name(i), v, want[set.Name(i)])
		}
	}
}

func TestAnyIsKnownBeforeItsStringEnds(t *testing.T) {
	set := scoped(t)
	st := set.NewState()
	st.Reset()
	st.Text([]byte("now the secret phrase comes"), 0, true)
	if !values(st, &prompt.Facts{Open: true})["keyword.any"] {
		t.Error("keyword.any is not true yet")
	}
}

func TestResetForgetsEverything(t *testing.T) {
	set := scoped(t)
	st := set.NewState()
	st.Reset()
	for _, r := range []prompt.Role{prompt.RoleUser, prompt.RoleSystem, prompt.RoleAssistant, prompt.RoleTool} {
		say(st, r, "secret phrase")
	}
	st.Text([]byte("secret phr"), 0, true)
	st.Reset()
	st.Text([]byte("ase"), 0, true)
	if found := values(st, &prompt.Facts{}); len(found) != 0 {
		t.Errorf("still true: %v", found)
	}
	if n := st.Size(&prompt.Facts{}, Mix); n > 1 {
		t.Errorf("still %d tokens", n)
	}
}
