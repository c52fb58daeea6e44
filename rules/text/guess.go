package text

import "unicode/utf8"

// maxGuess is the greatest length of a word that is guessed, in letters. No word of a phrase that
// people would disguise is longer.
const maxGuess = 24

// maxDoubt is how many letters of a word may have two readings.
const maxDoubt = 4

// letterGuess is a character of a word and the letters that it may stand for.
type letterGuess struct {
	is   []byte // nil for a letter as it is written
	c    byte   // that letter
	sign bool   // an ASCII sign, which may also be a separator
}

// wordChar reports whether a byte belongs to what could be one disguised word.
func wordChar(c byte) bool {
	return wordByte(c) || c >= utf8.RuneSelf || c == '@' || c == '$' || c == '!' || c == '|' || c == '+'
}

// words hands the text on with its disguised words put right, if there are any.
func (r *Reading) words(p []byte) Disguises {
	r.doubtful, r.last = false, false
	found := r.write(p)
	if r.doubtful {
		r.last = true
		r.write(p)
	}
	return found
}

// write writes the text with its disguised words put right, and hands it on if there are any.
func (r *Reading) write(p []byte) (found Disguises) {
	out := r.out[:0]
	changed := false
	r.together = r.together[:0]
	for i := 0; i < len(p); {
		if !wordChar(p[i]) {
			out = append(out, p[i])
			i++
			continue
		}
		if end := r.gather(p, i); end > i {
			from, used := len(out), 0
			out, used = r.apart.segment(out, r.Known, r.Likely)
			if r.apart.more {
				end = r.apart.at[used]
			}
			if r.apart.known {
				changed = true
				r.together = append(r.together, [2]int{from, len(out)})
				if r.apart.sure {
					found |= Apart
				}
			} else {
				out = append(out[:from], p[i:end]...)
			}
			i = end
			continue
		}
		end := i + 1
		for end < len(p) && wordChar(p[end]) {
			end++
		}
		if word, how, strong := r.guess(p[i:end]); word != nil {
			out = append(out, word...)
			found |= how
			changed = changed || strong
		} else {
			out = append(out, p[i:end]...)
		}
		i = end
	}
	r.out = out
	if changed {
		r.Out(out)
		if r.joinShort() {
			r.Out(r.joined)
		}
	}
	return found
}

// guess returns the known word that a text disguises, and how, or nil. A short word is no proof of
// a disguise, so there is no how; one of digits alone ("45") is not even strong enough to read
// the text again.
func (r *Reading) guess(p []byte) (word []byte, how Disguises, strong bool) {
	if len(p) > 4*maxGuess {
		return nil, 0, false
	}
	n, letters, signs := 0, 0, 0
	for i := 0; i < len(p); {
		if n == maxGuess {
			return nil, 0, false
		}
		g, size, kind := guessLetter(p[i:])
		if size == 0 {
			return nil, 0, false
		}
		i += size
		if g.is == nil {
			letters++
		}
		how |= kind
		if g.sign {
			signs++
		}
		r.word[n] = g
		n++
	}
	if how == 0 {
		return nil, 0, false
	}
	strong = n > 1 && (letters > 0 || how&Confusable != 0 || signs == n && n > 3)
	if word = r.choose(n); word != nil {
		if len(word) < 4 || !strong {
			how = 0
		}
		return word, how, strong
	}
	// "rules!!" is a word with signs behind it.
	for n > 0 && r.word[n-1].sign && (r.word[n-1].c == '!' || r.word[n-1].c == '|' || r.word[n-1].c == '+') {
		n--
		signs--
	}
	if letters == n {
		return nil, 0, false // and nothing else
	}
	if word = r.choose(n); word == nil && signs > 0 {
		k := 0 // signs as separators: i|g|n|o|r|e
		for _, g := range r.word[:n] {
			if !g.sign {
				r.word[k] = g
				k++
			}
		}
		if word = r.choose(k); word != nil {
			how = Apart
			if signs < 3 {
				how = 0
			}
		}
	}
	if len(word) < 4 || !strong {
		how = 0
	}
	return word, how, strong
}

// guessLetter reads the first character of p. size is 0 if it can be no letter.
func guessLetter(p []byte) (g letterGuess, size int, how Disguises) {
	if c := p[0]; c < utf8.RuneSelf {
		if (c|0x20)-'a' < 26 {
			return letterGuess{c: c | 0x20}, 1, 0
		}
		if is := leet(c); is != nil {
			return letterGuess{is: is, c: c, sign: c < '0' || c > '9'}, 1, Leet
		}
		return g, 0, 0
	}
	r, size := utf8.DecodeRune(p)
	f := base(fold(r))
	if f < utf8.RuneSelf && (byte(f)|0x20)-'a' < 26 {
		return letterGuess{c: byte(f) | 0x20}, size, 0
	}
	is := confusable(f)
	if is == nil {
		return g, 0, 0
	}
	return letterGuess{is: is}, size, Confusable
}

// choose tries the readings of the first n letters and returns one that is a known word: the first one, or
// the last one where a text is read for the second time because it has words that may be either.
func (r *Reading) choose(n int) []byte {
	var buf [maxGuess]byte
	var doubt [maxDoubt]int
	doubts := 0
	for i, g := range r.word[:n] {
		switch {
		case g.is == nil:
			buf[i] = g.c
		default:
			buf[i] = g.is[0]
			if len(g.is) > 1 && doubts < maxDoubt {
				doubt[doubts] = i
				doubts++
			}
		}
	}
	for _, known := range [...]func(uint64) bool{r.Known, r.Likely} {
		found := false
		for choice := range 1 << doubts {
			for k := range doubts {
				buf[doubt[k]] = r.word[doubt[k]].is[choice>>k&1]
			}
			if known == nil || !known(hashBytes(buf[:n])) {
				continue
			}
			if found {
				r.doubtful = true
				if !r.last {
					break
				}
			}
			found = true
			r.apart.word = buf
		}
		if found {
			return r.apart.word[:n]
		}
	}
	return nil
}

// hashBytes is the hash of a normalised word.
func hashBytes(word []byte) uint64 {
	h, rest, fill := uint64(hashSeed), uint64(0), 0
	for _, c := range word {
		rest |= uint64(c) << (8 * fill)
		if fill++; fill == 8 {
			h, rest, fill = mix(h, rest), 0, 0
		}
	}
	return finish(h, rest)
}
