package weights

import (
	"math/bits"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// multiplier is an odd number with well mixed bits: pi's fraction after the tokenizer's own.
const multiplier = 0x13198a2e03707345

// Word is the feature of one token: its hash, or for a number that of its length, since which
// number it is says little.
func Word(t *text.Token) uint64 {
	if t.Kind() == text.Number {
		return Number(t.Len())
	}
	return t.Hash
}

// Number is the feature of a number of so many digits.
func Number(digits int) uint64 { return (uint64(min(digits, 6)) + 0x5bd1e995) * multiplier }

// Pair is the feature of two neighbouring tokens, by their Words. Pair(0, b), with nothing before,
// is a feature, too: "b begins the text".
func Pair(a, b uint64) uint64 { return (bits.RotateLeft64(a, 23) ^ b) * multiplier }

// Trait is the feature of something that is true of a whole text and is not one of its words,
// such as "between 16 and 31 words long": the trait's number and its value.
func Trait(kind, value int) uint64 {
	h := (uint64(kind)<<32 | uint64(uint32(value)) | 1<<63) * multiplier
	return (h ^ h>>29) * multiplier
}
