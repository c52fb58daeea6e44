package prose

import (
	_ "embed" // the list is part of the program
	"strings"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// functionWords are those that hold sentences together, in the languages whose lists of content
// words would otherwise look like sentences.
//
//go:embed functions.txt
var functionWords string

const (
	bitmapBits = 15
	slotBits   = 11
)

// set is a set of words by their hashes. Most words that are not in it do not pass the bitmap.
type set struct {
	bitmap [1 << bitmapBits / 64]uint64
	slots  [1 << slotBits]uint64 // open addressing; 0 is empty
}

// has runs for every word of a request, so the compiler is to inline its first step.
func (s *set) has(hash uint64) bool {
	bit := hash >> (64 - bitmapBits)
	return s.bitmap[bit>>6]>>(bit&63)&1 != 0 && s.holds(hash)
}

func (s *set) holds(hash uint64) bool {
	for i := hash; ; i++ {
		switch s.slots[i&(1<<slotBits-1)] {
		case hash:
			return true
		case 0:
			return false
		}
	}
}

func (s *set) add(hash uint64) {
	if s.holds(hash) {
		return
	}
	bit := hash >> (64 - bitmapBits)
	s.bitmap[bit>>6] |= 1 << (bit & 63)
	i := hash
	for s.slots[i&(1<<slotBits-1)] != 0 {
		i++
	}
	s.slots[i&(1<<slotBits-1)] = hash
}

// functions holds functionWords.
var functions = load(functionWords)

// Functions are the hashes of the words that hold sentences together.
func Functions() (hashes []uint64) {
	for _, hash := range functions.slots {
		if hash != 0 {
			hashes = append(hashes, hash)
		}
	}
	return hashes
}

// FunctionsIn has a bit for each word of a batch that holds a sentence together. The batch has at most 64 words.
func FunctionsIn(batch []text.Token) (functional uint64) {
	for i := range batch {
		if functions.has(batch[i].Hash) {
			functional |= 1 << i
		}
	}
	return functional
}

// load splits the list as the tokenizer splits a text, so that both agree on what a word is.
func load(list string) *set {
	s := new(set)
	var split text.Splitter
	for rest := list; rest != ""; {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, t := range split.Split(line) {
			s.add(t.Hash)
		}
	}
	return s
}
