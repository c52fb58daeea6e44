package prompt

import "testing"

func TestADictionaryKnowsTheNamesOfItsMapOnly(t *testing.T) {
	for _, words := range []map[string]partType{chatParts, responsesParts, messagesParts, {}} {
		d := newDictionary(words)
		for name, want := range words {
			if got, known := d.find([]byte(name)); !known || got != want {
				t.Errorf("%q is %v, %v, want %v", name, got, known, want)
			}
			for _, other := range []string{name + "s", name[:len(name)-1], "x" + name[1:], name[:1] + "\x00" + name[1:], ""} {
				_, want := words[other]
				if got, known := d.find([]byte(other)); known != want {
					t.Errorf("%q is %v, but it is no word", other, got)
				}
			}
		}
	}
	if _, known := (*dictionary[Role])(nil).find([]byte("user")); known {
		t.Error("no dictionary knows a word")
	}
}

// TestEverySchemaHasItsDictionary walks over the trees of all shapes, which have cycles.
func TestEverySchemaHasItsDictionary(t *testing.T) {
	seen := map[*schema]bool{}
	var walk func(*schema)
	walk = func(p *schema) {
		if p == nil || seen[p] {
			return
		}
		seen[p] = true
		for name, m := range p.members {
			if got, _ := p.known.find([]byte(name)); got != m {
				t.Errorf("member %q of %q is not found", name, p.name)
			}
			walk(m)
		}
		walk(p.items)
	}
	for _, body := range bodies {
		walk(body)
	}
	if len(seen) < 100 {
		t.Errorf("only %d schemas", len(seen))
	}
}
