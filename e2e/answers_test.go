package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/internal/metricsdoc"
)

// askingConfiguration has a policy by which engines are asked for usage in a stream, and by which not all can be known of a request.
func askingConfiguration(mode string) string {
	return fmt.Sprintf(`{"policy":{"version":"asking","auto":["auto"],"models":{"asked":{"name":"engine/asked","cluster":%q,"include_usage":true,"price":{"input":1,"output":2}}},`+
		`"signals":{"keyword":{"poem":{"in":"user","words":["poem"]}}},"allow":["token_ids"],"routes":[{"name":"poems","when":"keyword.poem","use":"asked"}],"default":"asked"},"hold":%q}`, glm.cluster, mode)
}

const (
	textEvent  = `data: {"model":"m","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"usage":null}` + "\n\n"
	stopEvent  = `data: {"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}` + "\n\n"
	usageEvent = `data: {"model":"m","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":3}}}` + "\n\n"
	doneEvent  = "data: [DONE]\n\n"
)

// recorded sends a message whose answer may be cut, and returns that and what is recorded of it.
func (s *stand) recorded(t *testing.T, c client.Client, m client.Message) (*client.Response, record) {
	t.Helper()
	s.idle(t)
	before := s.logged(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r, err := c.Do(ctx, m)
	if err != nil {
		r = nil
	}
	eventually(t, "the request is logged", func() bool { return len(s.envoy.AccessLog()) > before })
	_, records := s.readLog(t, before)
	if len(records) != 1 {
		t.Fatalf("%d records", len(records))
	}
	return r, records[0]
}

// answers looks at what is read of engines' answers.
func answers(t *testing.T, s *stand) {
	stream := textEvent + textEvent + stopEvent + usageEvent + doneEvent
	plain := func(s string) string { return strings.ReplaceAll(s, `,"usage":null`, "") }
	asks := []byte(`{"model":"auto","stream":true,"messages":[{"role":"user","content":"Who are you?"}]}`)
	// play sends a stream in pieces, each by itself.
	play := func(body string, size int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("content-type", "text/event-stream; charset=utf-8")
			for len(body) > 0 {
				n := min(size, len(body))
				io.WriteString(w, body[:n])
				http.NewResponseController(w).Flush()
				body = body[n:]
			}
		}
	}
	for _, protocol := range protocols {
		for _, size := range []int{7, 100, 1 << 20} {
			t.Run(fmt.Sprintf("usage that only the router asked for is taken out of pieces of %d over %s", size, protocol), func(t *testing.T) {
				m, id := s.mark(post(asks))
				s.backends.Play(id, play(stream, size))
				r, g := s.recorded(t, s.client(t, asking, protocol), m)
				if want := plain(textEvent + textEvent + stopEvent + doneEvent); r == nil || string(r.Body) != want {
					t.Errorf("the client got %+v, want %q", r, want)
				}
				if g.Usage == nil || g.Usage.In != 10 || g.Usage.Out != 4 || g.Usage.Cached != 3 || g.Finish != "stop" || g.Answered != "m" ||
					g.TTFT == nil || *g.TTFT <= 0 || *g.TTFT > *g.Duration || g.Actual == nil || *g.Actual != 0.000018 {
					t.Errorf("the record is %+v", g)
				}
				if got := s.backends.Got(id); len(got) != 1 || !strings.Contains(string(got[0].Body), `"stream_options":{"include_usage":true}`) ||
					got[0].Header.Get("accept-encoding") != "identity" {
					t.Errorf("the engine got %+v", got)
				}
			})
		}
		t.Run("a stream goes to the client event by event, though something is taken out over "+protocol, func(t *testing.T) {
			m, id := s.mark(post(asks))
			seen := make(chan struct{}, 100)
			pending := ""
			m.Receive = func(p []byte) {
				pending += string(p)
				for {
					_, rest, ok := strings.Cut(pending, "\n\n")
					if !ok {
						return
					}
					pending = rest
					seen <- struct{}{}
				}
			}
			s.backends.Play(id, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("content-type", "text/event-stream")
				for i := range 10 {
					io.WriteString(w, textEvent+textEvent[:20+i])
					http.NewResponseController(w).Flush()
					select {
					case <-seen:
					case <-time.After(patience):
						t.Errorf("event %d does not arrive before the next is sent", i)
						panic(http.ErrAbortHandler)
					}
					io.WriteString(w, textEvent[20+i:])
					http.NewResponseController(w).Flush()
					<-seen
				}
				io.WriteString(w, usageEvent+doneEvent)
			})
			if r, _ := s.recorded(t, s.client(t, asking, protocol), m); r == nil || string(r.Body) != plain(strings.Repeat(textEvent, 20)+doneEvent) {
				t.Errorf("the client got %+v", r)
			}
		})
		t.Run("what the client has asked for stays over "+protocol, func(t *testing.T) {
			m, id := s.mark(post([]byte(strings.Replace(string(asks), `"stream":true`, `"stream":true,"stream_options":{"include_usage":true}`, 1))))
			s.backends.Play(id, play(stream, 50))
			if r, g := s.recorded(t, s.client(t, asking, protocol), m); r == nil || string(r.Body) != stream || g.Usage == nil || g.Usage.Out != 4 {
				t.Errorf("the client got %+v, the record is %+v", r, g)
			}
		})
		t.Run("an answer that is compressed passes as it is over "+protocol, func(t *testing.T) {
			m, id := s.mark(post(asks))
			s.backends.Play(id, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("content-encoding", "gzip")
				play(stream, 50)(w, r)
			})
			if r, g := s.recorded(t, s.client(t, asking, protocol), m); r == nil || string(r.Body) != stream || g.Usage != nil || g.Unknown != "compressed" {
				t.Errorf("the client got %+v, the record is %+v", r, g)
			}
		})
		t.Run("a client that leaves in the middle is recorded over "+protocol, func(t *testing.T) {
			m, id := s.mark(post(asks))
			left := make(chan struct{})
			s.backends.Play(id, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("content-type", "text/event-stream")
				io.WriteString(w, textEvent)
				http.NewResponseController(w).Flush()
				<-left
			})
			defer close(left)
			s.idle(t)
			before := s.logged(t)
			ctx, cancel := context.WithCancel(context.Background())
			m.Receive = func([]byte) { cancel() }
			c := s.newClient(t, asking, protocol)
			defer c.Close()
			if _, err := c.Do(ctx, m); err == nil {
				t.Error("the client has not left")
			}
			eventually(t, "the request is logged", func() bool { return len(s.envoy.AccessLog()) > before })
			if _, records := s.readLog(t, before); len(records) != 1 || !records[0].Aborted || records[0].Upstream != "" || records[0].Unknown != "missing" {
				t.Errorf("the records are %+v", records)
			}
		})
		for name, c := range map[string]struct {
			play http.HandlerFunc
			want string
		}{
			"breaks off": {func(w http.ResponseWriter, r *http.Request) {
				play(textEvent+textEvent[:20], 1000)(w, r)
				panic(http.ErrAbortHandler)
			}, "reset"},
			"resets":            {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "reset"},
			"is busy":           {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", http.StatusTooManyRequests) }, "status"},
			"tells of an error": {play(textEvent+`data: {"error":{"message":"out of memory"}}`+"\n\n", 1000), "in_answer"},
		} {
			t.Run("an engine that "+name+" is recorded over "+protocol, func(t *testing.T) {
				m, id := s.mark(post(asks))
				s.backends.Play(id, c.play)
				if _, g := s.recorded(t, s.client(t, asking, protocol), m); g.Upstream != c.want || g.Aborted || g.Usage != nil {
					t.Errorf("the record is %+v", g)
				}
			})
		}
		t.Run("what cannot be read makes signals unknown over "+protocol, func(t *testing.T) {
			m := post([]byte(`{"model":"auto","prompt":[1,2,3]}`))
			m.Path = "/v1/completions"
			if r, g := s.recorded(t, s.client(t, asking, protocol), m); r == nil || r.Status != 200 || g.Usage == nil {
				t.Errorf("%+v, %+v", r, g)
			}
		})
	}
}

// metricsAreDescribed compares docs/metrics.md with what Prometheus would see, and both with Prometheus' conventions:
// https://prometheus.io/docs/practices/naming/
func metricsAreDescribed(t *testing.T, s *stand) {
	docs := metricsdoc.Metrics(t)
	seen := map[string]*metricsdoc.Metric{}
	for _, line := range strings.Split(s.scrape(t), "\n") {
		if f := strings.Fields(line); len(f) == 4 && f[1] == "TYPE" && strings.HasPrefix(f[2], "mom_router") {
			seen[f[2]] = &metricsdoc.Metric{Kind: f[3]}
			continue
		}
		m := regexp.MustCompile(`^(mom_router\w*)\{(.*)\} \S+$`).FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name := m[1]
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			if base := strings.TrimSuffix(name, suffix); seen[name] == nil && seen[base] != nil {
				name = base
			}
		}
		if seen[name] == nil {
			t.Errorf("no type of %s", line)
			continue
		}
		for _, l := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(m[2], -1) {
			if l[1] != "le" && !slices.Contains(seen[name].Labels, l[1]) {
				seen[name].Labels = append(seen[name].Labels, l[1])
			}
		}
	}
	for name, got := range seen {
		want, ok := docs[name]
		slices.Sort(got.Labels)
		slices.Sort(want.Labels)
		if !ok || got.Kind != want.Kind || !slices.Equal(got.Labels, want.Labels) {
			t.Errorf("%s is a %s with labels %v; the document has %+v", name, got.Kind, got.Labels, want)
		}
		if !regexp.MustCompile(`^[a-z][a-z_]*[a-z]$`).MatchString(name) || (got.Kind == "counter") != strings.HasSuffix(name, "_total") ||
			strings.HasSuffix(name, "_count") || strings.HasSuffix(name, "_sum") || strings.HasSuffix(name, "_bucket") {
			t.Errorf("%s, a %s, is not named as Prometheus wants it", name, got.Kind)
		}
	}
	for name := range docs {
		if seen[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
}

// scrape is what Prometheus would get.
func (s *stand) scrape(t *testing.T) string {
	t.Helper()
	response, err := http.Get("http://" + s.envoy.Admin + "/stats/prometheus")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
