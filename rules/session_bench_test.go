package rules

import (
	"os"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// BenchmarkSession is what a request costs with the default policy, without a host around it.
func BenchmarkSession(b *testing.B) {
	table, err := Default()
	if err != nil {
		b.Fatal(err)
	}
	demo, err := os.ReadFile("../examples/requests/03-rate-limiter.json")
	if err != nil {
		b.Fatal(err)
	}
	long := strings.Replace(string(demo), "Design", "Design "+strings.Repeat("and consider what users of the service would expect of it, ", 550), 1)
	for _, c := range []struct{ name, body string }{{"demo", string(demo)}, {"32KB", long}} {
		b.Run(c.name, func(b *testing.B) {
			s := table.NewSession(prompt.Chat)
			body := []byte(c.body)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				s.Reset(prompt.Chat, 0)
				s.Feed(body)
				if d := s.Close(); d.Action != ActionRoute {
					b.Fatal(d.Message)
				}
				s.Take()
			}
		})
	}
}
