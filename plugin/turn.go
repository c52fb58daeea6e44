//go:build wasip1

package main

import (
	"slices"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"

	"github.com/mom-router/mom-router/internal/config"
)

// While a callback runs, the worker serves nobody else. So a lead reads no more of a body in one go than a turn, until the
// request is released, and puts off the rest of what has come: Envoy holds it, with back-pressure on the client, and the lead keeps a copy to read from,
// turn by turn, with whatever else the worker has to do between them. What comes of a body does not depend on its turns.
//
// Turns begin with ticks, a millisecond apart: a message to the instance's own queue would be no way to let others go first,
// as Envoy delivers it before it looks at its sockets again. The single filter of flag mode reads a body in turns where it can let it go from a tick (see single.go); all
// others it reads as they come, so that the buffer limit of the connection is the turn. See RATIONALE.md.

// turn is how much of one body is read before others have their turn, in the units of rules.Session.Work: as many bytes of plain prose, fewer of what
// is read more than once. It does not go by a clock: a body is read in the same turns on every machine.
const turn = 48 << 10

// bite is how many bytes are read before it is seen whether a turn is over: what they may cost at most comes on top of it.
const bite = 4 << 10

// stopAndHold stops a body chunk and has Envoy keep it, with back-pressure instead of a 413 when there is too much: the
// number of Http::FilterDataStatus::StopIterationAndWatermark (envoy/http/filter.h), which the SDK has no name for.
const stopAndHold types.Action = 2

// quickly is the period of ticks while there is something to read, in milliseconds.
const quickly = 1

// backlog is what has been put off.
type backlog struct {
	bytes []byte // of a lead: a copy of what Envoy holds for it. A single filter has kept all of the body.
	read  int    // so many of them have been read after all
	ended bool   // the body has ended behind them
}

func (b *backlog) unread() []byte { return b.bytes[b.read:] }

// alone reports whether the filter that reads holds the headers, too.
func (s *stream) alone() bool { return s.instance.config.Hold == config.Flag }

// unread is what has been put off and not read yet.
func (s *stream) unread() []byte {
	if s.alone() {
		return s.body.Held()[s.record.Bytes:]
	}
	return s.later.unread()
}

// reset forgets everything but the memory it owns, of at most so many bytes.
func (b *backlog) reset(most int) {
	if cap(b.bytes) > most {
		b.bytes = nil
	}
	*b = backlog{bytes: b.bytes[:0]}
}

// take reads the body chunk at hand, or puts off what of it is too much for now. Nothing is put off once the router of the proxy
// has had some of the body: it keeps that for another try in the very buffer in which Envoy would hold the chunk, and all of the
// buffer would go on, so that the engine got the beginning twice.
func (l *lead) take(size int, end bool) types.Action {
	whole := l.phase == released || l.instance.config.Preview || !l.instance.room(size)
	if l.waits && whole {
		l.forget()
		l.readBacklog(true)
	}
	n := 0
	if !l.waits {
		n = l.feed(size, whole)
		if !l.conclude(end && n == size) || !l.fits() {
			return types.ActionPause
		}
		if n == size && !l.session.Behind() {
			return l.step(true)
		}
	}
	if !l.putOff(n, size-n, end) {
		return types.ActionPause
	}
	return stopAndHold
}

// putOff keeps n bytes of the chunk at hand, from position at, for later.
func (s *stream) putOff(at, n int, end bool) bool {
	if s.tooLong(len(s.later.unread()) + n) {
		return false
	}
	whole := eachSlice(requestBody, at, n, func(p []byte) bool {
		s.later.bytes = append(s.later.bytes, p...)
		return true
	})
	if !whole {
		s.fault("the host did not give the request body")
		return false
	}
	s.later.ended = end
	s.weigh(s.keeps())
	s.wait()
	return true
}

// readBacklog reads what was put off, for one turn or to its end, and reports whether it was read to its end.
func (s *stream) readBacklog(whole bool) bool {
	b, unread := &s.later, s.unread()
	took, ok := s.eat(unread, whole)
	b.read += took
	if ok && (took < len(unread) || s.session.Behind()) { // what is denied is read no further
		return false
	}
	b.bytes, b.read = b.bytes[:0], 0
	return true
}

// readOn reads for one turn. When all has been read that was put off, Envoy passes on what it holds. What a single filter keeps goes on with
// the next chunk, if there is one.
func (s *stream) readOn() {
	if proxywasm.SetEffectiveContext(s.id) != nil {
		s.forget() // it has vanished; later calls would hit another context
		return
	}
	defer s.recoveredOutside()
	crash("turn", s)
	s.start()
	defer s.stop()
	s.spent, s.progress = 0, s.instance.ticks
	if !s.readBacklog(false) {
		return
	}
	s.forget()
	if !s.conclude(s.later.ended) || !s.fits() || s.alone() && (!s.later.ended || !s.route() || !s.forward(0)) {
		return
	}
	if err := proxywasm.ResumeHttpRequest(); err != nil {
		s.fault("the host did not continue the request")
		return
	}
	if s.alone() {
		s.finish()
		return
	}
	s.ready()
}

// wait has a stream read on in one of the next ticks.
func (s *stream) wait() {
	if s.waits {
		return
	}
	s.waits = true
	in := s.instance
	in.behind = append(in.behind, s)
	if !in.quick {
		in.quick = true
		in.tick(quickly)
	}
}

// forget takes a stream from those that wait.
func (s *stream) forget() {
	if s.waits {
		s.waits = false
		in := s.instance
		in.behind = slices.DeleteFunc(in.behind, func(other *stream) bool { return other == s })
	}
}

// readOn gives the stream that has waited longest its turn. It then waits behind the others. Those have theirs in the same tick as long as little was read in it,
// or many small rests would wait a tick each.
func (in *instance) readOn() {
	spent := int64(0)
	for n := len(in.behind); n > 0 && len(in.behind) > 0 && spent < turn/4; n-- {
		s := in.behind[0]
		copy(in.behind, in.behind[1:])
		in.behind[len(in.behind)-1] = s
		s.readOn()
		spent += s.spent
	}
	if len(in.behind) == 0 && in.config.Hold == config.Pair {
		_ = in.callBack() // to slow down: a timer is better not replaced while it runs
	}
}

// slowDown has ticks come seldom again when nothing is left to read. An instance without a queue is asked to in what comes next of a stream.
func (in *instance) slowDown() {
	if in.quick && !in.ticking && len(in.behind) == 0 {
		in.quick = !in.tick(in.period)
	}
}
