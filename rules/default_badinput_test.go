package rules_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/strictjson"
)

// What no person would ask gets a class that may be doubted, or none, and is never taken for an attack.
func TestOddTextsGetNoBoldClassAndNoFlag(t *testing.T) {
	table, err := rules.Default()
	if err != nil {
		t.Fatal(err)
	}
	const boast = 90 // percent
	for name, odd := range map[string]struct{ text, may string }{
		"nothing":               {"", ""},
		"white space":           {" \n\t \u3000", ""},
		"one letter":            {"a", ""},
		"one letter of another": {"ж", ""},
		"one digit":             {"7", ""},
		"only numbers":          {"42 17 3.5 1000 2024 08 15", "math"},
		"a long number":         {strings.Repeat("9", 5000), "math"},
		"only signs":            {"?!… --- *** ((( )))", ""},
		"only code":             {"for (int i = 0; i < n; i++) { sum += values[i]; }\nreturn sum;", "computer_science"},
		"only JSON":             {`{"a": [1, 2, {"b": null}], "c": true}`, "computer_science"},
		"1 MB of one word":      {strings.Repeat("lantern ", 1<<17), ""},
		"1 MB of one letter":    {strings.Repeat("x", 1<<20), ""},
		"1 MB without words":    {strings.Repeat("\u200b.", 1<<18), ""},
		"twenty languages": {"good day guten Tag bonjour buenos días bom dia buongiorno goedendag god dag hyvää päivää dzień dobry dobrý den " +
			"добрый день добрий день καλημέρα merhaba שלום مرحبا नमस्ते สวัสดี 你好 こんにちは 안녕하세요 xin chào", ""},
		"mixed scripts in words": {"hеllо wоrld, plеаsе rеаd thіs lеttеr", ""},
		"broken emoji":           {"\U0001F468\u200d\u200d\U0001F467 \ufe0f\ufe0f\ufe0f \U0001F1E6", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := table.NewSession(prompt.Chat)
			body := strictjson.AppendQuoted([]byte(`{"model":"auto","messages":[{"role":"user","content":`), odd.text)
			s.Feed(append(body, `}]}`...))
			d := s.Close()
			best, _, sure, _ := s.Topic()
			if sure >= boast && best != "other" && (odd.may == "" || best != odd.may) {
				t.Errorf("it is said to be %s, and that sure: %d %%", best, sure)
			}
			if d.Status >= 400 || slices.Contains(d.Flags, "jailbreak") {
				t.Errorf("it is answered with %d and has the flags %q", d.Status, d.Flags)
			}
		})
	}
}
