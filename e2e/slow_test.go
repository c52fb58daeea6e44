package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/crowd"
)

// slowClients uses the listener on which a held request may make no progress for a second.
func slowClients(t *testing.T, s *stand) {
	const pause, steps = 400 * time.Millisecond, 10 // four times what a request may stand still in all
	s.idle(t)
	body := chat("auto", prompts[5].text)
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	var crowd crowd.Crowd
	for _, protocol := range protocols {
		c := s.client(t, impatient, protocol)
		for _, framing := range []client.Framing{client.Length, client.Chunked} {
			crowd.Go(func() { // whoever moves is served
				m := post(body)
				m.Framing, m.Chunk = framing, len(body)/steps
				m.Pace = func() {
					select { // being slow is what is tested
					case <-time.After(pause):
					case <-ctx.Done():
					}
				}
				if err := s.served(c, m, qwen3.cluster); err != nil {
					t.Errorf("a slow client over %s, framing %d: %v", protocol, framing, err)
				}
			})
			for name, sent := range map[string]int{"at once": 1, "in the middle": len(body) / 2, "before the last byte": len(body) - 1} {
				crowd.Go(func() { // whoever stops is not
					m := post(body)
					m.Framing, m.Break, m.Stall = framing, sent, true
					m, id := s.mark(m)
					s.never(id)
					r, err := c.Do(ctx, m)
					if err != nil || r.Status != 408 {
						t.Errorf("a client that stops %s over %s, framing %d: %v, %v; want a 408", name, protocol, framing, r, err)
						return
					}
					checkError(t, r, "request_timeout", "irrational")
				})
			}
		}
	}
	crowd.Wait()
	s.idle(t)
}
