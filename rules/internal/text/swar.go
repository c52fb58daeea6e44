package text

// Eight ASCII bytes are folded and classified at once in a 64-bit word: adding a constant to
// each byte carries into its top bit exactly when the byte is at or above a bound. The bytes
// must be below 0x80, else they would carry into their neighbours.
const (
	ones = 0x0101010101010101
	tops = 0x8080808080808080
)

// load reads eight bytes, the first into the lowest; the compiler makes it one instruction.
func load(p []byte) uint64 {
	_ = p[7]
	return uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24 |
		uint64(p[4])<<32 | uint64(p[5])<<40 | uint64(p[6])<<48 | uint64(p[7])<<56
}

// loadEnd reads less than eight bytes and takes NUL for what is missing, which is no letter or digit and so ends a word.
func loadEnd(p []byte) uint64 {
	w := uint64(0)
	for i := len(p) - 1; i >= 0; i-- {
		w = w<<8 | uint64(p[i])
	}
	return w
}

// lower folds the ASCII capitals of a word to small letters.
func lower(w uint64) uint64 {
	capital := (w + ones*(0x80-'A')) &^ (w + ones*(0x80-'Z'-1)) & tops
	return w | capital>>2
}

// letters marks the top bit of each byte that is a small ASCII letter.
func letters(w uint64) uint64 {
	return (w + ones*(0x80-'a')) &^ (w + ones*(0x80-'z'-1)) & tops
}

// digits marks the top bit of each byte that is an ASCII digit.
func digits(w uint64) uint64 {
	return (w + ones*(0x80-'0')) &^ (w + ones*(0x80-'9'-1)) & tops
}
