package strictjson_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// counter is the cheapest handler that still looks at the text.
type counter struct{ n int }

func (c *counter) Begin(strictjson.Kind, int64) error       { return nil }
func (c *counter) Text(p []byte, _ int64, _ bool)           { c.n += len(p) }
func (c *counter) End(strictjson.Kind, []byte, int64) error { return nil }
func (c *counter) Name([]byte, bool, int64, int64) error    { return nil }
func (c *counter) Comma(int64)                              {}

func BenchmarkLexer(b *testing.B) {
	ascii := `{"content":"` + strings.Repeat("The quick brown fox jumps over the lazy dog. ", 22_000) + `"}`
	chinese := `{"content":"` + strings.Repeat("敏捷的棕色狐狸跳过了懒狗。", 25_000) + `"}`
	escaped := `{"content":"` + strings.Repeat(`\u654f\u6377\n`, 70_000) + `"}`
	var schema strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&schema, `{"type":"object","id":%d,"required":true},`, i)
	}
	many := `{"tools":[` + schema.String() + `0]}`
	for _, bench := range []struct{ name, text string }{
		{"ascii", ascii}, {"chinese", chinese}, {"escaped", escaped}, {"members", many},
	} {
		b.Run(bench.name, func(b *testing.B) {
			text := []byte(bench.text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			var l strictjson.Lexer
			h := &counter{}
			for b.Loop() {
				l.Reset(h)
				if err := l.Feed(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
