package audit

import "math"

// line is a record while it is written. It has room for MaxSize bytes and what one more member may bring, so nothing in it
// grows, and no pointer is written: while garbage is collected, each of those costs a call. Its methods are not inlined, as
// the machine code of the proxy would otherwise be long and run through once a request.
type line struct {
	n     int
	clock clock
	buf   [MaxSize + maxList + 8]byte
}

//go:noinline
func (l *line) put(s string) { l.n += copy(l.buf[l.n:], s) }

// number appends what stands before a number, and the number.
//
//go:noinline
func (l *line) number(before string, n int64) {
	at := l.n + copy(l.buf[l.n:], before)
	u := uint64(n)
	if n < 0 {
		l.buf[at] = '-'
		at++
		u = -u
	}
	var digits [20]byte
	i := len(digits)
	for u > math.MaxUint32 {
		i--
		digits[i] = byte('0' + u%10)
		u /= 10
	}
	for v := uint32(u); ; { // dividing 32 bits by a constant is a multiplication, 64 are divided in earnest
		tens := v / 10
		i--
		digits[i] = byte('0' + v - 10*tens)
		if v = tens; v == 0 {
			break
		}
	}
	for _, c := range digits[i:] {
		l.buf[at] = c
		at++
	}
	l.n = at
}

// dollars appends what stands before an amount in picodollars, and the amount in dollars.
func (l *line) dollars(before string, pico int64) {
	const dollar = 1_000_000_000_000
	whole := max(pico, 0) / dollar
	if l.number(before, whole); pico <= 0 {
		return
	}
	rest := uint64(pico - whole*dollar)
	b := l.buf[l.n : l.n+len(".000000000000")]
	for i := len(b) - 1; i > 0; i-- {
		b[i] = byte('0' + rest%10)
		rest /= 10
	}
	b[0] = '.'
	l.n += len(b)
}

// millis appends what stands before a time in microseconds, and the time in milliseconds; null for 0.
func (l *line) millis(before string, micros int64) {
	if micros <= 0 {
		l.put(before)
		l.put("null")
		return
	}
	whole := micros / 1000
	l.number(before, whole)
	rest := uint32(micros - 1000*whole)
	b := l.buf[l.n : l.n+len(".000")]
	b[0], b[1], b[2], b[3] = '.', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10)
	l.n += len(b)
}

// text appends what stands before a string, and the string: see AppendString.
//
//go:noinline
func (l *line) text(before, s string, longest int) {
	n := l.n + copy(l.buf[l.n:], before)
	if len(s) > longest || plain(s) < len(s) {
		l.n = n + len(AppendString(l.buf[n:n], s, longest))
		return
	}
	l.buf[n] = '"'
	n++
	if len(s) > 0 {
		n += copy(l.buf[n:], s)
	}
	l.buf[n] = '"'
	l.n = n + 1
}

// room is how long a list may be where so much may follow.
func (l *line) room(follows int) int {
	return min(max(MaxSize-follows-l.n-len(`,"warnings":[]`), 0), maxList)
}

// list appends what stands before the elements of a list, as many of them as fit into longest bytes, and the list's end.
func (l *line) list(before string, values []string, longest int) {
	l.put(before)
	start := l.n
	separator := ""
	for _, v := range values {
		end := l.n
		l.text(separator, v, longest)
		if l.n-start > longest {
			l.n = end
			break
		}
		separator = ","
	}
	l.buf[l.n] = ']'
	l.n++
}
