//go:build wasip1

package main

import (
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"

	"github.com/mom-router/mom-router/internal/config"
	"github.com/mom-router/mom-router/internal/objectives"
	"github.com/mom-router/mom-router/plugin/internal/audit"
	"github.com/mom-router/mom-router/plugin/internal/effect"
	"github.com/mom-router/mom-router/plugin/internal/reply"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
)

// phase is how far a request has come.
type phase uint8

const (
	opened   phase = iota // no headers seen yet
	reading               // held: the body is being read
	decided               // the route is known, the headers are still held
	released              // on its way upstream
	passed                // goes through uninspected
	answered              // the router has answered it itself
	gone                  // done
)

// stream is one request, shared by the contexts of a pair.
type stream struct {
	instance *instance
	id       uint32 // of the context that reads
	gate     uint32 // of the context that holds, 0 while there is none
	phase    phase
	began    int64 // the tick at which it was held
	progress int64 // the tick at which the body last moved
	length   int64 // content-length, or -1
	shape    prompt.Shape
	policy   *policy // that decides
	grant    *rules.Grant
	prefix   int    // how much of the path has chosen the policy
	inner    string // the path behind that, with its query
	*work           // what reading the body takes; nil before that and after
	trusted  [][2]string
	origin   string                           // of the web page that calls and may see the answer, or ""
	lookUp   func(name string) (string, bool) // header, once it was asked for
	text     []byte                           // what hold has copied
	record   audit.Record
	slot     int               // where it stands in the VM's list
	chunk    []byte            // the whole chunk at hand, in the arena, if it was fetched in this callback; else nil
	lastPath string            // few paths are asked for: no garbage for the same one again
	context  types.HttpContext // what the SDK calls: it is kept with the stream for the next one
	at       int64             // when the present callback began, by the clock of the VM
	busy     int64             // nanoseconds spent in this request
	kept     int64             // this stream's share of what the VM keeps, in bytes
	queued   bool              // waits for its release
	spent    int64             // work units since the last turn
	answering
	tried
	falling
	charges  charges // that were written
	most     charges // that it may come to
	amount   []byte
	mark     [8]byte // by which the other filters find the stream: a field, since what goes to the host would be garbage
	measured objectives.Request
	waits    bool // for its next turn: see turn.go
	filler   int  // bytes that Envoy holds in the place of a long body: see single.go
	holds    bool // Envoy holds what has come of the body of a single filter, all of it taken out
}

// work is what reading a body takes. It is handed on from one stream to the next, and a stream that waits for its
// engine has none.
type work struct {
	session *rules.Session
	excerpt *rules.Excerpt // what records say of prompts; nil where nobody asks for it
	body    effect.Body
	digits  []byte // of the new content-length
	later   backlog
}

// open starts a stream for a context, with the memory of one that is done.
func (in *instance) open(id uint32) *stream {
	var s *stream
	if n := len(in.spare); n > 0 {
		s, in.spare = in.spare[n-1], in.spare[:n-1]
	} else {
		s = new(stream)
	}
	if cap(s.text) > longText {
		s.text = nil
	}
	*s = stream{
		instance: in, policy: in.policies[0], id: id, length: -1,
		trusted: s.trusted[:0], lookUp: s.lookUp, text: s.text[:0], lastPath: s.lastPath, context: s.context,
		amount:  s.amount[:0],
		falling: falling{standIns: s.standIns[:0]},
		record:  audit.Record{Signals: s.record.Signals[:0], Flags: s.record.Flags[:0], Warnings: s.record.Warnings[:0]},
	}
	in.vm.enter(s)
	in.vm.active.add(1)
	return s
}

// longText is the most memory in bytes that a done stream keeps for header values.
const longText = 4 << 10

// spares bounds how many done streams an instance keeps for use again.
const spares = 64

// close ends a stream; no context may touch it afterwards.
func (s *stream) close() {
	s.charge()
	s.phase = gone
	s.rest()
	s.instance.spareReader(s.reader)
	s.reader = nil
	s.instance.vm.leave(s)
	s.instance.vm.active.add(-1)
	if len(s.instance.spare) < spares {
		s.instance.spare = append(s.instance.spare, s)
	}
}

// feed reads the body chunk at hand and returns how much of it was taken: all, unless the body is refused or, where it may
// put off the rest, its turn is over. Then the session may be behind, too.
func (s *stream) feed(size int, whole bool) (n int) {
	s.progress = s.instance.ticks
	if s.tooLong(size) {
		return 0
	}
	for n < size && (whole || s.spent < turn) {
		p := bytesOf(requestBody, n, min(size-n, slice))
		if len(p) == 0 {
			s.fault("the host did not give the request body")
			return n
		}
		if len(p) == size {
			s.chunk = p
		}
		took, ok := s.eat(p, whole)
		n += took
		if !ok {
			return n
		}
	}
	return n
}

// eat reads the next bytes of the body, all of them or until the turn is over. It returns how many were taken, and whether more may be.
func (s *stream) eat(p []byte, whole bool) (n int, ok bool) {
	for (n < len(p) || s.session.Behind()) && (whole || s.spent < turn) {
		alone := s.readsAlone() // where they part in what follows, the other one has read it already
		took, units := s.session.FeedPart(p[n:min(len(p), n+bite)], bite)
		if s.excerpt != nil {
			s.excerpt.Feed(p[n : n+took])
		}
		if alone {
			s.readAlong(p[n : n+took])
		}
		n += took
		s.record.Bytes += int64(took)
		if d := s.session.Decision(); d != nil && s.other != nil && !s.drawn && s.record.Bytes >= s.instance.config.HoldBytes {
			s.compare(d, false) // what comes behind the window is late, however much of it comes at once
		}
		s.spent += units
		if d := s.session.Decision(); d != nil && d.Action == rules.ActionDeny {
			return n, false
		}
	}
	return n, true
}

// tooLong refuses a body that is longer than announced. No proxy lets that through; if one did, the rest would be another
// request to the backend.
func (s *stream) tooLong(unread int) bool {
	if s.length < 0 || s.record.Bytes+int64(unread) <= s.length {
		return false
	}
	s.answer(&reply.Error{Status: 400, Code: "invalid_request", Message: "the body is longer than its content-length"})
	return true
}

// conclude acts on the decision about what has been read; it reports whether that may go on. A body that has all the bytes
// that content-length announced has ended: over HTTP/1 the backend would act on them before the end of the stream is told.
func (s *stream) conclude(end bool) bool {
	if s.phase == answered {
		return false
	}
	d := s.session.Decision()
	arrived := end || s.record.Bytes == s.length
	ended := arrived && !s.session.Behind()
	if ended {
		d = s.session.Close()
	}
	if s.other != nil {
		d = s.compare(d, ended)
	}
	if d != nil && d.Action == rules.ActionDeny {
		s.deny(d)
		return false
	}
	if s.instance.config.Preview {
		if arrived {
			s.foreseen(d)
		}
		return !arrived
	}
	if d != nil && s.phase == reading {
		s.phase = decided
		s.note(d)
		s.pickList(d.Model)
		s.estimate()
		s.publish(audit.Link{})
	}
	return true
}

// read reads a chunk and acts on the decision; it reports whether the chunk may go on.
func (s *stream) read(size int, end bool) bool {
	s.feed(size, true)
	return s.conclude(end)
}

// ended is called where a body ends without the callback that says so: at trailers.
func (s *stream) ended() bool { return s.read(0, true) }

// deny answers with the decision's refusal.
func (s *stream) deny(d *rules.Decision) {
	if at := s.session.Offset(); at > 0 {
		s.record.Bytes = min(s.record.Bytes, at+1) // up to the mistake, however the body is cut and whatever is remembered
	}
	s.note(d)
	s.answer(&reply.Error{Status: d.Status, Code: d.Code, Message: d.Message, Param: s.session.Param(), RetryAfter: d.RetryAfter})
}

// answer ends the request with an error. The host sends it once the callback returns.
func (s *stream) answer(e *reply.Error) {
	s.phase = answered
	s.forget()
	s.record.Action, s.record.Status, s.record.Code, s.record.Param = rules.ActionDeny, e.Status, e.Code, e.Param
	s.record.Model, s.record.Name, s.record.Cluster, s.record.Reasoning = "", "", "", ""
	s.record.MaxTokens = 0
	if s.previewed(e) {
		s.foresee(e.Message)
		return
	}
	if e.RetryAfter > 0 {
		sendWith(e.Status, [][2]string{{"content-type", "application/json"}, {"retry-after", strconv.FormatInt(e.RetryAfter, 10)}}, e.Body(s.shape))
	} else {
		send(e.Status, e.Body(s.shape))
	}
	s.publish(audit.Link{})
}

// send answers the request of the effective context.
func send(status int, body []byte) {
	sendWith(status, [][2]string{{"content-type", "application/json"}}, body)
}

func sendWith(status int, headers [][2]string, body []byte) {
	if err := proxywasm.SendHttpResponse(uint32(status), headers, body, -1); err != nil {
		proxywasm.LogError("mom-router: cannot answer: " + err.Error())
	}
}

// fault answers a failure of the plugin or of its surroundings, and says in the log what to mend.
func (s *stream) fault(cure string) {
	proxywasm.LogError("mom-router: " + cure)
	s.policy.metrics.faults.add(1)
	s.answer(&reply.Error{Status: 503, Code: "router_unavailable", Message: cure})
}

// expire answers a request that was held too long without progress.
func (s *stream) expire() {
	if proxywasm.SetEffectiveContext(s.id) != nil {
		return // it has vanished; later calls would hit another context
	}
	defer s.recoveredOutside()
	crash("tick", s)
	if s.phase == decided && !s.alone() {
		s.fault(notCalledBack)
		return
	}
	if s.instance.config.Hold == config.Flag && !s.instance.vm.bodySeen {
		s.fault("the filter holds headers but never sees a body: set allow_on_headers_stop_iteration: true in the filter's PluginConfig (Envoy 1.35 or newer), or use hold: pair")
		return
	}
	message := "no more of the request body came within hold_timeout"
	if s.dawdles() {
		message = "the request body came at less than 1 KB a second for 8 times hold_timeout"
	}
	s.answer(&reply.Error{Status: 408, Code: "request_timeout", Message: message})
}
