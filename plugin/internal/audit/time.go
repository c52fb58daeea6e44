package audit

import "time"

const timeForm = "0000-00-00T00:00:00.000000Z"

// timePairs are where the pairs of digits stand in timeForm.
var timePairs = [...]uint8{0, 2, 5, 8, 11, 14, 17, 20, 22, 24}

// time appends a time as RFC 3339 has it, in UTC and to the microsecond: what AppendFormat makes of
// "2006-01-02T15:04:05.000000Z" without reading that layout anew for each record. Years have four digits.
func (l *line) time(t time.Time) {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	micros := t.Nanosecond() / 1000
	b := l.buf[l.n : l.n+len(timeForm)]
	copy(b, timeForm)
	for i, n := range [...]int{year / 100, year % 100, int(month), day, hour, minute, second, micros / 10_000, micros / 100 % 100, micros % 100} {
		at := timePairs[i]
		b[at], b[at+1] = byte('0'+n/10), byte('0'+n%10)
	}
	l.n += len(timeForm)
}
