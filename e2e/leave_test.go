package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/crowd"
)

// The gauges of requests that the plugin holds or has let go and that are not done.
const activeGauge = "wasmcustom.mom_router_requests_active"

// stat is the value of a counter or gauge, or the sum of all with such a name and labels behind it.
func (s *stand) stat(t *testing.T, name string) int64 {
	t.Helper()
	all, err := s.envoy.Stats(name)
	if err != nil {
		t.Errorf("no statistics: %v", err)
	}
	sum := int64(0)
	for full, n := range all {
		if full == name || strings.HasPrefix(full, name+".") {
			sum += n
		}
	}
	return sum
}

func (s *stand) idle(t *testing.T) {
	t.Helper()
	eventually(t, "no request is active", func() bool { return s.stat(t, activeGauge) == 0 })
}

func leavingClients(t *testing.T, s *stand) {
	const many = 60
	s.idle(t)
	before := s.backends.Total()
	body := chat("auto", prompts[5].text)
	for _, protocol := range protocols {
		for _, framing := range []client.Framing{client.Length, client.Chunked} {
			t.Run(fmt.Sprintf("in the middle of the body over %s, framing %d", protocol, framing), func(t *testing.T) {
				c := s.client(t, asShipped, protocol)
				held := make(chan struct{}) // closed when all are held
				var clients crowd.Crowd
				random := rand.New(rand.NewPCG(1, uint64(framing)))
				for range many {
					m := post(body)
					m.Framing, m.Break = framing, 1+random.IntN(len(body)-1)
					m.Wait = func() { <-held }
					m, id := s.mark(m)
					s.never(id)
					clients.Go(func() {
						ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
						defer cancel()
						if r, err := c.Do(ctx, m); err == nil {
							t.Errorf("answered with %d though the client has left", r.Status)
						}
					})
				}
				eventually(t, "all requests are held", func() bool { return s.stat(t, activeGauge) == many })
				close(held)
				clients.Wait()
				s.idle(t)
			})
		}
	}
	if got := s.backends.Total(); got != before {
		t.Errorf("%d requests of clients that had left reached a backend", got-before)
	}
	t.Run("while the engine thinks", func(t *testing.T) {
		for _, protocol := range protocols {
			m := post(body)
			m.Header = append(m.Header, [2]string{backend.DelayHeader, "1m"})
			m, id := s.mark(m)
			ctx, cancel := context.WithCancel(context.Background())
			left := make(chan struct{})
			c := s.client(t, asShipped, protocol)
			go func() {
				defer close(left)
				c.Do(ctx, m)
			}()
			eventually(t, "the engine has the request", func() bool { return len(s.backends.Got(id)) == 1 })
			cancel()
			<-left
			s.idle(t)
		}
	})
	t.Run("others are served as before", func(t *testing.T) {
		for _, protocol := range protocols {
			for _, p := range prompts {
				m := post(chat("auto", p.text))
				p.want.check(t, m, s.routed(t, s.client(t, asShipped, protocol), m))
			}
		}
	})
}

// served sends a message that goes on in time, as long as the machine lets it: where that is busy, a short pause may become a
// long one and is answered 408. So it has several attempts; what is cut for another reason is cut each time.
func (s *stand) served(c client.Client, m client.Message, cluster string) error {
	for attempt := 1; ; attempt++ {
		m, id := s.mark(m)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		r, err := c.Do(ctx, m)
		switch got := s.backends.Got(id); {
		case err != nil:
			return err
		case r.Status == 408 && len(got) == 0 && attempt < 5:
			continue
		case r.Status != 200:
			return fmt.Errorf("status %d in attempt %d, want 200: %s", r.Status, attempt, r.Body)
		case len(got) != 1 || got[0].Err != nil || got[0].Cluster != cluster:
			return fmt.Errorf("reached %d backends", len(got))
		}
		return nil
	}
}

func timeouts(t *testing.T, s *stand) {
	var cases crowd.Crowd
	defer cases.Wait()
	for _, protocol := range protocols {
		cases.Go(func() {
			m := post(chat("auto", prompts[5].text))
			m.Header = append(m.Header, [2]string{backend.DelayHeader, "2500ms"})
			if err := s.served(s.client(t, briefly, protocol), m, prompts[5].want.cluster); err != nil {
				t.Errorf("an engine that thinks for longer than a held request may idle, over %s: %v", protocol, err)
			}
		})
		cases.Go(func() {
			m := post(chat("auto", prompts[5].text))
			m.Break, m.Stall = 40, true
			m, id := s.mark(m)
			s.never(id)
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			r, err := s.client(t, impatient, protocol).Do(ctx, m)
			if err != nil || r.Status != 408 {
				t.Errorf("a client that stops in the middle of its request, over %s: %v, %v; want a 408", protocol, r, err)
			}
		})
	}
}
