package signal

import (
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/text"
)

// language is the language of the last user message, code blocks left out: by script where that
// decides, else by frequent words and letters. und stands for undetermined.
var languageKind = kind{
	name:     "language",
	builtins: append(append([]string(nil), latinNames...), "zh", "ja", "ko", "ru", "uk", "ar", "fa", "he", "hi", "th", "el", "und"),
	builtin: func(b *Builder, name string) (evaluator, about) {
		b.lists.load(languageLists)
		b.lists.load(topicLists)
		return language(name), about{message: true, whyNot: "more text can change the last message's language"}
	},
}

type language string

func (l language) value(st *State, in *Input) expr.Value {
	if in.open() {
		return expr.Unknown
	}
	if !st.scores.spoken {
		st.scores.tongue, st.scores.spoken = st.language(), true
	}
	return in.soFar(st.scores.tongue == string(l))
}

// language returns the code of the last user message's language, or "und".
func (st *State) language() string {
	n := &st.last.counts.letters
	best := text.Latin
	for s := text.Greek; s < text.Scripts; s++ {
		if n[s] > n[best] {
			best = s
		}
	}
	if n[best] == 0 {
		return "und"
	}
	kana := n[text.Hiragana] + n[text.Katakana]
	east := n[text.Han] + kana
	if east >= n[best] {
		return st.east(kana, east)
	}
	if best != text.Latin {
		return st.byScript(best)
	}
	code, points := st.latin()
	// Chinese and Japanese texts are full of Latin names. Those are no sentences, so few
	// frequent words stand among them.
	if east*3 >= n[text.Latin] && points < 6 {
		return st.east(kana, east)
	}
	return code
}

// east tells Japanese, which cannot do without kana, from Chinese.
func (st *State) east(kana, all uint32) string {
	if kana*8 > all {
		return "ja"
	}
	return "zh"
}

// byScript returns the language of a script that is not Latin.
func (st *State) byScript(s text.Script) string {
	m := &st.last.counts.marks
	switch s {
	case text.Hangul:
		return "ko"
	case text.Cyrillic:
		if m.Ukrainian > m.Russian {
			return "uk"
		}
		return "ru"
	case text.Arabic:
		if m.Persian > 0 {
			return "fa"
		}
		return "ar"
	case text.Hebrew:
		return "he"
	case text.Devanagari:
		return "hi"
	case text.Thai:
		return "th"
	case text.Greek:
		return "el"
	}
	return "und"
}

// accent is a letter that speaks for languages.
type accent struct {
	small, capital rune
	points         int32
	codes          string // of languages, parted by spaces
}

var accents = [...]accent{
	{'ñ', 'Ñ', 3, "es"}, {'ß', 'ß', 5, "de"}, {'å', 'Å', 4, "sv"}, {'ã', 'Ã', 3, "pt"}, {'õ', 'Õ', 3, "pt"},
	{'ä', 'Ä', 3, "de sv"}, {'ö', 'Ö', 2, "de sv tr"}, {'ü', 'Ü', 3, "de tr"}, {'ç', 'Ç', 2, "fr pt tr"},
	{'è', 'È', 2, "fr it"}, {'ê', 'Ê', 2, "fr pt vi"}, {'à', 'À', 2, "fr it pt"}, {'ù', 'Ù', 2, "fr it"},
	{'ò', 'Ò', 3, "it"}, {'ì', 'Ì', 3, "it"}, {'œ', 'Œ', 4, "fr"}, {'î', 'Î', 2, "fr"}, {'û', 'Û', 2, "fr"},
	{'é', 'É', 1, "fr es pt cs"}, {'ó', 'Ó', 1, "es pl pt cs"}, {'á', 'Á', 1, "es pt cs"}, {'í', 'Í', 1, "es pt cs"},
	{'ú', 'Ú', 1, "es pt cs"}, {'ł', 'Ł', 5, "pl"}, {'ą', 'Ą', 5, "pl"}, {'ę', 'Ę', 5, "pl"}, {'ś', 'Ś', 5, "pl"},
	{'ź', 'Ź', 5, "pl"}, {'ż', 'Ż', 5, "pl"}, {'ć', 'Ć', 3, "pl"}, {'ń', 'Ń', 3, "pl"}, {'ě', 'Ě', 5, "cs"},
	{'ř', 'Ř', 5, "cs"}, {'ů', 'Ů', 5, "cs"}, {'š', 'Š', 2, "cs"}, {'č', 'Č', 2, "cs"}, {'ž', 'Ž', 2, "cs"},
	{'ý', 'Ý', 2, "cs"}, {'ğ', 'Ğ', 5, "tr"}, {'ı', 'İ', 5, "tr"}, {'ş', 'Ş', 4, "tr"}, {'đ', 'Đ', 5, "vi"},
}

// latin returns the language of a text in Latin script and the points that speak for it.
func (st *State) latin() (code string, best int32) {
	var points [classLanguageID + 1 - classLanguageEN]int32
	copy(points[:], st.scores.points[classLanguageEN:classLanguageID+1])
	m := &st.last.counts.marks
	if m.Accents != [3]uint64{} {
		for i := range accents {
			if a := &accents[i]; m.HasAccent(a.small) || m.HasAccent(a.capital) {
				a.speak(&points)
			}
		}
	}
	second := int32(0)
	for i, name := range latinNames {
		if name == "vi" {
			points[i] += 3 * min(int32(m.Vietnamese), 6)
		}
		if name == "es" {
			points[i] += 4 * min(int32(m.Inverted), 3)
		}
		switch p := points[i]; {
		case p > best:
			code, best, second = name, p, best
		case p > second:
			second = p
		}
	}
	// Languages that have no list share a few words with those that have: the longer the text,
	// the more must speak for the language.
	words := min(int32(st.last.counts.words), 40)
	switch {
	case best >= 2+words/4 && best > second:
		return code, best
	case best == 0 && m.Accents == [3]uint64{} && st.knownTerms():
		return "en", 1
	}
	return "und", 0
}

// speak gives an accent's points to its languages.
func (a *accent) speak(points *[classLanguageID + 1 - classLanguageEN]int32) {
	for codes := a.codes; len(codes) >= 2; {
		for i, name := range latinNames {
			if name == codes[:2] {
				points[i] += a.points
			}
		}
		codes = codes[min(3, len(codes)):]
	}
}

// knownTerms reports whether the text has terms of some domain; they are English where the
// script is Latin.
func (st *State) knownTerms() bool {
	for _, p := range st.scores.points[:classHistory+1] {
		if p > 0 {
			return true
		}
	}
	return false
}
