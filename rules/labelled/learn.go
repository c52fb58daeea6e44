package labelled

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/prose"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

const (
	// LeastRows is how many rows a class must have.
	LeastRows = 10
	// MostRows is how many rows are learned from: a table of one's own is for hundreds or thousands.
	MostRows = 50_000

	leastWordRows = 2   // in which a word must stand
	wordsOfClass  = 150 // that are kept for each class, taken together
	folds         = 5
	doubtful      = 90 // percent from which a label that is said to be another one is doubted
	mostDoubts    = 10
	mostFrames    = 60 // of what stands beside the rows, of each built-in class
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

// candidate is a word, or two in a row, that may be learned.
type candidate struct {
	text string
	rows int // of the file in which it stands
	term int32
}

// Learn learns classes of domains from rows that have one. Lines whose label cannot be right are told; if there are any, or too few rows, nothing is learned.
func Learn(rows []Row) (*Learned, []Wrong, error) {
	samples, wrong, err := fileSamples(rows)
	if err != nil || len(wrong) > 0 {
		return nil, wrong, err
	}
	n := len(samples)
	samples = append(samples, besides(n)...)
	l := &learner{samples: samples}
	for _, name := range signal.DomainNames() {
		l.number(name)
	}
	l.builtin = len(l.names)
	for _, label := range labels(samples[:n]) {
		l.learned = append(l.learned, l.number(label))
	}
	if len(l.names) > l.builtin+signal.MaxOwnClasses {
		return nil, nil, fmt.Errorf("%d classes are too many: at most %d beside the built-in ones", len(l.names)-l.builtin, signal.MaxOwnClasses)
	}
	l.look()
	out := &Learned{Rows: n}
	said, steps := map[string]map[string]int{}, make([]Step, 10)
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
				out.count(s, j, said, steps, l.builtin, l.names)
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
	out.Domain, out.Calibration = typeReport("domain", said), calibrate(steps)
	slices.SortStableFunc(out.Doubts, func(a, b Wrong) int { return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	out.Doubts = append([]Wrong{}, out.Doubts[:min(len(out.Doubts), mostDoubts)]...)
	out.Classes, err = l.learn(func(*sample) bool { return true })
	return out, nil, err
}

// count adds what a judge who has not seen a sample says of it.
func (l *Learned) count(s *sample, j *judge, said map[string]map[string]int, steps []Step, builtin int, names []string) {
	j.hear(s.text)
	got := j.said()
	if s.row == nil {
		l.Others++
		if slices.Index(names, got) >= builtin {
			l.False++
		}
		return
	}
	if said[s.label] == nil {
		said[s.label] = map[string]int{}
	}
	said[s.label][got]++
	best, _, sure, _ := j.st.Sureness()
	step := &steps[min(sure/10, 9)]
	step.Rows++
	step.Sure += float64(sure)
	switch {
	case best == s.label:
		step.Right++
	case sure >= doubtful:
		l.Doubts = append(l.Doubts, Wrong{s.row.File, s.row.Line, fmt.Sprintf("the row says %s, and what was learned of the others says %s (%d %%): is the label right?", s.label, best, sure)})
	}
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
		said := r.Text
		if r.Body != nil {
			_, shape := r.body()
			said = strings.Join(table.OwnWords(shape, r.Body), "\n")
		}
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

// learner learns words of classes beside the scores of the built-in ones.
type learner struct {
	samples    []sample
	names      []string // of classes, the built-in ones first
	builtin    int      // how many those are
	learned    []int    // the classes that the rows speak of
	candidates []candidate
}

// number is the place of a class, a new one if it is new.
func (l *learner) number(name string) int {
	if i := slices.Index(l.names, name); i >= 0 {
		return i
	}
	l.names = append(l.names, name)
	return len(l.names) - 1
}

// look finds the candidates of all samples, and has the engine say which of them stand in each, and what it thinks of it without any.
func (l *learner) look() {
	all := map[string]*candidate{}
	for i := range l.samples {
		if s := &l.samples[i]; s.row != nil {
			for _, word := range phrases(s.text) {
				if all[word] == nil {
					all[word] = &candidate{text: word}
				}
				all[word].rows++
			}
		}
	}
	for _, word := range slices.Sorted(maps.Keys(all)) {
		if c := all[word]; c.rows >= leastWordRows {
			l.candidates = append(l.candidates, *c)
		}
	}
	slices.SortStableFunc(l.candidates, func(a, b candidate) int { return cmp.Compare(b.rows, a.rows) })
	l.candidates = l.candidates[:min(len(l.candidates), signal.MaxOwnWords)]

	b := builder()
	column, _ := b.OwnDomain("other", 0)
	byTerm := map[uint32]int{}
	for i := range l.candidates {
		var ps tree.Problems
		c := &l.candidates[i]
		if c.term = b.OwnWord(column, word(c.text), 0, &ps); len(ps.List) == 0 {
			byTerm[uint32(c.term)] = i
		}
	}
	j := newJudge(b.Build())
	for i := range l.samples {
		s := &l.samples[i]
		j.hear(s.text)
		s.scores = j.st.DomainScores()
		for _, term := range j.st.Terms() {
			if c, ok := byTerm[term]; ok {
				s.words = append(s.words, c)
			}
		}
		slices.Sort(s.words)
	}
}

// phrases are the different words of a text and its pairs of neighbours, as they can stand in a policy, in small letters. Words such as "the" and "of", alone or
// together, are left out: what stands beside the rows has too few of them to show that they say nothing.
func phrases(s string) (list []string) {
	tokens := slices.Clone(text.Split(s))
	functions := make([]bool, len(tokens))
	for i := range tokens {
		functions[i] = prose.FunctionsIn(tokens[i:i+1]) != 0
	}
	seen := map[string]bool{}
	add := func(phrase string, of ...text.Token) {
		if phrase = strings.ToLower(phrase); seen[phrase] {
			return
		}
		seen[phrase] = true
		for i, t := range text.Split(phrase) { // what is no phrase of the same words, such as parts of names with signs, is left alone
			if i >= len(of) || t.Hash != of[i].Hash {
				return
			}
		}
		list = append(list, phrase)
	}
	var before *text.Token
	for i := range tokens {
		t := &tokens[i]
		if t.Code() || t.Kind() == text.Number {
			before = nil
			continue
		}
		if !functions[i] {
			add(s[t.Start:t.End], *t)
		}
		if before != nil && !(functions[i] && functions[i-1]) {
			gap := " "
			if before.Kind() == text.Char && t.Kind() == text.Char {
				gap = ""
			}
			add(s[before.Start:before.End]+gap+s[t.Start:t.End], *before, *t)
		}
		before = t
	}
	return list
}

func word(s string) *tree.Node { return &tree.Node{Kind: tree.String, Text: s, Path: "$.classes"} }

// builder is one whose set knows all domains.
func builder() *signal.Builder {
	b := signal.NewBuilder()
	for _, name := range signal.DomainNames() {
		b.Lookup("domain." + name)
	}
	return b
}

// judge works out domains.
type judge struct {
	set    *signal.Set
	st     *signal.State
	values []expr.Value
}

func newJudge(s *signal.Set) *judge { return &judge{s, s.NewState(), make([]expr.Value, s.Len())} }

// judge makes a judge who knows what was learned.
func (t *Classes) judge() (*judge, error) {
	b := builder()
	var ps tree.Problems
	for _, class := range t.Classes {
		column, _ := b.OwnDomain(class.Name, int32(class.Bias))
		b.Lookup("domain." + class.Name)
		for _, w := range class.Words {
			b.OwnWord(column, word(w.Text), int8(w.Weight), &ps)
		}
	}
	return newJudge(b.Build()), ps.Err()
}

// hear works out what a text is about.
func (j *judge) hear(words string) {
	j.st.Reset()
	j.st.Text([]byte(words), 0, true)
	j.st.EndText(true)
	j.st.EndPart(prompt.PartOwn)
	j.st.EndMessage(prompt.RoleUser)
	j.st.Evaluate(&signal.Input{Facts: &prompt.Facts{UserTurns: 1, Messages: 1}}, j.values)
}

// said is the domain that is true.
func (j *judge) said() string {
	for i, v := range j.values {
		if name, ok := strings.CutPrefix(j.set.Name(i), "domain."); ok && v == expr.True {
			return name
		}
	}
	return ""
}

// The constants of learning were chosen on sports and music of OpenTriviaQA, of which docs/classes.md gives no figures.
const (
	rounds  = 40
	rate    = 0.3
	decay   = 2e-2 // of a word's weights, each time that it is seen
	dropout = 0.4  // the share of words left out
)

// model is what is learned: weights by candidate and class, and the biases of classes.
type model struct {
	classes       int
	weights, seen []float64 // and the sums of their squared gradients
	bias, biased  []float64
}

// learn learns twice from some samples: once to see which words matter, then with these alone.
func (l *learner) learn(of func(*sample) bool) (*Classes, error) {
	var samples []*sample
	rows := make([]int, len(l.candidates))
	for i := range l.samples {
		if s := &l.samples[i]; of(s) {
			samples = append(samples, s)
			for _, w := range s.words {
				if s.row != nil {
					rows[w]++
				}
			}
		}
	}
	use := make([]bool, len(l.candidates))
	for i, n := range rows {
		use[i] = n >= leastWordRows
	}
	m := l.fit(samples, use)
	order := []int{}
	matters := make([]float64, len(l.candidates))
	for i := range l.candidates {
		most := 0.0
		for _, c := range l.learned {
			most = max(most, math.Abs(m.weights[i*m.classes+c]))
		}
		if matters[i] = most * math.Sqrt(float64(rows[i])); use[i] && most >= 4*signal.OwnStep {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(matters[b], matters[a]) })
	use = make([]bool, len(l.candidates))
	for _, i := range order[:min(len(order), wordsOfClass*len(l.learned))] {
		use[i] = true
	}
	m = l.fit(samples, use)
	t := &Classes{Weights: signal.WeightsHash}
	for _, c := range l.learned {
		class := Class{Name: l.names[c], Own: c >= l.builtin}
		if class.Own {
			class.Bias = int(math.Round(max(-signal.MaxOwnBias, min(signal.MaxOwnBias, m.bias[c]/signal.OwnStep))))
		}
		for i := range l.candidates {
			w := int(math.Round(m.weights[i*m.classes+c] / signal.OwnStep))
			if w = max(-signal.MaxOwnWeight, min(signal.MaxOwnWeight, w)); use[i] && w != 0 {
				class.Words = append(class.Words, Word{l.candidates[i].text, w})
			}
		}
		slices.SortStableFunc(class.Words, func(a, b Word) int { return cmp.Or(cmp.Compare(b.Weight, a.Weight), strings.Compare(a.Text, b.Text)) })
		if len(class.Words) > 0 {
			t.Classes = append(t.Classes, class)
		} else if class.Own {
			return nil, fmt.Errorf("nothing can be learned of the class %q: its rows share no words that others lack", class.Name)
		}
	}
	return t, nil
}

// fit learns by stochastic gradient descent on the likelihood, with a rate for each weight (Adagrad): the same each time.
func (l *learner) fit(samples []*sample, use []bool) *model {
	k := len(l.names)
	m := &model{k, make([]float64, len(use)*k), make([]float64, len(use)*k), make([]float64, k), make([]float64, k)}
	mean := make([]float64, len(m.weights))
	r := newOrder(len(samples))
	p := make([]float64, k)
	var kept []int
	for round := range rounds {
		speed := rate * (1 - float64(round)/(rounds+1))
		for _, i := range r.permutation() {
			s := samples[i]
			kept = kept[:0]
			for _, w := range s.words {
				if use[w] && r.float() >= dropout {
					kept = append(kept, w)
				}
			}
			norm := 1 / math.Sqrt(float64(max(1, len(kept))))
			l.score(m, s, kept, norm, p)
			probabilities(p)
			p[slices.Index(l.names, s.label)]--
			for _, c := range l.learned {
				g := float64(p[c] * s.weight)
				for _, w := range kept {
					step(&m.weights[w*k+c], &m.seen[w*k+c], float64(g*norm)+float64(decay*m.weights[w*k+c]), speed)
				}
				if c >= l.builtin {
					step(&m.bias[c], &m.biased[c], g, speed)
				}
			}
		}
		if round >= rounds/2 {
			for i, w := range m.weights {
				mean[i] += w
			}
		}
	}
	for i := range mean {
		m.weights[i] = mean[i] / (rounds - rounds/2)
	}
	return m
}

// step moves a weight against its gradient. The conversions keep a compiler from fusing multiplication and addition, so that every machine learns the same.
func step(weight, squares *float64, gradient, rate float64) {
	*squares += float64(gradient * gradient)
	*weight -= float64(rate*gradient) / (math.Sqrt(*squares) + 1e-6)
}

// score sets p to the classes' scores over the temperature: those of one's own are as high as the best built-in one, and more or less by their words.
func (l *learner) score(m *model, s *sample, words []int, norm float64, p []float64) {
	other := s.scores[l.builtin-1]
	for c := range p {
		if c < l.builtin {
			p[c] = s.scores[c]
		} else {
			p[c] = other + m.bias[c]
		}
	}
	for _, w := range words {
		for c := range p {
			p[c] += float64(m.weights[w*m.classes+c] * norm)
		}
	}
	for c := range p {
		p[c] /= signal.DomainTemperature
	}
}

func probabilities(p []float64) {
	top, sum := slices.Max(p), 0.0
	for c := range p {
		p[c] = math.Exp(p[c] - top)
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
}
