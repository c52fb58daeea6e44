package prompt

import "github.com/mom-router/mom-router/rules/strictjson"

// New kinds of messages, items and parts come faster than routers are renewed. What is of a kind that is not known here is
// read and passed on: each of its strings reaches the sink, as nobody's words, and what needs leave elsewhere needs leave at
// every depth of it, since nobody can say what an engine makes of it. A kind may stand behind what it describes: until it is
// known, the first member that would need leave is kept in mind.

// unknowns is what is open of unknown kind, or may be.
type unknowns struct {
	strange   int     // how many containers are open with the outermost one of an unknown kind; 0 for none
	unsettled int     // how many are open whose kind is not known yet
	list      int     // how many are open with the outermost list of tools in an item of a known kind; 0 for none
	suspect   *schema // of the member whose name was read last, if it would be refused
}

// refuses reports whether what stands in so many open containers is of unknown kind, with nothing of the client's own data.
func (u *unknowns) refuses(depth int) bool {
	return u.strange > 0 && depth >= u.strange && u.list == 0
}

// suspects reports whether it could turn out to be.
func (u *unknowns) suspects() bool { return u.unsettled > 0 && u.list == 0 }

// beginUnknown is the start of a container, which is open already.
func (r *Reader) beginUnknown(p *schema, kind strictjson.Kind) {
	u := &r.unknown
	switch {
	case p.typed && kind == strictjson.Object:
		r.stack[r.depth-1].unsettled = true
		u.unsettled++
	case p.list && u.list == 0 && r.message.item != nil && r.message.item.tools:
		u.list = r.depth
	}
}

// end is its end, after which so many are open.
func (u *unknowns) end(f *frame, depth int) {
	if f.unsettled {
		f.unsettled = false
		u.unsettled--
	}
	if u.strange > depth {
		u.strange = 0
	}
	if u.list > depth {
		u.list = 0
	}
}

// notice notes a name that would need leave in something of unknown kind.
func (u *unknowns) notice(name []byte) {
	u.suspect, _ = strange.known.find(name)
	if u.suspect == nil {
		if other := strange.known.respelled(name); other != "" {
			u.suspect = strange.members[other]
		}
	}
}

// suspect notes the member that begins, whose name would need leave, with all that is open and may be of unknown kind.
func (r *Reader) suspect(kind strictjson.Kind) {
	p := r.unknown.suspect
	r.unknown.suspect = nil
	if kind == strictjson.Null {
		return
	}
	for i := range r.depth {
		if f := &r.stack[i]; f.unsettled && f.suspect == nil {
			f.suspect = p
		}
	}
}

// settle says that an object, one of those that are open or the one that ends, is of a known kind.
func (r *Reader) settle(at int) {
	if f := &r.stack[at]; f.unsettled {
		f.unsettled = false
		r.unknown.unsettled--
	}
}

// estrange says that it is of none, or of one whose members are nobody's words.
func (r *Reader) estrange(at int) error {
	r.settle(at)
	f := &r.stack[at]
	f.strange = true
	if r.unknown.strange == 0 || r.unknown.strange > at+1 {
		r.unknown.strange = at + 1
	}
	if p := f.suspect; p != nil {
		f.suspect, r.value = nil, p // the error is about it
		return r.leave(p)
	}
	if f.opaque {
		return r.bypass("encrypted_content")
	}
	return nil
}

// unknownKind takes a role or a type that is not known as text: the name of a kind can say something, too.
func (r *Reader) unknownKind(code, message string, name []byte) error {
	if r.deny || r.overflow {
		return r.refuse(code, message)
	}
	if err := r.estrange(r.depth - 1); err != nil {
		return err
	}
	r.sink.BeginText(r.aside())
	if len(name) > 0 {
		r.sink.Text(name, r.sealedAt, r.sealedVerbatim)
	}
	r.partOpen, r.turnOpen = true, true
	r.sink.EndText(false)
	return nil
}

// media is what the members of a part show, whatever its type says.
type media uint8

const (
	showsImage media = 1 << iota
	showsAudio
	showsVideo
	showsFile
)

// shows notes that a part has a member that shows something.
func shows(what media) func(*Reader, strictjson.Kind) error {
	return func(r *Reader, kind strictjson.Kind) error {
		if kind != strictjson.Null {
			r.stack[r.depth-1].media |= what
		}
		return nil
	}
}

// countMedia counts what a part of unknown kind shows.
func (r *Reader) countMedia(f *frame) {
	for _, m := range [...]struct {
		bit   media
		count *int
	}{{showsImage, &r.facts.Images}, {showsAudio, &r.facts.Audio}, {showsVideo, &r.facts.Videos}} {
		if f.media&m.bit != 0 {
			*m.count++
		}
	}
}
