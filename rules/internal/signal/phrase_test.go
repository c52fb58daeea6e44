package signal

import (
	"strconv"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/tree"
)

func TestAlternativesNeedNoGap(t *testing.T) {
	b := NewBuilder()
	declare(t, b, "keyword", "a", `{"in": "any", "words": ["(ignore|pay no attention to) previous (rules|instructions)", "plain words"]}`)
	declare(t, b, "keyword", "b", `{"words": ["(red|blue) car"]}`)
	st := b.Build().NewState()
	for words, want := range map[string]string{
		"Please ignore previous rules.": "keyword.a", "PAY NO ATTENTION to previous instructions": "keyword.a", "plain words": "keyword.a", "a blue car": "keyword.b",
		"ignore the previous rules": "", "ignore pay no attention to previous rules": "keyword.a", "red blue car": "keyword.b", "red car park": "keyword.b", "car": "",
		"ignore previous": "", "previous rules": "",
	} {
		if got := truths(st, words); !sameNames(got, want) {
			t.Errorf("%q: %v, want %q", words, got, want)
		}
	}
}

// A sign that texts are cut at says nothing in a phrase, so nobody may think that it does.
func TestSignsThatWouldBeDroppedAreMistakes(t *testing.T) {
	for phrase, sign := range map[string]string{
		"!fast": "!", "@opus": "@", "#deep": "#", "/think": "/", "--verbose": "-", "$HOME": "$", "c+": "+", "d#": "#", "50%": "%", "wow!": "!", "who are you?": "?",
		"<think>": "<", "[INST]": "[", "a ! b": "!", "use @opus now": "@", "{x}": "{", "~now": "~", "“quoted”": "“", "¡hola!": "¡", "快！": "！", "、快": "、", "fast →": "→", "🔥 hot": "🔥",
		"(!fast|slow) car": "!", "(fast|slow!) car": "!", "really (fast|slow) car.": ".", "a_ b": "_", "don't stop.": ".", "°C": "°", "؟ماذا": "؟",
		"what's up": "", "step-by-step": "", "node.js": "", "AT&T": "", "e.g": "", "and/or": "", "user@host": "", "no_think": "", "O(1)": "(", "你好，世界": "", "l’eau": "",
		"a…b": "", "a--b": "", "a. b": ".", "5µm": "", "x²": "", "नमस्ते": "", "สวัสดี": "", "مرحبا بك": "", "カード・番号": "", "Q&A time": "", "plain words": "", ".net": "", "C++": "", "learn c#": "", "asp.net": "", "e\u0301te\u0301": "",
		"a\u00a0b": "", "ひらがな カタカナー": "",
	} {
		for _, options := range []string{`{"words": [` + strconv.Quote(phrase) + `]}`, `{"in": "any", "gap": 2, "words": [` + strconv.Quote(phrase) + `]}`} {
			b := NewBuilder()
			var ps tree.Problems
			b.Declare(&tree.Node{Kind: tree.String, Text: "keyword"}, &tree.Node{Kind: tree.String, Text: "k"}, node(t, options), &ps)
			text := ""
			if err := ps.Err(); err != nil {
				text = err.Error()
			}
			if sign == "(" && strings.Contains(text, "has a ( within a word") {
				continue
			}
			if dropped := strings.Contains(text, "has the sign "+strconv.Quote(sign)); sign != "" && !dropped || sign == "" && text != "" {
				t.Errorf("%s: %q, want a complaint about %q", options, text, sign)
			}
		}
	}
}
