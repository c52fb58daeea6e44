package signal

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/pieces"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/strictjson"
)

// The seam between two messages is read anew for each request, since it has two sides. Of a message that is remembered nothing is kept of its text: only where
// the strings stand in its bytes that its beginning and its end are made of.

// mostEdges bounds the strings on either side, and mostStrings those of a message that is remembered at all.
const (
	mostEdges   = 4
	mostStrings = 64
)

// edge is a string, or the end of one: a place in the bytes of a message. Long strings are those of more than seamBytes.
type edge struct {
	at   int32 // -1 for an empty string
	long bool
}

// edges are the strings at the beginning of a message and at its end, each in their order.
type edges struct {
	heads, tails [mostEdges]edge
	nHeads       int
	nTails       int
}

// rawTail is the end of a message that was remembered, as it stood in the body, until somebody wants to read it.
type rawTail struct {
	bytes []byte
	ends  [mostEdges]int
	long  [mostEdges]bool
	n     int
}

func (r *rawTail) reset() { r.bytes, r.n = r.bytes[:0], 0 }

// follows reports whether there is an end of the message before, and reads both sides of the seam where they were not.
func (s *seams) follows() bool {
	if s.raw.n > 0 {
		s.before = s.before[:0]
		from := 0
		for i, end := range s.raw.ends[:s.raw.n] {
			s.before = appendTail(s.before, s.raw.bytes[from:end], i, s.raw.long[i])
			from = end
		}
		s.before = s.before[max(0, len(s.before)-seamBytes):]
		s.raw.reset()
	}
	if len(s.before) == 0 {
		return false
	}
	if s.piece != nil {
		s.first = s.edges.appendHead(s.first[:0], s.piece)
	}
	return true
}

// keepEnd keeps the end of the message for the one that follows.
func (s *seams) keepEnd() {
	s.raw.reset()
	if s.piece == nil {
		s.before = append(s.before[:0], s.joined[max(0, len(s.joined)-seamBytes):]...)
		return
	}
	s.before = s.before[:0]
	for i, t := range s.edges.tails[:s.edges.nTails] {
		if t.at >= 0 {
			s.raw.bytes = append(s.raw.bytes, rawString(s.piece[t.at:])...)
		}
		s.raw.ends[i], s.raw.long[i] = len(s.raw.bytes), t.long
	}
	s.raw.n = s.edges.nTails
	s.piece = nil
}

// rawString is what stands in front of the quotation mark that ends a string.
func rawString(p []byte) []byte { return p[:pieces.Closing(p, 0)] }

// appendHead appends the beginning of a message, as joinString does.
func (e *edges) appendHead(dst, piece []byte) []byte {
	for _, h := range e.heads[:e.nHeads] {
		room := seamBytes - len(dst)
		if room <= 0 {
			break
		}
		if len(dst) > 0 {
			dst = append(dst, 0)
		}
		if h.at >= 0 {
			dst = strictjson.AppendString(dst, piece[h.at:], room)
		}
	}
	return dst
}

// appendTail appends the i-th string of the end of a message, as joinString does.
func appendTail(dst, raw []byte, i int, long bool) []byte {
	if len(dst) > 0 {
		dst = append(dst, 0)
	}
	if !long {
		return strictjson.AppendString(dst, raw, seamBytes)
	}
	var decoded, readable [mostTail]byte
	p := text.AppendReadable(readable[:0], strictjson.AppendString(decoded[:0], raw, mostTail))
	from := max(0, len(p)-seamBytes)
	for from < len(p) && !utf8.RuneStart(p[from]) {
		from++
	}
	return append(dst, p[from:]...)
}

// mostTail is how many bytes at the end of a long string are decoded: what nobody sees in them is left out.
const mostTail = 4 * seamBytes

// append writes edges to an entry.
func (e *edges) append(dst []byte) []byte {
	dst = append(dst, byte(e.nHeads)|byte(e.nTails)<<4)
	for _, side := range [...][]edge{e.heads[:e.nHeads], e.tails[:e.nTails]} {
		for _, x := range side {
			n := uint64(x.at+1) << 1
			if x.long {
				n |= 1
			}
			dst = pieces.AppendNumber(dst, n)
		}
	}
	return dst
}

func (e *edges) read(from *pieces.Entry) {
	n := from.Byte()
	e.nHeads, e.nTails = int(n&15), int(n>>4)
	for _, side := range [...][]edge{e.heads[:e.nHeads], e.tails[:e.nTails]} {
		for i := range side {
			n := from.Number()
			side[i] = edge{int32(n>>1) - 1, n&1 != 0}
		}
	}
}
