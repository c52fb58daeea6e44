package charset

import (
	"strconv"
	"strings"
	"testing"
)

func TestEachClassHoldsItsBytesAndNoOthers(t *testing.T) {
	const letters, digits = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	for set, bytes := range map[Set]string{
		Letters: letters, Digits: digits, Signs: "@$!|+", Data: letters + digits + "+/-_", Lines: "\r\n",
		HexRows: digits + "abcdefABCDEFxX ,:-\\",
	} {
		for c := range byte(0x80) {
			if got, want := Of(c)&set != 0, strings.IndexByte(bytes, c) >= 0; got != want {
				t.Errorf("%q is in class %b: %v", c, set, got)
			}
		}
	}
	for c := 0x80; c < 0x100; c++ {
		if Of(byte(c)) != Beyond {
			t.Errorf("%#x is of %b", c, Of(byte(c)))
		}
	}
	if !All([]byte("dead:BEEF 0x1"), HexRows) || All([]byte("dead:beeg"), HexRows) {
		t.Error("all bytes of a row of hex digits are of it, and g is not")
	}
}

func TestHexDigitsHaveTheirValue(t *testing.T) {
	for c := range 256 {
		want, err := strconv.ParseUint(string(rune(c)), 16, 8)
		if err != nil || c >= 0x80 {
			want = 16
		}
		if got := Hex(byte(c)); uint64(got) != want {
			t.Errorf("%q is %d, want %d", rune(c), got, want)
		}
	}
}
