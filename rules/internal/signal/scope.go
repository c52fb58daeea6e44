package signal

// Scope is where a signal's words or patterns are looked for, as a policy writes it, such as "any".
// ok is false for signals that go by the request as a whole and not by a place in its text.
func (s *Set) Scope(i int) (scope string, ok bool) {
	switch e := s.signals[i].evaluator.(type) {
	case keyword:
		return scopeNames[e.scope], true
	case anyOf:
		if len(e) > 0 {
			return scopeNames[e[0].scope], true
		}
	case jailbreakScore:
		return scopeNames[inAny], true
	}
	return "", false
}
