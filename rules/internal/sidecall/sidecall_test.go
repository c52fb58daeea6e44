package sidecall

import (
	"strings"
	"testing"
)

func TestTheFormsOfKnownClientsAreInOrder(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range clients {
		forms, err := parse(c.file)
		if err != nil || len(forms) == 0 {
			t.Errorf("%s: %d forms, %v", c.name, len(forms), err)
		}
		if !strings.Contains(c.file, "\n# Source: ") {
			t.Errorf("%s names no source", c.name)
		}
		for _, f := range forms {
			if key := f.Text + "\x00" + map[bool]string{true: "system"}[f.System]; seen[key] {
				t.Errorf("%q stands here twice", f.Text)
			} else {
				seen[key] = true
			}
		}
	}
}

func TestEveryFormIsFoundWhereItStands(t *testing.T) {
	forms := Forms()
	for i, f := range forms {
		if n := Find(forms, []byte("\n "+f.Text), true, f.System); n != i {
			t.Errorf("%q: found %d, want %d", f.Text, n, i)
		}
		if n := Find(forms, []byte(f.Text+" and more"), true, f.System); (n == i) == f.Whole {
			t.Errorf("%q with more behind it: found %d of %d", f.Text, n, i)
		}
		if n := Find(forms, []byte(f.Text), false, f.System); f.Whole && n == i {
			t.Errorf("%q is taken for the whole of a longer text", f.Text)
		}
		if n := Find(forms, []byte("x "+f.Text), true, f.System); n >= 0 {
			t.Errorf("%q is found inside a text", f.Text)
		}
		if n := Find(forms, []byte(f.Text[:len(f.Text)-1]), true, f.System); n >= 0 {
			t.Errorf("%q is found in its beginning", f.Text)
		}
		if n := Find(forms, []byte(f.Text), true, !f.System); n >= 0 && forms[n].Text == f.Text && forms[n].System == f.System {
			t.Errorf("%q is found in the words of another speaker", f.Text)
		}
	}
	for _, text := range []string{"", " ", "quotas", "Hello", "\xff"} {
		if n := Find(forms, []byte(text), true, false); n >= 0 {
			t.Errorf("%q is taken for %q", text, forms[n].Text)
		}
	}
}

func TestBadLinesOfAClientsFileAreMistakes(t *testing.T) {
	for _, line := range []string{"user", "users x", "user x | tokens", "user x | tokens many", "user x | words 3", "user x | tokens -1", "user " + strings.Repeat("x", MaxText)} {
		if f, err := parse(line); err == nil {
			t.Errorf("%q is read as %+v", line, f)
		}
	}
}
