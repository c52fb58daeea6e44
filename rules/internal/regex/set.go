package regex

import "unicode/utf8"

// Set is patterns that are looked for together. It is never written to after its last Add.
type Set struct {
	patterns []*Pattern
	guards   []guard
	// byPair leads to the guards that begin with two characters, by their last five bits: what
	// is there for a pair is lists[byPair[pair]].
	byPair [1 << 10]uint16
	lists  [][]uint16
}

// guard is a literal of a pattern.
type guard struct {
	literal string
	pattern uint16
}

// mostGuards bounds the literals of a set, which have numbers of 16 bits. Each pattern has one at least.
const mostGuards = none

// Room reports whether a pattern may be added.
func (s *Set) Room(p *Pattern) bool { return len(s.guards)+len(p.literals) <= mostGuards }

// Add adds a pattern, for which there must be Room, and returns its number.
func (s *Set) Add(p *Pattern) int {
	n := len(s.patterns)
	s.patterns = append(s.patterns, p)
	if s.lists == nil {
		s.lists = make([][]uint16, 1)
	}
	for _, literal := range p.literals {
		g := uint16(len(s.guards))
		s.guards = append(s.guards, guard{literal, uint16(n)})
		if len(literal) > 1 {
			s.enter(pair(literal[0], literal[1]), g)
			continue
		}
		for c := range byte(32) {
			s.enter(pair(literal[0], c), g)
		}
	}
	return n
}

func (s *Set) enter(pair int, g uint16) {
	if s.byPair[pair] == 0 {
		s.byPair[pair] = uint16(len(s.lists))
		s.lists = append(s.lists, nil)
	}
	i := s.byPair[pair]
	s.lists[i] = append(s.lists[i], g)
}

func pair(a, b byte) int { return int(a&31)<<5 | int(b&31) }

// Pattern is the pattern of a number.
func (s *Set) Pattern(n int) *Pattern { return s.patterns[n] }

// Len is the number of patterns.
func (s *Set) Len() int { return len(s.patterns) }

// Runner keeps what running patterns takes. One Runner serves one text at a time.
type Runner struct {
	set       *Set
	now, next list
	hits      []hit
}

// hit is a place where a literal of a pattern stands.
type hit struct {
	at      int32
	pattern uint16
}

// NewRunner returns a runner for a set.
func (s *Set) NewRunner() *Runner {
	r := &Runner{set: s}
	for _, l := range []*list{&r.now, &r.next} {
		l.has = make([]uint32, maxProgram+1)
		l.threads = make([]thread, 0, maxProgram+1)
	}
	return r
}

// maxHits is how many literals are noted before their patterns are run.
const maxHits = 64

// Finder is told what is found.
type Finder interface {
	// Wanted reports whether it still matters if a pattern matches.
	Wanted(pattern int) bool
	// Found is called for a pattern that matches, perhaps several times.
	Found(pattern int)
}

// Scan reports each pattern that has a match with a literal in p[from:to]. It looks at up
// to ContextBytes bytes before and behind; where p begins or ends earlier the text is taken to begin or end
// there.
func (r *Runner) Scan(p []byte, from, to int, f Finder) {
	s := r.set
	r.hits = r.hits[:0]
	for i := from; i < to-1; i++ {
		if s.byPair[int(p[i]&31)<<5|int(p[i+1]&31)] != 0 {
			r.guards(p, i, p[i+1], f)
		}
	}
	if to > from {
		r.guards(p, to-1, byteAt(p, to), f)
	}
	r.runAll(p, f)
}

func byteAt(p []byte, i int) byte {
	if i < len(p) {
		return p[i]
	}
	return 0
}

// guards notes the literals at p[i]; second is the byte behind it.
func (r *Runner) guards(p []byte, i int, second byte, f Finder) {
	s := r.set
	for _, g := range s.lists[s.byPair[pair(p[i], second)]] {
		if x := &s.guards[g]; f.Wanted(int(x.pattern)) && stands(p, i, x.literal) {
			if len(r.hits) == maxHits {
				r.runAll(p, f)
			}
			r.hits = append(r.hits, hit{int32(i), x.pattern})
		}
	}
}

// stands reports whether a literal in small letters stands at p[i], in whatever case.
func stands(p []byte, i int, literal string) bool {
	if i+len(literal) > len(p) {
		return false
	}
	for k := range len(literal) {
		c := p[i+k]
		if c-'A' < 26 {
			c += 'a' - 'A'
		}
		if c != literal[k] {
			return false
		}
	}
	return true
}

// runAll runs the patterns around the hits.
func (r *Runner) runAll(p []byte, f Finder) {
	for i := range r.hits {
		n := r.hits[i].pattern
		if n == none || !f.Wanted(int(n)) {
			continue
		}
		// All the hits of the pattern, in the order of their places: bytes near several of them
		// are run over once.
		start, end := int32(-1), int32(-1)
		for k := i; k < len(r.hits); k++ {
			h := &r.hits[k]
			if h.pattern != n {
				continue
			}
			h.pattern = none
			if start < 0 || h.at-MaxMatch > end {
				if start >= 0 && r.run(p, int(n), int(start), int(end)) {
					f.Found(int(n))
				}
				start = max(0, h.at-MaxMatch)
			}
			end = min(int32(len(p)), h.at+MaxMatch)
		}
		if start >= 0 && f.Wanted(int(n)) && r.run(p, int(n), int(start), int(end)) {
			f.Found(int(n))
		}
	}
	r.hits = r.hits[:0]
}

const none = 0xFFFF

// list is a set of threads, the one that began last first.
type list struct {
	threads []thread
	has     []uint32 // by step: the generation in which it was added
	age     uint32
}

type thread struct {
	step  uint16
	start int32
}

func (l *list) clear() {
	l.threads = l.threads[:0]
	l.age++
}

// run reports whether a pattern has a match of at most MaxMatch bytes in p[start:end]. What stands
// around matters to assertions only.
func (r *Runner) run(p []byte, n, start, end int) bool {
	program := r.set.patterns[n].program
	for start < end && !utf8.RuneStart(p[start]) {
		start++
	}
	r.now.clear()
	for i := start; ; {
		// The thread that begins here comes first: of two in one state the later one makes
		// the shorter match.
		r.next.clear()
		if r.add(&r.next, program, 0, int32(i), p, i) {
			return true
		}
		for _, t := range r.now.threads {
			if r.add(&r.next, program, t.step, t.start, p, i) {
				return true
			}
		}
		if i >= end {
			return false
		}
		c, size := rune(p[i]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRune(p[i:])
		}
		// What reads c goes on behind it.
		r.now.clear()
		for _, t := range r.next.threads {
			if program[t.step].reads(c) {
				r.now.threads = append(r.now.threads, thread{t.step + 1, t.start})
			}
		}
		i += size
	}
}

// add follows all steps that read nothing, and reports whether that ends a match.
func (r *Runner) add(l *list, program []step, at uint16, start int32, p []byte, i int) bool {
	for {
		if l.has[at] == l.age {
			return false
		}
		l.has[at] = l.age
		switch s := &program[at]; s.op {
		case opMatch:
			return i-int(start) <= MaxMatch
		case opClass:
			l.threads = append(l.threads, thread{at, start})
			return false
		case opJump:
			at = s.to
			continue
		case opSplit:
			if r.add(l, program, at+1, start, p, i) {
				return true
			}
			at = s.to
			continue
		default:
			if !holds(s.op, p, i) {
				return false
			}
		}
		at++
	}
}

// holds reports whether an assertion is true before p[i].
func holds(o op, p []byte, i int) bool {
	switch o {
	case opLineStart:
		return i == 0 || p[i-1] == '\n'
	case opLineEnd:
		return i == len(p) || p[i] == '\n'
	}
	before, behind := i > 0 && wordByte(p[i-1]), i < len(p) && wordByte(p[i])
	return (before != behind) == (o == opBoundary)
}

func wordByte(c byte) bool { return c-'0' < 10 || (c|0x20)-'a' < 26 || c == '_' }
