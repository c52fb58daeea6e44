package trail

import (
	"fmt"
	"strings"
)

// Explain says in words why a record is as it is, a sentence a line. rule looks a rule of the policy up by its name: whether it is a guard or a route, and its
// condition; it may be nil.
func Explain(r *Record, rule func(name string) (kind, when string, ok bool)) (lines []string) {
	say := func(format string, values ...any) { lines = append(lines, fmt.Sprintf(format, values...)) }
	when := func(name string) string {
		if rule == nil {
			return ""
		}
		if kind, text, ok := rule(name); ok && text != "" {
			return fmt.Sprintf(" (a %s: %s)", kind, text)
		}
		return ""
	}
	asked := "no model"
	if r.Asked != "" {
		asked = fmt.Sprintf("model %q", r.Asked)
	}
	say("Request %s at %s to %s named %s.", r.RequestID, r.Time, r.Path, asked)
	if len(r.Signals) > 0 {
		say("True of it: %s.", strings.Join(r.Signals, ", "))
	}
	if len(r.Flags) > 0 {
		say("Guards flagged it: %s.", strings.Join(r.Flags, ", "))
	}
	switch r.Action {
	case "pass":
		say("It passed uninspected: the configuration says so of its host or path.")
	case "deny":
		about := ""
		if r.Param != "" {
			about = " about " + r.Param
		}
		say("It was denied with %d and code %q%s.", r.Status, r.Code, about)
		if r.Guard != "" && r.Guard == r.Decision {
			say("Guard %q denied it%s.", r.Guard, when(r.Guard))
		}
	default:
		decided(r, say, when)
	}
	if r.Guard != "" && r.Guard != r.Decision {
		say("Guard %q bounded the choice%s.", r.Guard, when(r.Guard))
	}
	if r.Tier > 0 {
		say("Only models of safety tier %d or more were allowed.", r.Tier)
	}
	for _, w := range r.Warnings {
		say("A wish could not be honoured: %s.", w)
	}
	if r.Action == "route" {
		answered(r, say)
	}
	return lines
}

func decided(r *Record, say func(string, ...any), when func(string) string) {
	switch r.Decision {
	case "named":
		say("The client named the model, and nothing forbids it.")
	case "default":
		say("No route matched: the default decided.")
	default:
		say("Rule %q decided%s.", r.Decision, when(r.Decision))
	}
	if d := r.Demoted; d != nil {
		say("Its first model would have been %s, but %s spoke against it.", d.From, reasons[d.Why])
	}
	if c := r.Conversation; c != nil {
		say("Messages of the user's in the conversation: %d. The last one alone would have chosen %s with %s (%s).", c.Messages, c.Alone, c.Model, c.Why)
	}
	if w := r.Would; w != nil && w.Model != "" {
		say("It is of the %s arm of a rollout. The other policy would have chosen %s by rule %q.", r.Policy.Arm, w.Model, w.Decision)
	} else if w != nil {
		say("It is of the %s arm of a rollout. The other policy would have denied it by rule %q.", r.Policy.Arm, w.Decision)
	}
	level := ""
	if r.Reasoning != "" {
		level = " with reasoning " + r.Reasoning
	}
	if r.Effort != "" {
		level += " (the client asked for " + r.Effort + ")"
	}
	say("It went to model %s, %q of cluster %s%s.", r.Model, r.Name, r.Cluster, level)
	if r.MaxTokens > 0 {
		say("The budget left less than it might have cost, so its answer was bounded to %d tokens.", r.MaxTokens)
	}
}

// reasons are what a demotion may say.
var reasons = map[string]string{
	"guard": "a guard", "tier": "its safety tier", "context": "its context window", "input": "what it accepts", "cost": "the cost ceiling", "latency": "its latency", "drain": "that it is drained",
}

func answered(r *Record, say func(string, ...any)) {
	if u := r.Usage; u != nil && r.Actual != nil {
		say("It used %d tokens in (%d cached) and %d out (%d of reasoning) and cost %s; the estimate was %d in and at most %s.", u.In, u.Cached, u.Out, u.Reasoning, dollars(*r.Actual), r.TokensIn, dollars(r.Cost))
	} else if r.Unknown != "" {
		say("What it used is not known: %s.", r.Unknown)
	}
	if r.Finish != "" {
		say("The answer ended with %q.", r.Finish)
	}
	if r.Duration != nil {
		first := ""
		if r.TTFT != nil {
			first = fmt.Sprintf(", the first text after %.0f", *r.TTFT)
		}
		say("It took %.0f ms%s.", *r.Duration, first)
	}
	if r.Aborted {
		say("The client left before the end.")
	}
	if r.Upstream != "" {
		say("The engine failed: %s, and the client saw status %d.", r.Upstream, r.Status)
	}
}

// dollars writes an amount to a millionth, and a smaller one to a thousandth of that.
func dollars(amount float64) string {
	if amount > 0 && amount < 1e-5 {
		return fmt.Sprintf("$%.9f", amount)
	}
	return fmt.Sprintf("$%.6f", amount)
}
