package hostsim

import "github.com/mom-router/mom-router/hostsim/internal/chain"

// Fail is the proxy answering by itself, in the place of a backend that gave no answer or not all of it:
// connections refused or reset, timeouts. The answer goes to the client through the filters; if another
// one is on its way to the client already, the stream is reset. details are the response_code_details.
func (s *Stream) Fail(status int, details, body string) {
	s.w.turn(func() {
		s.m.Reply(chain.LocalReply{Status: status, Details: details, Body: []byte(body)})
	})
}

// Failure is a way in which a backend fails.
type Failure int

// The failures.
const (
	NoFailure   Failure = iota
	Down                // nobody listens
	Closing             // it closes the connection without an answer
	Resetting           // it resets the connection without an answer
	Garbage             // what it answers is no HTTP
	Silent              // it does not answer before the route's timeout
	BreakingOff         // it closes the connection in the middle of the answer's body
)

// failures are what Envoy's router makes of them: status, response_code_details and body (source/common/router/router.cc,
// UpstreamRequest and Filter::onUpstreamAbort; measured in e2e/differential).
var failures = map[Failure]chain.LocalReply{
	Down: {Status: 503, Flags: 0x20, Details: "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}",
		Body: []byte(before + "remote connection failure")},
	Closing: {Status: 503, Flags: 0x40, Details: "upstream_reset_before_response_started{connection_termination}",
		Body: []byte(before + "connection termination")},
	Resetting: {Status: 503, Flags: 0x40, Details: "upstream_reset_before_response_started{connection_termination}",
		Body: []byte(before + "connection termination")},
	Garbage: {Status: 502, Flags: 0x800000, Details: "upstream_reset_before_response_started{protocol_error}",
		Body: []byte(before + "protocol error")},
	Silent:      {Status: 504, Flags: 0x4, Details: "response_timeout", Body: []byte("upstream request timeout")},
	BreakingOff: {Status: 502, Flags: 0x800000, Details: "upstream_reset_after_response_started{protocol_error}"},
}

const before = "upstream connect error or disconnect/reset before headers. reset reason: "

// refused is what Envoy 1.36 adds for Down; 1.40 keeps it for the details.
const refused = ", transport failure reason: delayed connect error: Connection refused"

// failure is the answer of the router.
func (h *Host) failure(f Failure) chain.LocalReply {
	r := failures[f]
	if f == Down && h.envoy == Envoy136 {
		r.Body = append(r.Body[:len(r.Body):len(r.Body)], refused...)
	}
	return r
}

// FailBackend is the backend failing, as the router tells the client of it, through the filters. After RespondHeaders it is
// BreakingOff.
func (s *Stream) FailBackend(f Failure) {
	s.w.turn(func() { s.m.Reply(s.w.module.host.failure(f)) })
}
