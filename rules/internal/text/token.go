// Package text turns the decoded strings of a request into normalised tokens, in one pass
// and in pieces of any size, without allocating.
//
// Two spellings that a reader takes for the same words give the same tokens: case, width and
// compatibility forms, accents, invisible characters and the kind and number of separators make
// no difference. Each of these transformations has a file and test vectors of its own. A token
// carries the place in the body where it stands, so that evidence can be shown.
//
// What is a token:
//   - A run of letters and digits is a word. Apostrophes, hyphens, underscores and full stops
//     separate like any other punctuation: "don't" is the two words "don" and "t", "node.js" is
//     "node" and "js". Phrases pass through the same tokenizer, so they still match each other.
//   - A character of a script that is written without spaces (Han, kana, Thai, Lao, Khmer,
//     Myanmar) is a token of its own, so that phrases match as substrings.
//   - A few names whose punctuation carries the meaning are kept whole, see names.go.
package text

// Kind says what a token is.
type Kind uint8

// The kinds of a token.
const (
	Word   Kind = iota // letters, perhaps with digits
	Number             // ASCII digits only
	Char               // one character of a script written without spaces
)

// Token is one normalised word.
type Token struct {
	// Hash identifies the normalised spelling. It is the same in every process and version of
	// the tables, so learned weights can be keyed by it.
	Hash uint64
	// Start and End are the offsets in the body of the word's first byte and of the byte after
	// its last one. Where the word was written with escapes End is that of the escaped form.
	Start, End int64
	Traits
}

// Traits are what else is known of a token. They stand in one machine word, since in the module each load and store costs
// more than what is done with it:
//
//	bits 0 to 7    the script of the last letter that is not Latin, else Latin
//	bits 8 to 15   the kind
//	bit 16         whether it stands between ``` fences
//	bit 17         whether it is a Chinese character in its traditional form, which is another one than the simplified
//	bits 32 to 47  the number of normalised UTF-8 bytes, at most 65,535
//	bits 48 to 63  the number of the sentence
type Traits uint64

const (
	traitCode        Traits = 1 << 16
	traitTraditional Traits = 1 << 17

	kindShift     = 8
	lengthShift   = 32
	sentenceShift = 48
)

// Script is the script of the last letter that is not Latin, else Latin.
func (t Traits) Script() Script { return Script(t) }

// Kind says what the token is.
func (t Traits) Kind() Kind { return Kind(t >> kindShift) }

// Code is true between ``` fences.
func (t Traits) Code() bool { return t&traitCode != 0 }

// Traditional is true for a Chinese character that was written otherwise than the simplified one which it stands for.
func (t Traits) Traditional() bool { return t&traitTraditional != 0 }

// Plain is true for what nearly all tokens are: words in Latin letters and not in code.
func (t Traits) Plain() bool { return uint32(t) == 0 }

// TraditionalBit is Traditional as 1 or 0.
func (t Traits) TraditionalBit() uint64 { return uint64(t) / uint64(traitTraditional) & 1 }

// Han is true for Chinese characters outside of code.
func (t Traits) Han() bool {
	return uint32(t)&^uint32(traitTraditional) == uint32(Han)|uint32(Char)<<kindShift
}

// Len is the number of normalised UTF-8 bytes, at most 65,535.
func (t Traits) Len() int { return int(uint16(t >> lengthShift)) }

// Sentence counts the marks before the word that end sentences (. ! ? and their like) and the ends of lines, from 0 at the string's
// beginning, and begins anew behind 65,535.
func (t Traits) Sentence() uint16 { return uint16(t >> sentenceShift) }

// InSentence are traits of a word that say nothing but its sentence.
func InSentence(n uint16) Traits { return Traits(n) << sentenceShift }

// Parted is 1 if two words stand in different sentences, else 0.
func Parted(a, b Traits) uint64 {
	return (uint64(a^b)>>sentenceShift + 0xFFFF) >> 16
}

// Consumer receives the tokens of a text in order, a batch at a time. A batch ends where the
// tokenizer's buffer is full or is flushed, which means nothing. It may not be kept.
type Consumer interface {
	Tokens(batch []Token)
}

// Splitter tokenizes whole strings one after another, for phrases of a policy. The zero value is
// ready for use.
type Splitter struct {
	tokenizer Tokenizer
	tokens    []Token
	bytes     []byte
}

// Tokens gathers a batch; it makes a Splitter its own tokenizer's Consumer.
func (s *Splitter) Tokens(batch []Token) { s.tokens = append(s.tokens, batch...) }

// Split returns the tokens of a string, with offsets from its start. They may be used until the
// next Split.
func (s *Splitter) Split(words string) []Token {
	s.bytes = append(s.bytes[:0], words...)
	return s.SplitBytes(s.bytes)
}

// SplitBytes is Split for bytes.
func (s *Splitter) SplitBytes(p []byte) []Token {
	s.tokens = s.tokens[:0]
	s.tokenizer.Reset(s)
	s.tokenizer.Text(p, 0, true)
	s.tokenizer.EndText()
	return s.tokens
}

// Split returns the tokens of one string. A caller with many uses a Splitter.
func Split(words string) []Token { return new(Splitter).Split(words) }
