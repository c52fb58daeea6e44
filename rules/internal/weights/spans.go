package weights

// Spans are how many words a span may have at most: a sentence or two, and a passage. What is longer adds up too much
// that is harmless by itself, such as code.
var Spans = [...]int{24, 128}

const longest = 128 // of Spans

// Sums are sums of weights, of one span for each of Spans.
type Sums [2]int32

// scoreUnits are what sums are multiplied by to make them a Score, in parts of scoreParts: that of shorter spans is greater, by the
// root of how much shorter they are. So sums count by the square root of how many words they may be over.
var scoreUnits = [len(Spans)]int64{2365, 1024} // sqrt(128/24) and 1

const scoreParts = 1024

// Score is the one number that sums come to: the greatest over the square root of its span's length, in units of the longest span's.
func (s Sums) Score() int32 {
	most := int64(0)
	for i, n := range s {
		most = max(most, int64(n)*scoreUnits[i]/scoreParts)
	}
	return int32(most)
}

// Plus adds sums.
func (s Sums) Plus(o Sums) Sums {
	for i, n := range o {
		s[i] += n
	}
	return s
}

// spans finds the best contiguous spans of a string's words: the greatest sums of what words and pairs weigh, less a bias for each word.
//
// The sum of a span is that of all words to its end less that of all before its start. So for each end the start with the least sum is wanted
// of those that are near enough. Starts wait in a ring, the least first; one that comes later and is less replaces those before it. Of shorter
// spans the start is the first in the ring that is near enough for them.
type spans struct {
	bias  int32
	words int32 // that were read
	sum   int32 // of what they weigh
	best  Sums

	last, lastAt int32 // what the last word that weighs something weighs by itself, and its number

	ring  [longest]start
	first [len(Spans)]int32 // the number of the first start in the ring that a span may have; all are numbered
	next  int32             // the number of the next one
}

// start is a word that a span may start with, and the sum of all before it.
type start struct{ sum, at int32 }

func (s *spans) begin() {
	s.words, s.sum, s.best = 0, 0, Sums{}
	s.last, s.lastAt = 0, -1
	s.first, s.next = [len(Spans)]int32{}, 0
}

// resume begins behind the word 0, given the sums of the best spans that end with it. They stand for two starts. That of the longer span stands so far
// before that the shorter one cannot reach it; where its true start is nearer, its sum is no greater than the other.
func (s *spans) resume(sums Sums) {
	s.words, s.sum, s.best = 1, 0, sums
	s.last, s.lastAt = 0, -1
	s.ring[0] = start{-s.bias - max(sums[1], sums[0]), -int32(Spans[0])}
	s.ring[1] = start{-s.bias - sums[0], 0}
	s.first, s.next = [len(Spans)]int32{1, 0}, 2
}

// start adds a start.
func (s *spans) start(sum, at int32) {
	for s.first[1] < s.next && s.ring[s.first[1]%longest].at <= at-longest {
		s.first[1]++
	}
	for s.next > s.first[1] && s.ring[(s.next-1)%longest].sum >= sum {
		s.next--
	}
	s.ring[s.next%longest] = start{sum, at}
	s.first[0] = max(s.first[1], min(s.first[0], s.next))
	s.next++
}

// add goes on with the spans over some words, given those weights of theirs that are not 0, as Scanner.sieve numbers them. A span that is better than
// what it is part of begins with a word that weighs more than the bias, or with the first one of a pair that speaks for it, and ends with one at which its sum
// grows: no other starts and ends are looked at, which is most of them.
func (s *spans) add(weighing []uint64, words int) {
	for i := 0; i < len(weighing); {
		at := s.words + int32(weighing[i]&0xFF>>1)
		pair, own := int32(0), int32(0)
		if weighing[i]&1 == 0 {
			pair = int32(weighing[i]>>8) - 128
			if pair > 0 && at > 0 && (s.next == s.first[1] || s.ring[(s.next-1)%longest].at != at-1) {
				before := s.sum
				if s.lastAt == at-1 {
					before -= s.last
				}
				s.start(before-s.bias*(at-1), at-1)
			}
			s.sum += pair
			i++
		}
		if i < len(weighing) && int32(weighing[i]&0xFF>>1) == at-s.words && weighing[i]&1 != 0 {
			if own = int32(weighing[i]>>8) - 128; own > s.bias {
				s.start(s.sum-s.bias*at, at)
			}
			s.sum += own
			i++
		}
		s.last, s.lastAt = own, at
		if own+max(pair, 0) > s.bias {
			for k, sum := range s.endingAt(at) {
				s.best[k] = max(s.best[k], sum)
			}
		}
	}
	s.words += int32(words)
}

// endingAt are the sums of the best spans that end with a word, at least 0.
func (s *spans) endingAt(at int32) (sums Sums) {
	end := s.sum - s.bias*(at+1)
	for k, n := range Spans {
		for s.first[k] < s.next && s.ring[s.first[k]%longest].at <= at-int32(n) {
			s.first[k]++
		}
		if s.first[k] < s.next {
			sums[k] = max(0, end-s.ring[s.first[k]%longest].sum)
		}
	}
	return sums
}

func (s *spans) ending() Sums { return s.endingAt(s.words - 1) }
