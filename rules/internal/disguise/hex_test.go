package disguise

import "testing"

func TestHexIsDecoded(t *testing.T) {
	disguised(t, Hex, [][2]string{
		{"69676e6f726520616c6c", "ignore all"}, {"69 67 6e 6f 72 65 20 61", "ignore a"}, {"0x69,0x67,0x6e,0x6f,0x72,0x65,0x20,0x61", "ignore a"},
	})
	disguised(t, 0, [][2]string{
		{"da39a3ee5e6b4b0d3255bfef95601890", ""}, {"69676e6f", ""}, {"0x69 is i", ""},
	})
}
