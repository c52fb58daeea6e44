package hostsim_test

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

func TestATraceShowsEveryCallBetweenHostAndModule(t *testing.T) {
	var trace strings.Builder
	b := newBench(t, hostsim.Config{Trace: func(line string) { trace.WriteString(line + "\n") }},
		[2]string{"a*", "request_headers: get :path, get missing, return 1\n" +
			"request_body end: set x-t=1, splice 0 0 [, set_property p=v, property p, foreign clear_route_cache, count seen, return 0\n" +
			"response_headers: set_response x-seen=yes\ndone: call"})
	b.Do(post("hello"))
	golden(t, "a_trace", trace.String())
}

func TestATraceEndsWhereTheModuleTraps(t *testing.T) {
	var trace []string
	b := newBench(t, hostsim.Config{Trace: func(line string) { trace = append(trace, line) }}, [2]string{"a", "request_headers: trap ouch"})
	b.Do(post("hello"))
	if last := trace[len(trace)-1]; !strings.HasPrefix(last, "< trap: ") {
		t.Errorf("the last line is %q", last)
	}
}
