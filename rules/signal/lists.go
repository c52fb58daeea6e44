package signal

import (
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/match"
)

// class is what the phrases of one list speak for.
type class uint8

// list is a file of the folder terms: a phrase a line, with its weight before it.
type list struct {
	class class
	text  string
}

// A term is a phrase of a list. It has a vote for each list that it stands in.
type term struct{ votes int32 } // the first of its votes

// vote is one weight of a term; next is the term's next vote, or -1.
type vote struct {
	class  class
	weight int8
	next   int32
}

// lists gathers the terms of the built-in lists that a policy needs.
type lists struct {
	terms  []term
	votes  []vote
	byText map[string]int32
	loaded [classes]bool
}

// load adds lists that are not loaded yet. A bad line is a mistake of this program, found by its
// tests.
func (l *lists) load(phrases *match.Builder, add []list) {
	if l.byText == nil {
		l.byText = make(map[string]int32, 4096)
	}
	for _, file := range add {
		if l.loaded[file.class] {
			continue
		}
		l.loaded[file.class] = true
		rest, line := file.text, ""
		for rest != "" {
			line, rest, _ = strings.Cut(rest, "\n")
			if line == "" || line[0] == '#' {
				continue
			}
			if err := l.add(phrases, file.class, line); err != nil {
				panic("signal: list " + strconv.Itoa(int(file.class)) + ": " + strconv.Quote(line) + ": " + err.Error())
			}
		}
	}
}

// add adds one line of a list.
func (l *lists) add(phrases *match.Builder, c class, line string) error {
	number, phrase, _ := strings.Cut(line, " ")
	weight, err := strconv.ParseInt(number, 10, 8)
	if err != nil {
		return err
	}
	id, ok := l.byText[phrase]
	if !ok {
		id = int32(len(l.terms))
		if err := phrases.Add(phrase, termBit|uint32(id)); err != nil {
			return err
		}
		l.byText[phrase] = id
		l.terms = append(l.terms, term{-1})
	}
	l.votes = append(l.votes, vote{c, int8(weight), l.terms[id].votes})
	l.terms[id].votes = int32(len(l.votes) - 1)
	return nil
}

// scores are the points of every class for the last user message: each phrase counts once,
// however often it occurs, so that repeating a word does not decide.
type scores struct {
	points [classes]int32
}

// rate adds up the points.
func (s *scores) rate(st *State) {
	s.points = [classes]int32{}
	for _, id := range st.last.terms.list {
		for v := st.set.terms[id].votes; v >= 0; v = st.set.votes[v].next {
			s.points[st.set.votes[v].class] += int32(st.set.votes[v].weight)
		}
	}
}
