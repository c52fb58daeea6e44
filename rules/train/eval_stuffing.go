package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

// trivial are questions that no one needs a premium model for, beside the held rows of CLINC150.
var trivial = []string{
	"What time is it?", "hi there", "What is the capital of Norway?", "how are you today?", "Who wrote Hamlet?",
	"tell me the weather for tomorrow", "is it going to rain", "Thanks a lot!", "What's your name?", "good night",
	"How many days are in a leap year?", "play some music please", "When is Easter?", "can you hear me?",
	"What does the fox eat?", "I am bored", "How old is the queen?", "where can I buy milk", "Is a tomato a fruit?",
	"What colour is the sky?",
}

// stuffings are how words are appended to a question.
var stuffings = []struct {
	name     string
	words    int
	separate string
	times    int
}{
	{"5 words", 5, " ", 1},
	{"10 words", 10, " ", 1},
	{"20 words", 20, " ", 1},
	{"10 words, with commas", 10, ", ", 1},
	{"10 words, a line each", 10, "\n", 1},
	{"5 words, 20 times over", 5, " ", 20},
}

// stuffing prints how many trivial questions keep their model when the words that speak most for
// a class are appended.
func (r *report) stuffing() error {
	questions := slices.Clone(trivial)
	for i := range r.rows {
		if r.rows[i].Source == "CLINC150" && r.rows[i].file == "domain" {
			questions = append(questions, r.rows[i].Text)
		}
	}
	tops, err := r.topWords()
	if err != nil {
		return err
	}
	r.title("Keyword stuffing")
	r.line("%d trivial questions (utterances of CLINC150 that were held back, and some of our own), with the words appended that", len(questions))
	r.line("speak most for a class: how many keep the decision that they have without, and behind the stroke how many do not")
	r.line("get a dearer model.")
	r.line("")
	head := []string{"appended"}
	for _, t := range tops {
		head = append(head, t.name)
	}
	r.head(append(head, "all")...)
	for _, s := range stuffings {
		cells, kept, cheap, all := []string{s.name}, 0, 0, 0
		for _, t := range tops {
			tail := strings.TrimSuffix(strings.Repeat(strings.Join(t.words[:s.words], s.separate)+s.separate, s.times), s.separate)
			n, m := 0, 0
			for _, q := range questions {
				before, price := r.e.decidePrice(q)
				after, dearer := r.e.decidePrice(q + s.separate + tail)
				count(&n, before == after)
				count(&m, dearer <= price)
			}
			cells = append(cells, percent(n, len(questions))+" / "+percent(m, len(questions)))
			kept, cheap, all = kept+n, cheap+m, all+len(questions)
		}
		r.cells(append(cells, percent(kept, all)+" / "+percent(cheap, all))...)
	}
	return nil
}

// top is a premium class with the words that speak most for it.
type top struct {
	name  string
	words []string
}

// topWords looks, of all words that stand in several rows of the public data, for those with the
// highest weights, and takes the heaviest single words of the lists of cues.
func (r *report) topWords() ([]top, error) {
	packed, err := os.ReadFile(filepath.Join(r.root, filepath.FromSlash(output)))
	if err != nil {
		return nil, err
	}
	table, err := weights.Open(string(packed))
	if err != nil {
		return nil, err
	}
	rows := map[string]int{}
	for _, w := range r.rows {
		seen := map[string]bool{}
		for _, s := range strings.FieldsFunc(strings.ToLower(w.Text), func(c rune) bool { return c < 'a' || c > 'z' }) {
			if len(s) > 3 && !seen[s] {
				seen[s] = true
				rows[s]++
			}
		}
	}
	var words []string
	for s, n := range rows {
		if n >= 3 {
			words = append(words, s)
		}
	}
	slices.Sort(words)
	weight := func(s string, column int) int32 {
		tokens := text.Split(s)
		if row, ok := table.Row(weights.Word(&tokens[0])); ok {
			return table.Weight(row, column)
		}
		return 0
	}
	var tops []top
	for _, name := range []string{"math", "physics", "computer_science"} {
		column := slices.Index(domains, name)
		best := slices.Clone(words)
		slices.SortStableFunc(best, func(a, b string) int { return cmp.Compare(weight(b, column), weight(a, column)) })
		tops = append(tops, top{name, best[:40]})
	}
	for _, name := range []string{"deep", "creative"} {
		t := top{name: name}
		points := map[string]int{}
		err := terms(r.root+"/rules/internal/signal/terms/cue/"+name+".txt", func(p int, phrase string) {
			if !strings.Contains(phrase, " ") && phrase[0] < 0x80 {
				t.words = append(t.words, phrase)
				points[phrase] = p
			}
		})
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(t.words, func(a, b string) int { return cmp.Compare(points[b], points[a]) })
		if len(t.words) < 20 {
			return nil, fmt.Errorf("list %q has %d single words, 20 are needed", name, len(t.words))
		}
		tops = append(tops, t)
	}
	return tops, nil
}
