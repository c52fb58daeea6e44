package text

// leetLetters are the letters that digits and signs stand for: "1gn0r3 @ll rule$". The first is
// the more frequent.
var leetLetters = func() (t [128][]byte) {
	for c, letters := range map[byte]string{
		'0': "o", '1': "il", '2': "z", '3': "e", '4': "a", '5': "s", '6': "gb", '7': "t", '8': "b", '9': "g",
		'@': "a", '$': "s", '!': "il", '|': "il", '+': "t",
	} {
		t[c] = []byte(letters)
	}
	return t
}()

// leet returns the letters that an ASCII digit or sign may stand for, or nil.
func leet(c byte) []byte { return leetLetters[c&0x7F] }
