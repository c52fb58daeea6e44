package signal

import (
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/sidecall"
	"github.com/mom-router/mom-router/rules/prompt"
)

// sideTask is true for calls that a client program makes beside a conversation, such as for its title: see package sidecall. Whoever writes such a form
// himself gets the route of side calls, behind all guards.
type sideTask struct{}

func (sideTask) value(st *State, in *Input) expr.Value {
	if in.Facts.Open {
		return expr.Unknown
	}
	for _, n := range st.side.found {
		if n >= 0 && st.within(st.set.sides.Limits(int(n)), in.Facts) {
			return expr.True
		}
	}
	return expr.False
}

// within reports whether a request is no larger than side calls are.
func (st *State) within(l *sidecall.Limits, f *prompt.Facts) bool {
	return f.Tools <= l.Tools && (f.Answers == 0 || !l.First) && (f.Answers > 0 || !l.Answered) && st.Size(f, Mix) <= l.Tokens && (l.Output == 0 || f.MaxTokens > 0 && f.MaxTokens <= l.Output)
}

// Whose text a form begins.
const (
	sideUser = iota
	sideSystem
	sideSpeakers
)

// sides are the forms of side calls that were found, by speaker; -1 is none.
type sides struct {
	found          [sideSpeakers]int32 // in the last user message, and in system messages
	part, msg      [sideSpeakers]int32 // in what is open
	partSaid, said bool                // the open part has text, and the open message text of its own speaker
	others         bool                // the open string is neither a user's nor an operator's
}

func (s *sides) begin() {
	s.found, s.part, s.msg = noForms, noForms, noForms
	s.partSaid, s.said = false, false
}

var noForms = [sideSpeakers]int32{-1, -1}

// string looks at the beginning and the end of a spoken string.
func (s *sides) string(table *sidecall.Table, head, tail []byte, whole bool) {
	s.partSaid = true
	if table != nil && !s.others {
		s.part[sideUser], s.part[sideSystem] = table.Find(head, tail, whole, s.part[sideUser], s.part[sideSystem])
	}
}

// endPart ends a part, which is of the message's own speaker or not.
func (s *sides) endPart(own bool) {
	for who, n := range s.part {
		if own && s.msg[who] < 0 {
			s.msg[who] = n
		}
	}
	s.said = s.said || own && s.partSaid
	s.part, s.partSaid = noForms, false
}

// endMessage ends a message.
func (s *sides) endMessage(role prompt.Role) {
	switch {
	case role == prompt.RoleUser && s.said:
		s.found[sideUser] = s.msg[sideUser]
	case role == prompt.RoleSystem && s.found[sideSystem] < 0:
		s.found[sideSystem] = s.msg[sideSystem]
	}
	s.msg, s.said = noForms, false
}
