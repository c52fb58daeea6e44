// Package buffer is a byte buffer with watermarks, as Envoy's WatermarkBuffer
// (source/common/buffer/watermark_buffer.cc).
package buffer

// Buffer holds body bytes. It owns the slices it is given. The zero value is empty and has no limit.
type Buffer struct {
	data      []byte
	high      int
	above     bool
	onHigh    func()
	onDrained func()
}

// New makes a buffer that owns b.
func New(b []byte) *Buffer { return &Buffer{data: b[:len(b):len(b)]} }

// Limited makes an empty buffer that calls onHigh when it grows over high bytes, and onDrained when
// it is then down to half of that. A high of 0 means no limit.
func Limited(high int, onHigh, onDrained func()) *Buffer {
	return &Buffer{high: high, onHigh: onHigh, onDrained: onDrained}
}

// Len is the number of bytes held.
func (b *Buffer) Len() int { return len(b.data) }

// Bytes are the bytes held, valid until the next change.
func (b *Buffer) Bytes() []byte { return b.data }

// Append copies p to the end.
func (b *Buffer) Append(p []byte) {
	b.data = append(b.data, p...)
	b.checkHigh()
}

// Prepend copies p to the front.
func (b *Buffer) Prepend(p []byte) {
	if len(p) == 0 {
		return
	}
	joined := make([]byte, len(p)+len(b.data), len(p)+len(b.data)+512)
	copy(joined, p)
	copy(joined[len(p):], b.data)
	b.data = joined
	b.checkHigh()
}

// Drain drops n bytes from the front.
func (b *Buffer) Drain(n int) {
	if n = min(n, len(b.data)); n == len(b.data) {
		b.data = nil
	} else {
		b.data = b.data[n:]
	}
	if b.above && len(b.data) <= b.high/2 {
		b.above = false
		b.onDrained()
	}
}

// Take removes and returns everything.
func (b *Buffer) Take() []byte {
	out := b.data
	b.Drain(len(out))
	return out
}

// Move takes everything out of from and appends it.
func (b *Buffer) Move(from *Buffer) {
	p := from.Take()
	if len(b.data) == 0 {
		b.data = p
	} else {
		b.data = append(b.data, p...)
	}
	b.checkHigh()
}

func (b *Buffer) checkHigh() {
	if b.high > 0 && !b.above && len(b.data) > b.high {
		b.above = true
		b.onHigh()
	}
}
