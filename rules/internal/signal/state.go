package signal

import (
	"math/bits"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/prose"
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
	looked          match.Words            // the batch that is being read
	alone           [match.Batch]match.Hit // what words of it say alone
	quiet           bool                   // the string that is being read is no user's own words

	str, part findings  // what is being read
	msg       *findings // also
	now       *words    // of the string, what is being read adds to it
	wrapped             // what of it is a client's
	last      *findings // the newest user message with text of its own that is no follow-up
	open      *findings // what cut puts in its place; nil before that
	followUps int       // that count to it
	worked    bool      // tools have worked for the user

	// Of the strings that are not spoken, by what is open.
	partUnspoken, msgUnspoken heard

	said [speakers]heard // of messages that have ended

	// Whether it is known already that what is open is a user's: the part, and of the message the parts before.
	partIsUsers, msgIsUsers bool

	length                                       length  // of the open string
	measured, partMeasure, unspoken, msgMeasured Measure // of everything that a model reads; of the open part, spoken or not, and of the parts before it, not spoken

	scanner *weights.Scanner // of the string that is being read; nil if the policy needs no weights

	traits   []uint64 // of the last user message, and their rows
	traitRow []uint32
	intents  intentScores
	traced   bool // traitRow is up to date
	weighed  bool // intents are up to date

	accounts accounts
	passage  passage
	evidence evidence
	seams    seams
	side     sides
	mentions mentions
	scores

	piece pieceState
	parts int // how often two policies have parted: see pair

	readable *readableState
	topic    topic
	heard    heardTopic // of the last Evaluate
	ranked   bool       // topic is up to date
	rated    bool       // the scores are those of last; topic, traitRow and intents may be
	profiles profiles
}

// Reset forgets the last request.
func (st *State) Reset() {
	st.DropPiece()
	st.tokenizer.Reset(st)
	var scanner text.Scanner
	if st.readable != nil {
		st.readable.reset()
		if st.readable.hidden != nil {
			st.readable.hidden.reading.Forget()
		}
		if st.readable.seam != nil {
			st.readable.seam.reset()
		}
		scanner = st
	}
	st.window.Reset(&st.tokenizer, scanner)
	st.everywhere.begin()
	st.own.begin()
	st.passage.begin()
	st.quiet = false
	for _, f := range [...]*findings{&st.str, &st.part, st.msg, st.last} {
		f.clear()
	}
	for i := range st.said {
		st.said[i].clear()
	}
	st.partUnspoken.clear()
	st.msgUnspoken.clear()
	st.partIsUsers, st.msgIsUsers = false, false
	st.length = length{}
	st.measured, st.partMeasure, st.unspoken, st.msgMeasured = Measure{}, Measure{}, Measure{}, Measure{}
	st.accounts.reset(st.set.budgets)
	st.followUps, st.rated, st.worked = 0, false, false
	st.profiles.reset()
	st.evidence.begin()
	st.seams.reset()
	st.mentions.reset()
	st.mentions.read = [2]int{}
	st.parts = 0
	if st.scanner != nil {
		st.scanner.Begin()
	}
	st.wrapped.begin(st)
	st.side.begin()
	st.heard.known = false
}

// BeginText begins a string, as prompt.Sink says.
func (st *State) BeginText(of prompt.Whose) {
	st.quiet = of.Others()
	st.side.others = of >= prompt.Assistants
	st.accounts.open(of)
	st.partIsUsers = st.partIsUsers || of == prompt.Users
}

// Text reads a piece of a string, as prompt.Sink says.
func (st *State) Text(p []byte, at int64, _ bool) {
	st.seams.text(p, at)
	if st.quiet {
		st.window.Text(p)
		return
	}
	st.wrapped.reader.Text(p)
}

// Tokens reads the tokens of the string, as text.Consumer says.
func (st *State) Tokens(batch []text.Token) {
	if head := st.passage.head(); !st.quiet && 0 < head && head < len(batch) {
		st.tokens(batch[:head])
		batch = batch[head:]
	}
	st.tokens(batch)
}

// tokens reads tokens of which either all belong to what routes read at once, or none.
func (st *State) tokens(batch []text.Token) {
	plain, seen := st.now.counts.tokens(batch, st.evidence.proseFilter.Sentence(), &st.length)
	words := &st.looked
	st.set.words.Look(batch, words)
	hits, _ := st.everywhere.find(words, len(batch))
	for _, h := range hits {
		if h.Pattern&rotBit != 0 {
			if h.Pattern == rotCue {
				st.readable.hidden.turned = true
				continue
			}
			h.Pattern &^= rotBit
			st.noteTurned(st.set.owner(h.Pattern))
		}
		st.hit(h, batch)
		st.note(h.Pattern)
	}
	switch {
	case st.quiet:
	case st.passage.head() == 0:
		st.passage.keep(batch)
		if st.set.ownKeywords {
			st.findKeywords(len(batch))
		}
	default:
		st.passage.read += len(batch)
		var rows []weights.Found
		if st.scanner != nil {
			rows = st.scanner.Scan(batch)
		}
		st.forRoutes(batch, rows, seen, plain)
		return
	}
	if st.scanner != nil {
		st.scanner.Score(batch)
	}
}

// noteTurned notes that a phrase of some policies was found in rot13.
func (st *State) noteTurned(of match.Policy) {
	r := &st.set.readable
	for i, used := range r.rot13Used {
		if used && of&(1<<i) != 0 {
			st.note(r.rot13[i])
		}
	}
}

// forRoutes reads words that were looked up for what routes go by, given the rows that were found of them.
func (st *State) forRoutes(batch []text.Token, rows []weights.Found, seen prose.Survey, plain bool) {
	topical, looked := st.findOwn(len(batch))
	if st.scanner == nil && len(st.set.terms) == 0 {
		return
	}
	// What a word alone says was not said yet, unless it was looked at with those before it.
	alone := st.sayAlone(st.looked.Alone() &^ looked)
	seen.Functions = st.looked.Marked()
	st.judge(batch, said{rows: rows, hits: topical, alone: alone}, seen, plain)
}

// findOwn finds the phrases of a user's own words that end in a batch of so many that were looked up. It returns those that speak for a topic, and what
// match.Automaton.Match says.
func (st *State) findOwn(tokens int) (topical []match.Hit, looked uint64) {
	hits, looked := st.own.find(&st.looked, tokens)
	topical = hits[:0]
	for _, h := range hits {
		if h.Pattern&termBit == 0 {
			st.now.wanted.add(h.Pattern)
			continue
		}
		term := h.Pattern & numberMask
		if h.Pattern&languageBit != 0 {
			st.now.terms.add(term)
		}
		if h.Pattern&topicBit != 0 {
			topical = append(topical, match.Hit{Pattern: term, Token: h.Token})
		}
	}
	return topical, looked
}

// findKeywords finds those of them that are keywords of the policy. Nothing else may be asked of the batch afterwards.
func (st *State) findKeywords(tokens int) {
	if !st.looked.Keywords(tokens) {
		st.own.skip(tokens)
		return
	}
	hits, _ := st.own.find(&st.looked, tokens)
	for _, h := range hits {
		if h.Pattern&termBit == 0 {
			st.now.wanted.add(h.Pattern)
		}
	}
}

// sayAlone adds to the string what some words of the batch, which have a bit, say of its language, each alone, and returns what they say of its topic. Its loop
// has no branch that nobody can foresee.
func (st *State) sayAlone(words uint64) (topical []match.Hit) {
	terms := &st.now.terms
	set, list, n := terms.bits, terms.room(match.Batch), len(terms.list)
	topics := 0
	for ; words != 0; words &= words - 1 {
		i := bits.TrailingZeros64(words)
		p := st.looked.Direct(i)
		id, want := p&numberMask, uint64(p>>languageAt&1)
		word := &set[id/64]
		list[n] = id
		n += int(want &^ (*word >> (id % 64)))
		*word |= want << (id % 64)
		st.alone[topics&(match.Batch-1)] = match.Hit{Pattern: id, Token: int32(i)}
		topics += int(p >> topicAt & 1)
	}
	terms.list = list[:n]
	return st.alone[:topics]
}

// EndText ends a string, as prompt.Sink says.
func (st *State) EndText(spoken bool) {
	closed := st.quiet || st.wrapped.reader.End()
	tail := st.window.Tail(seamBytes)
	marks := st.window.EndText()
	st.endPassage()
	open := st.everywhere.open()
	if st.scanner != nil && st.scanner.Ending() != (weights.Sums{}) {
		open = match.Both
	}
	if st.readable != nil {
		if s := st.readable.seam; s != nil {
			st.notePersonal(s.join(spoken, st.wantedKinds(), &st.accounts.personal.Meter))
		}
		st.readable.reset()
	}
	st.addMarks(&marks)
	st.endWrapped(closed, spoken)
	st.mentions.reset()
	st.everywhere.begin()
	st.own.begin()
	st.quiet = false
	if st.scanner != nil {
		st.str.attack = max(st.str.attack, st.scanner.Best().Score())
		st.scanner.Begin()
	}
	st.evidence.begin()
	st.noteUnread()
	switch {
	case spoken:
		st.length.measure(&st.partMeasure)
	case !st.length.encoded():
		st.length.measure(&st.unspoken)
		st.unspoken[perText]++
	}
	st.length = length{}
	if spoken {
		if st.readable != nil && st.readable.hidden != nil {
			st.joinString(tail, open)
			st.noteUnread()
		}
		st.part.addAll(&st.str)
		if st.seams.length > 0 {
			st.side.string(st.set.sides, st.seams.head, tail, st.seams.length == len(st.seams.head))
		}
	} else {
		st.partUnspoken.addAll(&st.str.heard)
	}
	st.str.clear()
	st.seams.head, st.seams.length = st.seams.head[:0], 0
}

// EndPart ends a content part, as prompt.Sink says.
func (st *State) EndPart(of prompt.Part) {
	st.measured.add(&st.partMeasure)
	st.joinPart(of == prompt.PartOwn || of == prompt.PartUnknown)
	st.side.endPart(of == prompt.PartOwn)
	st.noteUnread()
	st.part.heard.addAll(&st.str.heard)
	st.str.heard.clear()
	switch of {
	case prompt.PartOwn:
		st.accounts.endPart(true, unknown)
		st.msgIsUsers = st.msgIsUsers || st.partIsUsers
		st.msg.addAll(&st.part)
		st.msgUnspoken.addAll(&st.partUnspoken)
		st.msgMeasured.add(&st.unspoken)
	default:
		who := tool
		switch of {
		case prompt.PartDefinition:
			who = operator
			st.unspoken[perPart]++
		case prompt.PartUnknown:
			who = unknown
		}
		st.accounts.endPart(false, who)
		st.measured.add(&st.unspoken)
		st.said[who].addAll(&st.part.heard)
		st.said[who].addAll(&st.partUnspoken)
		if of != prompt.PartUnknown { // which an engine may join with its neighbours, so that personal data goes over the seam, too
			st.parted()
		}
	}
	st.part.clear()
	st.endKept(of == prompt.PartOwn)
	st.partUnspoken.clear()
	st.partMeasure, st.unspoken = Measure{}, Measure{}
	st.partIsUsers = false
}

// EndMessage ends a message, as prompt.Sink says.
func (st *State) EndMessage(role prompt.Role) {
	own := prompt.PartOwn
	if role == prompt.RoleTool {
		own = prompt.PartResult
	}
	st.EndPart(own)
	st.parted()
	st.endJoined()
	st.noteUnread()
	st.msg.heard.addAll(&st.str.heard)
	st.str.heard.clear()
	st.ownWords()
	if st.piece.open {
		st.noteMessage(role)
	}
	st.addMessage(role)
}

// addMessage adds a message that has been read, or was remembered, to those before it.
func (st *State) addMessage(role prompt.Role) {
	st.joinMessage(role)
	st.noteUnread()
	if len(st.str.patterns.list) > 0 {
		st.msg.profiled = false // what is found over the seam belongs to it
	}
	st.msg.heard.addAll(&st.str.heard)
	st.str.heard.clear()
	who, unspoken := unknown, unknown
	switch role {
	case prompt.RoleUser, prompt.RoleLateSystem:
		who = user
	case prompt.RoleSystem:
		who, unspoken = operator, operator
	case prompt.RoleAssistant:
		who, unspoken = assistant, assistant
		st.measured.add(&st.msgMeasured) // calls of tools
	case prompt.RoleTool:
		who, unspoken = tool, tool
		st.worked = true
	}
	st.accounts.endMessage(who)
	if st.said[who].addAll(&st.msg.heard); role == prompt.RoleLateSystem {
		st.said[operator].addAll(&st.msg.heard) // or a message before it would clear what was found in it
	}
	st.said[unspoken].addAll(&st.msgUnspoken)
	st.side.endMessage(role)
	if role == prompt.RoleUser {
		switch {
		case st.msg.counts.empty(): // it hands the result of a tool on
			st.worked = true
		case st.followsUp(st.msg):
			st.keepProfile()
			st.last.patterns.addAll(&st.msg.patterns)
			st.last.wanted.addAll(&st.msg.wanted)
			st.followUps++
		default:
			st.keepProfile()
			st.msg, st.last = st.last, st.msg
			st.followUps, st.rated = 0, false
		}
	}
	st.msg.clear()
	st.msgUnspoken.clear()
	st.msgMeasured = Measure{}
	st.msgIsUsers = false
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
	st.wrapped.reader.Release()
	st.window.Flush()
	st.noteUnread()
	if in.Cut && st.cut() {
		defer st.back()
	}
	in.Cut = in.Cut && !st.last.counts.empty() // nothing that was read says nothing
	st.rate()
	for i := range st.set.signals {
		out[i] = st.set.signals[i].value(st, in)
	}
	if st.set.topics {
		st.noteTopic()
	}
}

// rate works out the points of the newest user message, and what is worked out from them later, anew if it is another one.
func (st *State) rate() {
	if st.rated {
		return
	}
	st.scores.rate(st)
	st.rated, st.ranked, st.traced, st.weighed = true, false, false, false
}

// Measure is what was measured of the text and the tools that were read so far.
func (st *State) Measure() Measure {
	m := st.measured
	m.add(&st.partMeasure)
	if !st.length.encoded() {
		st.length.measure(&m)
	}
	return m
}

// Size estimates how many tokens a model of a family would count in the text, the tools and the media read
// so far. A string that is still being read counts unless it looks like encoded data.
func (st *State) Size(facts *prompt.Facts, f Family) int64 {
	m := st.Measure()
	return m.Tokens(f) + mediaTokens(facts)
}

// Sizes is Size for every family, by its number.
func (st *State) Sizes(facts *prompt.Facts, sizes []int64) {
	m, media := st.Measure(), mediaTokens(facts)
	sizes[Mix] = 0
	for f := O200k; f < families; f++ {
		sizes[f] = m.Tokens(f) + media
		sizes[Mix] = max(sizes[Mix], sizes[f])
	}
}

func mediaTokens(facts *prompt.Facts) int64 {
	return imageTokens*int64(facts.Images) + audioTokens*int64(facts.Audio) + videoTokens*int64(facts.Videos)
}

// never is the value of a declaration that could not be read.
type never struct{}

func (never) value(*State, *Input) expr.Value { return expr.False }
