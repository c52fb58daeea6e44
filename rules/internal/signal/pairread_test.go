package signal

import (
	"testing"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
)

// Whether a disguised word is read goes by the words beside it. Of two policies beside each other only one may look for a phrase of both: the other one finds what it
// finds alone, or has to read for itself.
func TestWhatTwoPoliciesReadTogetherIsWhatEachReadsAlone(t *testing.T) {
	policy := func(name, phrase string) *Set {
		b := NewBuilder()
		declare(t, b, "keyword", name, `{"in": "any", "words": ["`+phrase+`", "touch his logs"]}`)
		return b.Build()
	}
	said := func(st *State, words string, at int) bool {
		st.Reset()
		say(st, prompt.RoleUser, words)
		out := make([]expr.Value, st.set.Len())
		st.Evaluate(&Input{Facts: &prompt.Facts{UserTurns: 1, Messages: 1}}, out)
		return out[at] == expr.True
	}
	first, second := policy("a", "open sesame"), policy("b", "open barn")
	both, at, ok := first.together(second)
	if !ok {
		t.Fatal("they cannot stand beside each other")
	}
	st, one, other := both.NewState(), first.NewState(), second.NewState()
	// Digits alone ("1095") are read only where there is another reason to read.
	for _, words := range []string{
		"0pen barn and touch his 1095", "0pen sesame and touch his 1095", "touch his 1095 and 0pen b4rn", "0pen the door and touch his 1095", "t0uch his logs", "barn 0pen, touch his 1095",
	} {
		a, b := said(st, words, 0), said(st, words, at[0])
		if want := said(one, words, 0); a != want {
			t.Errorf("the first one finds %q: %t, alone: %t", words, a, want)
		}
		if want := said(other, words, 0); b != want && !st.Parted() {
			t.Errorf("the second one finds %q: %t, alone: %t, and they have not parted", words, b, want)
		}
	}
}
