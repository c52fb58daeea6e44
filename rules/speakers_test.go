package rules

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/quote"
	"github.com/mom-router/mom-router/rules/prompt"
)

const speakersPolicy = `
version: "1"
models:
  safe: {name: org/safe, cluster: safe, context: 40}
  long: {name: org/long, cluster: long, context: 100000, input: [text, image]}
  other: {name: org/other, cluster: other, context: 100000, input: [text, image]}
signals:
  keyword:
    attack: {in: user, words: [attack]}
    indirect: {in: [tool, assistant], words_of: attack}
    operator: {in: operator, words_of: attack}
guards:
  - {name: steer, when: keyword.attack, flag: attack, only: [safe], last: long, use: [safe, long]}
  - {name: indirect, when: keyword.indirect, flag: indirect}
  - {name: operator, when: keyword.operator, flag: operator}
default: other
`

func TestGuardsGoByWhoSpeaks(t *testing.T) {
	const hello = `{"role":"user","content":"hello"}`
	for name, c := range map[string]struct {
		shape             prompt.Shape
		body              string
		model, flags      string
		distrusted, alone string // the flags where callers are not trusted, if others; the model then
	}{
		"a user steers":                                      {prompt.Chat, `"messages":[{"role":"user","content":"attack"}]`, "safe", "attack", "attack", "safe"},
		"a tool's result flags":                              {prompt.Chat, `"messages":[` + hello + `,{"role":"tool","tool_call_id":"1","content":"attack"}]`, "other", "indirect", "attack indirect", "safe"},
		"an earlier answer flags":                            {prompt.Chat, `"messages":[` + hello + `,{"role":"assistant","content":"attack"},` + hello + `]`, "other", "indirect", "attack indirect", "safe"},
		"arguments of a call flag":                           {prompt.Chat, `"messages":[` + hello + `,{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"attack"}}]}]`, "other", "indirect", "attack indirect", "safe"},
		"an operator flags otherwise":                        {prompt.Chat, `"messages":[{"role":"system","content":"attack"},` + hello + `]`, "other", "operator", "attack operator", "safe"},
		"so does a definition of a tool":                     {prompt.Chat, `"tools":[{"type":"function","function":{"name":"f","description":"attack"}}],"messages":[` + hello + `]`, "other", "operator", "attack operator", "safe"},
		"a system message behind a user's steers":            {prompt.Chat, `"messages":[` + hello + `,{"role":"system","content":"attack"}]`, "safe", "attack operator", "attack operator", "safe"},
		"a name of a member is a user's":                     {prompt.Chat, `"attack":1,"messages":[` + hello + `]`, "safe", "attack", "attack", "safe"},
		"a name of a user is a user's":                       {prompt.Chat, `"messages":[{"role":"user","name":"attack","content":"hello"}]`, "safe", "attack", "attack", "safe"},
		"a result within a user's message is a tool's":       {prompt.Messages, `"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":"attack"}]}]`, "other", "indirect", "attack indirect", "safe"},
		"a document is no user's":                            {prompt.Messages, `"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"attack"}},{"type":"text","text":"hello"}]}]`, "other", "indirect", "attack indirect", "safe"},
		"a search result is no user's":                       {prompt.Messages, `"messages":[{"role":"user","content":[{"type":"search_result","source":"x","title":"y","content":[{"type":"text","text":"attack"}]}]}]`, "other", "indirect", "attack indirect", "safe"},
		"instructions are an operator's wherever they stand": {prompt.Responses, `"input":"hello","instructions":"attack"`, "other", "operator", "attack operator", "safe"},
		"an unknown item is a user's for guards":             {prompt.Responses, `"input":[` + hello + `,{"type":"surprise","x":{"y":["attack"]}}]`, "safe", "attack", "attack", "safe"},
		"so is its type":                                     {prompt.Responses, `"input":[` + hello + `,{"type":"attack"}]`, "safe", "attack", "attack", "safe"},
		"and a message of an unknown role":                   {prompt.Chat, `"messages":[` + hello + `,{"role":"latest_reminder","content":"attack"}]`, "safe", "attack", "attack", "safe"},
		"and an unknown part of an answer":                   {prompt.Chat, `"messages":[` + hello + `,{"role":"assistant","content":[{"type":"surprise","z":"attack"}]}]`, "safe", "attack", "attack", "safe"},
		"and a tool that comes later":                        {prompt.Responses, `"input":[{"type":"additional_tools","tools":[{"type":"function","name":"f","description":"attack"}]},` + hello + `]`, "safe", "attack", "attack", "safe"},
		"an unknown block inside a result is a tool's":       {prompt.Messages, `"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":[{"type":"surprise","z":"attack"}]}]}]`, "other", "indirect", "attack indirect", "safe"},
		"a function's output is a tool's":                    {prompt.Responses, `"input":[` + hello + `,{"type":"function_call_output","call_id":"1","output":"attack"}]`, "other", "indirect", "attack indirect", "safe"},
	} {
		for policy, want := range map[string][2]string{speakersPolicy: {c.model, c.flags}, speakersPolicy + "trust: end_users\n": {c.alone, c.distrusted}} {
			s := compileYAML(t, policy).NewSession(c.shape)
			s.Reset(c.shape, 0)
			s.Feed([]byte(`{"model":"auto",` + c.body + `}`))
			d := s.Close()
			if d.Model == nil || d.Model.Key != want[0] || strings.Join(d.Flags, " ") != want[1] {
				t.Errorf("%s (trust: end_users: %v): %s %d %s by %v, flags %v, want %s, %s", name, policy != speakersPolicy, d.Action, d.Status, d.Code, d.Model, d.Flags, want[0], want[1])
			}
		}
	}
}

func TestTheLastModelOfAGuardIsForWhatNoOtherTakes(t *testing.T) {
	long := strings.Repeat("word ", 100)
	image := `{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}`
	for name, c := range map[string]struct{ model, content, outcome string }{
		"a short attack goes to the first model":      {"auto", `"attack"`, "route safe"},
		"a long one goes to the last":                 {"auto", `"attack ` + long + `"`, "route long"},
		"one with an image goes to the last":          {"auto", `[{"type":"text","text":"attack"},` + image + `]`, "route long"},
		"naming the last does not help a short one":   {"long", `"attack"`, "deny model_not_allowed"},
		"a long one may name it":                      {"long", `"attack ` + long + `"`, "route long"},
		"a long one may not name another":             {"other", `"attack ` + long + `"`, "deny model_not_allowed"},
		"what is no attack goes where it always went": {"auto", `"` + long + `"`, "route other"},
	} {
		s := compileYAML(t, speakersPolicy).NewSession(prompt.Chat)
		s.Reset(prompt.Chat, 0)
		s.Feed([]byte(`{"model":"` + c.model + `","messages":[{"role":"user","content":` + c.content + `}]}`))
		d := s.Close()
		got := d.Action + " " + d.Code
		if d.Model != nil {
			got = d.Action + " " + d.Model.Key
		}
		if got != c.outcome {
			t.Errorf("%s: %s, want %s", name, got, c.outcome)
		}
	}
}

// operatorRow is a line of train/testdata/operators.jsonl: what an operator says, in a system prompt or a tool's description.
type operatorRow struct {
	Half    int
	Kind    string
	Hostile bool
	Text    string
}

func (r *operatorRow) body() string {
	text := quote.JSON(r.Text)
	if r.Kind == "tool" {
		return `{"tools":[{"type":"function","function":{"name":"f","description":` + text + `}}],"messages":[{"role":"user","content":"Hello"}]}`
	}
	return `{"messages":[{"role":"system","content":` + text + `},{"role":"user","content":"Hello"}]}`
}

// Hostile operators are flagged, and their harmless twins are not. Nobody is steered for what an operator says, unless callers are not trusted.
func TestOperatorsAreFlaggedForWhatTheyUse(t *testing.T) {
	data, err := os.ReadFile("train/testdata/operators.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	table, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	s := table.NewSession(prompt.Chat)
	var flagged, rows [3]int
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var r operatorRow
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		s.Reset(prompt.Chat, 0)
		s.Feed([]byte(r.body()))
		d := s.Close()
		if d.Action != ActionRoute || d.Name == "guardrails" || slices.Contains(d.Flags, "jailbreak") {
			t.Errorf("steered: %s: %+v", r.Text, d)
		}
		switch {
		case r.Hostile:
			rows[r.Half]++
			if len(d.Flags) > 0 {
				flagged[r.Half]++
			}
		case len(d.Flags) > 0:
			t.Errorf("flagged with %q: %s", d.Flags, r.Text)
		}
	}
	for half := 1; half <= 2; half++ {
		if rows[half] != 30 || flagged[half]*10 < rows[half]*8 {
			t.Errorf("half %d: %d of %d are flagged", half, flagged[half], rows[half])
		}
	}
}
