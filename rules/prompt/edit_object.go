package prompt

import "github.com/mom-router/mom-router/rules/strictjson"

// editedObject is an object whose members may be edited. Commas follow one rule: the
// comma before a member stays if the member stays and something stays (or was
// inserted) before it. An inserted block therefore needs a comma of its own only
// when the member that stays behind it is the first of the object, which has none.
type editedObject struct {
	open    int64    // offset behind the opening brace; 0 while it was not read
	closed  bool     // the closing brace was read
	members []member // up to the first that is not a target, and all targets
	foreign bool     // a member that is not a target was read
	comma   int64    // of the comma whose member's name is not yet read, or -1

	kept bool   // after the decision: something stands before the next member
	owed []byte // block to be inserted when it is known whether a comma must follow it
}

// member is a member of an object that was read before the decision.
type member struct {
	target int
	comma  int64 // before it, or -1
	name   int64
	value  int64 // where the value begins; 0 while it was not read
	end    int64 // behind the value; 0 while it was not read in full
	kind   strictjson.Kind
}

func (m member) start() int64 {
	if m.comma >= 0 {
		return m.comma
	}
	return m.name
}

func (s *editedObject) reset() { *s = editedObject{members: s.members[:0], comma: -1} }

func (s *editedObject) find(target int) *member {
	for i := range s.members {
		if s.members[i].target == target {
			return &s.members[i]
		}
	}
	return nil
}

// unfinished returns the member whose value is being read, if it was noted.
func (s *editedObject) unfinished() *member {
	if n := len(s.members); n > 0 && s.members[n-1].end == 0 {
		return &s.members[n-1]
	}
	return nil
}

// settle makes the splices for the members of an object that were read before the
// decision. The block to insert is what the arena holds from start on.
func (ed *editor) settle(s *editedObject, depth, start int, drop func(member) bool) {
	block := len(ed.arena) > start
	s.kept = block
	comma := false
	waits := ed.waits(s)
	for i, m := range s.members {
		switch {
		case waits && i == len(s.members)-1:
			ed.waiting, ed.waitingDepth = m, depth
			ed.hold = m.start()
		case !drop(m):
			if m.comma < 0 {
				comma = true
			} else if !s.kept {
				ed.splice(m.comma, m.comma+1, nil)
			}
			s.kept = true
		case m.end > 0:
			ed.splice(m.start(), m.end, nil)
		default:
			ed.blank, ed.blankDepth = m.start(), depth
		}
	}
	if !s.closed && s.comma >= 0 {
		ed.hold = s.comma
	}
	unknown := !s.closed && (len(s.members) == 0 || waits && len(s.members) == 1)
	if unknown && s.open > 0 {
		ed.hold = s.open
	}
	switch {
	case !block:
	case unknown:
		ed.arena = append(ed.arena, ' ')
		s.owed = ed.arena[start:]
		ed.delta += int64(len(s.owed))
	default:
		if comma {
			ed.arena = append(ed.arena, ',')
		}
		ed.splice(s.open, s.open, ed.arena[start:])
	}
}

// waits says whether a scope's last member is one of which only the value will tell whether it goes.
func (ed *editor) waits(s *editedObject) bool {
	m := s.unfinished()
	return m != nil && m.value == 0 && ed.byValue(*m)
}

// byValue says whether the value of a member decides whether it goes: an object stays, without its reasoning members.
func (ed *editor) byValue(m member) bool {
	if ed.KeepReasoning || m.target < firstParent {
		return false
	}
	i := m.target - firstParent
	return ed.late[i] != nil || ed.parents[i].whole && !ed.inserted[i]
}

// pay inserts the block that is owed, now that it is known whether a member
// stays directly behind it.
func (ed *editor) pay(s *editedObject, comma bool) {
	if s.owed == nil {
		return
	}
	if comma {
		s.owed[len(s.owed)-1] = ','
	}
	ed.splice(s.open, s.open, s.owed)
	s.owed = nil
}

func (ed *editor) splice(start, end int64, b []byte) {
	ed.out = append(ed.out, Splice{Start: start, End: end, New: b[:len(b):len(b)]})
}

var spaces = func() (s [4_096]byte) {
	for i := range s {
		s[i] = ' '
	}
	return s
}()

// blankTo overwrites the member that goes with spaces up to an offset.
func (ed *editor) blankTo(end int64) {
	if ed.blank < 0 {
		return
	}
	for ed.blank < end {
		n := min(end-ed.blank, int64(len(spaces)))
		ed.splice(ed.blank, ed.blank+n, spaces[:n])
		ed.blank += n
	}
}
