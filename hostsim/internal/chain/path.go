package chain

import (
	"github.com/mom-router/mom-router/hostsim/internal/buffer"
	"github.com/mom-router/mom-router/hostsim/internal/headers"
)

// path is one direction of a stream. The two differ little: only the request drops what comes after a
// complete answer, and only the response ends the stream.
type path struct {
	m        *Manager
	request  bool
	steps    []step
	out      Sink
	headers  *headers.Map
	trailers *headers.Map

	buffered  *buffer.Buffer
	streaming bool // over the limit means back-pressure, not an error; so it is until a filter has data kept in another way

	calling  callbacks // the callbacks of this direction that are running (filter_call_state_)
	aborted  bool      // a local reply came out of such a callback
	outEnded bool      // the sink has seen the end
}

// callbacks is a set of the kinds of callback. They nest: a body callback of one filter can resume
// another one, whose headers callbacks then run inside it.
type callbacks uint8

const (
	inHeaders callbacks = 1 << iota
	inData
	inTrailers
	inLast // the body callback carries the end
)

// complete: the sender has sent everything (remote_decode_complete_, local_complete_).
func (p *path) complete() bool {
	if p.request {
		return p.m.requestComplete
	}
	return p.m.responseComplete
}

// canResume is canContinue: not after a complete answer.
func (p *path) canResume() bool {
	if p.request {
		return !p.m.responseComplete
	}
	return !p.m.ended
}

// dropped: nobody cares for further request parts once an answer is complete.
func (p *path) dropped() bool { return p.m.destroyed || p.request && p.m.responseComplete }

func (p *path) next(from *step, mayStartHere bool) int {
	switch {
	case from == nil:
		return 0
	case mayStartHere && from.fromHere:
		return from.at
	}
	return from.at + 1
}

func (p *path) passHeaders(from *step, end bool) {
	for i := p.next(from, false); i < len(p.steps); i++ {
		s := &p.steps[i]
		s.ended = end
		p.calling |= inHeaders
		st := s.onHeaders(p.headers, end)
		p.calling &^= inHeaders
		p.settle()
		if p.m.destroyed {
			return
		}
		if p.aborted {
			st = HeadersStop
		}
		if !s.afterHeaders(st) || p.dropped() {
			return
		}
	}
	p.outEnded = end
	p.out.Headers(p.headers, end)
	p.finish(end)
}

func (p *path) passData(from *step, data *buffer.Buffer, end, mayStartHere bool) {
	if p.dropped() {
		return
	}
	hadTrailers := p.trailers != nil
	var added *step // the filter that added trailers to this last piece
	i := p.next(from, mayStartHere)
	for ; i < len(p.steps); i++ {
		s := &p.steps[i]
		if s.stoppedAll() {
			p.streaming = s.state == allHolding
			p.keep(data)
			return
		}
		if s.ended {
			return // the end came by already: this data belongs to nobody
		}
		s.ended = end && p.trailers == nil
		now := inData
		if end {
			now |= inLast
		}
		p.calling |= now
		st := s.onData(data, s.ended)
		p.calling &^= now
		p.settle()
		if p.m.destroyed {
			return
		}
		if p.aborted {
			if p.request {
				return
			}
			st = DataStopNoBuffer
		}
		if !hadTrailers && p.trailers != nil && added == nil {
			added = s
			end = end && !p.request
		}
		if !s.afterData(st, data) {
			break
		}
	}
	if i == len(p.steps) && !p.outEnded {
		last := end && added == nil && (!p.request || p.trailers == nil)
		p.outEnded = last
		p.out.Data(data, last)
		p.finish(last)
	}
	if added != nil && (p.request || i == len(p.steps)) {
		p.passTrailers(added)
	}
}

func (p *path) passTrailers(from *step) {
	if p.dropped() {
		return
	}
	for i := p.next(from, true); i < len(p.steps); i++ {
		s := &p.steps[i]
		if s.stoppedAll() {
			return
		}
		p.calling |= inTrailers
		st := s.onTrailers(p.trailers)
		p.calling &^= inTrailers
		p.settle()
		if p.m.destroyed {
			return
		}
		s.ended = true
		if p.aborted {
			st = TrailersStop
		}
		if !s.afterTrailers(st) {
			return
		}
	}
	p.outEnded = true
	p.out.Trailers(p.trailers)
	p.finish(true)
}

// settle follows a filter's callback: an answer that it has prepared is made now.
func (p *path) settle() {
	if p.request && p.calling == 0 {
		p.m.replyPrepared()
	}
}

// finish ends the stream after the last part of a response (maybeEndEncode).
func (p *path) finish(end bool) {
	if !p.request && end {
		p.m.end()
	}
}

// keep moves data into the stream's buffer, unless it is that buffer (commonHandleBufferData).
func (p *path) keep(data *buffer.Buffer) {
	if p.buffered == data {
		return
	}
	if p.buffered == nil {
		p.buffered = p.newBuffer()
	}
	p.buffered.Move(data)
}

// add is addDecodedData and addEncodedData for a filter that buffers, not streams.
func (p *path) add(data *buffer.Buffer) {
	p.streaming = false
	p.keep(data)
}

func (p *path) addTrailers() *headers.Map {
	if p.calling&inLast == 0 || p.trailers != nil {
		return nil
	}
	p.trailers = headers.New()
	return p.trailers
}

func (p *path) newBuffer() *buffer.Buffer {
	return buffer.Limited(p.m.limit, p.tooMuch, func() { p.m.held[p.index()] = false })
}

// tooMuch is what crossing the buffer limit does (requestDataTooLarge, responseDataTooLarge).
func (p *path) tooMuch() {
	switch {
	case p.streaming:
		p.m.held[p.index()] = true
	case p.request:
		p.m.Reply(LocalReply{Status: 413, Body: []byte("Payload Too Large"), Details: "request_payload_too_large"})
	default:
		p.m.Reply(LocalReply{Status: 500, Body: []byte("Internal Server Error"), Details: "response_payload_too_large"})
	}
}

func (p *path) index() int {
	if p.request {
		return 0
	}
	return 1
}
