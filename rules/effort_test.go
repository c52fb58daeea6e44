package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// talks are the conversations of the shapes.
var talks = map[prompt.Shape]string{prompt.Chat: `"messages":[{"role":"user","content":"«»"}]`, prompt.Completions: `"prompt":"«»"`,
	prompt.Responses: `"input":"«»"`, prompt.Messages: `"messages":[{"role":"user","content":"«»"}]`}

// asked is the level that a body asks for.
func asked(t *testing.T, r *prompt.Reader, shape prompt.Shape, members string) Level {
	t.Helper()
	body := `{"model":"auto",` + members + `,` + talks[shape] + `}`
	r.Reset(shape, nothing{})
	if err := r.Feed([]byte(body)); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return r.Facts().Effort
}

type nothing struct{}

func (nothing) BeginText(prompt.Whose)   {}
func (nothing) Text([]byte, int64, bool) {}
func (nothing) EndText(bool)             {}
func (nothing) EndPart(prompt.Part)      {}
func (nothing) EndMessage(prompt.Role)   {}

func TestTheLevelThatAClientAsksFor(t *testing.T) {
	r := prompt.NewReader(&prompt.Options{Reasoning: wellKnownReasoning})
	for members, want := range map[string]Level{
		`"temperature":1`: Unset,
		// Words.
		`"reasoning_effort":"none"`: None, `"reasoning_effort":"minimal"`: Low, `"reasoning_effort":"low"`: Low, `"reasoning_effort":"medium"`: Medium,
		`"reasoning_effort":"high"`: High, `"reasoning_effort":"xhigh"`: High, `"reasoning_effort":"max"`: High, `"reasoning_effort":"m\u0065dium"`: Medium,
		`"reasoning":{"effort":"low","summary":"auto"}`: Low, `"reasoning":"medium"`: Medium, `"output_config":{"effort":"low","format":{"type":"json_schema"}}`: Low,
		`"chat_template_kwargs":{"reasoning_effort":"low"}`: Low, `"chat_template_kwargs":{"thinking_mode":"chat"}`: None, `"chat_template_kwargs":{"thinking_mode":"thinking"}`: High,
		// Budgets.
		`"thinking_budget":0`: None, `"thinking_budget":1`: Low, `"thinking_budget":4095`: Low, `"thinking_budget":4096`: Medium, `"thinking_budget":16383`: Medium,
		`"thinking_budget":16384`: High, `"thinking_budget":1e300`: High, `"thinking_budget":1e999`: High, `"thinking_budget":-1`: High, `"thinking_budget":0.5`: Low,
		`"reasoning":{"max_tokens":2000}`: Low, `"thinking":{"type":"enabled","budget_tokens":10000}`: Medium, `"thinking":{"budget_tokens":31999,"type":"enabled"}`: High,
		`"vllm_xargs":{"thinking_budget":9,"x":"y"}`: Low, `"custom_params":{"thinking_budget":9}`: Low,
		// Switches.
		`"enable_thinking":true`: High, `"enable_thinking":false`: None, `"thinking":{"type":"disabled"}`: None, `"thinking":{"type":"enabled"}`: High, `"thinking":{"type":"adaptive"}`: High,
		`"reasoning":true`: High, `"reasoning":{"enabled":false}`: None, `"think":false`: None, `"think":"low"`: Low, `"thinking":false`: None,
		`"chat_template_kwargs":{"enable_thinking":false,"locale":"de"}`: None, `"chat_template_kwargs":{"low_effort":true}`: Low, `"chat_template_kwargs":{"low_effort":false}`: Unset,
		// The lowest of several.
		`"enable_thinking":true,"thinking_budget":100`: Low, `"thinking_budget":100,"enable_thinking":true`: Low, `"reasoning_effort":"high","chat_template_kwargs":{"enable_thinking":false}`: None,
		`"thinking":{"type":"enabled","budget_tokens":31999},"output_config":{"effort":"low"}`: Low,
		// Where LiteLLM takes them from.
		`"extra_body":{"chat_template_kwargs":{"enable_thinking":false}}`: None, `"extra_body":{"reasoning_effort":"low"}`: Low, `"extra_body":{"thinking":{"budget_tokens":5000}}`: Medium,
		// What says nothing, or nothing that is known.
		`"reasoning_effort":null`: Unset, `"reasoning_effort":"HIGH"`: Unset, `"reasoning_effort":"profound"`: Unset, `"reasoning_effort":0.9`: Unset, `"reasoning_effort":["high"]`: Unset,
		`"reasoning":{}`: Unset, `"reasoning":null`: Unset, `"reasoning":{"summary":"auto"}`: Unset, `"thinking_budget":"100"`: Unset, `"thinking_budget":null`: Unset, `"thinking":{"type":7}`: Unset,
		`"reasoning_effort":"` + strings.Repeat("high", 100) + `"`: Unset, `"reasoning_effort":""`: Unset,
		// What is data of the client's.
		`"metadata":{"reasoning_effort":"low"}`: Unset, `"effort":"low"`: Unset, `"chat_template_kwargs":{"effort":"low","x":{"thinking":false}}`: Unset, `"thinking":{"x":{"type":"disabled"}}`: Unset,
		`"tools":[{"type":"function","name":"f","function":{"name":"f","parameters":{"properties":{"reasoning_effort":{"type":"low"},"thinking":false}}}}]`: Unset,
	} {
		for shape := range talks {
			if got := asked(t, r, shape, members); got != want {
				t.Errorf("%s in %s: %q, want %q", members, shape, got, want)
			}
		}
	}
}

// What is taken out of a body that says more than the route allows was read before.
func TestEveryWellKnownReasoningMemberIsRead(t *testing.T) {
	r := prompt.NewReader(&prompt.Options{Reasoning: wellKnownReasoning})
	for _, path := range wellKnownReasoning {
		before, after := "", ""
		for _, name := range path[:len(path)-1] {
			before, after = before+`"`+name+`":{`, after+"}"
		}
		read := slices.ContainsFunc([]string{`"low"`, "true", "9", `{"type":"disabled"}`}, func(value string) bool {
			return asked(t, r, prompt.Chat, before+`"`+path[len(path)-1]+`":`+value+after) != Unset
		})
		if !read {
			t.Errorf("%q is not read", path)
		}
	}
}

func TestWhoseLevelCounts(t *testing.T) {
	const policy = `
version: "1"
reasoning: %
models:
  graded:
    cluster: c
    reasoning:
      none: {reasoning_effort: none}
      low: {reasoning_effort: low}
      medium: {reasoning_effort: medium}
      high: {reasoning_effort: high}
      messages: {none: {thinking: {type: disabled}}, low: {output_config: {effort: low}}, medium: {output_config: {effort: medium}}, high: {output_config: {effort: high}}}
  switched: {cluster: c, reasoning: {none: {enable_thinking: false}, low: high, high: {enable_thinking: true}}}
  mute: {cluster: c}
signals: {keyword: {none: {words: [xnone]}, low: {words: [xlow]}, medium: {words: [xmedium]}, high: {words: [xhigh]}, free: {words: [xfree]}, switched: {words: [xswitched]},
  own: {words: [xown]}, bad: {in: user, words: [xbad]}, mute: {words: [xmute]}}}
guards: [{name: bad, when: keyword.bad, only: [graded], use: {model: graded, reasoning: low}, reasoning: set}]
routes:
  - {name: none, when: keyword.none, use: {model: graded, reasoning: none}}
  - {name: low, when: keyword.low, use: {model: graded, reasoning: low}}
  - {name: medium, when: keyword.medium, use: {model: graded, reasoning: medium}}
  - {name: high, when: keyword.high, use: [{model: graded, reasoning: high}, mute]}
  - {name: free, when: keyword.free, use: graded}
  - {name: switched, when: keyword.switched, use: {model: switched, reasoning: high}}
  - {name: own, when: keyword.own, use: {model: graded, reasoning: medium}, reasoning: default}
  - {name: mute, when: keyword.mute, use: mute}
default: {model: graded, reasoning: medium}
`
	tables := map[string]*Session{}
	for _, whose := range effortNames {
		tables[whose] = compileYAML(t, strings.Replace(policy, "%", whose, 1)).NewSession(prompt.Chat)
	}
	tables["unsaid"] = compileYAML(t, strings.Replace(policy, "reasoning: %\n", "", 1)).NewSession(prompt.Chat)
	for _, tt := range []struct {
		word, client                  string
		asked, set, capped, byDefault string // levels
	}{
		{"xhigh", ``, "", "high", "high", "high"},
		{"xhigh", `"reasoning_effort":"none"`, "none", "high", "none", "none"},
		{"xhigh", `"reasoning_effort":"low"`, "low", "high", "low", "low"},
		{"xhigh", `"reasoning_effort":"high"`, "high", "high", "high", "high"},
		{"xhigh", `"reasoning_effort":"profound"`, "", "high", "high", "high"},
		{"xhigh", `"thinking":{"type":"enabled","budget_tokens":5000}`, "medium", "high", "medium", "medium"},
		{"xhigh", `"chat_template_kwargs":{"enable_thinking":false}`, "none", "high", "none", "none"},
		{"xlow", `"reasoning_effort":"high"`, "high", "low", "low", "high"},
		{"xlow", `"enable_thinking":true`, "high", "low", "low", "high"},
		{"xlow", `"reasoning_effort":"minimal"`, "low", "low", "low", "low"},
		{"xnone", `"reasoning_effort":"high"`, "high", "none", "none", "high"},
		{"else", `"reasoning_effort":"high"`, "high", "medium", "medium", "high"},
		{"else", `"reasoning_effort":"low"`, "low", "medium", "low", "low"},
		{"xown", `"reasoning_effort":"high"`, "high", "high", "high", "high"},
		{"xown", `"reasoning_effort":"low"`, "low", "low", "low", "low"},
		{"xown", ``, "", "medium", "medium", "medium"},
		{"xbad", `"reasoning_effort":"none"`, "none", "low", "low", "low"},
		{"xbad", `"reasoning_effort":"high"`, "high", "low", "low", "low"},
	} {
		for whose, want := range map[string]string{"set": tt.set, "unsaid": tt.set, "cap": tt.capped, "default": tt.byDefault} {
			for shape, talk := range talks {
				talk = strings.Replace(talk, "«»", tt.word, 1)
				body := `{` + tt.client + `,` + talk + `,"n":1}`
				if tt.client == "" {
					body = `{` + talk + `,"n":1}`
				}
				got := sentOn(t, tables[whose], shape, body, 0)
				d := tables[whose].Decision()
				if d.Effort != tt.asked || shape != prompt.Completions && shape != prompt.Responses && d.Reasoning != want {
					t.Errorf("%s, %s in %s: asked %q, used %q; want %q and %q", whose, body, shape, d.Effort, d.Reasoning, tt.asked, want)
				}
				members := map[prompt.Shape]string{prompt.Chat: `"reasoning_effort":"` + want + `",`, prompt.Messages: `"output_config":{"effort":"` + want + `"},`}[shape]
				if shape == prompt.Messages && want == "none" {
					members = `"thinking":{"type":"disabled"},`
				}
				if strings.Contains(tt.client, "chat_template_kwargs") {
					members += `"chat_template_kwargs":{},` // an object loses what is said of reasoning, and stays
				}
				same(t, got, `{"model":"graded",`+members+talk+`,"n":1}`)
			}
		}
	}

	// A model that cannot be graded is asked for the level that stands in, and the record has a warning.
	s := tables["cap"]
	body := `{"reasoning_effort":"low",` + strings.Replace(talks[prompt.Chat], "«»", "xswitched", 1) + `}`
	same(t, sentOn(t, s, prompt.Chat, body, 0), `{"model":"switched","enable_thinking":true,`+strings.Replace(talks[prompt.Chat], "«»", "xswitched", 1)+`}`)
	if d := s.Decision(); d.Reasoning != "low" || len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0], "high is used") {
		t.Errorf("%+v", d)
	}
	// Where the policy has no level there is nothing to cap; a model that knows no levels gets none; a client that names a model keeps its own.
	for word, want := range map[string]string{"xfree": `"reasoning_effort":"high","model":"graded"`, "xmute": `"model":"mute"`} {
		for whose, s := range tables {
			body := `{"reasoning_effort":"high",` + strings.Replace(talks[prompt.Chat], "«»", word, 1) + `}`
			same(t, sentOn(t, s, prompt.Chat, body, 0), `{`+want+`,`+strings.Replace(talks[prompt.Chat], "«»", word, 1)+`}`)
			if d := s.Decision(); d.Effort != "high" || d.Reasoning != "" {
				t.Errorf("%s, %s: %+v", whose, word, d)
			}
		}
	}
	body = `{"model":"graded","reasoning_effort":"high",` + strings.Replace(talks[prompt.Chat], "«»", "xlow", 1) + `}`
	same(t, sentOn(t, s, prompt.Chat, body, 0), body)
	if d := s.Decision(); d.Name != NameNamed || d.Effort != "high" || d.Reasoning != "" {
		t.Errorf("%+v", d)
	}
	// What comes behind the window has not been said, and goes.
	talk := strings.Replace(talks[prompt.Chat], "«»", "xhigh", 1)
	same(t, sentOn(t, s, prompt.Chat, `{`+talk+`,"reasoning_effort":"none"}`, int64(len(talk)+1)), `{"model":"graded","reasoning_effort":"high",`+talk+`}`)
	if d := s.Decision(); d.Effort != "" || d.Reasoning != "high" {
		t.Errorf("%+v", d)
	}
}

func TestMistakesInWhoseLevelCounts(t *testing.T) {
	const head = "version: \"1\"\nmodels: {a: {cluster: a, reasoning: {low: {reasoning_effort: low}}}}\ndefault: a\nsignals: {keyword: {k: {in: any, words: [k]}}}\n"
	for _, tt := range []struct{ policy, want string }{
		{head + "reasoning: cap\n", ""},
		{head + "routes: [{name: r, when: domain.math, use: {model: a, reasoning: low}, reasoning: default}]\n", ""},
		{head + "reasoning: capped\n", `5:12: unknown use of the level "capped"`},
		{head + "reasoning: [cap]\n", `5:12: `},
		{head + "routes: [{name: r, when: domain.math, use: {model: a, reasoning: low}, reasoning: high}]\n", `5:83: unknown use of the level "high"`},
		{head + "routes: [{name: r, when: domain.math, use: a, reasoning: cap}]\n", `5:58: no model that the rule uses has a level of reasoning here`},
		{head + "guards: [{name: g, when: keyword.k, use: {model: a, reasoning: low}, reasoning: cap}]\n", ""},
		{head + "guards: [{name: g, when: keyword.k, reasoning: cap}]\n", `5:48: the guard uses no model`},
		{head + "guards: [{name: g, when: keyword.k, deny: {}, reasoning: cap}]\n", `5:58: the guard uses no model`},
	} {
		problems := problemsOf(t, tt.policy)
		if tt.want == "" && len(problems) > 0 || tt.want != "" && len(problems) != 1 {
			t.Errorf("%s: %v", tt.policy, problems)
			continue
		}
		if tt.want != "" {
			p := problems[0]
			if got := digits(p.Line) + ":" + digits(p.Column) + ": " + p.Message; !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		}
	}
	plain, capped := compileYAML(t, head), compileYAML(t, head+"reasoning: cap\n")
	if plain.Hash() != capped.Hash() {
		t.Error("whose level counts changes the hash of a policy without levels")
	}
	const route = "routes: [{name: r, when: domain.math, use: {model: a, reasoning: low}}]\n"
	if compileYAML(t, head+route).Hash() == compileYAML(t, head+route+"reasoning: cap\n").Hash() {
		t.Error("whose level counts does not change the hash")
	}
}
