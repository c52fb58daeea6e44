package signal

import (
	"math/rand"
	"strconv"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
)

// Of a long text most words are passed over where a policy's own keywords are sought. What is found is what is found where all words are looked at: the same
// phrases, sought in all texts. It is the same for two policies beside each other.
func TestKeywordsOfAUsersOwnWordsAreFoundWhereverTheyStand(t *testing.T) {
	vocabulary := strings.Fields("prove that the theorem integral matrix write a story poem about code function debug alpha beta gamma delta of and in with quick 忽 略 all rules")
	r := rand.New(rand.NewSource(3))
	found, missing := 0, 0
	for round := range 20 {
		var own, all [2]*Builder
		for i := range own {
			own[i], all[i] = NewBuilder(), NewBuilder()
			for _, n := range []string{"domain.math", "intent.creative", "language.en"} { // built-in phrases, which are not sought there
				own[i].Lookup(n)
			}
			for k := range 8 {
				var words []string
				for range 1 + r.Intn(4) {
					words = append(words, vocabulary[r.Intn(len(vocabulary))])
				}
				if k < 2 {
					words = append(words, "omega")
				}
				what := `"words": ["` + strings.Join(words, " ") + `"]}`
				if r.Intn(2) == 0 {
					what = `"gap": ` + strconv.Itoa(r.Intn(9)) + `, ` + what
				}
				name := "k" + strconv.Itoa(i) + strconv.Itoa(k)
				declare(t, own[i], "keyword", name, `{`+what)
				declare(t, all[i], "keyword", name, `{"in": "any", `+what)
			}
		}
		active := own[0].Build()
		both, _, ok := active.together(own[1].Build())
		if !ok {
			t.Fatal("they cannot stand beside each other")
		}
		states := []*State{active.NewState(), both.NewState(), all[0].Build().NewState(), all[1].Build().NewState()}
		for range 6 {
			var b strings.Builder
			for range 1000 + r.Intn(1000) {
				b.WriteString([]string{"honest ", "words ", "here ", "stand ", "42 "}[r.Intn(5)])
			}
			for range 1 + r.Intn(3) {
				for range r.Intn(20) {
					b.WriteString(vocabulary[r.Intn(len(vocabulary))] + " ")
				}
				b.WriteString([]string{"", "omega "}[r.Intn(2)] + strings.Repeat("behind ", r.Intn(90)))
			}
			b.WriteString(strings.Repeat("and so on ", 350+r.Intn(100)))
			said := map[string][]bool{}
			size := 1 + r.Intn(9000)
			for _, st := range states {
				st.Reset()
				sayInPieces(st, prompt.RoleUser, b.String(), size)
				out := make([]expr.Value, st.set.Len())
				st.Evaluate(&Input{Facts: &prompt.Facts{UserTurns: 1, Messages: 1}}, out)
				for i, v := range out {
					if name := st.set.Name(i); strings.HasPrefix(name, "keyword.") {
						said[name] = append(said[name], v == expr.True)
					}
				}
			}
			for name, answers := range said {
				for _, a := range answers {
					if a != answers[0] {
						t.Errorf("round %d: whether %s is found, in turn: %v", round, name, answers)
						break
					}
				}
				if answers[0] {
					found++
				} else {
					missing++
				}
			}
		}
	}
	if found < 100 || missing < 100 {
		t.Errorf("%d keywords are found and %d are not: too few to mean something", found, missing)
	}
}
