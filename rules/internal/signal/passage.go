package signal

import (
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

// What a user asks for stands at the beginning of what he says or at its end. Between them stands, in a message of many pages, what it is asked about: a document, a
// log, a file. So what routes go by is read of the first words and of the last words of a passage alone, however long it is, and a long one costs little more
// than what guards ask of it. Guards, sizes and a policy's own keywords go by all of it, and so does the alphabet.
//
// A passage is a string, or what stands in it between two markers of client programs.

// headWords and tailWords are how many words are read of a passage at its beginning and at its end: some pages each.
const (
	headWords = 1024
	tailWords = 1024
)

// passage is the one that is being read.
type passage struct {
	read int                   // words of its beginning that were read
	more int                   // words behind them
	tail [tailWords]text.Token // the last ones of those; that with number n at n%tailWords
}

// head is how many words of the beginning are still to come.
func (p *passage) head() int { return headWords - p.read }

func (p *passage) begin() { p.read, p.more = 0, 0 }

// keep keeps words until they turn out to be among the last ones or not.
func (p *passage) keep(batch []text.Token) {
	n := copy(p.tail[p.more%tailWords:], batch)
	copy(p.tail[:], batch[n:])
	p.more += len(batch)
}

// endPassage reads the last words of the passage and makes what comes another one. Those behind a gap are no text with those before it.
func (st *State) endPassage() {
	p := &st.passage
	st.endEvidence()
	if p.more == 0 {
		p.begin()
		return
	}
	st.own.begin()
	var before *text.Token
	for at := max(0, p.more-tailWords); at < p.more; {
		from := at % tailWords
		batch := p.tail[from:min(tailWords, from+text.BatchSize, from+p.more-at)]
		var c counts // all words were counted
		var l length
		plain, seen := c.tokens(batch, st.evidence.proseFilter.Sentence(), &l)
		st.set.words.Look(batch, &st.looked)
		var rows []weights.Found
		if st.scanner != nil {
			rows = st.scanner.Rows(batch, before)
		}
		st.forRoutes(batch, rows, seen, plain)
		before = &batch[len(batch)-1]
		at += len(batch)
	}
	st.endEvidence()
	p.begin()
}
