package rules

import (
	"encoding/binary"

	"github.com/mom-router/mom-router/rules/internal/pieces"
	"github.com/mom-router/mom-router/rules/internal/siphash"
	"github.com/mom-router/mom-router/rules/prompt"
)

// A piece that comes again (see prompt.Keeper) adds the same digests to the keys. They are written down before what the signals have to say of it.

// addedDigest is one that a piece adds.
type addedDigest struct {
	to  byte // systemDigest, toolsDigest or userDigest
	sum siphash.Sum
}

const (
	systemDigest byte = iota
	toolsDigest
	userDigest
)

// mostDigests is how many a piece may add; a list of more tools is read each time.
const mostDigests = 255

// pieceKeying is what keying knows of the piece that is being read.
type pieceKeying struct {
	open  bool
	words bool // words of a user's would have counted
	added []addedDigest
}

// Flags of what is written down.
const (
	digestsKnown  = 1 << iota // the keys did not stand yet
	digestsWords              // words of a user's would have counted
	digestsAnswer             // it is an answer, behind which they do not
)

// BeginPiece begins a piece, as prompt.Keeper says.
func (k *keying) BeginPiece(at int64) {
	k.piece.open, k.piece.words, k.piece.added, k.answered = true, !k.over, k.piece.added[:0], false
	k.signals.BeginPiece(at)
}

// DropPiece ends a piece of which nothing is written down, as prompt.Keeper says.
func (k *keying) DropPiece() {
	k.piece.open = false
	k.signals.DropPiece()
}

// EndPiece ends a piece and returns what is written down of it, as prompt.Keeper says.
func (k *keying) EndPiece(dst, piece []byte) (entry []byte, ok bool) {
	p := &k.piece
	p.open = false
	flags := byte(0)
	if !k.done {
		flags |= digestsKnown
	}
	if p.words {
		flags |= digestsWords
	}
	if k.answered {
		flags |= digestsAnswer
	}
	fits := len(p.added) <= mostDigests
	if dst = append(dst, flags, byte(len(p.added))); fits {
		for _, d := range p.added {
			dst = append(dst, d.to)
			dst = binary.LittleEndian.AppendUint64(dst, d.sum.Lo)
			dst = binary.LittleEndian.AppendUint64(dst, d.sum.Hi)
		}
	}
	dst, ok = k.signals.EndPiece(dst, piece)
	return dst, ok && fits
}

// AddPiece adds what was written down of a piece, as prompt.Keeper says.
func (k *keying) AddPiece(e *pieces.Entry, piece []byte) bool {
	flags, n := e.Byte(), int(e.Byte())
	added := k.piece.added[:0]
	for range n {
		d := addedDigest{to: e.Byte()}
		d.sum = siphash.Sum{Lo: fixed(e), Hi: fixed(e)}
		added = append(added, d)
	}
	k.piece.added = added
	if !k.done && (flags&digestsKnown == 0 || !k.over && flags&digestsWords == 0) {
		return false
	}
	if !k.signals.AddPiece(e, piece) {
		return false
	}
	if k.done {
		return true
	}
	for _, d := range added {
		if d.to != userDigest || !k.over {
			k.digestOf(d.to).Add(d.sum)
		}
	}
	k.over = k.over || flags&digestsAnswer != 0
	k.last = 0
	return true
}

// fixed reads a number of eight bytes.
func fixed(e *pieces.Entry) (n uint64) {
	for shift := 0; shift < 64; shift += 8 {
		n |= uint64(e.Byte()) << shift
	}
	return n
}

func (k *keying) digestOf(to byte) *siphash.Hash {
	return [...]*siphash.Hash{systemDigest: &k.system, toolsDigest: &k.tools, userDigest: &k.user}[to]
}

// add adds the digest of a text to those of the request, unless there is none.
func (k *keying) add(to byte, text *siphash.Hash) {
	if text.Empty() {
		return
	}
	sum := text.Sum()
	k.digestOf(to).Add(sum)
	if k.piece.open {
		k.piece.added = append(k.piece.added, addedDigest{to, sum})
	}
}

var _ prompt.Keeper = (*keying)(nil)
