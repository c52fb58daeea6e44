package chain

import (
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim/internal/headers"
)

type acts = map[string]act

// over is what two filters see at the end of an answered stream.
var over = []string{"a log", "b log", "a destroy", "b destroy", "over, reset false"}

func with(lines []string, more ...string) []string {
	return append(lines[:len(lines):len(lines)], more...)
}

func TestARequestPassesTheFiltersInOrderAndAResponseInReverse(t *testing.T) {
	p := newPlay(t, 0, nil, nil)
	p.head(false)
	p.next("headers", "a request headers", "b request headers", "backend gets headers")
	p.data("x", false)
	p.next("a piece", `a request body "x"`, `b request body "x"`, `backend gets "x"`)
	p.trailers()
	p.next("trailers", "a request trailers", "b request trailers", "backend gets trailers end")
	p.respond(false)
	p.next("response headers", "b response headers", "a response headers", "client gets 200")
	p.respondData("y", false)
	p.next("response body", `b response body "y"`, `a response body "y"`, `client gets "y"`)
	p.respondTrailers()
	p.next("response trailers", with([]string{"b response trailers", "a response trailers", "client gets trailers end"}, over...)...)
	if !p.m.Done() || p.m.Code != 200 || p.m.Details != "via_upstream" || p.m.ByFilter {
		t.Errorf("ended as %+v", p.m.Info)
	}
}

func TestHeadersAloneEndTheStream(t *testing.T) {
	p := newPlay(t, 0, nil, nil)
	p.head(true)
	p.next("the request", "a request headers end", "b request headers end", "backend gets headers end")
	p.respond(true)
	p.next("the response", with([]string{"b response headers end", "a response headers end", "client gets 200 end"}, over...)...)
}

func TestAPauseOnRequestHeaders(t *testing.T) {
	for _, c := range []struct {
		name   string
		status HeadersStatus
		body   []string // what is seen when "x" and then the end "y" come
		resume []string // when a continues from outside
	}{
		{"stop: the body still comes and its callback resumes", HeadersStop,
			[]string{`a request body "x"`, "b request headers", `b request body "x"`, `backend gets headers`}, nil},
		{"stop and buffer: nothing comes before it continues", HeadersStopBuffer, nil,
			[]string{"b request headers", "backend gets headers", `a request body "xy" end`, `b request body "xy" end`, `backend gets "xy" end`}},
		{"stop and hold: nothing comes before it continues", HeadersStopAndHold, nil,
			[]string{"b request headers", "backend gets headers", `a request body "xy" end`, `b request body "xy" end`, `backend gets "xy" end`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlay(t, 0, acts{"request headers": answer(int(c.status))}, nil)
			p.head(false)
			p.next("headers", "a request headers")
			if c.status == HeadersStop {
				p.data("x", false)
				p.next("a piece", `a request body "x"`, "b request headers", "backend gets headers", `b request body "x"`, `backend gets "x"`)
				p.data("y", true)
				p.next("the end", `a request body "y" end`, `b request body "y" end`, `backend gets "y" end`)
				return
			}
			p.data("x", false)
			p.data("y", true)
			p.next("the body")
			if filter, why := p.m.Stuck(); filter != "a" || !strings.Contains(why, "request headers") {
				t.Errorf("stuck at %q: %q", filter, why)
			}
			p.filters[0].continueRequest()
			p.next("continuing", c.resume...)
		})
	}
}

func TestAContinueBeforeTheEndLetsTheRestComeAsItComes(t *testing.T) {
	p := newPlay(t, 0, nil, acts{"request headers": answer(int(HeadersStopBuffer))})
	p.head(false)
	p.data("x", false)
	p.next("held", "a request headers", "b request headers", `a request body "x"`)
	p.filters[1].continueRequest()
	p.next("continuing", "backend gets headers", `b request body "x"`, `backend gets "x"`)
	p.data("y", true)
	p.next("the rest", `a request body "y" end`, `b request body "y" end`, `backend gets "y" end`)
	p.filters[1].continueRequest() // nobody waits
	p.next("continuing once more")
}

func TestTrailersWaitWithTheRest(t *testing.T) {
	p := newPlay(t, 0, acts{"request headers": answer(int(HeadersStopBuffer))}, nil)
	p.head(false)
	p.data("x", false)
	p.trailers()
	p.next("held", "a request headers")
	p.filters[0].continueRequest()
	p.next("continuing", "b request headers", "backend gets headers", `a request body "x"`, `b request body "x"`, `backend gets "x"`,
		"a request trailers", "b request trailers", "backend gets trailers end")
}

func TestTrailersThatAreStoppedKeepNothingElse(t *testing.T) {
	p := newPlay(t, 0, acts{"request trailers": answer(int(TrailersStop))}, nil)
	p.head(false)
	p.data("x", false)
	p.trailers()
	p.next("held", "a request headers", "b request headers", "backend gets headers", `a request body "x"`, `b request body "x"`, `backend gets "x"`, "a request trailers")
	p.filters[0].continueRequest()
	p.next("continuing", "b request trailers", "backend gets trailers end")
}

func TestAPauseOnTheBody(t *testing.T) {
	for _, c := range []struct {
		name   string
		status DataStatus
		whole  string // what the next filters get when it continues
	}{
		{"buffered", DataStopBuffer, `"xy" end`},
		{"held", DataStopAndHold, `"xy" end`},
		{"dropped", DataStopNoBuffer, `"" end`}, // the filter was to keep it; the end must still come
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlay(t, 0, acts{"request body": answer(int(c.status))}, nil)
			p.head(false)
			p.data("x", false)
			p.data("y", true)
			// Its own callback sees each piece alone.
			p.next("held", "a request headers", "b request headers", "backend gets headers", `a request body "x"`, `a request body "y" end`)
			if filter, why := p.m.Stuck(); filter != "a" || !strings.Contains(why, "body") {
				t.Errorf("stuck at %q: %q", filter, why)
			}
			p.filters[0].continueRequest()
			p.next("continuing", "b request body "+c.whole, "backend gets "+c.whole)
		})
	}
}

func TestABodyCallbackThatContinuesReleasesWhatWasBuffered(t *testing.T) {
	n := 0
	p := newPlay(t, 0, acts{"request body": func(*fake) int { n++; return map[bool]int{true: 0, false: int(DataStopBuffer)}[n == 3] }}, nil)
	p.head(false)
	p.data("x", false)
	p.data("y", false)
	p.data("z", true)
	p.next("all", "a request headers", "b request headers", "backend gets headers",
		`a request body "x"`, `a request body "y"`, `a request body "z" end`, `b request body "xyz" end`, `backend gets "xyz" end`)
}

func TestOneFilterResumesInsideTheCallbackOfAnother(t *testing.T) {
	var p *play
	p = newPlay(t, 0, acts{"request headers": answer(int(HeadersStopBuffer))},
		acts{"response headers": then(func(*fake) { p.filters[0].continueRequest() })})
	p.head(true)
	p.next("held", "a request headers end")
	p.filters[0].reply()
	// The answer has begun and is not complete, so that the request still goes on, and first.
	p.next("answered", with([]string{"b response headers", "b request headers end", "backend gets headers end", "a response headers", "client gets 403", `b response body "no" end`, `a response body "no" end`, `client gets "no" end`}, over...)...)
}

func TestTooMuchBody(t *testing.T) {
	refused := func(status, text string, of ...string) []string {
		lines := of
		for _, f := range []string{"b", "a"} {
			lines = append(lines, f+" response headers")
		}
		return append(lines, "client gets "+status, `b response body "`+text+`" end`, `a response body "`+text+`" end`, `client gets "`+text+`" end`)
	}
	t.Run("of a request that is buffered is refused", func(t *testing.T) {
		p := newPlay(t, 3, acts{"request body": answer(int(DataStopBuffer))}, nil)
		p.head(false)
		p.data("xxx", false)
		p.next("up to the limit", "a request headers", "b request headers", "backend gets headers", `a request body "xxx"`)
		p.data("y", false)
		p.next("beyond", with(refused("413", "Payload Too Large", `a request body "y"`), over...)...)
		if p.m.Details != "request_payload_too_large" || p.m.ByFilter {
			t.Errorf("ended as %+v", p.m.Info)
		}
		p.data("z", true)
		p.next("the rest is nobody's")
	})
	t.Run("of a request whose headers are held is refused before a callback", func(t *testing.T) {
		p := newPlay(t, 3, acts{"request headers": answer(int(HeadersStopBuffer))}, nil)
		p.head(false)
		p.data("xxxx", false)
		p.next("beyond", with(refused("413", "Payload Too Large", "a request headers"), over...)...)
	})
	t.Run("of a request that is held stops the reading", func(t *testing.T) {
		p := newPlay(t, 4, acts{"request headers": answer(int(HeadersStopAndHold))}, nil)
		p.head(false)
		p.data("xxxx", false)
		if p.m.RequestPaused() {
			t.Error("paused at the limit")
		}
		p.data("y", false)
		if !p.m.RequestPaused() {
			t.Error("not paused beyond the limit")
		}
		p.next("beyond", "a request headers")
		p.filters[0].continueRequest()
		p.next("continuing", "b request headers", "backend gets headers", `a request body "xxxxy"`, `b request body "xxxxy"`, `backend gets "xxxxy"`)
		if p.m.RequestPaused() {
			t.Error("still paused when all has gone")
		}
	})
	t.Run("of a response that is buffered, whose headers have not left, is a 500 past the filters", func(t *testing.T) {
		p := newPlay(t, 3, acts{"response headers": answer(int(HeadersStop)), "response body": answer(int(DataStopBuffer))}, nil)
		p.head(true)
		p.respond(false)
		p.seen = nil
		p.respondData("xxxx", false)
		p.next("beyond", with([]string{`b response body "xxxx"`, `a response body "xxxx"`, "client gets 500", `client gets "Internal Server Error" end`}, over...)...)
		p.respondData("y", true)
		p.next("the rest is nobody's")
	})
	t.Run("of a response that is buffered, whose headers have left, cuts it", func(t *testing.T) {
		p := newPlay(t, 3, acts{"response body": answer(int(DataStopBuffer))}, nil)
		p.head(true)
		p.respond(false)
		p.seen = nil
		p.respondData("xxxx", false)
		p.next("beyond", `b response body "xxxx"`, `a response body "xxxx"`, "a log", "b log", "a destroy", "b destroy", "over, reset true")
	})
}

func TestALocalReply(t *testing.T) {
	answered := func(before ...string) []string {
		return with(with(before, "b response headers", "a response headers", "client gets 403", `b response body "no" end`, `a response body "no" end`, `client gets "no" end`), over...)
	}
	reply := thenAnswer(1, (*fake).reply)
	goOn := then((*fake).reply) // the status that a filter answers with beside it does not count
	for _, c := range []struct {
		name string
		a, b acts
		want []string
	}{
		{"from request headers", acts{"request headers": reply}, nil, answered("a request headers")},
		{"from request headers that continue", acts{"request headers": goOn}, nil, answered("a request headers")},
		{"from the inner filter's request headers", nil, acts{"request headers": reply}, answered("a request headers", "b request headers")},
		{"from the request body", acts{"request body": reply}, nil, answered("a request headers", "b request headers", "backend gets headers", `a request body "x"`)},
		{"from request trailers", nil, acts{"request trailers": reply},
			answered("a request headers", "b request headers", "backend gets headers", `a request body "x"`, `b request body "x"`, `backend gets "x"`, "a request trailers", "b request trailers")},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlay(t, 0, c.a, c.b)
			p.head(false)
			p.data("x", false)
			p.trailers()
			p.respond(false) // comes too late
			p.respondData("y", true)
			p.next("all", c.want...)
			if !p.m.ByFilter || p.m.Details != "because" || p.m.Code != 403 {
				t.Errorf("ended as %+v", p.m.Info)
			}
		})
	}
	t.Run("the first of two counts", func(t *testing.T) {
		p := newPlay(t, 0, acts{"request headers": thenAnswer(1, func(f *fake) {
			f.reply()
			f.c.Reply(LocalReply{Status: 404})
		})}, nil)
		p.head(true)
		p.next("all", answered("a request headers end")...)
	})
	t.Run("from outside, while a request is held", func(t *testing.T) {
		p := newPlay(t, 0, acts{"request headers": answer(int(HeadersStopBuffer))}, nil)
		p.head(false)
		p.data("x", true)
		p.filters[0].reply()
		p.next("all", answered("a request headers")...)
		p.filters[0].continueRequest()
		p.filters[0].reply()
		p.next("when all is over")
	})
	t.Run("from response headers replaces the response past the filters", func(t *testing.T) {
		p := newPlay(t, 0, nil, acts{"response headers": reply})
		p.head(true)
		p.seen = nil
		p.respond(false)
		p.respondData("y", true)
		p.next("all", with([]string{"b response headers", "client gets 403", `client gets "no" end`}, over...)...)
	})
	t.Run("from the response body, when the headers have left, cuts the response", func(t *testing.T) {
		p := newPlay(t, 0, nil, acts{"response body": reply})
		p.head(true)
		p.respond(false)
		p.seen = nil
		p.respondData("y", false)
		p.next("all", `b response body "y"`, "a log", "b log", "a destroy", "b destroy", "over, reset true")
	})
	t.Run("to HEAD has no body", func(t *testing.T) {
		p := newPlay(t, 0, acts{"request headers": reply}, nil)
		p.m.RequestHeaders(headers.New(headers.Field{Name: ":method", Value: "HEAD"}), true)
		p.next("all", with([]string{"a request headers end", "b response headers end", "a response headers end", "client gets 403 end"}, over...)...)
	})
}

func TestAPauseOnAResponse(t *testing.T) {
	t.Run("at its headers keeps all of it", func(t *testing.T) {
		p := newPlay(t, 0, nil, acts{"response headers": answer(int(HeadersStopBuffer))})
		p.head(true)
		p.seen = nil
		p.respond(false)
		p.respondData("x", false)
		p.respondTrailers()
		p.next("held", "b response headers")
		p.filters[1].continueResponse()
		p.next("continuing", with([]string{"a response headers", "client gets 200", `b response body "x"`, `a response body "x"`, `client gets "x"`,
			"b response trailers", "a response trailers", "client gets trailers end"}, over...)...)
	})
	t.Run("at its body", func(t *testing.T) {
		p := newPlay(t, 0, nil, acts{"response body": answer(int(DataStopBuffer))})
		p.head(true)
		p.seen = nil
		p.respond(false)
		p.respondData("x", false)
		p.respondData("y", true)
		p.next("held", "b response headers", "a response headers", "client gets 200", `b response body "x"`, `b response body "y" end`)
		p.filters[1].continueResponse()
		p.next("continuing", with([]string{`a response body "xy" end`, `client gets "xy" end`}, over...)...)
	})
}

func TestTrailersThatAFilterAddsToTheLastPiece(t *testing.T) {
	var added []bool
	p := newPlay(t, 0, nil, acts{"request body": then(func(f *fake) { added = append(added, f.addTrailers(), f.addTrailers()) })}, nil)
	p.head(false)
	p.data("x", false)
	p.seen = nil
	p.data("y", true)
	// a has seen the end already and gets no trailers; c comes behind b.
	p.next("the end", `a request body "y" end`, `b request body "y" end`, `c request body "y"`, `backend gets "y"`, "c request trailers", "backend gets trailers end")
	if want := []bool{false, false, true, false}; !slices.Equal(added, want) {
		t.Errorf("added: %v, want %v: only to the last piece, and once", added, want)
	}
}

func TestAStreamCanEndAtAnyTime(t *testing.T) {
	steps := []func(p *play){
		func(p *play) { p.head(false) },
		func(p *play) { p.data("x", false) },
		func(p *play) { p.trailers() },
		func(p *play) { p.respond(false) },
		func(p *play) { p.respondData("y", false) },
	}
	for n := range len(steps) + 1 {
		for _, held := range []bool{false, true} {
			var first acts
			if held {
				first = acts{"request headers": answer(int(HeadersStopBuffer))}
			}
			p := newPlay(t, 0, first, nil)
			for i, step := range steps {
				if i == n {
					p.seen = nil
					p.m.Reset("gone")
					p.next("the reset", "a log", "b log", "a destroy", "b destroy", "over, reset true")
				}
				if p.m.Done() && i == 0 {
					continue // nothing begins on a stream that is over
				}
				step(p)
			}
			if p.m.Reset("again"); n < len(steps) && len(p.seen) > 0 {
				t.Errorf("after the reset at step %d: %q", n, p.seen)
			}
			p.filters[0].continueRequest()
			p.filters[0].continueResponse()
			p.filters[0].reply()
			if p.ends != 1 || n < 4 && p.m.Details != "gone" {
				t.Errorf("step %d: ended %d times, details %q", n, p.ends, p.m.Details)
			}
		}
	}
}

func TestAFilterThatResetsInACallbackIsCalledNoMore(t *testing.T) {
	for _, callback := range []string{"request headers", "request body", "request trailers", "response headers", "response body", "response trailers"} {
		p := newPlay(t, 0, acts{callback: then(func(f *fake) { f.c.Reset("gone") })}, acts{callback: then(func(f *fake) { f.c.Reset("gone") })})
		p.head(false)
		p.data("x", false)
		p.trailers()
		if !p.m.Done() {
			p.respond(false)
			p.respondData("y", false)
			p.respondTrailers()
		}
		if last := p.seen[len(p.seen)-1]; last != "over, reset true" || p.ends != 1 {
			t.Errorf("in %s: the last was %q, it ended %d times", callback, last, p.ends)
		}
		n := 0
		for _, line := range p.seen {
			if strings.Contains(line, callback) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("in %s: %d filters were called", callback, n)
		}
	}
}

func TestTheRouteIsChosenOnceUnlessTheCacheIsCleared(t *testing.T) {
	asked := 0
	p := newPlay(t, 0, nil, acts{"request headers": then(func(f *fake) { f.c.ClearRouteCache() })})
	p.m.Route = func(*headers.Map) Route { asked++; return Route{Cluster: "c"} }
	p.head(true)
	if asked != 1 || p.m.Target() != "c" {
		t.Errorf("asked %d times, target %q", asked, p.m.Target())
	}
	if r := p.m.ChooseRoute(); r.Cluster != "c" || asked != 2 || p.m.Cluster != "c" {
		t.Errorf("asked %d times, route %+v", asked, r)
	}
	if p.m.ChooseRoute(); asked != 2 {
		t.Errorf("asked %d times", asked)
	}
}

// A stream has one buffer of request body. What a filter stops stands behind what the router keeps to send it again, and all of
// it goes along.
func TestWhatTheRouterKeepsGoesAlongWithWhatAFilterHasStopped(t *testing.T) {
	for _, c := range []struct {
		name  string
		again bool
		limit int
		want  string
	}{
		{"a router that sends once", false, 0, "3"},
		{"a router that keeps what it sends", true, 0, "123"},
		{"a router that gave up at the limit, but not of what it had", true, 1, "13"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			p := newPlay(t, c.limit, acts{"request body": func(*fake) int {
				n++
				return map[bool]int{true: int(DataStopAndHold)}[n == 3]
			}}, nil)
			p.m.Route = func(*headers.Map) Route { return Route{Cluster: "c", Again: c.again} }
			p.m.ChooseRoute()
			p.head(false)
			p.next("headers", "a request headers", "b request headers", "backend gets headers")
			for _, piece := range []string{`"1"`, `"2"`} {
				p.data(strings.Trim(piece, `"`), false)
				p.next("a piece", "a request body "+piece, "b request body "+piece, "backend gets "+piece)
			}
			p.data("3", false)
			p.next("a piece that is stopped", `a request body "3"`)
			p.filters[0].continueRequest()
			p.next("what goes on", `b request body "`+c.want+`"`, `backend gets "`+c.want+`"`)
		})
	}
}
