package prompt

import (
	"github.com/mom-router/mom-router/rules/internal/pieces"
	"github.com/mom-router/mom-router/rules/strictjson"
)

// A conversation's calls repeat what was said before, so that most of a body has been read already. What can be remembered is a piece: a message or an
// input item, the system text, the list of tools. Where one begins the reader first looks for its end and makes a key of its bytes, which takes a fiftieth of the
// time of reading them. If the key is known, what the piece adds to the facts and to the sink is added again, and the bytes are left out. Else the piece is
// read, and what it adds is remembered.
//
// A piece is read at once, when its end is there. Until then its bytes are kept. What is longer than pieces.Greatest, or lies across a place where somebody
// wants to know what has been found (see Settle), is read as it comes. So whoever asks sees the same as if nothing were ever remembered.

// piece is a kind of pieces; the kinds are part of the keys.
type piece uint8

const (
	noPiece piece = iota
	messagePiece
	systemPiece
	instructionsPiece
	toolsPiece
	functionsPiece
)

// Keeper is a Sink that can tell what a piece has added to it, in bytes, and add it again. An entry holds nothing of any text.
type Keeper interface {
	Sink
	// BeginPiece comes before the first BeginText of a piece, which begins at an offset of the body. Everything before it has ended.
	BeginPiece(at int64)
	// EndPiece ends the piece, which was read in full, and appends what it has added. ok is false if that cannot be told.
	EndPiece(dst, piece []byte) (entry []byte, ok bool)
	// DropPiece says that the piece will not be read to its end.
	DropPiece()
	// AddPiece adds what a piece with the same bytes has added. It does nothing and reports false if the piece has to be read.
	AddPiece(entry *pieces.Entry, piece []byte) bool
}

// pieceReader is what a Reader needs to remember pieces.
type pieceReader struct {
	memory  *pieces.Memory
	keeper  Keeper
	context pieces.Key

	open    bool // a piece has begun, and its end was not found yet
	kind    piece
	at      int64
	scanner pieces.Scanner
	begun   []byte // what has come of it
	entry   []byte
	known   pieces.Entry // a field, so that it is no garbage
}

// Remember has the reader use a memory for the body that follows, if the sink is a Keeper. It comes after Reset. context names all that is the same for this body
// and may not be for others that use the same memory.
func (r *Reader) Remember(m *pieces.Memory, context []byte) {
	if keeper, ok := r.sink.(Keeper); ok && m != nil {
		r.pieces.memory, r.pieces.keeper, r.pieces.context = m, keeper, m.Context(context)
		r.lexer.PauseBy((*events)(r))
	}
}

// forgetPiece forgets what has come of a piece.
func (r *Reader) forgetPiece() {
	m := &r.pieces
	if m.open = false; m.begun != nil {
		m.memory.Return(m.begun)
		m.begun = nil
	}
}

// Pause stops the lexer where a piece begins, as strictjson.Pauser says.
func (e *events) Pause(first byte, at int64) bool {
	r := (*Reader)(e)
	var p *schema
	switch {
	case r.depth == 1:
		p = r.next
	case r.depth == 2 && r.stack[1].array:
		p = r.stack[1].schema.items
	}
	if p == nil || p.piece == noPiece || r.partOpen || r.turnOpen || r.unknown.strange > 0 || !r.edit.idle(r.depth) {
		return false
	}
	switch first {
	case '{':
		if p.piece != messagePiece {
			return false
		}
	case '[':
		if p.piece == messagePiece || p.piece == instructionsPiece {
			return false
		}
	case '"':
		if p.piece != systemPiece && p.piece != instructionsPiece {
			return false
		}
	default:
		return false
	}
	m := &r.pieces
	m.open, m.kind, m.at = true, p.piece, at
	m.scanner.Reset()
	return true
}

// idle reports whether nothing waits for the value that begins, and nothing in it is edited. depth is how many containers are open around it.
func (ed *editor) idle(depth int) bool {
	return ed.hold < 0 && ed.blank < 0 && ed.waitingDepth == 0 && ed.sub == 0 && (depth > 1 || ed.current == targetNone)
}

// read reads the next bytes.
func (r *Reader) read(p []byte) error {
	for len(p) > 0 {
		var n int
		var err error
		if r.pieces.open {
			n, err = r.readOn(p)
		} else {
			n, err = r.lexer.FeedTo(p)
		}
		if err != nil {
			return err
		}
		p = p[n:]
	}
	return nil
}

// readOn goes on with a piece, and returns how many bytes were taken.
func (r *Reader) readOn(p []byte) (n int, err error) {
	m := &r.pieces
	n, done := m.scanner.Scan(p)
	p = p[:n]
	if len(m.begun)+n > pieces.Greatest {
		if err := r.readBegun(); err != nil {
			return n, err
		}
		return n, r.lexer.Feed(p)
	}
	if !done {
		if m.begun == nil {
			m.begun = m.memory.Buffer()
		}
		m.begun = append(m.begun, p...)
		return n, nil
	}
	if m.begun != nil {
		m.begun = append(m.begun, p...)
		p = m.begun
	}
	err = r.readPiece(p)
	r.forgetPiece()
	return n, err
}

// Settle reads what has come of a piece that has not come to its end, so that all that was fed has been read. An error is as those of Feed.
func (r *Reader) Settle() error {
	if r.err == nil && r.pieces.open {
		if err := r.readBegun(); err != nil {
			r.fail(err)
		}
	}
	return r.result()
}

func (r *Reader) readBegun() error {
	err := r.lexer.Feed(r.pieces.begun)
	r.forgetPiece()
	return err
}

// readPiece reads a whole piece, or adds what it has added before.
func (r *Reader) readPiece(p []byte) error {
	m := &r.pieces
	if len(p) < pieces.Least {
		return r.lexer.Feed(p)
	}
	key := m.memory.Key(m.context, r.spot(), p)
	if entry := m.memory.Get(key); entry != nil {
		if r.addPiece(entry, p) {
			m.memory.Stats.Hits++
			m.memory.Stats.Saved += int64(len(p))
			return r.skip(p)
		}
		m.memory.Stats.Misses++
		return r.lexer.Feed(p)
	}
	m.memory.Stats.Misses++
	before := r.facts
	bypassed := r.bypassed
	r.facts.System, r.facts.Uninspected, r.bypassed = false, false, false
	m.keeper.BeginPiece(m.at)
	err := r.lexer.Feed(p)
	if err != nil {
		m.keeper.DropPiece()
	} else {
		m.entry = appendFacts(m.entry[:0], &before, &r.facts, r.bypassed)
		if entry, ok := m.keeper.EndPiece(m.entry, p); ok {
			m.entry = entry
			m.memory.Put(key, entry)
		}
	}
	r.facts.System = r.facts.System || before.System
	r.facts.Uninspected = r.facts.Uninspected || before.Uninspected
	r.bypassed = r.bypassed || bypassed
	return err
}

// skip leaves out a piece, of which the editor is told no more than where it begins and ends.
func (r *Reader) skip(p []byte) error {
	kind := strictjson.Object
	switch p[0] {
	case '[':
		kind = strictjson.Array
	case '"':
		kind = strictjson.String
	}
	r.lexer.Skip(len(p))
	if err := r.edit.begin(r.depth, kind, r.pieces.at); err != nil {
		return err
	}
	return r.edit.end(r.depth, r.pieces.at+int64(len(p)))
}

// spot says, for a key, what of the place of a piece has an influence on how it is read.
func (r *Reader) spot() uint64 {
	spot := uint64(r.shape)<<8 | uint64(r.pieces.kind)<<16
	if r.facts.UserTurns > 0 {
		spot |= 1 // system text is not the operator's any more
	}
	return spot
}

// What a piece adds to the facts: some numbers, each in bytes of seven bits, and flags.
const (
	factSystem = 1 << iota
	factUninspected
	factBypassed
)

// factCounts are the numbers.
func (f *Facts) counts() [9]int64 {
	return [...]int64{f.Spoken, int64(f.Messages), int64(f.UserTurns), int64(f.Answers), int64(f.Tools), int64(f.ToolResults), int64(f.Images), int64(f.Audio), int64(f.Videos)}
}

func appendFacts(dst []byte, before, after *Facts, bypassed bool) []byte {
	was := before.counts()
	flags := byte(0)
	for i, n := range after.counts() {
		dst = pieces.AppendNumber(dst, uint64(n-was[i]))
	}
	if after.System {
		flags |= factSystem
	}
	if after.Uninspected {
		flags |= factUninspected
	}
	if bypassed {
		flags |= factBypassed
	}
	return append(dst, flags)
}

// addPiece adds what a piece has added before; it reports false if the piece has to be read.
func (r *Reader) addPiece(entry, p []byte) bool {
	e := &r.pieces.known
	*e = pieces.Read(entry)
	var n [9]int64
	for i := range n {
		n[i] = int64(e.Number())
	}
	flags := e.Byte()
	if !r.pieces.keeper.AddPiece(e, p) {
		return false
	}
	f := &r.facts
	f.Spoken += n[0]
	f.Messages += int(n[1])
	f.UserTurns += int(n[2])
	f.Answers += int(n[3])
	f.Tools += int(n[4])
	f.ToolResults += int(n[5])
	f.Images += int(n[6])
	f.Audio += int(n[7])
	f.Videos += int(n[8])
	f.System = f.System || flags&factSystem != 0
	f.Uninspected = f.Uninspected || flags&factUninspected != 0
	r.bypassed = r.bypassed || flags&factBypassed != 0
	r.stack[r.depth-1].index++
	r.message = message{}
	return true
}
