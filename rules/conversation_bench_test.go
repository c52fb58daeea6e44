package rules

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// BenchmarkConversation is what the folding of a conversation costs over routing its last message alone: 32 KB of messages of 300 bytes,
// half of them the user's, and the same text as one message.
func BenchmarkConversation(b *testing.B) {
	text := questions(b, "intents.jsonl", "complexity.jsonl", "short_questions.jsonl", "benign_own.jsonl")
	if exam := examQuestions(); exam != "" {
		text = exam
	}
	const size, part = 32 << 10, 300
	var bodies, single [][]byte
	for rest := text; len(bodies) == 0 || len(rest) >= size && len(bodies) < 16; {
		var messages []any
		for i := range size / part {
			messages = append(messages, map[string]any{"role": []string{"user", "assistant"}[i%2], "content": strings.ToValidUTF8(rest[i*part:(i+1)*part], "")})
		}
		body, err := json.Marshal(map[string]any{"model": "auto", "messages": messages})
		if err != nil {
			b.Fatal(err)
		}
		bodies, single = append(bodies, body), append(single, userBody(b, strings.ToValidUTF8(rest[:size], "")))
		rest = rest[size:]
	}
	for _, c := range []struct {
		name, section string
		bodies        [][]byte
	}{{"folded", `{"stay":"upgrade"}`, bodies}, {"last alone", `{"stay":"none"}`, bodies}, {"one message folded", `{"stay":"upgrade"}`, single}, {"one message alone", `{"stay":"none"}`, single}} {
		b.Run(c.name, func(b *testing.B) {
			s := variantOfDefault(b, c.section).NewSession(prompt.Chat)
			b.SetBytes(int64(len(c.bodies[0])))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s.Reset(prompt.Chat, 0)
				s.Feed(c.bodies[i%len(c.bodies)])
				if d := s.Close(); d.Status == 400 {
					b.Fatal(d.Message)
				}
				s.Take()
			}
		})
	}
}
