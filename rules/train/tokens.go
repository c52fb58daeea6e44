package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"go/format"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/prompt"
)

// tokenCounts says how many tokens real tokenizers make of each document: hash, then a number for each family behind the first, a line each. count_tokens.py wrote it.
//
//go:embed testdata/tokens.txt
var tokenCounts string

// weightsOfTokens is where the learned weights of the estimate go.
const weightsOfTokens = "rules/internal/signal/measure_weights.go"

// printDocuments prints the texts, for count_tokens.py: JSON lines.
func printDocuments(data string) error {
	docs, err := documents(data)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for i := range docs {
		if err := out.Encode(map[string]any{"hash": docs[i].hash(), "text": docs[i].text, "tools": docs[i].tools}); err != nil {
			return err
		}
	}
	return nil
}

// counted is a document with what real tokenizers make of it and what the scan measures.
type counted struct {
	document
	real    []int64 // by family, without the first
	measure signal.Measure
}

func countedDocuments(data string) ([]counted, error) {
	docs, err := documents(data)
	if err != nil {
		return nil, err
	}
	families := len(signal.Families) - 1
	known := map[string][]int64{}
	for line := range strings.Lines(tokenCounts) {
		fields := strings.Fields(line)
		if len(fields) != families+1 || line[0] == '#' {
			continue
		}
		numbers := make([]int64, families)
		for i := range numbers {
			if _, err := fmt.Sscan(fields[i+1], &numbers[i]); err != nil {
				return nil, fmt.Errorf("testdata/tokens.txt: %q: %w", line, err)
			}
		}
		known[fields[0]] = numbers
	}
	set, err := setOf("language.en")
	if err != nil {
		return nil, err
	}
	state := set.NewState()
	reader := prompt.NewReader(&prompt.Options{})
	var all []counted
	for _, d := range docs {
		real, ok := known[d.hash()]
		if !ok {
			continue // the data is another one than that which was counted
		}
		state.Reset()
		reader.Reset(prompt.Chat, state)
		if err := reader.Feed([]byte(d.body())); err != nil && !d.tools {
			return nil, fmt.Errorf("a document of kind %q: %w", d.kind, err)
		}
		all = append(all, counted{d, real, state.Measure()})
	}
	if len(all) < len(docs)*9/10 {
		return nil, fmt.Errorf("testdata/tokens.txt knows %d of %d documents: count again with rules/train/count_tokens.py", len(all), len(docs))
	}
	return all, nil
}

// pairsOfTokens is where the pairs of Chinese characters go.
const pairsOfTokens = "rules/internal/signal/measure_pairs.bin"

// A pair is worth a bit if it stands in the texts so often, and e^leastBond times as often as its characters would meet by chance.
const (
	leastPairs = 20
	leastBond  = 2.0
)

// learnPairs learns which Chinese characters often stand together, from texts that the estimate is not judged by.
func learnPairs(data string) error {
	docs, err := documents(data)
	if err != nil {
		return err
	}
	var held strings.Builder
	for i := range docs {
		if d := &docs[i]; d.kind == "Chinese" && d.held() {
			held.WriteString(d.text + "\n")
		}
	}
	singles, pairs, all := map[uint64]float64{}, map[[2]uint64]float64{}, 0.0
	for _, name := range []string{"benign", "domain", "attack"} {
		err := lines(filepath.Join(data, "learn", name+".jsonl.gz"), func(line []byte) error {
			var r row
			if err := json.Unmarshal(line, &r); err != nil {
				return err
			}
			if r.Lang != "zh" || strings.Contains(held.String(), r.Text) {
				return nil
			}
			before := uint64(0)
			for _, t := range text.Split(r.Text) {
				if t.Script() != text.Han || t.Traditional() {
					before = 0
					continue
				}
				singles[t.Hash]++
				all++
				if before != 0 {
					pairs[[2]uint64{before, t.Hash}]++
				}
				before = t.Hash
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	set := make([]byte, 1<<16/8)
	for pair, n := range pairs {
		if n >= leastPairs && math.Log(n*all/(singles[pair[0]]*singles[pair[1]])) >= leastBond {
			bit := signal.PairBit(pair[0], pair[1])
			set[bit/8] |= 1 << (bit % 8)
		}
	}
	return os.WriteFile(pairsOfTokens, set, 0o644)
}

// rounds of descent over all weights.
const rounds = 3000

// learnTokens learns the weights of the estimate: for each family those that are not negative and bring the ratio of estimate and count closest to 1, by absolute
// difference, so that some odd texts of a kind move the others little. All kinds weigh alike.
func learnTokens(data string) error {
	docs, err := countedDocuments(data)
	if err != nil {
		return err
	}
	share := map[string]float64{}
	for _, d := range docs {
		if !d.held() {
			share[d.kind]++
		}
	}
	var b strings.Builder
	b.WriteString("package signal\n\n// tokenWeights are what each measure costs in tokens, in parts, by family. Learned: go run ./rules/train tokens.\nvar tokenWeights = [families - 1][Measures]uint16{\n")
	for f := range len(signal.Families) - 1 {
		w := fit(docs, f, share)
		fmt.Fprintf(&b, "\t%s - 1: {", []string{"O200k", "Llama3", "Qwen", "DeepSeek"}[f])
		for i, v := range w {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprint(&b, math.Round(v*256))
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n")
	formatted, err := format.Source([]byte(b.String()))
	if err != nil {
		return err
	}
	return os.WriteFile(weightsOfTokens, formatted, 0o644)
}

// fit finds a family's weights by descent, one weight after the other, on the squared relative error, each document weighed by the inverse of its error so far.
func fit(docs []counted, family int, share map[string]float64) []float64 {
	w := make([]float64, signal.Measures)
	for i := range w {
		w[i] = 0.3
	}
	type example struct {
		x      []float64 // relative to the count
		weight float64
		sum    float64
	}
	var list []example
	for i := range docs {
		d := &docs[i]
		if d.held() || d.real[family] == 0 {
			continue
		}
		e := example{x: make([]float64, signal.Measures), weight: 1 / share[d.kind]}
		for j, n := range d.measure {
			e.x[j] = float64(n) / float64(d.real[family])
			e.sum += w[j] * e.x[j]
		}
		list = append(list, e)
	}
	const ridge = 1e-7
	for range rounds {
		for j := range w {
			var top, bottom float64
			for i := range list {
				e := &list[i]
				if e.x[j] == 0 {
					continue
				}
				error := e.sum - 1
				k := e.weight / max(math.Abs(error), 0.02)
				top += k * e.x[j] * (error - w[j]*e.x[j])
				bottom += k * e.x[j] * e.x[j]
			}
			if bottom == 0 {
				continue
			}
			v := max(0, (0.3*ridge-top)/(bottom+ridge))
			v = min(v, 250)
			step := v - w[j]
			w[j] = v
			for i := range list {
				list[i].sum += step * list[i].x[j]
			}
		}
	}
	return w
}

// tokens prints how the estimate compares with real tokenizers.
func (r *report) tokens() error {
	docs, err := countedDocuments(r.data)
	if err != nil {
		return err
	}
	r.title("Token estimates")
	r.line("The estimate over what the tokenizer of each family counts, for documents that nothing was learned from: the median, the")
	r.line("5th and the 95th percentile, and how many are within 10 %%. Bounds on the context count with that margin.")
	r.line("")
	r.head("kind", "documents", "o200k", "", "llama3", "", "qwen", "", "deepseek", "")
	byKind := map[string][]*counted{}
	var kinds []string
	for i := range docs {
		if d := &docs[i]; d.held() {
			if byKind[d.kind] == nil {
				kinds = append(kinds, d.kind)
			}
			byKind[d.kind] = append(byKind[d.kind], d)
		}
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		cells := []string{kind, fmt.Sprint(len(byKind[kind]))}
		for f := range len(signal.Families) - 1 {
			var ratios []float64
			near := 0
			for _, d := range byKind[kind] {
				ratio := float64(d.measure.Tokens(signal.Family(f+1))) / float64(d.real[f])
				ratios = append(ratios, ratio)
				if math.Abs(ratio-1) <= 0.1 {
					near++
				}
			}
			sort.Float64s(ratios)
			at := func(q float64) float64 { return ratios[min(int(q*float64(len(ratios))), len(ratios)-1)] }
			cells = append(cells, fmt.Sprintf("%.2f (%.2f to %.2f)", at(0.5), at(0.05), at(0.95)), fmt.Sprintf("%.0f %%", 100*float64(near)/float64(len(ratios))))
		}
		r.cells(cells...)
	}
	return nil
}
