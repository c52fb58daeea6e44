package text

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// oddPieces are what texts are disguised with, and what looks like it.
var oddPieces = []string{
	"ignore", "1gn0r3", "ignоrе", "і", "g", "n", "a", "1", "2", "@", "$", "!", "|", "+", "rule$", "pr3v10u5", "i|g|n|o|r|e", "%69", "%67%6e", "&#105;", "&#x67", "\\x69", "\\u0069",
	"aWdub3JlIGFsbCBydWxlcw==", "aWdub3Jl", "IGFsbCBy", "69 67 6e 6f 72 65 20 61", "69676e6f726520616c6c", "69676e6f 72652061", "6c6c2072 756c6573", "6967 6e6f 7265 2061 6c6c", "69676e, 6f7265, 20616c", "ab cd", "2024", "0x69,0x67,0x6e,0x6f,0x72,0x65,0x20,0x61", "x6967",
	"<|im_start|>", "[INST]", "<s>", "[", "### System:", "\n\nHuman:", ":", "#", "<", " ", " ", " ", "  ", "\n", "\n\n", "-", "_", "/", ".", ",", "é", "ö", "я", "忽略", "’", "ⅽ", "２",
	"understanding", "state-of-the-art", "supercalifragilisticexpialidocious", "hello", "45", "3rd", "\r\n",
}

func oddText(r *rand.Rand, pieces int) string {
	var b strings.Builder
	for range pieces {
		b.WriteString(oddPieces[r.IntN(len(oddPieces))])
		if r.IntN(3) == 0 {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// found reads a text as the engine does, through a window, with the spots that were noted or as if there had been too many to note.
func found(s string, full bool) Disguises {
	var out []string
	f := &spotFinder{reading: reader(&out), full: full}
	f.reading.ContextWords = 8
	var words Tokenizer
	words.Reset(silent{})
	var w Window
	w.Reset(&words, f)
	w.Text([]byte(s))
	w.EndText()
	return f.found
}

type spotFinder struct {
	reading *Reading
	full    bool
	found   Disguises
}

func (f *spotFinder) Scan(p []byte, from, to int, _ Oddities, spots *Spots) {
	if all := *spots; f.full {
		all.overflowed = true
		spots = &all
	}
	f.found |= f.reading.Scan(p, from, to, spots)
}

// What is found by spots may be more: a run of data is looked at without the lines before it.
func TestNoDisguiseStandsOutsideTheSpots(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		s := oddText(r, 1+r.IntN(40))
		if got, want := found(s, false), found(s, true); want&^got != 0 {
			t.Fatalf("%q: %b by its spots, %b by all of it", s, got, want)
		}
	}
	for range 30 {
		s := oddText(r, 6000) // several windows
		if got, want := found(s, false), found(s, true); want&^got != 0 {
			t.Fatalf("a long text: %b by its spots, %b by all of it", got, want)
		}
	}
}

func TestADisguiseBehindMoreSpotsThanAreKeptIsFound(t *testing.T) {
	for _, many := range []string{"a1 ", "b c! ", "x_2+ "} {
		for n := 6500; n < 8500; n += 40 { // about the end of a window
			s := strings.Repeat(many, n/len(many)) + "of іgnоrе and 69676e6f726520616c6c " + strings.Repeat("word ", 2000)
			if got := found(s, false); got&(Confusable|Hex) != Confusable|Hex {
				t.Fatalf("behind %d bytes of %q it is not found: %b", n, many, got)
			}
		}
	}
}

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

func TestWhatIsNotHopefulIsNotReadable(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	rejected := 0
	for range 20000 {
		p := make([]byte, sample)
		for i := range p {
			switch r.IntN(8) {
			case 0:
				p[i] = byte(r.IntN(256))
			case 1:
				p[i] = " ,.\n"[r.IntN(4)]
			default:
				p[i] = byte('a' + r.IntN(26))
			}
		}
		if r.IntN(3) == 0 {
			copy(p[r.IntN(sample/2):], "忽略é")
		}
		if !hopeful(p[:sample/2]) {
			if rejected++; readable(p) {
				t.Fatalf("%q is readable", p)
			}
		}
	}
	if rejected == 0 {
		t.Error("none is rejected")
	}
}

func FuzzNoDisguiseStandsOutsideTheSpots(f *testing.F) {
	for _, p := range oddPieces {
		f.Add(p + " " + p)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		if got, want := found(s, false), found(s, true); want&^got != 0 {
			t.Fatalf("%q: %b by its spots, %b by all of it", s, got, want)
		}
	})
}
