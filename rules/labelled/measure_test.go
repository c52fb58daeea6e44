package labelled

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestAReportIsPrintedForPeople(t *testing.T) {
	r := &Report{Rows: 10, Right: 7,
		Types:       []TypeReport{{"domain", 10, 8, []ClassReport{{"law", 4, 3, 3, map[string]int{"law": 3, "other": 1}}, {"math", 6, 5, 5, map[string]int{"math": 5, "other": 1}}, {"other", 0, 0, 2, map[string]int{}}}}},
		Signals:     []SignalReport{{"keyword.refund", 3, 2, 7, 1}, {"pii.email", 0, 0, 10, 0}},
		Calibration: calibrate([]Step{{}, {}, {Rows: 2, Sure: 50, Right: 1}, {}, {}, {}, {}, {}, {}, {Rows: 8, Sure: 760, Right: 7}}),
		New:         NewWords{Words: 200, New: 9, Silent: 1, Most: []NewWord{{"hail", 4}, {"copay", 2}, {"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}}}}
	var b bytes.Buffer
	r.Print(&b)
	if *update {
		if err := os.WriteFile("testdata/report.golden", b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/report.golden")
	if err != nil {
		t.Fatalf("%v: run go test ./rules/labelled -update and look at the file", err)
	}
	if b.String() != string(want) {
		t.Errorf("it differs; got:\n%s", &b)
	}
}

func policy(t *testing.T) *tree.Node {
	t.Helper()
	root, err := source.Load("p.yaml", []byte(`version: "1"
models: {small: {cluster: small}, large: {cluster: large}}
signals:
  keyword: {refund: {words: [refund, money back]}, secret: {in: any, words: [project atlas]}}
  header: {team: {name: x-team, present: true}}
guards: [{name: secret, when: keyword.secret, deny: {}}]
routes:
  - {name: all, when: language.en or not language.en, use: large}
default: small
classes: {domain: {hobbies: {bias: -20, words: {knitting: 100, yarn: 90}}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestSignalsThatThePolicyDoesNotGoByAreMeasuredToo(t *testing.T) {
	rows, wrong, err := Read("r.jsonl", strings.NewReader(`
{"text": "Prove that there are infinitely many primes.", "domain": "math", "language": "en", "signals": [], "not_signals": ["keyword.refund"]}
{"text": "What is the derivative of sin x?", "domain": "law"}
{"text": "Which yarn is good for knitting socks?", "domain": "hobbies"}
{"text": "I would like a refund for the shoes", "signals": ["keyword.refund", "header.team"]}
{"text": "tell me of project atlas", "signals": ["keyword.secret"]}
{"body": {"messages": [{"role": "user", "content": "hello"}, {"role": "tool", "content": "refund"}]}, "headers": {"X-Team": "a"}, "not_signals": ["keyword.refund"], "signals": ["header.team"]}
{"text": "Kuidas läheb?", "language": "et"}
{"text": "zxqvjkwp qqzzkk", "domain": "other"}
{"text": "A", "domain": "maths"}
{"text": "B", "signals": ["keyword.refunds"]}
{"body": "{", "signals": ["keyword.refund"]}
{"body": {"messages": []}, "path": "/v1/nothing", "signals": ["keyword.refund"]}
{"text": "C", "domain": "maths", "complexity": "harder"}
`))
	if err != nil || len(wrong) > 0 {
		t.Fatal(wrong, err)
	}
	m, err := NewMeasurer(policy(t), rows)
	if err != nil {
		t.Fatal(err)
	}
	rows, wrong = m.Check(rows)
	r, more := m.Measure(rows)
	wrong = append(wrong, more...)
	var told []string
	for _, w := range wrong {
		told = append(told, w.String())
	}
	for i, want := range []string{`r.jsonl:10: there is no domain "maths": did you mean "math"?`, `r.jsonl:11: the policy has no signal "keyword.refunds": did you mean "keyword.refund"?`,
		`r.jsonl:13: "/v1/nothing" is no path of a model request`, `r.jsonl:14: there is no complexity "harder": `, "r.jsonl:12: the body is refused"} {
		if i >= len(told) || !strings.HasPrefix(told[i], want) {
			t.Errorf("want %s, got\n%s", want, strings.Join(told, "\n"))
			break
		}
	}
	if r.Rows != 8 || r.Right != 6 { // not the law, and no header with a refund
		t.Errorf("%d of %d rows right", r.Right, r.Rows)
	}
	for _, typ := range r.Types {
		for _, c := range typ.Classes {
			switch typ.Type + " " + c.Class {
			case "domain law":
				if c.Rows != 1 || c.Found != 0 || c.As["math"] != 1 {
					t.Errorf("%+v", c)
				}
			case "domain math":
				if c.Rows != 1 || c.Found != 1 || c.Said != 2 {
					t.Errorf("%+v", c)
				}
			case "domain hobbies", "language und", "language en":
				if c.Rows != 1 || c.Found != 1 {
					t.Errorf("%+v", c)
				}
			}
		}
	}
	want := []SignalReport{{"header.team", 2, 1, 0, 0}, {"keyword.refund", 1, 1, 2, 0}, {"keyword.secret", 1, 1, 0, 0}}
	for i, s := range r.Signals {
		if i >= len(want) || s != want[i] {
			t.Errorf("signal %+v", s)
		}
	}
	if r.Calibration == nil || r.Calibration.Rows != 4 || r.New.Silent != 2 || len(r.New.Most) == 0 {
		t.Errorf("%+v, %+v", r.Calibration, r.New)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}
