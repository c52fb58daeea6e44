package signal

import (
	"bufio"
	"encoding/json"
	"math/rand"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
	"github.com/mom-router/mom-router/rules/prompt"
)

// loneDigit is a word of one digit. Where a text is read once more it may be a letter, wherever it stands, but it alone is no reason to read anything: so
// all of a text may say more than its parts do.
var loneDigit = regexp.MustCompile(`\b[0-9]\b`)

// longTexts are long texts of honest questions and attacks, in which some words of the attacks are disguised.
func longTexts(t *testing.T, n int) []string {
	texts := func(name string) (list []string) {
		f, err := os.Open("../../train/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			var row struct{ Text string }
			if err := json.Unmarshal(s.Bytes(), &row); err != nil {
				t.Fatal(err)
			}
			list = append(list, loneDigit.ReplaceAllString(row.Text, "nine"))
		}
		return list
	}
	attacks, honest := texts("attacks_own.jsonl"), texts("complexity.jsonl")
	r := rand.New(rand.NewSource(1))
	leet := strings.NewReplacer("i", "1", "e", "3", "a", "4", "o", "0", "s", "$")
	var list []string
	for range n {
		var b strings.Builder
		for size := 3000 + r.Intn(15000); b.Len() < size; b.WriteByte(' ') {
			if r.Intn(60) != 0 {
				b.WriteString(honest[r.Intn(len(honest))])
				continue
			}
			attack := attacks[r.Intn(len(attacks))]
			if r.Intn(2) == 0 {
				attack = guardPhrases[r.Intn(len(guardPhrases))]
			}
			words := strings.Fields(attack)
			words = words[:1+r.Intn(min(len(words), 12))]
			for range 1 + len(words)/8 {
				i := r.Intn(len(words))
				words[i] = leet.Replace(words[i])
			}
			if r.Intn(3) == 0 { // a word that says nothing, and takes room
				i := r.Intn(len(words))
				words[i] += " " + strings.Repeat("q", 200+r.Intn(900))
			}
			if r.Intn(3) == 0 { // signs, which are no words at all, however many there are
				i := r.Intn(len(words))
				words[i] += " " + strings.Repeat([]string{"!! ", "•• ", "... ", "— "}[r.Intn(4)], 100+r.Intn(200))
			}
			b.WriteString(strings.Join(words, " "))
		}
		list = append(list, b.String())
	}
	return list
}

// A part of a text is read only where that finds what all of it would: the signals of a state that
// reads parts are those of one that reads all of the text each time.
func TestPartsOfATextSayWhatAllOfItSays(t *testing.T) {
	b := NewBuilder()
	declare(t, b, "jailbreak", "low", `{"threshold": 30}`)
	declare(t, b, "jailbreak", "high", `{"threshold": 95}`)
	declare(t, b, "keyword", "attack", `{"in": "any", "words": ["`+strings.Join(guardPhrases, `", "`)+`"]}`)
	declare(t, b, "keyword", "gapped", `{"in": "any", "gap": 4, "words": ["`+strings.Join(guardPhrases, `", "`)+`"]}`)
	b.Lookup("jailbreak.score")
	set := b.Build()
	parted, whole := set.NewState(), set.NewState()
	parts, enough := 0, 0
	parted.readable.hidden.reading.Out = func(p []byte, begins, ends bool) bool {
		ok := parted.readable.hidden.read(p, begins, ends)
		if !begins || !ends {
			parts++
			if ok {
				enough++
			}
		}
		return ok
	}
	whole.readable.hidden.reading.SpanWords = 0
	whole.readable.hidden.reading.Out = func(p []byte, begins, ends bool) bool {
		return begins && ends && whole.readable.hidden.read(p, true, true)
	}
	found := map[string]int{}
	for _, words := range longTexts(t, 400) {
		got, want := scoresOf(parted, words), scoresOf(whole, words)
		for i, name := range []string{"jailbreak.low", "jailbreak.high", "keyword.attack", "keyword.gapped", "jailbreak.score"} {
			if got[i] != want[i] {
				t.Errorf("%s is %v by parts, %v by all of %q", name, got[i], want[i], words)
			}
			if want[i] {
				found[name]++
			}
		}
	}
	t.Logf("%d of %d parts were enough; %v of 400 texts", enough, parts, found)
	if enough == 0 || enough == parts || found["jailbreak.low"] == found["jailbreak.high"] || found["keyword.attack"] == found["keyword.gapped"] {
		t.Error("the texts say nothing")
	}
}

// An attack may be longer than what is read around the one word of it that is disguised, as long as a span may be.
func TestAnAttackIsFoundHoweverFarItReachesFromItsDisguise(t *testing.T) {
	const bias, words = 9, 100
	more := weights.Entry{Feature: text.Split("more")[0].Hash}
	more.Weights[ColumnAttack] = bias + 4 // each word adds 4 to a span
	params := make([]int32, Params)
	params[ParamAttackBias] = bias
	data, _, err := weights.Encode([]weights.Entry{more}, params)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBuilder()
	if b.table, err = weights.Open(string(data)); err != nil {
		t.Fatal(err)
	}
	e, about := b.jailbreakScore(weights.Sums{1: 4 * words}.Score(), everyone)
	b.add("jailbreak.score", e, about)
	st := b.Build().NewState()
	filler := strings.Repeat("nothing to see here ", 100)
	for _, c := range []struct {
		before, behind int
		want           bool
	}{{50, 50, true}, {99, 1, true}, {1, 99, true}, {49, 50, true}, {49, 49, false}, {60, 30, false}, {50, 48, false}} {
		words := filler + strings.Repeat("more ", c.before) + "m0re " + strings.Repeat("more ", c.behind) + filler
		if got := truths(st, words)["jailbreak.score"]; got != c.want {
			t.Errorf("%d words before the disguised one and %d behind it: %v", c.before, c.behind, got)
		}
	}
}

func scoresOf(st *State, words string) (found [5]bool) {
	st.Reset()
	say(st, prompt.RoleUser, words)
	in := &Input{Facts: &prompt.Facts{UserTurns: 1, Messages: 1}}
	for i := range found {
		found[i] = st.set.signals[i].value(st, in).String() == "true"
	}
	return found
}
