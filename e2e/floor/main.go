//go:build wasip1

// Command floor is the plugin that the bench measures mom-router against: a Go module with the same SDK and the host calls
// that a routed request of the router makes in flag mode, and no logic at all. What it costs is what any plugin in Go with
// these effects costs, and what the router costs beyond that is the router's.
//
// Its source is pinned by a hash in floor_test.go, so that nobody makes it dearer.
package main

import (
	"strconv"
	"time"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

func main() {}

func init() { proxywasm.SetVMContext(&vm{streams: map[uint32]*stream{}}) }

// front takes the place of the brace that opens the body: a legal edit that makes the body longer by one byte.
var front = []byte("{ ")

const (
	cluster = "mi355x-qwen3-235b"
	model   = "Qwen/Qwen3-235B"
	// stopWithoutBuffer is Http::FilterDataStatus::StopIterationNoBuffer.
	stopWithoutBuffer types.Action = 3
	roomy                          = 64 << 10 // bytes: what the router keeps of a body for the next request
	tick                           = 7500     // milliseconds, as with the router's default hold_timeout
)

type vm struct {
	types.DefaultVMContext
	streams map[uint32]*stream
	origin  time.Time
}

// OnVMStart implements types.VMContext.
func (v *vm) OnVMStart(int) types.OnVMStartStatus {
	v.origin = time.Now()
	return types.OnVMStartStatusOK
}

// NewPluginContext implements types.VMContext.
func (v *vm) NewPluginContext(uint32) types.PluginContext { return &plugin{vm: v} }

type plugin struct {
	types.DefaultPluginContext
	vm     *vm
	routed proxywasm.MetricCounter
	active proxywasm.MetricGauge
	spare  []*stream
}

// OnPluginStart implements types.PluginContext.
func (p *plugin) OnPluginStart(size int) types.OnPluginStartStatus {
	if size > 0 {
		if _, err := proxywasm.GetPluginConfiguration(); err != nil {
			return types.OnPluginStartStatusFailed
		}
	}
	p.routed = proxywasm.DefineCounterMetric("floor_requests_routed_total")
	p.active = proxywasm.DefineGaugeMetric("floor_requests_active")
	if proxywasm.SetTickPeriodMilliSeconds(tick) != nil {
		return types.OnPluginStartStatusFailed
	}
	return types.OnPluginStartStatusOK
}

// OnTick implements types.PluginContext.
func (p *plugin) OnTick() { p.vm.origin = time.Now() }

// NewHttpContext implements types.PluginContext.
func (p *plugin) NewHttpContext(id uint32) types.HttpContext {
	var s *stream
	if n := len(p.spare); n > 0 {
		s, p.spare = p.spare[n-1], p.spare[:n-1]
	} else {
		s = &stream{plugin: p}
	}
	*s = stream{plugin: p, id: id, length: -1, kept: s.kept[:0]}
	p.vm.streams[id] = s
	p.active.Add(1)
	return s
}

type stream struct {
	types.DefaultHttpContext
	plugin   *plugin
	id       uint32
	length   int64
	bytes    int64
	kept     []byte // of the body, before the chunk at hand
	busy     time.Duration
	released bool
}

// OnHttpRequestHeaders implements types.HttpContext.
func (s *stream) OnHttpRequestHeaders(int, bool) types.Action {
	all := readHeaders(requestHeaders)
	for name, value, ok := all.next(); ok; name, value, ok = all.next() {
		if name == "content-length" {
			s.length, _ = strconv.ParseInt(value, 10, 64)
		}
	}
	return types.ActionPause
}

// OnHttpRequestBody implements types.HttpContext.
func (s *stream) OnHttpRequestBody(size int, end bool) types.Action {
	began := time.Since(s.plugin.vm.origin)
	action := s.body(size, end)
	s.busy += time.Since(s.plugin.vm.origin) - began
	return action
}

func (s *stream) body(size int, end bool) types.Action {
	if s.released {
		return types.ActionContinue
	}
	s.bytes += int64(size)
	last := end || s.bytes == s.length
	for from := 0; from < size; {
		p := bodyBytes(from, min(size-from, slice))
		if len(p) == 0 {
			return types.ActionPause
		}
		if !last {
			s.kept = append(s.kept, p...)
		}
		from += len(p)
	}
	if !last {
		return stopWithoutBuffer
	}
	s.release()
	return types.ActionContinue
}

func (s *stream) release() {
	s.released = true
	setRecord()
	_ = proxywasm.ReplaceHttpRequestHeader("x-mom-cluster", cluster)
	_ = proxywasm.ReplaceHttpRequestHeader("x-mom-model", model)
	if s.length >= 0 {
		_ = proxywasm.ReplaceHttpRequestHeader("content-length", strconv.FormatInt(s.length+int64(len(front)-1), 10))
	}
	clearRoute()
	if len(s.kept) == 0 {
		replaceFront(1, front)
		return
	}
	s.kept = append(s.kept, 0)
	copy(s.kept[len(front):], s.kept[1:len(s.kept)-1])
	copy(s.kept, front)
	replaceFront(0, s.kept)
}

// OnHttpResponseHeaders implements types.HttpContext.
func (s *stream) OnHttpResponseHeaders(int, bool) types.Action {
	all := readHeaders(responseHeaders)
	for _, _, ok := all.next(); ok; _, _, ok = all.next() {
	}
	return types.ActionContinue
}

// OnHttpStreamDone implements types.HttpContext.
func (s *stream) OnHttpStreamDone() {
	readStatus()
	s.plugin.routed.Increment(1)
	setRecord()
	s.plugin.active.Add(-1)
	delete(s.plugin.vm.streams, s.id)
	if cap(s.kept) > roomy {
		s.kept = nil
	}
	s.plugin.spare = append(s.plugin.spare, s)
}
