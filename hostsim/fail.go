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
