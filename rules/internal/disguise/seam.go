package disguise

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/work"
)

// Characters that nobody sees are left out of a text, so that they hide no word: "ig<U+200B>nore". They may stand for spaces as well:
// "ignore<U+200B>all". What one stands for shows in the words that it makes.

// maxPieces is how many pieces of a word are tried together.
const maxPieces = 24

// seams hands on p[from:to] with spaces at those seams that known words end or begin at, if there are any.
func (r *Reading) seams(p []byte, from, to int, spots *text.Spots) {
	for from > 0 && from < to && !utf8.RuneStart(p[from]) {
		from++
	}
	if r.part(p, from, to, spots.Seams()) {
		r.hand(r.out)
	}
}

// Joined hands on strings that somebody may join, with a NUL where two of them meet: there the longest words that are known come about.
func (r *Reading) Joined(p []byte) {
	r.strings, r.bits = r.strings[:0], r.bits[:0]
	for _, c := range p {
		if c != 0 {
			r.strings = append(r.strings, c)
			continue
		}
		i := len(r.strings)
		for len(r.bits) <= i/64 {
			r.bits = append(r.bits, 0)
		}
		r.bits[i/64] |= 1 << (i % 64)
	}
	r.part(r.strings, 0, len(r.strings), r.bits)
	r.Out(r.out, true, true)
}

// part writes p[from:to] with spaces at some seams, and reports whether there are any. seams has a bit for each byte that one stands before.
func (r *Reading) part(p []byte, from, to int, seams []uint64) (parted bool) {
	out := r.out[:0]
	r.mended = r.mended[:0]
	done := from
	for i := from; i < to; {
		if !letter(p[i]) {
			i++
			continue
		}
		// A run of letters with seams in it.
		end := i + 1
		r.pieces = append(r.pieces[:0], i)
		for end < to && letter(p[end]) {
			if end/64 < len(seams) && seams[end/64]>>(end%64)&1 != 0 {
				r.pieces = append(r.pieces, end)
			}
			end++
		}
		if len(r.pieces) > 1 {
			if !r.Meter.Read(work.Seams, end-i+4*len(r.pieces)) { // each may begin a word
				break
			}
			r.pieces = append(r.pieces, end)
			out = append(out, p[done:i]...)
			start := len(out)
			var some bool
			if out, some = r.partAtSeams(out, p); some {
				r.noteMended(start, len(out))
				parted = true
			}
			done = end
		}
		i = end
	}
	r.out = append(out, p[done:to]...)
	return parted
}

func letter(c byte) bool { return charset.Plain(c) || c >= utf8.RuneSelf }

// partAtSeams appends a run of letters with spaces at some of its seams: so that the longest known words come about, one after the other. some is
// false if that is none.
func (r *Reading) partAtSeams(out, p []byte) (words []byte, some bool) {
	last := len(r.pieces) - 1
	open := false // the word that out ends with may go on
	ascii := 0    // p[:ascii] is, from the piece at hand on
	for i := 0; i < last; {
		n := 0
		from := r.pieces[i]
		for ascii = max(ascii, from); ascii < r.pieces[last] && charset.Plain(p[ascii]); {
			ascii++
		}
		for k := min(last, i+maxPieces); k > i; k-- {
			if to := r.pieces[k]; (to > ascii || to-from <= maxGuess) && r.knownWord(p[from:to]) {
				n = k - i
				break
			}
		}
		if i > 0 && (n > 0 || !open) {
			out = append(out, ' ')
			some = true
		}
		open = n == 0
		n = max(n, 1)
		out = append(out, p[r.pieces[i]:r.pieces[i+n]]...)
		i += n
	}
	return out, some
}

// knownWord reports whether letters are a word of some phrase, or likely one.
func (r *Reading) knownWord(p []byte) bool {
	if len(p) > 2*longestWord {
		return false
	}
	hash := uint64(0)
	if charset.All(p, charset.Letters|charset.Digits) {
		if len(p) < 2 || len(p) > maxGuess {
			return false
		}
		hash = text.HashFolded(p)
	} else {
		tokens := r.splitter.SplitBytes(p)
		if len(tokens) != 1 {
			return false
		}
		hash = tokens[0].Hash
	}
	return r.Known(hash) || r.Likely != nil && r.Likely(hash)
}
