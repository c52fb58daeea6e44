package objectives

import (
	"encoding/binary"
	"math"
)

// A pace says how fast a model begins to answer prompts of one size: a ring of sketches, each over a part of the window, and what follows from it.
type pace struct {
	period int64 // of the newest sketch: its number since 1970
	mode   mode
	turns  uint8 // how often it was passed over lately: it stays so for longer each time
	streak uint16
	since  int64 // of the mode, in milliseconds since 1970
	probed int64 // when the last request was let through to see
	moves  int64 // of all modes
	counts [periods][buckets]uint16
	loads  [periods]told
}

// told is how often engines have said how busy they are, and that they are too busy.
type told struct{ all, busy uint16 }

// mode is whether a model takes new conversations.
type mode uint8

const (
	keeping mode = iota // it does
	passed              // it is passed over, but for probes
)

const (
	periods  = 6
	paceSize = headSize + 8 + 4 + 3*8 + 4 + periods*buckets*2 + periods*4 + sumSize
	paceKind = 'p'

	// probeEvery of the requests that would have gone to a model that is passed over goes there, and one in probeAfter milliseconds at the least: few enough that the
	// 95th percentile of all of them stays where the others are.
	probeEvery = 40
	probeAfter = 10_000
	// comeback is what part of the bound, in hundredths, probes must keep to in a row.
	comeback = 80
	// rest is how long a model is passed over at the least, in milliseconds: twice as long each time until it has been fast for forgiven windows.
	rest     = 5_000
	mostRest = 7 // doublings
	forgiven = 10
)

func (p *pace) read(value []byte) bool {
	if !ours(value, paceKind, paceSize) {
		return false
	}
	at := value[headSize:]
	p.period = int64(binary.LittleEndian.Uint64(at))
	p.mode, p.turns, p.streak = mode(at[8]), at[9], binary.LittleEndian.Uint16(at[10:])
	p.since, p.probed, p.moves = int64(binary.LittleEndian.Uint64(at[12:])), int64(binary.LittleEndian.Uint64(at[20:])), int64(binary.LittleEndian.Uint64(at[28:]))
	at = at[40:]
	for i := range p.counts {
		for j := range p.counts[i] {
			p.counts[i][j] = binary.LittleEndian.Uint16(at)
			at = at[2:]
		}
	}
	for i := range p.loads {
		p.loads[i] = told{binary.LittleEndian.Uint16(at), binary.LittleEndian.Uint16(at[2:])}
		at = at[4:]
	}
	return true
}

func (p *pace) write(value *[paceSize]byte) {
	at := value[headSize:]
	binary.LittleEndian.PutUint64(at, uint64(p.period))
	at[8], at[9] = byte(p.mode), p.turns
	binary.LittleEndian.PutUint16(at[10:], p.streak)
	binary.LittleEndian.PutUint64(at[12:], uint64(p.since))
	binary.LittleEndian.PutUint64(at[20:], uint64(p.probed))
	binary.LittleEndian.PutUint64(at[28:], uint64(p.moves))
	at = at[40:]
	for i := range p.counts {
		for _, n := range p.counts[i] {
			binary.LittleEndian.PutUint16(at, n)
			at = at[2:]
		}
	}
	for _, l := range p.loads {
		binary.LittleEndian.PutUint16(at, l.all)
		binary.LittleEndian.PutUint16(at[2:], l.busy)
		at = at[4:]
	}
	seal(value[:], paceKind)
}

// advance brings a pace to the present. It reports whether the clock was far behind what it has seen.
func (p *pace) advance(now, length int64) (behind bool) {
	period := now / length
	switch {
	case p.period > period+1:
		*p = pace{period: period, since: now, moves: p.moves}
		return true
	case p.period < period-periods:
		p.period = period - periods
	}
	for p.period < period {
		p.period++
		p.counts[p.period%periods], p.loads[p.period%periods] = [buckets]uint16{}, told{}
	}
	return false
}

// sample is one time, or the correction of one that was counted while its request still waited.
type sample struct {
	period int64
	bucket uint16
	add    int8 // 1 or -1
	news   bool // says something that was not known
	load   load // what an engine said; then the rest but the period says nothing
}

// load is what an engine says of its load.
type load uint8

const (
	unsaid load = iota
	idle        // it keeps to comeback
	near
	laden // above the bound
)

// overloaded reports whether engines have said too often that they are busy: more often than the bound on the first token may be passed.
func (p *pace) overloaded(samples int64) bool {
	var all, busy int64
	for _, l := range p.loads {
		all, busy = all+int64(l.all), busy+int64(l.busy)
	}
	return all >= samples && busy*20 > all
}

func (p *pace) add(s sample, bound int64) {
	if p.mode == passed {
		switch {
		case s.load == near, s.load == laden, s.news && middle(int(s.bucket)) > bound*1000/100*comeback:
			p.streak = 0
		case s.news:
			p.streak = min(p.streak+1, math.MaxUint16-1)
		}
	}
	if s.period <= p.period-periods || s.period > p.period {
		return
	}
	at := s.period % periods
	if s.load != unsaid {
		p.loads[at].note(s.load == laden)
		return
	}
	switch n := &p.counts[at][s.bucket]; {
	case s.add > 0 && *n < math.MaxUint16:
		*n++
	case s.add < 0 && *n > 0:
		*n--
	}
}

func (t *told) note(busy bool) {
	if t.all == math.MaxUint16 {
		return
	}
	t.all++
	if busy {
		t.busy++
	}
}

// quantile is the sample at a rank, in microseconds, and how many samples there are.
func (p *pace) quantile(q float64) (micros, n int64) {
	for i := range p.counts {
		for _, c := range p.counts[i] {
			n += int64(c)
		}
	}
	if n == 0 {
		return 0, 0
	}
	rank := int64(math.Ceil(q * float64(n)))
	for b := range buckets {
		for i := range p.counts {
			rank -= int64(p.counts[i][b])
		}
		if rank <= 0 {
			return middle(b), n
		}
	}
	return middle(buckets - 1), n
}

// judge decides whether the model takes new conversations from now on.
func (p *pace) judge(now, bound, samples, window int64) (p95, n int64, moved bool) {
	p95, n = p.quantile(0.95)
	switch {
	case p.mode == keeping && (n >= samples && p95 > bound*1000 || p.overloaded(samples)):
		p.move(passed, now)
		if p.turns < mostRest {
			p.turns++
		}
		return p95, n, true
	case p.mode == keeping && p.turns > 0 && now-p.since > forgiven*window:
		p.turns = 0
	case p.mode == passed && int64(p.streak) >= samples && now-p.since >= rest<<(p.turns-1):
		p.move(keeping, now)
		return p95, n, true
	}
	return p95, n, false
}

// move changes the mode. What was measured before says nothing of what comes.
func (p *pace) move(to mode, now int64) {
	p.mode, p.since, p.streak, p.probed = to, now, 0, now
	p.moves++
	p.counts, p.loads = [periods][buckets]uint16{}, [periods]told{}
}
