package swar

import (
	"encoding/binary"
	"testing"
)

// eachByte checks a function that marks bytes against what it says of a byte, for each ASCII byte at each of the eight
// positions, with neighbours that could carry into it.
func eachByte(t *testing.T, name string, marks func(uint64) uint64, want func(c byte) bool) {
	t.Helper()
	for c := range byte(0x80) {
		for at := range 8 {
			for _, beside := range []byte{0, 'a', 0x7F} {
				w := Ones*uint64(beside)&^(0xFF<<(8*at)) | uint64(c)<<(8*at)
				if got := marks(w)>>(8*at)&0xFF == 0x80; got != want(c) {
					t.Errorf("%s of %q at %d is %v", name, c, at, got)
				}
			}
		}
	}
}

func TestEachOfEightBytesIsLookedAtByItself(t *testing.T) {
	eachByte(t, "letters", Letters, func(c byte) bool { return c >= 'a' && c <= 'z' })
	eachByte(t, "digits", Digits, func(c byte) bool { return c >= '0' && c <= '9' })
	eachByte(t, "equal", func(w uint64) uint64 { return Equal(w, '%') }, func(c byte) bool { return c == '%' })
	eachByte(t, "capitals", func(w uint64) uint64 { return (w ^ Lower(w)) << 2 }, func(c byte) bool { return c >= 'A' && c <= 'Z' })
}

func TestAByteIsNeverMissed(t *testing.T) {
	for c := range 256 {
		for at := range 8 {
			w := uint64(0x41FF00208090617A)&^(0xFF<<(8*at)) | uint64(c)<<(8*at)
			if !Has(w, byte(c)) {
				t.Errorf("%#x is not seen at %d", c, at)
			}
		}
	}
	if Has(Spaces, '%') {
		t.Error("a % is seen among spaces")
	}
}

func TestTheFirstByteIsTheLowest(t *testing.T) {
	p := []byte("ignore all")
	if got := Load(p); got != binary.LittleEndian.Uint64(p) {
		t.Errorf("%#x", got)
	}
	for n := range 8 {
		if got, want := LoadEnd(p[:n]), Load(p)&(1<<(8*n)-1); got != want {
			t.Errorf("%d bytes are %#x, want %#x", n, got, want)
		}
	}
}
