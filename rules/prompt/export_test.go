package prompt

// MayBeSealed reports whether a string of a shape's body may be reasoning that only the engine can read, which reaches no sink.
func MayBeSealed(shape Shape, s string) bool {
	if shape != Responses && shape != Messages {
		return false
	}
	for i := range len(s) {
		if !base64Letters[s[i]] {
			return false
		}
	}
	return true
}

// Ours reports whether a string is a member's name, a role or a type that the bodies of a shape may have: the strings
// that need not reach a sink.
func Ours(shape Shape, s string) bool {
	seen := map[*schema]bool{}
	var walk func(p *schema) bool
	walk = func(p *schema) bool {
		if p == nil || seen[p] {
			return false
		}
		seen[p] = true
		for name, m := range p.members {
			if name == s || walk(m) {
				return true
			}
		}
		return walk(p.items)
	}
	if walk(bodies[shape]) {
		return true
	}
	for _, roles := range []map[string]Role{chatRoles, responsesRoles, messagesRoles} {
		if _, ok := roles[s]; ok {
			return true
		}
	}
	for _, types := range []map[string]partType{chatParts, responsesParts, messagesParts} {
		if _, ok := types[s]; ok {
			return true
		}
	}
	_, ok := responsesItems[s]
	return ok
}
