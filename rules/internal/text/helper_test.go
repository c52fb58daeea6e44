package text

import "testing"

// same checks that two texts have the same words.
func same(t *testing.T, a, b string) {
	t.Helper()
	x, y := Split(a), Split(b)
	if len(x) != len(y) {
		t.Errorf("%q has %d tokens and %q has %d", a, len(x), b, len(y))
		return
	}
	for i := range x {
		if x[i].Hash != y[i].Hash {
			t.Errorf("token %d of %q and %q differ", i, a, b)
		}
	}
}

// differ checks that two texts do not have the same words.
func differ(t *testing.T, a, b string) {
	t.Helper()
	x, y := Split(a), Split(b)
	if len(x) != len(y) {
		return
	}
	for i := range x {
		if x[i].Hash != y[i].Hash {
			return
		}
	}
	t.Errorf("%q and %q have the same tokens", a, b)
}

// vectors checks a table of spellings of one text.
func vectors(t *testing.T, rows [][2]string) {
	t.Helper()
	for _, r := range rows {
		same(t, r[0], r[1])
	}
}

// silent is a Consumer that nobody listens to.
type silent struct{}

func (silent) Tokens([]Token) {}

// spotsOf returns the spots of a text that is one window.
func spotsOf(p []byte) *Spots {
	s := new(Spots)
	s.reset()
	var t Tokenizer
	t.Reset(silent{})
	t.spots = s
	t.Text(p, 0, true)
	t.EndText()
	return s
}

// scan reads a text that is one window.
func scan(r *Reading, s string) Disguises { return r.Scan([]byte(s), 0, len(s), spotsOf([]byte(s))) }
