package sidecall

import (
	"regexp"
	"strings"
	"testing"
)

func TestTheFormsOfKnownClientsAreInOrder(t *testing.T) {
	seen := map[string]bool{}
	line := regexp.MustCompile(`^(|# .*|(user|system|exactly) [^|]+( \| (tokens|tools|output) [0-9]+(, (tokens|tools|output) [0-9]+)*)?)$`)
	for _, c := range clients {
		forms := parse(c.file, nil)
		if !strings.Contains(c.file, "\n# Source: ") {
			t.Errorf("%s names no source", c.name)
		}
		for number, text := range strings.Split(c.file, "\n") {
			if !line.MatchString(text) || strings.TrimSpace(text) != text {
				t.Errorf("%s:%d: %q is no form", c.name, number+1, text)
			}
		}
		for _, f := range forms {
			if len(f.Text) > MaxText-8 || f.Tokens == 0 {
				t.Errorf("%+v", f)
			}
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
