package text

import "unicode/utf8"

// Reach is how many bytes around a place a Scanner is sure to see.
const Reach = 1024

// windowSize is how many bytes are gathered before they are scanned.
const windowSize = 8192

// Scanner looks for things that are not made of words: it reads a string's bytes.
type Scanner interface {
	// Scan looks at what begins at p[from:to]. Before from and behind to stand at least Reach
	// bytes more, unless the string begins or ends there. odd is what the string was
	// noticed to have so far. p may not be kept.
	Scan(p []byte, from, to int, odd Oddities)
}

// Window gathers the readable text of a string and has it scanned piece by piece, so that memory
// is bounded however long the string is. Readable means: characters that nobody sees and
// combining marks are left out, and compatibility forms of ASCII characters (full-width,
// mathematical, circled) are written in ASCII. Case and everything else stay. How the string is cut
// into pieces makes no difference. The zero value needs a Reset.
type Window struct {
	out   Scanner
	n     int // bytes gathered
	from  int // where the next scan begins
	dirty bool
	watch oddWatch
	buf   [windowSize]byte
}

// Reset makes the window ready for a new text and sets who reads it.
func (w *Window) Reset(out Scanner) {
	w.out = out
	w.clear()
}

func (w *Window) clear() {
	w.n, w.from = 0, 0
	if w.dirty {
		w.watch, w.dirty = oddWatch{}, false
	}
}

// Text reads a piece of a string: valid UTF-8 of whole code points.
func (w *Window) Text(p []byte) {
	for len(p) > 0 {
		n := asciiPrefix(p)
		if n > 0 {
			if w.dirty {
				w.watch.ascii(p[:n])
			}
			w.add(p[:n])
			p = p[n:]
		}
		if len(p) > 0 && p[0] >= utf8.RuneSelf {
			p = p[w.beyond(p):]
		}
	}
}

// asciiPrefix is how many bytes of p, at the least, are ASCII before the first that is not. It
// is 0 only if the first is not.
func asciiPrefix(p []byte) int {
	i := 0
	for i+8 <= len(p) && load(p[i:])&tops == 0 {
		i += 8
	}
	for i < len(p) && p[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// beyond reads characters beyond ASCII and returns how many bytes they are.
func (w *Window) beyond(p []byte) int {
	if !w.dirty {
		w.dirty = true
		if w.n > 0 {
			w.watch.ascii(w.buf[w.n-1 : w.n])
		}
	}
	i := 0
	for i < len(p) && p[i] >= utf8.RuneSelf {
		r, n := utf8.DecodeRune(p[i:])
		w.watch.rune(r)
		switch c := compat(r); {
		case invisible(r) || combining(r):
		case c < utf8.RuneSelf:
			w.add([]byte{byte(c)})
		default:
			w.add(p[i : i+n])
		}
		i += n
	}
	return i
}

// add gathers bytes of the readable text. A code point may lie across two scans.
func (w *Window) add(p []byte) {
	for {
		n := copy(w.buf[w.n:], p)
		w.n += n
		if p = p[n:]; w.n < len(w.buf) {
			return
		}
		w.Flush()
		// What the next scan needs of the past moves to the front.
		keep := w.from - Reach
		copy(w.buf[:], w.buf[keep:w.n])
		w.n -= keep
		w.from -= keep
	}
}

// Flush has everything scanned that has Reach bytes behind it.
func (w *Window) Flush() { w.scan(w.n - Reach) }

// EndText ends a string: the rest is scanned.
func (w *Window) EndText() {
	if w.n > 0 || w.dirty {
		w.scan(w.n)
		w.clear()
	}
}

func (w *Window) scan(to int) {
	to = max(to, w.from)
	if to > w.from || w.watch.seen != 0 {
		w.out.Scan(w.buf[:w.n], w.from, to, w.watch.seen)
		w.from = to
	}
}
