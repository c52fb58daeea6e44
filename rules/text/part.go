package text

import "unicode/utf8"

// longestWord is how far the beginning or end of a word is looked for, in bytes.
const longestWord = 64

// place notes that p[from:to] of the text that is being written was put right. Places are noted in their order.
func (r *Reading) place(from, to int) {
	if last := len(r.places) - 1; last >= 0 && from-r.places[last][1] <= 2*(margin+longestWord) {
		r.places[last][1] = to // what stands around both is one part
		return
	}
	r.places = append(r.places, [2]int{from, to})
}

// reach is how many words around a place are read with it, at least: the phrases of a policy reach over a number of
// words and not of bytes, and whoever writes around a disguised word can make the words long.
const reach = 128

// hand hands on what stands around the places of a text, so that the rest of a long text is not read once more because a
// single word of it was put right.
func (r *Reading) hand(p []byte) {
	for i := 0; i < len(r.places); {
		from, to := before(p, r.places[i][0]), behind(p, r.places[i][1])
		for i++; i < len(r.places) && r.places[i][0] < to; i++ {
			to = behind(p, r.places[i][1])
		}
		if !r.Out(p[from:to], from == 0, to == len(p)) {
			r.Out(p, true, true)
			return
		}
	}
}

// before returns where the part around a place begins that begins at p[i].
func before(p []byte, i int) int {
	least := max(i-margin, 0)
	for words := 0; i > least || i > 0 && words < reach; i-- {
		if c := p[i-1]; c >= 0xC0 || c < utf8.RuneSelf && !wordByte(c) && (i == len(p) || wordByte(p[i])) {
			words++
		}
	}
	return wordStart(p, i)
}

// behind returns where the part around a place ends that ends at p[i].
func behind(p []byte, i int) int {
	least := min(i+margin, len(p))
	for words := 0; i < least || i < len(p) && words < reach; i++ {
		if c := p[i]; c >= 0xC0 || c < utf8.RuneSelf && !wordByte(c) && i > 0 && wordByte(p[i-1]) {
			words++
		}
	}
	return wordEnd(p, i)
}

// wordStart returns where a word begins, at p[i] or before it.
func wordStart(p []byte, i int) int {
	for n := 0; i > 0 && n < longestWord; n++ {
		if p[i-1] == ' ' || p[i-1] == '\n' {
			return i
		}
		i--
	}
	for i > 0 && !utf8.RuneStart(p[i]) {
		i--
	}
	return max(i, 0)
}

// wordEnd returns where a word ends, at p[i] or behind it.
func wordEnd(p []byte, i int) int {
	for n := 0; i < len(p) && n < longestWord; n++ {
		if p[i] == ' ' || p[i] == '\n' {
			return i
		}
		i++
	}
	for i < len(p) && !utf8.RuneStart(p[i]) {
		i++
	}
	return min(i, len(p))
}
