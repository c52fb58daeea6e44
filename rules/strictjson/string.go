package strictjson

import "unicode/utf8"

// readString reads what it can of a string or a name.
func (l *Lexer) readString(p []byte, i int) int {
	run := i
	for i < len(p) {
		i = plain(p, i)
		if i == len(p) {
			break
		}
		c := p[i]
		if c >= 0x80 {
			next := wide(p, i)
			if next == i {
				next += max(sequence(p[i:]), 0)
			}
			if next > i {
				i = next
				continue
			}
		}
		if c == '"' && l.inName {
			l.endName(p[run:i], l.base+int64(i)+1)
			return i + 1
		}
		if c == '\\' && !l.inName && i+1 < len(p) && letters[p[i+1]] != 0 {
			l.gather(p[run:i], letters[p[i+1]], l.base+int64(run))
			i += 2
			run = i
			continue
		}
		if run < i {
			if l.piece(p[run:i], l.base+int64(run), true); l.err != nil {
				return i
			}
		} else {
			l.flush()
		}
		if c == '"' {
			l.endValue(String, nil, l.base+int64(i)+1)
			return i + 1
		}
		if c < ' ' {
			l.fail(CodeInvalid, l.base+int64(i), "a raw control character stands in a string; write it as an escape")
			return i
		}
		run = i
		if c == '\\' {
			run = l.readEscapes(p, i)
		}
		if run == i {
			// A pair of surrogates, or something that is cut or bad.
			l.unitN = 0
			run = l.readUnit(p, i)
		}
		if i = run; l.state == inUnit || l.err != nil {
			return i
		}
	}
	if run < i {
		l.piece(p[run:i], l.base+int64(run), true)
	} else {
		l.flush()
	}
	return i
}

// gather keeps a short piece of a string and the escape behind it, to hand on many of them at once: code and tool results are full of escapes, and
// each piece costs several calls.
func (l *Lexer) gather(p []byte, escape byte, at int64) {
	if l.gathered+len(p)+1 > len(l.text) {
		if l.flush(); len(p)+1 > len(l.text) {
			l.h.Text(p, at, true)
			at += int64(len(p))
			p = nil
		}
	}
	if l.gathered == 0 {
		l.textAt = at
	}
	l.gathered += copy(l.text[l.gathered:], p)
	l.text[l.gathered] = escape
	l.gathered++
}

// flush hands on what was gathered.
func (l *Lexer) flush() {
	if n := l.gathered; n > 0 {
		l.gathered = 0
		l.h.Text(l.text[:n], l.textAt, false)
	}
}

// readEscapes reads the ordinary escapes at i: one of a single letter, or some of
// the form \uXXXX that stand one behind the other. It reads nothing when it meets something else.
func (l *Lexer) readEscapes(p []byte, i int) int {
	at := l.base + int64(i)
	if i+1 < len(p) && letters[p[i+1]] != 0 {
		l.runes[0] = letters[p[i+1]]
		l.piece(l.runes[:1], at, false)
		return i + 2
	}
	out := l.runes[:0]
	for i+6 <= len(p) && len(out)+utf8.UTFMax <= len(l.runes) && p[i] == '\\' && p[i+1] == 'u' {
		r := digits[p[i+2]]<<12 | digits[p[i+3]]<<8 | digits[p[i+4]]<<4 | digits[p[i+5]]
		if r >= noDigit || r&0xF800 == 0xD800 {
			break
		}
		out = utf8.AppendRune(out, rune(r))
		i += 6
	}
	if len(out) > 0 {
		l.piece(out, at, false)
	}
	return i
}

// endName ends a name, of which last is the last piece or all of it.
func (l *Lexer) endName(last []byte, end int64) {
	name := last
	if len(l.name) > 0 {
		if l.piece(last, 0, true); l.err != nil {
			return
		}
		name = l.name
	} else if len(name) > MaxName {
		l.failName()
		return
	}
	l.inName, l.state = false, wantColon
	f := &l.frames[l.depth-1]
	switch {
	case len(l.names.slots)-f.first == MaxMembers:
		l.fail(CodeTooManyMembers, l.start, "an object has more than 65,536 members")
	case len(l.names.slots) == MaxOpenMembers:
		l.fail(CodeTooManyMembers, l.start, "the open objects have more than 131,072 members")
	case !l.names.add(hash(f.id, name)):
		l.fail(CodeDuplicate, l.start, "an object has two members of the same name")
	default:
		l.err = l.h.Name(name, !l.escaped, l.start, end)
	}
}

func (l *Lexer) failName() {
	l.fail(CodeNameTooLong, l.start, "a member name is longer than 4,096 bytes")
}

// piece hands on a piece of a string, or adds it to the name.
func (l *Lexer) piece(p []byte, at int64, verbatim bool) {
	if l.inName {
		l.addName(p, verbatim)
		return
	}
	if l.gathered > 0 {
		if verbatim && l.gathered+len(p) <= len(l.text) {
			l.gathered += copy(l.text[l.gathered:], p)
			l.flush()
			return
		}
		l.flush()
	}
	l.h.Text(p, at, verbatim)
}

func (l *Lexer) addName(p []byte, verbatim bool) {
	if len(l.name)+len(p) > MaxName {
		l.failName()
		return
	}
	l.name = append(l.name, p...)
	l.escaped = l.escaped || !verbatim
}

// readUnit reads an escape or a UTF-8 sequence, from the chunk alone where it is
// whole there, else byte by byte through a small buffer.
func (l *Lexer) readUnit(p []byte, i int) int {
	if l.state != inUnit {
		if n := l.decode(p[i:], l.base+int64(i)); n != 0 {
			return i + max(n, 0)
		}
		l.state = inUnit
	}
	for i < len(p) {
		l.unit[l.unitN] = p[i]
		l.unitN++
		i++
		at := l.base + int64(i) - int64(l.unitN)
		if n := l.decode(l.unit[:l.unitN], at); n != 0 {
			l.state = inString
			break
		}
	}
	return i
}

// decode hands on the unit that p begins with and returns its length: 0 when p
// ends too early, -1 after an error.
func (l *Lexer) decode(p []byte, at int64) int {
	if p[0] != '\\' {
		n := sequence(p)
		switch {
		case n > 0:
			l.piece(p[:n], at, true)
		case n < 0:
			l.fail(CodeInvalid, at, "a string is not valid UTF-8")
		}
		return n
	}
	r, n := escape(p)
	switch {
	case n > 0:
		l.piece(utf8.AppendRune(l.runes[:0], r), at, false)
	case n < 0:
		l.fail(CodeInvalid, at, "a string has an escape that is not valid, or half of a surrogate pair")
	}
	return n
}
