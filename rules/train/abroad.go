package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// abroad are the words of a language other than English by domain, and the frames that any of them may stand in: those of
// phrases/abroad, which were written for this project.
type abroad struct {
	language string
	frames   []string
	words    map[string][]string // by domain
}

// readAbroad reads all languages, in the order of their names.
func readAbroad(root string) ([]abroad, error) {
	files, err := filepath.Glob(filepath.Join(root, "rules/train/phrases/abroad/*.txt"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no words in rules/train/phrases/abroad: %w", err)
	}
	var list []abroad
	for _, file := range files {
		a := abroad{language: strings.TrimSuffix(filepath.Base(file), ".txt"), words: map[string][]string{}}
		err := entries(file, func(line string) error {
			name, words, _ := strings.Cut(line, ": ")
			switch {
			case name == "frames":
				a.frames = strings.Split(words, "|")
			case slices.Contains(domains, name) && a.words[name] == nil:
				a.words[name] = strings.Split(words, "|")
			default:
				return fmt.Errorf("%q: want frames or a domain, once, then a colon and words parted by |", name)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		list = append(list, a)
	}
	return list, nil
}

const (
	abroadWeight = 0.2 // of a word, bare and in a frame
	abroadRows   = 4   // rows that a text counts for where it is chosen what to keep, for there are few of each language
)

// samples are the words of all domains, bare, in their forms, and in frames.
func (a *abroad) samples() []sample {
	var list []sample
	add := func(text string, label int) {
		list = append(list, sample{text, label, abroadWeight, "abroad " + a.language, false})
	}
	n := 0
	for label, domain := range domains {
		words := a.words[domain]
		for i, w := range words {
			add(w, label)
			for _, f := range append(forms(a.language, w), w) {
				for range 2 { // for a word must stand in two texts to be learned
					n++
					frame := strings.Replace(a.frames[n*7%len(a.frames)], "<>", f, 1)
					add(strings.Replace(frame, "<>", words[(i*5+n)%len(words)], 1), label)
				}
			}
		}
	}
	return list
}

// topics are the words that texts of intents are filled with: nouns, more or less.
func (a *abroad) topics() []string {
	var list []string
	for _, d := range domains[3:13] {
		list = append(list, a.words[d]...)
	}
	return list
}

// forms are other forms of a word that texts have: nobody looks endings up at run time. They need not all be right.
func forms(language, word string) []string {
	if strings.ContainsAny(word, " '’-") || word == strings.ToUpper(word) && strings.IndexFunc(word, unicode.IsLower) < 0 && ascii(word) {
		if language != "ko" && language != "ru" {
			return nil
		}
	}
	var list []string
	without := func(cut string, endings ...string) bool {
		s, ok := strings.CutSuffix(word, cut)
		if ok {
			for _, e := range endings {
				list = append(list, s+e)
			}
		}
		return ok
	}
	switch language {
	case "de":
		_ = without("e", "en", "er") || without("ung", "ungen") || without("en", "e", "t", "st") || without("", "e", "en", "s")
	case "fr":
		_ = without("er", "e", "ez") || without("al", "aux", "ale") || without("", "s")
	case "es":
		_ = without("ción", "ciones") || without("z", "ces") || without("a", "as") || without("o", "os") || without("r", "") || without("", "es", "s")
	case "pt":
		_ = without("ção", "ções") || without("ão", "ões") || without("l", "is") || without("m", "ns") || without("r", "") || without("", "s")
	case "it":
		_ = without("zione", "zioni") || without("tà", "tà") || without("a", "e") || without("o", "i") || without("e", "i") || without("re", "")
	case "ru":
		_ = without("ия", "ии", "ию", "ией", "ий") || without("ие", "ия", "ию", "ием", "ий") || without("а", "ы", "у", "е", "ой", "и") || without("я", "и", "ю", "е", "ей") ||
			without("о", "а", "у", "ом", "е") || without("ь", "и", "ью", "я", "ю") || without("й", "я", "ю", "ем") || without("", "а", "у", "ом", "е", "ы", "ов")
	case "ko":
		without("", "은", "는", "이", "가", "을", "를", "의", "에", "과", "와", "로", "이란")
	case "ar":
		if s, ok := strings.CutPrefix(word, "ال"); ok {
			return []string{s}
		}
		list = append(list, "ال"+word, "و"+word, "بال"+word, "لل"+word)
	}
	return list
}
