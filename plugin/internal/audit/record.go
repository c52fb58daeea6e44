// Package audit writes the record of a request: one JSON object on one line, of
// at most MaxSize bytes, without any text of the prompt unless the configuration asks for it.
package audit

import "unsafe"

// MaxSize is the most bytes that a record may have, its end of line excluded.
const MaxSize = 4096

// The longest JSON form, in bytes, of the strings that clients and policies
// choose. Together with the fixed parts they stay below MaxSize: of signals and warnings as many are written as there is room for.
const (
	maxID    = 80
	maxPath  = 160
	maxName  = 120
	maxList  = 700
	maxKey   = 40
	maxWord  = 40 // what the router or an engine says in one word
	maxWhy   = 16 // a word of the router's own
	maxClass = 32 // a policy's name of a class
	maxTries = 99

	// What may stand behind the signals, without the warnings, behind the warnings, and behind the text of a prompt.
	afterSignals  = 3000
	afterWarnings = 1760
	afterText     = 300
	maxReason     = 60
)

// Record is what is known of a request. The zero value of a field that does not
// apply is written as such, so that every record has the same members.
type Record struct {
	Time         int64 // Unix time in nanoseconds
	RequestID    string
	Path         string // without the query, which may carry text
	Tenant       string // as the trusted header says, if the configuration names one
	Asked        string // the client's model name
	Action       string // route, deny or pass
	Status       int    // what the client saw; 0 while unknown
	Code         string // of the router's own error, if it answered with one
	Param        string // the body's member that this is about
	Decision     string
	Model        string // the policy's key
	Name         string // what the engine serves
	Cluster      string
	Reasoning    string // the level that is used
	Effort       string // the level that the client asked for
	Signals      []string
	Flags        []string
	Tier         int
	Guard        string
	From, Why    string // of a demotion
	Conversation Conversation
	Domain       string   // for which most speaks by the learned weights, whether it is said or not; "" where the policy asks for none
	Sure         int      // how likely that is, in percent: it is written in steps of ten
	Session      string   // the key of the conversation, as the proxy got it; "" without one
	Prefix       string   // that of system text and tools
	Warnings     []string // wishes of the policy that could not be honoured
	Policy       Policy
	Would        Would  // what the other policy of a rollout would have done
	Attempts     int64  // of the proxy to have it answered, where it says so
	FellFrom     string // the model that was chosen, if another one has answered
	FellWhy      string
	Tokens       int64  // estimated, of the input
	Cost         int64  // what the request costs at most, in picodollars, as the ceiling compares it; 0 for a model without a price
	MaxTokens    int64  // the bound that the budget has set on the answer; 0 if none
	PromptHash   string // where the configuration asks for it
	PromptFirst  string
	Bytes        int64 // of the body read
	Answer
	Micros int64 // spent in the filter
}

// Answer is what a routed request got. Times are in microseconds, and 0 where there is none.
type Answer struct {
	Answered                                       string // the model that the answer names
	Finish                                         string // why it ended, in the engine's words
	HasUsage                                       bool
	UsageIn, UsageOut, UsageReasoning, UsageCached int64  // as the engine counts
	UsageUnknown                                   string // why there is no usage, if the engine could have named one
	CostActual                                     int64  // by usage, in picodollars
	FirstText, PerToken                            int64  // of a stream: until the first text, and for each token behind that
	Duration                                       int64  // from the request's headers to its end
	Aborted                                        bool   // the client has left before that
	UpstreamError                                  string // what failed on the engine's side
}

// Conversation says what the last message of a conversation would have chosen alone, and why that is or is not what was chosen.
type Conversation struct {
	Messages   int // of the user's; 0 if the decision does not go by them
	Alone      string
	AloneModel string
	Why        string
}

// Would is what a policy that does not serve would have done, by which rule; all is "" where there is none.
type Would struct{ Action, Decision, Model string }

// Policy is what records say of the policy that decides: a JSON object, written once.
type Policy string

// NewPolicy writes it: the configuration's name for the policy, "" where it has but one, the policy's name for itself, its hash, that of the learned weights, "" where it uses none, and the arm of
// a rollout.
func NewPolicy(name, version, hash, weights, arm string) Policy {
	var l line
	l.text(`{"name":`, name, maxReason)
	l.text(`,"version":`, version, maxReason)
	l.text(`,"hash":`, hash, maxWhy)
	l.text(`,"weights":`, weights, maxWhy)
	l.text(`,"arm":`, arm, maxWhy)
	l.put(`}`)
	return Policy(l.buf[:l.n])
}

// Writer writes one record after the other, in memory of its own.
type Writer struct{ line line }

// Write returns a record as JSON, closed by the members of its chain. It is valid until the next one is written.
func (w *Writer) Write(r *Record, link Link) []byte {
	l := &w.line
	l.n = 0
	l.put(`{"v":1,"time":"`)
	l.time(r.Time)
	l.text(`","request_id":`, r.RequestID, maxID)
	l.text(`,"path":`, r.Path, maxPath)
	l.text(`,"tenant":`, r.Tenant, maxReason)
	l.text(`,"asked":`, r.Asked, maxName)
	l.text(`,"action":`, r.Action, maxWhy)
	l.number(`,"status":`, int64(r.Status))
	l.text(`,"code":`, r.Code, maxReason)
	l.text(`,"param":`, r.Param, maxReason)
	l.text(`,"decision":`, r.Decision, maxName)
	l.text(`,"model":`, r.Model, maxName)
	l.text(`,"name":`, r.Name, maxName)
	l.text(`,"cluster":`, r.Cluster, maxName)
	l.text(`,"reasoning":`, r.Reasoning, maxReason)
	l.text(`,"reasoning_asked":`, r.Effort, maxReason)
	l.list(`,"signals":[`, r.Signals, l.room(afterSignals))
	if len(r.Flags) == 0 {
		l.put(`,"flags":[]`)
	} else {
		l.list(`,"flags":[`, r.Flags, maxList/2)
	}
	l.number(`,"tier":`, int64(r.Tier))
	l.text(`,"guard":`, r.Guard, maxName)
	if r.From == "" && r.Why == "" {
		l.put(`,"demoted":null`)
	} else {
		l.text(`,"demoted":{"from":`, r.From, maxName)
		l.text(`,"why":`, r.Why, maxReason)
		l.put(`}`)
	}
	if c := &r.Conversation; c.Messages == 0 {
		l.put(`,"conversation":null`)
	} else {
		l.number(`,"conversation":{"messages":`, int64(c.Messages))
		l.text(`,"alone":`, c.Alone, maxName)
		l.text(`,"model":`, c.AloneModel, maxName)
		l.text(`,"why":`, c.Why, maxWord)
		l.put(`}`)
	}
	if r.Domain == "" {
		l.put(`,"domain":null`)
	} else {
		l.text(`,"domain":{"best":`, r.Domain, maxClass)
		l.number(`,"sure":`, int64(min(max(r.Sure, 0), 100)/10*10))
		l.put(`}`)
	}
	l.text(`,"session":`, r.Session, maxKey)
	l.text(`,"prefix":`, r.Prefix, maxKey)
	if len(r.Warnings) == 0 {
		l.put(`,"warnings":[],"policy":`)
	} else {
		l.list(`,"warnings":[`, r.Warnings, l.room(afterWarnings))
		l.put(`,"policy":`)
	}
	l.put(string(r.Policy))
	if w := &r.Would; w.Action == "" {
		l.put(`,"would":null`)
	} else {
		l.text(`,"would":{"action":`, w.Action, maxWhy)
		l.text(`,"decision":`, w.Decision, maxReason)
		l.text(`,"model":`, w.Model, maxReason)
		l.put(`}`)
	}
	l.number(`,"attempts":`, min(r.Attempts, maxTries))
	if r.FellFrom == "" && r.FellWhy == "" {
		l.put(`,"fallback":null`)
	} else {
		l.text(`,"fallback":{"from":`, r.FellFrom, maxReason)
		l.text(`,"why":`, r.FellWhy, maxWhy)
		l.put(`}`)
	}
	l.number(`,"tokens_in":`, r.Tokens)
	l.dollars(`,"cost":`, r.Cost)
	l.number(`,"max_tokens":`, r.MaxTokens)
	l.text(`,"model_answered":`, r.Answered, maxName)
	l.text(`,"finish":`, r.Finish, maxWord)
	if !r.HasUsage {
		l.put(`,"usage":null`)
	} else {
		l.number(`,"usage":{"in":`, r.UsageIn)
		l.number(`,"out":`, r.UsageOut)
		l.number(`,"reasoning":`, r.UsageReasoning)
		l.number(`,"cached":`, r.UsageCached)
		l.put(`}`)
	}
	l.text(`,"usage_unknown":`, r.UsageUnknown, maxWhy)
	if !r.HasUsage {
		l.put(`,"cost_actual":null`)
	} else {
		l.dollars(`,"cost_actual":`, r.CostActual)
	}
	l.millis(`,"ttft_ms":`, r.FirstText)
	l.millis(`,"tpot_ms":`, r.PerToken)
	l.millis(`,"duration_ms":`, r.Duration)
	if r.Aborted {
		l.put(`,"aborted":true`)
	} else {
		l.put(`,"aborted":false`)
	}
	l.text(`,"upstream_error":`, r.UpstreamError, maxWord)
	if r.PromptHash == "" && r.PromptFirst == "" {
		l.put(`,"prompt":null`)
	} else {
		l.text(`,"prompt":{"hash":`, r.PromptHash, maxKey)
		l.text(`,"first":`, r.PromptFirst, max(MaxSize-afterText-l.n, 0)) // as much as there is room for
		l.put(`}`)
	}
	l.number(`,"bytes":`, r.Bytes)
	l.number(`,"us":`, r.Micros)
	l.text(`,"vm":`, link.VM, maxReason)
	l.number(`,"seq":`, link.Seq)
	l.text(`,"prev":`, unsafe.String(unsafe.SliceData(link.Prev), len(link.Prev)), maxKey)
	l.put(`}`)
	return l.buf[:l.n]
}
