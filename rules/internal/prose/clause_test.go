package prose

import (
	"testing"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// stretch reads a text without ends of sentences, in batches of a size.
func stretch(words string, size int) (s Stretch) {
	tokens := append([]text.Token(nil), text.Split(words)...)
	for len(tokens) > 0 {
		batch := tokens[:min(size, len(tokens))]
		tokens = tokens[len(batch):]
		s.Read(batch, ^uint64(0)>>(64-len(batch)), survey(batch, batch[0].Sentence()))
	}
	return s
}

func TestAStretchIsAListOrASentence(t *testing.T) {
	const list, sentence, neither = "list", "sentence", "neither"
	for words, want := range map[string]string{
		"eigenvalue":                              list,
		"eigenvalue, trace, kernel":               list,
		"conservation of momentum":                list,
		"keywords: entropy, enthalpy":             list,
		"debug":                                   list,
		"explain":                                 list, // a verb alone asks for nothing
		"design pattern":                          list,
		"Satz des Pythagoras":                     list,
		"微积分 线性代数 概率论":                            list,
		"poem story novel haiku sonnet ballad":    list,
		"what time is it in Paris":                sentence,
		"who wrote Hamlet":                        sentence,
		"explain photosynthesis":                  sentence,
		"please prove the binomial theorem":       sentence,
		"debug this function":                     sentence,
		"beweise die Kettenregel":                 sentence,
		"explique la photosynthèse":               sentence,
		"今天天气怎么样":                                 sentence,
		"求函数的极值":                                  sentence,
		"微分、積分とは何ですか":                             sentence,
		"докажи теорему":                          sentence,
		"mass 2 kg and spring constant 50 N":      neither, // numbers belong to a task
		"the theory of the growth of the economy": neither,
		"can you": neither,
		"":        neither,
		"1":       neither,
	} {
		for _, size := range []int{1, 2, 5, 64} {
			s := stretch(words, size)
			got := neither
			switch {
			case s.Listed() && s.Asks():
				got = "both"
			case s.Listed():
				got = list
			case s.Asks():
				got = sentence
			}
			if got != want {
				t.Errorf("%q in batches of %d is %s, want %s", words, size, got, want)
			}
		}
	}
}

func TestALinkerIsAFunctionWordAndAVerbThatAsksIsNone(t *testing.T) {
	for i, hash := range known.slots {
		switch k := known.kinds[i]; {
		case k&linker != 0 && k&function == 0:
			t.Errorf("the linker %x holds no sentence together", hash)
		case k&asking != 0 && k&ambiguous != 0:
			t.Errorf("the verb %x stands in both lists", hash)
		}
	}
}
