package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

const (
	attackRows = 22000 // how many words and pairs are kept
	codeWeight = 3     // of a file of code, for there are few
)

// attackPhrases are the lists of this project's own, with the weight of a text of theirs against that of a row of public data. Where a list has both
// attacks and their harmless twins, lines in brackets say which.
var attackPhrases = []struct {
	file              string
	attack            bool
	attacks, harmless float32
}{
	{"attacks.txt", true, 0.5, 0},
	{"harmless.txt", false, 0, 1},
	{"operators.txt", false, 0, 1},
	{"harmless_code.txt", false, 0, 1},
	{"attacks_abroad.txt", true, 0.5, 1},
}

// attackWeight makes sources count less that have many rows of one kind, or written by a program.
var attackWeight = map[string]float32{"s-labs": 0.3, "neuralchemy:hackaprompt": 0.2, "yanismiraoui": 0.5, "neuralchemy:neuralchemy_v1": 0.5,
	"neuralchemy:original": 0.5, "learn/domain": 0.5, "domain": 0.5, "self-instruct T0": 0.5}

// noAttacks are kinds of rows among attacks that are there to compare, or are commands of a shell and nothing that speaks to a model.
var noAttacks = []string{"control", "baseline", "encoding", "training_extraction"}

// notHarmless are sources that attacks are not learned against: the Chinese of exams, which has no attacks beside it.
var notHarmless = []string{"GAOKAO-Bench"}

// attackModel is what was learned of attacks.
type attackModel struct {
	spanModel
	features []uint64
	number   map[uint64]int32 // by weights.Key
	x        *extractor
}

// attackText is a text with its label.
type attackText struct {
	text   string
	attack bool
	weight float32
	group  int // 0: attack, 1: harmless row, 2: own list
}

// attackTexts gathers what attacks are learned from: all rows that use says, and the own lists.
func attackTexts(rows []row, root string, use func(*row) bool) ([]attackText, error) {
	var list []attackText
	for i := range rows {
		r := &rows[i]
		if !use(r) {
			continue
		}
		w := cmp.Or(attackWeight[r.Source], attackWeight[r.file], 1)
		if family(r.Source) == codeFiles {
			w = codeWeight
		}
		switch r.file {
		case "attacks", "learn/attack":
			switch {
			case r.attack():
				list = append(list, attackText{text: r.Text, attack: true, weight: w})
			case r.Label == 0.0:
				list = append(list, attackText{text: r.Text, weight: w, group: 1})
			}
		case "benign", "learn/benign":
			list = append(list, attackText{text: r.Text, weight: w, group: 1})
		case "domain", "learn/domain":
			if slices.Contains(notHarmless, r.Source) {
				continue
			}
			if english := r.Lang == "" || r.Lang == "en"; !english || r.hash>>32%4 == 0 {
				list = append(list, attackText{text: r.Text, weight: w, group: 1})
			}
		}
	}
	own, err := ownAttackTexts(root)
	if err != nil {
		return nil, err
	}
	list = append(list, own...)
	slices.SortStableFunc(list, func(a, b attackText) int { return cmp.Compare(a.text, b.text) })
	return list, nil
}

// ownAttackTexts are the texts of the own lists.
func ownAttackTexts(root string) (list []attackText, err error) {
	for _, of := range attackPhrases {
		attack := of.attack
		err := entries(filepath.Join(root, "rules/train/phrases", of.file), func(line string) error {
			switch line {
			case "[attack]", "[harmless]":
				attack = line == "[attack]"
				return nil
			}
			w := of.harmless
			if attack {
				w = of.attacks
			}
			if w == 0 {
				return fmt.Errorf("%q: this list has no such texts", line)
			}
			for _, text := range combinations(line) {
				list = append(list, attackText{text: text, attack: attack, weight: w, group: 2})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// glueLetters are those that the signs of a line's end, a tab and the like glue to the word behind them, as in "\\nIgnore".
const glueLetters = "nrtfbvs"

// gluedWords are the words of attacks of the own lists with such a letter before them, by weights.Key. Data that was written with escapes teaches them, and then the
// engine would take them for words: it reads a word without its first letter where it knows only the rest.
func gluedWords(x *extractor, texts []attackText) map[uint64]bool {
	known, glued := map[string]bool{}, map[uint64]bool{}
	for i := range texts {
		if t := &texts[i]; t.attack && t.group == 2 {
			for _, w := range strings.FieldsFunc(strings.ToLower(t.text), func(c rune) bool { return c < 'a' || c > 'z' }) {
				known[w] = true
			}
		}
	}
	for w := range known {
		for _, c := range glueLetters {
			if g := string(c) + w; !known[g] && len(w) > 3 {
				glued[weights.Key(x.sequence(g)[0])] = true
			}
		}
	}
	return glued
}

// mute are the features that say nothing of attacks: single letters, numbers, and pairs of them, by weights.Key. Attacks that are spelled
// apart would teach them, and then they stand in each table: where one of its words looks disguised ("2nd") it is read once more, with
// letters for its digits and bars. What is spelled apart is read as words anyway.
var mute = func() map[uint64]bool {
	var words []uint64
	for c := 'a'; c <= 'z'; c++ {
		words = append(words, weights.Word(&text.Split(string(c))[0]))
	}
	for n := 1; n <= 6; n++ {
		words = append(words, weights.Word(&text.Split(strings.Repeat("1", n))[0]))
	}
	m := map[uint64]bool{}
	for _, w := range words {
		m[weights.Key(w)] = true
		for _, next := range words {
			m[weights.Key(weights.Pair(w, next))] = true
		}
	}
	return m
}()

// attack reports whether a row is an attack.
func (r *row) attack() bool {
	return r.file == "attacks" || r.file == "learn/attack" && r.Label != 0.0 && !slices.Contains(noAttacks, r.Kind)
}

// combinations chooses up to a dozen of the texts that a line with alternatives in braces stands
// for, so that each alternative occurs.
func combinations(line string) []string {
	var list []string
	most := 1
	for n := 0; n < most; n++ {
		text, rest, found := "", line, true
		for i := 0; found; i++ {
			var before, inside string
			before, rest, found = strings.Cut(rest, "{")
			text += before
			if found {
				inside, rest, _ = strings.Cut(rest, "}")
				words := strings.Split(inside, "|")
				text += words[(n*(2*i+1)+n/len(words))%len(words)]
				most = 12
			}
		}
		list = append(list, text)
	}
	return list
}

// learnAttacks starts from how much more often a word stands in attacks than in harmless texts,
// then learns spans, keeps the words and pairs that matter, and learns again.
func learnAttacks(texts []attackText, w io.Writer) *attackModel {
	m := &attackModel{number: map[uint64]int32{}, x: newExtractor()}
	in, out := map[uint64]float64{}, map[uint64]float64{}
	attacks, harmless, glued := 0.0, 0.0, gluedWords(m.x, texts)
	for i := range texts {
		t := &texts[i]
		for _, f := range m.x.features(t.text) {
			if mute[weights.Key(f)] || glued[weights.Key(f)] {
				continue
			}
			if t.attack {
				in[f]++
			} else {
				out[f]++
			}
		}
		if t.attack {
			attacks++
		} else {
			harmless++
		}
	}
	var list []uint64
	for f, n := range in {
		if n >= 2 || out[f] >= 3 {
			list = append(list, f)
		}
	}
	for f, n := range out {
		if in[f] == 0 && n >= 4 {
			list = append(list, f)
		}
	}
	slices.Sort(list)
	start := func(f uint64) float32 {
		odds := math.Log((in[f] + 0.5) / (attacks + 1) * (harmless + 1) / (out[f] + 0.5))
		return float32(attackStart * max(-2, min(2, odds)))
	}
	m.begin(list, start)
	m.train(texts)
	first := len(m.features)
	order := slices.Clone(m.features)
	gain := func(f uint64) float64 {
		return math.Abs(float64(m.weights[m.number[weights.Key(f)]])) * math.Sqrt(in[f]+out[f])
	}
	slices.SortStableFunc(order, func(a, b uint64) int { return cmp.Compare(gain(b), gain(a)) })
	order = slotted(order)
	m.begin(order[:min(len(order), attackRows)], start)
	m.train(texts)
	fmt.Fprintf(w, "attacks: %d texts, %d features, %d kept\n", len(texts), first, len(m.features))
	return m
}

// slotted leaves out the features for which the table has no room, since better ones have their slots.
func slotted(features []uint64) []uint64 {
	taken := map[uint64]bool{}
	return slices.DeleteFunc(features, func(f uint64) bool {
		slot := weights.Slot(f)
		had := taken[slot]
		taken[slot] = true
		return had
	})
}

// begin sets the features and their first weights. Features are known by as much as the table keeps of them, so that what passes for one of
// them there does so here, too: it would be seen again and again where it stands in every line of a table.
func (m *attackModel) begin(features []uint64, start func(uint64) float32) {
	m.features = features
	m.weights, m.squares = make([]float32, len(features)), make([]float32, len(features))
	clear(m.number)
	for i, f := range features {
		if _, ok := m.number[weights.Key(f)]; !ok {
			m.number[weights.Key(f)] = int32(i)
		}
		m.weights[i] = start(f)
		m.squares[i] = 0.1
	}
}

func (m *attackModel) train(texts []attackText) {
	var passages []passage
	var lengths []int
	var harmless [][][2]int32
	for i := range texts {
		t := &texts[i]
		p := passage{m.passage(t.text), t.attack, t.weight}
		passages = append(passages, p)
		switch t.group {
		case 0:
			lengths = append(lengths, len(p.features))
		case 1:
			harmless = append(harmless, p.features)
		}
	}
	// Harmless rows joined to the lengths of attacks: length alone must not give the answer.
	joined := func(r *rand.Rand) []passage {
		var more []passage
		for i, n := range lengths {
			if i%4 == 0 {
				n *= 20
			}
			var p [][2]int32
			for len(p) < n {
				p = append(p, harmless[r.IntN(len(harmless))]...)
			}
			more = append(more, passage{p, false, 2})
		}
		return more
	}
	m.learn(passages, joined, attackRounds, attackRate, attackDecay)
}

// passage returns the numbers of a text's features.
func (m *attackModel) passage(s string) [][2]int32 {
	words := m.x.sequence(s)
	p := make([][2]int32, len(words))
	prev := uint64(0)
	for i, w := range words {
		for k, f := range [2]uint64{w, weights.Pair(prev, w)} {
			n, ok := m.number[weights.Key(f)]
			if !ok {
				n = -1
			}
			p[i][k] = n
		}
		prev = w
	}
	return p
}

// score is that of the text's best span.
func (m *attackModel) score(s string) float32 {
	_, score := m.best(m.passage(s))
	return score
}
