package signal

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/prompt"
)

// Templates of engines join what a request holds apart, with nothing between or with a line end, so that a phrase may begin in one string and end in
// the next, even in the middle of a word:
//
//   - the parts of a message: vLLM joins the text parts of a message with line ends, and those of Anthropic's system blocks with nothing
//     (vllm/entrypoints/chat_utils.py, vllm/entrypoints/anthropic/serving.py); the Harmony format of gpt-oss and GLM's template put them next to each other;
//   - neighbouring messages of one role, of which templates such as Llama's and Gemma's make one turn.
//
// Only the ends of strings are read again, and only where a phrase may go on over the seam: where a string ends with the beginning of one, or its last
// letters make a known word with the first ones of the next.

// seamBytes is how much of either side of a seam is read again.
const seamBytes = 768

// joinedBytes is how much of short strings is gathered before it is read, so that many of them cost no more than a long one.
const joinedBytes = 4096

// seams are the ends of the spoken strings of a message and of the one before it. A NUL stands where two strings meet.
type seams struct {
	head   []byte // the beginning of the string that is being read
	length int    // of all of that
	at     int64  // where it stands in the body

	joined []byte
	part   int          // where the part that is open begins in it
	odd    match.Policy // whose phrases may go on over one of its seams
	open   match.Policy // over the next one

	spoken bool   // the message has spoken strings that are not empty
	first  []byte // the beginning of the message
	before []byte // the end of the message before
	role   prompt.Role
	goesOn match.Policy // whose phrases may go on over the seam between them

	// Of a message that was remembered: where first and before stand in its bytes, which are read when somebody asks. See edges.go.
	piece []byte
	edges edges
	raw   rawTail
}

func (s *seams) reset() {
	s.head, s.joined, s.first, s.before = s.head[:0], s.joined[:0], s.first[:0], s.before[:0]
	s.length, s.part, s.odd, s.open, s.goesOn, s.spoken = 0, 0, 0, 0, 0, false
	s.piece = nil
	s.raw.reset()
}

// text keeps the beginning of a string.
func (s *seams) text(p []byte, at int64) {
	if s.length == 0 {
		s.at = at
	}
	s.length += len(p)
	if room := seamBytes - len(s.head); room > 0 {
		s.head = append(s.head, p[:min(room, len(p))]...)
	}
}

// joinString adds a spoken string to the message. tail is its end, and open says whose phrases it ends with the beginning of.
func (st *State) joinString(tail []byte, open match.Policy) {
	s := &st.seams
	st.noteString()
	if len(s.joined) > 0 {
		if s.odd |= s.open; s.odd != match.Both {
			s.odd |= st.joins(s.joined, s.head)
		}
		s.joined = append(s.joined, 0)
	}
	if room := seamBytes - len(s.first); room > 0 {
		if len(s.first) > 0 {
			s.first = append(s.first, 0)
		}
		s.first = append(s.first, s.head[:min(room, len(s.head))]...)
	}
	s.joined = append(s.joined, s.head...)
	switch {
	case s.length > len(s.head):
		st.readJoined(s.joined)
		s.joined, s.part = append(s.joined[:0], tail...), 0
	case len(s.joined) > joinedBytes:
		st.readJoined(s.joined)
		s.joined, s.part = append(s.joined[:0], s.joined[len(s.joined)-seamBytes:]...), 0
	}
	s.open = open
}

// joinPart ends a part. What others say in it is joined with nothing else.
func (st *State) joinPart(own bool) {
	s := &st.seams
	st.notePart(own)
	if own {
		s.part = len(s.joined)
		return
	}
	st.readJoined(s.joined[s.part:])
	s.joined, s.open = s.joined[:s.part], 0
	s.first = s.first[:min(len(s.first), len(s.joined))]
}

// endJoined ends the strings of a message.
func (st *State) endJoined() {
	s := &st.seams
	st.readJoined(s.joined)
	s.spoken = len(s.joined) > 0
}

// joinMessage reads the seam between a message and the one before it.
func (st *State) joinMessage(role prompt.Role) {
	s := &st.seams
	s.odd = 0
	if s.spoken {
		if role == s.role && s.follows() {
			if s.odd = s.goesOn; s.odd != match.Both {
				s.odd |= st.joins(s.before, s.first)
			}
			if st.ask(s.odd) {
				st.accounts.meet(role)
				s.before = append(append(s.before, 0), s.first...)
				st.readJoined(s.before)
			}
		}
		s.keepEnd()
		s.goesOn = s.open
	} else if role != s.role {
		s.before = s.before[:0]
		s.raw.reset()
	}
	s.role = role
	s.joined, s.first, s.part, s.odd, s.open, s.spoken = s.joined[:0], s.first[:0], 0, 0, 0, false
}

// readJoined reads strings as they may be joined.
func (st *State) readJoined(p []byte) {
	odd := st.seams.odd
	if odd == 0 || len(p) == 0 {
		return
	}
	st.seams.odd = 0
	if st.ask(odd) {
		st.readable.hidden.reading.Joined(p)
	}
}

// joins says for whom the last letters of one text make a known word with the first ones of another. NULs in the first one may part words or not.
func (st *State) joins(a, b []byte) (of match.Policy) {
	const most = 24 // letters of a word on either side
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	if last, next := a[len(a)-1], b[0]; last >= utf8.RuneSelf && next >= utf8.RuneSelf {
		return match.Both
	}
	var word [2 * most]byte
	end := most
	for end < len(word) && end-most < len(b) && charset.Plain(b[end-most]) {
		word[end] = b[end-most]
		end++
	}
	if end == most {
		return 0
	}
	at := most
	for i := len(a) - 1; i >= 0 && at > 0; i-- {
		if c := a[i]; charset.Plain(c) {
			at--
			word[at] = c
		} else if c != 0 {
			break
		}
		if at < most && (i == 0 || !charset.Plain(a[i-1])) {
			if of |= st.set.knows(text.HashFolded(word[at:end])); of == match.Both {
				break
			}
		}
	}
	return of
}
