package signal

import (
	"bytes"

	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/pieces"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/strictjson"
)

// A piece of a body that comes again in the next request (see prompt.Keeper) is read once. While it is read, what it adds to all that outlives a message is kept
// apart; when its message has been read, and before that meets the one before it, all that is known of it is written down. To add it again is to
// bring the State to just that point, and to go on from there as if it had been read.
//
// What depends on what stands before is not written down but worked out each time: the seam with the message before, whether a message is a follow-up, which is the last
// one, its profile. Two bounds reach over pieces, those of second readings and of sentences that are read for mentions: a piece is added only where it could
// have been read without meeting one.

// pieceState is what a State knows of the piece that is being read.
type pieceState struct {
	open  bool // a piece is being read
	apart bool // what is said goes to it alone: outer is the State's
	noted bool // its message has been written down
	fit   bool // and may be added again

	at      int64                     // where it begins
	outer   [speakers]heard           // what was said before
	words   account                   // as it was before
	private account                   // of personal data, as it was before
	strings int64                     // as many had been begun before
	before  Measure                   // as much had been measured before
	reads   [2]int                    // sentences that had been read before
	parts   int                       // how often two policies had parted before
	missed  bool                      // something had not been read before
	spoken  [mostStrings]spokenString // the spoken strings of its speaker
	n       int
	part    int // so many stand in parts that have ended

	first []byte // the beginning of its message
	entry []byte
	again []byte // a side of a seam, read once more
}

// spokenString is one: where it begins in the body, and its length decoded.
type spokenString struct {
	at     int64
	length int
}

// BeginPiece begins a piece, as prompt.Keeper says.
func (st *State) BeginPiece(at int64) {
	p := &st.piece
	p.open, p.noted, p.fit, p.at = true, false, true, at
	p.words, p.private = st.accounts.words, st.accounts.personal
	p.strings, p.before, p.reads, p.parts = st.accounts.strings, st.measured, st.mentions.read, st.parts
	p.missed, st.accounts.missed = st.accounts.missed, false
	p.n, p.part = 0, 0
	p.apart = true
	p.outer, st.said = st.said, p.outer
}

// DropPiece ends a piece of which nothing is written down, as prompt.Keeper says.
func (st *State) DropPiece() {
	st.join()
	st.piece.open = false
}

// join puts what a piece says with what was said before.
func (st *State) join() {
	p := &st.piece
	if !p.apart {
		return
	}
	p.apart = false
	p.outer, st.said = st.said, p.outer
	for i := range p.outer {
		st.said[i].addAll(&p.outer[i])
		p.outer[i].clear()
	}
	st.accounts.missed = st.accounts.missed || p.missed
}

// noteString notes a spoken string of a piece.
func (st *State) noteString() {
	p, s := &st.piece, &st.seams
	if !p.open {
		return
	}
	if p.n == len(p.spoken) {
		p.fit = false
		return
	}
	p.spoken[p.n] = spokenString{s.at, s.length}
	p.n++
}

// notePart ends a part, which is of the message's own speaker or not.
func (st *State) notePart(own bool) {
	p := &st.piece
	if !own {
		p.n = p.part
	}
	p.part = p.n
}

// Flags of an entry; the role stands below them.
const (
	entryRole     = 1<<3 - 1
	entrySpoken   = 1 << 3
	entryOpen     = 1 << 4
	entrySide     = 1 << 5
	entryAccounts = 1 << 6
	entrySides    = 1 << 7
)

// noteMessage writes down what is known of the message that has just been read.
func (st *State) noteMessage(role prompt.Role) {
	p, a := &st.piece, &st.accounts
	reads := &st.mentions.read
	p.fit = p.fit && !p.noted && !a.missed && max(reads[0], reads[1]) < mostSentences && st.parts == p.parts
	p.noted = true
	p.first = append(p.first[:0], st.seams.first...)
	if !p.fit {
		st.join()
		return
	}
	flags := byte(role)
	if st.seams.spoken {
		flags |= entrySpoken
	}
	if st.seams.open != 0 {
		flags |= entryOpen
	}
	if st.side.said {
		flags |= entrySide
	}
	if a.words.Spent != p.words.Spent || a.personal.Spent != p.private.Spent {
		flags |= entryAccounts
	}
	if st.side.msg != noForms {
		flags |= entrySides
	}
	e := append(p.entry[:0], flags)
	e = pieces.AppendNumber(e, uint64(reads[0]-p.reads[0]))
	if st.set.pair != nil {
		e = append(pieces.AppendNumber(e, uint64(reads[1]-p.reads[1])), byte(st.seams.open))
	}
	if flags&entryAccounts != 0 {
		e = pieces.AppendNumber(e, uint64(a.words.Spent-p.words.Spent))
		e = pieces.AppendNumber(e, uint64(a.personal.Spent-p.private.Spent))
		e = a.words.append(e, &p.words)
		e = a.personal.append(e, &p.private)
	}
	measured := st.measured
	if role == prompt.RoleAssistant {
		measured.add(&st.msgMeasured) // as addMessage is about to
	}
	e = measured.append(e, &p.before)
	e = pieces.AppendNumber(e, uint64(a.strings-p.strings))
	if flags&entrySides != 0 {
		for _, form := range st.side.msg {
			e = pieces.AppendSigned(e, int64(form))
		}
	}
	sets := st.pieceSets()
	mask := len(e)
	e = append(e, 0)
	for i, h := range sets {
		if len(h.patterns.list) > 0 || h.attack != 0 {
			e[mask] |= 1 << i
			e = pieces.AppendSigned(e, int64(h.attack))
			e = h.patterns.append(e)
		}
	}
	if role == prompt.RoleUser {
		e = st.msg.words.append(e, st.set)
		st.profileOf(st.msg)
		e = st.msg.appendProfile(e)
	}
	p.entry = e
	st.join()
}

// pieceSets are what a piece is heard to say: in its message, and by others.
func (st *State) pieceSets() [2 + speakers]*heard {
	sets := [2 + speakers]*heard{&st.msg.heard, &st.msgUnspoken}
	for i := range st.said {
		sets[2+i] = &st.said[i]
	}
	return sets
}

// EndPiece ends a piece and returns what is written down of it, as prompt.Keeper says.
func (st *State) EndPiece(dst, piece []byte) (entry []byte, ok bool) {
	p := &st.piece
	st.DropPiece()
	if !p.noted || !p.fit {
		return dst, false
	}
	dst = append(dst, p.entry...)
	if p.entry[0]&entrySpoken == 0 {
		return dst, true
	}
	e, ok := st.edges(piece)
	if !ok {
		return dst, false
	}
	return e.append(dst), true
}

// edges finds the places in a piece that its message begins and ends with. ok is false if what stands there is not how it was read.
func (st *State) edges(piece []byte) (e edges, ok bool) {
	p := &st.piece
	strings := p.spoken[:p.n]
	total := 0
	for _, s := range strings {
		if total >= seamBytes {
			break
		}
		if e.nHeads == mostEdges {
			return e, false
		}
		e.heads[e.nHeads] = p.edge(s)
		e.nHeads++
		total += s.length + 1
	}
	from := len(strings)
	for total = 0; from > 0 && total < seamBytes; {
		from--
		if len(strings)-from > mostEdges {
			return e, false
		}
		total += strings[from].length + 1
	}
	for _, s := range strings[from:] {
		e.tails[e.nTails] = p.edge(s)
		e.nTails++
	}
	p.again = e.appendHead(p.again[:0], piece)
	if !bytes.Equal(p.again, p.first) {
		return e, false
	}
	if e.nTails == 0 || !e.tails[0].long {
		return e, p.endsWith(&e, piece, st.seams.before)
	}
	first := e.tails[0].at
	end := int(first) + len(rawString(piece[first:]))
	for _, near := range [...]int{seamBytes + 64, 2 * seamBytes, mostTail} {
		e.tails[0].at = int32(strictjson.Boundary(piece, int(first), max(int(first), end-near)))
		if p.endsWith(&e, piece, st.seams.before) {
			return e, true
		}
	}
	return e, false
}

// edge is where a string stands in the piece.
func (p *pieceState) edge(s spokenString) edge {
	if s.length == 0 {
		return edge{at: -1}
	}
	return edge{int32(s.at - p.at), s.length > seamBytes}
}

// endsWith reports whether the end of a message is what stands in these places.
func (p *pieceState) endsWith(e *edges, piece, end []byte) bool {
	got := p.again[:0]
	for i, t := range e.tails[:e.nTails] {
		var raw []byte
		if t.at >= 0 {
			raw = rawString(piece[t.at:])
		}
		got = appendTail(got, raw, i, t.long)
	}
	p.again = got
	return bytes.Equal(got[max(0, len(got)-seamBytes):], end)
}

// AddPiece adds what was written down of a piece, as prompt.Keeper says.
func (st *State) AddPiece(e *pieces.Entry, piece []byte) bool {
	a := &st.accounts
	flags := e.Byte()
	read, open := int(e.Number()), match.Policy(0)
	reads := [2]int{read, read}
	if flags&entryOpen != 0 {
		open = match.Both
	}
	if st.set.pair != nil {
		reads[1], open = int(e.Number()), match.Policy(e.Byte())
	}
	for i, n := range st.mentions.read {
		if reads[i] += n; reads[i] > mostSentences {
			return false
		}
	}
	if flags&entryAccounts != 0 {
		words, private := int64(e.Number()), int64(e.Number())
		if !a.words.has(words) || !a.personal.has(private) {
			return false
		}
		a.words.read(e, words)
		a.personal.read(e, private)
	}
	st.mentions.read = reads
	st.measured.read(e)
	a.strings += int64(e.Number())
	if flags&entrySides != 0 {
		for i := range st.side.msg {
			st.side.msg[i] = int32(e.Signed())
		}
	}
	st.side.said = flags&entrySide != 0
	if mask := e.Byte(); mask != 0 {
		for i, h := range st.pieceSets() {
			if mask>>i&1 != 0 {
				h.attack = max(h.attack, int32(e.Signed()))
				h.patterns.read(e)
			}
		}
	}
	role := prompt.Role(flags & entryRole)
	if role == prompt.RoleUser {
		st.msg.words.read(e, st.set)
		st.msg.readProfile(e)
	}
	s := &st.seams
	s.spoken, s.open = flags&entrySpoken != 0, open
	if s.spoken {
		s.edges.read(e)
		s.piece = piece
	}
	st.addMessage(role)
	return true
}

// has reports whether so many units could be spent whoever speaks, so that no reading would be refused.
func (a *account) has(units int64) bool {
	if units > a.most.Piece {
		return false
	}
	before := a.spent[user] + a.spent[unknown]
	for _, who := range [...]speaker{operator, assistant, tool} {
		before = max(before, a.spent[who])
	}
	return units <= a.most.Speaker-before
}

// append writes down what was spent since an earlier account.
func (a *account) append(dst []byte, before *account) []byte {
	dst = pieces.AppendNumber(dst, uint64(a.message))
	dst = pieces.AppendNumber(dst, uint64(a.Spent-a.begun))
	for i, n := range a.spent {
		dst = pieces.AppendNumber(dst, uint64(n-before.spent[i]))
	}
	return dst
}

func (a *account) read(e *pieces.Entry, spent int64) {
	a.Spent += spent
	a.message = int64(e.Number())
	a.begun = a.Spent - int64(e.Number())
	for i := range a.spent {
		a.spent[i] += int64(e.Number())
	}
}

// append writes down what was measured since an earlier measure: how many numbers have changed, and which they are.
func (m *Measure) append(dst []byte, before *Measure) []byte {
	at := len(dst)
	dst = append(dst, 0)
	for i, n := range m {
		if n != before[i] {
			dst[at]++
			dst = pieces.AppendNumber(append(dst, byte(i)), n-before[i])
		}
	}
	return dst
}

func (m *Measure) read(e *pieces.Entry) {
	for range e.Byte() {
		i := e.Byte()
		m[i] += e.Number()
	}
}

// append writes a set down.
func (s *idSet) append(dst []byte) []byte {
	dst = pieces.AppendNumber(dst, uint64(len(s.list)))
	for _, i := range s.list {
		dst = pieces.AppendNumber(dst, uint64(i))
	}
	return dst
}

func (s *idSet) read(e *pieces.Entry) {
	for range e.Number() {
		s.add(uint32(e.Number()))
	}
}

// append writes down what the words of a message come to.
func (f *words) append(dst []byte, set *Set) []byte {
	dst = f.wanted.append(dst)
	c, t := &f.counts, f.sum(set)
	asks := uint32(0)
	if c.asks {
		asks = 1
	}
	for _, n := range [...]uint32{c.words, c.numbers, c.code, c.strung, c.strungHan, c.apart, c.apartHan, asks} {
		dst = pieces.AppendNumber(dst, uint64(n))
	}
	dst = appendSparse(dst, c.letters[:])
	m := &c.marks
	dst = appendSparse(dst, m.Count[:])
	if rare := [...]uint64{m.Accents[0], m.Accents[1], m.Accents[2], uint64(m.Vietnamese), uint64(m.Inverted), uint64(m.Ukrainian), uint64(m.Russian), uint64(m.Persian)}; rare == [8]uint64{} {
		dst = append(dst, 0)
	} else {
		dst = append(dst, 1)
		for _, n := range rare {
			dst = pieces.AppendNumber(dst, n)
		}
	}
	dst = appendSparse(dst, t.points[:])
	if set.owned.used {
		dst = pieces.AppendNumber(dst, uint64(t.owned))
		dst = appendSparse(dst, t.own[:])
	}
	dst = pieces.AppendNumber(dst, uint64(t.rows))
	if t.rows > 0 {
		dst = appendSparse(dst, t.total[:])
		dst = pieces.AppendNumber(dst, uint64(t.extraRows))
		dst = appendSparse(dst, t.extra[:])
	}
	return dst
}

func (f *words) read(e *pieces.Entry, set *Set) {
	f.wanted.read(e)
	c, t := &f.counts, &f.tally
	var n [8]uint32
	for i := range n {
		n[i] = uint32(e.Number())
	}
	c.words, c.numbers, c.code, c.strung, c.strungHan, c.apart, c.apartHan, c.asks = n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7] != 0
	readSparse(e, c.letters[:])
	readSparse(e, c.marks.Count[:])
	if e.Byte() != 0 {
		m := &c.marks
		for i := range m.Accents {
			m.Accents[i] = e.Number()
		}
		for i := range n[:5] {
			n[i] = uint32(e.Number())
		}
		m.Vietnamese, m.Inverted, m.Ukrainian, m.Russian, m.Persian = n[0], n[1], n[2], n[3], n[4]
	}
	*t = tally{known: true}
	readSparse(e, t.points[:])
	if set.owned.used {
		t.owned = int32(e.Number())
		readSparse(e, t.own[:])
	}
	if t.rows = int32(e.Number()); t.rows > 0 {
		readSparse(e, t.total[:])
		t.extraRows = int32(e.Number())
		readSparse(e, t.extra[:])
	}
}

func (f *findings) appendProfile(dst []byte) []byte {
	if !f.profiled {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	for _, bits := range f.profile {
		dst = pieces.AppendNumber(dst, bits)
	}
	return dst
}

func (f *findings) readProfile(e *pieces.Entry) {
	if f.profiled = e.Byte() != 0; f.profiled {
		for i := range f.profile {
			f.profile[i] = e.Number()
		}
	}
}

// appendSparse writes down at most 64 numbers, most of which are 0: which are not, and those.
func appendSparse[N int32 | uint32](dst []byte, list []N) []byte {
	var mask uint64
	for i, n := range list {
		if n != 0 {
			mask |= 1 << i
		}
	}
	dst = pieces.AppendNumber(dst, mask)
	for _, n := range list {
		if n != 0 {
			dst = pieces.AppendSigned(dst, int64(n))
		}
	}
	return dst
}

func readSparse[N int32 | uint32](e *pieces.Entry, list []N) {
	mask := e.Number()
	for i := 0; mask != 0; i++ {
		if mask&1 != 0 {
			list[i] = N(e.Signed())
		}
		mask >>= 1
	}
}

var _ prompt.Keeper = (*State)(nil)
