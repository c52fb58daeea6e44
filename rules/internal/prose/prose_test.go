package prose

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/text"
)

// counting returns the words of a text that count, by asking the filter in batches of a size.
func counting(words []string, tokens []text.Token, size int) string {
	var f Filter
	var held, counted []string
	for from := 0; from < len(tokens); from += size {
		batch := tokens[from:min(from+size, len(tokens))]
		v := f.Judge(batch, FunctionsIn(batch))
		for i := range batch {
			switch bit := uint64(1) << i; {
			case v.Stands&bit != 0:
				counted = append(append(counted, held...), words[from+i])
				held = nil
			case v.Begins&bit != 0:
				counted = append(counted, held...)
				held = []string{words[from+i]}
			case v.Dropped&bit != 0:
				held = nil
			default:
				held = append(held, words[from+i])
			}
		}
	}
	return strings.Join(append(counted, held...), " ")
}

func TestWordsThatAreStrungTogetherDoNotCount(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"a sentence counts":                               {"what is the integral of a sine", "what is the integral of a sine"},
		"four words of content in a row count":            {"the maximum likelihood estimation error is large", "the maximum likelihood estimation error is large"},
		"five do not":                                     {"the maximum likelihood estimation error rate is large", "the is large"},
		"a list behind a question does not":               {"what time is it theorem integral lemma eigenvalue matrix", "what time is it"},
		"nor does what follows it, to the sentence's end": {"what time is it theorem integral lemma eigenvalue matrix derivative area of a circle. Is it late?", "what time is it Is it late?"},
		"a list before a question does not":               {"the theorem integral lemma eigenvalue matrix derivative proof. What time is it?", "the What time is it?"},
		"nor however often it is repeated":                {"is it " + strings.Repeat("lemma ", 300), "is it"},
		"numbers do not end a list":                       {"it theorem 1 integral 2 lemma 3 eigenvalue 4 matrix", "it"},
		"nor do single letters":                           {"it theorem x integral y lemma z eigenvalue w matrix", "it"},
		"but numbers and letters make none":               {"3 x 4 y 5 z 6 a 7 b 8 c", "3 x 4 y 5 z 6 a 7 b 8 c"},
		"a list in German does not count":                 {"was ist das Satz Integral Matrix Beweis Ableitung", "was ist das"},
		"a Chinese sentence counts":                       {"分 析 人 工 智 能 对 未 来 社 会 的 影 响", "分 析 人 工 智 能 对 未 来 社 会 的 影 响"},
		"a Chinese list does not":                         {"你 是 谁 定 理 积 分 矩 阵 特 征 值 导 数 证 明", "你 是 谁"},
		"a language without a list of ours does":          {"теорема интеграл матрица доказательство производная лемма", "теорема интеграл матрица доказательство производная лемма"},
		"the end of a sentence ends a run":                {"Why is the sky blue? Explain Rayleigh scattering.", "Why is the sky blue? Explain Rayleigh scattering."},
		"but not that of a list":                          {"Is it? Theorem. Integral. Lemma. Eigenvalue. Matrix.", "Is it?"},
		"no words":                                        {"", ""},
	} {
		words := strings.Fields(test.text)
		tokens := text.Split(test.text)
		if len(tokens) != len(words) {
			t.Fatalf("%s: %d tokens of %d words", name, len(tokens), len(words))
		}
		for _, size := range []int{1, 2, 3, 7, 64} {
			if got := counting(words, tokens, size); got != test.want {
				t.Errorf("%s, in batches of %d: %q counts, want %q", name, size, got, test.want)
			}
		}
	}
}

func TestCodeBetweenFencesIsNoList(t *testing.T) {
	tokens := text.Split("```\nparser lexer token grammar syntax tree node\n```")
	if v := new(Filter).Judge(tokens, FunctionsIn(tokens)); v != (Verdicts{Stands: 1<<len(tokens) - 1}) {
		t.Errorf("the words of the code have the verdicts %+b", v)
	}
}

func TestEveryWordOfTheListIsKnownAndNoOther(t *testing.T) {
	own := map[uint64]bool{}
	var split text.Splitter
	for _, line := range strings.Split(functionWords, "\n") {
		if !strings.HasPrefix(line, "#") {
			for _, tok := range split.Split(line) {
				own[tok.Hash] = true
			}
		}
	}
	for hash := range own {
		if known.kind(hash)&function == 0 {
			t.Errorf("the hash %x of the list is not known", hash)
		}
	}
	x := uint64(1)
	for range 1_000_000 {
		x = x*6364136223846793005 + 1442695040888963407
		if known.kind(x)&function != 0 && !own[x] {
			t.Fatalf("%x is no word of the list", x)
		}
	}
	all := 0
	for _, hash := range known.slots {
		if hash != 0 {
			all++
		}
	}
	if all > 1<<slotBits/2 {
		t.Errorf("%d words: the table is more than half full", all)
	}
}
