package rules

import (
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// BenchmarkRemembered reads the calls of real clients' conversations without a memory, with one that has seen none of them, and with one that has seen all.
func BenchmarkRemembered(b *testing.B) {
	table := defaultTable(b)
	calls := clientCalls(b)[:120]
	total := int64(0)
	for _, c := range calls {
		total += int64(len(c.body))
	}
	s := table.NewSession(prompt.Chat)
	read := func(m *Memory) {
		for _, c := range calls {
			s.Reset(c.shape, c.window)
			s.Remember(m, "")
			for p := c.body; len(p) > 0; {
				n := min(len(p), 8<<10) // as the plugin does
				s.Feed(p[:n])
				p = p[n:]
			}
			s.Close()
		}
	}
	b.Run("without", func(b *testing.B) {
		b.SetBytes(total)
		b.ReportAllocs()
		for b.Loop() {
			read(nil)
		}
	})
	b.Run("growing", func(b *testing.B) {
		b.SetBytes(total)
		for b.Loop() {
			read(NewMemory(DefaultMemory))
		}
	})
	b.Run("seen", func(b *testing.B) {
		m := NewMemory(DefaultMemory)
		read(m)
		b.SetBytes(total)
		b.ReportAllocs()
		for b.Loop() {
			read(m)
		}
		stats := m.Stats()
		b.ReportMetric(100*float64(stats.Hits)/float64(stats.Hits+stats.Misses), "%hits")
		b.ReportMetric(float64(total)*float64(b.N)/float64(total), "rounds")
	})
}
