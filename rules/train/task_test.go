package main

import (
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/signal"
)

func TestTemplatesMakeTheSameTextsEachTimeAndLeaveNoMarksOfTheirForm(t *testing.T) {
	list, err := tasks(nil, "../..")
	if err != nil {
		t.Fatal(err)
	}
	again, err := tasks(nil, "../..")
	if err != nil || !slices.Equal(list, again) {
		t.Fatalf("another time the texts are others: %v", err)
	}
	var with [len(labels{})]int
	for _, k := range list {
		if k.text == "" || strings.ContainsAny(k.text, "{}|") && !strings.Contains(k.text, "main()") {
			t.Errorf("%q is no text", k.text)
		}
		for c, v := range k.labels {
			if v == 1 {
				with[c]++
			}
		}
	}
	for c, n := range with {
		if n < 800 {
			t.Errorf("only %d texts have label %d", n, c)
		}
	}
}

func TestNoTaskOfTheTestSetsIsLearned(t *testing.T) {
	tests := map[string]string{}
	r := report{root: "../.."}
	for _, name := range []string{"intents.jsonl", "complexity.jsonl", "demo_paraphrases.jsonl"} {
		list, err := r.own(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			tests[plain(o.Text)] = name
		}
	}
	list, err := tasks(nil, "../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range list {
		// A few words, such as "What is the capital of France?", cannot be avoided.
		if name, ok := tests[plain(k.text)]; ok && len(strings.Fields(k.text)) > 8 {
			t.Errorf("%q is a row of %s", k.text, name)
		}
	}
}

func TestLabelsAreReadAndWrongOnesAreRefused(t *testing.T) {
	l, err := readLabels("coding fast_qa? hard")
	if err != nil || l != (labels{0, unknown, 0, 1, 0, 2}) {
		t.Errorf("labels are %v: %v", l, err)
	}
	if l, err := readLabels("none"); err != nil || l != (labels{0, 0, 0, 0, 0, unknown}) {
		t.Errorf("none is %v: %v", l, err)
	}
	for _, s := range []string{"poetry", "hard?", "coding!"} {
		if _, err := readLabels(s); err == nil {
			t.Errorf("%q is read", s)
		}
	}
}

func TestATemplateWithAMistakeIsRefused(t *testing.T) {
	f := fillers{"thing": {"a lamp"}}
	for _, line := range []string{"{a|b", "{a|{b}|c}", "a <lamp>", "a <thing"} {
		if list, err := newTemplate(line).texts(f); err == nil {
			t.Errorf("%q became %q", line, list)
		}
	}
}

// TestAnIntentModelLearnsToTellTasks learns three tasks from a dozen texts of each.
func TestAnIntentModelLearnsToTellTasks(t *testing.T) {
	var list []task
	for name, lines := range map[string][]string{
		"creative medium": {"write a story about a fox", "write a poem about the sea", "tell me a story about rain"},
		"coding medium":   {"write a function in Go", "write a query in SQL", "fix this function in Go"},
		"fast_qa easy":    {"what is a fox?", "what is the sea?", "who wrote the story?"},
	} {
		l, err := readLabels(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range lines {
			list = append(list, task{text: s, labels: l, weight: 1, origin: i + len(s)*7})
		}
	}
	slices.SortFunc(list, func(a, b task) int { return strings.Compare(a.text, b.text) })
	m := learnIntents(slices.Repeat(list, 20), io.Discard)
	var s scored
	for i := range list {
		s.add(m, &list[i])
	}
	for _, name := range []string{"creative", "coding", "fast_qa"} {
		c := slices.Index(signal.ExtraIntents, name)
		if low, high := slices.Min(s.with[c]), slices.Max(s.without[c]); low <= high {
			t.Errorf("%s: a text with it scores %v, one without %v", name, low, high)
		}
	}
	if slices.Min(s.degrees[1]) <= slices.Max(s.degrees[0]) {
		t.Errorf("easy texts score %v, harder ones %v", s.degrees[0], s.degrees[1])
	}
}

func TestEachListOfTemplatesIsLong(t *testing.T) {
	for _, name := range signal.ExtraIntents {
		n := 0
		err := templates(filepath.Join("phrases/intent", name+".txt"), func(template, labels) error {
			n++
			return nil
		})
		if err != nil || n < 30 {
			t.Errorf("%s: %d templates, %v", name, n, err)
		}
	}
}
