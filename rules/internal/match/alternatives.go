package match

import "strings"

// The bounds of a phrase with gaps.
const (
	// MaxGap is the greatest number of other words between two pieces of a phrase.
	MaxGap = 8

	maxPieces       = 16  // of a phrase
	maxAlternatives = 64  // of a piece
	maxUnit         = 32  // tokens of an alternative
	maxShared       = 256 // beginnings of phrases that one alternative may complete
)

// PhraseError says what is wrong with a phrase, and where.
type PhraseError struct {
	Message string
	At      int // offset in the phrase, in bytes
}

func (e *PhraseError) Error() string { return e.Message }

// piece is a part of a phrase with gaps: one of several runs of words.
type piece struct {
	alternatives []string
	at           []int // where each stands in the phrase
}

// pieces cuts a phrase with gaps at its spaces. A piece is a run of letters, or alternatives in
// parentheses, which may have spaces: "(ignore|pay no attention to) previous (rules|instructions)".
func pieces(words string) (list []piece, err *PhraseError) {
	for i := 0; i < len(words); {
		if words[i] == ' ' || words[i] == '\t' || words[i] == '\n' {
			i++
			continue
		}
		if len(list) == maxPieces {
			return nil, &PhraseError{"has more than 16 pieces", i}
		}
		var p piece
		if words[i] == '(' {
			p, i, err = group(words, i)
		} else {
			p, i, err = run(words, i)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// run reads letters up to the next space.
func run(words string, i int) (p piece, end int, err *PhraseError) {
	end = i
	for end < len(words) && words[end] != ' ' && words[end] != '\t' && words[end] != '\n' {
		switch words[end] {
		case '(':
			return p, 0, &PhraseError{"has a ( within a word: put a space before it", end}
		case ')':
			return p, 0, &PhraseError{"has a ) without its (", end}
		case '|':
			return p, 0, &PhraseError{"has a | outside of parentheses", end}
		}
		end++
	}
	return piece{[]string{words[i:end]}, []int{i}}, end, nil
}

// group reads alternatives in parentheses.
func group(words string, i int) (p piece, end int, err *PhraseError) {
	inside, _, closed := strings.Cut(words[i+1:], ")")
	if nested := strings.IndexByte(inside, '('); nested >= 0 {
		return p, 0, &PhraseError{"has a ( within parentheses", i + 1 + nested}
	}
	if !closed {
		return p, 0, &PhraseError{"has a ( without its )", i}
	}
	at := i + 1
	n := strings.Count(inside, "|") + 1
	p.alternatives, p.at = make([]string, 0, n), make([]int, 0, n)
	for words := range strings.SplitSeq(inside, "|") {
		if strings.TrimSpace(words) == "" {
			return p, 0, &PhraseError{"has an empty alternative", at}
		}
		p.alternatives, p.at = append(p.alternatives, words), append(p.at, at)
		at += len(words) + 1
	}
	if len(p.alternatives) > maxAlternatives {
		return p, 0, &PhraseError{"has more than 64 alternatives", i}
	}
	if end = at; end < len(words) && words[end] != ' ' && words[end] != '\t' && words[end] != '\n' {
		return p, 0, &PhraseError{"has letters right behind a ): put a space there", end}
	}
	return p, end, nil
}

// Least is how many ASCII letters the shortest reading of a phrase with gaps has, and how many
// pieces. Of a phrase with a mistake it is nothing.
func Least(words string) (letters, parts int) {
	list, err := pieces(words)
	if err != nil {
		return 0, 0
	}
	for _, p := range list {
		least := len(words)
		for _, a := range p.alternatives {
			n := 0
			for i := range len(a) {
				if (a[i]|0x20)-'a' < 26 {
					n++
				}
			}
			least = min(least, n)
		}
		letters += least
	}
	return letters, len(list)
}
