package hostsim_test

import (
	"errors"
	"math/rand"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/hostsim"
)

func TestStreamsOfOneWorkerMeetInAnyOrder(t *testing.T) {
	b := newBench(t, hostsim.Config{}, [2]string{"lead", pairLead}, [2]string{"gate", pairGate})
	var up1, up2, down2 hostsim.Message
	one := b.Open(hostsim.StreamOptions{Upstream: &up1})
	two := b.Open(hostsim.StreamOptions{Upstream: &up2, Client: &down2})
	head := func() *hostsim.Headers {
		return hostsim.NewHeaders(hostsim.Field{Name: ":path", Value: "/"}, hostsim.Field{Name: ":method", Value: "POST"})
	}
	one.Headers(head(), false)
	two.Headers(head(), false)
	two.Data([]byte("two"), false)
	one.Data([]byte("one"), false)
	one.Reset() // the client goes away while the gate holds its headers
	two.Data(nil, true)
	if !one.Done() || !one.WasReset() || up1.Head != nil {
		t.Error("a stream that was reset reached the backend")
	}
	if string(up2.Body) != "Jwo" || !up2.Complete || two.Cluster() != "b" {
		t.Errorf("the other stream: %q, complete %v, cluster %q", up2.Body, up2.Complete, two.Cluster())
	}
	two.RespondHeaders(hostsim.NewHeaders(hostsim.Field{Name: ":status", Value: "200"}), false)
	two.RespondData([]byte("o"), false)
	two.RespondData([]byte("k"), true)
	if !two.Done() || string(down2.Body) != "ok" {
		t.Errorf("the client got %q, done %v", down2.Body, two.Done())
	}
	golden(t, "two_streams_at_once", b.log.String())
}

func TestAStreamThatIsGoneCannotBecomeTheEffectiveContext(t *testing.T) {
	clock := hostsim.NewFakeClock(time.Unix(1_800_000_000, 0))
	b := newBench(t, hostsim.Config{Clock: clock}, [2]string{"a", "configure: tick 1000\nrequest_headers: wait, return 1\ntick: become, set x-t=1"})
	s := b.Open(hostsim.StreamOptions{})
	s.Headers(hostsim.NewHeaders(hostsim.Field{Name: ":path", Value: "/"}), false)
	clock.Sleep(time.Second)
	b.Tick()
	if log := b.log.String(); !strings.Contains(log, "tick") || strings.Contains(log, "bad argument") {
		t.Errorf("while the stream lives: %s", log)
	}
	s.Reset()
	clock.Sleep(time.Second)
	b.Tick()
	if log := b.log.String(); !strings.Contains(log, "become: error status returned by host: bad argument") {
		t.Errorf("after it is gone: %s", log)
	}
}

func TestAnEarlyAnswerOfTheBackendEndsTheStream(t *testing.T) {
	b := newBench(t, hostsim.Config{}, [2]string{"a", ""})
	var up, down hostsim.Message
	s := b.Open(hostsim.StreamOptions{Upstream: &up, Client: &down})
	s.Headers(hostsim.NewHeaders(hostsim.Field{Name: "x-cluster", Value: "a"}), false)
	s.Data([]byte("half"), false)
	s.RespondHeaders(hostsim.NewHeaders(hostsim.Field{Name: ":status", Value: "429"}), true)
	s.Data([]byte("rest"), true)
	if !s.Done() || down.Head.Value(":status") != "429" || string(up.Body) != "half" || up.Complete {
		t.Errorf("done %v, client %v, backend %q complete %v", s.Done(), down.Head.Fields(), up.Body, up.Complete)
	}
}

func TestQueueNoticesReachTheWorkerThatRegisteredLast(t *testing.T) {
	first := newBench(t, hostsim.Config{}, [2]string{"a", "configure: queue shared\nrequest_headers: mark id, enqueue id"})
	second := newBench(t, hostsim.Config{}, [2]string{"a", "configure: queue shared\nqueue_ready: get x"})
	first.Do(post("x"))
	if strings.Contains(second.log.String(), "queue_ready") {
		t.Error("the notice came into the second worker before its next turn")
	}
	second.Turn()
	if !strings.Contains(second.log.String(), "queue_ready") || strings.Contains(first.log.String(), "queue_ready") {
		t.Errorf("first:\n%s\nsecond:\n%s", first.log.String(), second.log.String())
	}
}

func TestARefusedConfigurationGivesTheModulesOwnReason(t *testing.T) {
	b := &bench{}
	_, err := b.start(t, hostsim.Config{}, [2]string{"a", "configure: error no such policy, return 1"})
	var refused *hostsim.Refused
	if !errors.As(err, &refused) || refused.Reason != "no such policy" || refused.Plugin != "a" {
		t.Errorf("got %v", err)
	}
}

func TestAfterATrapEveryStreamIsAnsweredByTheFailurePolicy(t *testing.T) {
	code, err := scriptWasm()
	if err != nil {
		t.Fatal(err)
	}
	for _, open := range []bool{false, true} {
		host, err := sharedHost()
		if err != nil {
			t.Fatal(err)
		}
		module, err := host.Load(code)
		if err != nil {
			t.Fatal(err)
		}
		w, err := module.Worker(hostsim.Config{Filters: []hostsim.Filter{
			{Name: "a", Configuration: []byte("request_headers: trap ouch"), FailOpen: open}}})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		for i := range 2 {
			res := w.Do(post("x"))
			want := 503
			if open && i > 0 { // the stream that meets the trap is answered in any case
				want = 200
			}
			if res.Status != want || res.Trap == nil {
				t.Errorf("fail open %v: status %d, trap %v", open, res.Status, res.Trap)
			}
		}
	}
}

func TestMetricsAreSharedByAllWorkers(t *testing.T) {
	a := newBench(t, hostsim.Config{}, [2]string{"a", "request_headers: count metric_of_the_test"})
	b := newBench(t, hostsim.Config{}, [2]string{"a", "request_headers: count metric_of_the_test"})
	a.Do(post("x"))
	b.Do(post("x"))
	host, err := sharedHost()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range host.Metrics() {
		if m.Name == "metric_of_the_test" {
			if m.Value != 2 || m.Kind != "counter" {
				t.Errorf("got %+v", m)
			}
			return
		}
	}
	t.Error("the metric is missing")
}

func TestModulesThatEnvoyWouldNotLoadAreRefused(t *testing.T) {
	host, err := sharedHost()
	if err != nil {
		t.Fatal(err)
	}
	const head = "\x00asm\x01\x00\x00\x00"
	version := func(v string) string { return "\x07\x1b\x01\x17proxy_abi_version_" + v + "\x00\x00" }
	for name, tt := range map[string]struct{ wasm, want string }{
		"text":                   {"hello", "no Wasm module"},
		"no Proxy-Wasm":          {head, "no Proxy-Wasm module"},
		"an ABI that is too old": {head + version("0_1_0"), "ABI 0.1.0"},
		"an import that Envoy lacks": {head + "\x02\x0b\x01\x03env\x03foo\x00\x00" + version("0_2_1"),
			"imports what Envoy 1.40 does not offer: env.foo"},
		"a function of the newer ABI": {head + "\x02\x1b\x01\x03env\x13proxy_get_log_level\x00\x00" + version("0_2_0"),
			"env.proxy_get_log_level"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := host.Load([]byte(tt.wasm)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// However a body is cut into pieces, holding it changes nothing in what the backend gets.
func TestTheCutOfABodyDoesNotMatter(t *testing.T) {
	const holding = "request_headers: return 1\nrequest_body: return 1\nrequest_body end: splice 0 2 AB, return 0\n" +
		"request_trailers: return 0"
	flag := newBench(t, hostsim.Config{}, [2]string{"a*", holding})
	pair := newBench(t, hostsim.Config{}, [2]string{"lead", "configure: queue cut\nrequest_body end: enqueue gate\n" +
		"request_trailers: enqueue gate\nqueue_ready: become, set x-cluster=b, resume"},
		[2]string{"gate", "request_headers: mark gate, return 1\nrequest_body: splice 0 2 AB, return 0"})
	random := rand.New(rand.NewSource(1))
	for i := range 300 {
		body := strings.Repeat("0123456789", 40)[:2+random.Intn(398)]
		r := post(body)
		for left := len(body); left > 0; {
			n := 1 + random.Intn(left)
			if random.Intn(4) == 0 {
				n = 1
			}
			r.Chunks = append(r.Chunks, n)
			left -= n
		}
		r.HTTP2 = i%2 == 1
		for name, b := range map[string]*bench{"flag": flag, "pair": pair} {
			res := b.Do(r)
			want := "AB" + body[2:]
			if res.Upstream == nil || string(res.Upstream.Body) != want || res.Status != 200 {
				t.Fatalf("%s, HTTP/2 %v, pieces %v: %s%s", name, r.HTTP2, r.Chunks, report(res), "want "+strconv.Quote(want))
			}
			b.log.Reset()
		}
	}
}

func TestALargeBodyPassesAFilterThatOnlyReads(t *testing.T) {
	b := newBench(t, hostsim.Config{}, [2]string{"a", ""})
	body := strings.Repeat("x", 8<<20)
	res := b.Do(post(body))
	if res.Upstream == nil || len(res.Upstream.Body) != len(body) {
		t.Errorf("%s", report(res)[:200])
	}
}

func TestAFailedVMIsReplacedUnderFailReloadButNotAtOnce(t *testing.T) {
	code, err := scriptWasm()
	if err != nil {
		t.Fatal(err)
	}
	host, err := sharedHost()
	if err != nil {
		t.Fatal(err)
	}
	module, err := host.Load(code)
	if err != nil {
		t.Fatal(err)
	}
	clock := hostsim.NewFakeClock(time.Unix(1_800_000_000, 0))
	w, err := module.Worker(hostsim.Config{Clock: clock, Filters: []hostsim.Filter{
		{Name: "a", Configuration: []byte("request_body: trap ouch"), FailReload: true}}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	get := hostsim.Request{Headers: post("").Headers}
	for i, step := range []struct {
		after time.Duration
		req   hostsim.Request
		want  int
	}{
		{0, get, 200},
		{0, post("x"), 503}, // the trap
		{0, get, 503},       // the VM is too young to be replaced
		{500 * time.Millisecond, get, 503},
		{time.Second, get, 200}, // a new VM
		{0, post("x"), 503},
		{time.Hour, get, 200},
	} {
		clock.Sleep(step.after)
		if res := w.Do(step.req); res.Status != step.want {
			t.Errorf("step %d: status %d, want %d", i, res.Status, step.want)
		}
	}
}
