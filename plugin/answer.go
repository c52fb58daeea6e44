//go:build wasip1

package main

import (
	"strings"
	"unsafe"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"

	"github.com/mom-router/mom-router/plugin/internal/answer"
	"github.com/mom-router/mom-router/rules"
)

// answering is what a routed request gets back, as far as it is known.
type answering struct {
	model       *rules.Model   // that was chosen
	reader      *answer.Reader // of the answer's body; nil where that is not read
	why         answer.Why     // it is not
	asksUsage   bool           // the router has asked for usage in the client's place
	heard       bool           // the answer has come to its end
	failure     string         // of the engine or on the way to it: one of the failures
	aborted     bool           // the client has left before the end
	givenUp     bool           // the router could not read it to its end
	arrived     int64          // when the headers of the request came, by the clock of the VM
	first, last int64          // when the first text came, and the last; 0 before that
	firstEvents int64          // how many events with text came at first
}

// The failures of an engine, or on the way to it.
const (
	failedStatus      = "status"      // it answered 400 or more
	failedInAnswer    = "in_answer"   // it told of an error in the answer's body
	failedReset       = "reset"       // the connection broke, or the protocol was not kept to
	failedTimeout     = "timeout"     // nothing came for too long
	failedUnavailable = "unavailable" // it cannot be reached, or takes no more requests
	failedOther       = "other"
)

var failures = []string{failedStatus, failedInAnswer, failedReset, failedTimeout, failedUnavailable, failedOther}

// identity is what an engine shall answer in where the router must take something out.
const acceptEncoding, identity = "accept-encoding", "identity"

// listen prepares for the body of an answer, by its headers.
func (s *stream) listen(status, contentType, encoding string) {
	if s.phase != released {
		return
	}
	if status >= "4" {
		if s.failure, s.aborted = failure(string(codeDetails.get())); s.failure == "" {
			s.failure = failedStatus
		}
		s.why = answer.Missing
		return
	}
	form := answer.Object
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.TrimSpace(media)
	switch {
	case encoding != "" && !strings.EqualFold(encoding, identity):
		s.why = answer.Compressed
		return
	case strings.EqualFold(media, "text/event-stream"):
		form = answer.Events
	case !strings.EqualFold(media, "application/json"):
		s.why = answer.OtherType
		return
	}
	if n := len(s.instance.readers); n > 0 {
		s.reader, s.instance.readers = s.instance.readers[n-1], s.instance.readers[:n-1]
	} else {
		s.reader = new(answer.Reader)
	}
	s.reader.Reset(s.shape, form, s.asksUsage)
	if s.reader.TakesOut() {
		_ = proxywasm.RemoveHttpResponseHeader("content-length")
	}
}

// hear reads a piece of the answer's body, and takes out what only the router has caused.
func (s *stream) hear(size int, end bool) {
	s.heard = end
	if s.reader == nil {
		return
	}
	before := s.reader.Spoken()
	in := s.instance
	in.filtered = in.filtered[:0]
	edited := false
	whole := eachSlice(responseBody, 0, size, func(p []byte) bool {
		edited = s.hearSlice(p, false) || edited
		return true
	})
	if !whole {
		s.unheard()
		return
	}
	if end {
		edited = s.hearSlice(nil, true) || edited
	}
	if edited && setBufferBytes(responseBody, 0, int32(size), unsafe.SliceData(in.filtered), int32(len(in.filtered))) != 0 {
		proxywasm.LogError("mom-router: the host did not take the edited answer")
		s.unheard()
		return
	}
	if n := s.reader.Spoken() - before; n > 0 {
		s.last = in.vm.clock.now()
		if s.first == 0 {
			s.first, s.firstEvents = s.last, n
			if s.measured.Active() {
				s.measured.First(in.vm.moment(s.last))
			}
		}
	}
}

// hearSlice reads the next bytes of the answer's body and, where something may be taken out of that, keeps what goes on in their place. It reports whether
// that is something else.
func (s *stream) hearSlice(p []byte, end bool) (edited bool) {
	out, edited := s.reader.Feed(p, end)
	if s.reader.TakesOut() {
		if !edited {
			out = p
		}
		s.instance.filtered = append(s.instance.filtered, out...)
	}
	return edited
}

// recoveredAnswer is deferred where an answer is read: a panic there ends the reading, and the answer only where something was to be taken out of it.
func (s *stream) recoveredAnswer(action *types.Action) {
	if v := recover(); v != nil {
		logPanic("an answer", v)
		r := s.reader
		s.reader, s.why, s.givenUp = nil, answer.Missing, true
		if r != nil && r.TakesOut() {
			*action = types.ActionPause
			s.broken()
			return
		}
		s.policy.metrics.faults.add(1)
	}
}

// unheard gives up reading an answer that the host does not show.
func (s *stream) unheard() {
	s.instance.spareReader(s.reader)
	s.reader, s.why, s.givenUp = nil, answer.Missing, true
}

// hearTrailers is the end of an answer. Of a stream of which something was to be taken out, an event without an end is lost here: no reader of
// events would have taken it for one.
func (s *stream) hearTrailers() {
	s.heard = true
	if s.reader != nil {
		s.reader.Feed(nil, true)
	}
}

// spareReader keeps a reader for another answer.
func (in *instance) spareReader(r *answer.Reader) {
	if r != nil && len(in.readers) < spares {
		in.readers = append(in.readers, r)
	}
}

// noteAnswer notes in the record what the answer was; status is what the client has seen, or 0.
func (s *stream) noteAnswer(status int) {
	r := &s.record
	r.Duration = max(s.at-s.arrived, 0) / 1000
	if s.phase != released {
		r.Aborted = status == 0
		return
	}
	if !s.heard && s.failure == "" && !s.aborted {
		s.failure, s.aborted = failure(string(codeDetails.get()))
	}
	if a := s.reader; a != nil {
		var u answer.Usage
		if u, s.why = a.Usage(); s.why == answer.Known {
			r.HasUsage, r.UsageIn, r.UsageOut, r.UsageReasoning, r.UsageCached = true, u.In, u.Out, u.Reasoning, u.Cached
			r.CostActual = s.model.Cost(u.In, u.Out)
		}
		r.Answered, r.Finish = view(a.Model()), view(a.Finish())
		if a.Failed() && s.failure == "" {
			s.failure = failedInAnswer
		}
		if s.first > 0 {
			r.FirstText = max(s.first-s.arrived, 1) / 1000
			tokens := u.Out - s.firstEvents
			if s.why != answer.Known || tokens <= 0 {
				tokens = a.Spoken() - s.firstEvents
			}
			if tokens > 0 {
				r.PerToken = max(s.last-s.first, 1) / tokens / 1000
			}
		}
	}
	r.UsageUnknown = s.why.String()
	r.Aborted, r.UpstreamError = s.aborted, s.failure
}

// failure says by Envoy's response_code_details what became of an answer: which failure it was, if any, and whether the client has left.
// https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/response_code_details
func failure(details string) (why string, aborted bool) {
	before, after, _ := strings.Cut(details, "{")
	switch {
	case before == "" || before == "via_upstream":
		return "", false
	case strings.HasPrefix(before, "downstream_"), strings.HasSuffix(before, ".remote_reset"), before == "client_disconnected":
		return "", true
	case strings.Contains(before, "timeout"):
		return failedTimeout, false
	case before == "no_healthy_upstream", before == "overload", before == "maintenance_mode", strings.Contains(after, "connection_failure"), strings.Contains(after, "overflow"):
		return failedUnavailable, false
	case strings.HasPrefix(before, "upstream_reset_"), before == "early_upstream_reset":
		return failedReset, false
	}
	return failedOther, false
}
