package strictjson

// number is how far a number literal has come.
type number uint8

const (
	numMinus    number = iota // -
	numZero                   // 0, -0
	numDigits                 // 1.., -1..
	numPoint                  // 1.
	numFraction               // 1.5
	numE                      // 1e
	numSign                   // 1e+
	numExponent               // 1e+5
)

// whole says that the literal may end here.
func (n number) whole() bool {
	return n == numZero || n == numDigits || n == numFraction || n == numExponent
}

// next returns where the byte c leads to; ok is false when c cannot follow.
func (n number) next(c byte) (to number, ok bool) {
	digit := '0' <= c && c <= '9'
	switch n {
	case numMinus:
		if c == '0' {
			return numZero, true
		}
		return numDigits, digit
	case numZero, numDigits:
		switch {
		case digit:
			return numDigits, n == numDigits
		case c == '.':
			return numPoint, true
		}
		return numE, c == 'e' || c == 'E'
	case numPoint:
		return numFraction, digit
	case numFraction:
		if digit {
			return numFraction, true
		}
		return numE, c == 'e' || c == 'E'
	case numE:
		if c == '+' || c == '-' {
			return numSign, true
		}
	}
	return numExponent, digit
}

func (l *Lexer) beginNumber(c byte, at int64) {
	switch c {
	case '-':
		l.number = numMinus
	case '0':
		l.number = numZero
	default:
		l.number = numDigits
	}
	l.digits = append(l.digits[:0], c)
	l.start, l.state = at, inNumber
	l.err = l.h.Begin(Number, at)
}

// readNumber reads on to the byte that does not belong to the number.
func (l *Lexer) readNumber(p []byte, i int) int {
	for ; i < len(p); i++ {
		to, ok := l.number.next(p[i])
		if !ok {
			if l.number.whole() {
				l.endNumber(l.base + int64(i))
			} else {
				l.fail(CodeInvalid, l.base+int64(i), "a digit was expected")
			}
			return i
		}
		if len(l.digits) == MaxNumber {
			l.fail(CodeNumberTooLong, l.start, "a number has more than 1,024 characters")
			return i
		}
		l.number = to
		l.digits = append(l.digits, p[i])
	}
	return i
}

func (l *Lexer) endNumber(end int64) { l.endValue(Number, l.digits, end) }
