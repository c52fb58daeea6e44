package signal

import "github.com/mom-router/mom-router/rules/internal/wrapper"

// Span is the place of some bytes in a string: that of the first one, and the place behind the last one.
type Span struct{ From, To int }

// Own tells where in the strings of a user's message his own words stand, for explanations: what a State takes for them.
func (s *Set) Own(message [][]byte) (own [][]Span) {
	var r wrapper.Reader
	only := false
	kept := make([][]Span, len(message))
	for i, text := range message {
		var o spans
		r.Reset(s.wrappers, &o)
		r.Text(text)
		if !r.End() {
			o.Keep()
		}
		own, kept[i] = append(own, o.outer), o.kept
		only = only || o.only
	}
	for i := range own {
		if only {
			own[i] = nil
		}
		own[i] = append(own[i], kept[i]...)
	}
	return own
}

// spans is a wrapper.Out that notes places.
type spans struct {
	at                int
	outer, held, kept []Span
	inside, only      bool
}

func (s *spans) Pass(p []byte) {
	list := &s.outer
	if s.inside {
		list = &s.held
	}
	if n := len(*list); n > 0 && (*list)[n-1].To == s.at {
		(*list)[n-1].To += len(p)
	} else {
		*list = append(*list, Span{s.at, s.at + len(p)})
	}
	s.at += len(p)
}

func (s *spans) Enter() { s.inside = true }
func (s *spans) Clear() { s.held = nil }
func (s *spans) Keep()  { s.kept, s.held = append(s.kept, s.held...), nil }
func (s *spans) Only()  { s.only = true }
func (s *spans) Drop()  { s.inside, s.held = false, nil }
