package pii

import "github.com/mom-router/mom-router/rules/internal/charset"

// member tells the alphabets that a character belongs to.
var member = func() (t [256]alphabet) {
	for c := range t {
		switch b := byte(c); {
		case isDigit(b):
			t[c] = digits | hex | capitals | alnum | token | dotted | base64 | mixed
		case isLetter(b):
			t[c] = alnum | token | dotted | base64 | mixed
			if hexDigit(b) {
				t[c] |= hex
			}
			if b < 'a' {
				t[c] |= capitals
			}
		}
	}
	t['-'], t['_'] = token|dotted|base64|mixed, token|dotted|base64|mixed
	t['.'] = dotted | mixed
	t['+'], t['/'], t['='] = base64|mixed, base64|mixed, base64|mixed
	t['~'], t['%'], t[','] = mixed, mixed, mixed
	return t
}()

// keyAt chains the forms of keys by the first two characters of their prefix, whatever the case: the first one, plus 1, and those behind.
// keySecond tells the second characters of the prefixes that begin with a digit, namePair the first two letters of secretNames.
var keyAt, keyNext, keySecond, namePair = func() (at [1 << 10]uint8, next [len(keyForms)]uint8, second [256]bool, names [1 << 10]bool) {
	for i := len(keyForms) - 1; i >= 0; i-- {
		prefix := keyForms[i].prefix
		k := pair(prefix[0], prefix[1])
		next[i] = at[k]
		at[k] = uint8(i) + 1
		if isDigit(prefix[0]) {
			second[prefix[1]] = true
		}
	}
	for _, n := range secretNames {
		names[pair(n[0], n[1])] = true
	}
	return at, next, second, names
}()

func pair(a, b byte) int { return int(a&31)<<5 | int(b&31) }

// apiKey reports whether a key, or the assignment of one, begins at p[i], the beginning of a word with one more character.
func apiKey(p []byte, i int) bool {
	k := pair(p[i], p[i+1])
	inside := i > 0 && p[i-1] == '_' || i > 1 && p[i-1] == '-' && wordByte(p[i-2]) // a key has its prefix at the beginning of a name
	for n := keyAt[k]; n != 0 && !inside; n = keyNext[n-1] {
		if f := &keyForms[n-1]; f.prefix[0] == p[i] && hasPrefix(p, i, f.prefix) && f.follows(p, i+len(f.prefix)) {
			return true
		}
	}
	return namePair[k] && assigned(p, i)
}

// follows reports whether what stands at p[i], behind the prefix, is such a key.
func (f *keyForm) follows(p []byte, i int) bool {
	end := i
	for end < len(p) && end-i <= long && member[p[end]]&f.alphabet != 0 {
		end++
	}
	cut := end-i > long
	for end > i && (p[end-1] == '.' || p[end-1] == ',') {
		end-- // the end of a sentence
	}
	n := end - i
	if !cut && end < len(p) && wordByte(p[end]) {
		return false
	}
	body := p[i:end]
	switch {
	case f.prefix == "eyJ":
		return n >= int(f.least) && jwt(body)
	case n >= int(f.least) && (n <= int(f.most) || cut && f.most == long):
		return f.likely(body)
	}
	return !f.strict && n >= 20 && random(body) // issuers change lengths
}

// likely tells a key of the right form from a placeholder: random characters are many and of two kinds, small letters, capitals or digits.
func (f *keyForm) likely(p []byte) bool {
	kinds := uint8(0)
	for _, c := range p {
		switch {
		case isDigit(c):
			kinds |= 1
		case c >= 'a' && isLetter(c):
			kinds |= 2
		case isLetter(c):
			kinds |= 4
		}
	}
	many := 8
	if len(p) < 16 {
		many = 6
	}
	return different(p) >= many && (kinds&(kinds-1) != 0 || f.alphabet == capitals) && !placeholder(p)
}

// different is how many different bytes p has.
func different(p []byte) (n int) {
	var seen [4]uint64
	for _, c := range p {
		if seen[c/64]>>(c%64)&1 == 0 {
			seen[c/64] |= 1 << (c % 64)
			n++
		}
	}
	return n
}

// placeholders are what stands in examples instead of a key's characters.
var placeholders = [...]string{"example", "your", "placeholder", "xxxx", "redacted", "insert", "replace", "changeme", "dummy", "0000000", "aaaaaaa"}

// placeholder reports whether one of them stands in p.
func placeholder(p []byte) bool {
	for i := range p {
		switch charset.Lower(p[i]) {
		case 'e', 'y', 'p', 'x', 'r', 'i', 'c', 'd', '0', 'a':
			for _, w := range placeholders {
				if w[0] == charset.Lower(p[i]) && hasFolded(p, i, w) {
					return true
				}
			}
		}
	}
	return false
}

// hasFolded reports whether p[i:] begins with w, in small letters, whatever its case.
func hasFolded(p []byte, i int, w string) bool {
	if i < 0 || i+len(w) > len(p) {
		return false
	}
	for k := range len(w) {
		if charset.Lower(p[i+k]) != w[k] {
			return false
		}
	}
	return true
}

// jwt reports whether a token has a second part that is JSON in base64, too.
func jwt(p []byte) bool {
	for i, c := range p {
		if c == '.' {
			return hasPrefix(p, i+1, "eyJ")
		}
	}
	return false
}

// random tells a key of uncertain form from a placeholder such as sk-your-api-key-goes-here or xxxxxxxx: it has
// letters and digits in one part, and at least eight different characters.
func random(p []byte) bool {
	letters, digits, mixed := false, false, false
	for _, c := range p {
		switch {
		case isDigit(c):
			digits = true
		case isLetter(c):
			letters = true
		default:
			letters, digits = false, false
		}
		mixed = mixed || letters && digits
	}
	return mixed && different(p) >= 8
}

// secretNames are what secrets are called where they are assigned; - and _ are left out.
var secretNames = [...]string{
	"apikey", "apitoken", "apisecret", "accesstoken", "accesskey", "authtoken", "secretkey", "secretaccesskey", "clientsecret",
	"awssecretaccesskey", "bearer", "privatekey", "accountkey", "authorization",
}

// assigned reports whether the word at p[i] is a secret's name with a value behind it:
// api_key = "4f9c...", or Bearer 4f9c....
func assigned(p []byte, i int) bool {
	var name [20]byte
	n := 0
	for ; i < len(p) && n < len(name) && (isLetter(p[i]) || p[i] == '_' || p[i] == '-'); i++ {
		if isLetter(p[i]) {
			name[n] = charset.Lower(p[i])
			n++
		}
	}
	known := false
	for _, s := range secretNames {
		known = known || s == string(name[:n])
	}
	if !known {
		return false
	}
	for k := 0; k < 12 && i < len(p); k++ {
		c := p[i]
		if c == '"' || c == '\'' || c == '=' || c == ':' || c == ' ' || c == '>' || c == '\\' {
			i++
			continue
		}
		break
	}
	end := i
	for end < len(p) && end-i < 200 && member[p[end]]&(base64|dotted) != 0 {
		end++
	}
	return end-i >= 16 && random(p[i:end])
}

// telegram reports whether the digits p[i:end] and what follows are the token of a Telegram bot: the bot's number, a colon, and 35 characters.
// Source: gitleaks' telegram-bot-api-token, trufflehog's telegrambottoken.
func telegram(p []byte, i, end int) bool {
	for _, c := range p[i:end] {
		if !isDigit(c) {
			return false
		}
	}
	form := keyForm{least: 35, most: 35, alphabet: token, strict: true}
	return end-i >= 5 && end-i <= 16 && byteAt(p, end+1) == 'A' && form.follows(p, end+1)
}

// terraform reports whether the word p[i:end] and what follows are a token of Terraform Cloud.
// Source: gitleaks' hashicorp-tf-api-token.
func terraform(p []byte, i, end int) bool {
	const mark = ".atlasv1."
	form := keyForm{least: 60, most: 70, alphabet: base64, strict: true}
	return end-i == 14 && hasPrefix(p, end, mark) && form.follows(p, end+len(mark))
}

// azure reports whether the ~ at p[i] is that of a client secret of Azure AD: abc8Q~ and 31 to 34 characters.
// Source: gitleaks' azure-ad-client-secret, trufflehog's azure_entra.
func azure(p []byte, i int) bool {
	if i < 5 || p[i-1] != 'Q' || !isDigit(p[i-2]) {
		return false
	}
	for _, c := range p[i-5 : i-2] {
		if !isLetter(c) && !isDigit(c) && c != '_' && c != '.' && c != '~' {
			return false
		}
	}
	end := i + 1
	for end < len(p) && end-i <= 36 && (member[p[end]]&dotted != 0 || p[end] == '~') {
		end++
	}
	form := keyForm{alphabet: mixed}
	return end-i-1 >= 31 && end-i-1 <= 35 && form.likely(p[i+1:end])
}

// pemKey reports whether the header of a private key begins at p[i]: PEM, OpenSSH's and PGP's ASCII armour, and SSH2's with four dashes.
// Source: gitleaks' and secretlint's privatekey rules, RFC 7468, RFC 9580 section 6.2, RFC 4716.
func pemKey(p []byte, i int) bool {
	from := i
	for i < len(p) && p[i] == '-' {
		if i++; i-from > 8 {
			return false
		}
	}
	for i < len(p) && p[i] == ' ' && i-from < 12 {
		i++
	}
	if i-from < 4 || !hasFolded(p, i, "begin") {
		return false
	}
	for k := i + 5; k < len(p) && k < i+100; k++ {
		switch c := p[k]; {
		case c == '-' && byteAt(p, k+1) == '-':
			return false
		case charset.Lower(c) == 'p' && hasFolded(p, k, "private key"):
			return true
		case !isLetter(c) && !isDigit(c) && c != ' ' && c != '_' && c != '-':
			return false
		}
	}
	return false
}
