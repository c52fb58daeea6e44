package pii

import "github.com/mom-router/mom-router/rules/internal/charset"

// mostSigns is how many @ a user and password may have: an address as the user, and one by mistake. What is looked at before each @ is bounded so.
const mostSigns = 2

// longestUser is how many bytes the user and password of a URL may take.
const longestUser = 200

// urlPassword reports whether the @ at p[i] ends the user and password of a URL, as in postgres://ann:Tr0ub4dor@db.example.com. Variables
// and the words that stand in examples are no passwords.
// Source: secretlint's basicauth and database-connection-string, trufflehog's uri, ftp, mongodb, redis and rabbitmq.
func urlPassword(p []byte, i int) bool {
	if c := byteAt(p, i+1); !isLetter(c) && !isDigit(c) && c != '[' {
		return false // no host
	}
	start, signs := i, 0
	for {
		if start--; start < 3 || i-start > longestUser {
			return false
		}
		c := p[start-1]
		if c == '/' {
			break
		}
		if c == '@' {
			if signs++; signs > mostSigns {
				return false
			}
		}
		if c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`' || c == '\\' {
			return false
		}
	}
	if p[start-2] != '/' || p[start-3] != ':' || !isLetter(byteAt(p, start-4)) && !isDigit(byteAt(p, start-4)) {
		return false
	}
	user := p[start:i]
	for k, c := range user {
		if c == ':' {
			return password(user[k+1:], user[:k])
		}
	}
	return false
}

// noPasswords are what secretlint takes for placeholders.
var noPasswords = [...]string{"secret", "pass", "pwd", "passwd", "user", "admin", "root", "token"}

// password reports whether what stands in a password's place is one.
func password(p, user []byte) bool {
	if len(p) < 3 || string(p) == string(user) {
		return false
	}
	if string(p) == "x-oauth-basic" {
		return len(user) >= 16 // then the user is the token
	}
	same := true
	for i, c := range p {
		same = same && c == p[0]
		switch {
		case c == '$', c == '{', c == '}', c == '*', c == '[':
			return false // a variable
		case c == '%' && (!hexDigit(byteAt(p, i+1)) || !hexDigit(byteAt(p, i+2))):
			return false
		case charset.Lower(c) == 'p' && hasFolded(p, i, "password"):
			return false
		}
	}
	for _, w := range noPasswords {
		if len(w) == len(p) && hasFolded(p, 0, w) {
			return false
		}
	}
	return !same && !placeholder(p)
}
