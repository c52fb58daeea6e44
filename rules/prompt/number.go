package prompt

import "strconv"

// shortestNumber is how many digits a number has that is read as text: cards are written in groups of four.
const shortestNumber = 4

// mostDigits is how many digits a whole number has at most that is read as text, however it is written.
const mostDigits = 40

// endNumber tells the sink of a whole number that nobody knows, such as one in a tool's arguments: a card's or an account's number may
// be written without quotation marks, too. It is one of the part's strings and nobody's words.
func (r *Reader) endNumber(literal []byte, end int64) {
	if len(literal) < shortestNumber {
		return
	}
	start, verbatim := end-int64(len(literal)), true
	if literal[0] == '-' {
		literal = literal[1:]
		start++
	}
	for _, c := range literal {
		if c < '0' || c > '9' {
			verbatim = false
		}
	}
	if !verbatim {
		r.captured = appendWhole(r.captured[:0], literal)
		literal = r.captured
	}
	if len(literal) < shortestNumber {
		return
	}
	r.sink.BeginText(r.aside())
	r.sink.Text(literal, start, verbatim)
	r.partOpen, r.turnOpen = true, true
	r.sink.EndText(false)
}

// appendWhole appends the digits of a JSON number with a point or an exponent, without those that are zero behind the point, or nothing if it is
// not whole: 4.111e3 and 4111.0 are 4111.
func appendWhole(dst, literal []byte) []byte {
	from := len(dst)
	whole := -1 // digits before the point
	for i, c := range literal {
		switch {
		case c == '.':
			whole = len(dst) - from
			continue
		case c >= '0' && c <= '9':
			if dst = append(dst, c); len(dst)-from <= mostDigits {
				continue
			}
			return dst[:from]
		}
		if whole < 0 {
			whole = len(dst) - from
		}
		n, err := strconv.Atoi(string(literal[i+1:]))
		if err != nil || n < -mostDigits || n > mostDigits {
			return dst[:from]
		}
		whole += n
		break
	}
	if whole < 0 {
		whole = len(dst) - from
	}
	for len(dst)-from < whole {
		if len(dst)-from == mostDigits {
			return dst[:from]
		}
		dst = append(dst, '0')
	}
	for len(dst)-from > whole {
		if len(dst) == from || dst[len(dst)-1] != '0' {
			return dst[:from]
		}
		dst = dst[:len(dst)-1]
	}
	for len(dst) > from && dst[from] == '0' {
		copy(dst[from:], dst[from+1:])
		dst = dst[:len(dst)-1]
	}
	return dst
}
