// Package swar looks at eight bytes at once in a 64-bit word (SIMD within a register): adding a constant to each byte
// carries into its top bit exactly when the byte is at or above a bound.
//
// Where a function says ASCII its bytes must be below 0x80, else they would carry into their neighbours. The first byte
// of a text is the lowest one of a word.
package swar

// Ones has a one in each byte, Tops the top bit of each, and Spaces are eight spaces, as in the indentation of code.
const (
	Ones   = 0x0101010101010101
	Tops   = 0x8080808080808080
	Spaces = Ones * ' '
)

// Load reads eight bytes; the compiler makes it one instruction. p must have them.
func Load(p []byte) uint64 {
	_ = p[7]
	return uint64(p[0]) | uint64(p[1])<<8 | uint64(p[2])<<16 | uint64(p[3])<<24 |
		uint64(p[4])<<32 | uint64(p[5])<<40 | uint64(p[6])<<48 | uint64(p[7])<<56
}

// LoadEnd reads less than eight bytes and takes NUL for what is missing, which is no letter or digit and so ends a word.
func LoadEnd(p []byte) uint64 {
	w := uint64(0)
	for i := len(p) - 1; i >= 0; i-- {
		w = w<<8 | uint64(p[i])
	}
	return w
}

// Lower folds the ASCII capitals of a word to small letters.
func Lower(w uint64) uint64 {
	capital := (w + Ones*(0x80-'A')) &^ (w + Ones*(0x80-'Z'-1)) & Tops
	return w | capital>>2
}

// Letters marks the top bit of each ASCII byte that is a small letter.
func Letters(w uint64) uint64 {
	return (w + Ones*(0x80-'a')) &^ (w + Ones*(0x80-'z'-1)) & Tops
}

// Digits marks the top bit of each ASCII byte that is a digit.
func Digits(w uint64) uint64 {
	return (w + Ones*(0x80-'0')) &^ (w + Ones*(0x80-'9'-1)) & Tops
}

// Has reports whether one of eight bytes is c; it may be wrong in saying so.
func Has(w uint64, c byte) bool {
	x := w ^ Ones*uint64(c)
	return (x-Ones)&^x&Tops != 0
}

// Equal marks the top bit of each ASCII byte that is c.
func Equal(w uint64, c byte) uint64 {
	x := w ^ Ones*uint64(c)
	return (Ones*0x80 - x) & Tops &^ x
}
