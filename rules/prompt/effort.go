package prompt

import (
	"strings"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// Level is how much a model is asked to reason. A higher one is more.
type Level uint8

// The levels. Unset is that nothing is said about it.
const (
	Unset Level = iota
	None
	Low
	Medium
	High
)

// String is the level as a policy writes it; "" for Unset.
func (l Level) String() string { return [...]string{"", "none", "low", "medium", "high"}[l] }

// Budgets in tokens from which on they count as a level. Those of known clients lie well between: Google's and LiteLLM's words for levels stand for
// 1,024, 2,048 to 8,192 and 4,096 to 24,576 tokens, Claude Code asks for 4,000, 10,000 and 31,999.
const (
	mediumBudget = 4_096
	highBudget   = 16_384
)

// effortWords are the words for levels that known clients and engines use. Finer ones than a policy knows count as the nearest that it knows; that
// reasoning is on, without a bound, counts as High.
var effortWords = newDictionary(map[string]Level{
	"none": None, "off": None, "disabled": None, "disable": None, "chat": None, "false": None,
	"minimal": Low, "low": Low,
	"medium": Medium,
	"high":   High, "xhigh": High, "max": High,
	"enabled": High, "adaptive": High, "auto": High, "on": High, "thinking": High, "true": High,
})

// efforts are the members by which known clients and engines are asked for a level, and the object of a body that they stand in. Those that a policy
// replaces are the same: rules has their list, with sources.
var efforts = []struct {
	in, names string
	read      func(r *Reader, kind strictjson.Kind, text []byte) error
}{
	{"", "reasoning_effort enable_thinking think", (*Reader).readEffort},
	{"", "thinking_token_budget thinking_budget thinking_budget_tokens reasoning_budget reasoning_budget_tokens", (*Reader).readBudget},
	{"reasoning", "effort reasoning_effort enabled enable", (*Reader).readEffort},
	{"reasoning", "max_tokens", (*Reader).readBudget},
	{"thinking", "type", (*Reader).readEffort},
	{"thinking", "budget_tokens", (*Reader).readBudget},
	{"output_config", "effort", (*Reader).readEffort},
	{"chat_template_kwargs", "enable_thinking thinking reasoning_effort thinking_mode reasoning_mode thinking_effort", (*Reader).readEffort},
	{"chat_template_kwargs", "thinking_budget reasoning_budget", (*Reader).readBudget},
	{"chat_template_kwargs", "low_effort", (*Reader).readLowEffort},
	{"vllm_xargs", "thinking_budget", (*Reader).readBudget},
	{"custom_params", "thinking_budget", (*Reader).readBudget},
}

// addEffort adds them to the members of a body. Their names and values are text like any other.
func addEffort(all members) {
	for _, e := range efforts {
		in := all
		if e.in != "" {
			in = all[e.in].members
		}
		for _, name := range strings.Fields(e.names) {
			in[name] = &schema{heard: true, capture: true, end: e.read}
		}
	}
	for _, name := range []string{"reasoning", "thinking"} { // which may be a word or a switch, too
		all[name].capture, all[name].end = true, (*Reader).readEffort
	}
}

// readEffort takes a level by its word, or that reasoning is on or off.
func (r *Reader) readEffort(kind strictjson.Kind, text []byte) error {
	switch kind {
	case strictjson.True:
		r.noteEffort(High)
	case strictjson.False:
		r.noteEffort(None)
	case strictjson.String:
		if level, known := effortWords.find(text); known {
			r.noteEffort(level)
		}
	case strictjson.Number:
		r.endNumber(text, r.at+1) // of no meaning to anybody, so it is text
	}
	return nil
}

// readBudget takes a level by the tokens that reasoning may take. One below zero is no bound.
func (r *Reader) readBudget(kind strictjson.Kind, literal []byte) error {
	if kind != strictjson.Number {
		return nil
	}
	switch n, _ := whole(kind, literal); {
	case n == 0:
		r.noteEffort(None)
	case n >= highBudget || n < 0:
		r.noteEffort(High)
	case n >= mediumBudget:
		r.noteEffort(Medium)
	default:
		r.noteEffort(Low)
	}
	r.endNumber(literal, r.at+1)
	return nil
}

func (r *Reader) readLowEffort(kind strictjson.Kind, _ []byte) error {
	if kind == strictjson.True {
		r.noteEffort(Low)
	}
	return nil
}

// noteEffort notes a level that the client asks for. Of several the lowest counts: a budget bounds what a switch turns on.
func (r *Reader) noteEffort(level Level) {
	if f := &r.facts; f.Effort == Unset || level < f.Effort {
		f.Effort = level
	}
}
