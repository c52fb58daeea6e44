package answer

import "bytes"

// pattern is an event whose like has come before: most events of a stream differ in one string only. That they are alike is seen ten times as fast as
// what they say.
type pattern struct {
	bytes         [768]byte
	size          int // of the event; 0 if there is none
	text, textEnd int // where the one string with text stands in it
}

// fresh reports whether nothing of the present event has come.
func (r *Reader) fresh() bool { return r.line.state == lineStart && !r.line.cr && !r.event.data }

// learn takes an event for a pattern, if one that differs in its text only says nothing else.
func (r *Reader) learn(event []byte) {
	e := &r.event
	if !e.whole || e.texts != 1 || e.usages > 0 || e.to > 0 || r.failed || e.said != (e.textEnd > e.text) || r.line.last || len(event) > len(r.like.bytes) || event[len(event)-1] != '\n' {
		return
	}
	r.like.size = copy(r.like.bytes[:], event)
	r.like.text, r.like.textEnd = e.text, e.textEnd
}

// alike returns how long the event is that p begins with, if it has all come and is like the pattern; else 0.
func (r *Reader) alike(p []byte) int {
	l := &r.like
	if len(p) < l.size-(l.textEnd-l.text) || !bytes.Equal(p[:l.text], l.bytes[:l.text]) {
		return 0
	}
	i := plain(p, l.text)
	for i+1 < len(p) && p[i] == '\\' && p[i+1] != '\n' && p[i+1] != '\r' {
		i = plain(p, i+2)
	}
	end := i + l.size - l.textEnd // the rest begins with the quotation mark, so that it must be one here as well
	if end > len(p) || !bytes.Equal(p[i:end], l.bytes[l.textEnd:l.size]) {
		return 0
	}
	if i > l.text {
		r.spoken++
	}
	return end
}
