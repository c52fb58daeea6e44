package sidecall

import (
	_ "embed" // the phrases are part of the program
	"strings"
)

// Side calls in words that are no client's are told by what they are: an instruction of a program, which asks for a thing that goes with a conversation,
// names the conversation or shows it, and says in what form to answer. None of these is enough, and what a person says of himself, or of work to be done,
// speaks against all.

//go:embed wordings.txt
var wordings string

// kind is what phrases say; a set of them has a bit for each.
type kind uint16

const (
	ask kind = 1 << iota
	sum
	of
	msg
	both
	form
	not
	probe
	talk  // a conversation is shown
	shown // something is
)

var kinds = []struct {
	name string
	kind kind
}{{"ask", ask}, {"sum", sum}, {"of", of}, {"msg", msg}, {"both", both}, {"form", form}, {"not", not}, {"probe", probe}}

type phrase struct {
	text string
	kind kind
}

// Table is what side calls are found in.
type Table struct {
	forms   []Form // of known clients
	phrases []phrase
	first   [keys + 1]uint16  // where those with a key begin, of which those that ask come first
	asking  [keys]uint16      // how many those are
	leads   [keys]bool        // the keys of numbers that are written out, and of articles
	begun   [keys / 64]uint64 // has a bit for each key of a word with which something may begin that is asked for: few enough to stay in the cache
}

// The forms of wordings stand behind those of clients.
const (
	worded  = iota // an instruction in a user message that shows what it is about
	brief          // that says nothing of the answer, which is bounded to be short
	later          // that shows nothing: it is about the messages before it
	system         // a system prompt
	probing        // hardly an answer is wanted
)

var wordedLimits = [...]Limits{
	worded:  usual,
	brief:   {Tokens: usual.Tokens, Output: 64},
	later:   {Tokens: usual.Tokens, Answered: true},
	system:  {Tokens: usual.Tokens, First: true},
	probing: {Tokens: 100, Output: 16, First: true},
}

// NewTable returns one that knows everything.
func NewTable() *Table {
	t := &Table{forms: Forms()}
	list := make([]phrase, 0, strings.Count(wordings, "\n"))
	for rest := wordings; rest != ""; {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		name, text, _ := strings.Cut(line, " ")
		for _, k := range kinds {
			if k.name == name {
				list = append(list, phrase{text, k.kind})
				t.first[phraseKey(text)+1]++
				if k.kind&(ask|sum) != 0 {
					t.asking[phraseKey(text)]++
				}
			}
		}
	}
	for _, w := range numbers {
		t.leads[phraseKey(w)] = true
	}
	for _, w := range articles {
		t.leads[phraseKey(w)] = true
	}
	for k := range uint(keys) {
		if t.asking[k] > 0 || t.leads[k] && t.asking['#']+t.asking['@'] > 0 {
			t.begun[k/64] |= 1 << (k % 64)
		}
	}
	for i := range keys {
		t.first[i+1] += t.first[i]
	}
	next := t.first
	t.phrases = make([]phrase, len(list))
	for _, asks := range [...]bool{true, false} {
		for _, p := range list {
			if k := phraseKey(p.text); asks == (p.kind&(ask|sum) != 0) {
				t.phrases[next[k]] = p
				next[k]++
			}
		}
	}
	return t
}

// Limits are those of the form n.
func (t *Table) Limits(n int) *Limits {
	if n < len(t.forms) {
		return &t.forms[n].Limits
	}
	return &wordedLimits[n-len(t.forms)]
}

// Find returns the form that a string may have as a user's and as a system prompt, or -1: head is its beginning and tail its end, of MaxText bytes at
// least each, and both all of it where whole is true.
func (t *Table) Find(head, tail []byte, whole bool, inUser, inSystem int32) (asUser, asSystem int32) {
	if inUser < 0 {
		inUser = int32(Find(t.forms, head, whole, false))
	}
	if inSystem < 0 {
		inSystem = int32(Find(t.forms, head, whole, true))
	}
	if inUser >= 0 && inSystem >= 0 {
		return inUser, inSystem
	}
	n := t.wording(head, tail, whole)
	if n < 0 {
		return inUser, inSystem
	}
	if inUser < 0 {
		inUser = int32(len(t.forms) + n)
	}
	if inSystem < 0 && (n == worded || n == later) && whole {
		inSystem = int32(len(t.forms) + system)
	}
	return inUser, inSystem
}

// mostAsked is how far from the beginning of an instruction what it asks for stands, in bytes.
const mostAsked = 240

// wording tells what a string says in words that are no client's.
func (t *Table) wording(head, tail []byte, whole bool) int {
	if whole && len(head) <= 32 {
		if t.probes(head) {
			return probing
		}
	}
	from := 0
	for from < len(head) && head[from] <= ' ' {
		from++
	}
	if !t.begins(head[from:]) {
		return -1
	}
	said := t.read(head[from:])
	if said&talk != 0 && said&^(talk|shown) == 0 { // it begins with the conversation
		end := lastPart(tail)
		if end == 0 && !whole {
			return -1
		}
		said = t.read(tail[end:]) | talk
	}
	switch {
	case said&not != 0, said&(ask|sum) == 0, said&(of|msg|talk) == 0:
		return -1
	case said&ask == 0 && said&(both|talk) == 0: // a person asks for summaries, too
		return -1
	}
	shows := said&talk != 0 || said&msg != 0 && said&shown != 0
	switch {
	case said&form == 0 && said&ask != 0 && shows:
		return brief
	case said&form == 0:
		return -1
	case shows:
		return worded
	}
	return later
}

// lastPart is where what stands behind the last blank line or closing tag begins.
func lastPart(p []byte) int {
	end := len(p)
	for end > 0 && p[end-1] <= ' ' {
		end--
	}
	for i := end - 1; i > 0; i-- {
		if p[i] == '\n' && (p[i-1] == '\n' || p[i-1] == '>') {
			return i + 1
		}
	}
	return 0
}

// begins reports whether an instruction asks for something of the kind near its beginning, or a conversation is shown there: all that most texts are asked.
func (t *Table) begins(p []byte) bool {
	letter, newLine := false, true
	for i := 0; i < len(p); i++ {
		c := p[i]
		if newLine && talks(p[i:]) {
			return true
		}
		newLine = c == '\n'
		var begins bool
		if begins, letter = wordBegins(c, letter); !begins {
			continue
		}
		if i > mostAsked {
			return false
		}
		k := key(p[i:])
		if t.begun[k/64]>>(k%64)&1 == 0 && (c < '0' || '9' < c) {
			continue
		}
		if n := t.asking[k]; n > 0 && t.begin(p, i, i, t.first[k], t.first[k]+n, 0, false) != 0 {
			return true
		}
		if n, behind := t.leading(p[i:], k); n > 0 && t.begin(p, i, i+n, t.first[behind], t.first[behind]+t.asking[behind], 0, false) != 0 {
			return true
		}
	}
	return false
}

// read reads an instruction, up to where it shows a conversation. What speaks against it stands in its first paragraph.
func (t *Table) read(p []byte) (said kind) {
	letter, newLine, paragraph := false, true, true
	for i := 0; i < len(p); i++ {
		c := p[i]
		if newLine && talks(p[i:]) {
			return said | talk
		}
		newLine = c == '\n'
		if newLine && i+1 < len(p) && p[i+1] == '\n' {
			paragraph = false
			said |= shown
		}
		var begins bool
		if begins, letter = wordBegins(c, letter); !begins {
			continue
		}
		if i > mostAsked && said&(ask|sum) == 0 {
			return said &^ not
		}
		k := key(p[i:])
		if n, behind := t.leading(p[i:], k); n > 0 {
			said |= t.begin(p, i, i+n, t.first[behind], t.first[behind+1], said, false)
		}
		if t.first[k] == t.first[k+1] {
			continue // as most words do
		}
		if said |= t.begin(p, i, i, t.first[k], t.first[k+1], said, paragraph); said&not != 0 {
			return said
		}
	}
	return said
}

// leading is how long a number or an article is that p begins with, whose first word has a key, and the key of the phrases that stand behind such a one.
func (t *Table) leading(p []byte, k uint) (n int, behind uint) {
	if !t.leads[k] && (p[0] < '0' || '9' < p[0]) {
		return 0, 0
	}
	if n = number(p); n > 0 {
		return n, '#'
	}
	return article(p), '@'
}

// begin returns what some phrases, by where they stand, say that p[from:] begins with. Those behind a number or an article have that at p[at]; of all others
// from is at. opposes says whether what speaks against a side call counts.
func (t *Table) begin(p []byte, at, from int, first, end uint16, said kind, opposes bool) (more kind) {
	for _, f := range t.phrases[first:end] {
		if (said|more|probe)&f.kind != 0 || f.kind == not && !opposes || f.kind&(ask|sum) != 0 && at > mostAsked {
			continue
		}
		text := f.text
		if from > at {
			text = text[1:]
		}
		if matches(p[from:], text) >= 0 && (f.kind != not || !negated(p[:at])) {
			more |= f.kind
		}
	}
	return more
}

// probes reports whether a text is a probe and nothing else.
func (t *Table) probes(p []byte) bool {
	for len(p) > 0 && p[0] < 0x80 && !isLetter(p[0]) {
		p = p[1:]
	}
	if len(p) == 0 {
		return false
	}
	k := key(p)
	for _, f := range t.phrases[t.first[k]:t.first[k+1]] {
		if f.kind != probe {
			continue
		}
		if n := matches(p, f.text); n >= 0 {
			rest := p[n:]
			for len(rest) > 0 && (rest[0] <= ' ' || rest[0] == '.' || rest[0] == '!' || rest[0] == '?') {
				rest = rest[1:]
			}
			if len(rest) == 0 {
				return true
			}
		}
	}
	return false
}
