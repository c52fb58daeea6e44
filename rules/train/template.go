package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"path/filepath"
	"strings"
)

// fillers are the words that stand in templates for a name in angle brackets: those of
// phrases/intent/fillers.txt, and of the lists of terms <topic> (any domain but computer science),
// <tech> (computer science) and, in Chinese, <题> and <技>. Every kind of task is filled from the same
// lists, so what a task is about does not speak for what it is.
type fillers map[string][]string

func readFillers(root string) (fillers, error) {
	f := fillers{}
	for _, d := range domains {
		if d == "other" {
			continue
		}
		err := terms(filepath.Join(root, "rules/internal/signal/terms/domain", d+".txt"), func(points int, phrase string) {
			name := ""
			switch first := []rune(phrase)[0]; {
			case points < 3 || len(phrase) < 4:
			case first >= 0x4E00 && first < 0xA000:
				name = "题"
			case ascii(phrase):
				name = "topic"
			}
			if d == "computer_science" {
				name = map[string]string{"题": "技", "topic": "tech"}[name]
			}
			f[name] = append(f[name], phrase)
		})
		if err != nil {
			return nil, err
		}
	}
	delete(f, "")
	languages, err := readAbroad(root)
	if err != nil {
		return nil, err
	}
	for i := range languages {
		a := &languages[i]
		f[a.language], f[a.language+" tech"] = a.topics(), a.words["computer_science"]
	}
	return f, entries(filepath.Join(root, "rules/train/phrases/intent/fillers.txt"), func(line string) error {
		name, list, ok := strings.Cut(line, ": ")
		if !ok || f[name] != nil {
			return fmt.Errorf("filler %q: want a new name, a colon and words parted by |", name)
		}
		f[name] = strings.Split(list, "|")
		return nil
	})
}

func ascii(s string) bool {
	return strings.IndexFunc(s, func(c rune) bool { return c >= 0x80 }) < 0
}

// template is a line that stands for many texts: {a|b} is one of a and b, <name> one of the words of a
// filler, the same in the whole text.
type template struct {
	line string
	seed uint64
}

func newTemplate(line string) template {
	h := fnv.New64a()
	h.Write([]byte(line))
	return template{line, h.Sum64()}
}

// drawn is the most texts that are made from one template.
const drawn = 16

// texts draws different texts from a template, the same each time.
func (t template) texts(f fillers) ([]string, error) {
	r := rand.New(rand.NewPCG(20261122, t.seed))
	seen := map[string]bool{}
	var list []string
	for range drawn {
		s, err := choose(t.line, r)
		if err != nil {
			return nil, fmt.Errorf("template %q: %w", t.line, err)
		}
		if s, err = f.fill(s, r); err != nil {
			return nil, fmt.Errorf("template %q: %w", t.line, err)
		}
		if s, err = f.fill(frameTask(s, f, r), r); err != nil {
			return nil, fmt.Errorf("template %q: %w", t.line, err)
		}
		s = strings.Join(strings.Fields(s), " ")
		if r.IntN(5) == 0 {
			s = strings.TrimRight(s, "?？؟ ") // as people do
		}
		if !seen[s] {
			seen[s] = true
			list = append(list, s)
		}
	}
	return list, nil
}

// choose takes one of the alternatives in each pair of braces.
func choose(line string, r *rand.Rand) (string, error) {
	var b strings.Builder
	for {
		before, rest, open := strings.Cut(line, "{")
		b.WriteString(before)
		if !open {
			return b.String(), nil
		}
		inside, rest, ok := strings.Cut(rest, "}")
		if !ok || strings.Contains(inside, "{") {
			return "", fmt.Errorf("braces that do not match")
		}
		words := strings.Split(inside, "|")
		b.WriteString(words[r.IntN(len(words))])
		line = rest
	}
}

// fill replaces names in angle brackets.
func (f fillers) fill(s string, r *rand.Rand) (string, error) {
	for {
		before, rest, open := strings.Cut(s, "<")
		if !open {
			return s, nil
		}
		name, _, ok := strings.Cut(rest, ">")
		if !ok || len(f[name]) == 0 {
			return "", fmt.Errorf("no filler %q", name)
		}
		s = before + strings.ReplaceAll("<"+rest, "<"+name+">", f[name][r.IntN(len(f[name]))])
	}
}

// frameTask puts some texts into the words that people put around any kind of task, so that neither
// these nor length alone say much about it.
func frameTask(s string, f fillers, r *rand.Rand) string {
	n := r.IntN(16)
	if strings.ContainsAny(s, "?？") && n > 1 {
		return s
	}
	before, after := "before", "after"
	if !ascii(s) {
		if c := []rune(s)[0]; c < 0x4E00 || c >= 0xA000 {
			return s // neither English nor Chinese
		}
		before, after = "前", "后"
	}
	pick := func(name string) string { return f[name][r.IntN(len(f[name]))] }
	switch n {
	case 0, 1:
		return pick("context "+before) + s
	case 2, 3, 4:
		return pick(before) + s
	case 5:
		return s + pick(after)
	}
	return s
}
