package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mom-router/mom-router/internal/quote"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// Names of built-in signals that are judged.
var (
	intents      = []string{"deep_thinking", "fast_qa", "creative", "coding", "fact_check"}
	complexities = []string{"easy", "medium", "hard"}
	languages    = []string{"en", "zh", "ja", "ko", "ru", "ar", "hi", "es", "fr", "de", "pt", "it"}
)

// engine works out signals as the module does.
type engine struct {
	builtin *judge // the built-in signals
	policy  *judge // those of the default policy
	session *rules.Session
	table   *rules.Table
	follow  *rules.Table // a policy that asks for nothing but follow-ups
}

func newEngine() (*engine, error) {
	table, err := rules.Default()
	if err != nil {
		return nil, err
	}
	root, err := tree.ParseJSON([]byte(`{"version":"1","models":{"m":{"cluster":"c"}},"default":"m",
		"routes":[{"name":"follow_up","when":"conversation.follow_up","use":"m"}]}`))
	if err != nil {
		return nil, err
	}
	follow, err := rules.Compile(root)
	if err != nil {
		return nil, err
	}
	var names []string
	for kind, list := range map[string][]string{
		"domain": domains, "intent": intents, "complexity": complexities, "language": append(languages, "und"),
		"jailbreak": {"score", "strong"},
	} {
		for _, n := range list {
			names = append(names, kind+"."+n)
		}
	}
	set, err := setOf(names...)
	if err != nil {
		return nil, err
	}
	return &engine{newJudge(set), newJudge(table.Signals()), table.NewSession(prompt.Chat), table, follow}, nil
}

// followsUp reports whether the last of a conversation's messages is taken for a follow-up.
func (e *engine) followsUp(messages []byte) (bool, error) {
	s := e.follow.NewSession(prompt.Chat)
	body := append([]byte(`{"model":"auto","messages":`), messages...)
	s.Feed(append(body, '}'))
	d := s.Close()
	if d.Status >= 400 {
		return false, errors.New(d.Message)
	}
	return d.Name == "follow_up", nil
}

// setOf returns a set of built-in signals.
func setOf(names ...string) (*signal.Set, error) {
	b := signal.NewBuilder()
	for _, n := range names {
		if _, _, ok := b.Lookup(n); !ok {
			return nil, fmt.Errorf("no signal %q", n)
		}
	}
	return b.Build(), nil
}

// decide returns the decision for a chat of one user message.
func (e *engine) decide(text string) string {
	name, _ := e.decidePrice(text)
	return name
}

// decidePrice returns the decision, too, and what a token of the chosen model's answers costs.
func (e *engine) decidePrice(text string) (name string, price int64) {
	var body []byte
	body = append(body, `{"model":"auto","messages":[{"role":"user","content":`...)
	body = append(body, quote.JSON(text)...)
	body = append(body, `}]}`...)
	e.session.Reset(prompt.Chat, 0)
	e.session.Feed(body)
	d := e.session.Close()
	if d.Model != nil {
		price = d.Model.PriceOut
	}
	return d.Name, price
}

// judge is the state of one set of signals.
type judge struct {
	set    *signal.Set
	st     *signal.State
	values []expr.Value
}

func newJudge(s *signal.Set) *judge { return &judge{s, s.NewState(), make([]expr.Value, s.Len())} }

// hear works out the signals of a request with one message.
func (j *judge) hear(role prompt.Role, text string) {
	j.st.Reset()
	for at := 0; at < len(text); { // in pieces, as a body comes
		end := min(at+1<<14, len(text))
		for end < len(text) && text[end]&0xC0 == 0x80 {
			end++
		}
		j.st.Text([]byte(text[at:end]), int64(at), true)
		at = end
	}
	j.st.EndText(true)
	of := prompt.PartOwn
	if role == prompt.RoleTool {
		of = prompt.PartResult
	}
	j.st.EndPart(of)
	j.st.EndMessage(role)
	j.st.Evaluate(&signal.Input{Facts: &prompt.Facts{UserTurns: 1, Messages: 1}}, j.values)
}

// is reports whether a signal is true.
func (j *judge) is(name string) bool {
	for i, v := range j.values {
		if v == expr.True && j.set.Name(i) == name {
			return true
		}
	}
	return false
}

// said returns the first of a kind's signals that is true, without the kind.
func (j *judge) said(kind string) string {
	for i, v := range j.values {
		if n, ok := strings.CutPrefix(j.set.Name(i), kind+"."); ok && v == expr.True {
			return n
		}
	}
	return ""
}

// pattern reports whether a pattern that steers found something: a true keyword signal of the
// default policy that speaks of jailbreaks.
func (j *judge) pattern() bool {
	for i, v := range j.values {
		if v == expr.True && strings.HasPrefix(j.set.Name(i), "keyword.jailbreak") {
			return true
		}
	}
	return false
}
