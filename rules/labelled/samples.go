package labelled

import (
	_ "embed" // the texts are part of the program
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/tree"
)

//go:embed everyday.txt
var everyday string

const (
	folds      = 5
	mostFrames = 60 // of what stands beside the rows, of each built-in class
)

// sample is a text to learn from.
type sample struct {
	text   string
	label  string
	row    *Row // nil for what stands beside the rows
	weight float64
	fold   int
	// What the engine makes of it: the scores of the built-in classes, in logits, and the candidates in it.
	scores []float64
	words  []int
}

// fileSamples are the rows that have a domain. Labels that cannot be right are told.
func fileSamples(rows []Row) (samples []sample, wrong []Wrong, err error) {
	count := map[string]int{}
	for i := range rows {
		count[rows[i].Class["domain"]]++
	}
	delete(count, "")
	var plausible []string
	for _, label := range sortedKeys(count) {
		if signal.IsDomain(label) || count[label] >= LeastRows {
			plausible = append(plausible, label)
		}
	}
	near := append(signal.DomainNames(), plausible...)
	table, err := rules.Default()
	if err != nil {
		return nil, nil, err
	}
	for i := range rows {
		r := &rows[i]
		label, why := r.Class["domain"], ""
		switch {
		case label == "":
			why = `there is no domain: add "domain": "math", or the name of a class of your own`
		case !signal.ValidName(label) || label == "true" || label == "false":
			why = fmt.Sprintf("%q cannot be a class: use small letters, digits, _ and -", label)
		case !slices.Contains(plausible, label):
			why = fmt.Sprintf("the class %q has %d rows, and %d are needed", label, count[label], LeastRows)
			if count[label] == 1 {
				why = fmt.Sprintf("the class %q has 1 row, and %d are needed", label, LeastRows)
			}
			if hint := tree.DidYouMean(label, near); strings.HasPrefix(hint, "did") {
				why += ": " + hint
			}
		}
		if why != "" {
			wrong = append(wrong, Wrong{r.File, r.Line, why})
			continue
		}
		said := r.words(table)
		samples = append(samples, sample{text: said, label: label, row: r, weight: 1, fold: foldOf(said)})
	}
	switch {
	case len(wrong) > 0:
	case len(samples) == 0:
		err = fmt.Errorf("there are no rows with a domain")
	case len(samples) > MostRows:
		err = fmt.Errorf("%d rows are too many: at most %d", len(samples), MostRows)
	}
	return samples, wrong, err
}

// foldOf is a text's part in the cross-validation.
func foldOf(s string) int {
	h := fnv.New64a()
	h.Write([]byte(bare(s)))
	n := h.Sum64()
	return int((n ^ n>>32) % folds)
}

// labels are the classes of samples, sorted.
func labels(samples []sample) []string {
	seen := map[string]bool{}
	for i := range samples {
		seen[samples[i].label] = true
	}
	return sortedKeys(seen)
}

// besides are texts that are about no class of one's own: what people ask every day, and phrases of the built-in classes, bare and in short questions. Together
// they count half of what the rows count, so that a file with one class alone can be learned from.
func besides(rows int) (samples []sample) {
	for line := range strings.Lines(everyday) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			samples = append(samples, sample{text: line, label: "other", weight: 4, fold: foldOf(line)})
		}
	}
	seen := map[string]int{}
	signal.DomainTerms(func(class string, points int, phrase string) {
		if points < 3 || foldOf(phrase+class) > 1 || seen[class] >= mostFrames {
			return
		}
		if seen[class]++; seen[class]%2 == 0 && phrase[0] < 0x80 {
			phrase = []string{"What is ", "explain ", "how does ", "tell me about "}[seen[class]/2%4] + phrase
		}
		samples = append(samples, sample{text: phrase, label: class, weight: 1, fold: foldOf(phrase)})
	})
	sum := 0.0
	for i := range samples {
		sum += samples[i].weight
	}
	for i := range samples {
		samples[i].weight *= float64(rows) / 2 / sum
	}
	return samples
}
