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
	slotBits   = 12
)

// What a word of the lists is, a bit each.
const (
	function  = 1 << iota // it holds a sentence together
	linker                // but stands in lists as well: see clause.go
	asking                // a verb in the form in which a sentence begins that asks for something
	ambiguous             // the same, but also a noun
)

// set is a set of words by their hashes. Most words that are not in it do not pass the bitmap.
type set struct {
	bitmap [1 << bitmapBits / 64]uint64
	slots  [1 << slotBits]uint64 // open addressing; 0 is empty
	kinds  [1 << slotBits]uint8  // of the word in the slot
}

// kind is what a word is; 0 for one that is in no list.
func (s *set) kind(hash uint64) uint8 {
	bit := hash >> (64 - bitmapBits)
	if s.bitmap[bit>>6]>>(bit&63)&1 == 0 {
		return 0
	}
	return s.kinds[s.slot(hash)]
}

// slot is where a word stands, or would.
func (s *set) slot(hash uint64) uint64 {
	for i := hash; ; i++ {
		switch s.slots[i&(1<<slotBits-1)] {
		case hash, 0:
			return i & (1<<slotBits - 1)
		}
	}
}

func (s *set) add(hash uint64, kind uint8) {
	bit := hash >> (64 - bitmapBits)
	s.bitmap[bit>>6] |= 1 << (bit & 63)
	i := s.slot(hash)
	s.slots[i] = hash
	s.kinds[i] |= kind
}

// known are the words of all lists.
var known = func() *set {
	s := new(set)
	s.load(functionWords, function)
	s.load(linkerWords, linker)
	s.load(askingWords, asking)
	s.load(ambiguousWords, ambiguous)
	return s
}()

// Functions are the hashes of the words that hold sentences together.
func Functions() (hashes []uint64) {
	for i, hash := range known.slots {
		if known.kinds[i]&function != 0 {
			hashes = append(hashes, hash)
		}
	}
	return hashes
}

// FunctionsIn has a bit for each word of a batch that holds a sentence together. The batch has at most 64 words.
func FunctionsIn(batch []text.Token) (functional uint64) {
	for i := range batch {
		functional |= uint64(known.kind(batch[i].Hash)&function) << i
	}
	return functional
}

// load splits a list as the tokenizer splits a text, so that both agree on what a word is.
func (s *set) load(list string, kind uint8) {
	var split text.Splitter
	for rest := list; rest != ""; {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, t := range split.Split(line) {
			s.add(t.Hash, kind)
		}
	}
}
