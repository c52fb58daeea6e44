//go:build wasip1

package main

import (
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"

	"github.com/mom-router/mom-router/plugin/internal/audit"
	"github.com/mom-router/mom-router/rules"
)

// auditProperty holds the record; access logs read it as
// %FILTER_STATE(wasm.mom.audit:PLAIN)%.
const auditProperty property = "mom.audit"

// shownHash is how many digits of the policy's hash a record shows: enough to tell policies apart.
const shownHash = 16

const responseStatus property = "response\x00code"

// start notes the time at which a callback begins; stop counts the time since then as the filter's own.
func (s *stream) start() {
	s.at = s.instance.vm.clock.now()
	if s.measured.Active() {
		s.measured.Now(s.instance.vm.moment(s.at))
	}
}

func (s *stream) stop() {
	s.busy += s.instance.vm.clock.now() - s.at
	s.chunk = nil
}

// note puts a decision into the record.
func (s *stream) note(d *rules.Decision) {
	r := &s.record
	r.Action, r.Status, r.Decision, r.Guard = d.Action, d.Status, d.Name, d.Guard
	r.Reasoning, r.Effort, r.Warnings = d.Reasoning, d.Effort, append(r.Warnings[:0], d.Warnings...)
	s.model, s.asksUsage = d.Model, d.IncludeUsage
	r.MaxTokens = d.MaxTokens
	if m := d.Model; m != nil {
		r.Model, r.Name, r.Cluster = m.Key, m.Name, m.Cluster
	}
	r.From, r.Why = "", "" // or a refusal would keep those of the route that it ends
	if d.Demoted != nil {
		r.From, r.Why = d.Demoted.From, d.Demoted.Why
	}
	r.Conversation = audit.Conversation(d.Conversation)
	r.Domain, _, r.Sure, _ = s.session.Topic()
	if r.Session == "" && r.Prefix == "" { // they never change
		r.Session, r.Prefix = s.hold(s.session.SessionKey()), s.hold(s.session.PrefixKey())
	}
	s.fill()
}

// fill completes the record with what is known of the request by now. Its time is that at which the callback began.
func (s *stream) fill() {
	r := &s.record
	r.Time = s.instance.vm.clock.date(s.at)
	r.Policy = s.policy.shown
	s.noteTried()
	r.Micros = s.busy / 1000
	if s.work != nil {
		if d := s.session.Decision(); d != nil { // guards may have matched since it was noted
			// Copied, as the session goes on to the next stream before this one is done.
			r.Signals, r.Flags, r.Tier = append(r.Signals[:0], d.Signals...), append(r.Flags[:0], d.Flags...), d.Tier
			r.Cost = d.Cost
		}
		r.Asked = s.session.Facts().Model
		r.Tokens = s.session.Tokens()
		if s.excerpt != nil {
			r.PromptHash, r.PromptFirst = s.excerpt.Hash(), s.excerpt.First()
		}
	}
	s.noteFallBack()
	s.reckon()
}

// newExcerpt returns what keeps of prompts what the configuration asks for; nil without that.
func (in *instance) newExcerpt(t *rules.Table) *rules.Excerpt {
	c := in.config
	if in.hashes == nil && c.PromptFirst == 0 {
		return nil
	}
	return t.NewExcerpt(c.PromptFirst, in.hashes)
}

// publish writes the record and makes it readable to the access log. The line is valid until the next record is written.
func (s *stream) publish(link audit.Link) (line []byte) {
	if quiet {
		return nil
	}
	line = s.instance.writer.Write(&s.record, link)
	if s.instance.config.Preview {
		return line
	}
	if err := auditProperty.set(line); err != nil {
		proxywasm.LogError("mom-router: the host did not take a record: " + err.Error())
	}
	return line
}

// done writes the final record; the access log is written after it.
func (s *stream) done() {
	if s.phase == opened { // refused by the proxy before its headers came here
		s.close()
		return
	}
	defer s.buried()
	crash("done", s)
	if quiet {
		s.close()
		return
	}
	s.start()
	status := int(responseStatus.number())
	if status != 0 {
		s.record.Status = status
	}
	s.noteAnswer(status)
	s.fill()
	if !s.instance.config.Preview {
		s.chargeUsed()
		s.settle()
		s.policy.metrics.count(s)
		s.charge()
		s.instance.chain.Written(s.publish(s.instance.chain.Next()))
	}
	s.close()
}
