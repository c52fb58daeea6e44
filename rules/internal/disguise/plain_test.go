package disguise

import "testing"

func TestPlainTextHasNoEscapesAndNothingGlued(t *testing.T) {
	for p, want := range map[string]string{
		"no escapes: 100 % sure, a+b, AT&T":   "",
		"\x1b[31m4111\x1b[0m":                 " 4111 ",
		`\033[1m4111 \e[0mx`:                  " 4111  x",
		"a%s4111 %-5dx %d":                    "a 4111  x %d",
		"%34%31 &#52;1&nbsp;x \\u0034 \\x341": "41 41 x 4 41",
		"tel%3A%20U+0034U+0031":               "tel: 41",
		"\x0304,01 4111":                      "  4111",
		"caf%C3%A9 &#233;":                    "café é",
	} {
		got, first, last, changed := Plain(nil, []byte(p), 0, len(p))
		if first != 0 || last != len(got) {
			t.Errorf("%q: from %d to %d", p, first, last)
		}
		if changed != (want != "") || changed && string(got) != want {
			t.Errorf("%q: %q, %v; want %q", p, got, changed, want)
		}
	}
}

func TestPlainTextKnowsWhereItsPlacesStand(t *testing.T) {
	p := []byte(`a\u0034b%s4111c`)
	for from, want := range map[int]int{0: 0, 1: 1, 2: 2, 6: 2, 7: 2, 8: 3, 9: 4, 10: 4, 11: 5, len(p): 9} {
		if _, first, last, _ := Plain(nil, p, from, len(p)); first != want || last != 9 {
			t.Errorf("p[%d] stands at %d, want %d; the end at %d", from, first, want, last)
		}
	}
}
