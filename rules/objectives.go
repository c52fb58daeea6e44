package rules

import (
	"math"

	"github.com/mom-router/mom-router/rules/prompt"
)

// Budget is what the requests of one key may cost in a window of time. Windows follow each other from the beginning of 1970 on, so that all proxies have the
// same ones.
type Budget struct {
	Window int64  // milliseconds
	Key    string // the request header that says whose a request is; "" where all share one budget
	// Soft is from where on cheaper candidates are preferred, and Hard where requests are refused, in picodollars; 0 is no bound.
	Soft, Hard int64
	Keys       []BudgetKey // those with bounds of their own, by name
	Others     int         // so many other keys have an account each; the rest shares one
	Shorten    int64       // where less is left than a request may cost, its answer is bounded to that, if those are so many tokens; 0 refuses it
}

// BudgetKey is a key that the policy names.
type BudgetKey struct {
	Name       string
	Soft, Hard int64
}

// FirstToken bounds the 95th percentile of the time from a request's way to the engine to the first text of its answer, for each model and size of prompts.
type FirstToken struct {
	Window  int64 // milliseconds that samples count
	Samples int64 // so many are needed for a verdict
	// Bounds are in milliseconds by the models' index; 0 is none.
	Bounds [][PromptClasses]int64
	Load   *Load // nil if it is not asked for
}

// Load is what engines say of their load in a header of their answers.
type Load struct {
	Header string // of responses, in small letters
	Metric string // its name in the header; "" where that is but a number
	Above  int64  // the bound, in millionths
}

// PromptClasses is how many sizes of prompts are told apart: a long prompt takes its time before the first token.
const PromptClasses = 3

// PromptClassNames are their names in policies and metrics.
var PromptClassNames = [PromptClasses]string{"short", "medium", "long"}

// PromptClass is the class of a prompt of so many tokens, as it is estimated.
func PromptClass(tokens int64) int {
	switch {
	case tokens < 2_000:
		return 0
	case tokens < 16_000:
		return 1
	}
	return 2
}

// Live tells decisions what a proxy has measured: without it, objectives compare what the policy declares. It is that of one request, and answers the same to
// the same question.
type Live interface {
	// Slow reports whether a model takes no new conversation of this size since it is above its bound on the first token. Now and then it says no all the same, to see
	// whether that is still so: sends is whether the request would go there, and tell.
	Slow(m *Model, tokens int64, sends bool) bool
	// Left is what is left of the budget before its soft and its hard bound, in picodollars: below 0 if there was spent more.
	Left() (soft, hard int64)
	// Reserve takes what a request may cost from the budget, unless that would pass the hard bound. It is called when all else allows the request, and again where more comes to
	// light: what is taken is the most that was asked for.
	Reserve(cost int64) bool
	// Wait is after how many seconds there is a new budget.
	Wait() int64
}

// Budget is what the policy says of budgets, or nil.
func (t *Table) Budget() *Budget { return t.objectives.budget }

// FirstToken is what it says of the time to the first token, or nil.
func (t *Table) FirstToken() *FirstToken { return t.objectives.firstToken }

// left is what is left of the budget before its soft and hard bound; counting tokens costs nothing.
func (t *Table) left(d *Decision, q *Query) (soft, hard int64) {
	if q.Live == nil || t.objectives.budget == nil || d.counts {
		return math.MaxInt64, math.MaxInt64
	}
	return q.Live.Left()
}

// measured says what speaks against a model by what the proxy has measured. It moves conversations only at their first message: in the midst of one,
// another model would have nothing of it in its cache.
func (t *Table) measured(d *Decision, q *Query, m *Model, sends bool) string {
	if q.Live == nil || !q.isNew() {
		return ""
	}
	if _, hard := t.left(d, q); m.cost(q.size(m), q.Facts) > hard {
		return "budget"
	}
	tells := q.Facts != nil && q.Facts.Stream && !d.counts // only of an answer that comes in pieces it is known when it begins
	if t.objectives.firstToken != nil && q.Live.Slow(m, q.size(m), sends && tells) {
		return "latency"
	}
	return ""
}

// thrifty returns what is used in place of a candidate that nothing speaks against, once the soft bound of the budget is reached: the next one that costs less
// and that nothing speaks against, else the candidate itself.
func (t *Table) thrifty(d *Decision, q *Query, c candidate, next, resort []candidate) candidate {
	if q.Live == nil || !q.isNew() {
		return c
	}
	soft, _ := t.left(d, q)
	cost := c.model.cost(q.size(c.model), q.Facts)
	if cost <= soft {
		return c
	}
	for _, list := range [...][]candidate{next, resort} {
		for _, other := range list {
			if other.model.cost(q.size(other.model), q.Facts) < cost && t.objection(d, q, other.model) == "" {
				if d.Demoted == nil {
					d.demotion = Demotion{From: c.model.Key, Why: "budget"}
					d.Demoted = &d.demotion
				}
				return other
			}
		}
	}
	return c
}

// shareKeys tell conversations apart where they are shared among models, under a secret that everybody knows: with it a client can find out which conversation goes
// where, and gets a model that its guards allow.
var shareKeys = NewKeys([]byte("mom-router shares of conversations"))

// Shares reports whether conversations are shared among models.
func (t *Table) Shares() bool { return t.objectives.shares != nil }

// share puts the candidate first that a conversation goes to where several have shares of them. It is the same one for all messages of the conversation, on all proxies;
// which one differs from rule to rule.
func (t *Table) share(d *Decision, q *Query, list []candidate) []candidate {
	if len(list) == 0 || list[0].share == 0 || q.session == "" {
		return list
	}
	sum := int64(0)
	for _, c := range list {
		sum += c.share
	}
	at, i := int64(shareKeys.Draw(d.Name, q.session)%uint64(sum)), 0
	for ; at >= list[i].share; i++ {
		at -= list[i].share
	}
	if i == 0 {
		return list
	}
	out := append(append(q.order[:0], list[i]), list[:i]...)
	return append(out, list[i+1:]...)
}

// afford reserves what the request may cost; where that is more than is left, with an answer that is bounded to what is left, if the policy wants that. A body of which more
// comes is not bounded: the client's own bound may stand there, and be a lower one.
func (t *Table) afford(d *Decision, q *Query) bool {
	if q.Live == nil || t.objectives.budget == nil || d.counts || q.Live.Reserve(d.Cost) {
		return true
	}
	least := t.objectives.budget.Shorten
	if least == 0 || q.unended || q.Facts == nil || q.Shape == prompt.Mapped {
		return false
	}
	_, left := q.Live.Left()
	tokens := d.Model.outputFor(left, q.size(d.Model), q.Facts)
	if tokens < least || !q.Facts.Bound(tokens) {
		return false
	}
	cost := d.Model.cost(q.size(d.Model), q.Facts)
	if !q.Live.Reserve(cost) { // others were faster
		q.Facts.Bound(0)
		return false
	}
	d.Cost, d.MaxTokens = cost, tokens
	return true
}

// denyBudget turns the decision into a denial because the budget is spent.
func (d *Decision) denyBudget(wait int64) {
	d.RetryAfter = wait
	d.deny(429, CodeBudget, "The budget for these requests is spent: try again after the time that retry-after names, or ask for less with a lower max_tokens.")
}
