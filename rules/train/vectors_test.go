package main

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWordsOfOneTokenHaveTheirVectors(t *testing.T) {
	numbers := strings.TrimSuffix(strings.Repeat("0.5,", dimensions), ",")
	list, err := parseVectors(bufio.NewReader(strings.NewReader(`{"size":5,"vectors":{"Algebra":[1,` + numbers + `,7],"12":[` + numbers + `],"two words":[` +
		numbers + `],"\"":[` + numbers + `],"poem":[-1,` + numbers + `]},"unkVector":[1]}`)))
	if err != nil || len(list) != 2 || list[0].stem != "Algebra" || list[1].stem != "poem" {
		t.Fatalf("%d words, %v: %v", len(list), list, err)
	}
	if v := list[0].vector; len(v) != dimensions || v[0] <= 0 || list[1].vector[0] >= 0 {
		t.Errorf("the vectors are not what lies about their mean: %v", v)
	}
}

func TestVectorsOfAnotherFormAreRefused(t *testing.T) {
	for _, s := range []string{"", `{"words":{}}`, `{"vectors":{"a":[1,2]`, `{"vectors":{"a":{}}}`, `{"vectors":{"apple":[1,x]}}`, `{"vectors":{1:[2]}}`} {
		if list, err := parseVectors(bufio.NewReader(strings.NewReader(s))); err == nil {
			t.Errorf("%s: %v", s, list)
		}
	}
}

func TestAPackageOfVectorsThatIsNotThePinnedOneIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vectors.tgz")
	if err := os.WriteFile(file, []byte("something else"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readVectors(file); err == nil || !strings.Contains(err.Error(), "SHA-512") {
		t.Errorf("read: %v", err)
	}
}

func TestWordsOfOneStemHaveOneAndOthersDoNot(t *testing.T) {
	for _, same := range [][]string{{"derive", "derives", "deriving"}, {"polynomial", "polynomials"}, {"thermodynamic", "thermodynamics", "thermodynamically"}} {
		for _, w := range same {
			if stem(w) != stem(same[0]) {
				t.Errorf("%q has the stem %q, %q has %q", w, stem(w), same[0], stem(same[0]))
			}
		}
	}
	for _, w := range []string{"bed", "ring", "gas", "proof"} {
		if stem(w) != w {
			t.Errorf("%q has the stem %q", w, stem(w))
		}
	}
}

func TestAFoldedRowSaysWhatWordStemAndVectorSaidTogether(t *testing.T) {
	known := map[uint64]*knownWord{10: {stem: "a", vector: make([]float32, dimensions)}, 11: {stem: "a", vector: make([]float32, dimensions)}}
	known[10].vector[4], known[11].vector[5] = 2, -1
	b := newBehind([]uint64{9, 10, 11, 12}, 1, known, map[uint64]int{10: 3, 11: 500, 12: 1000})
	for i := range b.weights {
		b.weights[i] = float32(i%37) - 18
	}
	d := doc{words: []int32{1, 2, 3}, traits: []int32{0}, weight: 1}
	e := b.example(&d)
	want, got := make([]float32, b.classes), make([]float32, b.classes)
	b.score(&e, want)
	b.fold().score(d.words, d.traits, got)
	for c := range want {
		if d := marginLogits*want[c] - got[c]; d > 1e-3 || d < -1e-3 || want[c] == 0 {
			t.Errorf("class %d: %g, want %g", c, got[c], marginLogits*want[c])
		}
	}
}

func TestMarginsAreFoundWhereTheyCanBeHad(t *testing.T) {
	b := newBehind([]uint64{1, 2, 3, 4}, 0, nil, map[uint64]int{1: 5, 2: 5, 3: 5, 4: 5})
	docs := []doc{{[]int32{0, 3}, nil, 1, 1, 1}, {[]int32{1, 3}, nil, 2, 1, 1}, {[]int32{2, 3}, nil, 3, 1, 1}}
	b.learn(docs)
	m := b.fold()
	for i := range docs {
		p := make([]float32, b.classes)
		m.score(docs[i].words, nil, p)
		for c, v := range p {
			if c != docs[i].label && v >= p[docs[i].label] {
				t.Errorf("text %d: class %d has %g, its own %g", i, c, v, p[docs[i].label])
			}
		}
	}
}
