package chain

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim/internal/buffer"
	"github.com/mom-router/mom-router/hostsim/internal/headers"
)

// act is what a fake filter does in a callback and what it answers: one of the statuses, whose numbers are those of Envoy.
type act func(f *fake) int

// answer only answers.
func answer(status int) act { return func(*fake) int { return status } }

// then does something and answers continue.
func then(do func(f *fake)) act {
	return func(f *fake) int { do(f); return 0 }
}

// thenAnswer does something and answers.
func thenAnswer(status int, do func(f *fake)) act {
	return func(f *fake) int { do(f); return status }
}

// fake is a filter that does what a table says and writes down what it sees. It fails the test where it is called as no
// filter may ever be called.
type fake struct {
	t    *testing.T
	name string
	on   map[string]act // by callback; one that is missing continues
	c    *Callbacks
	play *play

	request, response progress
	logged, destroyed int
}

// progress is what a filter has seen of a request or a response.
type progress struct {
	headers, trailers int
	ended             bool // nothing more may come
	stoppedAll        bool // nothing more may come before it continues
}

func (f *fake) Name() string        { return f.name }
func (f *fake) Attach(c *Callbacks) { f.c = c }

// saw writes a callback down, runs it, and looks at the rules.
func (f *fake) saw(callback, text string, p *progress) int {
	f.play.say(strings.TrimSpace(f.name + " " + callback + " " + text))
	if f.destroyed > 0 || f.logged > 0 {
		f.t.Errorf("%s: %s after the end of the stream", f.name, callback)
	}
	if p.ended {
		f.t.Errorf("%s: %s after it had seen the end", f.name, callback)
	}
	if p.stoppedAll {
		f.t.Errorf("%s: %s though it had stopped everything", f.name, callback)
	}
	if do := f.on[callback]; do != nil {
		return do(f)
	}
	return 0
}

func (f *fake) headers(callback string, p *progress, end bool) int {
	if p.headers++; p.headers > 1 {
		f.t.Errorf("%s: %s for the %d. time", f.name, callback, p.headers)
	}
	status := f.saw(callback, ended(end), p)
	p.ended = p.ended || end
	p.stoppedAll = p.stoppedAll || status == int(HeadersStopBuffer) || status == int(HeadersStopAndHold)
	return status
}

func (f *fake) body(callback string, p *progress, b *buffer.Buffer, end bool) int {
	if p.headers == 0 {
		f.t.Errorf("%s: %s before the headers", f.name, callback)
	}
	status := f.saw(callback, fmt.Sprintf("%q %s", b.Bytes(), ended(end)), p)
	p.ended = p.ended || end
	return status
}

func (f *fake) tail(callback string, p *progress) int {
	if p.trailers++; p.trailers > 1 || p.headers == 0 {
		f.t.Errorf("%s: %s for the %d. time, behind %d headers", f.name, callback, p.trailers, p.headers)
	}
	status := f.saw(callback, "", p)
	p.ended = true
	return status
}

func ended(end bool) string {
	if end {
		return "end"
	}
	return ""
}

func (f *fake) DecodeHeaders(_ *headers.Map, end bool) HeadersStatus {
	return HeadersStatus(f.headers("request headers", &f.request, end))
}

func (f *fake) DecodeData(b *buffer.Buffer, end bool) DataStatus {
	return DataStatus(f.body("request body", &f.request, b, end))
}

func (f *fake) DecodeTrailers(*headers.Map) TrailersStatus {
	return TrailersStatus(f.tail("request trailers", &f.request))
}

func (f *fake) EncodeHeaders(_ *headers.Map, end bool) HeadersStatus {
	return HeadersStatus(f.headers("response headers", &f.response, end))
}

func (f *fake) EncodeData(b *buffer.Buffer, end bool) DataStatus {
	return DataStatus(f.body("response body", &f.response, b, end))
}

func (f *fake) EncodeTrailers(*headers.Map) TrailersStatus {
	return TrailersStatus(f.tail("response trailers", &f.response))
}

func (f *fake) Log() {
	f.play.say(f.name + " log")
	if f.logged++; f.logged > 1 || f.destroyed > 0 {
		f.t.Errorf("%s: logged %d times, destroyed %d times", f.name, f.logged, f.destroyed)
	}
}

func (f *fake) Destroy() {
	f.play.say(f.name + " destroy")
	if f.destroyed++; f.destroyed > 1 || f.logged != 1 {
		f.t.Errorf("%s: destroyed %d times, logged %d times", f.name, f.destroyed, f.logged)
	}
}

// continueRequest and continueResponse resume, from a callback or from outside.
func (f *fake) continueRequest() {
	f.request.stoppedAll = false
	f.c.ContinueRequest()
}

func (f *fake) continueResponse() {
	f.response.stoppedAll = false
	f.c.ContinueResponse()
}

// addTrailers adds trailers to the request if its last piece is at hand, and reports whether it is.
func (f *fake) addTrailers() bool { return f.c.AddRequestTrailers() != nil }

func (f *fake) reply() {
	f.c.Reply(LocalReply{Status: 403, Body: []byte("no"), Details: "because", Filter: true})
}

// play is a stream with fake filters and what they, the backend and the client have seen.
type play struct {
	t       *testing.T
	m       *Manager
	filters []*fake
	seen    []string
	ends    int
}

func (p *play) say(line string) { p.seen = append(p.seen, line) }

// taker is the backend or the client: a Sink that writes down what it gets.
type taker struct {
	p     *play
	name  string
	heads int
	ended bool
}

func (s *taker) take(what string, end bool) {
	s.p.say(s.name + " gets " + strings.TrimSpace(what+" "+ended(end)))
	if s.ended {
		s.p.t.Errorf("the %s gets %s after the end", s.name, what)
	}
	s.ended = end
}

func (s *taker) Headers(h *headers.Map, end bool) {
	if s.heads++; s.heads > 1 {
		s.p.t.Errorf("the %s gets headers %d times", s.name, s.heads)
	}
	what := "headers"
	if s.name == "client" {
		s.p.m.ResponseLeaving(h)
		what = h.Value(":status")
	}
	s.take(what, end)
}

func (s *taker) Data(b *buffer.Buffer, end bool) {
	if s.heads == 0 {
		s.p.t.Errorf("the %s gets a body before headers", s.name)
	}
	sent := fmt.Sprintf("%q", b.Bytes())
	if s.name != "backend" || !s.p.m.KeepSent(b) {
		b.Take()
	}
	s.take(sent, end)
}

func (s *taker) Trailers(*headers.Map) {
	if s.heads == 0 {
		s.p.t.Errorf("the %s gets trailers before headers", s.name)
	}
	s.take("trailers", true)
}

// newPlay makes a stream with a filter for each set of acts, named a, b, c.
func newPlay(t *testing.T, limit int, acts ...map[string]act) *play {
	p := &play{t: t}
	var filters []Filter
	for i, on := range acts {
		f := &fake{t: t, name: string(rune('a' + i)), on: on, play: p}
		p.filters = append(p.filters, f)
		filters = append(filters, f)
	}
	p.m = New(filters, limit, &taker{p: p, name: "backend"}, &taker{p: p, name: "client"})
	p.m.OnEnd = func(reset bool) {
		p.say(fmt.Sprintf("over, reset %v", reset))
		if p.ends++; p.ends > 1 {
			t.Error("the stream has ended twice")
		}
		for _, f := range p.filters {
			if f.destroyed != 1 {
				t.Errorf("the stream has ended, and %s was destroyed %d times", f.name, f.destroyed)
			}
		}
	}
	return p
}

// What happens to a stream.
func (p *play) head(end bool) {
	p.m.RequestHeaders(headers.New(headers.Field{Name: ":method", Value: "POST"}), end)
}
func (p *play) data(text string, end bool) { p.m.RequestData([]byte(text), end) }
func (p *play) trailers()                  { p.m.RequestTrailers(headers.New()) }
func (p *play) respond(end bool) {
	p.m.Respond(headers.New(headers.Field{Name: ":status", Value: "200"}), end)
}
func (p *play) respondData(text string, end bool) { p.m.RespondData([]byte(text), end) }
func (p *play) respondTrailers()                  { p.m.RespondTrailers(headers.New()) }

// next gives what was seen since it was called last, and compares it.
func (p *play) next(what string, want ...string) {
	p.t.Helper()
	if !slices.Equal(p.seen, want) {
		p.t.Errorf("%s:\nseen\n  %s\nwant\n  %s", what, strings.Join(p.seen, "\n  "), strings.Join(want, "\n  "))
	}
	p.seen = nil
}
