package rules

import "github.com/mom-router/mom-router/rules/internal/pieces"

// DefaultMemory is how many bytes a Memory has unless the configuration says otherwise.
const DefaultMemory = 4 << 20

// Memory remembers what Sessions have found in the pieces of bodies: messages, system texts, lists of tools. The calls of a conversation repeat nearly all of
// what was said before, and what is remembered is not read again. Decisions are the same with a Memory and without.
//
// It holds numbers and no text. Its keys are 128 bits of a keyed hash, whose secret is random and its own. It is for one goroutine: all Sessions that use it must be
// of the same.
type Memory struct{ pieces *pieces.Memory }

// MemoryStats count what a Memory has done: pieces that were found, that were not, and that were dropped for want of room, and how many bytes were
// not read again.
type MemoryStats = pieces.Stats

// NewMemory returns a Memory that takes at most so many bytes, and takes them as it fills. It is nil if that is less than a few hundred; a nil Memory remembers nothing.
func NewMemory(bytes int64) *Memory {
	m := pieces.NewMemory(bytes)
	if m == nil {
		return nil
	}
	return &Memory{m}
}

// Stats returns the counts so far.
func (m *Memory) Stats() MemoryStats {
	if m == nil {
		return MemoryStats{}
	}
	return m.pieces.Stats
}

// Remember has the session use a memory for the request that follows, and comes between Reset, or Key, and Feed. Sessions of different policies may share
// one: they find nothing of each other's. Nor do requests of different tenants; whose name is not trusted has none.
func (s *Session) Remember(m *Memory, tenant string) {
	if m == nil {
		return
	}
	s.memory, s.tenant = m, tenant
	s.context = pieces.AppendNumber(s.context[:0], s.table.serial)
	if s.keyed {
		s.context = pieces.AppendNumber(append(s.context, 1), s.keying.keys.inner.K0) // digests under another secret are others
	} else {
		s.context = append(s.context, 0)
	}
	s.context = append(s.context, tenant...)
	s.reader.Remember(m.pieces, s.context)
}
