package signal

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

// What learned signals go by, told for people: nothing of it is part of the module.

// Weighed is what a learned signal has weighed: For is what speaks for Best and against Second, which is the next one, or for what is true and against that
// it is not, and Against the opposite; each with the most telling first.
type Weighed struct {
	Type         string // such as "domain" or "intent.coding"
	Best, Second string // of a type of several classes, else "" both
	// Percent is how likely Best is, of types for which that is known; else -1.
	Percent int
	// Lead is by how much Best leads, or how far above its bound a signal is, below it where that is negative; in logits.
	Lead         float64
	For, Against []Voice
}

// Sentence says in words what it has come to, and how sure that is.
func (w *Weighed) Sentence() string {
	switch {
	case w.Second != "":
		return w.Type + ": " + w.Best + ", " + surely(w.Percent) + " (" + strconv.Itoa(w.Percent) + " %), then " + w.Second
	case w.Best != "":
		return w.Type + ": " + w.Best + ", " + clearly(w.Lead) + " the bound of medium"
	}
	return w.Type + ": " + clearly(w.Lead) + " its bound"
}

func surely(percent int) string {
	switch {
	case percent >= 90:
		return "surely"
	case percent >= 70:
		return "likely"
	case percent >= 50:
		return "rather"
	}
	return "a guess"
}

func clearly(lead float64) string {
	size, side := "", "above"
	if lead <= 0 {
		lead, side = -lead, "below"
	}
	switch {
	case lead >= 2:
		size = "far "
	case lead < 0.5:
		size = "just "
	}
	return size + side
}

// Voice is a word, two in a row, or what the structure of a text says, and how much it says, in logits.
type Voice struct {
	What string
	Says float64
}

// mostVoices is how many voices are told for and against.
const mostVoices = 8

// Weigh tells what the learned signals of the last user message have weighed; texts are its own words. It may be asked after Evaluate.
func (st *State) Weigh(texts []string) (list []Weighed) {
	if st.set.table == nil || st.words() == 0 {
		return nil
	}
	st.rate()
	words := st.wordsOf(texts)
	if st.set.topics {
		st.rank()
		list = append(list, st.weighDomain(words))
	}
	for i, name := range ExtraIntents {
		full := "intent." + name
		if slices.ContainsFunc(st.set.signals, func(s signal) bool { return s.name == full }) {
			list = append(list, st.weighExtra(full, i, words))
		}
	}
	if slices.ContainsFunc(st.set.signals, func(s signal) bool { return strings.HasPrefix(s.name, "complexity.") }) {
		w := st.weighExtra("complexity", ExtraComplexity, words)
		w.Best = string(st.complexity())
		list = append(list, w)
	}
	return list
}

// knownWord is a word or two in a row that have a row.
type knownWord struct {
	text string
	row  uint32
}

// wordsOf are the known words of texts that count, in the order of their places. What is strung together is not among them.
func (st *State) wordsOf(texts []string) (list []knownWord) {
	seen := map[uint32]bool{}
	for _, s := range texts {
		prev := uint64(0)
		tokens := text.Split(s)
		for i := range tokens {
			t := &tokens[i]
			word := weights.Word(t)
			add := func(feature uint64, from int64, where string) {
				if row, ok := st.set.table.Row(feature); ok && st.last.rows.has(row) && !seen[row] {
					seen[row] = true
					list = append(list, knownWord{strings.ToLower(s[from:t.End]) + where, row})
				}
			}
			add(word, t.Start, "")
			if i > 0 {
				add(weights.Pair(prev, word), tokens[i-1].Start, "")
			} else {
				add(weights.Pair(0, word), t.Start, " at the beginning")
			}
			prev = word
		}
	}
	return list
}

func (st *State) weighDomain(words []knownWord) Weighed {
	table, t, o := st.set.table, &st.topic, &st.set.owned
	logit := CreativeMargin / float64(table.Param(ParamCreativeMargin))
	w := Weighed{Type: "domain", Best: o.name(t.best), Second: o.name(t.second), Percent: int(st.sureness()), Lead: float64(t.margin) * logit}
	norm := logit * float64(table.Param(ParamWordScale)) / 256 / math.Sqrt(float64(max(st.last.tally.rows, 1)))
	best, second := min(t.best, columnOther), min(t.second, columnOther) // by which the learned table speaks: a class of one's own scores as other does
	voices := st.voices(words, norm, logit, func(row uint32) int32 { return table.Weight(row, best) - table.Weight(row, second) })
	if o.used {
		words := st.last.sum(st.set)
		says := OwnStep / math.Sqrt(float64(max(words.owned, 1)))
		voices = append(voices, Voice{"the policy's own words", says * float64(words.own[t.best]-words.own[t.second])})
		for i, c := range [...]int{t.best, t.second} {
			if c >= learnedDomains {
				voices = append(voices, Voice{"the bias of " + o.name(c), OwnStep * float64(o.bias[c-learnedDomains]) * float64(1-2*i)})
			}
		}
	}
	w.sort(voices)
	return w
}

// weighExtra weighs an extra column.
func (st *State) weighExtra(name string, column int, words []knownWord) Weighed {
	table := st.set.table
	step := HardLead / float64(table.Param(ParamHard))
	w := Weighed{Type: name, Percent: -1, Lead: step * float64(st.intentScores()[column])}
	norm := step * float64(table.Param(ParamIntentScale)) / 256 / math.Sqrt(float64(max(st.last.tally.extraRows, 1)))
	w.sort(st.voices(words, norm, step, func(row uint32) int32 { return table.Extra(row, column) }))
	return w
}

// voices are what each word says, and what structure and term lists say together, given what a row weighs and what a weight of 1 is in logits: among words
// and by itself.
func (st *State) voices(words []knownWord, ofWords, alone float64, weighs func(row uint32) int32) (list []Voice) {
	for _, word := range words {
		list = append(list, Voice{word.text, ofWords * float64(weighs(word.row))})
	}
	structure := 0.0
	for _, row := range st.traitRows() {
		structure += alone * float64(weighs(row))
	}
	return append(list, Voice{"length, signs and terms together", structure})
}

// sort takes the voices that say most for and against.
func (w *Weighed) sort(voices []Voice) {
	slices.SortStableFunc(voices, func(a, b Voice) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Says), math.Abs(a.Says)), strings.Compare(a.What, b.What))
	})
	for _, v := range voices {
		switch {
		case math.Abs(v.Says) < 0.005:
		case v.Says > 0 && len(w.For) < mostVoices:
			w.For = append(w.For, v)
		case v.Says < 0 && len(w.Against) < mostVoices:
			w.Against = append(w.Against, v)
		}
	}
}
