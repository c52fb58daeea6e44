package hostsim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

// report writes what became of a request.
func report(r hostsim.Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "status %d from %q (%s) cluster %q\n", r.Status, r.Origin, r.Details, r.Cluster)
	if r.Held != "" {
		fmt.Fprintln(&b, r.Held)
	}
	if r.Upstream == nil {
		fmt.Fprintln(&b, "upstream got no complete request")
	} else {
		fmt.Fprintf(&b, "upstream got %q", r.Upstream.Body)
		for _, f := range r.Upstream.Head.Fields() {
			if strings.HasPrefix(f.Name, "x-t") || f.Name == "content-length" {
				fmt.Fprintf(&b, " %s=%s", f.Name, f.Value)
			}
		}
		for _, f := range r.Upstream.Tail.Fields() {
			fmt.Fprintf(&b, " trailer %s=%s", f.Name, f.Value)
		}
		b.WriteByte('\n')
	}
	if r.Response != nil {
		fmt.Fprintf(&b, "client got %q", r.Response.Body)
		for _, f := range r.Response.Head.Fields() {
			fmt.Fprintf(&b, " %s=%s", f.Name, f.Value)
		}
		b.WriteByte('\n')
	}
	if r.Trap != nil {
		fmt.Fprintln(&b, "trap:", r.Trap)
	}
	return b.String()
}

const (
	pairLead = `configure: queue q
		request_headers: return 0
		request_body: return 1
		request_body end: body, enqueue gate, return 0
		queue_ready: become, set x-cluster=b, set x-t=released, resume`
	pairGate = `request_headers: mark gate, return 1
		request_body: splice 0 1 J, return 0`
)

func TestStreamsGoThroughFiltersAsInEnvoy(t *testing.T) {
	tests := []struct {
		name    string
		cfg     hostsim.Config
		scripts [][2]string
		req     hostsim.Request
	}{
		{name: "a filter that only watches sees every callback once and in order",
			scripts: [][2]string{{"a", ""}, {"b", ""}}, req: post("hello world", 5)},
		{name: "over HTTP 2 the last piece carries the end",
			scripts: [][2]string{{"a", ""}}, req: http2(post("hello world", 5))},
		{name: "trailers end a body whose callback never says so",
			scripts: [][2]string{{"a", "request_body: return 1\nrequest_trailers: set x-t=late, return 0"}},
			req:     withTrailers(post("hello"))},
		{name: "a request without a body ends with its headers",
			scripts: [][2]string{{"a", ""}}, req: hostsim.Request{Method: "GET", Headers: post("").Headers}},
		{name: "a pause on headers without the flag holds for ever",
			scripts: [][2]string{{"a", "request_headers: return 1"}}, req: post("hello")},
		{name: "a pause on headers with the flag lets body callbacks come",
			scripts: [][2]string{{"a*", "request_headers: return 1\nrequest_body: return 1\nrequest_body end: set x-t=1, set x-cluster=b, body, return 0"}},
			req:     post("hello world", 5, 3)},
		{name: "headers are gone after Continue",
			scripts: [][2]string{{"a", "request_headers: set x-t=early, return 0\nrequest_body: set x-t=late, get :path, return 0"}},
			req:     post("hello")},
		{name: "a body is edited at its front and its end and never in the middle",
			scripts: [][2]string{{"a", "request_body: return 1\nrequest_body end: splice 0 0 <, splice 0 2 [h, splice 1 1 X, splice 99 0 >, body, return 0"}},
			req:     post("hello world", 5)},
		{name: "a piece that is dropped is gone but the end is not",
			scripts: [][2]string{{"a", "request_body: return 3\nrequest_body end: return 0"}}, req: post("hello world", 5)},
		{name: "a local reply goes through the response callbacks",
			scripts: [][2]string{{"a", "response_headers: set_response x-seen=a"}, {"b", "request_headers: reply 403 no"}, {"c", ""}}, req: post("hello")},
		{name: "a local reply from the last body callback comes too late where the length was announced",
			scripts: [][2]string{{"a", "request_body end: reply 403 no"}}, req: post("hello world", 5)},
		{name: "the second filter is released from the queue's callback",
			scripts: [][2]string{{"lead", pairLead}, {"gate", pairGate}}, req: post("{hello world", 5)},
		{name: "the second filter is released from the queue's callback over HTTP 2",
			scripts: [][2]string{{"lead", pairLead}, {"gate", pairGate}}, req: http2(post("{hello world", 5))},
		{name: "releasing the second filter inside the last body callback loses the body",
			scripts: [][2]string{{"lead", "request_body end: become_marked gate, resume"}, {"gate", pairGate}},
			req:     http2(post("hello world"))},
		{name: "too much body for a plain pause is a 413",
			cfg:     hostsim.Config{BufferLimit: 8},
			scripts: [][2]string{{"a", "request_body: return 1\nrequest_body end: return 0"}}, req: post("hello world", 5, 5)},
		{name: "too much body for a paused filter stops the reading",
			cfg:     hostsim.Config{BufferLimit: 8},
			scripts: [][2]string{{"a", "request_headers: return 1"}}, req: post("hello world and more", 5, 5, 5)},
		{name: "too much body that goes on at once is none",
			cfg:     hostsim.Config{BufferLimit: 8},
			scripts: [][2]string{{"a*", "request_headers: set content-length=13, return 1\nrequest_body: return 3\nrequest_body end: splice 0 0 what_was_kept, return 0"}}, req: post("hello world", 5)},
		{name: "no route is a 404 from the router",
			scripts: [][2]string{{"a", ""}}, req: hostsim.Request{Path: "/x", Body: []byte("b")}},
		{name: "a trap fails the stream with 503",
			scripts: [][2]string{{"a", "request_body: trap ouch"}, {"b", ""}}, req: post("hello")},
		{name: "a stream without progress is answered from the tick",
			scripts: [][2]string{{"a", "configure: tick 1000\nrequest_headers: wait, return 1\ntick: become, reply 503 flag_missing"}}, req: post("hello")},
		{name: "the plugin closes the stream",
			scripts: [][2]string{{"a", "request_headers: close, return 1"}}, req: post("hello")},
		{name: "properties of the request and of the filter state are found",
			scripts: [][2]string{
				{"a", "request_headers: property request/path, property request/headers/x-cluster, set_property mom.audit={}, set_property two/parts=x, property mom.audit, property two, property plugin_name, property node/id, return 0\nrequest_body: property request/path, property request/protocol, return 0\ndone: property response/code, property response/code_details, property request/path, get x-cluster, set x-t=too_late"},
				{"b", "request_headers: property mom.audit"}},
			req: post("hello")},
		{name: "calls to other services fail as for an unknown cluster",
			scripts: [][2]string{{"a", "request_headers: call, foreign clear_route_cache, foreign nothing"}}, req: post("hello")},
		{name: "trailers made in the last body callback go upstream",
			scripts: [][2]string{{"a", ""}, {"b", "request_body end: trailer x-sum=1"}, {"c", ""}}, req: post("hello")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, tt.cfg, tt.scripts...)
			res := b.Do(tt.req)
			golden(t, strings.ReplaceAll(tt.name, " ", "_"), b.log.String()+"---\n"+report(res))
		})
	}
}

func http2(r hostsim.Request) hostsim.Request {
	r.HTTP2 = true
	return r
}

func withTrailers(r hostsim.Request) hostsim.Request {
	r.Trailers = []hostsim.Field{{Name: "x-trailer", Value: "t"}}
	return r
}
