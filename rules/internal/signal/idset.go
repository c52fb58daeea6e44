package signal

import (
	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

// idSet is a set of small numbers that remembers what is in it, so that emptying it and adding it
// to another one cost as much as it holds and not as much as it could hold.
type idSet struct {
	bits []uint64
	list []uint32
}

func newIDSet(n int) idSet { return idSet{bits: make([]uint64, n/64+1)} }

func (s *idSet) has(i uint32) bool { return s.bits[i/64]>>(i%64)&1 != 0 }

func (s *idSet) add(i uint32) {
	if bit := uint64(1) << (i % 64); s.bits[i/64]&bit == 0 {
		s.bits[i/64] |= bit
		s.list = append(s.list, i)
	}
}

// room makes sure that so many numbers can be added without a look at how long the list is.
func (s *idSet) room(n int) []uint32 {
	if len(s.list)+n > cap(s.list) {
		s.list = append(make([]uint32, 0, 2*cap(s.list)+n), s.list...)
	}
	return s.list[:len(s.list)+n]
}

// addHits adds the terms of phrases. Like addFound it is one loop without a branch that nobody can foresee.
func (s *idSet) addHits(hits []match.Hit) {
	set, n := s.bits, len(s.list)
	list := s.room(len(hits))
	for i := range hits {
		id := hits[i].Pattern
		word := &set[id/64]
		list[n] = id
		n += int(1 &^ (*word >> (id % 64)))
		*word |= 1 << (id % 64)
	}
	s.list = list[:n]
}

// addFound adds rows of weights.
func (s *idSet) addFound(rows []weights.Found) {
	set, n := s.bits, len(s.list)
	list := s.room(len(rows))
	for i := range rows {
		row := rows[i].Row
		word := &set[row/64]
		list[n] = row
		n += int(1 &^ (*word >> (row % 64)))
		*word |= 1 << (row % 64)
	}
	s.list = list[:n]
}

// truncate takes back all but the first n that were added. It is not for sets that others were added to.
func (s *idSet) truncate(n int) {
	for _, i := range s.list[n:] {
		s.bits[i/64] &^= 1 << (i % 64)
	}
	s.list = s.list[:n]
}

func (s *idSet) clear() {
	for _, i := range s.list {
		s.bits[i/64] = 0
	}
	s.list = s.list[:0]
}

// addAll adds the content of another set.
func (s *idSet) addAll(from *idSet) { s.addNumbers(from.list) }

func (s *idSet) addNumbers(list []uint32) {
	for _, i := range list {
		s.add(i)
	}
}
