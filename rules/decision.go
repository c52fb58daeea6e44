package rules

import (
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/prompt"
)

// The actions of a Decision. ActionPass is never decided by a Table: it stands
// for requests that the plugin lets through uninspected.
const (
	ActionRoute = "route"
	ActionDeny  = "deny"
	ActionPass  = "pass"
)

// The names of decisions that no rule of the policy makes; rules cannot have them.
const (
	NameNamed   = "named"
	NameDefault = "default"
	NameMapped  = "mapped" // the policy's map of paths
)

// Codes of the denials that the engine itself makes. They are stable.
const (
	CodeModelNotFound   = "model_not_found"         // 404: the client named a model that the policy does not have
	CodeModelNotAllowed = "model_not_allowed"       // 403: the client named a model that a guard excludes
	CodeNoModelAllowed  = "no_model_allowed"        // 403: no model that the policy would choose is allowed
	CodeCostCeiling     = "cost_ceiling"            // 403: the request could cost more than the policy allows
	CodeContext         = "context_length_exceeded" // 400: no allowed model has a context so long
	CodeDraining        = "model_draining"          // 503: the models for it begin no conversations any more
	CodeInput           = "input_not_supported"     // 400: no allowed model takes images, audio or video
	CodeBudget          = "budget_exhausted"        // 429: the budget of the request's key is spent
)

// Query is what a decision is made from.
type Query struct {
	// Asked is the client's model name, meaningful if HasModel.
	Asked    string
	HasModel bool
	// Values are the signals, by index in Table.Signals.
	Values []expr.Value
	// Unread are the signals as they are known where something was not read again for want of work units, or nil. Only guards look at them.
	Unread []expr.Value
	Facts  *prompt.Facts
	Shape  prompt.Shape
	// Tokens is the estimated size of the input in tokens, for models of which no tokenizer is known.
	Tokens int64
	// Live tells what the proxy has measured; nil if it has not.
	Live Live

	sizes    []int64         // the same for those of each family; nil if they are all of one size
	mapped   []*Model        // of a path of the policy's map; the first is its default
	standIns bool            // somebody may want another model than the chosen one
	grant    *Grant          // the models that the caller may use; nil for all
	counts   bool            // it asks only how many tokens there are
	unended  bool            // more of the body comes than the decision has seen
	profiles signal.Profiles // of the user's messages; empty where each is routed alone
	scratch  []expr.Value    // memory for the values that one of them has
	standing standing        // of the conversation
	session  string          // the key of the conversation, where models share them; "" if nothing tells it
	order    []candidate     // memory for candidates in another order
	stands   *int            // the route where the conversation stands, where a record tells it
}

// size is how many tokens the request has for a model, as it is estimated.
func (q *Query) size(m *Model) int64 {
	if q.sizes == nil {
		return q.Tokens
	}
	return q.sizes[m.tokenizer]
}

// isNew reports whether a request begins a conversation, for all that is known: the model has not said anything yet.
func (q *Query) isNew() bool { return q.Facts == nil || q.Facts.Answers == 0 }

// Decision is the outcome for one request.
type Decision struct {
	// Action is ActionRoute or ActionDeny.
	Action string
	// Status, Code and Message are the answer of a denial. They never name the guard.
	Status        int
	Code, Message string
	// RetryAfter is after how many seconds a request that was refused may be sent again; 0 if that helps nothing.
	RetryAfter int64
	// Name is the rule that decided: a route's or guard's name, NameNamed or NameDefault.
	Name string
	// Model is the chosen model; nil for a denial.
	Model *Model
	// Reasoning is the level that the policy wishes for; "" without a wish, and where the
	// body's shape has no way to ask the model for it.
	Reasoning string
	// Effort is the level that the client asks for; "" if it asks for none, or in no way that is known.
	Effort string
	// Members are to be set in the body. KeepReasoning leaves the client's own
	// reasoning members as they are.
	Members       []prompt.Member
	KeepReasoning bool
	// IncludeUsage is true where the router asks the engine for usage in a stream in the client's place: what comes of that is to be taken out again.
	IncludeUsage bool
	// MaxTokens is the bound on the answer that the budget leaves, in place of the client's; 0 leaves that alone.
	MaxTokens int64
	// StandIns may answer if the model fails, the best first; empty unless the session is asked for them.
	StandIns []StandIn
	// Signals are the true ones among those that the policy uses, in index order.
	Signals []string
	// Flags are those of every guard that matched, in policy order, each once, and FlagBudget where a guard does not know of what was not read again.
	Flags []string
	// Guard is the guard that decided or denied; else the first one whose
	// restriction applies; else "".
	Guard string
	// Tier is the safety tier demanded of the model; 0 if none is.
	Tier int
	// Cost is what the request costs at most, in picodollars, with the chosen model, or with the one that was too dear; 0 if the
	// policy names no price for it, and to count tokens.
	Cost int64
	// Conversation says why the conversation is where it is.
	Conversation Conversation
	// Demoted is set when a rule's first candidate was not chosen.
	Demoted *Demotion
	// Warnings are wishes that could not be honoured, one sentence each.
	Warnings []string

	matched  guardSet // the guards that matched
	granted  modelSet // the models that the caller may use
	allowed  modelSet // of those, the models that the matched guards and the tier allow
	widened  modelSet // of those, the last models of guards none of whose others takes the request
	lack     string   // what no allowed model can take, as objection says it
	counts   bool     // nothing is generated
	unread   bool     // some guard does not know of text that was not read again
	demotion Demotion // what Demoted points to: no garbage
}

// Matched reports whether a guard has matched, by its place in Table.Guards.
func (d *Decision) Matched(guard int) bool { return d.matched.has(guard) }

// begin empties a decision for the next request; it keeps the memory of its lists.
func (d *Decision) begin() {
	*d = Decision{Action: ActionRoute, Signals: d.Signals[:0], Flags: d.Flags[:0], Warnings: d.Warnings[:0],
		StandIns: d.StandIns[:0]}
}

// Demotion says which model a rule would have chosen first, and why it was not.
type Demotion struct {
	From string // the model's key
	Why  string // one of DemotionReasons
}

// DemotionReasons are all that a Demotion may say.
var DemotionReasons = []string{"guard", "tier", "context", "input", "cost", "latency", "drain", "tenant", "budget"}

// guardSet is a set of guards by index.
type guardSet [maxGuards / 64]uint64

// maxGuards is how many guards a policy may have.
const maxGuards = 256

func (s *guardSet) has(i int) bool { return s[i/64]>>(i%64)&1 != 0 }
func (s *guardSet) add(i int)      { s[i/64] |= 1 << (i % 64) }
