//go:build wasip1

package main

import "github.com/mom-router/mom-router/plugin/internal/reply"

// A Wasm VM that runs out of memory is lost with all requests in it, and its memory never shrinks. So what streams keep
// is counted, and one that would bring the sum over the configured limit is refused: the others go on.

// sessionSize is about what a session takes, in bytes, beside what it keeps of long bodies.
const sessionSize = 64 << 10

// weigh notes how many bytes a stream keeps now.
func (s *stream) weigh(n int64) {
	s.instance.vm.kept += n - s.kept
	s.kept = n
}

// fits weighs a stream that is held and refuses it if all together have become too much.
func (s *stream) fits() bool {
	s.weigh(s.keeps())
	if s.phase != reading || s.instance.vm.kept <= s.instance.config.Memory {
		return true
	}
	s.policy.metrics.refused.add(1)
	s.answer(&reply.Error{Status: 503, Code: "router_overloaded", Message: "too much is held at once: try again in a moment"})
	s.finish()
	return false
}

// keeps is what a stream that reads a body keeps, in bytes.
func (s *stream) keeps() int64 {
	kept := sessionSize + s.session.Kept() + s.body.Kept() + int64(cap(s.later.bytes))
	if s.excerpt != nil {
		kept += s.excerpt.Kept()
	}
	if s.other != nil {
		kept += sessionSize + s.other.Kept()
	}
	return kept
}

// room reports whether n bytes more may be put off: nobody is to be refused because others are not read at once.
func (in *instance) room(n int) bool { return in.vm.kept+int64(n) <= in.config.Memory/2 }

// finish ends the work of a stream that reads no more of its body. What the record needs of it is noted first.
func (s *stream) finish() {
	s.fill()
	s.keepStandIns()
	s.rest()
}

// Done works keep their buffers for the next requests: all of them little ones, and the few that are used again first ample ones,
// so that bodies of some hundred kilobytes, one after the other, make no garbage. So a VM keeps at most 16 MB for that, and a few more where it has several policies, which
// share the numbers.
const (
	little     = 64 << 10 // bytes of a buffer
	ample      = 1 << 20
	roomyWorks = 4
)

// rest hands the work back.
func (s *stream) rest() {
	in := s.instance
	s.forget()
	if s.work != nil && !in.config.Preview {
		s.policy.metrics.read(s.session)
		in.countPieces()
	}
	p := s.policy
	if s.swapped {
		p = s.trial.active
	}
	s.part()
	if s.work != nil && len(p.works) < max(spares/len(in.policies), roomyWorks) {
		room := little
		if len(p.works) < max(roomyWorks/len(in.policies), 1) {
			room = ample
		}
		s.body.Reset(room)
		s.later.reset(room)
		p.works = append(p.works, s.work)
	}
	s.work = nil
	s.weigh(0)
}
