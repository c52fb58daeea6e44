package signal

import (
	"github.com/mom-router/mom-router/rules/internal/prose"
	"github.com/mom-router/mom-router/rules/internal/text"
)

// findings is what was found in a string, a part or a message.
type findings struct {
	heard // what guards ask for
	words // what routes ask for

	// profile is that of a message which is no follow-up and has none, if it is known.
	profile  [rememberedProfile]uint64
	profiled bool
}

// words is what a user's own words say: what a client program wrote around them is left out (see wrapped.go).
type words struct {
	wanted  idSet  // patterns of keywords that are looked for in them alone
	terms   idSet  // built-in phrases that speak for a language
	topical idSet  // those that speak for something else, but for those among words that are strung together
	rows    *idSet // of learned weights: known words and pairs of words that do not, either
	listed  listed // what those say
	counts  counts
	tally   tally
}

func newFindings(s *Set) findings {
	return findings{heard: newHeard(s), words: newWords(s)}
}

func newWords(s *Set) words {
	f := words{wanted: newIDSet(s.keywords), terms: newIDSet(len(s.terms)), topical: newIDSet(len(s.terms)), rows: new(idSet), listed: newListed()}
	if s.table != nil {
		*f.rows = newIDSet(s.table.Len())
	}
	return f
}

func (f *findings) clear() {
	f.heard.clear()
	f.words.clear()
	f.profiled = false
}

func (f *words) clear() {
	f.wanted.clear()
	f.terms.clear()
	f.topical.clear()
	f.rows.clear()
	f.listed.clear()
	f.counts = counts{}
	f.tally.known = false
}

// addAll adds what others found. from is of no use then but to be cleared.
func (f *findings) addAll(from *findings) {
	f.heard.addAll(&from.heard)
	f.words.addAll(&from.words)
}

// addAll adds other words. from is of no use then but to be cleared.
func (f *words) addAll(from *words) {
	f.wanted.addAll(&from.wanted)
	f.terms.addAll(&from.terms)
	f.topical.addAll(&from.topical)
	if len(f.rows.list) == 0 { // they are many, and from needs its own no more
		f.rows, from.rows = from.rows, f.rows
	} else {
		f.rows.addAll(from.rows)
	}
	f.listed.addAll(&from.listed)
	f.counts.add(&from.counts)
}

// copyAll adds other words, which stay of use.
func (f *words) copyAll(from *words) {
	f.wanted.addAll(&from.wanted)
	f.terms.addAll(&from.terms)
	f.topical.addAll(&from.topical)
	f.rows.addAll(from.rows)
	f.listed.addAll(&from.listed)
	f.counts.add(&from.counts)
}

// counts are the numbers that describe a text beside its words.
type counts struct {
	words   uint32 // tokens that are words or characters
	numbers uint32
	code    uint32 // tokens between code fences
	// Words that are strung together, and how many of those are Chinese characters.
	strung, strungHan uint32
	// The same of stretches that are lists.
	apart, apartHan uint32
	asks            bool // there is a sentence beside them that says something

	letters [text.Scripts]uint32 // bytes of words outside code fences, by script
	marks   text.Marks
}

// empty reports whether the text says nothing at all.
func (c *counts) empty() bool {
	if c.words != 0 || c.numbers != 0 {
		return false
	}
	for m, n := range c.marks.Count {
		if n != 0 && text.Mark(m) != text.MarkNewline {
			return false
		}
	}
	return true
}

func (c *counts) add(o *counts) {
	c.words += o.words
	c.numbers += o.numbers
	c.code += o.code
	c.strung += o.strung
	c.strungHan += o.strungHan
	c.apart += o.apart
	c.apartHan += o.apartHan
	c.asks = c.asks || o.asks
	for i := range c.letters {
		c.letters[i] += o.letters[i]
	}
	c.marks.Add(&o.marks)
}

// tokens counts a batch of tokens, the word before which stands in a sentence, and says what it has seen: whether they are all words in Latin letters and no code,
// and what the prose filter wants to know.
func (c *counts) tokens(batch []text.Token, sentence uint16, l *length) (plain bool, seen prose.Survey) {
	var letters, long, words, han, characters, pairs uint32
	unpaired := l.unpaired
	var sentences uint64
	before := text.InSentence(sentence)
	plain = true
	for i := range batch {
		t := &batch[i]
		sentences |= text.Parted(before, t.Traits) << (i & 63)
		before = t.Traits
		if !t.Plain() {
			if t.Han() {
				han += uint32(t.Len())
				characters++
				var pair uint64
				unpaired, pair = pairHan(unpaired, t)
				pairs += uint32(pair)
				continue
			}
			l.unpaired = unpaired
			c.unusual(t, l)
			unpaired = l.unpaired
			plain = false
			seen.Unlisted = seen.Unlisted || t.Code() || t.Script() != text.Latin && t.Script() != text.Han
			continue
		}
		n := uint32(t.Len())
		letters += n
		if n > shortWord {
			long += n - shortWord
		}
		words++
	}
	l.unpaired = unpaired
	if characters > 0 {
		l.pairs += pairs
		c.letters[text.Han] += han
		l.script[text.Han] += han
		l.foreign = true
		plain = false
	}
	c.words += words + characters
	c.letters[text.Latin] += letters
	l.words += words
	l.letters += letters
	l.long += long
	seen.Sentences = sentences
	return plain, seen
}

// unusual counts a token that is no Latin word, or code.
func (c *counts) unusual(t *text.Token, l *length) {
	n, script := uint32(t.Len()), t.Script()
	if t.Kind() == text.Number {
		c.numbers++
		l.numbers++
		l.digits += n
		l.triples += (max(n, 1) - 1) / 3
		return
	}
	c.words++
	if script == text.Latin {
		l.words++
		l.letters += n
		if n > shortWord {
			l.long += n - shortWord
		}
	} else {
		l.script[script] += n
		l.foreign = true
		if script == text.Han {
			l.han(t)
		}
	}
	if t.Code() {
		c.code++
	} else {
		c.letters[script] += n
	}
}
