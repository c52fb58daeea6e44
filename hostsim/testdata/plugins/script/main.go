// Command script is a Proxy-Wasm plugin for hostsim's tests: its configuration says what it does.
//
// Each line is "CALLBACK: ACTION, ACTION, ...". CALLBACK is request_headers, request_body,
// request_trailers, response_headers, response_body, queue_ready, tick or configure; with " end" behind
// it, the line is for the call that carries the end of the stream and wins over the line without.
// Every callback and every failure is logged.
package main

import (
	"strconv"
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

func main() {}

func init() {
	proxywasm.SetPluginContext(func(id uint32) types.PluginContext { return &plugin{id: id} })
}

//go:wasmimport env proxy_set_buffer_bytes
func setBuffer(kind, start, length uint32, data *byte, size uint32) uint32

//go:wasmimport env proxy_close_stream
func closeStream(kind uint32) uint32

type plugin struct {
	types.DefaultPluginContext
	id     uint32
	script map[string][]string
	queue  uint32
}

func (p *plugin) OnPluginStart(int) types.OnPluginStartStatus {
	conf, _ := proxywasm.GetPluginConfiguration()
	p.script = map[string][]string{}
	for _, line := range strings.Split(string(conf), "\n") {
		if on, do, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			p.script[on] = strings.Split(do, ", ")
		}
	}
	if r := p.run("configure", 0); r != 0 {
		return types.OnPluginStartStatusFailed
	}
	return types.OnPluginStartStatusOK
}

func (p *plugin) OnQueueReady(queue uint32) {
	item, err := proxywasm.DequeueSharedQueue(queue)
	check("dequeue", err)
	proxywasm.LogInfo("queue_ready " + string(item))
	target, _ := strconv.ParseUint(string(item), 10, 32)
	p.run("queue_ready", uint32(target))
}

func (p *plugin) OnTick() {
	proxywasm.LogInfo("tick")
	var target uint32
	if v, _, err := proxywasm.GetSharedData("waiting"); err == nil {
		n, _ := strconv.ParseUint(string(v), 10, 32)
		target = uint32(n)
	}
	p.run("tick", target)
}

func (p *plugin) NewHttpContext(id uint32) types.HttpContext { return &stream{p: p, id: id} }

type stream struct {
	types.DefaultHttpContext
	p  *plugin
	id uint32
}

func (s *stream) on(callback string, size int, end bool) types.Action {
	proxywasm.LogInfo(callback + " " + strconv.Itoa(size) + " end=" + strconv.FormatBool(end))
	if _, ok := s.p.script[callback+" end"]; ok && end {
		callback += " end"
	}
	return types.Action(s.p.run(callback, s.id))
}

func (s *stream) OnHttpRequestHeaders(n int, end bool) types.Action {
	return s.on("request_headers", n, end)
}
func (s *stream) OnHttpRequestBody(n int, end bool) types.Action { return s.on("request_body", n, end) }
func (s *stream) OnHttpRequestTrailers(n int) types.Action       { return s.on("request_trailers", n, true) }
func (s *stream) OnHttpResponseHeaders(n int, end bool) types.Action {
	return s.on("response_headers", n, end)
}
func (s *stream) OnHttpResponseBody(n int, end bool) types.Action {
	return s.on("response_body", n, end)
}
func (s *stream) OnHttpResponseTrailers(n int) types.Action {
	return s.on("response_trailers", n, true)
}
func (s *stream) OnHttpStreamDone() { s.on("done", 0, true) }

func check(what string, err error) {
	if err != nil {
		proxywasm.LogWarn(what + ": " + err.Error())
	}
}

// run does the actions of a callback and returns its result: 0 unless an action says otherwise.
func (p *plugin) run(callback string, id uint32) (result uint32) {
	for _, action := range p.script[callback] {
		verb, arg, _ := strings.Cut(action, " ")
		name, value, _ := strings.Cut(arg, "=")
		switch verb {
		case "return":
			n, _ := strconv.Atoi(arg)
			result = uint32(n)
		case "set":
			check(action, proxywasm.ReplaceHttpRequestHeader(name, value))
		case "get":
			v, err := proxywasm.GetHttpRequestHeader(arg)
			check(action, err)
			proxywasm.LogInfo(arg + " is " + strconv.Quote(v))
		case "set_response":
			check(action, proxywasm.ReplaceHttpResponseHeader(name, value))
		case "trailer":
			check(action, proxywasm.AddHttpRequestTrailer(name, value))
		case "body":
			v, err := proxywasm.GetHttpRequestBody(0, 1<<30)
			check(action, err)
			proxywasm.LogInfo("body is " + strconv.Quote(string(v)))
		case "splice": // splice START LENGTH TEXT
			f := strings.Fields(arg)
			start, _ := strconv.Atoi(f[0])
			length, _ := strconv.Atoi(f[1])
			text := []byte(f[2])
			st := setBuffer(0, uint32(start), uint32(length), &text[0], uint32(len(text)))
			proxywasm.LogInfo(action + " gives " + strconv.Itoa(int(st)))
		case "reply": // reply STATUS BODY
			code, body, _ := strings.Cut(arg, " ")
			n, _ := strconv.Atoi(code)
			check(action, proxywasm.SendHttpResponse(uint32(n), [][2]string{{"x-by", "script"}}, []byte(body), -1))
		case "resume":
			check(action, proxywasm.ResumeHttpRequest())
		case "close":
			closeStream(0)
		case "mark": // mark NAME: the context's id under that property
			check(action, proxywasm.SetProperty([]string{arg}, []byte(strconv.Itoa(int(id)))))
		case "property":
			v, err := proxywasm.GetProperty(strings.Split(arg, "/"))
			check(action, err)
			proxywasm.LogInfo("property " + arg + " is " + strconv.Quote(string(v)))
		case "set_property":
			check(action, proxywasm.SetProperty(strings.Split(name, "/"), []byte(value)))
		case "queue":
			var err error
			p.queue, err = proxywasm.RegisterSharedQueue(arg)
			check(action, err)
		case "enqueue": // enqueue PROPERTY: what it holds
			v, err := proxywasm.GetProperty([]string{arg})
			check(action, err)
			check(action, proxywasm.EnqueueSharedQueue(p.queue, v))
		case "become": // act for the context that the queue's item names
			check(action, proxywasm.SetEffectiveContext(id))
		case "become_marked": // act for the context whose id a property holds
			v, err := proxywasm.GetProperty([]string{arg})
			check(action, err)
			n, _ := strconv.ParseUint(string(v), 10, 32)
			check(action, proxywasm.SetEffectiveContext(uint32(n)))
		case "wait": // leave the context's id for the tick
			check(action, proxywasm.SetSharedData("waiting", []byte(strconv.Itoa(int(id))), 0))
		case "tick":
			n, _ := strconv.Atoi(arg)
			check(action, proxywasm.SetTickPeriodMilliSeconds(uint32(n)))
		case "call":
			_, err := proxywasm.DispatchHttpCall("nowhere", [][2]string{{":path", "/"}, {":method", "GET"}, {":authority", "a"}}, nil, nil, 1000, func(int, int, int) {})
			check("call", err)
		case "foreign":
			_, err := proxywasm.CallForeignFunction(arg, nil)
			check(action, err)
		case "count":
			proxywasm.DefineCounterMetric(arg).Increment(1)
		case "error":
			proxywasm.LogError(arg)
		case "trap":
			panic(arg)
		default:
			proxywasm.LogError("unknown action " + strconv.Quote(action))
		}
	}
	return result
}
