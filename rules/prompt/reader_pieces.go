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
// A piece is read when its end is there. Until then its bytes are kept. Most long pieces are new, and to keep them unread would put off all work to their end: so a
// long one is read as it comes unless its first bytes are those of one that is remembered. What is longer than pieces.Greatest, or lies across a place where somebody
// wants to know what has been found (see Settle), is read as it comes and not remembered. So whoever asks sees the same as if nothing were ever remembered.
//
// What was kept may be long, so those who must not work for long at a time have it read in parts: see FeedPart.

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

	kind    piece
	spot    uint64
	at      int64
	open    bool // a piece has begun, and its end was not found yet
	scanner pieces.Scanner
	begun   []byte     // what has come of it
	lent    bool       // that is the caller's
	long    bool       // it is longer than pieces.Doubtful
	first   pieces.Key // the key of the beginning of a long one
	reading bool       // what has come is being read
	done    int        // so much of it was read
	noted   bool       // what that adds is noted
	outer   outerFacts // the facts before
	entry   []byte
	known   pieces.Entry // a field, so that it is no garbage
}

// outerFacts are the facts before a piece whose own are noted.
type outerFacts struct {
	facts    Facts
	bypassed bool
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
	if m.begun != nil && !m.lent {
		m.memory.Return(m.begun)
	}
	m.begun, m.done = nil, 0
	m.open, m.lent, m.long, m.reading, m.noted = false, false, false, false, false
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
	m.spot = r.spot()
	m.scanner.Reset()
	return true
}

// idle reports whether nothing waits for the value that begins, and nothing in it is edited. depth is how many containers are open around it.
func (ed *editor) idle(depth int) bool {
	return ed.hold < 0 && ed.blank < 0 && ed.waitingDepth == 0 && ed.sub == 0 && (depth > 1 || ed.current == targetNone)
}

// read reads the next bytes, and of what was kept no more than most of them at a time. It returns how many were taken.
func (r *Reader) read(p []byte, most int) (n int, err error) {
	for err == nil {
		took := 0
		switch {
		case r.Behind():
			if err = r.catchUp(most); err == nil && r.Behind() {
				return n, nil
			}
		case n == len(p):
			return n, nil
		case r.pieces.open:
			took, err = r.readOn(p[n:], most)
		default:
			took, err = r.lexer.FeedTo(p[n:])
			r.worked += int64(took)
		}
		n += took
	}
	return len(p), err
}

// Behind reports whether bytes that were fed are still to be read: see FeedPart.
func (r *Reader) Behind() bool {
	m := &r.pieces
	return r.err == nil && m.reading && (!m.open || m.done < len(m.begun))
}

// keptBytes are as much work as reading one.
const keptBytes = 16

// readOn goes on with a piece whose end was not found yet, and returns how many bytes were taken.
func (r *Reader) readOn(p []byte, most int) (n int, err error) {
	m := &r.pieces
	n, ended := m.scanner.Scan(p[:min(len(p), m.memory.Greatest+1-len(m.begun))])
	p = p[:n]
	r.worked += int64(n / keptBytes)
	if m.begun == nil && ended && n <= most {
		m.begun, m.lent = p, true
	} else {
		if m.begun == nil {
			m.begun = m.memory.Buffer()
		}
		m.begun = append(m.begun, p...)
	}
	switch {
	case len(m.begun) > m.memory.Greatest:
		r.giveUp()
	case ended:
		m.open = false
		if !m.reading {
			err = r.recall()
		}
	case !m.long && len(m.begun) > m.memory.Doubtful:
		if m.memory.Get(r.firstKey()) == nil {
			r.note()
		}
	}
	return n, err
}

// giveUp has what has come of a piece read as if it were none, and what follows as it comes.
func (r *Reader) giveUp() {
	m := &r.pieces
	if m.noted {
		m.keeper.DropPiece()
		r.join()
	}
	m.open, m.reading = false, true
}

// Settle reads what was kept of a piece, so that all that was fed has been read, or most bytes of it: see FeedPart. An error is as those of Feed.
func (r *Reader) Settle(most int) error {
	m := &r.pieces
	if m.open {
		r.giveUp()
	}
	if r.Behind() {
		if err := r.catchUp(most); err != nil {
			r.fail(err)
		}
	}
	return r.result()
}

// catchUp reads of what was kept, but no more than so many bytes.
func (r *Reader) catchUp(most int) error {
	m := &r.pieces
	part := m.begun[m.done:]
	part = part[:min(len(part), most)]
	m.done += len(part)
	r.worked += int64(len(part))
	if err := r.lexer.Feed(part); err != nil {
		if m.noted {
			m.keeper.DropPiece()
			r.join()
		}
		r.forgetPiece()
		return err
	}
	if m.done == len(m.begun) && !m.open {
		if m.noted {
			r.remember()
		}
		r.forgetPiece()
	}
	return nil
}

// recall adds what a whole piece has added before, if that is known, or has it read.
func (r *Reader) recall() error {
	m := &r.pieces
	p := m.begun
	m.reading = true
	if len(p) < pieces.Least {
		return nil
	}
	entry := m.memory.Get(r.pieceKey())
	if entry == nil {
		r.note()
		return nil
	}
	if !r.addPiece(entry, p) {
		m.memory.Stats.Misses++
		return nil
	}
	m.memory.Stats.Hits++
	m.memory.Stats.Saved += int64(len(p))
	err := r.skip(p)
	r.forgetPiece()
	return err
}

// pieceKey is the key of a whole piece. That of a long one goes over the key of its beginning, which was made before.
func (r *Reader) pieceKey() pieces.Key {
	m := &r.pieces
	if len(m.begun) <= m.memory.Doubtful {
		return m.memory.Key(m.context, m.spot, m.begun)
	}
	if !m.long {
		r.firstKey()
	}
	return m.memory.Key(m.first, m.spot, m.begun[m.memory.Doubtful:])
}

// spotFirst tells keys of beginnings from those of whole pieces.
const spotFirst = 1 << 24

// firstKey makes the key of the beginning of a long piece.
func (r *Reader) firstKey() pieces.Key {
	m := &r.pieces
	m.long = true
	m.first = m.memory.Key(m.context, m.spot|spotFirst, m.begun[:m.memory.Doubtful])
	return m.first
}

// note has a piece that is not known read, and begins to note what it adds.
func (r *Reader) note() {
	m := &r.pieces
	m.memory.Stats.Misses++
	m.reading, m.noted = true, true
	m.outer = outerFacts{r.facts, r.bypassed}
	r.facts.System, r.facts.Uninspected, r.bypassed = false, false, false
	m.keeper.BeginPiece(m.at)
}

// remember remembers what a piece has added that was read to its end.
func (r *Reader) remember() {
	m := &r.pieces
	m.entry = appendFacts(m.entry[:0], &m.outer.facts, &r.facts, r.bypassed)
	if entry, ok := m.keeper.EndPiece(m.entry, m.begun); ok {
		m.entry = entry
		key := r.pieceKey()
		if m.memory.Get(key) == nil {
			m.memory.Put(key, entry)
		}
		if m.long && m.memory.Get(m.first) == nil {
			m.memory.Put(m.first, nil)
		}
	}
	r.join()
}

// join puts the facts of a piece with those before it.
func (r *Reader) join() {
	m := &r.pieces
	m.noted = false
	r.facts.System = r.facts.System || m.outer.facts.System
	r.facts.Uninspected = r.facts.Uninspected || m.outer.facts.Uninspected
	r.bypassed = r.bypassed || m.outer.bypassed
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
