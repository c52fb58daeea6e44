package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

const (
	leastRows  = 2     // in which a word or pair must occur to be learned at all
	tableRows  = 86000 // that are kept; one in thirteen shares its slot with another one and is left out
	unseenRows = 0.3   // how many rows a word that no text held counts for when rows are chosen
	vocabulary = 80000 // of the most frequent words of the vectors may have a row though no text held them
)

// domainModel is what was learned of domains.
type domainModel struct {
	model    *softmax
	features []uint64         // by number
	number   map[uint64]int32 // by feature
	traits   int              // the first so many features are traits
	known    map[uint64]*knownWord
}

// learnDomains learns twice: once to see which words and pairs matter, then with these alone and
// with those that attacks are known by, which have a row in any case. A word's score is the sum of its own, that of its stem and
// that of its vector; since all of these are sums over words, they are added up in the word's row afterwards. So words that few texts
// held, or none, have a row that is worth something, and at run time there are rows alone.
func learnDomains(samples []sample, must []uint64, vocabularyWords []knownWord, w io.Writer) *domainModel {
	x := newExtractor()
	words, traits := make([][]uint64, len(samples)), make([][]uint64, len(samples))
	rows := map[uint64]int{}
	d := &domainModel{number: map[uint64]int32{}, known: map[uint64]*knownWord{}}
	for i := range vocabularyWords {
		k := &vocabularyWords[i]
		if d.known[k.feature] == nil { // Python and python are one word: the more frequent one
			d.known[k.feature] = k
		}
	}
	for i := range samples {
		words[i], traits[i] = x.features(samples[i].text), x.traits(samples[i].text)
		if samples[i].unseen {
			continue
		}
		d.add(traits[i]...)
		n := 1
		if strings.HasPrefix(samples[i].source, "abroad") {
			n = abroadRows
		}
		for _, f := range words[i] {
			rows[f] += n
		}
	}
	d.traits = len(d.features)
	for i := range samples {
		for _, f := range words[i] {
			if rows[f] >= leastRows {
				d.add(f)
			}
		}
	}
	first := len(d.features)
	for i := range vocabularyWords[:min(len(vocabularyWords), vocabulary)] {
		d.add(vocabularyWords[i].feature)
	}
	docs := d.docs(samples, words, traits)
	d.learn(docs, rows)
	best := d.important(rows)
	d.features, d.number = d.features[:d.traits:d.traits], map[uint64]int32{}
	for i, f := range d.features {
		d.number[f] = int32(i)
	}
	d.add(must...)
	for i := 0; i < len(best) && len(d.features) < tableRows; i++ {
		d.add(best[i])
	}
	docs = d.docs(samples, words, traits)
	d.learn(docs, rows)
	fmt.Fprintf(w, "domains: %d texts, %d features, %d kept, of which %d traits\n", len(docs), first, len(d.features), d.traits)
	return d
}

// learn learns the features that have numbers.
func (d *domainModel) learn(docs []doc, rows map[uint64]int) {
	b := newBehind(d.features, d.traits, d.known, rows)
	b.learn(docs)
	d.model = b.fold()
}

// add gives numbers to features that have none.
func (d *domainModel) add(features ...uint64) {
	for _, f := range features {
		if _, ok := d.number[f]; !ok {
			d.number[f] = int32(len(d.features))
			d.features = append(d.features, f)
		}
	}
}

// docs returns the samples that may be learned from, as far as their features have numbers.
func (d *domainModel) docs(samples []sample, words, traits [][]uint64) []doc {
	var docs []doc
	for i, s := range samples {
		if !s.unseen {
			docs = append(docs, doc{d.numbers(words[i]), d.numbers(traits[i]), s.label, s.weight, s.margin()})
		}
	}
	return docs
}

func (d *domainModel) numbers(features []uint64) []int32 {
	var list []int32
	for _, f := range features {
		if n, ok := d.number[f]; ok {
			list = append(list, n)
		}
	}
	return list
}

// important returns the words and pairs whose weights move most texts furthest.
func (d *domainModel) important(rows map[uint64]int) []uint64 {
	importance := make([]float64, len(d.features))
	for i := d.traits; i < len(d.features); i++ {
		sum := 0.0
		for _, w := range d.model.weights[i*len(domains) : (i+1)*len(domains)] {
			sum += float64(w) * float64(w)
		}
		importance[i] = math.Sqrt(sum * max(float64(rows[d.features[i]]), unseenRows))
	}
	order := make([]int, 0, len(d.features))
	for i := d.traits; i < len(d.features); i++ {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(importance[b], importance[a]) })
	var best []uint64
	for _, i := range order {
		best = append(best, d.features[i])
	}
	return best
}

func percent(n, of int) string { return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(max(of, 1))) }
