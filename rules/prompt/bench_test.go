package prompt_test

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

func BenchmarkReader(b *testing.B) {
	body := func(size int) []byte {
		text := strings.Repeat("The quick brown fox jumps over the lazy dog.\\n", size/46+1)
		return []byte(`{"model":"auto","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"` + text + `"}],"stream":true,"temperature":0.7}`)
	}
	tools := `{"model":"auto","messages":[{"role":"user","content":"hi"}],"tools":[` +
		strings.TrimSuffix(strings.Repeat(`{"type":"function","function":{"name":"look","description":"Looks at it.","parameters":{"type":"object","properties":{"at":{"type":"string"}}}}},`, 200), ",") + `]}`
	for _, bench := range []struct {
		name string
		body []byte
	}{{"1KB", body(900)}, {"1MB", body(1 << 20)}, {"tools30KB", []byte(tools)}} {
		b.Run(bench.name, func(b *testing.B) {
			r := prompt.NewReader(&prompt.Options{Reasoning: reasoning})
			e := prompt.Edit{Model: "X", Reasoning: ossLow}
			b.SetBytes(int64(len(bench.body)))
			b.ReportAllocs()
			for b.Loop() {
				r.Reset(prompt.Chat, quiet{})
				if err := r.Feed(bench.body); err != nil {
					b.Fatal(err)
				}
				if err := r.Edit(e); err != nil {
					b.Fatal(err)
				}
				r.Take()
			}
		})
	}
}
