package main

// maxDepth is how deep JSON may be nested, the limit of encoding/json.
const maxDepth = 10_000

// eachMember walks over the members of a JSON object and reports whether the text is valid JSON, as encoding/json has it.
// There are no members in any other value. Those before an error have been yielded when it is found.
func eachMember(s string, yield func(name, value string)) bool {
	i := space(s, 0)
	var end int
	if i < len(s) && s[i] == '{' {
		end = members(s, i, 1, yield)
	} else {
		end = valueEnd(s, i, 0)
	}
	return end >= 0 && space(s, end) == len(s)
}

// eachElement walks over a list in valid JSON.
func eachElement(s string, yield func(value string)) { elements(s, 0, 1, yield) }

// space gives the place of the next byte that is no white space.
func space(s string, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r') {
		i++
	}
	return i
}

// valueEnd gives the place behind the value that begins at i, and -1 if none does. depth is how many lists and objects it
// stands in.
func valueEnd(s string, i, depth int) int {
	if i >= len(s) {
		return -1
	}
	switch c := s[i]; c {
	case '"':
		return stringEnd(s, i)
	case '{':
		return members(s, i, depth+1, nil)
	case '[':
		return elements(s, i, depth+1, nil)
	case 't':
		return word(s, i, "true")
	case 'f':
		return word(s, i, "false")
	case 'n':
		return word(s, i, "null")
	default:
		return numberEnd(s, i)
	}
}

func members(s string, i, depth int, yield func(name, value string)) int {
	if depth > maxDepth {
		return -1
	}
	if i = space(s, i+1); i < len(s) && s[i] == '}' {
		return i + 1
	}
	for {
		if i >= len(s) || s[i] != '"' {
			return -1
		}
		end := stringEnd(s, i)
		if end < 0 {
			return -1
		}
		name := s[i+1 : end-1]
		if i = space(s, end); i >= len(s) || s[i] != ':' {
			return -1
		}
		i = space(s, i+1)
		if end = valueEnd(s, i, depth); end < 0 {
			return -1
		}
		if yield != nil {
			yield(name, s[i:end])
		}
		if i = space(s, end); i >= len(s) {
			return -1
		}
		switch s[i] {
		case '}':
			return i + 1
		case ',':
			i = space(s, i+1)
		default:
			return -1
		}
	}
}

func elements(s string, i, depth int, yield func(value string)) int {
	if depth > maxDepth {
		return -1
	}
	if i = space(s, i+1); i < len(s) && s[i] == ']' {
		return i + 1
	}
	for {
		end := valueEnd(s, i, depth)
		if end < 0 {
			return -1
		}
		if yield != nil {
			yield(s[i:end])
		}
		if i = space(s, end); i >= len(s) {
			return -1
		}
		switch s[i] {
		case ']':
			return i + 1
		case ',':
			i = space(s, i+1)
		default:
			return -1
		}
	}
}

func stringEnd(s string, i int) int {
	for i++; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return -1
		case c == '\\':
			if i++; i >= len(s) {
				return -1
			}
			switch s[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				if len(s)-i < 5 || !hex(s[i+1]) || !hex(s[i+2]) || !hex(s[i+3]) || !hex(s[i+4]) {
					return -1
				}
				i += 4
			default:
				return -1
			}
		}
	}
	return -1
}

func hex(c byte) bool { return digit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func digit(c byte) bool { return '0' <= c && c <= '9' }

func word(s string, i int, want string) int {
	if len(s)-i < len(want) || s[i:i+len(want)] != want {
		return -1
	}
	return i + len(want)
}

func numberEnd(s string, i int) int {
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if i = digits(s, i); i < 0 {
		return -1
	}
	if i < len(s) && s[i] == '.' {
		if i = digits(s, i+1); i < 0 {
			return -1
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		return digits(s, i)
	}
	return i
}

// digits skips one digit or more, and gives -1 if there is none.
func digits(s string, i int) int {
	if i >= len(s) || !digit(s[i]) {
		return -1
	}
	for i < len(s) && digit(s[i]) {
		i++
	}
	return i
}
