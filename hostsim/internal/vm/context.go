package vm

import (
	"github.com/mom-router/mom-router/hostsim/internal/abi"
	"github.com/mom-router/mom-router/hostsim/internal/buffer"
	"github.com/mom-router/mom-router/hostsim/internal/chain"
	"github.com/mom-router/mom-router/hostsim/internal/headers"
)

// Context is a root context (one a plugin configuration) or one stream's run through one plugin
// (Envoy's Context). A stream's Context is a chain.Filter.
type Context struct {
	vm     *VM
	id     uint32
	parent *Context // the root context; nil in a root context
	plugin *Plugin

	inVM      bool // proxy_on_context_create has been
	configure bool // proxy_on_configure runs: the plugin's configuration can be read
	logging   bool // proxy_on_log runs: headers are read-only
	destroyed bool
	failSent  bool // the VM failed, and this stream was answered for it
	ticks     ticker
	last      region              // the buffer that was asked for last
	declared  map[string]declared // properties

	// Of root contexts only.
	calls      map[uint32]bool // HTTP calls that wait for their answer
	callAnswer *Answer         // while proxy_on_http_call_response runs
	status     uint32          // what get_status gives
	statusText string

	cb                *chain.Callbacks
	request, response message
}

// message is what callbacks can reach of a request or a response. Pointers are nil when the callback
// that gave them has let go.
type message struct {
	headers   *headers.Map
	body      *buffer.Buffer
	trailers  *headers.Map
	buffering bool // the last body callback asked to buffer: the next sees everything so far
	last      bool // the running body callback carries the end of the stream
}

// NewStream makes a plugin's filter for one stream. The context has an id from now on; the module
// hears of it when the headers reach the filter.
func (v *VM) NewStream(root *Context) *Context {
	c := &Context{vm: v, id: v.newID(), parent: root, plugin: root.plugin}
	v.contexts[c.id] = c
	return c
}

func (c *Context) root() *Context {
	if c.parent != nil {
		return c.parent
	}
	return c
}

// Name is the plugin's name.
func (c *Context) Name() string { return c.plugin.Name }

// Attach gives the filter its stream.
func (c *Context) Attach(cb *chain.Callbacks) { c.cb = cb }

func (c *Context) log(level abi.Level, msg string) {
	if level >= abi.Error {
		c.vm.lastLog = msg
	}
	c.vm.Log(level, c.plugin.Name, msg)
}

// create tells the module of the context, once (ContextBase::onCreate).
func (c *Context) create() {
	if !c.inVM && c.vm.hears(contextCreate) {
		parent := uint64(0)
		if c.parent != nil {
			parent = uint64(c.parent.id)
		}
		c.vm.call(c, contextCreate, uint64(c.id), parent)
		c.vm.settle()
	}
	c.inVM = true
}

// failStream answers 503 for a VM that has failed, once (Context::failStream).
func (c *Context) failStream() {
	if !c.failSent {
		c.failSent = true
		c.cb.Reply(chain.LocalReply{Status: 503, Details: "wasm_fail_stream"})
	}
}

// enter runs one stream callback. ok is false when the VM has failed, before or by it; the stream is then answered, also
// under FAIL_OPEN, which concerns only streams that begin later (CHECK_FAIL_HTTP in src/context.cc).
func (c *Context) enter(on callback, args ...uint64) (result uint64, ok bool) {
	if c.vm.failed == nil {
		result = c.vm.call(c, on, args...)
	}
	if c.vm.failed != nil {
		c.failStream()
		return 0, false
	}
	return result, true
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

func (c *Context) onHeaders(on callback, h *headers.Map, end bool) chain.HeadersStatus {
	if c.vm.on[on] == nil && c.vm.failed == nil {
		return chain.HeadersContinue
	}
	defer c.vm.settle()
	r, ok := c.enter(on, uint64(c.id), uint64(h.Len()), bit(end))
	switch {
	case !ok || c.vm.stopNext:
		return chain.HeadersStopAndHold
	}
	// The numbers are Envoy's FilterHeadersStatus. A plain pause stops body callbacks, too, unless the
	// plugin says allow_on_headers_stop_iteration (convertVmCallResultToFilterHeadersStatus).
	switch r {
	case 0:
		return chain.HeadersContinue
	case 1:
		if c.plugin.AllowOnHeadersStop {
			return chain.HeadersStop
		}
	case 3:
		return chain.HeadersStopBuffer
	case 2:
		// ContinueAndEndStream: Envoy's conversion lets it fall to Continue.
		return chain.HeadersContinue
	}
	return chain.HeadersStopAndHold
}

func (c *Context) onBody(on callback, size int, end bool) chain.DataStatus {
	if c.vm.on[on] == nil && c.vm.failed == nil {
		return chain.DataContinue
	}
	defer c.vm.settle()
	r, ok := c.enter(on, uint64(c.id), uint64(uint32(size)), bit(end))
	switch {
	case !ok || c.vm.stopNext || r > 3:
		return chain.DataStopNoBuffer
	}
	return chain.DataStatus(r) // the same numbers as FilterDataStatus
}

func (c *Context) onTrailers(on callback, t *headers.Map) chain.TrailersStatus {
	if c.vm.on[on] == nil && c.vm.failed == nil {
		return chain.TrailersContinue
	}
	defer c.vm.settle()
	r, ok := c.enter(on, uint64(c.id), uint64(t.Len()))
	switch {
	case !ok || c.vm.stopNext || r != 0:
		return chain.TrailersStop
	}
	return chain.TrailersContinue
}

// DecodeHeaders runs proxy_on_request_headers. The headers stay editable only if it does not continue.
func (c *Context) DecodeHeaders(h *headers.Map, end bool) chain.HeadersStatus {
	c.create()
	c.request.headers, c.request.last = h, end
	st := c.onHeaders(requestHeaders, h, end)
	if st == chain.HeadersContinue {
		c.request.headers = nil
	}
	return st
}

// DecodeData runs proxy_on_request_body.
func (c *Context) DecodeData(b *buffer.Buffer, end bool) chain.DataStatus {
	if !c.inVM {
		return chain.DataContinue
	}
	return c.data(&c.request, b, end, requestBody, abi.RequestBody)
}

// data runs a body callback. If the last one asked to buffer, this piece joins the stream's buffer
// first and the module sees all of it.
func (c *Context) data(m *message, b *buffer.Buffer, end bool, on callback, kind uint32) chain.DataStatus {
	if m.buffering {
		if kind == abi.RequestBody {
			c.cb.AddRequestData(b)
		} else {
			c.cb.AddResponseData(b)
		}
		if c.destroyed {
			return chain.DataStopBuffer // too much: answered with 413 or 500
		}
	}
	m.body, m.last = b, end
	seen, _ := c.body(kind)
	st := c.onBody(on, len(seen.bytes()), end)
	m.buffering = st == chain.DataStopBuffer
	if st == chain.DataContinue {
		m.body = nil
	}
	return st
}

// DecodeTrailers runs proxy_on_request_trailers.
func (c *Context) DecodeTrailers(t *headers.Map) chain.TrailersStatus {
	if !c.inVM {
		return chain.TrailersContinue
	}
	c.request.trailers = t
	st := c.onTrailers(requestTrailers, t)
	if st == chain.TrailersContinue {
		c.request.trailers = nil
	}
	return st
}

// EncodeHeaders runs proxy_on_response_headers, unless the module never saw the stream or has failed on it.
func (c *Context) EncodeHeaders(h *headers.Map, end bool) chain.HeadersStatus {
	if !c.inVM || c.failSent {
		return chain.HeadersContinue
	}
	c.response.headers, c.response.last = h, end
	st := c.onHeaders(responseHeaders, h, end)
	if st == chain.HeadersContinue {
		c.response.headers = nil
	}
	return st
}

// EncodeData runs proxy_on_response_body.
func (c *Context) EncodeData(b *buffer.Buffer, end bool) chain.DataStatus {
	if !c.inVM || c.failSent {
		return chain.DataContinue
	}
	return c.data(&c.response, b, end, responseBody, abi.ResponseBody)
}

// EncodeTrailers runs proxy_on_response_trailers.
func (c *Context) EncodeTrailers(t *headers.Map) chain.TrailersStatus {
	if !c.inVM || c.failSent {
		return chain.TrailersContinue
	}
	c.response.trailers = t
	st := c.onTrailers(responseTrailers, t)
	if st == chain.TrailersContinue {
		c.response.trailers = nil
	}
	return st
}

// Log runs proxy_on_log; a stream that the module never saw is created for it first (Context::log).
func (c *Context) Log() {
	if !c.inVM {
		c.create()
	}
	if !c.vm.hears(contextLog) {
		return
	}
	c.logging = true
	c.vm.call(c, contextLog, uint64(c.id))
	c.vm.settle()
	c.logging = false
}

// Destroy runs proxy_on_done and proxy_on_delete (Context::onDestroy).
func (c *Context) Destroy() {
	if c.destroyed {
		return
	}
	c.destroyed = true
	c.vm.gone = append(c.vm.gone, c.id)
	if !c.inVM {
		return
	}
	c.onDone()
	c.onDelete()
}

func (c *Context) onDone() bool {
	if !c.vm.hears(contextDone) {
		return true
	}
	r := c.vm.call(c, contextDone, uint64(c.id))
	c.vm.settle()
	return r != 0
}

func (c *Context) onDelete() {
	if c.inVM && c.vm.hears(contextDelete) {
		c.vm.call(c, contextDelete, uint64(c.id))
		c.vm.settle()
	}
}
