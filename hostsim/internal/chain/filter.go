// Package chain runs HTTP filters over a stream in the order and with the buffering of Envoy's
// filter manager (source/common/http/filter_manager.cc). It knows nothing of Wasm.
//
// Envoy's own last filter, the router, is not a Filter here: the Request sink stands in its place.
// Everything happens on the caller's goroutine; a Manager must not be used by two at once.
package chain

import (
	"github.com/mom-router/mom-router/hostsim/internal/buffer"
	"github.com/mom-router/mom-router/hostsim/internal/headers"
)

// HeadersStatus is a filter's answer to headers (envoy/http/filter.h, FilterHeadersStatus).
type HeadersStatus int

// The answers to headers.
const (
	HeadersContinue    HeadersStatus = iota
	HeadersStop                      // body callbacks still come to this filter
	HeadersStopBuffer                // nothing comes until continue; too much body is a 413
	HeadersStopAndHold               // nothing comes until continue; too much body stops the reading
)

// DataStatus is a filter's answer to a piece of body (FilterDataStatus).
type DataStatus int

// The answers to body.
const (
	DataContinue     DataStatus = iota
	DataStopBuffer              // keep it; too much is a 413
	DataStopAndHold             // keep it; too much stops the reading
	DataStopNoBuffer            // drop it, unless the filter kept it
)

// TrailersStatus is a filter's answer to trailers (FilterTrailersStatus).
type TrailersStatus int

// The answers to trailers.
const (
	TrailersContinue TrailersStatus = iota
	TrailersStop
)

// Filter sees one stream. Decode methods see the request, Encode methods the response; Log comes when
// the stream is complete, Destroy last.
type Filter interface {
	Name() string
	Attach(*Callbacks)
	DecodeHeaders(h *headers.Map, end bool) HeadersStatus
	DecodeData(b *buffer.Buffer, end bool) DataStatus
	DecodeTrailers(t *headers.Map) TrailersStatus
	EncodeHeaders(h *headers.Map, end bool) HeadersStatus
	EncodeData(b *buffer.Buffer, end bool) DataStatus
	EncodeTrailers(t *headers.Map) TrailersStatus
	Log()
	Destroy()
}

// Sink takes what comes out at an end of the chain: the router takes the request, the client the
// response. Data takes all bytes out of the buffer.
type Sink interface {
	Headers(h *headers.Map, end bool)
	Data(b *buffer.Buffer, end bool)
	Trailers(t *headers.Map)
}

// LocalReply is an answer that a filter or the proxy itself makes.
type LocalReply struct {
	Status  int
	Body    []byte
	Headers []headers.Field // added to :status, before content-length and content-type
	Details string          // response_code_details
	Filter  bool            // a filter asked for it, not the proxy
	Flags   int64           // response_flags that it sets
}

// Callbacks is what a filter can do to its stream from outside a callback's result.
type Callbacks struct {
	m        *Manager
	dec, enc *step
}

// ContinueRequest resumes the request behind this filter (or at it, when everything was stopped).
func (c *Callbacks) ContinueRequest() { c.dec.resume() }

// ContinueResponse resumes the response.
func (c *Callbacks) ContinueResponse() { c.enc.resume() }

// AddRequestData moves b into the stream's buffer, as the Wasm filter does before each body callback
// that follows a StopBuffer. More than the limit is a 413 before this returns.
func (c *Callbacks) AddRequestData(b *buffer.Buffer) { c.m.dec.add(b) }

// AddResponseData is AddRequestData for the response; more than the limit is a 500 or a reset.
func (c *Callbacks) AddResponseData(b *buffer.Buffer) { c.m.enc.add(b) }

// RequestBuffer is the stream's buffer of request body, nil while there is none.
func (c *Callbacks) RequestBuffer() *buffer.Buffer { return c.m.dec.buffered }

// ResponseBuffer is the stream's buffer of response body, nil while there is none.
func (c *Callbacks) ResponseBuffer() *buffer.Buffer { return c.m.enc.buffered }

// AddRequestTrailers makes empty trailers; nil when it is too late or they exist.
func (c *Callbacks) AddRequestTrailers() *headers.Map { return c.m.dec.addTrailers() }

// AddResponseTrailers makes empty trailers; nil when it is too late or they exist.
func (c *Callbacks) AddResponseTrailers() *headers.Map { return c.m.enc.addTrailers() }

// Reply answers the request from here.
func (c *Callbacks) Reply(r LocalReply) { c.m.Reply(r) }

// Reset drops the stream without an answer.
func (c *Callbacks) Reset(details string) { c.m.Reset(details) }

// Stream gives the stream that the filter is on.
func (c *Callbacks) Stream() *Manager { return c.m }

// ClearRouteCache forgets the route: it is chosen again when next needed.
func (c *Callbacks) ClearRouteCache() { c.m.ClearRouteCache() }
