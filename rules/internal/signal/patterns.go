package signal

import "github.com/mom-router/mom-router/rules/internal/match"

// A pattern is what an automaton reports of a phrase: the number of a keyword's pattern or of a built-in term, and who
// looks for it. This is the only place that says what its bits mean:
//
//	bit 31         termBit: a term of a built-in list; else it is a keyword's
//	bit 30         rotBit: the phrase stands there in rot13
//	bit 29         match.UnitBit: a piece of a phrase with gaps; match keeps those to itself
//	bit 28         languageBit: a term that speaks for a language
//	bit 27         topicBit: a term that speaks for a domain, or for what a message wants
//	bits 0 to 26   the number
const (
	termBit     = 1 << 31
	rotBit      = 1 << 30
	languageBit = 1 << languageAt
	topicBit    = 1 << topicAt

	languageAt, topicAt = 28, 27

	numberMask = topicBit - 1
)

// rotCue is the pattern of words that give rot13 away. Keywords have no languageBit, so it is none of theirs.
const rotCue = rotBit | languageBit

// Bits that overlap have a sum that is more than all of them together, and this does not compile.
const _ uint = (termBit | rotBit | match.UnitBit | languageBit | topicBit | numberMask) -
	(termBit + rotBit + match.UnitBit + languageBit + topicBit + numberMask)
