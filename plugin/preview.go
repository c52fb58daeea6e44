//go:build wasip1

package main

import (
	"strconv"

	"github.com/mom-router/mom-router/plugin/internal/audit"
	"github.com/mom-router/mom-router/plugin/internal/reply"
	"github.com/mom-router/mom-router/rules"
)

// An instance with preview: true says where requests would go and sends none of them anywhere. It is for a listener of the operator's own: nothing in a
// request can make an instance preview, or stop it. It leaves no records and counts nothing, so that nobody takes what was only asked for served.

// longestShown bounds a text of a preview in bytes.
const longestShown = 1000

// previewed reports whether an answer is to be shown and not given: all but failures of the router's own.
func (s *stream) previewed(e *reply.Error) bool {
	if !s.instance.config.Preview {
		return false
	}
	switch e.Code {
	case "router_unavailable", "router_overloaded", "request_timeout":
		return false
	}
	return true
}

// foresee ends a previewed request. message is what a client would be told that is denied.
func (s *stream) foresee(message string) {
	s.phase = answered
	if s.at == 0 { // no body has come
		s.start()
	}
	s.fill()
	s.forget()
	send(200, s.preview(message))
}

// preview says what would become of a request, with the members that hostsim route --json prints, and the rule that decides.
func (s *stream) preview(message string) []byte {
	r := &s.record
	kind, when, ok := s.policy.table.Rule(r.Decision)
	if !ok {
		kind = r.Decision
	}
	dst := strconv.AppendInt([]byte(`{"status":`), int64(r.Status), 10)
	for _, m := range [...][2]string{
		{`,"action":`, r.Action}, {`,"cluster":`, r.Cluster}, {`,"model":`, r.Model}, {`,"name":`, r.Name}, {`,"decision":`, r.Decision}, {`,"rule":`, kind}, {`,"when":`, when},
		{`,"reasoning":`, r.Reasoning}, {`,"code":`, r.Code}, {`,"message":`, message},
	} {
		dst = audit.AppendString(append(dst, m[0]...), m[1], longestShown)
	}
	for i, list := range [...][]string{r.Signals, r.Flags} {
		dst = append(dst, [...]string{`,"signals":[`, `],"flags":[`}[i]...)
		for j, value := range list {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = audit.AppendString(dst, value, longestShown)
		}
	}
	dst = append(append(dst, `],"record":`...), s.instance.writer.Write(r, audit.Link{})...)
	return append(dst, '}')
}

// foreseen ends a previewed request whose body has ended with a decision, which stands until then: what comes late may deny it.
func (s *stream) foreseen(d *rules.Decision) {
	s.note(d)
	s.record.Status = 200 // if the engine says so
	s.foresee("")
}
