package rules

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	beside "github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/strictjson"
	"github.com/mom-router/mom-router/rules/tree"
)

func defaultTable(t testing.TB) *Table {
	t.Helper()
	table, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestTheEmbeddedPolicyIsGeneratedFromItsSource(t *testing.T) {
	data, err := os.ReadFile("default.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root, err := source.Load("default.yaml", data)
	if err != nil {
		t.Fatal(err)
	}
	if string(source.JSON(root))+"\n" != string(defaultJSON) {
		t.Error("default.json is not what default.yaml says: run go generate ./rules")
	}
}

func TestTheDefaultPolicyPassesItsOwnTests(t *testing.T) {
	table := defaultTable(t)
	if len(table.TestNames()) < 20 {
		t.Errorf("only %d tests", len(table.TestNames()))
	}
	for _, failure := range table.RunTests() {
		t.Error(failure.Error())
	}
}

// The table of the published demo, in its order of priority.
func TestTheDefaultPolicyIsThePublishedTable(t *testing.T) {
	table := defaultTable(t)
	var got []string
	line := func(name, when string, c candidate) {
		got = append(got, name+" | "+when+" | "+c.model.Name+" | "+c.level.String())
	}
	root, err := tree.ParseJSON(defaultJSON)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range table.guards {
		if len(g.use) == 0 && g.deny == nil && g.allowed == everyModel {
			continue // it only flags
		}
		line(g.name, root.Get("guards").Items[i].Get("when").Text, g.use[0])
	}
	for i, r := range table.routes {
		if len(r.use) != 1 {
			t.Errorf("route %s has %d candidates", r.name, len(r.use))
		}
		line(r.name, root.Get("routes").Items[i].Get("when").Text, r.use[0])
	}
	line("default", "", table.fallback[0])
	want := `guardrails | keyword.jailbreak_attempt or keyword.jailbreak_attempt_east or keyword.jailbreak_persona_abroad or keyword.jailbreak_persona_east or keyword.jailbreak_leak or keyword.jailbreak_leak_east or (keyword.jailbreak_persona or keyword.jailbreak_ethics) and jailbreak.score | openai/gpt-oss-20b | none
side_calls | conversation.side_task | openai/gpt-oss-20b | none
complex_reasoning | intent.deep_thinking and language.zh | Qwen/Qwen3-235B | high
creative_ideas | (keyword.creative or intent.creative) and not intent.fact_check | Qwen/Qwen3-235B | high
math_problems | domain.math | Qwen/Qwen3-235B | high
code_deep_thinking | domain.computer_science and intent.deep_thinking | DeepSeek-V3.2 | high
physics_problems | domain.physics | GLM-4.7 | medium
deep_thinking | intent.deep_thinking | Kimi-K2-Thinking | high
fast_coding | domain.computer_science | openai/gpt-oss-120b | low
fast_qa_chinese | intent.fast_qa and language.zh | openai/gpt-oss-20b | none
fast_qa_english | intent.fast_qa and language.en | openai/gpt-oss-20b | none
casual_chat | not language.und or domain.other or complexity.easy | openai/gpt-oss-20b | none
default |  | openai/gpt-oss-120b | low`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestReasoningOfTheDefaultModels(t *testing.T) {
	table := defaultTable(t)
	const unset = "unset"
	for _, tt := range []struct {
		model   string
		shape   prompt.Shape
		levels  [4]string // none, low, medium, high
		honours [4]bool
	}{
		{"gpt-oss-20b", prompt.Chat, [4]string{`reasoning_effort="low"`, `reasoning_effort="low"`, `reasoning_effort="medium"`, `reasoning_effort="high"`}, [4]bool{false, true, true, true}},
		{"gpt-oss-120b", prompt.Responses, [4]string{`reasoning.effort="low"`, `reasoning.effort="low"`, `reasoning.effort="medium"`, `reasoning.effort="high"`}, [4]bool{false, true, true, true}},
		{"gpt-oss-120b", prompt.Messages, [4]string{unset, unset, unset, unset}, [4]bool{}},
		{"qwen3-235b", prompt.Chat, [4]string{`chat_template_kwargs.enable_thinking=false`, `chat_template_kwargs.enable_thinking=true`, `chat_template_kwargs.enable_thinking=true`, `chat_template_kwargs.enable_thinking=true`}, [4]bool{true, false, false, true}},
		{"glm-4.7", prompt.Chat, [4]string{`chat_template_kwargs.enable_thinking=false`, `chat_template_kwargs.enable_thinking=true`, `chat_template_kwargs.enable_thinking=true`, `chat_template_kwargs.enable_thinking=true`}, [4]bool{true, false, false, true}},
		{"deepseek-v3.2", prompt.Chat, [4]string{`chat_template_kwargs.thinking=false`, `chat_template_kwargs.thinking=true`, `chat_template_kwargs.thinking=true`, `chat_template_kwargs.thinking=true`}, [4]bool{true, false, false, true}},
		{"kimi-k2-thinking", prompt.Chat, [4]string{unset, unset, unset, unset}, [4]bool{false, false, false, true}},
		{"qwen3-235b", prompt.Completions, [4]string{unset, unset, unset, unset}, [4]bool{}},
	} {
		for level := None; level <= High; level++ {
			members, warning := table.names.model(tt.model).Reasoning(tt.shape, level)
			got := unset
			for _, m := range members {
				got = strings.Join(m.Path, ".") + "=" + m.JSON
			}
			if got != tt.levels[level-1] || (warning == "") != tt.honours[level-1] {
				t.Errorf("%s, %s, %s: %s, warning %q", tt.model, tt.shape, level, got, warning)
			}
		}
	}
}

// Every member that a wish sets must be one that the reader finds in a client's body.
func TestReasoningMembersAreAmongThePaths(t *testing.T) {
	table := defaultTable(t)
	paths := map[string]bool{}
	for _, p := range table.ReasoningPaths() {
		if paths[strings.Join(p, ".")] {
			t.Errorf("path %q stands twice", p)
		}
		paths[strings.Join(p, ".")] = true
	}
	for _, m := range table.Models() {
		for shape := range shapes {
			for level := None; level <= High; level++ {
				members, _ := m.Reasoning(prompt.Shape(shape), level)
				for _, member := range members {
					if !paths[strings.Join(member.Path, ".")] {
						t.Errorf("%s sets %q, which is no path", m.Key, member.Path)
					}
				}
			}
		}
	}
}

// Figures of the guard's phrases on public prompts; the data is not part of the project.
func TestFiguresOfTheJailbreakPhrases(t *testing.T) {
	folder := beside.Data(t, ".")
	table := defaultTable(t)
	session := table.NewSession(prompt.Chat)
	type row struct{ Kind, Text string }
	count := func(file string) (flagged, rows map[string]int) {
		flagged, rows = map[string]int{}, map[string]int{}
		f, err := os.Open(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			var r row
			if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
				t.Fatal(err)
			}
			rows[r.Kind]++
			body := strictjson.AppendQuoted([]byte(`{"messages":[{"role":"user","content":`), r.Text)
			session.Reset(prompt.Chat, 0)
			session.Feed(append(body, `}]}`...))
			if d := session.Close(); contains(d.Flags, "jailbreak") {
				flagged[r.Kind]++
				if file == "benign.jsonl" && testing.Verbose() {
					t.Logf("benign: %.200s", r.Text)
				}
			}
		}
		return flagged, rows
	}
	for _, file := range []string{"attacks.jsonl", "benign.jsonl"} {
		flagged, rows := count(file)
		total := 0
		for kind, n := range rows {
			t.Logf("%s %s: %d of %d flagged", file, kind, flagged[kind], n)
			total += flagged[kind]
		}
		if file == "benign.jsonl" && total > 10 {
			t.Errorf("%d harmless prompts are flagged", total)
		}
	}
}
