package proxy

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/mom-router/mom-router/internal/standin"
)

// BenchmarkLatency asks a stand-in directly and through the proxy, in turns, one request at a time over one connection,
// and reports the medians in microseconds.
func BenchmarkLatency(b *testing.B) {
	engine, err := standin.Start("bench")
	if err != nil {
		b.Fatal(err)
	}
	defer engine.Close()
	direct := "http://" + engine.Address
	for _, hold := range []string{"flag", "pair"} {
		for _, size := range []int{100, 4 << 10, 32 << 10} {
			b.Run(fmt.Sprintf("%s/%dB", hold, size), func(b *testing.B) {
				s := serveSetup(b, router, routerSetup(b, direct, `{"policy":"default","hold":"`+hold+`"}`))
				body := chat("Who are you? " + string(bytes.Repeat([]byte("I like the sea. "), size/16)))
				c := client(b, false)
				var took [2][]time.Duration
				for range b.N + 50 {
					for i, to := range []string{direct, s.url} {
						begin := time.Now()
						r, err := c.Post(to+"/v1/chat/completions", "application/json", bytes.NewReader(body))
						if err != nil {
							b.Fatal(err)
						}
						io.Copy(io.Discard, r.Body)
						r.Body.Close()
						if r.StatusCode != http.StatusOK {
							b.Fatal(r.Status)
						}
						took[i] = append(took[i], time.Since(begin))
					}
				}
				for i := range took {
					took[i] = took[i][50:] // the rest is warming up
					slices.Sort(took[i])
				}
				alone, through := median(took[0]), median(took[1])
				b.ReportMetric(alone, "alone-µs")
				b.ReportMetric(through, "through-µs")
				b.ReportMetric(through-alone, "added-µs")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func median(sorted []time.Duration) float64 {
	return float64(sorted[len(sorted)/2].Nanoseconds()) / 1000
}
