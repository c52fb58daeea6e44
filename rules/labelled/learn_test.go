package labelled

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/source"
)

func claims(t *testing.T) []Row {
	t.Helper()
	f, err := os.Open("testdata/claims.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, wrong, err := Read("claims.jsonl", f)
	if err != nil || len(wrong) > 0 {
		t.Fatal(wrong, err)
	}
	return rows
}

const insurance = `version: "1"
models: {small: {cluster: small}, large: {cluster: large}}
routes:
  - {name: claims, when: domain.insurance, use: large}
  - {name: sums, when: domain.math, use: large}
default: small
`

func TestAClassOfOnesOwnIsLearnedAndRoutes(t *testing.T) {
	learned, wrong, err := Learn(claims(t))
	if err != nil || len(wrong) > 0 {
		t.Fatal(wrong, err)
	}
	if learned.Rows != 80 || learned.Share() < 75 || learned.Before >= learned.Domain.Right {
		t.Errorf("%d rows, %.1f %% right of those left out, %d without", learned.Rows, learned.Share(), learned.Before)
	}
	if learned.Others < 500 || learned.False*50 > learned.Others {
		t.Errorf("of %d other texts %d are taken for the class", learned.Others, learned.False)
	}
	again, _, err := Learn(claims(t))
	if err != nil || again.YAML("") != learned.YAML("") {
		t.Errorf("learned again it is another table: %v", err)
	}
	text := Replace(insurance, learned.YAML("learned"))
	if text2 := Replace(text, learned.YAML("learned")); text2 != text {
		t.Error("put in twice it stands there twice")
	}
	root, err := source.Load("p.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	table, err := rules.Compile(root)
	if err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]string{
		"Is my claim for the stolen laptop covered by the policy?":     "claims", // stands in no row
		"Why did the premium go up again?":                             "claims",
		"Prove that the sum of two even numbers is even.":              "sums",
		"What should I cook for my friends tonight?":                   "default",
		"What is the time? claim premium policy coverage claim policy": "default", // words that are strung together
	} {
		s := table.NewSession(prompt.Chat)
		s.Feed([]byte(fmt.Sprintf(`{"model":"auto","messages":[{"role":"user","content":%q}]}`, words)))
		if d := s.Close(); d.Name != want {
			best, second, sure, _ := s.Topic()
			t.Errorf("%q: %s, want %s (%s %d %%, then %s)", words, d.Name, want, best, sure, second)
		}
	}
}

func TestLabelsThatCannotBeRightAreToldByLine(t *testing.T) {
	rows := append(claims(t), Row{File: "claims.jsonl", Line: 81, Text: "Is hail covered?", Class: map[string]string{"domain": "insurence"}},
		Row{File: "claims.jsonl", Line: 82, Text: "A question", Class: map[string]string{"domain": "Insurance"}},
		Row{File: "claims.jsonl", Line: 83, Text: "Another", Class: map[string]string{"language": "en"}})
	learned, wrong, err := Learn(rows)
	var got []string
	for _, w := range wrong {
		got = append(got, w.String())
	}
	want := []string{
		`claims.jsonl:81: the class "insurence" has 1 row, and 10 are needed: did you mean "insurance"?`,
		`claims.jsonl:82: "Insurance" cannot be a class: use small letters, digits, _ and -`,
		`claims.jsonl:83: there is no domain: add "domain": "math", or the name of a class of your own`,
	}
	if learned != nil || err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v\n%s", learned, err, strings.Join(got, "\n"))
	}
}

func TestALabelThatAllElseSpeaksAgainstIsDoubted(t *testing.T) {
	rows := claims(t)
	for i := range rows {
		if strings.HasPrefix(rows[i].Text, "Why was my claim denied") {
			rows[i].Class = map[string]string{"domain": "math"}
			rows[i].Text = "Why was my insurance claim denied, and is the theft covered by my policy?"
		}
	}
	learned, wrong, err := Learn(rows)
	if err != nil || len(wrong) > 0 {
		t.Fatal(wrong, err)
	}
	if !slices.ContainsFunc(learned.Doubts, func(w Wrong) bool { return w.Line == 8 && strings.Contains(w.Why, "says insurance") }) {
		t.Errorf("line 8 is not doubted: %v", learned.Doubts)
	}
}

func TestMoreClassesThanAPolicyMayHaveAreRefused(t *testing.T) {
	var rows []Row
	for i := range 17 * LeastRows {
		rows = append(rows, Row{Line: i + 1, Text: fmt.Sprintf("word%d and row %d", i%17, i), Class: map[string]string{"domain": fmt.Sprintf("class%d", i%17)}})
	}
	if _, _, err := Learn(rows); err == nil || !strings.Contains(err.Error(), "17 classes are too many") {
		t.Error(err)
	}
}

func TestClassesTakeTheirPlaceInAPolicyAndLeaveTheRest(t *testing.T) {
	const before, after = "version: \"1\"\nclasses:\n  domain: {a: {words: {b: 1}}}\n", "\n# of the default\ndefault: small\n"
	if got := Replace(before+after, "classes: {}\n"); got != "version: \"1\"\nclasses: {}\n"+after {
		t.Errorf("%q", got)
	}
	if got := Replace("version: \"1\"", "classes: {}\n"); got != "version: \"1\"\nclasses: {}\n" {
		t.Errorf("%q", got)
	}
}

func TestWordsThatYAMLCouldTakeForSomethingElseAreQuoted(t *testing.T) {
	classes := Classes{Weights: "0123456789012345", Classes: []Class{{Name: "no", Own: true, Bias: -3, Words: []Word{{"yes", 4}, {"a b", 3}, {"premium", 2}, {"保险", 1}, {"1e3", -2}}}}}
	root, err := source.Load("p.yaml", []byte("version: \"1\"\nmodels: {m: {cluster: c}}\nroutes: [{name: r, when: domain.no, use: m}]\ndefault: m\n"+classes.YAML("a remark")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rules.CompileUnjudged(root); err != nil {
		t.Error(err)
	}
}
