package signal

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// readBody reads a body and returns the signals that are true.
func readBody(t *testing.T, st *State, shape prompt.Shape, body string) map[string]bool {
	t.Helper()
	st.Reset()
	r := prompt.NewReader(&prompt.Options{})
	r.Reset(shape, st)
	if err := r.Feed([]byte(body)); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	if err := r.Close(); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return values(st, r.Facts())
}

func TestPersonalDataIsFoundAcrossStrings(t *testing.T) {
	st := readableSet(t).NewState()
	parts := func(list ...string) string {
		return `{"messages":[{"role":"user","content":[{"type":"text","text":"` + strings.Join(list, `"},{"type":"text","text":"`) + `"}]}]}`
	}
	input := func(json string) string {
		return `{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"pay","input":` + json + `}]}]}`
	}
	for name, row := range map[string]struct {
		shape prompt.Shape
		body  string
		want  string
	}{
		"groups in parts":                  {prompt.Chat, parts("pay with 4111", "1111", "1111", "1111 please"), "pii.card pii.card_like"},
		"a group cut in two":               {prompt.Chat, parts("pay with 4111 11", "11 1111 1111."), "pii.card pii.card_like"},
		"one digit a part":                 {prompt.Chat, parts("card", "4", "1", "1", "1", "1", "1", "1", "1", "1", "1", "1", "1", "1", "1", "1", "1"), "pii.card pii.card_like"},
		"the word in another part":         {prompt.Chat, parts("my card number:", "4111111111111111"), "pii.card pii.card_like"},
		"an address":                       {prompt.Chat, parts("write to ann.lee@exam", "ple.com"), "pii.email pii.user_contact pii.last_contact"},
		"a key":                            {prompt.Chat, parts("use ghp_aB3dE5fG7hI9jK1lM3nO", "5pQ7rS9tU1vW3xY5"), "pii.api_key"},
		"a number in a tool's arguments":   {prompt.Messages, input(`{"card_number":4111111111111111}`), "pii.card pii.card_like"},
		"with an exponent":                 {prompt.Messages, input(`{"card":4.111111111111111e15}`), "pii.card pii.card_like"},
		"as a string":                      {prompt.Messages, input(`{"card":{"number":"4111111111111111"}}`), "pii.card pii.card_like"},
		"in an array":                      {prompt.Messages, input(`{"n":[4111,1111,1111,1111]}`), "pii.card pii.card_like"},
		"in an array of strings":           {prompt.Messages, input(`{"n":["4111","1111","1111","1111"]}`), "pii.card pii.card_like"},
		"a number that may be anything":    {prompt.Messages, input(`{"order":4111111111111111}`), "pii.card_like"},
		"in arguments that are a string":   {prompt.Chat, `{"messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"pay","arguments":"{\"card\":4111111111111111}"}}]}]}`, "pii.card pii.card_like"},
		"parts that have nothing to do":    {prompt.Chat, parts("In 4111 there were", "1111 1111 of them, and 1111"), ""},
		"messages of two speakers":         {prompt.Chat, `{"messages":[{"role":"user","content":"4111 1111"},{"role":"assistant","content":"1111 1111"}]}`, ""},
		"numbers of ours":                  {prompt.Chat, `{"max_tokens":4111111111111111,"messages":[{"role":"user","content":"my card"}]}`, ""},
		"a card of a tool and the user's":  {prompt.Messages, `{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"a@example.com"},{"type":"text","text":".org"}]}]}`, "pii.email"},
		"a part behind a tool's result":    {prompt.Messages, `{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"ann.lee@exam"},{"type":"text","text":"ple.com"}]}]}`, ""},
		"long parts with the card between": {prompt.Chat, parts(strings.Repeat("many words ", 2000)+"4111 1111", "1111 1111 "+strings.Repeat("more words ", 2000)), "pii.card pii.card_like"},
	} {
		if got := readBody(t, st, row.shape, row.body); !sameNames(got, row.want) {
			t.Errorf("%s: %v, want %s", name, got, row.want)
		}
	}
}
