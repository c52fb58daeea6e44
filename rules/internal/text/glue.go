package text

import (
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/internal/charset"
)

// A result of a tool is JSON inside a string, a log or source code, as a rule, and so its line ends stand as a backslash and an n there: what a model
// reads as "Ignore" on a line of its own is the word "nIgnore" to whoever looks at letters. Such sequences glue a letter or a few digits to the word
// behind them. What begins with the same signs may be a word as well, such as the path "\\new" or "\\theta" of a formula: only what is known without
// its first letters and unknown with them is read without.

// glueReach is how many bytes behind a sign are looked at: a sequence and the word behind it.
const glueReach = 96

// GlueSign reports whether a sequence may begin with a byte.
func GlueSign(c byte) bool { return c < utf8.RuneSelf && glueSigns[c] }

var glueSigns = func() (t [utf8.RuneSelf]bool) {
	for _, c := range "\\%$`^~&\x1b\x03" {
		t[c] = true
	}
	return t
}()

// glue is how many bytes behind the sign p[i] belong to a sequence that parts words and would be read as part of the word behind it; 0 if there is none.
// glued says whether a word is to be read without its beginning, given the hashes of both.
func glue(p []byte, i int, glued func(whole, rest uint64) bool) int {
	if n := Controls(p, i); n > 0 {
		return n
	}
	from := i + 1
	at := from
	switch c := p[i]; {
	case c == '%' || c == '$': // %s, %-5.2d, $n, $1
		for at < len(p) && at-from < 8 && (p[at]-'0' < 10 || c == '%' && (p[at] == '-' || p[at] == '.' || p[at] == '+' || p[at] == '#')) {
			at++
		}
		if digits := at > from; c == '%' || !digits {
			at++
		}
	case c == '\\' && at < len(p) && p[at]-'0' < 8: // \0, \012
		for at < len(p) && at-from < 3 && p[at]-'0' < 8 {
			at++
		}
	default: // \n, `n, ^n, ~n
		at++
	}
	if at >= len(p) || !charset.Plain(p[at-1]) {
		return 0
	}
	if p[at] >= utf8.RuneSelf {
		if c := p[at]; c >= 0xC3 && c <= 0xDF && at == from+1 {
			return at - from // a letter of another alphabet: no word has letters of two
		}
		return 0
	}
	whole := from
	for whole < at && !charset.Plain(p[whole]) {
		whole++
	}
	end := at
	for end < len(p) && charset.Plain(p[end]) {
		end++
	}
	if end == at || end-i > glueReach || end < len(p) && p[end] >= utf8.RuneSelf {
		return 0
	}
	if !glued(HashFolded(p[whole:end]), HashFolded(p[at:end])) {
		return 0
	}
	return at - from
}

// LongestControls is how many bytes such a sequence takes at most, with its first one and the letter at its end.
const LongestControls = 34

// Controls is how many bytes behind p[i] belong to a sequence by which terminals and chats colour text, such as ESC[0m, however ESC is written.
func Controls(p []byte, i int) int {
	at := i + 1
	switch c := p[i]; {
	case c == 0x03: // a colour of IRC: up to two digits, and two for the background
		for n := 0; at < len(p) && p[at]-'0' < 10 && n < 2; n++ {
			at++
		}
		if at > i+1 && at+1 < len(p) && p[at] == ',' && p[at+1]-'0' < 10 {
			at++
			for n := 0; at < len(p) && p[at]-'0' < 10 && n < 2; n++ {
				at++
			}
		}
		return at - i - 1
	case c == 0x1b:
	case c == '^' && at < len(p) && p[at] == '[':
		at++
	case c == '\\':
		for _, esc := range [...]string{"e", "E", "033", "x1b", "x1B", "u001b", "u001B"} {
			if len(p)-at >= len(esc) && string(p[at:at+len(esc)]) == esc {
				at += len(esc)
				break
			}
		}
		if at == i+1 {
			return 0
		}
	default:
		return 0
	}
	if at >= len(p) || p[at] != '[' {
		return 0
	}
	for at++; at < len(p) && at-i < 32 && (p[at]-'0' < 10 || p[at] == ';' || p[at] == '?' || p[at] == ':'); {
		at++
	}
	if at >= len(p) || charset.Of(p[at])&charset.Letters == 0 {
		return 0
	}
	return at - i
}
