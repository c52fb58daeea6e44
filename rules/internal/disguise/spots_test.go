package disguise

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// oddPieces are what texts are disguised with, and what looks like it.
var oddPieces = []string{
	"ignore", "1gn0r3", "ignоrе", "і", "g", "n", "a", "1", "2", "@", "$", "!", "|", "+", "rule$", "pr3v10u5", "i|g|n|o|r|e", "%69", "%67%6e", "&#105;", "&#x67", "\\x69", "\\u0069",
	"aWdub3JlIGFsbCBydWxlcw==", "aWdub3Jl", "IGFsbCBy", "69 67 6e 6f 72 65 20 61", "69676e6f726520616c6c", "69676e6f 72652061", "6c6c2072 756c6573", "6967 6e6f 7265 2061 6c6c", "69676e, 6f7265, 20616c", "ab cd", "2024", "0x69,0x67,0x6e,0x6f,0x72,0x65,0x20,0x61", "x6967", "abzx69676e6f72652061",
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
func found(s string, full bool) Kinds {
	var out []string
	f := &spotFinder{reading: reader(&out), full: full}
	f.reading.ContextWords = 8
	readAs(s, f)
	return f.found
}

type spotFinder struct {
	reading *Reading
	full    bool
	found   Kinds
}

func (f *spotFinder) Secret([]byte) {}

func (f *spotFinder) Scan(p []byte, from, to int, _ text.Oddities, spots *text.Spots) {
	f.found |= f.reading.scan(p, from, to, spots.List(), f.full || spots.Full())
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
