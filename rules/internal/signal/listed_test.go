package signal

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

const trivialQuestion = "What is the weather like in Lisbon today?"

func TestAListBesideAQuestionDoesNotSayWhatItIsAbout(t *testing.T) {
	st := builtinSet(t).NewState()
	for _, list := range []string{
		"eigenvalue", "eigenvalue, determinant", "eigenvalue determinant trace kernel", "- eigenvalue\n- determinant\n- trace",
		"#eigenvalue #determinant", "tags: eigenvalue / trace", "1. eigenvalue\n2. determinant\n3. trace", "Eigenwert, Determinante, Spur",
		"特征值、行列式、矩阵", strings.Repeat("eigenvalue ", 40), strings.Repeat("eigenvalue, trace\n", 40),
	} {
		for name, text := range map[string]string{
			"behind": trivialQuestion + "\n" + list, "before": list + "\n" + trivialQuestion, "around": list + "\n" + trivialQuestion + "\n" + list,
		} {
			if is := truths(st, text); is["domain.math"] || is["intent.deep_thinking"] || is["complexity.hard"] {
				t.Errorf("%s: %q is taken for mathematics", name, text)
			}
		}
	}
}

func TestAListThatIsAllThereIsSaysWhatItIsAbout(t *testing.T) {
	st := builtinSet(t).NewState()
	for text, domain := range map[string]string{
		"eigenvalue determinant trace":                                 "math",
		"eigenvalue, determinant, trace, kernel, matrix, vector space": "math",
		"python list index out of range":                               "computer_science",
		"python pandas merge dataframes left join":                     "computer_science",
		"hello\npython list index":                                     "computer_science",
		"特征值 行列式":                                                      "math",
	} {
		if !truths(st, text)["domain."+domain] {
			t.Errorf("%q is not about %s", text, domain)
		}
	}
}

// What a list says may not depend on how the text is cut into pieces.
func TestListsSayTheSameHoweverTheTextIsCut(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	words := strings.Fields("what is the a of explain debug eigenvalue matrix trace python kernel 3 x 矩 阵 是 ? . , матрица hello")
	words = append(words, "\n", "\n", "\n- ")
	st := builtinSet(t).NewState()
	for range 2000 {
		var b strings.Builder
		kinds := 3 + random.Intn(len(words)-2)
		for range 1 + random.Intn(200) {
			b.WriteString(words[random.Intn(kinds)])
			b.WriteString([]string{" ", "", "\n"}[min(2, random.Intn(9)/3*random.Intn(2))])
		}
		var whole string
		for _, size := range []int{b.Len(), 1, 7, 100} {
			st.Reset()
			sayInPieces(st, prompt.RoleUser, b.String(), size)
			values(st, &prompt.Facts{UserTurns: 1, Messages: 1})
			f := &st.last.words
			sum := f.sum(st.set)
			c := f.counts
			got := fmt.Sprint(sum.rows, sum.total, sum.extra, sum.points, c.strung, c.strungHan, c.apart, c.apartHan, c.asks)
			if whole == "" {
				whole = got
			}
			if got != whole {
				t.Fatalf("%q in pieces of %d says\n%s, want\n%s", b.String(), size, got, whole)
			}
			if c.strung+c.apart > c.words+c.numbers {
				t.Fatalf("%q: %d and %d of %d words are strung together", b.String(), c.strung, c.apart, c.words)
			}
		}
	}
}

func TestNoMoreThanSoManyWordsOfListsAreKept(t *testing.T) {
	st := builtinSet(t).NewState()
	var b strings.Builder
	for row := range 4 * mostListed {
		fmt.Fprintf(&b, "%s\n", []string{"eigenvalue", "matrix", "python", "theorem", "kernel", "river", "garden", "proof"}[row%8]+strings.Repeat("s", row/8%4))
	}
	truths(st, trivialQuestion+"\n"+b.String())
	l := &st.last.listed
	for _, list := range [][]uint32{l.runs.rows, l.runs.terms, l.stretches.rows, l.stretches.terms} {
		if len(list) > mostListed || cap(list) > mostListed {
			t.Errorf("%d are kept, in room for %d", len(list), cap(list))
		}
	}
	if len(l.runs.rows)+len(l.stretches.rows) == 0 {
		t.Error("none is kept")
	}
}
