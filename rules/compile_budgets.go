package rules

import (
	"strconv"

	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/tree"
)

// FlagBudget is the flag of a request of which something was not read once more, since its second readings had cost as much as the policy lets
// them: a guard that listens to whoever has said it cannot know whether something is disguised there.
const FlagBudget = "inspection_budget"

// What second readings may cost unless the policy says otherwise, in work units: a unit is about what it costs to read a byte of plain prose.
const (
	PieceBudget   = 16_000_000
	SpeakerBudget = 64_000_000

	maxBudget = 1e12
)

// budgets reads what second readings may cost, and what comes of it when it has been spent.
func (c *compiler) budgets(n *tree.Node) {
	most := signal.Budgets{Piece: PieceBudget, Speaker: SpeakerBudget}
	if n != nil && c.Map(n, "piece", "speaker", "exhausted") {
		piece, speaker := n.Get("piece"), n.Get("speaker")
		if piece != nil {
			most.Piece, _ = c.Integer(piece, 1, maxBudget)
		}
		if speaker != nil {
			most.Speaker, _ = c.Integer(speaker, 1, maxBudget)
		}
		switch {
		case most.Speaker >= most.Piece:
		case speaker != nil:
			c.Add(speaker, "a speaker's budget of "+strconv.FormatInt(most.Speaker, 10)+" is less than a piece's, which is "+strconv.FormatInt(most.Piece, 10),
				"lower piece, or raise speaker")
		default:
			c.Add(piece, "a piece's budget of "+strconv.FormatInt(most.Piece, 10)+" is more than a speaker's, which is "+strconv.FormatInt(most.Speaker, 10),
				"raise speaker, too")
		}
		if v := n.Get("exhausted"); v != nil {
			word, _ := c.OneOf(v, "choice", []string{"match", "flag"})
			c.table.budgetFlags = word == "flag"
		}
	}
	c.signals.Budget(most)
	c.digest.numbers("budgets", most.Piece, most.Speaker, bit(c.table.budgetFlags))
}
