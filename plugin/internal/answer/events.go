package answer

// line is where in a stream of events the reader is. A line ends with LF, CR or CR LF (WHATWG HTML, section 9.2.5).
type line struct {
	state lineState
	cr    bool // a CR was just read, and a LF would belong to it
	last  bool // the event ends behind that
	name  int8 // so many letters of "data" were read
	mark  int  // so many letters of doneMark stand at the start of the data; -1 if it is something else
}

type lineState uint8

const (
	lineStart lineState = iota
	lineName
	lineSpace // behind "data:"
	lineData
	lineOther // of no interest
)

const dataName = "data"

// doneMark is the data of the event that ends a stream of OpenAI's older APIs.
const doneMark = "[DONE]"

// read reads p from i on until an event ends, and returns where it stopped. base is the place in the event of the first byte of p.
func (r *Reader) read(p []byte, i, base int) (n int, over bool) {
	l := &r.line
	for i < len(p) {
		c := p[i]
		if l.cr {
			l.cr = false
			if c == '\n' {
				i++
			}
			if l.last {
				l.last = false
				return i, true
			}
			continue
		}
		switch {
		case c == '\n' || c == '\r':
			i++
			blank := l.state == lineStart
			if l.state == lineData {
				r.endData()
			}
			l.state, l.name = lineStart, 0
			if c == '\r' {
				l.cr, l.last = true, blank
			} else if blank {
				return i, true
			}
		case l.state == lineStart || l.state == lineName:
			i++
			switch {
			case c == ':' && int(l.name) == len(dataName):
				l.state = lineSpace
				r.event.data = true
			case c != ':' && int(l.name) < len(dataName) && c == dataName[l.name]:
				l.state = lineName
				l.name++
			default:
				l.state = lineOther
			}
		case l.state == lineSpace:
			l.state = lineData
			if c == ' ' {
				i++
			}
		case l.state == lineData:
			i = r.data(p, i, base)
		default:
			for i < len(p) && p[i] != '\n' && p[i] != '\r' {
				i++
			}
		}
	}
	return i, false
}

// data reads what stands behind "data:" up to the end of the line.
func (r *Reader) data(p []byte, i, base int) int {
	l := &r.line
	if l.mark >= 0 && l.mark < len(doneMark) {
		if p[i] == doneMark[l.mark] {
			l.mark++
			return i + 1
		}
		r.unmark()
	} else if l.mark == len(doneMark) {
		if p[i] == ' ' {
			return i + 1
		}
		r.unmark()
	}
	return r.scan(p, i, base)
}

// endData is the end of a line of data.
func (r *Reader) endData() {
	if n := r.line.mark; n > 0 && n < len(doneMark) {
		r.unmark()
	}
	r.json.lineEnd()
}

// unmark has what looked like the mark read as what it is.
func (r *Reader) unmark() {
	for i := range r.line.mark {
		r.scan([]byte(doneMark[i:i+1]), 0, 0)
	}
	r.line.mark = -1
}
