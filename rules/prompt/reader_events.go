package prompt

import (
	"strconv"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// events is the reader as the lexer sees it.
type events Reader

func (e *events) Begin(kind strictjson.Kind, at int64) error {
	r := (*Reader)(e)
	r.at = at
	p := r.body
	if r.depth > 0 {
		f := &r.stack[r.depth-1]
		if f.index++; f.array {
			if p = f.schema.items; p == nil {
				if p = anything; r.unknown.refuses(r.depth) {
					p = strange
				}
			}
		} else {
			p = r.next
		}
	}
	r.value = p
	if !p.accept.has(kind) {
		if !r.unknown.refuses(r.depth) || p.words == listed {
			return r.wrongKind(p)
		}
		p = strange
		r.value = p
	}
	if r.unknown.suspect != nil {
		r.suspect(kind)
	}
	if p.bypass != "" && kind != strictjson.Null {
		if err := r.leave(p); err != nil {
			return err
		}
	}
	if p.begin != nil {
		if err := p.begin(r, kind); err != nil {
			return err
		}
	}
	if r.depth <= r.edit.reach {
		if err := r.edit.begin(r.depth, kind, at); err != nil {
			return err
		}
	}
	if kind >= strictjson.Array {
		r.stack[r.depth] = frame{schema: p, array: kind == strictjson.Array, index: -1}
		r.depth++
		r.beginUnknown(p, kind)
	} else {
		r.captured, r.overflow, r.length = r.captured[:0], false, 0
		r.blob = r.mediaIn(p)
		r.unsealed = (p.words != sealed || r.unknown.strange > 0) && r.blob == quiet
		if kind == strictjson.String && p.words != listed && r.unsealed {
			r.sink.BeginText(r.whose(p))
		}
	}
	return nil
}

// whose says what is known of a string that begins.
func (r *Reader) whose(p *schema) Whose {
	if who := r.others(p); who.Others() {
		return who
	}
	m := &r.message
	switch {
	case p.words == quiet, p.words == mediaURL, p.words == mediaData:
		return Others
	case r.shape == Mapped, r.depth == 1 && p.name == conversation[r.shape], r.depth == 2 && r.shape == Completions && r.stack[1].schema.name == conversation[r.shape]:
		return Users // the prompt itself
	case m.hasRole && (r.depth == 3 || r.depth == 5 && r.stack[4].part != partUnknown):
		return Users
	}
	return MaybeUsers
}

// others says who else than a user speaks where a string stands, as far as it is known.
func (r *Reader) others(p *schema) Whose {
	m := &r.message
	if r.depth > 1 {
		p = r.stack[1].schema
	}
	if r.unknown.strange > 0 {
		return Others
	}
	switch {
	case r.shape == Mapped && p.name == "documents":
		return Results
	case r.shape == Mapped:
		return MaybeUsers
	}
	switch p.name {
	case "system", "instructions", "tools", "functions":
		return Operators
	}
	for i := range r.depth {
		if r.stack[i].part.others() {
			return Results
		}
	}
	switch {
	case m.item != nil && m.item.tool, m.hasRole && m.role == RoleTool:
		return Results
	case m.item != nil && m.item.role == RoleOther:
		return Others
	case m.item != nil, m.hasRole && m.role == RoleAssistant:
		return Assistants
	case m.hasRole && m.role == RoleSystem && r.facts.UserTurns == 0:
		return Operators
	case m.hasRole && m.role != RoleUser:
		return Others
	}
	return MaybeUsers
}

// aside says whose a string is that is no words of a user's.
func (r *Reader) aside() Whose { return max(Others, r.others(anything)) }

func (e *events) Text(p []byte, at int64, verbatim bool) {
	e.length += int64(len(p))
	if e.value.capture {
		if e.overflow = e.overflow || len(e.captured)+len(p) > MaxModel; e.overflow {
			e.captured = e.captured[:0] // a part of it would be another word, however it is cut
		} else {
			e.captured = append(e.captured, p...)
		}
	}
	switch r := (*Reader)(e); {
	case e.blob != quiet:
		r.mediaText(p, at, verbatim)
	case e.value.words == listed:
		if e.length == int64(len(p)) {
			e.sealedAt, e.sealedVerbatim = at, true
		}
		e.sealedVerbatim = e.sealedVerbatim && verbatim
	case e.value.words == sealed:
		r.sealedText(p, at, verbatim)
	default:
		e.sink.Text(p, at, verbatim)
	}
}

func (e *events) End(kind strictjson.Kind, literal []byte, end int64) error {
	r := (*Reader)(e)
	r.at = end - 1
	if kind >= strictjson.Array {
		r.depth--
		r.value = r.stack[r.depth].schema
	}
	p := r.value
	if kind == strictjson.String {
		literal = r.captured
		r.endMedia()
		if p.words != listed && r.unsealed {
			r.endString(p.words == spoken || p.words == spokenUnlessBinary && !r.binary())
		} else if p.words == sealed && r.length > 0 {
			r.stack[r.depth-1].opaque = true
		}
	}
	if kind == strictjson.Number && (p == anything || p == strange || p.own || p.words == spoken && p.end == nil) {
		r.endNumber(literal, end)
	}
	if p.end != nil {
		if err := p.end(r, kind, literal); err != nil {
			return err
		}
	}
	if kind >= strictjson.Array {
		r.unknown.end(&r.stack[r.depth], r.depth)
	}
	if r.depth > r.edit.reach {
		return nil
	}
	if err := r.edit.end(r.depth, end); err != nil {
		return err
	}
	switch r.depth {
	case 1:
		r.endOther()
	case 0:
		return r.endBody()
	}
	return nil
}

func (e *events) Name(name []byte, verbatim bool, start, end int64) error {
	r := (*Reader)(e)
	r.at = start
	f := &r.stack[r.depth-1]
	p, known := f.schema.known.find(name)
	rest := f.schema.rest
	if r.unknown.refuses(r.depth) {
		known, rest = false, strange
	} else if r.unknown.suspects() {
		r.unknown.notice(name)
	}
	switch {
	case p != nil:
		r.next = p
	case known:
		r.next = anything
	default:
		r.next = rest
		if (f.schema.known == nil || f.schema.own) && rest != strange {
			break
		}
		other := f.schema.known.respelled(name)
		if rest != anything && rest != f.schema {
			if inside, _ := rest.known.find(name); inside != nil {
				r.next = inside
			} else if other == "" {
				other = rest.known.respelled(name)
			}
		}
		if other != "" {
			return r.refuseSpelling(other)
		}
	}
	if p == nil || p.heard || !verbatim { // a name of ours says nothing, unless it is in disguise
		r.sink.BeginText(r.aside())
		if len(name) > 0 {
			r.sink.Text(name, start+1, verbatim)
		}
		r.partOpen, r.turnOpen = true, true
		r.sink.EndText(false)
	}
	if r.depth > r.edit.reach {
		return nil
	}
	return r.edit.name(r.depth, name, start, end)
}

func (e *events) Comma(at int64) {
	if e.depth <= e.edit.reach {
		e.edit.comma(e.depth, at)
	}
}

// endString ends a string or a name.
func (r *Reader) endString(spoken bool) {
	r.partOpen, r.turnOpen = true, true
	if spoken && r.length > 0 {
		r.facts.Spoken += r.length
		r.turnSpoken = true
	}
	r.sink.EndText(spoken)
}

// endBody ends the body's object.
func (r *Reader) endBody() error {
	if member := conversation[r.shape]; r.facts.Open && !r.bypassed && member != "" {
		err := r.refuse(CodeInvalid, member+" is missing")
		err.(*Error).Param = member
		return err
	}
	r.facts.Open = false
	return nil
}

// conversation names the member that a body of each shape must have.
var conversation = [...]string{Chat: "messages", Completions: "prompt", Responses: "input", Messages: "messages", Mapped: ""}

// refuse makes the error for the value that begins or ends. The message is about
// the member unless it names something else.
func (r *Reader) refuse(code, message string) error {
	param := r.path()
	if param != "" {
		message = param + ": " + message
	}
	return &Error{Status: 400, Code: code, Message: message, Param: param, Offset: r.at}
}

// refuseSpelling refuses a member whose name is another spelling of a known one.
func (r *Reader) refuseSpelling(known string) error {
	r.value = &schema{name: known}
	return r.refuse(CodeAmbiguous, "is spelled in another way, which some engines take for the same: write it exactly")
}

func (r *Reader) wrongKind(p *schema) error {
	if r.depth == 0 {
		return &Error{Status: 400, Code: CodeInvalid, Message: "the body must be a JSON object", Offset: r.at}
	}
	return r.refuse(CodeInvalid, "must be "+p.accept.String())
}

// leave refuses a member that needs leave, unless the policy allows it or all of its kind.
func (r *Reader) leave(p *schema) error {
	key := p.bypass
	if p.single && r.allow[p.name] {
		key = p.name
	}
	return r.bypass(key)
}

// bypass refuses what the router cannot see, unless the policy allows it.
func (r *Reader) bypass(key string) error {
	if !r.allow[key] {
		return r.refuse(CodeNotInspectable, "cannot be inspected and is not allowed by the policy (allow "+strconv.Quote(key)+")")
	}
	r.facts.Uninspected = true
	r.bypassed = true
	return nil
}

// path names the value that begins or ends, such as messages[2].content. Only
// members that we know have names, so nothing of the client's shows.
func (r *Reader) path() string {
	var path []byte
	add := func(name string) {
		if name != "" && len(path) > 0 {
			path = append(path, '.')
		}
		path = append(path, name...)
	}
	for i := range r.depth {
		f := &r.stack[i]
		add(f.schema.name)
		if f.array {
			path = append(path, '[')
			path = strconv.AppendInt(path, int64(f.index), 10)
			path = append(path, ']')
		}
	}
	add(r.value.name)
	return string(path)
}
