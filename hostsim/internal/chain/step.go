package chain

import (
	"github.com/mom-router/mom-router/hostsim/internal/buffer"
	"github.com/mom-router/mom-router/hostsim/internal/headers"
)

type iteration int

const (
	running    iteration = iota
	stopped              // StopSingleIteration: the next body or trailers callback may resume
	allBuffer            // StopAllBuffer
	allHolding           // StopAllWatermark
)

// step is one filter in one direction (ActiveStreamFilterBase).
type step struct {
	p           *path
	at          int
	f           Filter
	state       iteration
	headersDone bool // the headers went past this filter (headers_continued_)
	fromHere    bool // resumed after stopping all: this filter's own callbacks are still to come
	ended       bool // the filter has seen the end of the stream (end_stream_)
}

func (s *step) onHeaders(h *headers.Map, end bool) HeadersStatus {
	if s.p.request {
		return s.f.DecodeHeaders(h, end)
	}
	return s.f.EncodeHeaders(h, end)
}

func (s *step) onData(b *buffer.Buffer, end bool) DataStatus {
	if s.p.request {
		return s.f.DecodeData(b, end)
	}
	return s.f.EncodeData(b, end)
}

func (s *step) onTrailers(t *headers.Map) TrailersStatus {
	if s.p.request {
		return s.f.DecodeTrailers(t)
	}
	return s.f.EncodeTrailers(t)
}

func (s *step) stoppedAll() bool { return s.state == allBuffer || s.state == allHolding }

// afterHeaders says whether the headers go on (commonHandleAfterHeadersCallback).
func (s *step) afterHeaders(st HeadersStatus) bool {
	switch st {
	case HeadersStop:
		s.state = stopped
	case HeadersStopBuffer:
		s.state = allBuffer
	case HeadersStopAndHold:
		s.state = allHolding
	default:
		s.headersDone = true
		return true
	}
	return false
}

// afterData says whether the data goes on in this pass (commonHandleAfterDataCallback).
func (s *step) afterData(st DataStatus, data *buffer.Buffer) bool {
	if st == DataContinue {
		if s.state != stopped {
			return true
		}
		s.p.keep(data)
		s.resume()
		return false
	}
	s.state = stopped
	switch {
	case st == DataStopBuffer || st == DataStopAndHold:
		s.p.streaming = st == DataStopAndHold
		s.p.keep(data)
	case s.p.complete() && s.p.trailers == nil && s.p.buffered == nil && !s.p.m.destroyed:
		// The stream ended with a piece that was dropped: resuming must still deliver an empty end.
		s.p.buffered = s.p.newBuffer()
	}
	return false
}

// afterTrailers says whether the trailers go on in this pass (commonHandleAfterTrailersCallback).
func (s *step) afterTrailers(st TrailersStatus) bool {
	if st == TrailersContinue {
		if s.state != stopped {
			return true
		}
		s.resume()
		return false
	}
	if s.state == running {
		s.state = stopped
	}
	return false
}

// resume is continueDecoding and continueEncoding (commonContinue): headers if they were held, then
// what is buffered, then trailers. When everything was stopped, body and trailers start at this very
// filter; its headers callback has been already.
//
// Resuming from within a callback that carries the end of the stream is where pairs of filters lose
// their body: the stream is complete, nothing is buffered yet, so the headers leave as the whole request.
func (s *step) resume() {
	p := s.p
	if !p.canResume() || p.m.destroyed {
		return
	}
	if s.stoppedAll() {
		s.fromHere = true
	}
	s.state = running
	if !s.headersDone {
		s.headersDone = true
		p.passHeaders(s, p.complete() && p.buffered == nil && p.trailers == nil)
	}
	hadTrailers := p.trailers != nil
	if p.buffered != nil {
		p.passData(s, p.buffered, p.complete() && !hadTrailers, true)
	}
	if hadTrailers {
		p.passTrailers(s)
	}
	s.fromHere = false
}
