package vm

import (
	"github.com/mom-router/mom-router/hostsim/internal/abi"
	"github.com/mom-router/mom-router/hostsim/internal/buffer"
	"github.com/mom-router/mom-router/hostsim/internal/chain"
	"github.com/mom-router/mom-router/hostsim/internal/headers"
)

// writeMap is the header map that may be changed now, nil if there is none (Context::getMap).
// Naming the trailers in the last body callback makes them.
func (c *Context) writeMap(t uint32) *headers.Map {
	switch t {
	case abi.RequestHeaders:
		return c.request.headers
	case abi.RequestTrailers:
		if m := &c.request; m.trailers == nil && m.body != nil && m.last && c.cb != nil {
			m.trailers = c.cb.AddRequestTrailers()
		}
		return c.request.trailers
	case abi.ResponseHeaders:
		return c.response.headers
	case abi.ResponseTrailers:
		if m := &c.response; m.trailers == nil && m.body != nil && m.last && c.cb != nil {
			m.trailers = c.cb.AddResponseTrailers()
		}
		return c.response.trailers
	}
	return nil
}

// readMap is the header map that may be read now (Context::getConstMap). In proxy_on_log these are
// the stream's, whoever let go of them; there are no request trailers then.
func (c *Context) readMap(t uint32) *headers.Map {
	if c.logging {
		switch t {
		case abi.RequestHeaders:
			return c.cb.Stream().RequestMap()
		case abi.ResponseHeaders:
			return c.cb.Stream().ResponseMap()
		case abi.ResponseTrailers:
			return c.cb.Stream().ResponseTrailerMap()
		case abi.RequestTrailers:
			return nil
		}
	}
	switch t {
	case abi.RequestHeaders:
		return c.request.headers
	case abi.RequestTrailers:
		return c.request.trailers
	case abi.ResponseHeaders:
		return c.response.headers
	case abi.ResponseTrailers:
		return c.response.trailers
	case abi.CallResponseHeaders:
		if a := c.root().callAnswer; a != nil {
			return a.Headers
		}
	case abi.CallResponseTrailers:
		if a := c.root().callAnswer; a != nil {
			return a.Trailers
		}
	}
	return nil
}

// mapChanged: a change of the request's headers makes Envoy choose the route again (onHeadersModified).
func (c *Context) mapChanged(t uint32) {
	if t == abi.RequestHeaders && c.cb != nil {
		c.cb.ClearRouteCache()
	}
}

// region is a buffer as the module sees it; without a Buffer behind it, it cannot be changed.
type region struct {
	fixed []byte
	live  *buffer.Buffer
}

func (r region) bytes() []byte {
	if r.live != nil {
		return r.live.Bytes()
	}
	return r.fixed
}

// splice is Buffer::copyFrom in Envoy's context.cc: at the front it drains length bytes and prepends,
// at or behind the end it appends, and in the middle it does nothing.
func (r region) splice(start, length uint32, data []byte) abi.Status {
	if r.live == nil {
		return abi.BadArgument
	}
	switch {
	case start == 0:
		r.live.Drain(int(length))
		r.live.Prepend(data)
	case int(start) >= r.live.Len():
		r.live.Append(data)
	default:
		return abi.BadArgument
	}
	return abi.OK
}

// body finds a buffer (Context::getBuffer). A body that is not there reads as empty. All of them go through one place in
// the context, which is what CallData names: it gives the buffer that was asked for last.
func (c *Context) body(t uint32) (region, bool) {
	switch t {
	case abi.RequestBody:
		c.last = region{live: c.request.body}
		if c.request.buffering && c.cb != nil {
			c.last = region{live: c.cb.RequestBuffer()}
		}
	case abi.ResponseBody:
		c.last = region{live: c.response.body}
		if c.response.buffering && c.cb != nil {
			c.last = region{live: c.cb.ResponseBuffer()}
		}
	case abi.DownstreamData, abi.UpstreamData, abi.GRPCReceiveBuffer:
		c.last = region{}
	case abi.VMConfiguration:
		c.last = region{fixed: c.vm.Configuration}
	case abi.PluginConfiguration:
		if !c.configure {
			return region{}, false
		}
		c.last = region{fixed: c.plugin.Configuration}
	case abi.CallResponseBody:
		answer := c.root().callAnswer
		if answer == nil {
			return region{}, false
		}
		c.last = region{fixed: answer.Body}
	case abi.CallData:
	default:
		return region{}, false
	}
	return c.last, true
}

// continueStream resumes the stream once the module has returned. The request's headers and body
// cannot be reached from then on (Context::continueStream; it lets go of the request even when the
// response is continued).
func (c *Context) continueStream(t uint32) abi.Status {
	switch t {
	case abi.StreamRequest:
		if cb := c.cb; cb != nil {
			c.vm.after = append(c.vm.after, cb.ContinueRequest)
		}
	case abi.StreamResponse:
		if cb := c.cb; cb != nil {
			c.vm.after = append(c.vm.after, cb.ContinueResponse)
		}
	case abi.StreamDownstream:
		return abi.OK
	case abi.StreamUpstream:
		return abi.Unimplemented
	default:
		return abi.BadArgument
	}
	c.request.headers, c.request.body, c.request.trailers = nil, nil, nil
	return abi.OK
}

// closeStream resets the stream once the module has returned (Context::closeStream).
func (c *Context) closeStream(t uint32) abi.Status {
	if t > abi.StreamUpstream {
		return abi.BadArgument
	}
	if cb := c.cb; cb != nil && t <= abi.StreamResponse {
		c.vm.after = append(c.vm.after, func() { cb.Reset("wasm_close_stream") })
	}
	return abi.OK
}

// localReply answers once the module has returned (Context::sendLocalResponse).
func (c *Context) localReply(r chain.LocalReply) {
	if cb := c.cb; cb != nil {
		c.vm.after = append(c.vm.after, func() { cb.Reply(r) })
	}
}
