package match

import (
	"encoding/binary"
	"slices"
)

// Phrases with gaps: each alternative of each piece is a phrase of its own for the automaton, and what
// it reports is put together here. For every beginning of a gapped phrase it is kept at which of the
// last 64 tokens it was complete, so a text costs as much as the words of gapped phrases in it,
// and no expansion of alternatives takes place.

// UnitBit marks the patterns that are alternatives of pieces. No phrase that is added may have it.
const UnitBit = 1 << 29

// gapped is the gapped phrases of an automaton.
type gapped struct {
	units []unit
	nodes []gapNode // a tree; that of a phrase's first piece has no parent
}

// unit is one alternative: a run of words without gaps.
type unit struct {
	length int64    // in tokens
	nodes  []uint32 // what it completes, if their parents are complete near enough before it
	firsts int      // how many of them, the first ones, have no parent
}

// gapNode is a beginning of phrases, up to and including one of their pieces.
type gapNode struct {
	parent  int32 // or -1
	gap     int64
	pattern uint32 // what to report
	last    bool   // whether to report it
	of      Policy // whose it is
}

// gapBuilder gathers gapped phrases.
type gapBuilder struct {
	gapped
	byWords map[string]uint32 // units by the hashes of their words
	byPiece map[string]uint32 // nodes by parent, units, gap and pattern
	keys    []byte
}

// AddGapped adds a phrase between whose pieces up to gap other words may stand. Pieces are parted
// by spaces; what has none, such as 忽略, stays together, and so do the words of an alternative in
// parentheses. The error is a *PhraseError.
func (b *Builder) AddGapped(words string, gap int, pattern uint32) error {
	list, wrong := pieces(words)
	if wrong != nil {
		return wrong
	}
	if len(list) == 0 {
		return &PhraseError{ErrEmpty.Error(), 0}
	}
	parent := int32(-1)
	for i, p := range list {
		ids, err := b.unitsOf(&p, pattern, len(list) == 1)
		if err != nil {
			return err
		}
		if len(list) > 1 {
			if parent = b.gaps.node(parent, ids, int64(gap), pattern); parent < 0 {
				return &PhraseError{"has a word that more than 256 phrases with gaps have: join them with alternatives", p.at[0]}
			}
			b.gaps.nodes[parent].last = b.gaps.nodes[parent].last || i == len(list)-1
		}
	}
	return nil
}

// unitsOf adds the alternatives of a piece; those of the only one are whole phrases.
func (b *Builder) unitsOf(p *piece, pattern uint32, whole bool) (ids []uint32, err error) {
	if !whole {
		ids = make([]uint32, 0, len(p.alternatives))
	}
	for i, words := range p.alternatives {
		tokens := b.split.Split(words)
		switch {
		case len(tokens) == 0:
			return nil, &PhraseError{"has a piece with " + ErrEmpty.Error(), p.at[i]}
		case len(tokens) > maxUnit:
			return nil, &PhraseError{"has an alternative of more than 32 words", p.at[i]}
		case whole:
			if err := b.AddTokens(tokens, pattern); err != nil {
				return nil, err
			}
			continue
		}
		g := &b.gaps
		g.keys = g.keys[:0]
		for _, t := range tokens {
			g.keys = binary.LittleEndian.AppendUint64(g.keys, t.Hash)
		}
		id, known := g.byWords[string(g.keys)]
		if !known {
			if g.byWords == nil {
				g.byWords, g.byPiece = map[string]uint32{}, map[string]uint32{}
			}
			id = uint32(len(g.units))
			g.byWords[string(g.keys)] = id
			g.units = append(g.units, unit{length: int64(len(tokens))})
			if err := b.AddTokens(tokens, UnitBit|id); err != nil {
				return nil, err
			}
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// sort puts what units complete without a parent first.
func (g *gapBuilder) sort() {
	var children []uint32
	for i := range g.units {
		u := &g.units[i]
		children, u.firsts = children[:0], 0
		for _, n := range u.nodes {
			if g.nodes[n].parent >= 0 {
				children = append(children, n)
				continue
			}
			u.nodes[u.firsts] = n
			u.firsts++
		}
		copy(u.nodes[u.firsts:], children)
	}
}

// longest is over how many words a phrase with gaps extends at most.
func (g *gapBuilder) longest() (most int) {
	lengths := make([]int64, len(g.nodes)) // piece of each node, in words
	for _, u := range g.units {
		for _, n := range u.nodes {
			lengths[n] = max(lengths[n], u.length)
		}
	}
	whole := make([]int64, len(g.nodes)) // parents come before their children
	for n, node := range g.nodes {
		whole[n] = lengths[n]
		if node.parent >= 0 {
			whole[n] += whole[node.parent] + node.gap
		}
		most = max(most, int(whole[n]))
	}
	return most
}

// node returns the beginning that a piece makes of another one, or -1 if a word of it has a part in
// too many: it would cost too much in a text. Phrases of a pattern that begin alike share it.
func (g *gapBuilder) node(parent int32, units []uint32, gap int64, pattern uint32) int32 {
	g.keys = binary.LittleEndian.AppendUint32(g.keys[:0], uint32(parent))
	g.keys = binary.LittleEndian.AppendUint32(append(g.keys, byte(gap)), pattern)
	for _, u := range units {
		g.keys = binary.LittleEndian.AppendUint32(g.keys, u)
	}
	n, known := g.byPiece[string(g.keys)]
	if !known {
		n = uint32(len(g.nodes))
		g.byPiece[string(g.keys)] = n
		g.nodes = append(g.nodes, gapNode{parent: parent, gap: gap, pattern: pattern, of: Both})
		for i, u := range units {
			if slices.Contains(units[:i], u) {
				continue // another spelling of the same words
			}
			if len(g.units[u].nodes) == maxShared {
				return -1
			}
			g.units[u].nodes = append(g.units[u].nodes, n)
		}
	}
	return int32(n)
}

// Gaps follows the gapped phrases of one text at a time. It is nil where there are none.
type Gaps struct {
	set    *gapped
	newest int64 // of the tokens at which a beginning was complete
	second int64 // the same of the second policy's
	first  int64 // and of the first one's
	now    int64 // the number of the next token; those of all texts are counted on
	seen   []trail
}

// trail says at which tokens a beginning was complete: bit n of noted stands for token last-n.
type trail struct {
	last  int64
	noted uint64
}

// apart is by how much the numbers of two texts' tokens differ, so that no phrase reaches from one
// into the other.
const apart = MaxGap + maxUnit + 64

// NewGaps returns what a text needs beside a State.
func (a *Automaton) NewGaps() *Gaps {
	if len(a.gaps.nodes) == 0 {
		return nil
	}
	return &Gaps{set: &a.gaps, seen: make([]trail, len(a.gaps.nodes))}
}

// Begin makes it ready for another text.
func (g *Gaps) Begin() {
	if g != nil {
		g.now += apart
	}
}

// Open says whose beginnings were complete so near that what follows may go on with one.
func (g *Gaps) Open() (of Policy) {
	if g == nil {
		return 0
	}
	if g.first > 0 && g.now-g.first <= MaxGap+maxUnit {
		of |= First
	}
	if g.second > 0 && g.now-g.second <= MaxGap+maxUnit {
		of |= Second
	}
	return of
}

// Join reads what Match found in a batch of tokens and replaces the pieces of gapped phrases by the
// phrases that they complete. It works in the given slice.
func (g *Gaps) Join(hits []Hit, tokens int) []Hit {
	if g == nil {
		return hits
	}
	var found int
	for i := 0; i < len(hits); i++ {
		if hits[i].Pattern&UnitBit == 0 {
			hits[found] = hits[i]
			found++
			continue
		}
		token := hits[i].Token
		u := &g.set.units[hits[i].Pattern&^UnitBit]
		end := g.now + int64(token)
		start := end - u.length + 1
		reported := false
		nodes := u.nodes
		if g.newest < start-1-MaxGap {
			nodes = nodes[:u.firsts] // nothing is complete that it could go on with, as nearly always
		}
		for _, n := range nodes {
			node := &g.set.nodes[n]
			if node.parent >= 0 && !g.seen[node.parent].within(start-1-node.gap, start-1) {
				continue
			}
			g.seen[n].add(end)
			g.newest = end
			if node.of&First != 0 {
				g.first = end
			}
			if node.of&Second != 0 {
				g.second = end
			}
			if !node.last {
				continue
			}
			if !reported {
				hits[found] = Hit{node.pattern, token}
				found, reported = found+1, true
				continue
			}
			hits = append(hits, Hit{node.pattern, token})
		}
	}
	g.now += int64(tokens)
	return hits[:found]
}

// Skip says that none of the next tokens, so many, is of any phrase.
func (g *Gaps) Skip(tokens int) {
	if g != nil {
		g.now += int64(tokens)
	}
}

// add notes a token.
func (t *trail) add(at int64) {
	if gone := at - t.last; gone < 64 {
		t.noted <<= uint(gone)
	} else {
		t.noted = 0
	}
	t.last = at
	t.noted |= 1
}

// within reports whether one of the tokens from first to last was noted.
func (t *trail) within(first, last int64) bool {
	newest := max(t.last-last, 0)
	oldest := t.last - first
	if oldest < 0 || newest > 63 {
		return false
	}
	// Bits newest to oldest.
	return t.noted>>uint(newest)<<uint(63-min(oldest-newest, 63)) != 0
}
