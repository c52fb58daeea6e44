package e2e

import (
	"context"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/crowd"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/internal/quote"
)

// loadRequests is how many requests the load test sends to each stand, half over HTTP/1 and half over HTTP/2.
func loadRequests(t *testing.T) int {
	n := 1_000
	if needs.Rest() {
		n = 20_000
	}
	if text := os.Getenv("MOM_E2E_REQUESTS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatalf("MOM_E2E_REQUESTS=%s is not a number", text)
		}
	}
	return n
}

// load sends requests of 1 byte to 300 KB, in many cuts, from many clients at once, and wants every one to reach its
// backend whole.
func load(t *testing.T, s *stand) {
	const clients, most = 16, 300 << 10 // clients of each protocol
	filler := strings.Repeat("All work and no play makes a dull day. ", most/39+1)
	s.idle(t)
	var sent, failed atomic.Int64
	total := int64(loadRequests(t))
	var crowd crowd.Crowd
	began := time.Now()
	before, _ := s.envoy.CPU() // nothing where the system does not tell
	for _, protocol := range protocols {
		c := s.client(t, asShipped, protocol)
		for i := range clients {
			random := rand.New(rand.NewPCG(uint64(i), uint64(len(protocol)+int(protocol[len(protocol)-1]))))
			crowd.Go(func() {
				for sent.Add(1) <= total && failed.Load() < 10 {
					m, w, status := loadMessage(random, filler, most)
					if err := s.loadOne(c, m, w, status); err != nil {
						failed.Add(1)
						t.Errorf("over %s, body of %d bytes, framing %d, pieces of %d: %v", protocol, len(m.Body), m.Framing, m.Chunk, err)
					}
				}
			})
		}
	}
	crowd.Wait()
	after, _ := s.envoy.CPU()
	t.Logf("%d requests in %v, Envoy's CPU time %v", total, time.Since(began).Round(time.Millisecond), (after - before).Round(time.Millisecond))
	s.idle(t)
}

// loadMessage makes a request whose size is spread over the orders of magnitude, the small ones more often than the large.
func loadMessage(random *rand.Rand, filler string, most int) (m client.Message, w want, status int) {
	size := int(math.Pow(float64(most), math.Pow(random.Float64(), 1.5)))
	p := prompts[random.IntN(len(prompts))]
	head := `{"model":"auto","messages":[`
	if random.IntN(8) == 0 {
		head = `{"model":"glm-4.7","reasoning_effort":"high","messages":[`
		p.text, p.want = "Tell me of the sea.", want{engine: glm, decision: "named"}
	}
	end := `{"role":"user","content":` + quote.JSON(p.text) + `}]}`
	status = 200
	const system, next = `{"role":"system","content":"`, `"},`
	switch room := size - len(head) - len(system) - len(next) - len(end); {
	case room > 0:
		m = post([]byte(head + system + filler[:room] + next + end))
	case size < 10:
		m, status = post([]byte("1234567890"[:size])), 400
	default:
		m = post([]byte(head + end))
	}
	if random.IntN(2) == 0 {
		m.Framing = client.Chunked
	}
	if random.IntN(2) == 0 {
		m.Chunk = 1 + len(m.Body)/(1+random.IntN(8))
	}
	return m, p.want, status
}

func (s *stand) loadOne(c client.Client, m client.Message, w want, status int) error {
	r, err := s.whole(c, m, status)
	if err != nil || status != 200 {
		return err
	}
	return answeredBy(r, w.engine)
}

// whole sends a message that must be answered with a status, and if that is 200, must have reached a backend whole.
func (s *stand) whole(c client.Client, m client.Message, status int) (*client.Response, error) {
	tail := m.Body
	if i := strings.Index(string(m.Body), `"messages"`); i >= 0 {
		tail = m.Body[i:]
	}
	m.Header = append(m.Header, [2]string{backend.TailHeader, strconv.Itoa(len(tail))})
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	r, err := c.Do(ctx, m)
	if err != nil {
		return nil, err
	}
	if r.Status != status {
		return nil, fmt.Errorf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	if status != 200 {
		return r, nil
	}
	if got, want := r.Header.Get(backend.ChecksumHeader), strconv.FormatUint(uint64(crc32.ChecksumIEEE(tail)), 10); got != want {
		return nil, fmt.Errorf("checksum %q, want %q: the body was changed or cut", got, want)
	}
	return r, nil
}

// answeredBy wants a response to come from an engine's cluster, which was asked for the engine by its own name.
func answeredBy(r *client.Response, e engine) error {
	if got := r.Header.Get(backend.ClusterHeader); got != e.cluster {
		return fmt.Errorf("reached %s, want %s", got, e.cluster)
	}
	if !strings.Contains(string(r.Body), quote.JSON(e.name)) {
		return fmt.Errorf("answered by the wrong model: %s", r.Body)
	}
	return nil
}
