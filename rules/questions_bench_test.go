package rules

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// BenchmarkQuestions is what prompts cost whose sentences all differ, as those of people do: the words of a repeated
// sentence are soon all in the caches and predicted, so BenchmarkSession flatters. The texts are test data, joined.
func BenchmarkQuestions(b *testing.B) {
	table, err := Default()
	if err != nil {
		b.Fatal(err)
	}
	english := questions(b, "intents.jsonl", "complexity.jsonl", "short_questions.jsonl", "benign_own.jsonl")
	if exam := examQuestions(); exam != "" {
		english = exam
	}
	for _, c := range []struct {
		name, text string
		size       int
	}{
		{"1KB", english, 1 << 10}, {"32KB", english, 32 << 10}, {"mixed 32KB", mixed(english), 32 << 10},
		{"Chinese 8KB", questions(b, "short_questions_zh.jsonl"), 8 << 10},
		{"languages 8KB", questions(b, "languages_short.jsonl"), 8 << 10},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := table.NewSession(prompt.Chat)
			// Several prompts in turn: what one request had in the caches is of no use to the next.
			var bodies [][]byte
			for text := c.text; len(bodies) == 0 || len(text) >= c.size && len(bodies) < 16; {
				n := min(c.size, len(text))
				bodies = append(bodies, userBody(b, strings.ToValidUTF8(text[:n], "")))
				text = text[n:]
			}
			b.SetBytes(int64(len(bodies[0])))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s.Reset(prompt.Chat, 0)
				s.Feed(bodies[i%len(bodies)])
				if d := s.Close(); d.Status == 400 {
					b.Fatal(d.Message)
				}
				s.Take()
			}
		})
	}
}

func userBody(b testing.TB, text string) []byte {
	body, err := json.Marshal(map[string]any{
		"model":    "auto",
		"messages": []any{map[string]any{"role": "user", "content": text}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return body
}

// questions joins the texts of test sets of our own.
func questions(b *testing.B, names ...string) string {
	var all strings.Builder
	for _, name := range names {
		text := joined(filepath.Join("train", "testdata", name))
		if text == "" {
			b.Fatalf("no texts in rules/train/testdata/%s", name)
		}
		all.WriteString(text)
	}
	return all.String()
}

// examQuestions joins questions of the shared data; "" where that is not beside the checkout.
func examQuestions() string {
	return joined(filepath.Join("..", "..", "shared", "data", "domain.jsonl"))
}

// joined is up to a megabyte of a file's texts, a paragraph each.
func joined(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	var all strings.Builder
	for s := bufio.NewScanner(f); s.Scan() && all.Len() < 1<<20; {
		var row map[string]any
		if json.Unmarshal(s.Bytes(), &row) != nil {
			continue
		}
		for _, member := range []string{"text", "prompt"} {
			if text, ok := row[member].(string); ok {
				all.WriteString(text)
				all.WriteString("\n\n")
			}
		}
	}
	return all.String()
}

// mixed puts code, numbers, names, addresses and lists between paragraphs.
func mixed(text string) string {
	between := []string{
		"```go\nfor i := 0; i < len(rows); i++ { total += rows[i].Price * 1.19 }\n```\n\n",
		"| Region | Q1 2025 | Q2 2025 |\n|---|---|---|\n| EMEA | $1,204,388 | 17.5% |\n| APAC | $998,120 | -3.2% |\n\n",
		"See https://example.com/docs/v2.1/getting-started?page=3#install (RFC 9110, section 5.6.2), or mail ops@example.com.\n\n",
		"- [x] BUILD-1423: HTTP/2 + gRPC on x86_64\n- [ ] QA-77: \"don't\" & co., e.g. the U.S. A/B test at 10:30 a.m.\n\n",
		"{\"id\": 4711, \"tags\": [\"a1\", \"b2\"], \"ok\": true, \"hash\": \"9f86d081884c7d65\"}\n\n",
	}
	var all strings.Builder
	for i, p := range strings.SplitAfter(text, "\n\n") {
		all.WriteString(p)
		all.WriteString(between[i%len(between)])
	}
	return all.String()
}
