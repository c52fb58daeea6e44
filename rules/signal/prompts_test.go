package signal

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestOwnPrompts measures the signals on prompts written for this test: everyday ones, unlike
// exam questions. Each names its domain, its language, and intents that must or must not be true.
func TestOwnPrompts(t *testing.T) {
	f, err := os.Open("testdata/prompts.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st := builtinSet(t).NewState()
	type tally struct{ right, all int }
	var domain, four, language, intents tally
	count := func(to *tally, ok bool, s string) {
		to.all++
		if ok {
			to.right++
		} else {
			t.Log(s)
		}
	}
	for s := bufio.NewScanner(f); s.Scan(); {
		var row struct {
			Prompt, Domain, Language string
			Yes, No                  []string
		}
		if err := json.Unmarshal(s.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		found := truths(st, row.Prompt)
		got, lang := "", ""
		for n := range found {
			if strings.HasPrefix(n, "domain.") {
				got = n[len("domain."):]
			} else if strings.HasPrefix(n, "language.") {
				lang = n[len("language."):]
			}
		}
		domain.all++
		if got == row.Domain {
			domain.right++
		}
		count(&four, demo(got) == demo(row.Domain), "domain "+got+", want "+row.Domain+": "+row.Prompt)
		count(&language, lang == row.Language, "language "+lang+", want "+row.Language+": "+row.Prompt)
		for _, n := range row.Yes {
			count(&intents, found["intent."+n], "not "+n+": "+row.Prompt)
		}
		for _, n := range row.No {
			count(&intents, !found["intent."+n], n+": "+row.Prompt)
		}
	}
	t.Logf("%d prompts: 14 domains %s, the demo's four %s, language %s, intent %s of %d statements", domain.all,
		percent(domain.right, domain.all), percent(four.right, four.all), percent(language.right, language.all),
		percent(intents.right, intents.all), intents.all)
	if domain.all < 150 || four.right*100 < four.all*95 || language.right*100 < language.all*95 || intents.right*100 < intents.all*95 {
		t.Error("worse than it was")
	}
}
