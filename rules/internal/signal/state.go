package signal

import (
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
	"github.com/mom-router/mom-router/rules/prompt"
)

// State works out the signals of one request at a time. It is the prompt.Sink of the request's
// reader. After Reset it may serve the next one; it allocates only while it grows.
type State struct {
	set             *Set
	tokenizer       text.Tokenizer
	window          text.Window
	everywhere, own finder
	quiet           bool // the string that is being read is no user's own words

	str, part findings  // what is being read
	msg       *findings // also
	last      *findings // the newest user message with text of its own that is no follow-up
	followUps int       // that count to it

	// Of the part's strings that are not spoken, in case that it turns out to be a tool's.
	unspoken     idSet
	unspokenSize uint64

	scopes [scopes]idSet
	size   uint64 // of everything that a model reads, in sixteenths of a token

	scanner *weights.Scanner // of the string that is being read; nil if the policy needs no weights
	attack  int32            // the best span of the strings that ended

	traits   []uint64 // of the last user message, and their rows
	traitRow []uint32
	intents  intentScores
	traced   bool // traitRow is up to date
	weighed  bool // intents are up to date

	evidence evidence
	scores

	readable *readableState
	topic    topic
	rated    bool // topic is up to date
}

// scope is the part of a conversation that a keyword is looked for in.
type scope uint8

const (
	inLastUser scope = iota // the newest user message
	inUser
	inSystem
	inAssistant
	inTool
	inAny // every string that prompt.Sink is told of, member names included
	scopes
)

// scopeNames are the scopes as a policy writes them.
var scopeNames = []string{"last_user", "user", "system", "assistant", "tool", "any"}

// termBit tells patterns of built-in phrases from those of keyword signals. Beside it stands what the term speaks for.
const (
	termBit     = 1 << 31
	languageBit = 1 << 28 // a language
	topicBit    = 1 << 27 // a domain, or what a message wants
	termMask    = topicBit - 1
)

// rotBit marks the patterns of keywords' phrases in rot13.
const rotBit = 1 << 30

// rotCue is the pattern of words that give rot13 away.
const rotCue = rotBit | 1<<28

// Reset forgets the last request.
func (st *State) Reset() {
	st.tokenizer.Reset(st)
	var scanner text.Scanner
	if st.readable != nil {
		st.readable.reset()
		if st.readable.seam != nil {
			st.readable.seam.reset()
		}
		scanner = st
	}
	st.window.Reset(&st.tokenizer, scanner)
	st.everywhere.begin()
	st.own.begin()
	st.quiet = false
	for _, f := range [...]*findings{&st.str, &st.part, st.msg, st.last} {
		f.clear()
	}
	for i := range st.scopes {
		st.scopes[i].clear()
	}
	st.unspoken.clear()
	st.unspokenSize, st.size = 0, 0
	st.attack, st.followUps = 0, 0
	st.evidence.begin()
	if st.scanner != nil {
		st.scanner.Begin()
	}
}

// BeginText begins a string, as prompt.Sink says.
func (st *State) BeginText(user bool) { st.quiet = !user }

// Text reads a piece of a string, as prompt.Sink says.
func (st *State) Text(p []byte, _ int64, _ bool) { st.window.Text(p) }

// Tokens reads the tokens of the string, as text.Consumer says.
func (st *State) Tokens(batch []text.Token) {
	plain := st.str.counts.tokens(batch)
	first, second := st.everywhere.words[:0], st.own.words[:0]
	if st.quiet {
		first = st.set.words.Look(batch, first)
	} else {
		first, second = st.set.words.LookBoth(batch, first, second)
	}
	for _, h := range st.everywhere.find(first, len(batch)) {
		if h.Pattern&rotBit != 0 {
			if h.Pattern == rotCue {
				st.readable.hidden.turned = true
				continue
			}
			if st.set.readable.rot13Used {
				st.note(st.set.readable.rot13)
			}
			h.Pattern &^= rotBit
		}
		st.note(h.Pattern)
	}
	if st.quiet {
		if st.scanner != nil {
			st.scanner.Score(batch)
		}
		return
	}
	var rows []weights.Found
	if st.scanner != nil {
		rows = st.scanner.Scan(batch)
	}
	hits := st.own.find(second, len(batch))
	topical := hits[:0]
	for _, h := range hits {
		if h.Pattern&termBit == 0 {
			st.str.keywords.add(h.Pattern)
			continue
		}
		term := h.Pattern & termMask
		if h.Pattern&languageBit != 0 {
			st.str.terms.add(term)
		}
		if h.Pattern&topicBit != 0 {
			topical = append(topical, match.Hit{Pattern: term, Token: h.Token})
		}
	}
	if st.scanner != nil || len(st.set.terms) != 0 {
		st.judge(batch, rows, topical, plain)
	}
}

// EndText ends a string, as prompt.Sink says.
func (st *State) EndText(spoken bool) {
	c := &st.str.counts
	c.marks = st.window.EndText()
	if st.readable != nil {
		if s := st.readable.seam; s != nil {
			st.notePersonal(s.join(spoken, st.wantedKinds()))
		}
		st.readable.reset()
	}
	c.size += markSize(&c.marks)
	st.everywhere.begin()
	st.own.begin()
	st.quiet = false
	if st.scanner != nil {
		st.attack = max(st.attack, st.scanner.Best())
		st.scanner.Begin()
	}
	st.evidence.begin()
	if spoken {
		st.part.addAll(&st.str)
	} else {
		st.unspoken.addAll(&st.str.keywords)
		if !c.encoded() {
			st.unspokenSize += c.size
		}
	}
	st.str.clear()
}

// EndPart ends a content part, as prompt.Sink says.
func (st *State) EndPart(tool bool) {
	st.size += st.part.counts.size
	if tool {
		st.size += st.unspokenSize
		st.scopes[inTool].addAll(&st.part.keywords)
		st.scopes[inTool].addAll(&st.unspoken)
		st.parted()
	} else {
		st.msg.addAll(&st.part)
	}
	st.part.clear()
	st.unspoken.clear()
	st.unspokenSize = 0
}

// EndMessage ends a message, as prompt.Sink says.
func (st *State) EndMessage(role prompt.Role) {
	st.EndPart(role == prompt.RoleTool)
	st.parted()
	switch role {
	case prompt.RoleUser:
		st.scopes[inUser].addAll(&st.msg.keywords)
		switch {
		case st.msg.counts.empty():
		case st.followsUp(st.msg):
			st.last.keywords.addAll(&st.msg.keywords)
			st.followUps++
		default:
			st.msg, st.last = st.last, st.msg
			st.followUps = 0
		}
	case prompt.RoleSystem:
		st.scopes[inSystem].addAll(&st.msg.keywords)
	case prompt.RoleAssistant:
		st.scopes[inAssistant].addAll(&st.msg.keywords)
	case prompt.RoleTool:
		st.scopes[inTool].addAll(&st.msg.keywords)
	}
	st.msg.clear()
}

// parted says that what was read so far is no text with what comes.
func (st *State) parted() {
	if st.readable != nil && st.readable.seam != nil {
		st.readable.seam.forget()
	}
}

// Evaluate writes the value of every signal, as far as the text has been read, to out, which
// has the Set's Len entries. It may be called again after more text.
func (st *State) Evaluate(in *Input, out []expr.Value) {
	st.window.Flush()
	st.scores.rate(st)
	st.rated, st.traced, st.weighed = false, false, false
	for i := range st.set.signals {
		out[i] = st.set.signals[i].value(st, in)
	}
}

// Size estimates how many tokens a model would count in the text, the tools and the media read
// so far. A string that is still being read counts unless it looks like encoded data.
func (st *State) Size(facts *prompt.Facts) int64 {
	size := st.size + st.part.counts.size
	if !st.str.counts.encoded() {
		size += st.str.counts.size
	}
	return int64(size/sixteenths) + imageTokens*int64(facts.Images) + audioTokens*int64(facts.Audio)
}

// never is the value of a declaration that could not be read.
type never struct{}

func (never) value(*State, *Input) expr.Value { return expr.False }
