package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/quote"
	"github.com/mom-router/mom-router/rules/prompt"
)

var keysOfTest = NewKeys([]byte("0123456789abcdef"))

const onlyModel = "version: '1'\nmodels: {m: {cluster: c, input: [text, image]}}\ndefault: m\n"

// keyedBody is a body and what a proxy knows beside it.
type keyedBody struct {
	shape          prompt.Shape
	body           string
	tenant, header string
	window         int64
}

// keysOf are the keys of a body: "session/prefix".
func keysOf(t testing.TB, b keyedBody, cuts ...int) string {
	t.Helper()
	s := compileYAML(t, onlyModel).NewSession(b.shape)
	s.Reset(b.shape, b.window)
	s.Key(keysOfTest, b.tenant, b.header)
	at := 0
	for _, cut := range append(cuts, len(b.body)) {
		s.Feed([]byte(b.body[at:cut]))
		at = cut
	}
	if d := s.Close(); d.Action != ActionRoute {
		t.Fatalf("%s: %d %s: %s", b.body, d.Status, d.Code, d.Message)
	}
	return s.SessionKey() + "/" + s.PrefixKey()
}

func sessionOf(keys string) string { return keys[:strings.Index(keys, "/")] }
func prefixOf(keys string) string  { return keys[strings.Index(keys, "/"):] }

const (
	systemMessage = `{"role":"system","content":"Be kind.\nToday's date: 2031-05-07\nBe short."}`
	userMessage   = `{"role":"user","content":"Why is the sky blue?"}`
	answer        = `{"role":"assistant","content":"Because."}`
	toolOfTest    = `"tools":[{"type":"function","function":{"name":"f","description":"reads","parameters":{"type":"object"}}}]`
)

func messagesOf(messages ...string) keyedBody {
	return keyedBody{shape: prompt.Chat, body: `{"messages":[` + strings.Join(messages, ",") + `]}`}
}

func TestAConversationKeepsItsKey(t *testing.T) {
	first := keysOf(t, messagesOf(systemMessage, userMessage))
	if session, prefix := sessionOf(first), prefixOf(first)[1:]; len(session) != keySize || len(prefix) != keySize || session == prefix {
		t.Fatalf("the keys are %q", first)
	}
	for name, b := range map[string]keyedBody{
		"later":                  messagesOf(systemMessage, userMessage, answer, `{"role":"user","content":"And why is the sea?"}`),
		"after a tool":           messagesOf(systemMessage, userMessage, `{"role":"assistant","content":null,"tool_calls":[]}`, `{"role":"tool","content":"42"}`, answer, `{"role":"user","content":"ok"}`),
		"on another day":         messagesOf(strings.Replace(systemMessage, "05-07", "05-08", 1), userMessage),
		"with roles behind":      messagesOf(`{"content":"Be kind.\nToday's date: 2031-05-07\nBe short.","role":"system"}`, `{"content":"Why is the sky blue?","role":"user"}`),
		"in parts":               messagesOf(systemMessage, `{"role":"user","content":[{"type":"text","text":"Why is the sky blue?"}]}`),
		"with other spacing":     {body: `{ "messages" : [ ` + systemMessage + ` , ` + userMessage + ` ] }`},
		"with escapes":           messagesOf(systemMessage, `{"role":"user","content":"Why is the \u0073ky blue?"}`),
		"with a model and limit": {body: `{"model":"auto","max_tokens":5,"messages":[` + systemMessage + `,` + userMessage + `],"stream":true}`},
	} {
		if got := keysOf(t, b); got != first {
			t.Errorf("%s: got %s, want %s", name, got, first)
		}
	}
}

func TestAnotherConversationHasAnotherKey(t *testing.T) {
	first := keysOf(t, messagesOf(systemMessage, userMessage))
	for name, b := range map[string]keyedBody{
		"another question":     messagesOf(systemMessage, `{"role":"user","content":"Why is the sea blue?"}`),
		"another question yet": messagesOf(systemMessage, `{"role":"user","content":"Why is the sky blue in 2031?"}`),
		"two questions":        messagesOf(systemMessage, userMessage, userMessage),
		"another tenant":       {body: messagesOf(systemMessage, userMessage).body, tenant: "acme"},
		"a key of its own":     {body: messagesOf(systemMessage, userMessage).body, header: "abc"},
	} {
		got := keysOf(t, b)
		if sessionOf(got) == sessionOf(first) {
			t.Errorf("%s: the session is the same", name)
		}
		if same := prefixOf(got) == prefixOf(first); same == (b.tenant != "") {
			t.Errorf("%s: the prefix is the same: %v", name, same)
		}
	}
	for name, b := range map[string]keyedBody{
		"another system text": messagesOf(`{"role":"system","content":"Be brief."}`, userMessage),
		"no system text":      messagesOf(userMessage),
		"a tool":              {body: `{` + toolOfTest + `,"messages":[` + systemMessage + `,` + userMessage + `]}`},
	} {
		if got := keysOf(t, b); prefixOf(got) == prefixOf(first) {
			t.Errorf("%s: the prefix is the same", name)
		} else if same := sessionOf(got) == sessionOf(first); same != (name == "a tool") {
			t.Errorf("%s: the session is the same: %v", name, same)
		}
	}
	other := compileYAML(t, onlyModel).NewSession(prompt.Chat)
	other.Key(NewKeys([]byte("another secret of 16 bytes")), "", "")
	other.Feed([]byte(messagesOf(systemMessage, userMessage).body))
	other.Close()
	if other.SessionKey() == sessionOf(first) || "/"+other.PrefixKey() == prefixOf(first) {
		t.Error("another secret makes the same key")
	}
}

func TestToolsCountWhereverTheyStand(t *testing.T) {
	before := keysOf(t, keyedBody{body: `{` + toolOfTest + `,"messages":[` + systemMessage + `,` + userMessage + `,` + answer + `]}`})
	behind := keysOf(t, keyedBody{body: `{"messages":[` + systemMessage + `,` + userMessage + `,` + answer + `],` + toolOfTest + `}`})
	marked := keysOf(t, keyedBody{body: `{"messages":[` + systemMessage + `,` + userMessage + `],` + strings.Replace(toolOfTest, `{"type":"object"}`, `{"type":"object","x":["y"]}`, 1) + `}`})
	if before != behind {
		t.Errorf("before the messages %s, behind them %s", before, behind)
	}
	if prefixOf(marked) == prefixOf(before) {
		t.Error("another schema, the same prefix")
	}
}

func TestClientsKeysComeFirst(t *testing.T) {
	body := func(member string) string {
		return `{"messages":[` + userMessage + `]` + member + `}`
	}
	want := sessionOf(keysOf(t, keyedBody{body: body(""), header: "s-1"}))
	for name, member := range map[string]string{
		"prompt_cache_key":           `,"prompt_cache_key":"s-1"`,
		"metadata.session_id":        `,"metadata":{"session_id":"s-1"}`,
		"client_metadata.session_id": `,"client_metadata":{"turn":"7","session_id":"s-1"}`,
		"litellm_session_id":         `,"litellm_session_id":"s-1"`,
		"user_id as JSON":            `,"metadata":{"user_id":"{\"device_id\": \"d\", \"session_id\": \"s-1\"}"}`,
		"user_id of old":             `,"metadata":{"user_id":"user_d_account__session_s-1"}`,
		"the best of several":        `,"metadata":{"user_id":"u_session_s-2","session_id":"s-3"},"prompt_cache_key":"s-1","client_metadata":{"session_id":"s-4"}`,
	} {
		if got := sessionOf(keysOf(t, keyedBody{body: body(member)})); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	plain := keysOf(t, keyedBody{body: body("")})
	for name, member := range map[string]string{
		"empty":             `,"prompt_cache_key":""`,
		"null":              `,"prompt_cache_key":null`,
		"a number":          `,"prompt_cache_key":7`,
		"a map":             `,"prompt_cache_key":{"session_id":"s-1"}`,
		"too long":          `,"prompt_cache_key":"` + strings.Repeat("k", prompt.MaxModel+1) + `"`,
		"a user":            `,"metadata":{"user_id":"u-1"},"user":"u-1"`,
		"a user without":    `,"metadata":{"user_id":"{\"session_id\":null}"}`,
		"in another place":  `,"other":{"session_id":"s-1","prompt_cache_key":"s-1"}`,
		"in an inner map":   `,"metadata":{"a":{"session_id":"s-1"}}`,
		"another spelling":  `,"metadata":{"Session_Id":"s-1"}`,
		"a list":            `,"metadata":[{"session_id":"s-1"}]`,
		"a list of strings": `,"metadata":{"session_id":["s-1"]}`,
	} {
		if got := keysOf(t, keyedBody{body: body(member)}); got != plain {
			t.Errorf("%s: got %s, want %s", name, got, plain)
		}
	}
}

func TestEveryShapeHasKeys(t *testing.T) {
	for name, turns := range map[string][2]keyedBody{
		"messages": {
			{shape: prompt.Messages, body: `{"max_tokens":9,"system":[{"type":"text","text":"x-anthropic-billing-header: cch=1;"},{"type":"text","text":"Be kind."}],"messages":[` + userMessage + `]}`},
			{shape: prompt.Messages, body: `{"max_tokens":9,"messages":[{"content":"Why is the sky blue?","role":"user"},` + answer + `,{"role":"user","content":[{"type":"tool_result","tool_use_id":"i","content":"r"}]}],"system":[{"type":"text","text":"x-anthropic-billing-header: cch=2;"},{"type":"text","text":"Be kind.","cache_control":{"type":"ephemeral"}}]}`},
		},
		"responses": {
			{shape: prompt.Responses, body: `{"instructions":"Be kind.","input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"q"}]}]}`},
			{shape: prompt.Responses, body: `{"input":[{"type":"message","role":"user","content":[{"type":"input_text","text":"q"}]},{"type":"function_call","name":"f","arguments":"{}","call_id":"1"},{"type":"function_call_output","call_id":"1","output":"r"}],"instructions":"Be kind."}`},
		},
		"completions": {
			{shape: prompt.Completions, body: `{"prompt":"` + strings.Repeat("a", promptHead) + `"}`},
			{shape: prompt.Completions, body: `{"prompt":"` + strings.Repeat("a", promptHead) + `b and so on"}`},
		},
	} {
		first, second := keysOf(t, turns[0]), keysOf(t, turns[1])
		if first != second {
			t.Errorf("%s: the first turn has %s, the second %s", name, first, second)
		}
		if sessionOf(first) == "" || (prefixOf(first) == "/") != (name == "completions") {
			t.Errorf("%s: the keys are %q", name, first)
		}
	}
}

func TestWhereNothingTellsThemApartThereIsNoKey(t *testing.T) {
	for name, b := range map[string]keyedBody{
		"an image alone": messagesOf(`{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}]}`),
		"no words":       messagesOf(`{"role":"user","content":""}`),
		"an answer":      messagesOf(answer),
	} {
		if got := keysOf(t, b); got != "/" {
			t.Errorf("%s: got %q", name, got)
		}
	}
	s := compileYAML(t, onlyModel).NewSession(prompt.Chat)
	s.Feed([]byte(messagesOf(systemMessage, userMessage).body))
	s.Close()
	if s.SessionKey() != "" || s.PrefixKey() != "" {
		t.Error("there are keys without a secret")
	}
}

func TestKeysDoNotDependOnTheCuts(t *testing.T) {
	b := keyedBody{shape: prompt.Chat, body: `{` + toolOfTest + `,"messages":[` + systemMessage + `,` + userMessage + `,` + answer + `],"metadata":{"user_id":"u"}}`}
	for _, b.window = range []int64{0, 150, 230, 300} {
		want := keysOf(t, b)
		for i := 1; i < len(b.body); i++ {
			if got := keysOf(t, b, i); got != want {
				t.Fatalf("window %d, cut at %d: got %s, want %s", b.window, i, got, want)
			}
		}
	}
}

// What stands behind the window does not count, and what a conversation adds to its end changes nothing before it.
func TestTheWindowEndsWhatCounts(t *testing.T) {
	turn := func(more string) keyedBody {
		return keyedBody{shape: prompt.Chat, window: 400, body: `{"messages":[` + systemMessage + `,{"role":"user","content":[{"type":"text","text":"first"},{"type":"text","text":"` +
			strings.Repeat("long ", 100) + `"}]}` + more + `]}`}
	}
	first, second := keysOf(t, turn("")), keysOf(t, turn(","+answer+","+userMessage))
	if first != second || sessionOf(first) == "" {
		t.Errorf("the first turn has %q, the second %q", first, second)
	}
	late := turn("")
	late.body = strings.TrimSuffix(late.body, "}") + `,"prompt_cache_key":"s-1",` + toolOfTest + `}`
	if got := keysOf(t, late); got != first {
		t.Errorf("with a key and tools behind the window: got %s, want %s", got, first)
	}
	other := turn("")
	other.body = strings.Replace(other.body, `"first"`, `"other"`, 1)
	if got := keysOf(t, other); sessionOf(got) == sessionOf(first) {
		t.Error("another beginning, the same session")
	}
}

// What is remembered of a piece includes what it adds to the keys.
func TestKeysAreTheSameWithAMemory(t *testing.T) {
	long := strings.Repeat("Boats rise with the tide, and fall with it. ", 40)
	system := `{"role":"system","content":"` + long + `\nToday's date: 2031-05-07"}`
	user := `{"role":"user","content":"` + long + `Why?"}`
	assistant := `{"role":"assistant","content":"` + long + `Because."}`
	tools := `"tools":[{"type":"function","function":{"name":"f","description":"` + long + `"}},{"type":"function","function":{"name":"g","description":"` + long + `"}}]`
	for _, window := range []int64{0, 3000, 6000} {
		memory := NewMemory(1 << 20)
		s := compileYAML(t, onlyModel).NewSession(prompt.Chat)
		for round := range 3 {
			for i, body := range []string{
				`{` + tools + `,"messages":[` + system + `,` + user + `]}`,
				`{` + tools + `,"messages":[` + system + `,` + user + `,` + assistant + `,` + user + `]}`,
				`{"messages":[` + assistant + `,` + user + `],` + tools + `}`,
				`{"messages":[` + user + `,` + user + `,` + assistant + `]}`,
			} {
				want := keysOf(t, keyedBody{body: body, window: window})
				s.Reset(prompt.Chat, window)
				if round == 1 { // entries without digests are of no use to others
					s.Remember(memory, "")
				} else {
					s.Key(keysOfTest, "", "")
					s.Remember(memory, "")
				}
				s.Feed([]byte(body))
				s.Close()
				if got := s.SessionKey() + "/" + s.PrefixKey(); round != 1 && got != want {
					t.Errorf("window %d, round %d, body %d: got %s, want %s", window, round, i, got, want)
				}
			}
		}
		if memory.Stats().Hits == 0 {
			t.Errorf("window %d: nothing was remembered: %+v", window, memory.Stats())
		}
	}
}

func TestASessionMakesNoGarbageForKeys(t *testing.T) {
	b := []byte(`{` + toolOfTest + `,"messages":[` + systemMessage + `,` + userMessage + `],"prompt_cache_key":"k","metadata":{"user_id":"{\"session_id\":\"s\"}"}}`)
	s := compileYAML(t, onlyModel).NewSession(prompt.Chat)
	once := func(keyed bool) float64 {
		return testing.AllocsPerRun(100, func() {
			s.Reset(prompt.Chat, 0)
			if keyed {
				s.Key(keysOfTest, "tenant", "")
			}
			s.Feed(b)
			s.Close()
		})
	}
	if without, with := once(false), once(true); with > without {
		t.Errorf("%v allocations with keys, %v without", with, without)
	}
}

func FuzzKeysDoNotDependOnTheCuts(f *testing.F) {
	f.Add("Be kind.\n<env>\nDate: 1\n</env>", "hi", uint16(40))
	f.Fuzz(func(t *testing.T, system, user string, cut uint16) {
		b := messagesOf(fmt.Sprintf(`{"role":"system","content":%s}`, quote.JSON(strings.ToValidUTF8(system, ""))), fmt.Sprintf(`{"role":"user","content":%s}`, quote.JSON(strings.ToValidUTF8(user, ""))))
		if got, want := keysOf(t, b, int(cut)%len(b.body)), keysOf(t, b); got != want {
			t.Errorf("%s cut at %d: got %s, want %s", b.body, cut, got, want)
		}
	})
}

// Proxies with one secret draw alike, also those that have another version of the module: so what is drawn stays as it is.
func TestWhatIsDrawnIsTheSameInAllVersions(t *testing.T) {
	keys := NewKeys([]byte("0123456789abcdef"))
	for _, c := range []struct {
		salt, text string
		want       uint64
	}{
		{"mom-router.candidate.7d895fe5", "conversation", 0x57a7afe5c5449f59},
		{"mom-router.candidate.legal.7d895fe5", "conversation", 0xa32ad6a22500c222},
		{"", "", 0x518c5703dd9447b7},
	} {
		if got := keys.Draw(c.salt, c.text); got != c.want {
			t.Errorf("%q of %q draws %#x, not %#x", c.text, c.salt, got, c.want)
		}
	}
	if keys.Draw("a", "b") == NewKeys([]byte("0123456789abcdeg")).Draw("a", "b") || keys.Draw("ab", "") == keys.Draw("a", "b") {
		t.Error("another secret, or the same letters in other places, draw the same")
	}
}
