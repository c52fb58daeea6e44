package signal

import (
	"github.com/mom-router/mom-router/rules/internal/disguise"
	"github.com/mom-router/mom-router/rules/internal/text"
)

// obfuscation is true when text is disguised in some way, wherever it stands: invisible (characters
// without width inside words), bidi (directional overrides), tags (hidden tag characters and
// selectors), marks (struck-through letters and heaps of accents), styled (mathematical or circled
// letters), width (full-width letters); and, where a word or sentence that makes sense is behind it,
// confusable (letters of other scripts), leet (1gn0r3), apart (i g n o r e), base64, hex, escaped (URL
// and HTML escapes) and rot13.
var obfuscationKind = kind{
	name:     "obfuscation",
	searches: true,
	builtins: append(append(append([]string(nil), text.OddityNames[:]...), disguise.Names[:]...), "rot13"),
	builtin: func(b *Builder, name string) (evaluator, about) {
		r := &b.readable
		for i, n := range text.OddityNames {
			if n == name {
				r.oddWanted |= 1 << i
				r.oddities[i] = b.pattern()
				e, a := everyone.finds(r.oddities[i])
				a.rereads = 0 // they show when a text is first read
				return e, a
			}
		}
		r.disguises = true
		for i, n := range disguise.Names {
			if n == name {
				r.hideKinds |= 1 << i
				r.hidden[i] = b.pattern()
				return everyone.finds(r.hidden[i])
			}
		}
		r.rot13[0], r.rot13Used[0] = b.pattern(), true
		return everyone.finds(r.rot13[0])
	},
}
