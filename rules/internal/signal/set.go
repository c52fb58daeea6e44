package signal

import (
	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/sidecall"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
	"github.com/mom-router/mom-router/rules/internal/wrapper"
)

// Set is the signals of a policy. It is never written to after Build, so any number of States
// may use it.
type Set struct {
	signals     []signal
	profiled    []int            // those that profiles hold
	words       *match.Lexicon   // of both automata
	everywhere  *match.Automaton // the phrases that are looked for in all texts
	own         *match.Automaton // those that only a user's own words are searched for
	ownKeywords bool             // some of those are keywords, and not of the built-in lists
	keywords    int
	used        []uint32 // see mentions
	terms       []ballot
	votes       []vote
	readable    readable
	table       *weights.Table // nil if no signal needs learned weights
	owned       ownClasses
	topics      bool
	attacks     thresholds
	wrappers    *wrapper.Table
	sides       *sidecall.Table // of side calls; nil if no signal asks for them
	budgets     Budgets
	loaded      [classes]bool // lists
	markers     []wrapper.Marker
	distrust    bool
	named       map[string]pattern // the keywords with words of their own
	pair        *pair              // of a set of two policies; else nil
	phrases     *text.Filter       // of the words of phrases; nil where nothing is guessed
	guesses     *text.Filter       // of the words that disguised ones are read as; nil if none are
}

// The places of the automata in the lexicon.
const (
	everywhere = iota
	own
)

// Len is the number of signals.
func (s *Set) Len() int { return len(s.signals) }

// Name is a signal's full name, such as "domain.math".
func (s *Set) Name(i int) string { return s.signals[i].name }

// Scope is where a signal's words or patterns are looked for, as a policy writes it, such as "any".
// ok is false for signals that go by the request as a whole and not by a place in its text.
func (s *Set) Scope(i int) (scope string, ok bool) {
	if a := &s.signals[i].about; a.placed {
		return a.sees, true
	}
	return "", false
}

// Sees says where a signal looks: the name of a scope, "header", or "any" for one that goes by the whole request.
func (s *Set) Sees(i int) string {
	if sees := s.signals[i].sees; sees != "" {
		return sees
	}
	return everyone.String()
}

// Learned reports whether a signal of the set uses the learned weights.
func (s *Set) Learned() bool { return s.table != nil }

// NewState returns a state that must be Reset before its first request. It takes some
// ten kilobytes and can be used for one request after another.
func (s *Set) NewState() *State {
	st := &State{set: s, msg: new(findings), last: new(findings)}
	st.everywhere, st.own = newFinder(s.everywhere, everywhere), newFinder(s.own, own)
	if s.table != nil {
		st.scanner = weights.NewScanner(s.table, s.table.Param(ParamAttackBias))
	}
	for _, f := range []*findings{&st.str, &st.part, st.msg, st.last} {
		*f = newFindings(s)
	}
	st.held, st.kept, st.msgKept = newWords(s), newWords(s), newWords(s)
	st.partUnspoken, st.msgUnspoken = newHeard(s), newHeard(s)
	for i := range st.said {
		st.said[i], st.piece.outer[i] = newHeard(s), newHeard(s)
	}
	st.tokenizer.Glued = st.glued
	st.mentions.used = s.used
	st.readable = newReadableState(st)
	return st
}

// glued reports whether a word is to be read without its first letters, as text.Tokenizer says.
func (st *State) glued(whole, rest uint64) bool {
	return st.ask(st.set.knows(rest) &^ st.set.knows(whole))
}

// knows says to which policies a word may matter.
func (s *Set) knows(hash uint64) match.Policy {
	of := s.inPhrase(hash)
	if of != match.Both && s.table != nil && s.hasRow(hash) {
		of = match.Both
	}
	return of
}

// context is how many words around a disguised one are read with it.
func (s *Set) context() int { return max(s.everywhere.Longest(), leastContext) }

// inPhrase says in phrases of which policies a word stands.
func (s *Set) inPhrase(hash uint64) match.Policy {
	if !s.phrases.Passes(hash) {
		return 0
	}
	all, own := s.words.Owners(hash)
	return all | own
}

// hasRow reports whether a word has learned weights, of which there are some.
func (s *Set) hasRow(hash uint64) bool {
	_, ok := s.table.Row(hash)
	return ok
}

// KnowsWord reports whether a word has learned weights or stands in a phrase.
func (s *Set) KnowsWord(word *text.Token) bool {
	all, own := s.words.Owners(word.Hash)
	return all|own != 0 || s.table != nil && s.hasRow(weights.Word(word))
}
