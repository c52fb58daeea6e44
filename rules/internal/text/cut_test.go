package text

import (
	"testing"
	"unicode/utf8"
)

var texts = []string{
	"Design a distributed rate limiter using Redis and explain the algorithm with implementation details.",
	"C++ c#d C#9 c+ +d g++ ``` a`` `x` ````.net asp.net . net..net supercalifragilisticexpialidocious 1234567890",
	"分析人工智能对未来社会的影响,并提出应对策略。 Ångström café cafe\u0301 ﬁn",
	"        indented\n\t\tcode { a[i] += b; }  // x² ≤ 3\u200B",
	"ab\u200B+c++\u200B+ c\u200B# ig\u00ADnore. \u0301net .\u0301net",
	"Принимая во внимание, что признание достоинства abcdefgh ijklmnop",
	"",
}

// pieces tokenizes a text cut at the places where cuts has a bit.
func pieces(s string, cuts []byte) ([]Token, Marks) {
	var c Splitter
	c.tokenizer.Reset(&c)
	from := 0
	for i := 1; i < len(s); i++ {
		if !utf8.RuneStart(s[i]) || len(cuts) == 0 || cuts[i/8%len(cuts)]>>(i%8)&1 == 0 {
			continue
		}
		c.tokenizer.Text([]byte(s[from:i]), int64(from), true)
		from = i
	}
	c.tokenizer.Text([]byte(s[from:]), int64(from), true)
	m := c.tokenizer.EndText()
	return c.tokens, m
}

// byRune tokenizes a text as if each character had been an escape of its own.
func byRune(s string) ([]Token, Marks) {
	var c Splitter
	c.tokenizer.Reset(&c)
	for i, r := range s {
		c.tokenizer.Text([]byte(string(r)), int64(i), false)
	}
	m := c.tokenizer.EndText()
	return c.tokens, m
}

func checkCuts(t *testing.T, s string, cuts []byte) {
	t.Helper()
	want, marks := pieces(s, nil)
	got, m := pieces(s, cuts)
	if len(want) != len(got) || marks != m {
		t.Fatalf("%q cut by %x: %d tokens and %v, want %d and %v", s, cuts, len(got), m, len(want), marks)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%q cut by %x: token %d is %+v, want %+v", s, cuts, i, got[i], want[i])
		}
	}
	got, m = byRune(s)
	if len(want) != len(got) || marks != m {
		t.Fatalf("%q escaped: %d tokens and %v, want %d and %v", s, len(got), m, len(want), marks)
	}
	for i := range want {
		if got[i].Hash != want[i].Hash || got[i].Traits != want[i].Traits {
			t.Fatalf("%q escaped: token %d is %+v, want %+v", s, i, got[i], want[i])
		}
	}
}

func TestCutsMakeNoDifference(t *testing.T) {
	for _, s := range texts {
		for _, cuts := range [][]byte{{0xFF}, {0x55}, {0xAA}, {0x11, 0x80}, {0x01}, {0x24, 0x92, 0x49}} {
			checkCuts(t, s, cuts)
		}
	}
}

func FuzzCuts(f *testing.F) {
	for i, s := range texts {
		f.Add(s, []byte{byte(37 * i), 0x5A})
	}
	f.Fuzz(func(t *testing.T, s string, cuts []byte) {
		if utf8.ValidString(s) {
			checkCuts(t, s, cuts)
		}
	})
}

func TestStringsDoNotRunIntoEachOther(t *testing.T) {
	var c Splitter
	c.tokenizer.Reset(&c)
	c.tokenizer.Text([]byte("ig"), 0, true)
	c.tokenizer.EndText()
	c.tokenizer.Text([]byte("nore"), 5, true)
	c.tokenizer.EndText()
	if len(c.tokens) != 2 {
		t.Errorf("%d tokens, want 2", len(c.tokens))
	}
}

func TestTokenizingDoesNotAllocate(t *testing.T) {
	var c Splitter
	p := []byte(texts[0] + texts[2])
	run := func() {
		c.tokens = c.tokens[:0]
		c.tokenizer.Reset(&c)
		c.tokenizer.Text(p, 0, true)
		c.tokenizer.EndText()
	}
	run()
	if n := testing.AllocsPerRun(100, run); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

type nobody struct{}

func (nobody) Tokens([]Token) {}

func BenchmarkTokenizer(b *testing.B) {
	for name, s := range map[string]string{"english": texts[0] + " ", "chinese": texts[2], "code": texts[3]} {
		var p []byte
		for len(p) < 32<<10 {
			p = append(p, s...)
		}
		b.Run(name, func(b *testing.B) {
			var t Tokenizer
			b.SetBytes(int64(len(p)))
			b.ReportAllocs()
			for i := 0; i < b.N; i++ {
				t.Reset(nobody{})
				t.Text(p, 0, true)
				t.EndText()
			}
		})
	}
}
