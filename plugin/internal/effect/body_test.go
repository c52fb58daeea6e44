package effect

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// pass sends body through a Body in the given chunks, as a host would, and
// returns what comes out behind it.
func pass(b *Body, body []byte, cuts []int, edits []prompt.Splice, safeAt func(fed int64) int64) []byte {
	var out []byte
	from, given := 0, 0
	for _, to := range append(cuts, len(body)) {
		piece := append([]byte(nil), body[from:to]...)
		from = to
		safe := safeAt(int64(to))
		upto := given
		for upto < len(edits) && edits[upto].End <= safe {
			upto++
		}
		if upto < len(edits) { // bytes of an edit not told yet are never safe
			safe = min(safe, edits[upto].Start)
		}
		b.Add(edits[given:upto])
		given = upto
		drain, put := b.Pass(len(piece), safe, func(dst []byte, at, n int) []byte {
			return append(dst, piece[at:at+n]...)
		})
		out = append(out, put...)
		out = append(out, piece[drain:]...)
	}
	return out
}

func TestBodyPassesWhatHasNoEditsWithoutReadingIt(t *testing.T) {
	var b Body
	drain, put := b.Pass(1000, 1000, func([]byte, int, int) []byte {
		t.Fatal("the chunk was read")
		return nil
	})
	if drain != 0 || put != nil {
		t.Errorf("drain %d, put %q; want nothing to do", drain, put)
	}
}

func TestBodyReadsOnlyThePrefixThatHoldsTheEdits(t *testing.T) {
	var b Body
	b.Add([]prompt.Splice{{Start: 1, End: 1, New: []byte("X")}, {Start: 3, End: 5}})
	drain, put := b.Pass(1000, 1000, func(dst []byte, at, n int) []byte {
		if at != 0 || n != 5 {
			t.Fatalf("read %d bytes at %d, want 5 at 0", n, at)
		}
		return append(dst, "abcde"...)
	})
	if drain != 5 || string(put) != "aXbc" {
		t.Errorf("drain %d, put %q; want 5, aXbc", drain, put)
	}
}

func TestBodyKeepsWhatIsNotSafeYet(t *testing.T) {
	var b Body
	chunk := func(s string) Source {
		return func(dst []byte, at, n int) []byte { return append(dst, s[at:at+n]...) }
	}
	if drain, put := b.Pass(4, 0, chunk("abcd")); drain != 4 || len(put) != 0 {
		t.Fatalf("while nothing is safe: drain %d, put %q", drain, put)
	}
	if drain, put := b.Pass(3, 6, chunk("efg")); drain != 3 || string(put) != "abcdef" {
		t.Fatalf("with one byte unsafe: drain %d, put %q", drain, put)
	}
	if drain, put := b.Pass(1, 8, chunk("h")); drain != 0 || string(put) != "g" {
		t.Fatalf("at the end: drain %d, put %q", drain, put)
	}
	if drain, put := b.Pass(2, 10, chunk("ij")); drain != 0 || put != nil {
		t.Fatalf("after the end: drain %d, put %q", drain, put)
	}
}

// However a body is cut and however long bytes are held back, what comes out is
// the body with the edits applied.
func TestBodyOutputDoesNotDependOnTheCuts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var b Body
	for range 20000 {
		body := make([]byte, r.IntN(60))
		for i := range body {
			body[i] = byte('a' + r.IntN(26))
		}
		var edits []prompt.Splice
		var want []byte
		at := 0
		for at < len(body) && r.IntN(3) > 0 {
			start := at + r.IntN(len(body)-at)
			end := start + r.IntN(len(body)-start)
			if start == 0 && end == 0 {
				continue
			}
			text := bytes.Repeat([]byte("#"), r.IntN(4))
			edits = append(edits, prompt.Splice{Start: int64(start), End: int64(end), New: text})
			want = append(append(want, body[at:start]...), text...)
			at = end + 1
			want = append(want, body[end:min(at, len(body))]...)
		}
		if at < len(body) {
			want = append(want, body[at:]...)
		}
		var cuts []int
		for p := 0; p < len(body); p += r.IntN(12) {
			cuts = append(cuts, p)
		}
		b.Reset(64 << 10)
		hold := int64(r.IntN(20))
		got := pass(&b, body, cuts, edits, func(fed int64) int64 {
			if fed == int64(len(body)) {
				return fed
			}
			return max(0, fed-hold, b.start)
		})
		if !bytes.Equal(got, want) {
			t.Fatalf("body %q cuts %v edits %+v: got %q, want %q", body, cuts, edits, got, want)
		}
	}
}
