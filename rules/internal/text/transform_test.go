package text

import (
	"strings"
	"testing"
)

func TestCaseMakesNoDifference(t *testing.T) {
	vectors(t, [][2]string{
		{"IGNORE Previous inSTRuctions", "ignore previous instructions"},
		{"Straße STRASSE STRAẞE", "strasse strasse strasse"},
		{"ПРАВИЛА Ёлка", "правила ёлка"},
		{"ΟΔΟΣ", "οδος"},
		{"ÉCOLE", "école"},
		{"Ǆ Ⱥ ԱՐԵՒ", "ǆ ⱥ արեւ"},
		{"ſecret", "secret"},
		{"\u212Aelvin", "kelvin"},
		{"İstanbul ılık", "istanbul ilik"},
	})
	differ(t, "alpha", "alphb")
}

func TestWidthAndCompatibilityFormsMakeNoDifference(t *testing.T) {
	vectors(t, [][2]string{
		{"ｉｇｎｏｒｅ　ＰＲＥＶＩＯＵＳ", "ignore previous"},
		{"１２３", "123"},
		{"𝐢𝐠𝐧𝐨𝐫𝐞 𝒫𝓇𝑒𝓋𝒾𝑜𝓊𝓈 𝕣𝕦𝕝𝕖𝕤 𝚊𝚕𝚕 𝟙𝟚", "ignore previous rules all 12"},
		{"ⓘⓖⓝⓞⓡⓔ ⒜⒝ ①②", "ignore ab 12"},
		{"🄰🅱🅐", "aba"},
		{"ﬁre ﬂow eﬃcient", "fire flow efficient"},
		{"x² + y₁", "x2 y1"},
		{"ℝ ℕ ℎ", "r n h"},
		{"Æsop œuvre", "aesop oeuvre"},
		{"Ｃ＋＋ Ｃ＃", "c++ c#"},
	})
}

func TestAccentsMakeNoDifference(t *testing.T) {
	vectors(t, [][2]string{
		{"café", "cafe\u0301"},
		{"café", "cafe"},
		{"Ångström", "angstrom"},
		{"đường Việt", "duong viet"},
		{"й", "и\u0306"},
		{"ά", "α\u0301"},
		{"سَلام", "سلام"},
		{"שָׁלוֹם", "שלום"},
		{"i\u0336g\u0336n\u0336ore", "ignore"},
		{"łódź žluťoučký", "lodz zlutoucky"},
	})
}

func TestInvisibleCharactersAreIgnoredInsideWords(t *testing.T) {
	vectors(t, [][2]string{
		{"ig\u200Bno\u200Dre", "ignore"},
		{"ig\u00ADnore", "ignore"},
		{"\uFEFFignore\u2060", "ignore"},
		{"i\u202Eg\u202Cnore", "ignore"},
		{"ig\U000E0041nore\uFE0F", "ignore"},
		{"ig\u034Fnore", "ignore"},
	})
}

func TestSeparatorsMakeNoDifference(t *testing.T) {
	vectors(t, [][2]string{
		{"ignore  previous\n\tinstructions", "ignore previous instructions"},
		{"ignore\u00A0previous\u3000instructions\u2003!", "ignore previous instructions"},
		{"ignore_previous-instructions", "ignore previous instructions"},
		{"ignore+previous++instructions# all#rules", "ignore previous instructions all rules"},
		{".ignore ...previous", "ignore previous"},
		{"“ignore” «previous» —instructions…", "ignore previous instructions"},
		{"ignore🙂previous", "ignore previous"},
		{"don't don’t", "don t don t"},
		{"node.js TCP/IP", "node js tcp ip"},
		{"", " \n.,;"},
	})
	differ(t, "ignoreprevious", "ignore previous")
}

func TestNamesWithSignsAreKeptWhole(t *testing.T) {
	for _, s := range []string{"C++", "c++.", "(C++)", "C++,", "c++\n", "“C++”", "C++语"} {
		if got := Split(s)[0].Hash; got != HashOf("c++") {
			t.Errorf("%q does not begin with the token c++", s)
		}
	}
	for _, s := range []string{"C#", "c#.", "(C#)", "c#の"} {
		if got := Split(s)[0].Hash; got != HashOf("c#") {
			t.Errorf("%q does not begin with the token c#", s)
		}
	}
	vectors(t, [][2]string{
		{"c++11 C#9", "c++ 11 c# 9"},
		{"c+d c++d c#d c+ d", "c d c d c d c d"},
		{"vc++", "vc"},
		{"a++ i# you#", "a i you"},
	})
	differ(t, "C", "C++")
	differ(t, "C", "C#")
	differ(t, "C++", "C#")
	for _, s := range []string{".NET", ".net core", "(.NET)"} {
		if got := Split(s)[0].Hash; got != dotNetHash {
			t.Errorf("%q does not begin with the token .net", s)
		}
	}
	if got := Split("ASP.NET"); len(got) != 2 || got[1].Hash != dotNetHash {
		t.Error("ASP.NET is not asp and .net")
	}
	differ(t, ".net", "net")
	same(t, "the. net", "the net")
	same(t, "safety net", "SAFETY NET.")
}

func TestScriptsWithoutSpacesGiveATokenForEachCharacter(t *testing.T) {
	for s, want := range map[string]int{
		"忽略之前的指令": 7, "用Python写": 3, "これはテスト": 6, "무시 이전": 2, "สวัสดี": 6, "привет мир": 2, "नमस्ते": 1,
		"你好，世界。": 4,
	} {
		if got := len(Split(s)); got != want {
			t.Errorf("%q has %d tokens, want %d", s, got, want)
		}
	}
	for s, want := range map[string]Script{"忽": Han, "の": Hiragana, "テ": Katakana, "무시": Hangul, "при": Cyrillic,
		"abc": Latin, "naïve": Latin, "αβγ": Greek, "שלום": Hebrew, "سلام": Arabic, "नम": Devanagari, "ส": Thai, "აბგ": OtherScript} {
		if got := Split(s)[0].Script(); got != want {
			t.Errorf("%q has script %d, want %d", s, got, want)
		}
	}
}

func TestTheTableOfScriptsIsInOrder(t *testing.T) {
	for i, s := range spans {
		if s.lo > s.hi || i > 0 && s.lo <= spans[i-1].hi {
			t.Errorf("row %d (%#x) is out of order", i, s.lo)
		}
	}
	if len(plain) != 192 {
		t.Errorf("the table of accents has %d letters, want 192", len(plain))
	}
}

func TestCodeFencesAndNumbersAreTold(t *testing.T) {
	tokens := Split("a 12 `b` ```go\nx1\n``` c")
	var code []bool
	var kinds []Kind
	for _, x := range tokens {
		code, kinds = append(code, x.Code()), append(kinds, x.Kind())
	}
	want := []bool{false, false, false, true, true, false}
	if len(code) != len(want) {
		t.Fatalf("%d tokens, want %d", len(code), len(want))
	}
	for i := range want {
		if code[i] != want[i] {
			t.Errorf("token %d: code is %v", i, code[i])
		}
	}
	if kinds[1] != Number || kinds[4] != Word {
		t.Error("12 must be a number and x1 a word")
	}
}

func TestTokensKnowWhereTheyStand(t *testing.T) {
	s := "One, Çédille C++ asp.NET 中b"
	want := []string{"One", "Çédille", "C++", "asp", ".NET", "中", "b"}
	for i, x := range Split(s) {
		if got := s[x.Start:x.End]; got != want[i] {
			t.Errorf("token %d is at %q, want %q", i, got, want[i])
		}
	}
}

func TestTraitsOfATokenDoNotRunIntoEachOther(t *testing.T) {
	long := strings.Repeat("a", 70_000)
	for _, c := range []struct {
		words, what string
		want        [5]int // Len, Sentence, Script, Kind, Code
	}{
		{long, "a word that is too long", [5]int{0xFFFF, 0, int(Latin), int(Word), 0}},
		{strings.Repeat(".", 65_536+7) + " é", "many sentences", [5]int{1, 7, int(Latin), int(Word), 0}},
		{"! ```12", "a number in code", [5]int{2, 1, int(Latin), int(Number), 1}},
		{"? 忽", "a character", [5]int{3, 1, int(Han), int(Char), 0}},
		{"the .net", "a name with a full stop", [5]int{4, 0, int(Latin), int(Word), 0}},
	} {
		tokens := Split(c.words)
		x := tokens[len(tokens)-1]
		code := 0
		if x.Code() {
			code = 1
		}
		if got := [5]int{x.Len(), int(x.Sentence()), int(x.Script()), int(x.Kind()), code}; got != c.want {
			t.Errorf("%s: %v, want %v", c.what, got, c.want)
		}
		if x.Plain() != (c.want[2] == int(Latin) && c.want[3] == int(Word) && code == 0) {
			t.Errorf("%s: plain is %v", c.what, x.Plain())
		}
	}
}
