package sidecall

// How words and phrases are read: without case, with any sign between two of them, in alphabets and in Chinese and Japanese.

// keys is how many keys there are: of the first three bytes of a word, in small letters.
const keys = 2048

func key(p []byte) (k uint) {
	for i := 0; i < 3 && i < len(p); i++ {
		c := letters[p[i]]
		if c == 0 || c == 0xe2 { // a printed apostrophe
			break
		}
		if i > 0 && p[i-1] == 0xc3 && 0x80 <= c && c <= 0x9e {
			c += 0x20
		}
		k = k*37 + uint(c) + 1
	}
	return k % keys
}

func phraseKey(text string) uint {
	if text[0] == '#' || text[0] == '@' {
		return uint(text[0])
	}
	var head [3]byte
	return key(head[:copy(head[:], text)])
}

// articles stand before what an instruction is about.
var articles = [...]string{"the", "this", "our", "following", "above", "current", "entire", "ongoing", "previous"}

// article is how long one is that p begins with.
func article(p []byte) int {
	switch lower(p[0]) {
	case 't', 'o', 'f', 'a', 'c', 'e', 'p':
		for _, w := range articles {
			if w[0] == lower(p[0]) {
				if n := matches(p, w); n > 0 {
					return n
				}
			}
		}
	}
	return 0
}

// negated reports whether the word before is a not: what a program forbids is not what is asked for.
func negated(p []byte) bool {
	for len(p) > 0 && p[len(p)-1] == ' ' {
		p = p[:len(p)-1]
	}
	n := len(p)
	return n >= 3 && (string(p[n-3:]) == "not" || string(p[n-3:]) == "NOT" || string(p[n-3:]) == "n't") || n >= 5 && (string(p[n-5:]) == "never" || string(p[n-5:]) == "n’t")
}

// matches returns how much of p a phrase takes, or -1 if p does not begin with it.
func matches(p []byte, phrase string) int {
	i := 0
	for k := 0; k < len(phrase); k++ {
		c := phrase[k]
		if c == '*' {
			return i
		}
		if c == ' ' {
			n := gap(p[i:])
			if n == 0 && (k+1 == len(phrase) || phrase[k+1] < 0x80) {
				return -1
			}
			i += n
			continue
		}
		if i == len(p) {
			return -1
		}
		got := lower(p[i])
		if i > 0 && p[i-1] == 0xc3 && 0x80 <= got && got <= 0x9e {
			got += 0x20 // a capital with a sign, such as É
		}
		if got != c {
			return -1
		}
		i++
	}
	if i < len(p) && i > 0 && p[i-1] < 0x80 && isLetter(p[i]) && (p[i] < 0x80 || p[i] == 0xc3) {
		return -1 // in the middle of a word; Chinese parts none
	}
	return i
}

// gap is how long what parts two words is at the beginning of p.
func gap(p []byte) (n int) {
	if len(p) >= 3 && string(p[:3]) == "’" {
		return 3
	}
	for n < len(p) && n < 4 && !isLetter(p[n]) {
		n++
	}
	return n
}

// numbers are those that instructions write out.
var numbers = [...]string{"one", "two", "three", "four", "five", "six", "seven", "eight", "ten", "zwei", "drei", "vier", "fünf", "sechs", "deux", "trois", "quatre", "cinq", "six", "dos", "tres", "cuatro", "cinco", "seis"}

// number is how long a number is that p begins with.
func number(p []byte) (n int) {
	for n < len(p) && '0' <= p[n] && p[n] <= '9' {
		n++
	}
	if n > 0 {
		return n
	}
	switch lower(p[0]) {
	case 'o', 't', 'f', 's', 'e', 'z', 'd', 'v', 'q', 'c':
		for _, w := range numbers {
			if w[0] == lower(p[0]) {
				if n := matches(p, w); n > 0 {
					return n
				}
			}
		}
	}
	return 0
}

// speakers and tags are what lines of conversations that are shown begin with.
var (
	speakers = [...]string{"user", "human", "nutzer", "benutzer", "utilisateur", "usuario", "用户", "ユーザー", "assistant", "ai"}
	tags     = [...]string{"chat*", "conversation*", "messages", "message*", "transcript", "dialog*", "history", "thread", "session", "exchange", "turns", "context"}
)

// talks reports whether a line shows a conversation.
func talks(p []byte) bool {
	if len(p) == 0 {
		return false
	}
	if p[0] == '<' {
		for _, w := range tags {
			if matches(p[1:], w) > 0 {
				return true
			}
		}
		return false
	}
	for len(p) > 1 && (p[0] == '[' || p[0] == '*' || p[0] == '#' || p[0] == '-' || p[0] == '>' || p[0] == ' ') {
		p = p[1:]
	}
	switch lower(p[0]) {
	case 'u', 'h', 'n', 'b', 'a', 0xe7, 0xe3:
	default:
		return false
	}
	for _, w := range speakers {
		n := matches(p, w)
		if n < 0 {
			continue
		}
		for n < len(p) && (p[n] == ' ' || p[n] == ']' || p[n] == '*') {
			n++
		}
		if rest := p[n:]; len(rest) > 0 && rest[0] == ':' || len(rest) > 2 && string(rest[:3]) == "：" {
			return true
		}
	}
	return false
}

// letters are the bytes that are part of words, in small letters, and 0 for all others.
var letters = func() (of [256]byte) {
	for c := range 256 {
		if isLetter(byte(c)) {
			of[c] = lower(byte(c))
		}
	}
	return of
}()

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// isLetter reports whether c is part of a word: all but ASCII signs.
func isLetter(c byte) bool {
	return 'a' <= lower(c) && lower(c) <= 'z' || '0' <= c && c <= '9' || c >= 0x80
}

// wordBegins reports whether a word begins with c, or a character beyond ASCII, given whether a letter stands before it; letter is what that is for what follows.
func wordBegins(c byte, behindLetter bool) (begins, letter bool) {
	letter = c < 0x80 && letters[c] != 0
	return letter && !behindLetter || c >= 0xc0, letter
}
