// Package disguise reads words that are written so that a program does not see them and a reader does: with letters of
// other scripts, with digits and signs for letters, with letters apart, encoded, escaped or turned.
//
// The tokenizer notes in passing where something may be disguised (text.Spots); a Reading looks there, and hands on what
// it reads. Each transformation has a file and tests of its own. Guesses are made only towards words that somebody looks
// for, so that a guess that is wrong makes no difference.
package disguise

// Kinds is a set of ways to disguise words.
type Kinds uint8

// The disguises that a Reading sees through.
const (
	Confusable Kinds = 1 << iota // letters of other scripts that look like Latin ones
	Leet                         // digits and signs for letters
	Apart                        // letters with spaces or signs between them
	Base64
	Hex
	Escaped // URL escapes, HTML entities, \x and \u

	// Count is how many there are.
	Count = iota
)

// Template is set beside them where a marker of a chat template was found; it is no disguise of a word.
const Template Kinds = 1 << Count

// Names are the names of the disguises, by bit.
var Names = [Count]string{"confusable", "leet", "apart", "base64", "hex", "escaped"}
