// Package pii finds personal data and secrets in text by their form: addresses, numbers with
// check digits, keys with known prefixes. It looks at bytes, never allocates, and takes linear time.
//
// What it finds must look like the real thing: numbers whose check digits are wrong, placeholders
// and loopback addresses are not reported. Names and street addresses are out of its reach.
package pii

// Kinds is a set of kinds of personal data.
type Kinds uint8

// The kinds.
const (
	Email Kinds = 1 << iota
	Phone
	SSN  // United States social security number
	Card // payment card: issuer, length, Luhn's check digit, and printed groups or a word for a card nearby
	IBAN // by country, length and check digits
	IP   // IPv4 or IPv6, loopback and masks left out
	APIKey
	CardLike // what has a card's issuer, length and check digit, with or without a reason to think of a card
)

// Names are the kinds' names in policies and records, by bit.
var Names = [...]string{"email", "phone", "ssn", "card", "iban", "ip", "api_key", "card_like"}

// ContextBytes is how many bytes before and behind the place where it begins a finding may be looked at.
const ContextBytes = 320

// Scan returns the kinds among want that begin at p[from:to]. It looks at up to Reach bytes
// before and behind; where p ends earlier the text is taken to end there.
func Scan(p []byte, from, to int, want Kinds) (found Kinds) {
	if from > 0 && from < to {
		switch {
		case class[p[from-1]] == escape && escapes(p[from]):
			from++
		case inWord[p[from-1]] && edge(p, from) != '\n':
			from = skip(p, from, to)
		}
	}
	for i := from; i < to && want != 0; {
		var k Kinds
		switch class[p[i]] {
		case plain:
			i++
			continue
		case digit:
			end := skip(p, i, len(p))
			k = number(p, i, end, want)
			i = end
		case letter:
			end := skip(p, i, len(p))
			k = word(p, i, end, want)
			i = end
		case at:
			if want&Email != 0 && email(p, i) {
				k = Email
			}
			if want&APIKey != 0 && urlPassword(p, i) {
				k |= APIKey
			}
			i++
		case dash:
			if want&APIKey != 0 && byteAt(p, i+1) == '-' && byteAt(p, i-1) != '-' && pemKey(p, i) {
				k = APIKey
			}
			i++
		case tilde:
			if want&APIKey != 0 && azure(p, i) {
				k = APIKey
			}
			i++
		case escape:
			if i++; escapes(byteAt(p, i)) {
				i++ // the n of \n belongs to no word
			}
		}
		found |= k
		want &^= k
	}
	return found
}

// skip returns where the word at p[i] ends. An underscore ends one: id_4111111111111111.
func skip(p []byte, i, to int) int {
	for i < to && inWord[p[i]] {
		i++
	}
	return i
}

// number looks at the word p[i:end], which begins with a digit.
func number(p []byte, i, end int, want Kinds) (found Kinds) {
	if want&IP != 0 && (ipv4(p, i) || ipv6(p, i)) {
		found |= IP
	}
	if c := byteAt(p, end); want&APIKey != 0 && (c == ':' && telegram(p, i, end) || c == '.' && terraform(p, i, end) || keySecond[byteAt(p, i+1)] && apiKey(p, i)) {
		found |= APIKey
	}
	if want&(Card|CardLike) != 0 {
		if k := card(p, i); k != 0 {
			return found | k&want
		}
	}
	if want&(Phone|SSN) == 0 {
		return found
	}
	var g groups
	switch {
	case !g.read(p, i):
	case want&SSN != 0 && g.ssn():
		found |= SSN
	case want&Phone != 0 && found&IP == 0 && g.phone():
		found |= Phone
	}
	return found
}

// word looks at the word p[i:end], which begins with a letter.
func word(p []byte, i, end int, want Kinds) (found Kinds) {
	if want&IBAN != 0 && i+4 < len(p) && isDigit(p[i+2]) && isDigit(p[i+3]) && iban(p, i) {
		found |= IBAN
	}
	if want&IP != 0 && hexDigit(p[i]) && ipv6(p, i) {
		found |= IP
	}
	if want&APIKey != 0 && i+1 < len(p) {
		if k := pair(p[i], p[i+1]); (keyAt[k] != 0 || namePair[k]) && apiKey(p, i) || end-i == 14 && terraform(p, i, end) ||
			byteAt(p, end) == ':' && hasPrefix(p, i, "bot") && telegram(p, i+3, end) {
			found |= APIKey
		}
	}
	return found
}

// What a byte may be the beginning of.
const (
	plain = iota
	digit
	letter
	at
	dash
	tilde
	escape
)

var class = func() (t [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		t[c] = digit
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-'a'+'A'] = letter, letter
	}
	t['@'], t['-'], t['~'], t['\\'] = at, dash, tilde, escape
	return t
}()

// inWord tells the letters and digits of ASCII.
var inWord = func() (t [256]bool) {
	for c := range t {
		t[c] = isDigit(byte(c)) || isLetter(byte(c))
	}
	return t
}()

// escapes reports whether a letter behind a backslash stands for white space in JSON and in source code.
func escapes(c byte) bool {
	return c == 'n' || c == 't' || c == 'r' || c == 'f' || c == 'b' || c == 'v'
}

// edge is the byte before p[i], or a line feed if that one ends an escape of white space: \n4111 begins with a digit.
func edge(p []byte, i int) byte {
	if i > 1 && p[i-2] == '\\' && escapes(p[i-1]) {
		return '\n'
	}
	return byteAt(p, i-1)
}

func isDigit(c byte) bool  { return c-'0' < 10 }
func isLetter(c byte) bool { return (c|0x20)-'a' < 26 }

// wordByte reports whether a byte belongs to an ASCII word.
func wordByte(c byte) bool { return isDigit(c) || isLetter(c) || c == '_' }

// byteAt is p[i], or 0 beyond the text.
func byteAt(p []byte, i int) byte {
	if i < 0 || i >= len(p) {
		return 0
	}
	return p[i]
}

// hasPrefix reports whether p[i:] begins with s, in this case.
func hasPrefix(p []byte, i int, s string) bool {
	return i >= 0 && i+len(s) <= len(p) && string(p[i:i+len(s)]) == s
}
