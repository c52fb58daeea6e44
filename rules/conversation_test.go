package rules

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/quote"
	"github.com/mom-router/mom-router/rules/prompt"
)

// conversationPolicy has four models, and a word for each that asks for it. What names none of them asks for the default.
func conversationPolicy(section string) string {
	return `
version: "1"
models:
  small: {cluster: c, strength: 1}
  mid: {cluster: c, strength: 2}
  peer: {cluster: c, strength: 2, input: [text, image]}
  large: {cluster: c, strength: 3}
signals:
  keyword:
    mid: {words: [alpha]}
    peer: {words: [beta]}
    large: {words: [omega]}
    attack: {in: user, words: [mutiny]}
  size: {long: {over: 100000}}
  header: {vip: {name: x-vip, present: true}}
guards:
  - {name: attack, when: keyword.attack, flag: attack, only: [small], use: small}
routes:
  - {name: vips, when: header.vip, use: large}
  - {name: long, when: size.long, use: mid}
  - {name: to_large, when: keyword.large, use: large}
  - {name: to_mid, when: keyword.mid, use: mid}
  - {name: to_peer, when: keyword.peer, use: peer}
default: small
` + section
}

const upgrade = "conversation: {stay: upgrade, down_after: 3}\n"

// asking are words that ask for a model: s, m, p and l; f asks for nothing, it is a follow-up.
func asking(model byte) string {
	if model == 'f' {
		return "and why?"
	}
	word := map[byte]string{'s': "nothing", 'm': "alpha", 'p': "beta", 'l': "omega"}[model]
	return "Please take " + word + " and tell the whole long story of the two ships that sailed from the old harbour that morning."
}

// chatOf is a chat whose user asks for these models, one message after the other.
func chatOf(asks string, more ...string) string {
	var list []string
	for i := range len(asks) {
		list = append(list, message("user", asking(asks[i])), message("assistant", "They sailed."))
	}
	list = append(list[:max(len(list)-1, 0)], more...)
	return `{"model":"auto","messages":[` + strings.Join(list, ",") + `]}`
}

func decideBody(s *Session, shape prompt.Shape, window int64, body string, cut func() int) *Decision {
	s.Reset(shape, window)
	for len(body) > 0 {
		n := min(len(body), cut())
		s.Feed([]byte(body[:n]))
		body = body[n:]
	}
	return s.Close()
}

// initials are the models that a conversation has after each of its messages.
func initials(t *testing.T, table *Table, asks string) (models string, last Conversation) {
	t.Helper()
	s := table.NewSession(prompt.Chat)
	for n := 1; n <= len(asks); n++ {
		d := decideBody(s, prompt.Chat, 0, chatOf(asks[:n]), whole)
		if d.Model == nil {
			t.Fatalf("%s: %s", asks[:n], d.Message)
		}
		models += d.Model.Key[:1]
		last = d.Conversation
	}
	return models, last
}

func TestAConversationStays(t *testing.T) {
	for _, c := range []struct{ name, section, asks, models, why string }{
		{"each message alone without the section", "", "slmsp", "slmsp", ""},
		{"each message alone with none", "conversation: {stay: none}\n", "slmsp", "slmsp", ""},
		{"a stronger model at once", upgrade, "sml", "sml", WhyStronger},
		{"not down at once", upgrade, "ls", "ll", WhyLess},
		{"down after three that ask for less", upgrade, "lsss", "llls", WhyDown},
		{"down no further than the strongest of those", upgrade, "lsms", "lllm", WhyDown},
		{"the count begins anew with one that asks for the model", upgrade, "lsslss", "llllll", WhyLess},
		{"the count begins anew with one that moves up", upgrade, "mssls", "mmmll", WhyLess},
		{"an equal model is no reason to move at once", upgrade, "mp", "mm", WhyLess},
		{"nor for ever to stay", upgrade, "mppp", "mmmp", WhyDown},
		{"a follow-up asks for what it leans on", upgrade, "slf", "sll", WhySame},
		{"also for less", upgrade, "lsff", "llls", WhyDown},
		{"the same model", upgrade, "mmm", "mmm", WhySame},
		{"the first message", upgrade, "m", "m", WhyFirst},
		{"two by default", "conversation: {stay: upgrade}\n", "lss", "lls", WhyDown},
		{"at once where the policy says so", "conversation: {stay: upgrade, down_after: 1}\n", "lsm", "lsm", WhyStronger},
		{"the first for ever", "conversation: {stay: always}\n", "slmlll", "ssssss", WhyAlways},
	} {
		table := compileYAML(t, conversationPolicy(c.section))
		models, last := initials(t, table, c.asks)
		if models != c.models || last.Why != c.why {
			t.Errorf("%s: %s asks for %s, and went to %s because of %q, not to %s because of %q", c.name, c.section, c.asks, models, last.Why, c.models, c.why)
		}
		if want := len(c.asks); c.why != "" && last.Messages != want || c.why == "" && last != (Conversation{}) {
			t.Errorf("%s: %+v for %d messages", c.name, last, want)
		}
	}
}

func TestADecisionSaysWhatTheLastMessageWouldHaveChosen(t *testing.T) {
	table := compileYAML(t, conversationPolicy(upgrade))
	d := decideBody(table.NewSession(prompt.Chat), prompt.Chat, 0, chatOf("lm"), whole)
	if want := (Conversation{Messages: 2, Alone: "to_mid", AloneModel: "mid", Why: WhyLess}); d.Conversation != want || d.Name != "to_large" || d.Model.Key != "large" {
		t.Errorf("%s to %s: %+v", d.Name, d.Model.Key, d.Conversation)
	}
	if signals := strings.Join(d.Signals, " "); signals != "keyword.mid" {
		t.Errorf("the signals are those of the last message, not %s", signals)
	}
}

// What is no message of the user's moves nothing.
func TestNothingChangesInALoopOfTools(t *testing.T) {
	said := strconv.Quote(asking('l'))
	less := strconv.Quote(asking('s'))
	for name, c := range map[string]struct {
		shape        prompt.Shape
		before, more string
	}{
		"chat": {prompt.Chat, `{"messages":[{"role":"user","content":` + said + `}`,
			`,{"role":"assistant","content":` + less + `,"tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"a","content":` + less + `}`},
		"messages": {prompt.Messages, `{"messages":[{"role":"user","content":` + said + `}`,
			`,{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":` + less + `}]}`},
		"responses": {prompt.Responses, `{"input":[{"role":"user","content":` + said + `}`,
			`,{"type":"function_call","call_id":"a","name":"f","arguments":"{}"},{"type":"function_call_output","call_id":"a","output":` + less + `}`},
	} {
		s := compileYAML(t, conversationPolicy(upgrade)).NewSession(c.shape)
		for n := range 6 {
			d := decideBody(s, c.shape, 0, c.before+strings.Repeat(c.more, n)+"]}", whole)
			if d.Model == nil || d.Model.Key != "large" || d.Conversation.Messages != 1 {
				t.Errorf("%s after %d results: %s %+v", name, n, d.Message, d.Conversation)
			}
		}
	}
}

// Guards, the client's own choice and what the request is as a whole do not wait.
func TestWhatActsAtOnce(t *testing.T) {
	table := compileYAML(t, conversationPolicy(upgrade))
	s := table.NewSession(prompt.Chat)
	if d := decideBody(s, prompt.Chat, 0, chatOf("ll", message("user", "mutiny "+asking('l'))), whole); d.Name != "attack" || d.Model.Key != "small" || d.Conversation.Messages != 0 {
		t.Errorf("a guard: %s, %+v", d.Name, d.Conversation)
	}
	if d := decideBody(s, prompt.Chat, 0, strings.Replace(chatOf("ll"), "auto", "small", 1), whole); d.Name != NameNamed || d.Model.Key != "small" || d.Conversation.Messages != 0 {
		t.Errorf("a named model: %s, %+v", d.Name, d.Conversation)
	}
	if d := decideBody(s, prompt.Chat, 4<<20, chatOf("ls", message("assistant", strings.Repeat("ship ", 110000))), whole); d.Name != "long" || d.Model.Key != "mid" || d.Conversation.Why != WhySame {
		t.Errorf("the size: %s, %+v", d.Name, d.Conversation)
	}
	s.Reset(prompt.Chat, 0)
	s.Header = func(name string) (string, bool) { return "1", name == "x-vip" }
	s.Feed([]byte(chatOf("ss")))
	if d := s.Close(); d.Name != "vips" || d.Conversation.Why != WhySame {
		t.Errorf("a header: %s, %+v", d.Name, d.Conversation)
	}
}

// Where nothing of the route that the conversation stands on takes the request, it goes where its last message asks.
func TestAConversationDoesNotStayWhereItCannot(t *testing.T) {
	s := compileYAML(t, conversationPolicy(upgrade)).NewSession(prompt.Chat)
	image := func(asks byte) string {
		return `{"messages":[` + message("user", asking('l')) + `,{"role":"user","content":[{"type":"text","text":` + strconv.Quote(asking(asks)) +
			`},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}`
	}
	if d := decideBody(s, prompt.Chat, 0, image('p'), whole); d.Model.Key != "peer" || d.Conversation.Why != WhyUnfit || d.Demoted != nil {
		t.Errorf("%s: %+v", d.Model.Key, d.Conversation)
	}
	if d := decideBody(s, prompt.Chat, 0, image('m'), whole); d.Model.Key != "peer" || d.Conversation.Why != WhyLess || d.Demoted.From != "large" {
		t.Errorf("nothing of the two routes takes it, but another model does: %s, %+v", d.Model.Key, d.Conversation)
	}
}

func TestAClearNewTopicMovesAtOnce(t *testing.T) {
	const policy = `
version: "1"
models: {small: {cluster: c, strength: 1}, large: {cluster: c, strength: 3}}
routes:
  - {name: maths, when: domain.math, use: large}
  - {name: physics, when: domain.physics, use: large}
  - {name: law, when: domain.law, use: small}
default: small
`
	const proof = "Prove that the square root of 2 is irrational using proof by contradiction."
	const tenant = "Can my landlord terminate the lease without notice under tenancy law, and which court has jurisdiction?"
	const physics = "Explain the photoelectric effect and derive Einstein's equation for the kinetic energy of electrons."
	for _, c := range []struct{ name, section, first, second, model, why string }{
		{"moved", "conversation: {stay: upgrade, new_topic: move}", proof, tenant, "small", WhyTopic},
		{"by default", "conversation: {stay: upgrade}", proof, tenant, "small", WhyTopic},
		{"stayed", "conversation: {stay: upgrade, new_topic: stay}", proof, tenant, "large", WhyLess},
		{"no topic that routes ask for", "conversation: {stay: upgrade}", proof, "What is the capital of that large island in the southern ocean?", "large", WhyLess},
		{"another topic of the same model", "conversation: {stay: upgrade}", proof, physics, "large", WhySame},
	} {
		d := decideBody(compileYAML(t, policy+c.section).NewSession(prompt.Chat), prompt.Chat, 0,
			`{"messages":[`+message("user", c.first)+`,`+message("user", c.second)+`]}`, whole)
		if d.Model.Key != c.model || d.Conversation.Why != c.why {
			t.Errorf("%s: %s, %+v, %v", c.name, d.Model.Key, d.Conversation, d.Signals)
		}
	}
}

// A history that is longer than the window: the route is that of what was read, and what was not read moves nothing.
func TestAConversationAboveTheWindowStays(t *testing.T) {
	table := compileYAML(t, conversationPolicy(upgrade))
	s := table.NewSession(prompt.Chat)
	body := chatOf("msssl")
	read := func(messages int) int64 { return int64(len(chatOf("msssl"[:messages])) - len("]}")) }
	for window := int64(20); window < int64(len(body))+20; window += 7 {
		want := "small" // nothing of the user's was read
		switch {
		case window < read(1) && strings.Contains(body[:min(window, int64(len(body)))], "alpha and"): // the first message goes as far as it has come
			want = "mid"
		case window >= read(5):
			want = "large"
		case window >= read(4):
			want = "small"
		case window >= read(1):
			want = "mid"
		}
		d := decideBody(s, prompt.Chat, window, body, whole)
		cut := d.Conversation.Why == WhyCut
		if d.Model.Key != want || cut != (window < int64(len(body)-len("}")) && d.Conversation.Messages > 0) {
			t.Fatalf("window %d of %d: %s, %+v", window, len(body), d.Model.Key, d.Conversation)
		}
		for range 3 {
			other := *d
			if again := decideBody(table.NewSession(prompt.Chat), prompt.Chat, window, body, func() int { return 1 + rand.IntN(40) }); again.Conversation != other.Conversation ||
				again.Name != other.Name {
				t.Fatalf("window %d: %+v, and cut otherwise %+v", window, other.Conversation, again.Conversation)
			}
		}
	}
}

// The fold routes every message as it would have been routed when it was the last one.
func TestEveryMessageIsFoldedAsItWouldBeRoutedAlone(t *testing.T) {
	alone := variantOfDefault(t, `{"stay":"none"}`)
	stays := variantOfDefault(t, `{"stay":"upgrade"}`)
	rng := rand.New(rand.NewPCG(1, 2))
	phrases := []string{"Prove that there are infinitely many primes.", "why?", "now make it shorter", "Who are you?", "Write a story about a robot learning to paint.",
		"How do I reverse a list in Python?", "继续", "分析人工智能对未来社会的影响，并提出应对策略。", "Analyze the ethical implications of artificial general intelligence on society.", "", "thanks",
		"Design a distributed rate limiter using Redis and explain the algorithm with implementation details.", "Kannst du mir das erklären?", "tell a story about it"}
	one, all := alone.NewSession(prompt.Chat), stays.NewSession(prompt.Chat)
	for range 40 {
		var messages []string
		var want []string
		for range 1 + rng.IntN(9) {
			words := phrases[rng.IntN(len(phrases))]
			messages = append(messages, `{"role":"user","content":`+string(quote.JSON(words))+`}`)
			body := `{"messages":[` + strings.Join(messages, ",") + `]}`
			if d := decideBody(one, prompt.Chat, 0, body, whole); words != "" {
				want = append(want, d.Name)
			}
			d := decideBody(all, prompt.Chat, 0, body, func() int { return 1 + rng.IntN(30) })
			if d.Conversation.Messages != len(want) {
				t.Fatalf("%s: %+v", body, d.Conversation)
			}
			if len(want) == 0 {
				continue
			}
			var got []string
			stays.fold(&all.query, func(_, route int) { got = append(got, stays.routeName(route)) })
			if strings.Join(got, " ") != strings.Join(want, " ") || d.Conversation.Alone != want[len(want)-1] {
				t.Fatalf("%s:\nfolded %v, %+v\nalone  %v", body, got, d.Conversation, want)
			}
		}
	}
}

func TestALongConversationMakesNoGarbageAfterTheFirst(t *testing.T) {
	table := compileYAML(t, conversationPolicy(upgrade))
	asks := strings.Repeat("lsmsps", 1700)[:10000]
	body := []byte(chatOf(asks))
	s := table.NewSession(prompt.Chat)
	run := func() {
		s.Reset(prompt.Chat, 64<<20)
		s.Feed(body)
		if d := s.Close(); d.Action != ActionRoute || d.Conversation.Messages != 10000 {
			t.Fatalf("%s %+v", d.Message, d.Conversation)
		}
		s.Take()
	}
	run()
	if n := testing.AllocsPerRun(2, run); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if kept := s.Kept(); kept < 80000 || kept > 400000 {
		t.Errorf("10,000 messages keep %d bytes", kept)
	}
}

// Prompts of the old completions are no conversation.
func TestCompletionsAreNoConversation(t *testing.T) {
	d := decideBody(compileYAML(t, conversationPolicy(upgrade)).NewSession(prompt.Completions), prompt.Completions, 0,
		`{"prompt":[`+strconv.Quote(asking('l'))+`,`+strconv.Quote(asking('s'))+`]}`, whole)
	if d.Model.Key != "large" || d.Conversation.Messages != 0 {
		t.Errorf("%s, %+v", d.Model.Key, d.Conversation)
	}
}

func TestExplainTellsWhereAConversationStood(t *testing.T) {
	table := compileYAML(t, conversationPolicy(upgrade))
	e := table.Explain(prompt.Chat, 0, nil, []byte(chatOf("sls")))
	var got []string
	for _, m := range e.Conversation {
		got = append(got, m.Alone+"/"+m.AloneModel+" "+m.Decision+"/"+m.Model+" "+m.Why)
	}
	if want := "default/small default/small first; to_large/large to_large/large stronger; default/small to_large/large less"; strings.Join(got, "; ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "; "), want)
	}
	why := map[string]string{}
	for _, r := range e.Routes {
		why[r.Name] = r.Why
		if r.Matched != (r.Name == "to_large") {
			t.Errorf("%s matched: %v", r.Name, r.Matched)
		}
	}
	if want := "decides: the conversation stays, as the last message asks for less"; why["to_large"] != want {
		t.Errorf("%q, not %q", why["to_large"], want)
	}
	e = table.Explain(prompt.Chat, 0, nil, []byte(chatOf("lm")))
	for _, r := range e.Routes {
		if want := "the last message asks for it, and the conversation stays, as the last message asks for less"; r.Name == "to_mid" && r.Why != want {
			t.Errorf("%q, not %q", r.Why, want)
		}
	}
	// By the window, as the decision is.
	body := chatOf("ls", message("assistant", strings.Repeat("word ", 100)))
	if e = table.Explain(prompt.Chat, int64(len(body)-200), nil, []byte(body)); len(e.Conversation) != 2 || e.Decision.Conversation.Why != WhyCut {
		t.Errorf("%+v, %+v", e.Conversation, e.Decision.Conversation)
	}
	if e = compileYAML(t, conversationPolicy("")).Explain(prompt.Chat, 0, nil, []byte(chatOf("ls"))); len(e.Conversation) != 0 {
		t.Errorf("%+v without the section", e.Conversation)
	}
}
