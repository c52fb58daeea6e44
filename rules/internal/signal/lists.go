package signal

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/text"
)

// class is what the phrases of one list speak for.
type class uint8

// list is a file of the folder terms: a phrase a line, with its weight before it. 3 points alone
// decide, 2 are strong, 1 only helps. The phrases were written for this project; where a term of
// a domain turned out to be ambiguous in one half of domain.jsonl (see measure_test.go) its weight
// was changed, and the figures that are published come from the other half.
type list struct {
	class class
	text  string
}

// A phraseTerm is a phrase of a list. It has a vote for each list that it stands in.
type phraseTerm struct{ votes int32 } // the first of its votes

// vote is one weight of a term; next is the term's next vote, or -1.
type vote struct {
	class  class
	weight int8
	next   int32
}

// ballot is a term with its first vote beside it: nearly all have one. more is the next one, or -1.
type ballot struct {
	class  class
	weight int8
	more   int32
}

// ballots are the terms as they are asked for.
func (l *lists) ballots() []ballot {
	all := make([]ballot, len(l.terms))
	for i, t := range l.terms {
		v := l.votes[t.votes]
		all[i] = ballot{v.class, v.weight, v.next}
	}
	return all
}

// mark has the phrases of terms say, beside their term, what it speaks for, so that nobody has to look it up.
func (l *lists) mark() {
	l.phrases.Relabel(func(pattern uint32) uint32 {
		if pattern&termBit == 0 {
			return pattern
		}
		for v := l.terms[pattern&numberMask].votes; v >= 0; v = l.votes[v].next {
			if c := l.votes[v].class; c < classLanguageEN || c >= classes {
				pattern |= topicBit
			} else {
				pattern |= languageBit
			}
		}
		return pattern
	})
}

// lists gathers the terms of the built-in lists that a policy needs.
type lists struct {
	phrases match.Builder // also those of keywords that are looked for in a user's own words alone
	split   text.Splitter
	terms   []phraseTerm
	votes   []vote
	byWords map[uint64]int32 // terms by a hash of their words
	loaded  [classes]bool
}

// load adds lists that are not loaded yet. A bad line is a mistake of this program, found by its
// tests.
func (l *lists) load(add []list) {
	if l.byWords == nil {
		l.byWords = make(map[uint64]int32, 8192)
	}
	lines, words := 0, 0
	for _, file := range add {
		if !l.loaded[file.class] {
			lines += strings.Count(file.text, "\n")
			words += strings.Count(file.text, " ")
		}
	}
	l.terms, l.votes = slices.Grow(l.terms, lines), slices.Grow(l.votes, lines)
	l.phrases.Grow(lines, words)
	for _, file := range add {
		if l.loaded[file.class] {
			continue
		}
		l.loaded[file.class] = true
		tokens := l.split.Split(file.text) // at once: a Split for each line takes several times as long
		rest, line := file.text, ""
		for rest != "" {
			from := len(file.text) - len(rest)
			line, rest, _ = strings.Cut(rest, "\n")
			number, _, _ := strings.Cut(line, " ")
			tokens = tokens[before(tokens, from+len(number)):]
			n := before(tokens, from+len(line))
			if line != "" && line[0] != '#' {
				if err := l.add(file.class, number, tokens[:n]); err != nil {
					panic("signal: list " + strconv.Itoa(int(file.class)) + ": " + strconv.Quote(line) + ": " + err.Error())
				}
			}
			tokens = tokens[n:]
		}
	}
}

// before counts the tokens that begin before an offset.
func before(tokens []text.Token, offset int) (n int) {
	for n < len(tokens) && tokens[n].Start < int64(offset) {
		n++
	}
	return n
}

// add adds one line of a list: a weight and the tokens of a phrase.
func (l *lists) add(c class, number string, tokens []text.Token) error {
	weight, err := strconv.Atoi(number)
	if err == nil {
		_, _, err = l.vote(c, int8(weight), tokens)
	}
	return err
}

// vote adds one weight of a phrase and returns the phrase's term; fresh is false if the list has it already, perhaps in another spelling.
func (l *lists) vote(c class, weight int8, tokens []text.Token) (term int32, fresh bool, err error) {
	words := uint64(0)
	for i := range tokens {
		words = words*0x100000001b3 + tokens[i].Hash
	}
	id, ok := l.byWords[words]
	if !ok {
		id = int32(len(l.terms))
		if err := l.phrases.AddTokens(tokens, termBit|uint32(id)); err != nil {
			return 0, false, err
		}
		l.byWords[words] = id
		l.terms = append(l.terms, phraseTerm{-1})
	}
	for v := l.terms[id].votes; v >= 0; v = l.votes[v].next {
		if l.votes[v].class == c {
			return id, false, nil // another spelling of the same words
		}
	}
	l.votes = append(l.votes, vote{c, weight, l.terms[id].votes})
	l.terms[id].votes = int32(len(l.votes) - 1)
	return id, true, nil
}

// scores are the points of every class for the last user message.
type scores struct {
	points [classes]int32
	// What several signals ask for is worked out once, when the first of them asks.
	topic  int // a column
	tongue string
	// topical and spoken say that topic and tongue are known.
	topical, spoken bool
}

// rate adds up the points.
func (s *scores) rate(st *State) { *s = scores{points: st.last.sum(st.set).points} }
