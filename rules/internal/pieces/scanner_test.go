package pieces

import (
	"strings"
	"testing"
)

func TestTheEndOfAValueIsFoundHoweverItIsCut(t *testing.T) {
	for _, value := range []string{
		`""`, `"abc"`, `"a\"b"`, `"\\"`, `"\\\\\""`, `{}`, `[]`, `[[],{}]`, `{"a":"]}","b":[1,2,{"c":"\\"}]}`,
		`"` + strings.Repeat("long text without anything ", 9) + `"`, `{"` + strings.Repeat(`\n\"x`, 40) + `":[{}]}`, `["日本語\u005c","]"]`,
		`"12345678\"12345678"`, `{ "a" : [ true , null , -1.5e3 ] }`,
	} {
		text := value + `,{"more":"]}"}`
		for cut := range len(text) + 1 {
			for _, step := range []int{1, 3, len(text)} {
				var s Scanner
				read, done := 0, false
				feed := func(p string) {
					for len(p) > 0 && !done {
						part := p[:min(step, len(p))]
						var n int
						n, done = s.Scan([]byte(part))
						read += n
						p = p[n:]
					}
				}
				feed(text[:cut])
				feed(text[cut:])
				if !done || read != len(value) {
					t.Fatalf("%s, cut at %d, by %d: %d bytes, %v, want %d", text, cut, step, read, done, len(value))
				}
			}
		}
	}
}

func TestWhatNeverEndsIsNoValue(t *testing.T) {
	for _, text := range []string{`"abc`, `"abc\`, `"abc\"`, `[1,2`, `{"a":"}"`, `[[[]]`} {
		var s Scanner
		if n, done := s.Scan([]byte(text)); done || n != len(text) {
			t.Errorf("%s ends at %d", text, n)
		}
	}
}

func TestKeysTellPiecesApart(t *testing.T) {
	m := NewMemory(1 << 20)
	seen := map[Key]string{}
	note := func(what string, k Key) {
		if other, twice := seen[k]; twice {
			t.Errorf("%s has the key of %s", what, other)
		}
		seen[k] = what
	}
	for n := range 40 {
		zeros := make([]byte, n)
		note("zeros", m.Key(Key{}, 0, zeros))
		for i := range zeros {
			zeros[i] = 1
			note("a one", m.Key(Key{}, 0, zeros))
			zeros[i] = 0
		}
		note("another spot", m.Key(Key{}, 1, zeros))
		note("another context", m.Key(m.Context([]byte("x")), 0, zeros))
		note("another context", m.Key(m.Context([]byte("y")), 0, zeros))
		note("another secret", NewMemory(1<<20).Key(Key{}, 0, zeros))
	}
	if k := m.Key(Key{}, 7, []byte("the same")); k != m.Key(Key{}, 7, []byte("the same")) {
		t.Error("a key changes")
	}
}

// The vectors of SipHash-2-4-128 do not fit one round a word: these were worked out with a second, plain implementation.
func TestHashOfSipHash(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 15, 16, 63, 64, 100} {
		p := make([]byte, n)
		for i := range p {
			p[i] = byte(i)
		}
		h := newHasher(0x0706050403020100, 0x0f0e0d0c0b0a0908)
		h.bytes(p)
		if k := h.sum(); k != plainSip(0x0706050403020100, 0x0f0e0d0c0b0a0908, p) {
			t.Errorf("%d bytes: %x", n, k)
		}
	}
}

// plainSip is SipHash-1-3-128, written as the paper has it.
func plainSip(k0, k1 uint64, p []byte) Key {
	v := [4]uint64{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573}
	v[1] ^= 0xee
	rot := func(x uint64, n uint) uint64 { return x<<n | x>>(64-n) }
	round := func() {
		v[0] += v[1]
		v[1] = rot(v[1], 13)
		v[1] ^= v[0]
		v[0] = rot(v[0], 32)
		v[2] += v[3]
		v[3] = rot(v[3], 16)
		v[3] ^= v[2]
		v[0] += v[3]
		v[3] = rot(v[3], 21)
		v[3] ^= v[0]
		v[2] += v[1]
		v[1] = rot(v[1], 17)
		v[1] ^= v[2]
		v[2] = rot(v[2], 32)
	}
	for i := 0; ; i += 8 {
		var m uint64
		for j := range 8 {
			if i+j < len(p) {
				m |= uint64(p[i+j]) << (8 * j)
			}
		}
		last := i+8 > len(p)
		if last {
			m |= uint64(len(p)) << 56
		}
		v[3] ^= m
		round()
		v[0] ^= m
		if last {
			break
		}
	}
	v[2] ^= 0xee
	for range 3 {
		round()
	}
	lo := v[0] ^ v[1] ^ v[2] ^ v[3]
	v[1] ^= 0xdd
	for range 3 {
		round()
	}
	return Key{lo, v[0] ^ v[1] ^ v[2] ^ v[3]}
}

func BenchmarkEndAndKey(b *testing.B) {
	text := []byte(`{"role":"user","content":"` + strings.Repeat(`A line of a program, x := f(a, b)\n`, 200) + `"}`)
	m := NewMemory(1 << 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		var s Scanner
		n, _ := s.Scan(text)
		m.Key(Key{}, 0, text[:n])
	}
}
