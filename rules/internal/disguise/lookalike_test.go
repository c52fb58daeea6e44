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
