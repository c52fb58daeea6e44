package text

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"

	"github.com/mom-router/mom-router/rules/internal/swar"
)

// ContextBytes is how many bytes around a place a Scanner is sure to see.
const ContextBytes = 1024

// windowSize is how many bytes are gathered before they are scanned.
const windowSize = 8192

// Scanner looks for things that are not made of words: it reads a string's bytes.
type Scanner interface {
	// Scan looks at what begins at p[from:to]. Before from and behind to stand at least ContextBytes
	// bytes more, unless the string begins or ends there. odd is what the string was
	// noticed to have so far, and spots are where in p something may be disguised. Nothing of it may be kept.
	Scan(p []byte, from, to int, odd Oddities, spots *Spots)
	// Secret looks at ASCII text that was written in characters that nobody sees, at most some 4 KB at once, the last of which come again with what
	// follows. It may not be kept.
	Secret(p []byte)
}

// Window gathers the readable text of a string and has its words read and its bytes scanned piece by piece, so that memory
// is bounded however long the string is, and so that many short pieces cost no more than one long one. Readable means: characters that
// nobody sees and combining marks are left out, and compatibility forms of ASCII characters (full-width,
// mathematical, circled) are written in ASCII. Case and everything else stay. How the string is cut
// into pieces makes no difference. The zero value needs a Reset.
type Window struct {
	words  *Tokenizer
	out    Scanner // nil if only words are read
	n      int     // bytes gathered
	read   int     // how many of them the tokenizer has read
	from   int     // where the next scan begins
	dirty  bool
	secret []byte // what characters that nobody sees stand for, of the string and not yet handed on
	raised uint32 // superscripts and subscripts, which are written as plain digits
	watch  oddWatch
	spots  Spots
	buf    [windowSize]byte
}

// Reset makes the window ready for a new text and sets who reads its words and its bytes.
func (w *Window) Reset(words *Tokenizer, out Scanner) {
	w.words, w.out = words, out
	if words.NoteSpots(nil); out != nil {
		words.NoteSpots(&w.spots)
	}
	w.clear()
}

func (w *Window) clear() {
	w.n, w.read, w.from, w.raised = 0, 0, 0, 0
	w.secret = w.secret[:0]
	w.spots.Reset()
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
	for i+8 <= len(p) && swar.Load(p[i:])&swar.Tops == 0 {
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
	same := unchanged(p)
	if same > 0 {
		w.watch = oddWatch{seen: w.watch.seen}
		w.add(p[:same])
	}
	i := same
	for i < len(p) && p[i] >= utf8.RuneSelf {
		r, n := decode(p[i:])
		if r >= 0xFF01 && r <= 0xFF5E { // full-width, as the signs of Chinese texts are
			w.watch.visible(r)
			w.addByte(byte(r - 0xFF01 + '!'))
			if i += n; i < len(p) && p[i] >= utf8.RuneSelf && handedOn(p[i:]) {
				break
			}
			continue
		}
		w.watch.rune(r)
		switch c := compat(r); {
		case invisible(r):
			if w.n > 0 && (charset.Plain(w.buf[w.n-1]) || w.buf[w.n-1] >= utf8.RuneSelf) {
				w.spots.seam(w.n)
			}
			if c, stands := hidden(r); stands {
				w.hide(c)
			}
		case combining(r):
		case c < utf8.RuneSelf:
			if raised(r) {
				w.raised++
			}
			w.addByte(byte(c))
		default:
			w.add(p[i : i+n])
		}
		if i += n; i < len(p) && p[i] >= utf8.RuneSelf && handedOn(p[i:]) {
			break
		}
	}
	return i
}

// handedOn reports whether unchanged holds the first character of p.
func handedOn(p []byte) bool {
	r, _ := decode(p)
	return r < factsEnd && facts[r]&factChanged == 0 || r >= factsEnd && ordinary(r)
}

// unchanged returns how many bytes of p are characters beyond ASCII, at its beginning, that are handed on as they are and not odd,
// as those of all alphabets are.
func unchanged(p []byte) int {
	i := 0
	for i < len(p) && p[i] >= utf8.RuneSelf {
		if c := p[i]; i+3 <= len(p) && (c-0xE5 < 4 || c == 0xE4 && p[i+1] >= 0xB8) { // U+4E00 to U+8FFF: Chinese
			i += 3
			continue
		}
		r, n := decode(p[i:])
		if r < factsEnd && facts[r]&factChanged != 0 || r >= factsEnd && !ordinary(r) {
			break
		}
		i += n
	}
	return i
}

// ordinary reports whether a character that facts do not hold is one of Chinese, Japanese or Korean text. All others are looked at more closely.
func ordinary(r rune) bool {
	return r >= firstHan && r <= lastHan || r >= 0x3041 && r <= 0x3096 || r >= 0x30A1 && r <= 0x30FE ||
		r >= 0xAC00 && r <= 0xD7A3 || r >= 0x3000 && r <= 0x3020
}

// addByte gathers one byte of the readable text.
func (w *Window) addByte(c byte) {
	if w.n+1 >= len(w.buf) {
		w.add([]byte{c})
		return
	}
	w.buf[w.n] = c
	w.n++
}

// add gathers bytes of the readable text. A code point may lie across two scans.
func (w *Window) add(p []byte) {
	for {
		n := copy(w.buf[w.n:], p)
		w.n += n
		if p = p[n:]; w.n < len(w.buf) {
			return
		}
		w.tokenize(false)
		w.words.spotOpen()
		w.scan(w.n - ContextBytes)
		// What the next scan needs of the past moves to the front.
		keep := w.from - ContextBytes
		copy(w.buf[:], w.buf[keep:w.n])
		w.n -= keep
		w.read -= keep
		w.from -= keep
		w.spots.shift(keep)
		w.words.shift(int64(keep))
	}
}

// tokenize has the words read of what was gathered, but for a code point that is not whole yet. Unless it ends there, what may be glued to a word waits
// for what stands behind it, so that no cut makes a difference.
func (w *Window) tokenize(ends bool) {
	end := w.n
	if !ends && w.words.Glued != nil {
		for i := max(w.read, w.n-glueReach-1); i < w.n; i++ {
			if GlueSign(w.buf[i]) {
				end = i
				break
			}
		}
	}
	for back := 1; back < utf8.UTFMax && back <= end-w.read; back++ {
		if c := w.buf[end-back]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(w.buf[end-back:end]) {
				end -= back
			}
			break
		}
	}
	if end > w.read {
		if w.words.before = 0; w.read > 0 {
			w.words.before = w.buf[w.read-1]
		}
		w.words.ahead = w.buf[w.read:w.n]
		w.words.Text(w.buf[w.read:end], int64(w.read), true)
		w.words.ahead = nil
		w.read = end
	}
}

// maxSecret is how many hidden characters are read together, and keptSecret how many of them once more with those that follow.
const (
	maxSecret  = 4096
	keptSecret = ContextBytes
)

// hide gathers a character that something which nobody sees stands for.
func (w *Window) hide(c byte) {
	if w.out == nil {
		return
	}
	if w.secret = append(w.secret, c); len(w.secret) == maxSecret {
		w.out.Secret(w.secret)
		w.secret = append(w.secret[:0], w.secret[maxSecret-keptSecret:]...)
	}
}

// leastSecret is the length from which on hidden text says anything: flags of regions are written in such characters, too.
const leastSecret = 8

func (w *Window) readSecret() {
	if len(w.secret) >= leastSecret {
		w.out.Secret(w.secret)
	}
}

// Flush has all words read that are whole, and everything scanned that has ContextBytes bytes behind it.
func (w *Window) Flush() {
	w.tokenize(false)
	w.words.Flush()
	w.readSecret()
	w.scan(w.n - ContextBytes)
}

// Tail is the end of the string so far, at most n bytes of whole characters, which may be used until more of it is read. n is at most ContextBytes.
func (w *Window) Tail(n int) []byte {
	from := max(0, w.n-n)
	for from < w.n && !utf8.RuneStart(w.buf[from]) {
		from++
	}
	return w.buf[from:w.n]
}

// EndText ends a string: the rest is read and scanned. It returns what the string held beside its words.
func (w *Window) EndText() Marks {
	w.tokenize(true)
	marks := w.words.EndText()
	marks.Count[MarkMath] += w.raised
	if w.n > 0 || w.dirty {
		w.readSecret()
		w.scan(w.n)
		w.clear()
	}
	return marks
}

// Part hands on the words of what was read and returns what it held beside them, as if another text began here: its marks count from
// there on. It is for places where no word can go on: behind a line end or the end of a tag. What is scanned is not parted.
func (w *Window) Part() Marks {
	w.tokenize(true)
	marks := w.words.part()
	marks.Count[MarkMath] += w.raised
	w.raised = 0
	return marks
}

func (w *Window) scan(to int) {
	to = max(to, w.from)
	if w.out != nil && (to > w.from || w.watch.seen != 0) {
		w.out.Scan(w.buf[:w.n], w.from, to, w.watch.seen, &w.spots)
	}
	w.from = to
}
