package rules

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// The policy's only model costs a dollar for a million tokens out, and nothing for those in.
const costPolicy = `
version: "1"
models: {m: {cluster: c, max_output: 50000, price: {input: 0, output: 1}}}
default: m
objectives: {cost_ceiling: 0.01}
`

// Of a ceiling of 10,000 tokens nobody gets more, whatever a body says and wherever it says it.
func TestTheCostCeilingBounds(t *testing.T) {
	table := compileYAML(t, costPolicy)
	exempt := compileYAML(t, strings.Replace(costPolicy, "0.01}", "0.01, cost_exempt: [named]}", 1))
	const chat, ok, no = `"messages":[{"role":"user","content":"Hi"}]`, true, false
	for name, c := range map[string]struct {
		shape   prompt.Shape
		members string
		allowed bool
	}{
		"a small bound":                    {prompt.Chat, `"max_tokens":10000,` + chat, ok},
		"a large bound":                    {prompt.Chat, `"max_tokens":10001,` + chat, no},
		"the other name":                   {prompt.Chat, `"max_completion_tokens":100,` + chat, ok},
		"the larger of two":                {prompt.Chat, `"max_completion_tokens":100,"max_tokens":10001,` + chat, no},
		"no bound":                         {prompt.Chat, chat, no},
		"null":                             {prompt.Chat, `"max_tokens":null,` + chat, no},
		"a negative bound":                 {prompt.Chat, `"max_tokens":-1,` + chat, no},
		"a bound of nothing":               {prompt.Chat, `"max_tokens":0,` + chat, no},
		"a negative one beside another":    {prompt.Chat, `"max_tokens":10,"max_completion_tokens":-1,` + chat, no},
		"half a token":                     {prompt.Chat, `"max_tokens":10.5,` + chat, no},
		"a number beyond all":              {prompt.Chat, `"max_tokens":1e400,` + chat, no},
		"a bound of another shape":         {prompt.Chat, `"max_output_tokens":10,` + chat, no},
		"many choices":                     {prompt.Chat, `"max_tokens":100,"n":100,` + chat, ok},
		"too many choices":                 {prompt.Chat, `"max_tokens":100,"n":101,` + chat, no},
		"choices written as a power":       {prompt.Chat, `"max_tokens":100,"n":1.01e2,` + chat, no},
		"the best of too many":             {prompt.Chat, `"max_tokens":100,"best_of":101,` + chat, no},
		"choices that overflow":            {prompt.Chat, `"max_tokens":9007199254740992,"n":9007199254740992,"num_beams":9007199254740992,` + chat, no},
		"no choices":                       {prompt.Chat, `"max_tokens":100,"n":0,"best_of":-1,` + chat, ok},
		"beams":                            {prompt.Chat, `"max_tokens":1000,"n":5,"num_beams":3,` + chat, no},
		"a minimum":                        {prompt.Chat, `"max_tokens":10,"min_tokens":10001,` + chat, no},
		"llama.cpp's name":                 {prompt.Chat, `"max_tokens":10,"n_predict":10001,` + chat, no},
		"llama.cpp's endless answer":       {prompt.Chat, `"max_tokens":10,"n_predict":-1,` + chat, no},
		"llama.cpp's name alone":           {prompt.Chat, `"n_predict":10,` + chat, no},
		"parameters inside":                {prompt.Chat, `"max_tokens":100,"sampling_params":{"n":101},` + chat, no},
		"a body inside":                    {prompt.Chat, `"max_tokens":100,"extra_body":{"n":101},` + chat, no},
		"a bound inside":                   {prompt.Chat, `"max_tokens":100,"extra_body":{"max_tokens":10001},` + chat, no},
		"no bound inside":                  {prompt.Chat, `"max_tokens":100,"extra_body":{"max_tokens":null},` + chat, no},
		"a small bound inside":             {prompt.Chat, `"max_tokens":100,"extra_body":{"max_tokens":10},` + chat, ok},
		"a batch":                          {prompt.Completions, `"max_tokens":2500,"prompt":["a","b","c","d"]`, ok},
		"a batch that is too much":         {prompt.Completions, `"max_tokens":2501,"prompt":["a","b","c","d"]`, no},
		"one prompt":                       {prompt.Completions, `"max_tokens":10000,"prompt":"a"`, ok},
		"responses":                        {prompt.Responses, `"max_output_tokens":10000,"input":"Hi"`, ok},
		"responses with another bound":     {prompt.Responses, `"max_tokens":10,"input":"Hi"`, no},
		"messages":                         {prompt.Messages, `"max_tokens":10000,` + chat, ok},
		"messages that are too much":       {prompt.Messages, `"max_tokens":10001,` + chat, no},
		"a bound behind the window":        {prompt.Chat, `"max_tokens":10,"messages":[{"role":"user","content":"` + strings.Repeat("word ", 400) + `"}],"max_completion_tokens":10001`, no},
		"choices behind the window":        {prompt.Chat, `"max_tokens":10,"messages":[{"role":"user","content":"` + strings.Repeat("word ", 400) + `"}],"n":1001`, no},
		"a small number behind the window": {prompt.Chat, `"max_tokens":10,"messages":[{"role":"user","content":"` + strings.Repeat("word ", 400) + `"}],"n":1000`, ok},
	} {
		for _, model := range []string{"", `"model":"m",`} {
			for _, window := range []int64{DefaultWindow, 200} {
				if window == 200 && !strings.Contains(name, "behind") {
					continue
				}
				judge := func(table *Table) *Decision {
					s := table.NewSession(c.shape)
					s.Reset(c.shape, window)
					s.Feed([]byte("{" + model + c.members + "}"))
					return s.Close()
				}
				d := judge(table)
				if allowed := d.Action == ActionRoute; allowed != c.allowed || !allowed && (d.Code != CodeCostCeiling || d.Status != 403) {
					t.Errorf("%s, %q, window %d: %s %s %q", name, model, window, d.Action, d.Code, d.Message)
				}
				if (d.Cost <= 10_000_000_000) != c.allowed {
					t.Errorf("%s, %q: costs %d picodollars", name, model, d.Cost)
				}
				if d := judge(exempt); (d.Action == ActionRoute) != (c.allowed || model != "") {
					t.Errorf("%s, %q, named models exempt: %s %s", name, model, d.Action, d.Code)
				}
			}
		}
	}
}

func TestACeilingNeedsWhatItCompares(t *testing.T) {
	for source, want := range map[string]string{
		strings.Replace(costPolicy, "max_output: 50000, ", "", 1):                    "add max_output",
		strings.Replace(costPolicy, "cost_ceiling: 0.01", "cost_exempt: [named]", 1): "no cost ceiling",
		strings.Replace(costPolicy, "0.01}", "0.01, cost_exempt: [all]}", 1):         `unknown decision "all"`,
		strings.Replace(costPolicy, "max_output: 50000", "max_output: 0", 1):         "0 is out of range",
	} {
		found := false
		for _, p := range problemsOf(t, source) {
			found = found || strings.Contains(p.Message+" "+p.Hint, want)
		}
		if !found {
			t.Errorf("%v, want %q", problemsOf(t, source), want)
		}
	}
}
