package signal

// obfuscation is true when text is disguised in some way, wherever it stands, whether or not what
// is behind it is found: invisible (characters without width inside words), bidi (directional
// overrides), tags (hidden tag characters and selectors), marks (struck-through letters and heaps
// of accents), styled (mathematical or circled letters), width (full-width letters).
var obfuscationKind = kind{
	name:     "obfuscation",
	builtins: oddityNames[:],
	builtin: func(b *Builder, name string) (evaluator, string) {
		for i, n := range oddityNames {
			if n == name {
				return keyword{b.oddity(i), inAny}, ""
			}
		}
		return never{}, ""
	},
}

// oddityNames are the names of text.Oddities, by bit.
var oddityNames = [...]string{"invisible", "bidi", "tags", "marks", "styled", "width"}

// oddity returns the pattern of a disguise.
func (b *Builder) oddity(i int) uint32 {
	if b.readable.oddWanted>>i&1 == 0 {
		b.readable.oddWanted |= 1 << i
		b.readable.oddities[i] = b.pattern()
	}
	return b.readable.oddities[i]
}
