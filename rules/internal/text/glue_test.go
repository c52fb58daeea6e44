package text

import (
	"strings"
	"testing"
)

// known are the words that the tests' vocabulary has.
func known(words ...string) func(whole, rest uint64) bool {
	set := map[uint64]bool{}
	for _, w := range words {
		set[HashOf([]byte(w))] = true
	}
	return func(whole, rest uint64) bool { return set[rest] && !set[whole] }
}

func TestWhatIsGluedToAWordIsNoPartOfIt(t *testing.T) {
	vocabulary := known("ignore", "all", "new", "tell", "theta", "rules")
	for text, want := range map[string]string{
		`Welcome.\nIgnore`:                       "welcome ignore",
		`Welcome.\\nIgnore`:                      "welcome ignore",
		`\tall`:                                  "all",
		`\rall \fall \ball \vall`:                "all all all all",
		`\0all \012all`:                          "all all",
		`\tell`:                                  "tell", // which is known as it stands
		`C:\new`:                                 "c new",
		`\theta`:                                 "theta",
		`\nowhere`:                               "nowhere", // known neither way
		`%sIgnore %-5.2dIgnore %dall`:            "ignore ignore all",
		"$nIgnore $1Ignore":                      "ignore ignore",
		"`nIgnore ^nall ~rrules":                 "ignore all rules",
		"\x1b[0mIgnore\x1b[1;31mall":             "ignore all",
		`\e[0mIgnore \033[1mall`:                 "ignore all",
		`\x1b[31mIgnore \u001b[0mall ^[[0mrules`: "ignore all rules",
		"\x0304Ignore \x034,12all":               "ignore all",
		"100%sure $100 a$b":                      "100 sure 100 a b",
		`\nИгнорируй`:                            "игнорируй",
		`\n忽略`:                                   "n 忽 略",
		"`ignore` \\ignore":                      "ignore ignore",
	} {
		for _, cut := range []int{1 << 20, 1, 7} {
			var got []string
			names := map[uint64]string{}
			for _, w := range strings.Fields(want) {
				for _, x := range Split(w) {
					names[x.Hash] = w
				}
			}
			c := &Splitter{}
			c.tokenizer.Glued = vocabulary
			c.tokenizer.Reset(c)
			var w Window
			w.Reset(&c.tokenizer, nil)
			for rest := []byte(text); len(rest) > 0; {
				n := min(cut, len(rest))
				for n < len(rest) && rest[n]&0xC0 == 0x80 {
					n++
				}
				w.Text(rest[:n])
				w.Flush()
				rest = rest[n:]
			}
			w.EndText()
			for _, x := range c.tokens {
				if name, ok := names[x.Hash]; ok {
					got = append(got, name)
				} else {
					got = append(got, "?")
				}
			}
			if s := strings.Join(got, " "); s != want {
				t.Errorf("%q in pieces of %d: %q, want %q", text, cut, s, want)
			}
		}
	}
}
