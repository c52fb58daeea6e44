package signal

import (
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/wrapper"
)

// wrapped tells the user's own words from what client programs write around them. Routes go by those alone, guards by everything: what
// stands in a marker is read and heard like the rest, and only what it says of domain, intent, complexity and language is put aside until
// the marker ends.
//
//   - A marker that is not closed where its string ends holds the user's words.
//   - Of nested markers the outermost counts.
//   - Where tags hold the user's words, all else of the message is the client's.
//   - A message of which nothing is left is none: the one before decides.
type wrapped struct {
	reader wrapper.Reader
	held   words // what the open marker says
	kept   words // what stands in tags for the user's words, of the part
	only   bool  // of the string: nothing else is the user's

	// Of what was read since the last marker: whether there was any in the string, and line ends before its first and behind its last word. They
	// part it from the markers.
	marked, said bool
	lead, trail  uint32

	used              bool // any marker was found in the request, so that the following, and held and kept, may hold something
	keptOnly, msgOnly bool // of the part, of the message
	msgKept           words
}

func (w *wrapped) begin(st *State) {
	st.now = &st.str.words
	w.reader.Reset(st.set.wrappers, (*unwrapping)(st))
	if w.used {
		w.held.clear()
		w.kept.clear()
		w.msgKept.clear()
		w.used = false
	}
	w.only, w.keptOnly, w.msgOnly = false, false, false
	w.marked = false
	w.restart()
}

func (w *wrapped) restart() { w.said, w.lead, w.trail = false, 0, 0 }

// edges counts the line ends at the edges of what is read.
func (w *wrapped) edges(p []byte) {
	if p[len(p)-1] > ' ' && w.said {
		w.trail = 0
		return
	}
	last := len(p)
	for last > 0 && p[last-1] <= ' ' {
		last--
	}
	behind := uint32(0)
	for _, c := range p[last:] {
		if c == '\n' {
			behind++
		}
	}
	switch {
	case last == 0 && !w.said:
		w.lead += behind
	case last == 0:
		w.trail += behind
	default:
		for i := 0; !w.said && p[i] <= ' '; i++ {
			if p[i] == '\n' {
				w.lead++
			}
		}
		w.said, w.trail = true, behind
	}
}

// unwrapping is the State as its reader's wrapper.Out.
type unwrapping State

func (u *unwrapping) Pass(p []byte) {
	u.edges(p)
	u.window.Text(p)
}

func (u *unwrapping) Enter() {
	(*State)(u).partText()
	u.now, u.used = &u.held, true
	(*State)(u).beginEvidence()
}

func (u *unwrapping) Clear() {
	(*State)(u).partText()
	(*State)(u).forgetHeld()
	(*State)(u).beginEvidence()
}

func (u *unwrapping) Keep() {
	(*State)(u).partText()
	u.kept.addAll(&u.held)
	u.held.clear()
	(*State)(u).beginEvidence()
}

func (u *unwrapping) Only() { u.only, u.used = true, true }

func (u *unwrapping) Drop() {
	(*State)(u).partText()
	(*State)(u).forgetHeld()
	u.now = &u.str.words
	(*State)(u).beginEvidence()
}

// partText makes what comes another text for routes than what was read of the string.
func (st *State) partText() {
	marks := st.window.Part()
	st.marked = true
	st.endPassage()
	st.addMarks(&marks)
	st.own.begin()
	if st.scanner != nil {
		st.scanner.Part()
	}
}

// addMarks adds what stands between words.
func (st *State) addMarks(m *text.Marks) {
	c := &st.now.counts
	st.length.mark(m)
	if !st.marked {
		c.marks = *m
		return
	}
	m.Count[text.MarkNewline] -= min(st.lead+st.trail, m.Count[text.MarkNewline])
	st.restart()
	c.marks.Add(m)
}

// forgetHeld forgets what the open marker says.
func (st *State) forgetHeld() {
	st.held.clear()
}

// endWrapped ends a string. closed is false if a marker is open that was never closed.
func (st *State) endWrapped(closed, spoken bool) {
	st.restart()
	if !st.marked && !st.only {
		return
	}
	if st.now != &st.str.words {
		if closed {
			st.forgetHeld()
		} else {
			st.kept.addAll(&st.held)
			st.held.clear()
		}
		st.now = &st.str.words
	}
	switch {
	case spoken:
		st.keptOnly = st.keptOnly || st.only
	case st.only || !closed:
		st.kept.clear()
	}
	st.only, st.marked = false, false
}

// endKept ends a part, which is of the message's speaker or not.
func (st *State) endKept(own bool) {
	if !st.used {
		return
	}
	if own {
		st.msgKept.addAll(&st.kept)
		st.msgOnly = st.msgOnly || st.keptOnly
	}
	st.kept.clear()
	st.keptOnly = false
}

// ownWords makes of what a message says what the user himself says.
func (st *State) ownWords() {
	if !st.used {
		return
	}
	if st.msgOnly {
		st.msg.words.clear()
	}
	st.msg.words.addAll(&st.msgKept)
	st.msgKept.clear()
	st.msgOnly = false
}
