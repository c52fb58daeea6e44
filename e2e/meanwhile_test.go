package e2e

import (
	"bytes"
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/internal/needs"
)

// meanwhile sends a long body that is as dear to read as can be, and short requests over the same connection, which are
// thus the same worker's: they are served before the long one is. Nothing is asserted about how long anything takes.
func meanwhile(t *testing.T, s *stand) {
	// One event of Envoy's loop reads as much as the connection's buffer limit, 1 MiB.
	size, few, framings := 3<<20, 1, []client.Framing{client.Length}
	if needs.Rest() {
		size, few, framings = 10<<20, 5, append(framings, client.Chunked)
	}
	body := dear(size)
	c := s.newClient(t, asShipped, "HTTP/2")
	defer c.Close()
	s.routed(t, c, post(chat("auto", prompts[0].text))) // there is a connection now
	for _, framing := range framings {
		m := post(body)
		m.Framing = framing
		m, id := s.mark(m)
		ctx, cancel := context.WithTimeout(context.Background(), patience+time.Duration(size>>20)*slowly)
		defer cancel()
		done := make(chan struct{})
		var r *client.Response
		var err error
		began := time.Now()
		go func() {
			defer close(done)
			r, err = c.Do(ctx, m)
		}()
		served := 0
		for waits := true; waits; {
			p := prompts[served%len(prompts)]
			short := post(chat("auto", p.text))
			p.want.check(t, short, s.routed(t, c, short))
			select {
			case <-done:
				waits = false
			default:
				served++
			}
		}
		t.Logf("framing %d: %d short requests were served in the %v that the long one took", framing, served, time.Since(began).Round(time.Millisecond))
		if err != nil {
			t.Fatalf("the long request got no answer: %v", err)
		}
		got := s.backends.Got(id)
		if r.Status != 200 || len(got) != 1 || !bytes.HasSuffix(got[0].Body, body[len(`{"model":"auto"`):]) {
			t.Errorf("the long request: status %d, %d backends: %s", r.Status, len(got), clip(string(r.Body)))
		}
		if served < few {
			t.Errorf("%d short requests were served before the long one, want at least %d", served, few)
		}
	}
}

// dear is a body of a mix that costs the most to read: letters of other scripts, letters apart, entities and addresses.
func dear(size int) []byte {
	pieces := []string{"а b с", "ا ه ١ ٥", "a@b.co", "&#116;&#x68;", "t.i.d.e", "b0a7", "1.2.3.4", "%74%69", "dGlkZQ==", "7469 6465", "\\n", "սո"}
	random := rand.New(rand.NewPCG(7, 8))
	var b strings.Builder
	b.WriteString(`{"model":"auto","messages":[{"role":"user","content":"Who are you? `)
	for b.Len() < size {
		b.WriteString(pieces[random.IntN(len(pieces))])
		b.WriteByte(' ')
	}
	b.WriteString(`"}]}`)
	return []byte(b.String())
}
