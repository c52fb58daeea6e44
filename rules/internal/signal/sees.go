package signal

// Sees says where a signal looks: the name of a scope, "header", or "any" for one that goes by the whole request.
func (s *Set) Sees(i int) string {
	switch e := s.signals[i].evaluator.(type) {
	case keyword:
		return scopeNames[e.scope]
	case anyOf:
		if len(e) > 0 {
			return scopeNames[e[0].scope]
		}
	case header:
		return "header"
	}
	return scopeNames[inAny]
}
