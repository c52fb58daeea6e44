package signal

import (
	"strconv"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// profiledSet has 150 keywords in last_user, as many in user, and keeps profiles of all that go by a message.
func profiledSet(t testing.TB) *Set {
	t.Helper()
	b := NewBuilder()
	problems := &tree.Problems{}
	str := func(s string) *tree.Node { return &tree.Node{Kind: tree.String, Text: s} }
	var all []int
	for i := range 150 {
		n := strconv.Itoa(i)
		for _, in := range []string{"last_user", "user"} {
			b.Declare(str("keyword"), str(in+"-"+n), node(t, `{"in":"`+in+`","words":["word`+n+`x"]}`), problems)
			ref, _, ok := b.Lookup("keyword." + in + "-" + n)
			if !ok {
				t.Fatal(problems.Err())
			}
			all = append(all, ref.Index)
		}
	}
	for _, name := range []string{"conversation.follow_up", "conversation.multi_turn"} {
		ref, _, _ := b.Lookup(name)
		all = append(all, ref.Index)
	}
	if !b.KeepProfiles(all) {
		t.Fatal("no signal goes by a message")
	}
	return b.Build()
}

func TestAProfileHoldsWhatAMessageSaysAndNothingOfTheRequest(t *testing.T) {
	st := profiledSet(t).NewState()
	st.Reset()
	long := " and the rest of a long sentence that says a good many things of no consequence at all to anybody who reads it."
	for _, words := range []string{"word3x" + long, "and word149x?", "word77x word3x" + long, "", "word77x word3x" + long} {
		say(st, prompt.RoleUser, words)
		say(st, prompt.RoleAssistant, "word5x")
	}
	p := st.Profiles()
	say(st, prompt.RoleUser, "word9x"+long) // behind the decision
	if p.Len() != 4 || st.Profiles().Len() != 4 {
		t.Fatalf("%d profiles", p.Len())
	}
	values := make([]expr.Value, st.set.Len())
	for i, want := range []string{"keyword.last_user-3", "keyword.last_user-3 keyword.last_user-149 conversation.follow_up", "keyword.last_user-3 keyword.last_user-77", "keyword.last_user-3 keyword.last_user-77"} {
		for j := range values {
			values[j] = expr.False
		}
		p.Values(i, values, expr.False)
		var got []string
		for j, v := range values {
			if v == expr.True {
				got = append(got, st.set.Name(j))
			}
		}
		if strings.Join(got, " ") != want || p.FollowUp(i) != (i == 1) {
			t.Errorf("message %d: %v, a follow-up: %v; want %s", i, got, p.FollowUp(i), want)
		}
	}
	if p.Same(0, 1) || p.Same(1, 2) || !p.Same(2, 3) {
		t.Error("profiles are compared by what they hold")
	}
	if kept := st.KeptProfiles(); kept != 4*3*8 {
		t.Errorf("four profiles of 152 bits keep %d bytes", kept)
	}
	st.Reset()
	if st.Profiles().Len() != 0 || st.KeptProfiles() != 0 {
		t.Error("profiles of an earlier request are kept")
	}
}

// What a message does not say is unknown where the request could not be inspected.
func TestProfilesOfWhatCouldNotBeInspected(t *testing.T) {
	st := profiledSet(t).NewState()
	st.Reset()
	say(st, prompt.RoleUser, "word3x")
	values := make([]expr.Value, st.set.Len())
	st.Profiles().Values(0, values, expr.Unknown)
	for i, v := range values {
		want := expr.False
		switch name := st.set.Name(i); {
		case name == "keyword.last_user-3":
			want = expr.True
		case strings.HasPrefix(name, "keyword.last_user") || name == "conversation.follow_up":
			want = expr.Unknown
		}
		if v != want {
			t.Errorf("%s is %s, not %s", st.set.Name(i), v, want)
		}
	}
}
