// Package effect applies the edits of a decision to a body that passes in
// chunks through a host which can only cut and put bytes at a buffer's front.
package effect

import "github.com/mom-router/mom-router/rules/prompt"

// Body tracks one request body on its way out. The zero value is ready.
type Body struct {
	start  int64 // offset in the body of the first byte not let go yet
	held   []byte
	edits  []prompt.Splice
	buffer []byte
}

// Source copies the n bytes that stand at a position of the chunk at hand to
// the end of dst.
type Source func(dst []byte, at, n int) []byte

// Reset forgets everything but the memory it owns: two buffers, each of at most so many bytes.
func (b *Body) Reset(most int) {
	b.start, b.edits = 0, b.edits[:0]
	b.held, b.buffer = keep(b.held, most), keep(b.buffer, most)
}

// Kept is how much memory it holds, in bytes.
func (b *Body) Kept() int64 { return int64(cap(b.held) + cap(b.buffer)) }

func keep(p []byte, most int) []byte {
	if cap(p) > most {
		return nil
	}
	return p[:0]
}

// Held is what was kept of the body, until the next call of Pass.
func (b *Body) Held() []byte { return b.held }

// Add notes edits, in order and not overlapping.
func (b *Body) Add(edits []prompt.Splice) { b.edits = append(b.edits, edits...) }

// Pass takes a chunk of size bytes, of which all up to the offset safe may go
// on. It answers how many bytes to drain at the chunk's front and which bytes
// to put in their place; put is valid until the next call. Bytes beyond safe
// are kept, and come out in front of a later chunk. Only the shortest prefix
// that holds the edits is read, so most chunks pass without being copied.
func (b *Body) Pass(size int, safe int64, chunk Source) (drain int, put []byte) {
	first := b.start + int64(len(b.held)) // offset of the chunk's first byte
	last := first + int64(size)
	end := first // of what must be copied
	if safe < last {
		end = last
	} else {
		safe = last
		if n := len(b.edits); n > 0 {
			end = max(first, b.edits[n-1].End)
		} else if len(b.held) == 0 {
			b.start = last
			return 0, nil
		}
	}
	drain = int(end - first)
	b.held = chunk(b.held, 0, drain)
	until := min(safe, end)
	put = b.rewrite(until)
	b.held = b.held[:copy(b.held, b.held[until-b.start:])]
	b.start = until
	if safe == last {
		b.start = last
	}
	return drain, put
}

// rewrite returns the held bytes up to an offset with the edits applied.
func (b *Body) rewrite(until int64) []byte {
	out, at, done := b.buffer[:0], b.start, 0
	for _, e := range b.edits {
		if e.End > until {
			break
		}
		out = append(out, b.held[at-b.start:e.Start-b.start]...)
		out = append(out, e.New...)
		at = e.End
		done++
	}
	out = append(out, b.held[at-b.start:until-b.start]...)
	b.edits = b.edits[:copy(b.edits, b.edits[done:])]
	b.buffer = out
	return out
}
