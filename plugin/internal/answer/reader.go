// Package answer reads what an engine answers while it passes to the client: what the model has used, why it ended, which model it was,
// and where in a stream of events there is text. It holds nothing back, unless the router itself has asked the engine for something that the
// client did not ask for: that is taken out again.
package answer

import "github.com/mom-router/mom-router/rules/prompt"

// Form is how an answer is written.
type Form uint8

// The forms. One of another kind is not read.
const (
	Object Form = iota // one JSON object
	Events             // server-sent events with a JSON object each
)

// MaxHeld is how many bytes of a stream are held back at most, and only where something is to be taken out of it.
const MaxHeld = 64 << 10

// Usage is what the engine says that a request has used, in its own tokens.
type Usage struct {
	In, Out   int64 // Out includes Reasoning, In includes Cached
	Reasoning int64
	Cached    int64
}

// mostTokens is the largest number of tokens that is believed: far more than any model's window.
const mostTokens = 1 << 40

// Why says why there is no usage to be had of an answer.
type Why uint8

// The reasons.
const (
	Known      Why = iota // there is one
	Missing               // the engine names none, or the answer was not read to its end
	Invalid               // negative, broken, no number, or beyond belief
	Twice                 // two usages in one object: nobody knows which one is meant
	Malformed             // the answer is no JSON object, or an event of it is none
	Compressed            // in a content-encoding
	OtherType             // neither JSON nor events
)

// Whys are the names of the reasons, by their number.
var Whys = [...]string{"", "missing", "invalid", "twice", "malformed", "compressed", "other_type"}

func (w Why) String() string { return Whys[w] }

// Reader reads one answer. It allocates nothing, unless it holds something back.
type Reader struct {
	shape   prompt.Shape
	form    Form
	takeOut bool

	json  scanner
	model text
	// finish is the latest reason for the end; reason says that it is one given beside a status.
	finish text
	reason bool
	failed bool // there was an error in place of an answer

	sum     tokens // of the whole answer
	invalid bool
	twice   bool
	spoken  int64 // events with text
	broken  int64 // events that are no JSON object
	tooLong int64 // events that were too long to be held

	line   line
	event  event
	like   pattern
	held   []byte
	waits  int  // so many bytes of held are an event that goes if the stream ends with it
	passes bool // the rest of the present event is too long to be held
	out    []byte
}

// event is what was found in the present event, or in the object.
type event struct {
	usage         tokens
	usages        int  // how many
	data          bool // it has some
	said          bool // text
	choices       bool // an array of them
	choice        bool // one at least
	whole         bool // it is an object
	texts         int  // how many strings with text there were
	text, textEnd int  // where the last one of them stands
	from, to      int  // a usage that is null, with its comma, by its place in the event; to is 0 if there is none
}

// Reset begins with another answer. takeOut says that the router has asked for usage in a stream in the client's place, so that the client
// must see nothing of it.
func (r *Reader) Reset(shape prompt.Shape, form Form, takeOut bool) {
	r.shape, r.form, r.takeOut = shape, form, takeOut && form == Events
	r.model.n, r.finish.n, r.reason, r.failed = 0, 0, false, false
	r.sum, r.invalid, r.twice = tokens{}, false, false
	r.spoken, r.broken, r.tooLong = 0, 0, 0
	r.line, r.like.size = line{}, 0
	r.held, r.out, r.waits, r.passes = keep(r.held), keep(r.out), 0, false
	r.begin()
}

// kept is how much memory in bytes a reader keeps for the next answer.
const kept = 4 << 10

func keep(p []byte) []byte {
	if cap(p) > kept {
		return nil
	}
	return p[:0]
}

// begin prepares for the next event.
func (r *Reader) begin() {
	r.event = event{}
	r.json.reset()
	r.line.mark = 0
}

// TakesOut reports whether parts of the answer may be held or taken out, so that its length is not known.
func (r *Reader) TakesOut() bool { return r.takeOut }

// Feed reads the next bytes of the answer, and end says that they are the last ones. If changed is true, out stands for them: it is valid until the
// next call.
func (r *Reader) Feed(p []byte, end bool) (out []byte, changed bool) {
	if r.form == Object {
		r.feedObject(p, end)
		return nil, false
	}
	if r.takeOut {
		return r.pass(p, end)
	}
	start := 0 // of the present event in p; below that if it began before
	if !r.fresh() {
		start = -1
	}
	for i := 0; i < len(p); {
		if start == i && r.like.size > 0 {
			if n := r.alike(p[i:]); n > 0 {
				i += n
				start = i
				continue
			}
		}
		n, ended := r.read(p, i, -start)
		if i = n; ended {
			r.finishEvent()
			if start >= 0 {
				r.learn(p[start:i])
			}
			r.begin()
			start = i
		}
	}
	if end {
		r.finishEvent()
		r.begin()
	}
	return nil, false
}

func (r *Reader) feedObject(p []byte, end bool) {
	for i := 0; i < len(p); i++ {
		if i = r.scan(p, i, 0); i < len(p) { // at an end of line, which is white space
			r.json.lineEnd()
		}
	}
	if len(p) > 0 {
		r.event.data = true
	}
	if end {
		r.finishEvent()
		r.begin()
	}
}

// finishEvent takes what an event, or the object, says, if it is one.
func (r *Reader) finishEvent() {
	e := &r.event
	if !e.data || r.line.mark == len(doneMark) {
		return
	}
	r.json.close(r)
	if r.json.state != ended || !r.json.object {
		r.broken++
		e.to, e.choices = 0, false // it passes as it is
		return
	}
	e.whole = true
	if e.said && r.form == Events {
		r.spoken++
	}
	switch {
	case e.usages > 1 || e.usage.twice:
		r.twice = true
	case e.usage.invalid:
		r.invalid = true
	case e.usages == 1:
		r.sum.take(&e.usage)
	}
}

// Usage returns what the model has used, or why that is not known.
func (r *Reader) Usage() (Usage, Why) {
	switch {
	case r.twice:
		return Usage{}, Twice
	case r.invalid:
		return Usage{}, Invalid
	case r.sum.seen&(1<<tokensIn|1<<tokensOut) == 0 && r.broken > 0:
		return Usage{}, Malformed
	case r.sum.seen&(1<<tokensIn|1<<tokensOut) == 0:
		return Usage{}, Missing
	}
	n := &r.sum.n
	u := Usage{In: n[tokensIn], Out: n[tokensOut], Reasoning: n[tokensReasoning], Cached: n[tokensCached]}
	if r.shape == prompt.Messages { // whose input is only what no cache had
		u.In += n[tokensRead] + n[tokensWritten]
		u.Cached = max(u.Cached, n[tokensRead])
	}
	return u, Known
}

// Model is the model that the answer names, of at most 128 bytes; it is valid until the next Reset. Finish is why it ended, in the engine's words.
func (r *Reader) Model() []byte  { return r.model.bytes() }
func (r *Reader) Finish() []byte { return r.finish.bytes() }

// Failed reports whether the engine told of an error in the answer itself.
func (r *Reader) Failed() bool { return r.failed }

// Counts reports whether Spoken says how much of an answer has come: that of an answer in events.
func (r *Reader) Counts() bool { return r.form == Events }

// Spoken counts the events with text, reasoning or calls of tools in them; Broken those that are no JSON object; TooLong those that passed
// unchanged as they were too long to be held.
func (r *Reader) Spoken() int64  { return r.spoken }
func (r *Reader) Broken() int64  { return r.broken }
func (r *Reader) TooLong() int64 { return r.tooLong }
