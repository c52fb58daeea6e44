package disguise

import (
	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/work"
)

// Rot13 writes a text with each ASCII letter moved by 13 places. Texts are not searched for it:
// the phrases of a policy are turned instead, which costs a text nothing.
func Rot13(s string) string {
	b := []byte(s)
	for i, c := range b {
		switch {
		case c-'a' < 26:
			b[i] = 'a' + (c-'a'+13)%26
		case c-'A' < 26:
			b[i] = 'A' + (c-'A'+13)%26
		}
	}
	return string(b)
}

// RotCues are frequent words, and words of orders to a model, in rot13. A string that has none of them is not
// read as rot13. None of them is a word of a language that the
// attacks of the wild are written in.
var RotCues = [...]string{
	"gur", "naq", "lbh", "lbhe", "gung", "guvf", "jvgu", "jvyy", "unir", "sebz", "jung", "arire", "cyrnfr", "nafjre",
	"vtaber", "sbetrg", "cerivbhf", "vafgehpgvbaf", "flfgrz", "cebzcg", "ehyrf", "zhfg", "erfcbaq",
	"qvr", "haq", "qnf", "avpug", "qrvar", "dhr", "gbqnf", "fhnf", "gbhgrf", "ghggr",
}

// Turned hands p[from:to], with what stands around it, to Out as rot13 if one of RotCues begins in it.
func (r *Reading) Turned(p []byte, from, to int) {
	if !hasCue(p, from, to) {
		return
	}
	p = p[max(0, from-margin):min(len(p), to+margin)]
	if !r.Meter.Read(work.Decode, len(p)) {
		return
	}
	out := r.out[:0]
	for _, c := range p {
		if l := (c | 0x20) - 'a'; l < 26 {
			c = c - l + (l+13)%26
		}
		out = append(out, c)
	}
	r.out = out
	readable(out) // for characters that the margins cut
	r.Out(out, true, true)
}

// hasCue reports whether one of RotCues begins in p[from:to].
func hasCue(p []byte, from, to int) bool {
	for i := from; i < to; i++ {
		if !letterByte(p[i]) || i > 0 && letterByte(p[i-1]) {
			continue
		}
		end := i
		for end < len(p) && end-i < maxGuess && letterByte(p[end]) {
			end++
		}
		if isCue(p[i:end]) {
			return true
		}
	}
	return false
}

// letterByte reports whether a byte belongs to a word, of whatever script.
func letterByte(c byte) bool { return charset.Plain(c) || c >= 0x80 }

// cueLengths has, by first letter, a bit for the length of each of RotCues.
var cueLengths = func() (lengths [256]uint32) {
	for _, cue := range RotCues {
		lengths[cue[0]] |= 1 << len(cue)
	}
	return lengths
}()

func isCue(word []byte) bool {
	if cueLengths[word[0]|0x20]>>len(word)&1 == 0 {
		return false // as nearly all words
	}
cues:
	for _, cue := range RotCues {
		if len(cue) != len(word) {
			continue
		}
		for i, c := range word {
			if c|0x20 != cue[i] {
				continue cues
			}
		}
		return true
	}
	return false
}
