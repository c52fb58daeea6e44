package signal

import (
	"github.com/mom-router/mom-router/rules/internal/disguise"
	"github.com/mom-router/mom-router/rules/internal/pii"
	"github.com/mom-router/mom-router/rules/internal/regex"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/work"
)

// readable is what is looked for in the bytes of a string and not in its words. What is found is
// noted as the pattern of a keyword is, so that it belongs to the same speakers.
type readable struct {
	pii       [len(pii.Names)]uint32 // patterns by kind
	piiKinds  pii.Kinds              // those that some signal asks for
	regexes   regex.Set
	regexAt   []uint32 // patterns by regular expression
	regexToo  []uint32 // what a second policy notes, or noPattern; nil where there is none
	oddities  [text.OddityCount]uint32
	oddWanted text.Oddities
	disguises bool // words may be disguised: some keyword is for guards
	hidden    [disguise.Count]uint32
	rot13     [2]uint32 // of the first policy, and of the second one
	template  uint32
	hideKinds disguise.Kinds // those that some signal asks for
	rot13Used [2]bool
}

// used reports whether there is anything to look for.
func (r *readable) used() bool {
	return r.piiKinds != 0 || r.regexes.Len() != 0 || r.oddWanted != 0 || r.disguises
}

// readableState is what a State needs to look for it; it is nil where there is nothing.
type readableState struct {
	runner *regex.Runner
	hidden *disguised
	seam   *piiSeam // nil if nobody asks for personal data
	plain  []byte   // what is written with escapes, without
}

func newReadableState(st *State) *readableState {
	r := &st.set.readable
	if !r.used() {
		return nil
	}
	s := &readableState{}
	if r.regexes.Len() > 0 {
		s.runner = r.regexes.NewRunner()
	}
	if r.disguises {
		s.hidden = newDisguised(st)
	}
	if r.piiKinds != 0 {
		s.seam = new(piiSeam)
	}
	return s
}

// reset forgets the last string.
func (s *readableState) reset() {
	if s.hidden != nil {
		s.hidden.turned = false
	}
}

// note notes a pattern in the string being read.
func (st *State) note(pattern uint32) { st.str.patterns.add(pattern) }

// Scan looks at the readable text of the string, as text.Scanner says.
func (st *State) Scan(p []byte, from, to int, odd text.Oddities, spots *text.Spots) {
	r := &st.set.readable
	st.tokenizer.Flush() // what the words of the text say is known, however the string is cut
	unseen := odd&text.OddDigits != 0
	if odd &= r.oddWanted; odd != 0 {
		for i, pattern := range r.oddities {
			if odd>>i&1 != 0 {
				st.note(pattern)
			}
		}
	}
	if r.piiKinds != 0 {
		st.personal(p, from, to, unseen)
	}
	if st.readable.hidden != nil {
		if found := st.readable.hidden.scan(p, from, to, spots) & r.hideKinds; found != 0 {
			st.disguised(found)
		}
	}
	if st.readable.runner != nil {
		st.readable.runner.Scan(p, from, to, st)
	}
	st.readMentions(p, from, to)
}

// personal looks for personal data. unseen says that
// characters that nobody sees stand between digits, which may part the groups of a card's number.
func (st *State) personal(p []byte, from, to int, unseen bool) {
	st.readable.seam.see(p)
	want := st.wantedKinds()
	look := want
	if unseen && want&pii.Card != 0 {
		look |= pii.CardLike
	}
	found := pii.Scan(p, from, to, look)
	if unseen && found&pii.CardLike != 0 {
		found |= pii.Card
	}
	found &= want
	if want &^= found; want != 0 {
		lo, hi := max(0, from-pii.ContextBytes), min(len(p), to+pii.ContextBytes)
		plain, first, last, changed := disguise.Plain(st.readable.plain[:0], p[lo:hi], from-lo, to-lo)
		if st.readable.plain = plain; changed && st.accounts.personal.Read(work.Personal, len(plain)) {
			found |= pii.Scan(plain, first, last, want)
		}
	}
	st.notePersonal(found)
}

// wantedKinds are the kinds that some signal asks for and that were not found in the string: once in a string is enough.
func (st *State) wantedKinds() pii.Kinds {
	r := &st.set.readable
	want := r.piiKinds
	for i, pattern := range r.pii {
		if want>>i&1 != 0 && st.str.patterns.has(pattern) {
			want &^= 1 << i
		}
	}
	return want
}

func (st *State) notePersonal(found pii.Kinds) {
	for i, pattern := range st.set.readable.pii {
		if found>>i&1 != 0 {
			st.note(pattern)
		}
	}
}

// Secret looks at text in characters that nobody sees, as text.Scanner says.
func (st *State) Secret(p []byte) {
	if st.readable.hidden != nil {
		st.readable.hidden.read(p, true, true)
	}
}

// disguised notes what a reading saw through and is wanted.
func (st *State) disguised(found disguise.Kinds) {
	r := &st.set.readable
	if found&disguise.Template != 0 {
		st.note(r.template)
	}
	for i, pattern := range r.hidden {
		if found>>i&1 != 0 {
			st.note(pattern)
		}
	}
}

// Wanted reports whether a regular expression was not found in the string yet.
func (st *State) Wanted(n int) bool {
	r := &st.set.readable
	return !st.str.patterns.has(r.regexAt[n]) || r.regexToo != nil && r.regexToo[n] != noPattern && !st.str.patterns.has(r.regexToo[n])
}

// Found notes a regular expression.
func (st *State) Found(n int) {
	r := &st.set.readable
	st.note(r.regexAt[n])
	if r.regexToo != nil && r.regexToo[n] != noPattern {
		st.note(r.regexToo[n])
	}
}
