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

// hand hands on what stands around the places of a text, so that the rest of a long text is not read once more because a
// single word of it was put right.
func (r *Reading) hand(p []byte) {
	for _, place := range r.places {
		from, to := wordStart(p, place[0]-margin), wordEnd(p, place[1]+margin)
		if !r.Out(p[from:to], from == 0, to == len(p)) {
			r.Out(p, true, true)
			return
		}
	}
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
