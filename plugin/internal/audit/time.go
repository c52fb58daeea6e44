package audit

import "time"

// day is the form of a time up to its second.
const day = "0000-00-00T00:00:00"

// clock is the text of the last second that a record was written in: most records need only their microseconds.
type clock struct {
	second int64 // Unix time
	text   [len(day)]byte
}

// dayPairs are where the pairs of digits stand in day.
var dayPairs = [...]uint8{0, 2, 5, 8, 11, 14, 17}

func (c *clock) set(second int64) {
	c.second = second
	t := time.Unix(second, 0).UTC()
	year, month, date := t.Date()
	hour, minute, sec := t.Clock()
	copy(c.text[:], day)
	for i, n := range [...]int{year / 100, year % 100, int(month), date, hour, minute, sec} {
		pair(c.text[dayPairs[i]:], uint32(n))
	}
}

// pair writes two digits.
func pair(b []byte, n uint32) { b[0], b[1] = byte('0'+n/10), byte('0'+n%10) }

// time appends a Unix time in nanoseconds as RFC 3339 has it, in UTC and to the microsecond; 1970 is the first year.
func (l *line) time(nanos int64) {
	since := uint64(max(nanos, 0)) // in Wasm a division of numbers with a sign is a call
	seconds := since / 1e9
	second, micros := int64(seconds), uint32(since-1e9*seconds)/1000
	if second != l.clock.second || l.clock.text[0] == 0 {
		l.clock.set(second)
	}
	b := l.buf[l.n:]
	b = b[:len(day)+len(".000000Z")]
	//lint:ignore S1001 a copy of a few bytes is a call in Wasm
	for i, c := range l.clock.text {
		b[i] = c
	}
	b[len(day)] = '.'
	pair(b[len(day)+1:], micros/10_000)
	pair(b[len(day)+3:], micros/100%100)
	pair(b[len(day)+5:], micros%100)
	b[len(day)+7] = 'Z'
	l.n += len(b)
}
