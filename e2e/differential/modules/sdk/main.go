// Command sdk is what people write with the Go SDK of Proxy-Wasm: six small plugins in one module. The configuration says
// which one it is: header, auth, body, quota, jobs or delay. Each logs what it does.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

func main() {}

func init() {
	proxywasm.SetPluginContext(func(id uint32) types.PluginContext { return &plugin{} })
}

type plugin struct {
	types.DefaultPluginContext
	kind    string
	queue   uint32
	seen    proxywasm.MetricCounter
	left    proxywasm.MetricGauge
	sizes   proxywasm.MetricHistogram
	waiting []uint32
}

func say(format string, values ...any) { proxywasm.LogInfof(format, values...) }

func (p *plugin) OnPluginStart(size int) types.OnPluginStartStatus {
	conf, err := proxywasm.GetPluginConfiguration()
	if err != nil {
		proxywasm.LogErrorf("no configuration: %v", err)
		return types.OnPluginStartStatusFailed
	}
	p.kind = string(conf)
	say("start %s %d", p.kind, size)
	switch p.kind {
	case "quota":
		vm, err := proxywasm.GetProperty([]string{"plugin_vm_id"})
		if err != nil {
			proxywasm.LogErrorf("no vm_id: %v", err)
		}
		p.seen = proxywasm.DefineCounterMetric("seen_" + string(vm)) // metrics are the proxy's, not the machine's
		p.left = proxywasm.DefineGaugeMetric("left_" + string(vm))
		p.sizes = proxywasm.DefineHistogramMetric("sizes_" + string(vm))
	case "jobs":
		if p.queue, err = proxywasm.RegisterSharedQueue("jobs"); err != nil {
			proxywasm.LogErrorf("no queue: %v", err)
		}
	case "delay":
		if err := proxywasm.SetTickPeriodMilliSeconds(20); err != nil {
			proxywasm.LogErrorf("no ticks: %v", err)
		}
	}
	return types.OnPluginStartStatusOK
}

// OnQueueReady is for jobs: it takes what requests have left.
func (p *plugin) OnQueueReady(queue uint32) {
	for {
		job, err := proxywasm.DequeueSharedQueue(queue)
		if err != nil {
			say("no more jobs: %v, %v", err, errors.Is(err, types.ErrorStatusEmpty))
			return
		}
		say("job %s", job)
	}
}

// OnTick is for delay: it lets go of what is held.
func (p *plugin) OnTick() {
	for _, id := range p.waiting {
		say("become: %v", proxywasm.SetEffectiveContext(id))
		say("late: %v", proxywasm.AddHttpRequestHeader("x-delayed", "yes"))
		say("resume: %v", proxywasm.ResumeHttpRequest())
	}
	p.waiting = nil
}

func (p *plugin) NewHttpContext(id uint32) types.HttpContext { return &stream{p: p, id: id} }

type stream struct {
	types.DefaultHttpContext
	p  *plugin
	id uint32
}

func (s *stream) OnHttpRequestHeaders(n int, end bool) types.Action {
	switch s.p.kind {
	case "header":
		path, err := proxywasm.GetHttpRequestHeader(":path")
		say("%s %v", path, err)
		_, err = proxywasm.GetHttpRequestHeader("x-missing")
		say("missing: %v", err)
		all, err := proxywasm.GetHttpRequestHeaders()
		say("%d headers of %d, %v", len(all), n, err)
		say("%v", proxywasm.ReplaceHttpRequestHeader("x-who", "plugin"))
		say("%v", proxywasm.AddHttpRequestHeader("x-who", "again"))
		say("%v", proxywasm.RemoveHttpRequestHeader("x-key"))
		property, err := proxywasm.GetProperty([]string{"request", "path"})
		say("%s %v", property, err)
	case "auth":
		return s.authorise()
	case "body":
		say("%v", proxywasm.RemoveHttpRequestHeader("content-length"))
	case "quota":
		return s.count()
	case "jobs":
		say("enqueue: %v", proxywasm.EnqueueSharedQueue(s.p.queue, []byte("of a request")))
	case "delay":
		s.p.waiting = append(s.p.waiting, s.id)
		return types.ActionPause
	}
	return types.ActionContinue
}

// authorise asks the cluster b, and goes on when the answer is there.
func (s *stream) authorise() types.Action {
	headers := [][2]string{{":method", "POST"}, {":path", "/allow"}, {":authority", "auth.test"}, {"x-case", "ask"}}
	_, err := proxywasm.DispatchHttpCall("b", headers, []byte("may it?"), nil, 5000, func(n, size, trailers int) {
		answer, err := proxywasm.GetHttpCallResponseHeaders()
		status := ""
		for _, h := range answer {
			if h[0] == ":status" {
				status = h[1]
			}
		}
		body, err2 := proxywasm.GetHttpCallResponseBody(0, size)
		say("answer %s %q %v %v", status, body, err, err2)
		if status != "200" {
			say("%v", proxywasm.SendHttpResponse(403, [][2]string{{"x-by", "auth"}}, []byte("no"), -1))
			return
		}
		say("%v", proxywasm.AddHttpRequestHeader("x-allowed", string(body)))
		say("%v", proxywasm.ResumeHttpRequest())
	})
	if err != nil {
		say("no call: %v", err)
		return types.ActionContinue
	}
	return types.ActionPause
}

// count takes a place in shared data by compare and swap; there are three for each key.
func (s *stream) count() types.Action {
	key, err := proxywasm.GetHttpRequestHeader("x-key")
	if err != nil {
		return types.ActionContinue
	}
	value, cas, err := proxywasm.GetSharedData(key)
	if err != nil && !errors.Is(err, types.ErrorStatusNotFound) {
		proxywasm.LogErrorf("no data: %v", err)
	}
	n, _ := strconv.Atoi(string(value))
	say("taken %d", n)
	if n == 3 {
		say("%v", proxywasm.SendHttpResponse(429, nil, []byte("too many\n"), -1))
		return types.ActionPause
	}
	say("take: %v", proxywasm.SetSharedData(key, []byte(strconv.Itoa(n+1)), cas))
	say("take again: %v", proxywasm.SetSharedData(key, []byte("9"), cas+100))
	s.p.seen.Increment(1)
	s.p.left.Add(-1)
	s.p.sizes.Record(uint64(n))
	say("metrics %d %d", s.p.seen.Value(), s.p.left.Value())
	return types.ActionContinue
}

// OnHttpRequestBody is for body: it holds the body until it is complete, and sends another.
func (s *stream) OnHttpRequestBody(size int, end bool) types.Action {
	if s.p.kind != "body" {
		return types.ActionContinue
	}
	if !end {
		return types.ActionPause
	}
	body, err := proxywasm.GetHttpRequestBody(0, size)
	say("%d bytes %v", len(body), err)
	say("%v", proxywasm.ReplaceHttpRequestBody([]byte(fmt.Sprintf("<%s>", bytes.ToUpper(body)))))
	say("%v", proxywasm.AppendHttpRequestBody([]byte("!")))
	say("%v", proxywasm.PrependHttpRequestBody([]byte("?")))
	return types.ActionContinue
}

func (s *stream) OnHttpResponseHeaders(n int, end bool) types.Action {
	status, err := proxywasm.GetHttpResponseHeader(":status")
	say("status %s %v", status, err)
	if s.p.kind == "body" {
		say("%v", proxywasm.RemoveHttpResponseHeader("content-length"))
	}
	say("%v", proxywasm.AddHttpResponseHeader("x-kind", s.p.kind))
	return types.ActionContinue
}

func (s *stream) OnHttpResponseBody(size int, end bool) types.Action {
	if s.p.kind != "body" {
		return types.ActionContinue
	}
	if !end {
		return types.ActionPause
	}
	say("%v", proxywasm.ReplaceHttpResponseBody([]byte(strconv.Itoa(size))))
	return types.ActionContinue
}

func (s *stream) OnHttpStreamDone() { say("done") }
