package signal

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestHonestTextHasFewDisguises reports how often disguises and personal data are found in texts
// that were not made to hold any.
func TestHonestTextHasFewDisguises(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	st := evasionAll(t).NewState()
	for _, file := range []string{"benign.jsonl", "languages.jsonl", "domain.jsonl"} {
		rows, count := 0, map[string]int{}
		for s := dataFile(t, file); s.Scan(); {
			var row struct{ Text, Prompt, Question string }
			if json.Unmarshal(s.Bytes(), &row) != nil {
				continue
			}
			rows++
			for name := range truths(st, row.Text+row.Prompt+row.Question) {
				if strings.HasPrefix(name, "obfuscation.") || strings.HasPrefix(name, "pii.") {
					count[name]++
				}
			}
		}
		t.Log(file, rows, "rows:", count)
		for name, n := range count {
			if n*50 > rows {
				t.Errorf("%s is found in %d of %d rows of %s", name, n, rows, file)
			}
		}
	}
}

// TestAttacksAreFoundInDisguise applies each evasion to every attack that the default policy's
// phrases find as it is written: few may be lost.
func TestAttacksAreFoundInDisguise(t *testing.T) {
	p, err := os.ReadFile("../../default.json")
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Signals struct {
			Keyword map[string]struct {
				Gap   int
				Words []string
			}
		}
	}
	if err := json.Unmarshal(p, &policy); err != nil {
		t.Fatal(err)
	}
	words, _ := json.Marshal(policy.Signals.Keyword["jailbreak_attempt"].Words)
	b := NewBuilder()
	declare(t, b, "keyword", "attack", `{"in": "any", "gap": `+strconv.Itoa(policy.Signals.Keyword["jailbreak_attempt"].Gap)+`, "words": `+string(words)+`}`)
	b.Lookup("domain.math")
	b.Lookup("intent.fast_qa")
	b.Lookup("jailbreak.score") // its words are known ones, too
	st := b.Build().NewState()
	var attacks []string
	for s := dataFile(t, "attacks.jsonl"); s.Scan(); {
		var row struct{ Text string }
		if json.Unmarshal(s.Bytes(), &row) == nil && truths(st, row.Text)["keyword.attack"] {
			attacks = append(attacks, row.Text)
		}
	}
	for name, evade := range evasions {
		lost := 0
		for _, a := range attacks {
			if !truths(st, evade(strings.ToLower(a)))["keyword.attack"] {
				lost++
			}
		}
		if lost > 0 {
			t.Logf("%s: %d of %d are lost", name, lost, len(attacks))
		}
		allowed := len(attacks) / 50
		if strings.HasPrefix(name, "apart") {
			// Nobody can tell where an unknown word ends whose letters stand apart: it falls into pieces
			// that take up a phrase's gap. The score, which is not looked at here, makes up for it.
			allowed = len(attacks) / 10
		}
		if lost > allowed {
			t.Errorf("%s hides %d of %d attacks", name, lost, len(attacks))
		}
	}
}
