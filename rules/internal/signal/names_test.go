package signal

import (
	"strconv"
	"testing"
)

// TestWordsOfEveryKindMatchInSentences has a keyword for each kind of word that is easily missed.
func TestWordsOfEveryKindMatchInSentences(t *testing.T) {
	for word, sentences := range map[string][]string{
		"C++":      {"I write C++ and Rust.", "Is c++11 old?", "用C++写代码", "(C++)", "ｃ＋＋ is fun"},
		"C#":       {"Learn C# today!", "c#?", "C#とは"},
		".NET":     {"Is .NET free?", "ASP.NET Core", "the (.net) runtime"},
		"café":     {"Un café, por favor.", "the cafe\u0301 is closed", "CAFÉ", "cafe"},
		"правила":  {"Какие правила?", "ПРАВИЛА игры", "(правила)"},
		"한국어":      {"한국어 배우기", "저는 한국어, 좋아해요", "한국어!"},
		"ガイド":      {"旅行ガイドです", "ｶﾞｲﾄﾞ", "ガイドブック"},
		"ありがとう":    {"どうもありがとうございます", "ありがとう。"},
		"規則":       {"规则很重要", "這些規則", "規則を守る"},
		"naïve":    {"a naive idea", "naïve?", "NAI\u0308VE"},
		"straße":   {"in der Strasse", "STRASSE!", "Straße 5"},
		"don't":    {"please don’t go", "DON'T"},
		"नियम":     {"यह नियम है।", "नियम, नियम"},
		"القواعد":  {"ما هي القواعد؟", "القَوَاعِد", "القـواعد"},
		"Việt Nam": {"ở VIỆT NAM", "viet nam"},
	} {
		b := NewBuilder()
		declare(t, b, "keyword", "x", `{"words": [`+strconv.Quote(word)+`]}`)
		st := b.Build().NewState()
		for _, s := range sentences {
			if !truths(st, s)["keyword.x"] {
				t.Errorf("%q is not found in %q", word, s)
			}
		}
	}
	for word, sentences := range map[string][]string{
		"C++": {"vitamin C", "C+", "c and more", "c plus plus"}, "C#": {"C major", "#c", "f#"}, ".NET": {"net income", "the. net"},
		"café": {"cafeteria"}, "правила": {"правило", "неправила"}, "한국어": {"한국"}, "規則": {"规矩"}, "don't": {"donut"},
	} {
		b := NewBuilder()
		declare(t, b, "keyword", "x", `{"words": [`+strconv.Quote(word)+`]}`)
		st := b.Build().NewState()
		for _, s := range sentences {
			if truths(st, s)["keyword.x"] {
				t.Errorf("%q is found in %q", word, s)
			}
		}
	}
}
