package prompt

import "github.com/mom-router/mom-router/rules/strictjson"

// This file is the editor's part in the walk over the body. depth counts the
// containers that are open around what is read.

// begin is the first byte of a value.
func (ed *editor) begin(depth int, kind strictjson.Kind, at int64) error {
	switch {
	case depth == 0:
		ed.open(&ed.objects[0], 1, at)
		return nil
	case depth == 1:
		ed.noteValue(&ed.objects[0], kind, at)
		if err := ed.tell(&ed.objects[0], 1, kind, at); err != nil {
			return err
		}
		if ed.current >= firstParent && kind == strictjson.Object {
			i := ed.current - firstParent
			ed.sub = 1 + i
			if ed.parents[i].nests {
				ed.reach = editDepth + 1
			}
			ed.open(&ed.objects[ed.sub], 2, at)
			ed.merge(i)
		}
	case depth == 2 && ed.sub > 0:
		s := &ed.objects[ed.sub]
		ed.noteValue(s, kind, at)
		if err := ed.tell(s, 2, kind, at); err != nil {
			return err
		}
		if ed.inner >= firstParent && kind == strictjson.Object {
			ed.deep = 1 + ed.inner - firstParent
			ed.open(&ed.objects[ed.deep], 3, at)
		}
	case depth == 3 && ed.deep > 0:
		ed.noteValue(&ed.objects[ed.deep], kind, at)
	}
	return nil
}

// tell is what a member was waiting for: the kind of its value.
func (ed *editor) tell(s *editedObject, depth int, kind strictjson.Kind, at int64) error {
	if ed.waitingDepth != depth {
		return nil
	}
	if err := ed.checkTail(at); err != nil {
		return err
	}
	ed.hold, ed.waitingDepth = -1, 0
	ed.judge(s, ed.waiting, depth, kind != strictjson.Object && (kind != strictjson.Null || ed.lateMember(ed.waiting)))
	return nil
}

// noteValue is where the value of an object's member begins.
func (ed *editor) noteValue(s *editedObject, kind strictjson.Kind, at int64) {
	if m := s.unfinished(); m != nil && !ed.decided {
		m.value, m.kind = at, kind
	}
}

// open is the opening brace of an object.
func (ed *editor) open(s *editedObject, depth int, at int64) {
	s.open = at + 1
	if ed.decided && ed.edits(depth) {
		ed.hold = s.open
	}
}

// merge has the members to set in a parent that comes after the decision stand first in it. As many bytes are added as if it
// had not come.
func (ed *editor) merge(parent int) {
	block := ed.late[parent]
	if block == nil {
		return
	}
	ed.late[parent] = nil
	start := len(ed.arena)
	ed.appendChildren(ed.parents[parent].name)
	for len(ed.arena) < start+len(block) {
		ed.arena = append(ed.arena, ' ') // the last of them may become a comma
	}
	s := &ed.objects[1+parent]
	s.owed, s.kept = ed.arena[start:], true
}

// lateMember reports whether a member is a parent that has not come yet, and that something is to be set in.
func (ed *editor) lateMember(m member) bool {
	return m.target >= firstParent && ed.late[m.target-firstParent] != nil
}

// objectAt returns the object that a comma or a name at some depth belongs to, or nil.
func (ed *editor) objectAt(depth int) *editedObject {
	switch {
	case depth == 1:
		return &ed.objects[0]
	case depth == 2 && ed.sub > 0:
		return &ed.objects[ed.sub]
	case depth == 3 && ed.deep > 0:
		return &ed.objects[ed.deep]
	}
	return nil
}

func (ed *editor) comma(depth int, at int64) {
	s := ed.objectAt(depth)
	if s == nil {
		return
	}
	s.comma = at
	if ed.decided && ed.blank < 0 && ed.edits(depth) {
		ed.hold = at
	}
}

// edits says whether members at some depth are edited at all.
func (ed *editor) edits(depth int) bool { return depth == 1 || !ed.KeepReasoning }

// name is a whole member name.
func (ed *editor) name(depth int, name []byte, start, end int64) error {
	s := ed.objectAt(depth)
	if s == nil {
		return nil
	}
	var target int
	switch depth {
	case 1:
		target = ed.target(name)
		ed.current = target
	case 2:
		target = ed.child(ed.sub-1, name)
		ed.inner = target
	default:
		target = ed.child(ed.deep-1, name)
	}
	m := member{target: target, comma: s.comma, name: start}
	s.comma = -1
	if !ed.decided {
		if target != targetNone || !s.foreign {
			s.members = append(s.members, m)
		}
		s.foreign = s.foreign || target == targetNone
		return nil
	}
	if !ed.edits(depth) {
		return nil
	}
	if err := ed.checkTail(end - 1); err != nil {
		return err
	}
	if ed.byValue(m) {
		ed.waiting, ed.waitingDepth = m, depth
		if ed.hold = m.start(); s.owed != nil {
			ed.hold = s.open
		}
		return nil
	}
	ed.hold = -1
	if depth == 1 {
		ed.judge(s, m, depth, ed.dropTop(m))
	} else {
		ed.judge(s, m, depth, ed.dropInner(m))
	}
	return nil
}

// judge takes out or keeps a member whose name was read after the decision.
func (ed *editor) judge(s *editedObject, m member, depth int, drop bool) {
	ed.pay(s, !drop)
	if drop {
		ed.blank, ed.blankDepth = m.start(), depth
		return
	}
	if m.comma >= 0 && !s.kept {
		ed.splice(m.comma, m.comma+1, spaces[:1])
	}
	s.kept = true
}

// dropTop says whether a member of the top-level object goes. A model that has
// been read in full stays, its value replaced.
func (ed *editor) dropTop(m member) bool {
	switch {
	case m.target == targetNone:
		return false
	case m.target == targetModel:
		return ed.Model != "" && m.end == 0
	case m.target == targetBound:
		return ed.MaxTokens > 0
	case m.target >= firstParent:
		return ed.inserted[m.target-firstParent] || ed.dropValue(m)
	}
	return !ed.KeepReasoning
}

// dropInner says whether a member of a parent goes.
func (ed *editor) dropInner(m member) bool {
	if m.target >= firstParent {
		return ed.dropValue(m)
	}
	return m.target != targetNone
}

// dropValue says whether a parent goes because what was read of it is no object but a wish by itself.
func (ed *editor) dropValue(m member) bool {
	return ed.byValue(m) && m.value > 0 && m.kind != strictjson.Object && m.kind != strictjson.Null
}

// end is the end of a value.
func (ed *editor) end(depth int, end int64) error {
	switch {
	case depth == 0:
		return ed.close(&ed.objects[0], 1, end)
	case depth == 1:
		if ed.sub > 0 {
			if err := ed.close(&ed.objects[ed.sub], 2, end); err != nil {
				return err
			}
			ed.sub, ed.reach = 0, editDepth
		}
		ed.finish(&ed.objects[0], 1, end)
		ed.current = targetNone
	case depth == 2 && ed.sub > 0:
		if ed.deep > 0 {
			if err := ed.close(&ed.objects[ed.deep], 3, end); err != nil {
				return err
			}
			ed.deep = 0
		}
		ed.finish(&ed.objects[ed.sub], 2, end)
	case depth == 3 && ed.deep > 0:
		ed.finish(&ed.objects[ed.deep], 3, end)
	}
	return nil
}

// close is the closing brace of an object, right before the offset end.
func (ed *editor) close(s *editedObject, depth int, end int64) error {
	s.closed = true
	if !ed.decided || !ed.edits(depth) {
		return nil
	}
	if err := ed.checkTail(end - 1); err != nil {
		return err
	}
	ed.pay(s, false)
	ed.hold = -1
	if depth == 1 {
		ed.addLate(s, end-1)
	}
	return nil
}

// addLate inserts before the closing brace what was to be set in objects that have not come.
func (ed *editor) addLate(s *editedObject, at int64) {
	for i, block := range ed.late {
		if block == nil {
			continue
		}
		if !s.kept {
			block[0] = ' '
		}
		ed.splice(at, at, block)
		s.kept, ed.late[i] = true, nil
	}
}

// finish is the end of a member of an object.
func (ed *editor) finish(s *editedObject, depth int, end int64) {
	switch {
	case !ed.decided:
		if m := s.unfinished(); m != nil {
			m.end = end
		}
	case ed.blank >= 0 && ed.blankDepth == depth:
		ed.blankTo(end)
		ed.blank = -1
	}
}

// lateModel refuses a model name that is read after the decision and is not the
// chosen one's: the client asked for a model that nobody has looked at.
func (ed *editor) lateModel(name string, at int64) error {
	if !ed.decided || ed.AcceptModel != nil && ed.AcceptModel(name) {
		return nil
	}
	return &Error{Status: 400, Code: CodeLateModel, Param: "model", Offset: at,
		Message: "model was read after the route had been chosen and names another one: put model first or raise hold_bytes"}
}

// checkTail refuses a tail that would have to be held back for too long, once the
// body has been read up to an offset.
func (ed *editor) checkTail(read int64) error {
	if ed.hold < 0 || read-ed.hold <= MaxTail {
		return nil
	}
	return &Error{Status: 400, Code: CodeInvalid, Offset: ed.hold + MaxTail,
		Message: "more than 65,536 bytes stand between a comma and the member behind it: remove the white space"}
}
