package labelled

import (
	"strings"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// builder is one whose set knows all domains.
func builder() *signal.Builder {
	b := signal.NewBuilder()
	for _, name := range signal.DomainNames() {
		b.Lookup("domain." + name)
	}
	return b
}

// judge works out domains.
type judge struct {
	set    *signal.Set
	st     *signal.State
	values []expr.Value
}

func newJudge(s *signal.Set) *judge { return &judge{s, s.NewState(), make([]expr.Value, s.Len())} }

// judge makes a judge who knows what was learned.
func (t *Classes) judge() (*judge, error) {
	b := builder()
	var ps tree.Problems
	for _, class := range t.Classes {
		column, _ := b.OwnDomain(class.Name, int32(class.Bias))
		b.Lookup("domain." + class.Name)
		for _, w := range class.Words {
			b.OwnWord(column, word(w.Text), int8(w.Weight), &ps)
		}
	}
	return newJudge(b.Build()), ps.Err()
}

// hear works out what a text is about.
func (j *judge) hear(words string) {
	j.st.Reset()
	j.st.Text([]byte(words), 0, true)
	j.st.EndText(true)
	j.st.EndPart(prompt.PartOwn)
	j.st.EndMessage(prompt.RoleUser)
	j.st.Evaluate(&signal.Input{Facts: &prompt.Facts{UserTurns: 1, Messages: 1}}, j.values)
}

// said is the domain that is true.
func (j *judge) said() string {
	for i, v := range j.values {
		if name, ok := strings.CutPrefix(j.set.Name(i), "domain."); ok && v == expr.True {
			return name
		}
	}
	return ""
}

func word(s string) *tree.Node { return &tree.Node{Kind: tree.String, Text: s, Path: "$.classes"} }
