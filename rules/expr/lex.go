package expr

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenAnd
	tokenOr
	tokenNot
	tokenOpen
	tokenClose
)

type token struct {
	kind   tokenKind
	text   string
	offset int
}

// lexer cuts a condition into names, words and parentheses.
type lexer struct {
	src string
	pos int
}

func (l *lexer) next() (token, error) {
	for l.pos < len(l.src) && isSpace(l.src[l.pos]) {
		l.pos++
	}
	start := l.pos
	if start == len(l.src) {
		return token{tokenEnd, "", start}, nil
	}
	switch l.src[start] {
	case '(':
		l.pos++
		return token{tokenOpen, "(", start}, nil
	case ')':
		l.pos++
		return token{tokenClose, ")", start}, nil
	}
	for l.pos < len(l.src) && isNameByte(l.src[l.pos]) {
		l.pos++
	}
	if l.pos == start {
		return token{}, l.foreign()
	}
	return l.word(l.src[start:l.pos], start)
}

// word tells the operators from the names and checks the form of a name.
func (l *lexer) word(text string, start int) (token, error) {
	switch text {
	case "and":
		return token{tokenAnd, text, start}, nil
	case "or":
		return token{tokenOr, text, start}, nil
	case "not":
		return token{tokenNot, text, start}, nil
	}
	lower := strings.ToLower(text)
	if lower == "and" || lower == "or" || lower == "not" {
		return token{}, &Error{start, strconv.Quote(text) + " is no operator", "write " + strconv.Quote(lower)}
	}
	if lower == "true" || lower == "false" {
		return token{}, &Error{start, strconv.Quote(text) + " is no signal", "a rule that always matches is the policy's \"default\""}
	}
	if lower != text {
		return token{}, &Error{start, "the name " + strconv.Quote(text) + " has capital letters", "write " + strconv.Quote(lower)}
	}
	typ, name, dotted := strings.Cut(text, ".")
	if !dotted || typ == "" || name == "" {
		return token{}, &Error{start, strconv.Quote(text) + " is no signal's name", `a name is a type and a name, such as "domain.math"`}
	}
	return token{tokenName, text, start}, nil
}

// foreign reports a byte that no condition contains, with the cure for habits
// from other languages.
func (l *lexer) foreign() error {
	rest := l.src[l.pos:]
	for _, habit := range [...]struct{ written, cure string }{
		{"&&", `write "and"`}, {"&", `write "and"`}, {"||", `write "or"`}, {"|", `write "or"`},
		{"!=", "signals are true or false: there is nothing to compare"}, {"!", `write "not"`},
		{"==", "signals are true or false: there is nothing to compare"},
		{"=", "signals are true or false: there is nothing to compare"},
		{">", `declare a signal with the bound, such as size: {long: {over: 1000}}, and name it`},
		{"<", `declare a signal with the bound, such as size: {short: {under: 1000}}, and name it`},
		{",", `write "and" or "or"`},
		{"\"", "signals are named without quotes"}, {"'", "signals are named without quotes"},
	} {
		if strings.HasPrefix(rest, habit.written) {
			return &Error{l.pos, strconv.Quote(habit.written) + " is no operator", habit.cure}
		}
	}
	r, size := utf8.DecodeRuneInString(rest)
	if r == utf8.RuneError && size < 2 {
		return &Error{l.pos, "the condition is not valid UTF-8", ""}
	}
	return &Error{l.pos, "unexpected " + strconv.Quote(rest[:size]), "names consist of a-z, 0-9, _, . and -"}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// isNameByte accepts capitals too, so that a name written with them is reported
// as a whole.
func isNameByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-'
}
