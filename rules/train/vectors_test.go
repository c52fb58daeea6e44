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
	m, b := newSoftmax(3, 2), newBehind(3, 1, 2)
	b.vector[0], b.vector[2] = make([]float32, dimensions), make([]float32, dimensions)
	b.vector[0][4], b.vector[2][5] = 2, -1
	b.stem[0], b.stem[1] = 0, 0
	for i := range m.weights {
		m.weights[i] = float32(i)
	}
	b.stems.weights[0], b.stems.weights[1] = 10, 20
	b.vectors.weights[4*2], b.vectors.weights[5*2+1] = 100, 1000
	words := []int32{0, 1, 2}
	want, got := make([]float32, 2), make([]float32, 2)
	m.score(words, nil, want)
	b.score(words, inverseRoot(len(words)), want)
	b.fold(m)
	m.score(words, nil, got)
	for c := range want {
		if d := want[c] - got[c]; d > 1e-3 || d < -1e-3 || want[c] == 0 {
			t.Errorf("class %d: %g, want %g", c, got[c], want[c])
		}
	}
}
