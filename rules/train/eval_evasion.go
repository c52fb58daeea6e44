package main

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"strconv"
	"strings"
	"unicode"

	"github.com/mom-router/mom-router/rules/internal/disguise"
	"github.com/mom-router/mom-router/rules/prompt"
)

// evasion is a way to write a text so that people, or models, still read it.
type evasion struct {
	name  string
	apply func(string) string
}

// eachLetter applies f to every ASCII letter.
func eachLetter(f func(rune) string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			if r < 0x80 && unicode.IsLetter(r) {
				b.WriteString(f(r))
			} else {
				b.WriteRune(r)
			}
		}
		return b.String()
	}
}

// shifted moves the letters of an alphabet to another one of the same order.
func shifted(small, capital rune) func(string) string {
	return eachLetter(func(r rune) string {
		if unicode.IsUpper(r) {
			return string(r - 'A' + capital)
		}
		return string(r - 'a' + small)
	})
}

func behindLetter(sign string) func(string) string {
	return eachLetter(func(r rune) string { return string(r) + sign })
}

func replaced(pairs ...string) func(string) string { return strings.NewReplacer(pairs...).Replace }

// apartBy puts a sign between the letters of each word.
func apartBy(sign, gap string) func(string) string {
	return func(s string) string {
		words := strings.Fields(s)
		for i, w := range words {
			words[i] = strings.Join(strings.Split(w, ""), sign)
		}
		return strings.Join(words, gap)
	}
}

var evasions = []evasion{
	{"capitals", strings.ToUpper},
	{"white space runs", replaced(" ", " \n\t ")},
	{"punctuation for spaces", replaced(" ", "...")},
	{"full-width letters", shifted(0xFF41, 0xFF21)},
	{"mathematical letters", shifted(0x1D41A, 0x1D400)},
	{"circled letters", shifted(0x24D0, 0x24B6)},
	{"dotless i, long s, Kelvin sign", replaced("i", "ı", "s", "ſ", "k", "K")},
	{"combining marks", behindLetter("\u0301")},
	{"struck-through letters", behindLetter("\u0336")},
	{"zero-width spaces", behindLetter("\u200B")},
	{"soft hyphens", behindLetter("\u00AD")},
	{"bidi controls", behindLetter("\u202E")},
	{"tag characters", behindLetter("\U000E0041")},
	{"variation selectors", behindLetter("\uFE0F")},
	{"Cyrillic lookalikes", replaced("a", "а", "e", "е", "o", "о", "p", "р", "c", "с", "i", "і", "s", "ѕ")},
	{"Greek lookalikes", replaced("a", "α", "o", "ο", "i", "ι", "v", "ν", "u", "υ")},
	{"letters spaced apart", apartBy(" ", "   ")},
	{"letters dotted apart", apartBy(".", " ")},
	{"leetspeak", replaced("a", "4", "e", "3", "i", "1", "o", "0", "A", "4", "E", "3", "I", "1", "O", "0")},
	{"base64", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"hex", func(s string) string { return hex.EncodeToString([]byte(s)) }},
	{"URL escapes", func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			b.WriteString("%" + strconv.FormatInt(int64(s[i])|0x100, 16)[1:])
		}
		return b.String()
	}},
	{"HTML entities", func(s string) string {
		return eachLetter(func(r rune) string { return "&#" + strconv.Itoa(int(r)) + ";" })(html.EscapeString(s))
	}},
	{"rot13", disguise.Rot13},
}

// pairs are transformations that people combine.
var evasionPairs = [][2]string{
	{"Cyrillic lookalikes", "zero-width spaces"}, {"full-width letters", "combining marks"}, {"leetspeak", "capitals"},
	{"leetspeak", "white space runs"}, {"capitals", "base64"}, {"mathematical letters", "zero-width spaces"},
	{"letters spaced apart", "capitals"}, {"soft hyphens", "punctuation for spaces"}, {"rot13", "capitals"}, {"Greek lookalikes", "capitals"},
}

// evasion prints what each transformation hides of the attacks that are found as they are written.
func (r *report) evasion() error {
	own, err := r.own("attacks_own.jsonl")
	if err != nil {
		return err
	}
	sets := [2][]string{}
	for i := range r.rows {
		if o := &r.rows[i]; o.file == "attacks" && r.alarm(o.Text) {
			sets[0] = append(sets[0], o.Text)
		}
	}
	for _, o := range own {
		if r.alarm(o.Text) {
			sets[1] = append(sets[1], o.Text)
		}
	}
	r.title("Evasion")
	r.line("Attacks that patterns or score find as they are written, and what is found of them in disguise by the same two;")
	r.line("obfuscation.* does not count. Held rows of attacks.jsonl: %d; own/attacks_own.jsonl: %d.\n", len(sets[0]), len(sets[1]))
	r.head("transformation", "attacks.jsonl", "own")
	print := func(name string, apply func(string) string) {
		cells := []string{name}
		for _, set := range sets {
			found := 0
			for _, s := range set {
				count(&found, r.alarm(apply(s)))
			}
			cells = append(cells, percent(found, len(set)))
		}
		r.cells(cells...)
	}
	by := map[string]func(string) string{}
	for _, e := range evasions {
		by[e.name] = e.apply
		print(e.name, e.apply)
	}
	for _, p := range evasionPairs {
		print(p[0]+", then "+p[1], func(s string) string { return by[p[1]](by[p[0]](s)) })
	}
	return nil
}

// alarm reports whether patterns or score of the default policy's signals find an attack.
func (r *report) alarm(s string) bool {
	r.e.policy.hear(prompt.RoleUser, s)
	if r.e.policy.pattern() {
		return true
	}
	r.e.builtin.hear(prompt.RoleUser, s)
	return r.e.builtin.is("jailbreak.score")
}
