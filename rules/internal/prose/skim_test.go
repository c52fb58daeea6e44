package prose

import (
	"math/bits"
	"math/rand"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// survey is what a State knows of a batch, the word before which stands in a sentence.
func survey(batch []text.Token, sentence uint16) (s Survey) {
	s.Functions = FunctionsIn(batch)
	before := text.InSentence(sentence)
	for i := range batch {
		t := batch[i].Traits
		s.Sentences |= text.Parted(before, t) << i
		before = t
		s.Unlisted = s.Unlisted || t.Code() || t.Script() != text.Latin && t.Script() != text.Han
	}
	return s
}

func TestABatchIsJudgedAtOnceAsItIsWordByWord(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	words := strings.Fields("the of is a 的 是 lemma matrix integral theorem proof lemma 矩 阵 12 7 x y . . ? матрица ```")
	skimmed := 0
	for range 20_000 {
		var b strings.Builder
		kinds := 2 + random.Intn(len(words)-1)
		for range 1 + random.Intn(150) {
			b.WriteString(words[random.Intn(kinds)])
			b.WriteByte(' ')
		}
		tokens := text.Split(b.String())
		var atOnce, each Filter
		for len(tokens) > 0 {
			batch := tokens[:min(len(tokens), 1+random.Intn(64))]
			tokens = tokens[len(batch):]
			v := each.Judge(batch, FunctionsIn(batch))
			before := atOnce
			begins, ok := atOnce.Skim(batch, survey(batch, atOnce.Sentence()))
			if !ok {
				if atOnce != before {
					t.Fatalf("%q: what is not judged at once changes the filter", b.String())
				}
				atOnce.Judge(batch, FunctionsIn(batch))
			} else {
				skimmed++
				want := max(bits.Len64(v.Stands), bits.Len64(v.Begins)-1)
				if v.Dropped != 0 || begins != want {
					t.Fatalf("%q: the run begins at word %d, want %d; dropped %b", b.String(), begins, want, v.Dropped)
				}
			}
			if atOnce != each {
				t.Fatalf("%q: the filter is %+v, want %+v", b.String(), atOnce, each)
			}
		}
	}
	if skimmed < 1000 {
		t.Errorf("only %d batches are judged at once", skimmed)
	}
}
