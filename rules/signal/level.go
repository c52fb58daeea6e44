package signal

import "github.com/mom-router/mom-router/rules/text"

// level is what was found in a string, a part or a message.
type level struct {
	keywords bag // patterns of keyword signals
	terms    bag // built-in phrases
	counts   counts
}

func newLevel(s *Set) level {
	return level{keywords: newBag(s.keywords), terms: newBag(len(s.terms))}
}

func (l *level) clear() {
	l.keywords.clear()
	l.terms.clear()
	l.counts = counts{}
}

// pour adds another level's content.
func (l *level) pour(from *level) {
	l.keywords.pour(&from.keywords)
	l.terms.pour(&from.terms)
	l.counts.add(&from.counts)
}

// counts are the numbers that describe a text beside its words.
type counts struct {
	words   uint32 // tokens that are words or characters
	numbers uint32
	code    uint32               // tokens between code fences
	size    uint64               // estimated model tokens, in sixteenths
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
	c.size += o.size
	for i := range c.letters {
		c.letters[i] += o.letters[i]
	}
	c.marks.Add(&o.marks)
}

// token counts one token.
func (c *counts) token(t *text.Token) {
	c.size += tokenSize(t)
	if t.Kind == text.Number {
		c.numbers++
		return
	}
	c.words++
	if t.Code {
		c.code++
	} else {
		c.letters[t.Script] += uint32(t.Len)
	}
}

// encoded reports whether a text looks like base64 or a hex dump rather than words: its tokens
// are far longer than those of any language.
func (c *counts) encoded() bool {
	var bytes uint32
	for _, n := range c.letters {
		bytes += n
	}
	return c.words > 16 && bytes/20 > c.words
}
