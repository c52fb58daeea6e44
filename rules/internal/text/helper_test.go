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
