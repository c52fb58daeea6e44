package signal

import (
	"slices"

	"github.com/mom-router/mom-router/rules/internal/disguise"
	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/pii"
	"github.com/mom-router/mom-router/rules/internal/regex"
	"github.com/mom-router/mom-router/rules/internal/text"
)

// One reading does for two policies that look for other words, too, as long as all that it asks of their words has one answer: whether a word that a
// disguised one may be is known, whether a string ends with the beginning of a phrase that may go on in the next one, whether a score leaves anything to be found.
// What is asked is asked of both. Where the answers differ they part: what is found goes on as the first policy has it, and the second one has to read for itself.
// Words that stand there as they are make no such difference, so that is rare.

// pair is what a set of two policies knows of the second one, where they look for other things.
type pair struct {
	shared  []bool // by patterns of the first one: both look for it. Those behind are the second one's.
	attacks thresholds
}

// owner says who looks for a pattern.
func (s *Set) owner(pattern uint32) match.Policy {
	switch p := s.pair; {
	case p == nil:
		return match.Both
	case pattern >= uint32(len(p.shared)):
		return match.Second
	case p.shared[pattern]:
		return match.Both
	}
	return match.First
}

// scored says for which policies something is so of their thresholds.
func (s *Set) scored(is func(*thresholds) bool) (of match.Policy) {
	if is(&s.attacks) {
		of = match.First
	}
	if t := s.pair; t == nil {
		of |= of << 1
	} else if is(&t.attacks) {
		of |= match.Second
	}
	return of
}

// ask returns the first policy's answer to a question, given for whom that is yes, and notes where the second one has another.
func (st *State) ask(yes match.Policy) bool {
	if yes == match.First || yes == match.Second {
		st.parts++
	}
	return yes&match.First != 0
}

// Parted reports whether what was read since Reset was not the same for both of two policies.
func (st *State) Parted() bool { return st.parts > 0 }

// inPhrase reports whether a word stands in a phrase.
func (st *State) inPhrase(hash uint64) bool { return st.ask(st.set.inPhrase(hash)) }

// Apart reports whether two policies look for other things, so that one reading may not do for both: see State.Parted.
func (s *Set) Apart() bool { return s.pair != nil }

// together makes a set of both policies that looks for all that either does. at is as Beside says. ok is false where that cannot be.
func (s *Set) together(o *Set) (both *Set, at []int, ok bool) {
	r, other := &s.readable, &o.readable
	if r.disguises != other.disguises || r.piiKinds != other.piiKinds || s.attacks.any != o.attacks.any || s.context() != o.context() {
		return nil, nil, false
	}
	both = new(Set)
	*both = *s
	both.pair = &pair{shared: make([]bool, s.keywords), attacks: o.attacks}
	both.keywords = s.keywords + o.keywords
	// By patterns of the second policy, what they are now. What is looked for in the same way is one.
	numbers := make([]uint32, o.keywords)
	for n := range numbers {
		numbers[n] = uint32(s.keywords + n)
	}
	share := func(others, own uint32) {
		numbers[others], both.pair.shared[own] = own, true
	}
	for i := range pii.Names {
		if r.piiKinds>>i&1 != 0 {
			share(other.pii[i], r.pii[i])
		}
	}
	merge := func(own, others bool, number, other uint32) uint32 {
		switch {
		case own && others:
			share(other, number)
		case others:
			return numbers[other]
		}
		return number
	}
	merged := &both.readable
	for i := range text.OddityCount {
		merged.oddities[i] = merge(r.oddWanted>>i&1 != 0, other.oddWanted>>i&1 != 0, r.oddities[i], other.oddities[i])
	}
	merged.oddWanted |= other.oddWanted
	for i := range disguise.Count {
		merged.hidden[i] = merge(r.hideKinds>>i&1 != 0, other.hideKinds>>i&1 != 0, r.hidden[i], other.hidden[i])
	}
	merged.template = merge(r.hideKinds&disguise.Template != 0, other.hideKinds&disguise.Template != 0, r.template, other.template)
	merged.hideKinds |= other.hideKinds
	for name, words := range o.named {
		own, known := s.named[name]
		if !known || s.keyOf(name) != o.keyOf(name) {
			continue
		}
		share(words.number, own.number)
		if use, asked := useOf(o.used, words.number); asked {
			if same, asked := useOf(s.used, own.number); asked {
				share(use, same)
			}
		}
	}
	if other.rot13Used[0] {
		merged.rot13[1], merged.rot13Used[1] = numbers[other.rot13[0]], true
	}
	if !merged.addRegexes(r, other, numbers) {
		return nil, nil, false
	}
	both.used = slices.Clone(s.used)
	for n, use := range o.used {
		if use == noPattern {
			continue
		}
		for len(both.used) <= int(numbers[n]) {
			both.used = append(both.used, noPattern)
		}
		both.used[numbers[n]] = numbers[use]
	}
	// Both have the same lists and the same cues.
	common := func(pattern uint32) bool {
		return pattern == rotCue || pattern&termBit != 0 || both.pair.shared[pattern&numberMask]
	}
	relabel := func(pattern uint32) (uint32, bool) {
		if pattern == rotCue || pattern&termBit != 0 {
			return 0, false
		}
		number := numbers[pattern&numberMask]
		return number | pattern&rotBit, number >= uint32(s.keywords)
	}
	both.everywhere = match.Union(s.everywhere, o.everywhere, common, relabel)
	both.own = match.Union(s.own, o.own, common, relabel)
	both.ownKeywords = s.ownKeywords || o.ownKeywords
	both.index()

	both.signals, both.profiled = slices.Clone(s.signals), slices.Clone(s.profiled)
	for i := range o.signals {
		sig := o.signals[i]
		n := -1
		if sig.moved != nil {
			sig.evaluator = sig.moved(numbers)
		} else {
			n = s.find(&sig)
		}
		if n < 0 {
			n = len(both.signals)
			both.signals = append(both.signals, sig)
		}
		at = append(at, n)
	}
	both.profile(o, at)
	return both, at, true
}

// keyOf is how a keyword is declared.
func (s *Set) keyOf(name string) string {
	for i := range s.signals {
		if full := s.signals[i].name; full == keywordKind.name+"."+name {
			return s.signals[i].key
		}
	}
	return ""
}

// addRegexes adds the regular expressions of another policy; what both have runs once. It reports whether there was room.
func (r *readable) addRegexes(first, second *readable, numbers []uint32) bool {
	if second.regexes.Len() == 0 {
		return true
	}
	r.regexes, r.regexAt, r.regexToo = regex.Set{}, slices.Clone(first.regexAt), nil
	known := make(map[string]int, first.regexes.Len())
	for i := range first.regexes.Len() {
		p := first.regexes.Pattern(i)
		known[p.Text()] = i
		r.regexes.Add(p)
		r.regexToo = append(r.regexToo, noPattern)
	}
	for i := range second.regexes.Len() {
		p, number := second.regexes.Pattern(i), numbers[second.regexAt[i]]
		if n, same := known[p.Text()]; same && r.regexToo[n] == noPattern {
			r.regexToo[n] = number
			continue
		}
		if !r.regexes.Room(p) {
			return false
		}
		r.regexes.Add(p)
		r.regexAt = append(r.regexAt, number)
		r.regexToo = append(r.regexToo, noPattern)
	}
	return true
}
