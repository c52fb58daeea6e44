package main

import (
	"slices"
	"strings"
	"testing"
)

func TestEachLanguageAbroadHasFramesAndWordsOfTheDemosDomains(t *testing.T) {
	list, err := readAbroad("../..")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, a := range list {
		names = append(names, a.language)
		for _, f := range a.frames {
			if n := strings.Count(f, "<>"); n < 1 || n > 2 {
				t.Errorf("%s: frame %q has %d places for words, want one or two", a.language, f, n)
			}
		}
		for _, d := range []string{"math", "physics", "computer_science", "other"} {
			if len(a.words[d]) < 40 || len(a.frames) < 15 {
				t.Errorf("%s: %d words of %s, %d frames", a.language, len(a.words[d]), d, len(a.frames))
			}
		}
	}
	for _, l := range languages[1:] {
		if !slices.Contains(names, l) {
			t.Errorf("there is no file for %s", l)
		}
	}
}

func TestSamplesAbroadHaveNoPlaceLeftAndEachDomainItsWords(t *testing.T) {
	list, err := readAbroad("../..")
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		for _, s := range list[i].samples() {
			if strings.Contains(s.text, "<>") || strings.TrimSpace(s.text) == "" || s.label < 0 || s.label >= len(domains) {
				t.Errorf("%s: %q of class %d", list[i].language, s.text, s.label)
			}
		}
	}
}

func TestFormsOfAWord(t *testing.T) {
	for _, tt := range []struct{ language, word, form string }{
		{"de", "Gleichung", "Gleichungen"}, {"fr", "équation", "équations"}, {"es", "ecuación", "ecuaciones"}, {"pt", "equação", "equações"},
		{"it", "equazione", "equazioni"}, {"ru", "сила", "силу"}, {"ko", "방정식", "방정식을"}, {"ar", "معادلة", "المعادلة"},
	} {
		if got := forms(tt.language, tt.word); !slices.Contains(got, tt.form) {
			t.Errorf("%s %q: %q has no %q", tt.language, tt.word, got, tt.form)
		}
	}
	for _, tt := range []struct{ language, word string }{{"de", "SQL"}, {"fr", "loi de Newton"}, {"ja", "方程式"}} {
		if got := forms(tt.language, tt.word); len(got) > 0 {
			t.Errorf("%s %q: %q, want none", tt.language, tt.word, got)
		}
	}
}
