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
