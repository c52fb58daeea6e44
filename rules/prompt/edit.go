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
	// IncludeUsage asks the engine for usage in a stream. The body must have been read to its end by then, without any
	// stream_options in it.
	IncludeUsage bool
	// MaxTokens bounds the answer in place of all that the client says of that in the body's own members, see Facts.Bound; 0 leaves it alone.
	MaxTokens int64
	// AcceptModel says whether "model" may have a name that is read after the
	// decision: one that asks for routing or means the chosen model. Without it none may.
	AcceptModel func(name string) bool

	bound string // the member that MaxTokens is for
}

// Member is a member to set: its path, of one or two names, and its value, which
// must be one valid JSON text.
type Member struct {
	Path []string
	JSON string
}

// includeUsage is the member that has engines end a stream with what it has used. OpenAI's API has it, and so have vLLM, SGLang and llama.cpp:
// https://platform.openai.com/docs/api-reference/chat/create#chat-create-stream_options
const includeUsage = `"stream_options":{"include_usage":true}`

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
// overwritten with spaces when they come, so that the length is known now. What is to be set in an object that may still
// come is merged with that, or inserted before the closing brace: both add as many bytes.
func (r *Reader) Edit(e Edit) error {
	if r.err != nil {
		return r.err
	}
	e.bound = r.facts.output.member(r.shape)
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

// editDepth is how many containers are open around the members of an object that stands in the body's own.
const editDepth = 2

// editor follows the top-level object, the objects one level down that carry
// reasoning members (the parents) and those inside a parent (nested parents, whose members are only taken out). Until the
// decision it notes where their members stand; afterwards it decides about each member as its name goes by.
type editor struct {
	tops    []string   // reasoning members of the top-level object
	parents []parent   // those that are nested stand behind the one that they are in
	right   [][]Member // lists to set that were found to be right

	Edit
	decided  bool
	objects  []editedObject // of the top-level object, then of each parent
	inserted []bool         // parents that were inserted at the front: the client's is no object and must go
	late     [][]byte       // of parents that have not come: what is inserted at the end if they do not; else nil
	current  int            // the target of the current top-level member
	sub      int            // the scope one level down that is open, or 0
	inner    int            // the target of the current member of sub
	deep     int            // the scope of a nested parent that is open, or 0
	reach    int            // how many containers may be open around what matters here

	arena []byte // inserted bytes
	out   []Splice
	delta int64
	safe  int64
	hold  int64 // bytes from here on wait for the next member name or its value; -1 for none

	blank      int64 // the member that is being overwritten: not yet up to here; -1 for none
	blankDepth int

	waiting      member // a member whose value decides whether it goes
	waitingDepth int    // of it; 0 for none
}

// parent is an object with reasoning members.
type parent struct {
	name     string
	in       int // the parent that it is nested in, or -1
	children []string
	whole    bool // a value that is no object is a wish by itself
	nests    bool // there are parents nested in it
}

// Targets of a member: a reasoning member is its index in tops or children, a
// parent is firstParent plus its index.
const (
	targetNone  = -1
	targetModel = -2
	targetBound = -3 // on the answer's length
	firstParent = 1_000
)

func (ed *editor) compile(paths [][]string) {
	var tops []string
	for _, path := range paths {
		if len(path) == 1 && index(tops, path[0]) < 0 {
			tops = append(tops, path[0])
		}
	}
	for _, path := range paths {
		switch len(path) {
		case 2:
			ed.addChild(ed.addParent(-1, path[0]), path[1])
		case 3:
			outer := ed.addParent(-1, path[0])
			ed.parents[outer].nests = true
			ed.addChild(ed.addParent(outer, path[1]), path[2])
		}
	}
	for _, name := range tops {
		if i := ed.parent(name); i >= 0 {
			ed.parents[i].whole = true
		} else {
			ed.tops = append(ed.tops, name)
		}
	}
	for i := range ed.parents {
		if p := &ed.parents[i]; p.in >= 0 {
			outer := &ed.parents[p.in]
			if at := index(outer.children, p.name); at >= 0 {
				outer.children = append(outer.children[:at], outer.children[at+1:]...)
				p.whole = true
			}
		}
	}
	ed.objects = make([]editedObject, 1+len(ed.parents))
	ed.inserted = make([]bool, len(ed.parents))
	ed.late = make([][]byte, len(ed.parents))
}

// addParent returns the index of a parent.
func (ed *editor) addParent(in int, name string) int {
	i := ed.nested(in, name)
	if i < 0 {
		i = len(ed.parents)
		ed.parents = append(ed.parents, parent{name: name, in: in})
	}
	return i
}

func (ed *editor) addChild(i int, name string) {
	if p := &ed.parents[i]; index(p.children, name) < 0 {
		p.children = append(p.children, name)
	}
}

func (ed *editor) top(name string) int { return index(ed.tops, name) }

// parent is the index of a parent in the top-level object, or -1.
func (ed *editor) parent(name string) int { return ed.nested(-1, name) }

// nested is the index of a parent in another one, or -1.
func (ed *editor) nested(in int, name string) int {
	for i := range ed.parents {
		if ed.parents[i].in == in && ed.parents[i].name == name {
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
	clear(ed.late)
	ed.Edit, ed.decided = Edit{}, false
	ed.current, ed.sub = targetNone, 0
	ed.inner, ed.deep, ed.reach = targetNone, 0, editDepth
	ed.arena, ed.out = ed.arena[:0], ed.out[:0]
	ed.delta, ed.safe = 0, 0
	ed.hold, ed.blank, ed.waitingDepth = -1, -1, 0
}

// target finds out what a member of the top-level object is to us.
func (ed *editor) target(name []byte) int {
	switch string(name) {
	case "model":
		return targetModel
	case "max_tokens", "max_completion_tokens", "max_output_tokens":
		return targetBound
	}
	for i := range ed.tops {
		if ed.tops[i] == string(name) {
			return i
		}
	}
	return ed.parentOf(-1, name)
}

// child finds out what a member of an open parent is to us.
func (ed *editor) child(parent int, name []byte) int {
	for i, c := range ed.parents[parent].children {
		if c == string(name) {
			return i
		}
	}
	if ed.parents[parent].nests {
		return ed.parentOf(parent, name)
	}
	return targetNone
}

// parentOf finds a parent in another one by its name.
func (ed *editor) parentOf(in int, name []byte) int {
	for i := range ed.parents {
		if ed.parents[i].in == in && ed.parents[i].name == string(name) {
			return firstParent + i
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
			ed.appendParent(m.Path[0])
		}
	}
	if e.IncludeUsage {
		ed.separate(front)
		ed.arena = append(ed.arena, includeUsage...)
	}
	if e.MaxTokens > 0 {
		ed.separate(front)
		ed.arena = strictjson.AppendQuoted(ed.arena, e.bound)
		ed.arena = strconv.AppendInt(append(ed.arena, ':'), e.MaxTokens, 10)
	}
	ed.settle(top, 1, front, ed.dropTop)
	for i := range ed.late {
		if ed.late[i] != nil {
			start := len(ed.arena)
			ed.arena = append(ed.arena, ',')
			ed.appendParent(ed.parents[i].name)
			ed.late[i] = ed.arena[start:]
			ed.delta += int64(len(ed.late[i]))
		}
	}
	if m := top.find(targetModel); e.Model != "" && m != nil && m.end != 0 {
		start := len(ed.arena)
		ed.arena = strictjson.AppendQuoted(ed.arena, e.Model)
		ed.splice(m.value, m.end, ed.arena[start:])
	}
	if !e.KeepReasoning {
		for i, p := range ed.parents {
			s := &ed.objects[1+i]
			if s.open == 0 || ed.inserted[i] || p.in >= 0 && ed.inserted[p.in] {
				continue
			}
			start, depth := len(ed.arena), editDepth
			if p.in < 0 {
				ed.appendChildren(p.name)
			} else {
				depth++
			}
			ed.settle(s, depth, start, ed.dropInner)
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

// mustInsert says whether a parent has to be inserted at the front, because the client's is no object or there is none. One
// that may still come is noted.
func (ed *editor) mustInsert(name string) bool {
	i := ed.parent(name)
	if i < 0 {
		return true // the whole member is a reasoning member and is dropped
	}
	top := &ed.objects[0]
	if m := top.find(firstParent + i); m == nil && !top.closed || m != nil && m.value == 0 {
		ed.late[i] = spaces[:0]
	} else {
		ed.inserted[i] = m == nil || m.kind != strictjson.Object
	}
	return ed.inserted[i]
}

// appendParent adds a parent with the members to set.
func (ed *editor) appendParent(name string) {
	ed.arena = strictjson.AppendQuoted(ed.arena, name)
	ed.arena = append(ed.arena, ':', '{')
	ed.appendChildren(name)
	ed.arena = append(ed.arena, '}')
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
