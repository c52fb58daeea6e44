package disguise

import "testing"

func TestLookalikesAreReadAsLatinLetters(t *testing.T) {
	disguised(t, Confusable, [][2]string{
		{"іgnоrе", "ignore"},
		{"ιgηοrε previous", "ignore previous"},
		{"please рrеvіоus x", "please previous x"},
		{"ꓲꓖꓠꓳꓣꓰ", "ignore"},
	})
	disguised(t, 0, [][2]string{{"Привет, мир", ""}, {"naïve café", ""}, {"сор и рост", ""}, {"Ελλάδα", ""}})
}

func TestWhatACharacterStandsForIsTheSameInTheTable(t *testing.T) {
	for r := rune(0x80); r < 0x800; r++ {
		want := guessRune(r)
		if g, size := guessBeyond([]byte(string(r))); g != want || size != 2 && g != 0 {
			t.Errorf("%q stands for %x of %d bytes, want %x", r, g, size, want)
		}
	}
}
