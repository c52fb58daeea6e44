package rules

import (
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

func TestRememberedPiecesMakeNoGarbage(t *testing.T) {
	table := defaultTable(t)
	s := table.NewSession(prompt.Chat)
	m := NewMemory(DefaultMemory)
	for _, c := range []call{growing(prompt.Chat, 0, someSystem, chatMessages)[11], growing(prompt.Messages, 0, someSystem, messagesMessages)[4], growing(prompt.Responses, 0, someSystem, responsesMessages)[6]} {
		read := func(m *Memory) float64 {
			return testing.AllocsPerRun(100, func() {
				s.Reset(c.shape, 0)
				s.Remember(m, "tenant")
				s.Feed(c.body[:400])
				s.Feed(c.body[400:])
				s.Close()
				s.Take()
			})
		}
		without := read(nil)
		if n := read(m); n > without {
			t.Errorf("%v: %v objects a request, and %v without a memory", c.shape, n, without)
		}
	}
	if m.Stats().Hits == 0 {
		t.Error("nothing was remembered")
	}
}
