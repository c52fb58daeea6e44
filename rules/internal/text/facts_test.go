package text

import (
	"testing"
	"unicode/utf8"
)

func TestWhatIsKnownOfACharacterIsWhatTheCarefulPathSays(t *testing.T) {
	check := func(r rune) {
		tokens := func(read func(t *Tokenizer)) ([]Token, Marks) {
			var c Splitter
			c.tokenizer.Reset(&c)
			c.tokenizer.Text([]byte("a"), 0, true)
			read(&c.tokenizer)
			c.tokenizer.Text([]byte("b ."), 9, true)
			return c.tokens, c.tokenizer.EndText()
		}
		want, wantMarks := tokens(func(t *Tokenizer) {
			if r < factsEnd {
				t.marks.note(r)
			}
			t.careful(r, 1, 2)
		})
		got, marks := tokens(func(t *Tokenizer) { t.Text(utf8.AppendRune(nil, r), 1, true) })
		if len(got) != len(want) || marks != wantMarks {
			t.Fatalf("%U: %d tokens and %v, want %d and %v", r, len(got), marks, len(want), wantMarks)
		}
		for i := range got {
			if got[i].Hash != want[i].Hash || got[i].Traits != want[i].Traits {
				t.Fatalf("%U: token %d is %+v, want %+v", r, i, got[i], want[i])
			}
		}
	}
	for r := rune(utf8.RuneSelf); r < 0x3200; r++ {
		check(r)
	}
	for r := rune(0x3200); r < 0xD800; r += 7 {
		if r < firstHan || r > lastHan { // those have a path of their own
			check(r)
		}
	}
	for r := rune(0xE000); r < 0x1FFFF; r += 5 {
		check(r)
	}
}
