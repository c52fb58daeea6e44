package prompt

import (
	"errors"
	"strconv"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// Edit says what the body shall ask for once the route is chosen.
type Edit struct {
	// Model is the new value of "model"; "" leaves the client's.
	Model string
	// Reasoning are the members that take the place of all of the client's reasoning members
	// (Options.Reasoning). Each path must be one of those or begin with one. The list must never change: it is checked
	// when it comes first.
	Reasoning []Member
	// KeepReasoning leaves the client's reasoning members untouched and sets none.
	KeepReasoning bool
	// AcceptModels are the names that "model" may have when it is read after the
	// decision: the automatic ones, and the key and the name of the chosen model.
	AcceptModels []string
}

// Member is a member to set: its path, of one or two names, and its value, which
// must be one valid JSON text.
type Member struct {
	Path []string
	JSON string
}

// Splice replaces the bytes from Start to End of the body by New, which may not be
// changed and is valid until the reader is Reset. Offsets are those of the client's body.
type Splice struct {
	Start, End int64
	New        []byte
}

// MaxTail is how many bytes may have to be held back after the decision because
// the fate of a comma depends on what follows it.
const MaxTail = 65_536

// Edit is called once, at the decision. What it changes comes out of Take, now
// and with the chunks that follow. An error is the caller's if it is not an *Error.
//
// A model that has been read is replaced in place. Members that are not read in
// full by now are inserted after the opening brace, and the client's own are
// overwritten with spaces when they come, so that the length is known now.
func (r *Reader) Edit(e Edit) error {
	if r.err != nil {
		return r.err
	}
	if err := r.edit.decide(e); err != nil {
		return err
	}
	if err := r.edit.checkTail(r.facts.Bytes); err != nil {
		r.fail(err)
	}
	return r.result()
}

// Take returns the splices found since the last Take, in order, and the offset up
// to which the body may be let go. Bytes behind it must be held until a later Take
// says otherwise: a comma that may have to go with the member behind it. Before Edit nothing is
// safe. The slice is valid until the next call of Feed, Edit or Reset.
func (r *Reader) Take() (splices []Splice, safe int64) {
	ed := &r.edit
	if !ed.decided || r.err != nil {
		return nil, ed.safe
	}
	ed.safe = r.facts.Bytes
	if ed.hold >= 0 {
		ed.safe = ed.hold
	}
	ed.blankTo(ed.safe)
	splices = ed.out
	ed.out = ed.out[:0]
	return splices, ed.safe
}

// Delta is by how many bytes the whole body grows; it is known at Edit, since all
// later splices keep the length.
func (r *Reader) Delta() int64 { return r.edit.delta }

// editDepth is how many containers may be open around a member that is edited.
const editDepth = 2

// editor follows the top-level object and the objects one level down that carry
// reasoning members (the parents). Until the decision it notes where their members
// stand; afterwards it decides about each member as its name goes by.
type editor struct {
	tops    []string // reasoning members of the top-level object
	parents []parent
	right   [][]Member // lists to set that were found to be right

	Edit
	decided  bool
	objects  []editedObject // of the top-level object, then of each parent
	inserted []bool         // parents that were inserted at the front: the client's must go
	current  int            // the target of the current top-level member
	sub      int            // the object one level down that is open, or 0

	arena []byte // inserted bytes
	out   []Splice
	delta int64
	safe  int64
	hold  int64 // bytes from here on wait for the next member name; -1 for none

	blank      int64 // the member that is being overwritten: not yet up to here; -1 for none
	blankDepth int
}

// parent is an object with reasoning members.
type parent struct {
	name     string
	children []string
}

// Targets of a top-level member: a reasoning member is its index in tops, a
// parent is firstParent plus its index.
const (
	targetNone  = -1
	targetModel = -2
	firstParent = 1_000
)

func (ed *editor) compile(paths [][]string) {
	for _, path := range paths {
		if len(path) == 1 && ed.top(path[0]) < 0 {
			ed.tops = append(ed.tops, path[0])
		}
	}
	for _, path := range paths {
		if len(path) != 2 || ed.top(path[0]) >= 0 {
			continue
		}
		i := ed.parent(path[0])
		if i < 0 {
			i = len(ed.parents)
			ed.parents = append(ed.parents, parent{name: path[0]})
		}
		if p := &ed.parents[i]; index(p.children, path[1]) < 0 {
			p.children = append(p.children, path[1])
		}
	}
	ed.objects = make([]editedObject, 1+len(ed.parents))
	ed.inserted = make([]bool, len(ed.parents))
}

func (ed *editor) top(name string) int { return index(ed.tops, name) }

func (ed *editor) parent(name string) int {
	for i := range ed.parents {
		if ed.parents[i].name == name {
			return i
		}
	}
	return -1
}

func index(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

func (ed *editor) reset() {
	for i := range ed.objects {
		ed.objects[i].reset()
	}
	clear(ed.inserted)
	ed.Edit, ed.decided = Edit{}, false
	ed.current, ed.sub = targetNone, 0
	ed.arena, ed.out = ed.arena[:0], ed.out[:0]
	ed.delta, ed.safe = 0, 0
	ed.hold, ed.blank = -1, -1
}

// target finds out what a member of the top-level object is to us.
func (ed *editor) target(name []byte) int {
	if string(name) == "model" {
		return targetModel
	}
	for i := range ed.tops {
		if ed.tops[i] == string(name) {
			return i
		}
	}
	for i := range ed.parents {
		if ed.parents[i].name == string(name) {
			return firstParent + i
		}
	}
	return targetNone
}

// child finds out what a member of the open parent is to us.
func (ed *editor) child(parent int, name []byte) int {
	for i, c := range ed.parents[parent].children {
		if c == string(name) {
			return i
		}
	}
	return targetNone
}

// maxRight bounds how many lists are known to be right: a policy has a few for each model.
const maxRight = 64

// check checks a list of members to set, and a policy's only once.
func (ed *editor) check(list []Member) error {
	if len(list) == 0 {
		return nil
	}
	for _, known := range ed.right {
		if &known[0] == &list[0] && len(known) == len(list) {
			return nil
		}
	}
	if err := ed.covered(list); err != nil {
		return err
	}
	if len(ed.right) < maxRight {
		ed.right = append(ed.right, list)
	}
	return nil
}

// covered checks that the members to set are ones whose old values the reader finds.
func (ed *editor) covered(list []Member) error {
	for i, m := range list {
		if len(m.Path) != 1 && len(m.Path) != 2 {
			return errors.New("prompt: the path of a reasoning member must have one or two names")
		}
		for _, n := range list[:i] {
			if n.Path[0] == m.Path[0] && (len(n.Path) != len(m.Path) || n.Path[len(n.Path)-1] == m.Path[len(m.Path)-1]) {
				return errors.New("prompt: reasoning member " + strconv.Quote(m.Path[0]) + " is set twice")
			}
		}
		if ed.top(m.Path[0]) >= 0 {
			continue
		}
		if p := ed.parent(m.Path[0]); p < 0 || len(m.Path) != 2 || index(ed.parents[p].children, m.Path[1]) < 0 {
			return errors.New("prompt: reasoning member " + strconv.Quote(m.Path[0]) + " is not one of Options.Reasoning")
		}
	}
	return nil
}

// decide works out the splices of what has been read.
func (ed *editor) decide(e Edit) error {
	if ed.decided {
		return errors.New("prompt: Edit was called twice")
	}
	if e.KeepReasoning {
		e.Reasoning = nil
	}
	if err := ed.check(e.Reasoning); err != nil {
		return err
	}
	ed.Edit, ed.decided = e, true

	top := &ed.objects[0]
	front := len(ed.arena)
	if e.Model != "" {
		if m := top.find(targetModel); m == nil || m.end == 0 {
			ed.arena = append(ed.arena, `"model":`...)
			ed.arena = strictjson.AppendQuoted(ed.arena, e.Model)
		}
	}
	for i, m := range e.Reasoning {
		if len(m.Path) == 1 {
			ed.separate(front)
			ed.arena = appendMember(ed.arena, m.Path[0], m.JSON)
		} else if !ed.earlier(i) && ed.mustInsert(m.Path[0]) {
			ed.separate(front)
			ed.arena = strictjson.AppendQuoted(ed.arena, m.Path[0])
			ed.arena = append(ed.arena, ':', '{')
			ed.appendChildren(m.Path[0])
			ed.arena = append(ed.arena, '}')
		}
	}
	ed.settle(top, 1, front, ed.dropTop)
	if m := top.find(targetModel); e.Model != "" && m != nil && m.end != 0 {
		start := len(ed.arena)
		ed.arena = strictjson.AppendQuoted(ed.arena, e.Model)
		ed.splice(m.value, m.end, ed.arena[start:])
	}
	if !e.KeepReasoning {
		for i, p := range ed.parents {
			if s := &ed.objects[1+i]; s.open > 0 && !ed.inserted[i] {
				start := len(ed.arena)
				ed.appendChildren(p.name)
				ed.settle(s, 2, start, func(m member) bool { return m.target != targetNone })
			}
		}
	}
	sortSplices(ed.out)
	for _, s := range ed.out {
		ed.delta += int64(len(s.New)) - (s.End - s.Start)
	}
	return nil
}

// earlier says whether the parent of a member to set has come before.
func (ed *editor) earlier(i int) bool {
	for _, m := range ed.Reasoning[:i] {
		if m.Path[0] == ed.Reasoning[i].Path[0] {
			return true
		}
	}
	return false
}

// mustInsert says whether a parent has to be inserted at the front, because the
// client's has not been read so far as to be known for an object.
func (ed *editor) mustInsert(name string) bool {
	i := ed.parent(name)
	if i < 0 {
		return true // the whole member is a reasoning member and is dropped
	}
	m := ed.objects[0].find(firstParent + i)
	ed.inserted[i] = m == nil || m.value == 0 || m.kind != strictjson.Object
	return ed.inserted[i]
}

func (ed *editor) appendChildren(parent string) {
	start := len(ed.arena)
	for _, m := range ed.Reasoning {
		if len(m.Path) == 2 && m.Path[0] == parent {
			ed.separate(start)
			ed.arena = appendMember(ed.arena, m.Path[1], m.JSON)
		}
	}
}

// separate adds a comma if something was added since start.
func (ed *editor) separate(start int) {
	if len(ed.arena) > start {
		ed.arena = append(ed.arena, ',')
	}
}

func appendMember(p []byte, name, value string) []byte {
	p = strictjson.AppendQuoted(p, name)
	p = append(p, ':')
	return append(p, value...)
}

// sortSplices sorts the few splices of the window; at one offset an insertion comes first.
func sortSplices(list []Splice) {
	for i := range list {
		for j := i; j > 0 && (list[j].Start < list[j-1].Start || list[j].Start == list[j-1].Start && list[j].End < list[j-1].End); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}
