package redteam_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/needs"
)

// Keyword stuffing measured on many questions: those that people ask assistants about their day (CLINC150, in
// ../shared/data) with the heaviest terms of a premium class behind them, as an attacker who has read the source would
// take them. They should stay where they were in 95 of 100 cases. Where they do not, the bound is a little above what was
// measured, so that it does not get worse unseen: words that are strung together say nothing (rules/internal/prose), but the
// heaviest terms of mathematics are phrases with function words ("area of a triangle"), and the first of computer
// science is one term and an article (".net a star search"). Both read as the end of a sentence.
func TestTrivialQuestionsStayWhereTheyWere(t *testing.T) {
	questions := utterances(t, 150)
	r := start(t, load(t), "flag", byDefaultPolicy)
	before := make([]string, len(questions))
	for i, q := range questions {
		before[i] = r.cluster(t, q)
	}
	for _, c := range []struct {
		class string
		most  int // in 100
	}{{"math", 44}, {"physics", 5}, {"computer_science", 48}} {
		class := c.class
		words := topTerms(t, class, 12)
		here := 0
		for i, q := range questions {
			if r.cluster(t, q+" "+words) != before[i] {
				here++
			}
		}
		t.Logf("words of %s: %d of %d trivial questions stay where they were (%.1f %%)", class, len(questions)-here, len(questions), 100*float64(len(questions)-here)/float64(len(questions)))
		if 100*here > c.most*len(questions) {
			t.Errorf("words of %s: %d of %d trivial questions have moved: more than %d %%", class, here, len(questions), c.most)
		}
	}
}

func (r *router) cluster(t *testing.T, text string) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"model": "auto", "messages": []any{map[string]string{"role": "user", "content": text}}})
	if err != nil {
		t.Fatal(err)
	}
	a := r.Do(hostsim.Request{Method: "POST", Path: "/v1/chat/completions", Body: body})
	if a.Status != 200 {
		t.Fatalf("status %d: %s", a.Status, a.Response.Body)
	}
	return a.Cluster
}

// utterances are short harmless questions from the shared data, evenly spread over the file.
func utterances(t *testing.T, n int) []string {
	t.Helper()
	f, err := os.Open(needs.Data(t, "benign.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var row struct{ Kind, Text string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		if row.Kind == "utterance" && len(row.Text) < 120 {
			all = append(all, row.Text)
		}
	}
	var some []string
	for i := range min(n, len(all)) {
		some = append(some, all[i*len(all)/min(n, len(all))])
	}
	return some
}

// topTerms are the heaviest English terms of a class in the source.
func topTerms(t *testing.T, class string, n int) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../rules/internal/signal/terms/domain", class+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var terms []string
	for _, line := range strings.Split(string(data), "\n") {
		if term, ok := strings.CutPrefix(line, "3 "); ok && len(terms) < n && term[0] < 0x80 {
			terms = append(terms, term)
		}
	}
	if len(terms) < n {
		t.Fatalf("%s has %d heavy terms only", class, len(terms))
	}
	return strings.Join(terms, " ")
}
