package prompt

import "github.com/mom-router/mom-router/rules/strictjson"

// message is what is known of the message being read.
type message struct {
	role    Role
	hasRole bool
	own     bool      // it has content beside tool results
	typed   bool      // it is a Responses item whose type says that it is a message
	item    *itemType // of a Responses item that is something else
}

// partType is what a content part is made of, as far as a router cares.
type partType uint8

const (
	partUnknown partType = iota
	partText
	partImage
	partAudio
	partVideo
	partFile       // text that cannot be seen: a file by reference or in base64
	partDocument   // a file, or text if its source is text
	partFound      // text that a search has found
	partToolResult // holds parts itself
	partCompaction // a summary of the conversation by the model, or its advice: what it has sealed it can read
)

// others reports whether a part says what somebody else has written: the one who hands it on is not the one who speaks.
func (t partType) others() bool { return t == partToolResult || t == partDocument || t == partFound }

// sourceType is what the data of an image or a document is.
type sourceType uint8

const (
	sourceUnknown sourceType = iota
	sourceText
	sourceBinary
)

// beginConversation is the start of messages, input or prompt. The member's name
// is no part of the first message.
func (r *Reader) beginConversation(strictjson.Kind) error {
	r.endOther()
	return nil
}

func (r *Reader) endConversation(kind strictjson.Kind, _ []byte) error {
	if kind == strictjson.Array && r.stack[r.depth].index < 0 {
		return r.refuse(CodeInvalid, "must not be empty")
	}
	r.facts.Open = false
	r.message = message{}
	return nil
}

func (r *Reader) beginMessage(strictjson.Kind) error {
	r.message = message{}
	r.facts.Messages++
	return nil
}

func (r *Reader) endMessage(strictjson.Kind, []byte) error {
	m := &r.message
	if m.item == itemUnknown {
		r.endTurn(RoleOther)
		return nil
	}
	if !m.hasRole {
		return r.refuse(CodeInvalid, "a message must have a role")
	}
	if m.role == RoleUser && m.own {
		r.facts.UserTurns++
	}
	role := m.role
	if role == RoleSystem && r.facts.UserTurns > 0 {
		role = RoleLateSystem
	}
	r.endTurn(role)
	return nil
}

// roleFrom reads a message's role.
func roleFrom(roles map[string]Role) func(*Reader, strictjson.Kind, []byte) error {
	words := newDictionary(roles)
	return func(r *Reader, kind strictjson.Kind, name []byte) error {
		if kind == strictjson.Null {
			return nil
		}
		role, known := words.find(name)
		m := &r.message
		if !known {
			if m.item == nil {
				m.item = itemUnknown
			}
			return r.unknownKind(CodeUnknownRole, "the role of a message is not known to this router", name)
		}
		if m.role, m.hasRole = role, true; r.shape != Responses || m.typed {
			r.settle(r.depth - 1)
		}
		if role == RoleTool {
			r.facts.ToolResults++
		}
		return nil
	}
}

// typeFrom reads a part's type into the frame of the part.
func typeFrom(types map[string]partType) func(*Reader, strictjson.Kind, []byte) error {
	words := newDictionary(types)
	return func(r *Reader, kind strictjson.Kind, name []byte) error {
		if kind == strictjson.Null {
			return nil
		}
		t, _ := words.find(name)
		if t == partUnknown {
			return r.unknownKind(CodeUnsupported, "the type of a content part is not known to this router", name)
		}
		r.settle(r.depth - 1)
		r.stack[r.depth-1].part = t
		switch t {
		case partImage:
			r.facts.Images++
		case partAudio:
			r.facts.Audio++
		case partVideo:
			r.facts.Videos++
		case partToolResult:
			r.facts.ToolResults++
		}
		return nil
	}
}

func (r *Reader) endContent(kind strictjson.Kind, _ []byte) error {
	if kind == strictjson.String {
		r.message.own = true
	}
	return nil
}

// endPart ends a content part: an object, or a string that stands for one.
func (r *Reader) endPart(kind strictjson.Kind, _ []byte) error {
	t := partText
	if kind == strictjson.Object {
		t = r.stack[r.depth].part
		if err := r.endKind(t); err != nil {
			return err
		}
	}
	if t != partToolResult {
		r.message.own = true
	}
	of := PartOwn
	if r.unknown.strange > 0 {
		of = PartUnknown
	} else if t.others() || r.message.item != nil && r.message.item.tool {
		of = PartResult
	}
	r.flushPart(of)
	return nil
}

// endInner ends a block inside another one.
func (r *Reader) endInner(strictjson.Kind, []byte) error {
	return r.endKind(r.stack[r.depth].part)
}

// endKind ends a part, which may be of no known kind or say none.
func (r *Reader) endKind(t partType) error {
	if t != partUnknown {
		return r.inspectPart(t)
	}
	f := &r.stack[r.depth]
	if !f.strange {
		if r.deny {
			return r.refuse(CodeUnsupported, "a content part must have a type")
		}
		if err := r.estrange(r.depth); err != nil {
			return err
		}
	}
	r.countMedia(f)
	if f.media&showsFile != 0 || f.source == sourceBinary {
		return r.bypass("file")
	}
	return r.inspectPart(t)
}

// endNested ends what a tool's result holds, which may be one block.
func (r *Reader) endNested(kind strictjson.Kind, _ []byte) error {
	if kind != strictjson.Object {
		return nil
	}
	return r.endInner(kind, nil)
}

// noteStored notes that a part names a stored file.
func (r *Reader) noteStored(kind strictjson.Kind) error {
	r.stack[r.depth-1].stored = kind != strictjson.Null
	return nil
}

// inspectPart refuses the part that has just ended if what it shows cannot be seen.
func (r *Reader) inspectPart(t partType) error {
	if t == partFile || r.stack[r.depth].stored || t == partDocument && r.stack[r.depth].source != sourceText {
		return r.bypass("file")
	}
	if r.stack[r.depth].sealed && t != partCompaction {
		return r.bypass("encrypted_content")
	}
	return nil
}

// binary says whether the data being read is known not to be text. What could
// still turn out to be text is taken for it.
func (r *Reader) binary() bool {
	source, block := &r.stack[r.depth-1], &r.stack[r.depth-2]
	return source.source == sourceBinary || block.part == partImage
}

func (r *Reader) beginTool(strictjson.Kind) error {
	r.facts.Tools++
	return nil
}

func (r *Reader) endTool(strictjson.Kind, []byte) error {
	r.flushPart(PartDefinition)
	return nil
}

// flushPart ends the current part if it has any string.
func (r *Reader) flushPart(of Part) {
	if r.partOpen {
		r.partOpen = false
		r.sink.EndPart(of)
	}
}

// endTurn ends a message.
func (r *Reader) endTurn(role Role) {
	of := PartOwn
	switch role {
	case RoleTool:
		of = PartResult
	case RoleAssistant:
		r.facts.Answers++
	}
	if role != RoleTool && r.unknown.strange > 0 {
		of = PartUnknown
	}
	r.flushPart(of)
	r.sink.EndMessage(role)
	if (role == RoleSystem || role == RoleLateSystem) && r.turnSpoken {
		r.facts.System = true
	}
	r.turnOpen, r.turnSpoken = false, false
}

// endOther ends the text that belongs to no message, if there is any.
func (r *Reader) endOther() {
	if r.turnOpen {
		r.endTurn(RoleOther)
	}
}

func (r *Reader) readModel(kind strictjson.Kind, name []byte) error {
	if kind == strictjson.Null {
		return nil
	}
	if r.overflow {
		return r.refuse(CodeInvalid, "must not be longer than 256 bytes")
	}
	if r.lastModel != string(name) {
		r.lastModel = string(name)
	}
	r.facts.Model, r.facts.HasModel = r.lastModel, true
	return r.edit.lateModel(r.lastModel, r.at)
}

func (r *Reader) readStream(kind strictjson.Kind, _ []byte) error {
	r.facts.Stream = kind == strictjson.True
	return nil
}
