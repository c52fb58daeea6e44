package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/expr"
)

// explained is an outcome with its reasons; why is nil where there is no model call to explain.
type explained struct {
	outcome
	why  *rules.Explanation
	body []byte
}

// The JSON form of an explanation: an outcome with one more member. Its names are a contract, as those
// of an outcome are.
type (
	explainedJSON struct {
		outcome
		Explanation *explanationJSON `json:"explanation"`
	}
	explanationJSON struct {
		Tokens  int64         `json:"tokens"`
		Read    int64         `json:"read"` // bytes of the body that the route was decided on
		Signals []signalJSON  `json:"signals"`
		Guards  []ruleJSON    `json:"guards"`
		Routes  []ruleJSON    `json:"routes"`
		Learned []learnedJSON `json:"learned"` // what learned signals have weighed
		// What each of the user's messages asked for; empty where each is routed alone.
		Conversation []messageJSON `json:"conversation"`
	}
	messageJSON struct {
		FollowUp   bool   `json:"follow_up"`
		Alone      string `json:"alone"`
		AloneModel string `json:"alone_model"`
		Decision   string `json:"decision"`
		Model      string `json:"model"`
		Why        string `json:"why"`
	}
	signalJSON struct {
		Name   string      `json:"name"`
		Value  string      `json:"value"`
		Late   bool        `json:"late,omitempty"` // behind those bytes
		Scope  string      `json:"scope,omitempty"`
		Places []placeJSON `json:"places,omitempty"`
	}
	learnedJSON struct {
		Type    string      `json:"type"`
		Best    string      `json:"best,omitempty"`
		Second  string      `json:"second,omitempty"`
		Percent *int        `json:"percent"` // how likely the best is; null where that is not known
		Lead    float64     `json:"lead"`    // in logits
		For     []voiceJSON `json:"for"`
		Against []voiceJSON `json:"against"`
	}
	voiceJSON struct {
		What string  `json:"what"`
		Says float64 `json:"says"`
	}
	placeJSON struct {
		From int64  `json:"from"` // bytes of the body
		To   int64  `json:"to"`
		Role string `json:"role"`
		Text string `json:"text"`
	}
	ruleJSON struct {
		Name    string `json:"name"`
		When    string `json:"when"`
		Value   string `json:"value"`
		Matched bool   `json:"matched"`
		Late    bool   `json:"late,omitempty"`
		Why     string `json:"why"`
	}
)

func (e *explained) json() explainedJSON {
	out := explainedJSON{outcome: e.outcome}
	if e.why == nil {
		return out
	}
	x := &explanationJSON{Tokens: e.why.Tokens, Read: e.why.Read, Signals: []signalJSON{}, Guards: rulesJSON(e.why.Guards), Routes: rulesJSON(e.why.Routes),
		Learned: []learnedJSON{}, Conversation: []messageJSON{}}
	for _, s := range e.why.Signals {
		signal := signalJSON{Name: s.Name, Value: s.Value.String(), Late: s.Late, Scope: s.Scope}
		for _, p := range s.Places {
			signal.Places = append(signal.Places, placeJSON(p))
		}
		x.Signals = append(x.Signals, signal)
	}
	for _, w := range e.why.Weighed {
		l := learnedJSON{w.Type, w.Best, w.Second, nil, hundredths(w.Lead), voicesJSON(w.For), voicesJSON(w.Against)}
		if w.Percent >= 0 {
			l.Percent = &w.Percent
		}
		x.Learned = append(x.Learned, l)
	}
	for _, m := range e.why.Conversation {
		x.Conversation = append(x.Conversation, messageJSON(m))
	}
	out.Explanation = x
	return out
}

func voicesJSON(list []rules.Voice) []voiceJSON {
	out := []voiceJSON{}
	for _, v := range list {
		out = append(out, voiceJSON{v.What, hundredths(v.Says)})
	}
	return out
}

func hundredths(n float64) float64 { return math.Round(100*n) / 100 }

// printWeighed says in words what learned signals go by.
func printWeighed(w io.Writer, list []rules.Weighed) {
	if len(list) > 0 {
		fmt.Fprintln(w, "learned signals, and what speaks for them and against them (in logits)")
	}
	for _, l := range list {
		fmt.Fprintf(w, "  %s\n", l.Sentence())
		for _, side := range []struct {
			word   string
			voices []rules.Voice
		}{{"for", l.For}, {"against", l.Against}} {
			var says []string
			for _, v := range side.voices {
				says = append(says, fmt.Sprintf("%s %+.2f", excerpt(v.What), v.Says))
			}
			if len(says) > 0 {
				fmt.Fprintf(w, "          %-8s %s\n", side.word+":", strings.Join(says, ", "))
			}
		}
	}
}

func rulesJSON(list []rules.RuleResult) []ruleJSON {
	out := []ruleJSON{}
	for _, r := range list {
		out = append(out, ruleJSON{r.Name, r.When, r.Value.String(), r.Matched, r.Late, r.Why})
	}
	return out
}

// print writes an explanation for people.
func (e *explained) print(w io.Writer) {
	fmt.Fprintf(w, "%s\n", e.name)
	if e.Error != "" {
		fmt.Fprintf(w, "  error: %s\n", e.Error)
		return
	}
	fmt.Fprintf(w, "  %s\n", e.summary())
	if _, message := e.refusal(); message != "" {
		fmt.Fprintf(w, "  told the client: %s\n", message)
	}
	if e.why == nil {
		return
	}
	if n := int64(len(e.body)); e.why.Read < n {
		fmt.Fprintf(w, "  decided on the first %d of %d bytes: what comes behind them can only add flags or end the request\n", e.why.Read, n)
	}
	if len(e.why.Signals) > 0 {
		fmt.Fprintln(w, "signals")
	}
	var others []string
	for _, s := range e.why.Signals {
		switch {
		case s.Value == expr.False:
			others = append(others, s.Name)
			continue
		case len(s.Places) == 0:
			fmt.Fprintf(w, "  %-7s %s%s\n", s.Value, s.Name, late(s.Late))
			continue
		}
		fmt.Fprintf(w, "  %-7s %s (in %s)%s\n", s.Value, s.Name, s.Scope, late(s.Late))
		for _, p := range s.Places {
			fmt.Fprintf(w, "          %s, bytes %d to %d: %s\n", p.Role, p.From, p.To, excerpt(p.Text))
		}
	}
	if len(others) > 0 {
		fmt.Fprintf(w, "  %-7s %s\n", expr.False, strings.Join(others, ", "))
	}
	printRules(w, "guards", e.why.Guards)
	printRules(w, "routes", e.why.Routes)
	printWeighed(w, e.why.Weighed)
	printConversation(w, e.why.Conversation)
	if len(e.Record) > 0 {
		fmt.Fprintf(w, "record\n  %s\n", e.Record)
	}
}

// summary says in one line what happened.
func (e *explained) summary() string {
	var b strings.Builder
	b.WriteString(e.Action)
	if e.Action == "" {
		b.WriteString("answered " + strconv.Itoa(e.Status))
	}
	if e.Status != 200 && e.Action != "" {
		b.WriteString(" with " + strconv.Itoa(e.Status))
	}
	for _, part := range []struct{ name, value string }{
		{"decision", e.Decision}, {"model", e.Model}, {"cluster", e.Cluster}, {"reasoning", e.Reasoning}, {"flags", strings.Join(e.Flags, ",")},
	} {
		if part.value != "" {
			b.WriteString(", " + part.name + " " + part.value)
		}
	}
	return b.String()
}

func printRules(w io.Writer, title string, list []rules.RuleResult) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(w, title)
	width := 0
	for _, r := range list {
		width = max(width, len(r.Name))
	}
	for _, r := range list {
		fmt.Fprintf(w, "  %-7s %-*s  %s%s\n", r.Value, width, r.Name, r.Why, late(r.Late))
	}
}

// printConversation prints what moved a conversation, or did not, and its last message. The others ask for the model that it has.
func printConversation(w io.Writer, list []rules.MessageResult) {
	if len(list) < 2 {
		return
	}
	fmt.Fprintln(w, "conversation")
	same := 0
	for i, m := range list {
		if m.Why == rules.WhySame && i < len(list)-1 {
			same++
			continue
		}
		if same > 0 {
			fmt.Fprintf(w, "  %d of the user's messages ask for the same model\n", same)
			same = 0
		}
		leans := ""
		if m.FollowUp {
			leans = ", leaning on the one before,"
		}
		fmt.Fprintf(w, "  message %d%s asks for %s (%s): %s, %s\n", i+1, leans, m.AloneModel, m.Alone, m.Model, m.Why)
	}
}

// late marks what was found behind the window.
func late(is bool) string {
	if is {
		return ", behind the window"
	}
	return ""
}

// longestExcerpt is how much of a place is printed, in characters.
const longestExcerpt = 120

// excerpt quotes a text and leaves out the middle of a long one.
func excerpt(s string) string {
	r := []rune(s)
	if len(r) > longestExcerpt {
		half := longestExcerpt / 2
		s = string(r[:half]) + " … " + string(r[len(r)-half:])
	}
	return strconv.Quote(s)
}
