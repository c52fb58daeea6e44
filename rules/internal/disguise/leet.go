package disguise

// leetLetters are the letters that digits and signs stand for: "1gn0r3 @ll rule$". The first is
// the more frequent.
var leetLetters = [...]struct {
	c       byte
	letters string
}{
	{'0', "o"}, {'1', "il"}, {'2', "z"}, {'3', "e"}, {'4', "a"}, {'5', "s"}, {'6', "gb"}, {'7', "t"}, {'8', "b"}, {'9', "g"},
	{'@', "a"}, {'$', "s"}, {'!', "il"}, {'|', "il"}, {'+', "t"},
}

// leet returns the letters that an ASCII digit or sign may stand for, or "".
func leet(c byte) string {
	for _, l := range leetLetters {
		if l.c == c {
			return l.letters
		}
	}
	return ""
}
