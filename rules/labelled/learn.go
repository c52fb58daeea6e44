package labelled

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/signal"
)

const (
	// LeastRows is how many rows a class must have.
	LeastRows = 10
	// MostRows is how many rows are learned from: a table of one's own is for hundreds or thousands.
	MostRows = 50_000

	doubtful   = 90 // percent from which a label that is said to be another one is doubted
	mostDoubts = 10
)

// Classes are what was learned: for each class words with weights, as the key "classes" of a policy has them.
type Classes struct {
	Weights string // the built-in table beside which they were learned
	Classes []Class
}

// Class is one class of domains, of one's own or built in.
type Class struct {
	Name  string
	Own   bool
	Bias  int
	Words []Word // the one that says most first
}

// Word is a word, or two in a row, and what it says for the class.
type Word struct {
	Text   string
	Weight int
}

// Learned is what came of learning, and what it is worth: each row was judged by what was learned without its fifth of the rows.
type Learned struct {
	*Classes
	Rows        int          `json:"rows"`
	Before      int          `json:"before"` // rows of which the built-in classes alone said what is right
	Domain      TypeReport   `json:"domain"`
	Calibration *Calibration `json:"calibration"`
	Others      int          `json:"others"` // other texts: everyday requests, and short questions about the built-in classes
	False       int          `json:"false"`  // of those, such as were taken for a class of one's own
	Doubts      []Wrong      `json:"doubts"` // lines whose label all else speaks against
}

// Learn learns classes of domains from rows that have one. Lines whose label cannot be right are told; if there are any, or too few rows, nothing is learned.
func Learn(rows []Row) (*Learned, []Wrong, error) {
	samples, wrong, err := fileSamples(rows)
	if err != nil || len(wrong) > 0 {
		return nil, wrong, err
	}
	n := len(samples)
	samples = append(samples, besides(n)...)
	l := &learner{samples: samples, names: signal.DomainNames()}
	l.builtin = len(l.names)
	for _, label := range labels(samples[:n]) {
		l.learned = append(l.learned, l.number(label))
	}
	if len(l.names) > l.builtin+signal.MaxOwnClasses {
		return nil, nil, fmt.Errorf("%d classes are too many: at most %d beside the built-in ones", len(l.names)-l.builtin, signal.MaxOwnClasses)
	}
	l.look()
	out := &Learned{Rows: n}
	said, sums := confusion{}, newSteps()
	for fold := range folds {
		table, err := l.learn(func(s *sample) bool { return s.fold != fold })
		if err != nil {
			return nil, nil, err
		}
		j, err := table.judge()
		if err != nil {
			return nil, nil, err
		}
		for i := range samples {
			if s := &samples[i]; s.fold == fold {
				out.count(s, j, said, sums)
			}
		}
	}
	plain, err := (&Classes{}).judge()
	if err != nil {
		return nil, nil, err
	}
	for i := range samples[:n] {
		if plain.hear(samples[i].text); plain.said() == samples[i].label {
			out.Before++
		}
	}
	out.Domain, out.Calibration = typeReport("domain", said), calibrate(sums)
	slices.SortStableFunc(out.Doubts, func(a, b Wrong) int { return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	out.Doubts = append([]Wrong{}, out.Doubts[:min(len(out.Doubts), mostDoubts)]...)
	out.Classes, err = l.learn(func(*sample) bool { return true })
	return out, nil, err
}

// count adds what a judge who has not seen a sample says of it.
func (l *Learned) count(s *sample, j *judge, said confusion, sums steps) {
	j.hear(s.text)
	got := j.said()
	if s.row == nil {
		l.Others++
		if got != "" && !signal.IsDomain(got) {
			l.False++
		}
		return
	}
	said.add(s.label, got)
	best, _, sure, _ := j.st.Sureness()
	sums.add(sure, best == s.label)
	if best != s.label && sure >= doubtful {
		l.Doubts = append(l.Doubts, Wrong{s.row.File, s.row.Line, fmt.Sprintf("the row says %s, and what was learned of the others says %s (%d %%): is the label right?", s.label, best, sure)})
	}
}
