package rules

import (
	"slices"

	"github.com/mom-router/mom-router/rules/prompt"
)

// Level is how much a model is asked to reason.
type Level = prompt.Level

// The levels. Unset is the absence of a wish: the client's own members stay, but for a routed request to a model that the
// policy knows no way to ask.
const (
	Unset  = prompt.Unset
	None   = prompt.None
	Low    = prompt.Low
	Medium = prompt.Medium
	High   = prompt.High
)

// effort says whose level counts where a rule has one and the client asks for one, too.
type effort uint8

const (
	effortSet     effort = iota // the rule's
	effortCap                   // the lower one
	effortDefault               // the client's
)

// effortNames are they as a policy writes them.
var effortNames = []string{"set", "cap", "default"}

// of returns the level that counts. Without one of the rule's there is none: the client's members stay.
func (e effort) of(rule, client Level) Level {
	switch {
	case rule == Unset || client == Unset || e == effortSet:
		return rule
	case e == effortCap:
		return min(rule, client)
	}
	return client
}

// levels counts the levels, Unset included; shapes counts the shapes of bodies.
const (
	levels = int(High) + 1
	shapes = int(prompt.Mapped) + 1
)

// levelNames are the levels as a policy writes them, from None on.
var levelNames = []string{None.String(), Low.String(), Medium.String(), High.String()}

func parseLevel(s string) (Level, bool) {
	i := slices.Index(levelNames, s)
	return None + Level(max(i, 0)), i >= 0
}

// wish is how a model is asked for one level in one shape of body.
type wish struct {
	known   bool            // the policy says how
	instead Level           // the level that stands in, or Unset
	members []prompt.Member // what to set in the body
	warning string          // why the wish is not honoured as it stands, one sentence; "" when it is
}

// wellKnownReasoning are the members by which clients of the usual engines and gateways ask for reasoning. They are dropped
// when a policy's own wish replaces the client's, whether or not the policy uses them. A path that a longer one begins with
// is dropped where its value is no object.
var wellKnownReasoning = append(outermost, inExtraBody()...)

var outermost = [][]string{
	{"reasoning_effort"},    // OpenAI, vLLM, SGLang
	{"reasoning"},           // a word or true
	{"reasoning", "effort"}, // OpenAI's Responses, SGLang and OpenRouter in chat
	{"reasoning", "reasoning_effort"},
	{"reasoning", "enabled"},
	{"reasoning", "enable"},
	{"reasoning", "max_tokens"},
	{"thinking"}, // Anthropic
	{"output_config", "effort"},
	{"thinking_token_budget"}, // vLLM
	{"enable_thinking"},       // Qwen
	{"thinking_budget"},
	{"thinking_budget_tokens"}, // llama.cpp
	{"reasoning_budget"},
	{"reasoning_budget_tokens"},
	{"think"}, // Ollama
	{"chat_template_kwargs", "enable_thinking"},
	{"chat_template_kwargs", "thinking"},
	{"chat_template_kwargs", "reasoning_effort"},
	{"chat_template_kwargs", "thinking_budget"},
	{"chat_template_kwargs", "thinking_mode"},
	{"chat_template_kwargs", "low_effort"},
	{"chat_template_kwargs", "reasoning_budget"},
	{"chat_template_kwargs", "reasoning_mode"},
	{"chat_template_kwargs", "thinking_effort"},
	{"custom_params", "thinking_budget"}, // SGLang
	{"vllm_xargs", "thinking_budget"},
}

// inExtraBody are the same members where LiteLLM takes them from.
func inExtraBody() (paths [][]string) {
	for _, path := range outermost {
		paths = append(paths, append([]string{"extra_body"}, path...))
	}
	return paths
}

// Reasoning returns the members that ask the model for a level in a body of a
// shape: nil if there is no way to ask, empty if nothing has to be set. The warning says, in one sentence, why the wish is not honoured as it
// stands; it is empty when it is.
func (m *Model) Reasoning(shape prompt.Shape, level Level) (members []prompt.Member, warning string) {
	if level == Unset {
		return nil, ""
	}
	w := &m.reasoning[shape][level]
	return w.members, w.warning
}

// warn writes the warnings of all wishes, once, so that requests need not.
func (m *Model) warn() {
	for shape := range m.reasoning {
		for level := None; level <= High; level++ {
			w := &m.reasoning[shape][level]
			switch {
			case !w.known && prompt.Shape(shape) != prompt.Chat:
				w.warning = "reasoning " + level.String() + " cannot be asked of " + m.Key + " in a body of shape " + prompt.Shape(shape).String() + ": it is left unset"
			case !w.known:
				w.warning = "reasoning " + level.String() + " is not defined for " + m.Key + ": it is left unset"
			case w.instead != Unset:
				w.warning = "reasoning " + level.String() + " is not available on " + m.Key + ": " + w.instead.String() + " is used"
			}
		}
	}
}
