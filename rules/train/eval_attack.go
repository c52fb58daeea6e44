package main

import (
	"math/rand/v2"
	"strconv"

	"github.com/mom-router/mom-router/rules/prompt"
)

// jailbreak prints recall and false alarms of the patterns of the default policy and of the
// learned score.
func (r *report) jailbreak() error {
	attacks, err := r.own("attacks_own.jsonl")
	if err != nil {
		return err
	}
	benign, err := r.own("benign_own.jsonl")
	if err != nil {
		return err
	}
	var harmless []string
	var lengths []int
	groups, names := map[string][]string{}, []string{}
	add := func(group, text string) {
		if groups[group] == nil {
			names = append(names, group)
		}
		groups[group] = append(groups[group], text)
	}
	for i := range r.rows {
		switch o := &r.rows[i]; o.file {
		case "attacks":
			add("attacks.jsonl", o.Text)
			lengths = append(lengths, len(o.Text))
		}
	}
	for i := range r.rows {
		if o := &r.rows[i]; o.file == "attacks" {
			add("attacks.jsonl, "+o.Kind, o.Text)
		}
	}
	for _, o := range attacks {
		add("own/attacks_own.jsonl", o.Text)
	}
	for _, o := range attacks {
		add("own/attacks_own.jsonl, "+o.Kind, o.Text)
	}
	r.title("Jailbreak and injection")
	r.line("Patterns: those of the default policy, which steer. Score: jailbreak.score, which only flags.\n")
	r.detected("found in", groups, names)

	groups, names = map[string][]string{}, nil
	for i := range r.rows {
		if o := &r.rows[i]; o.file == "benign" {
			add("benign.jsonl", o.Text)
			harmless = append(harmless, o.Text)
			if o.Kind == "security-sounding" {
				add("benign.jsonl, security-sounding", o.Text)
			}
		}
	}
	rnd := rand.New(rand.NewPCG(20261122, 1))
	for range 10 {
		for _, n := range lengths {
			add("benign.jsonl, joined to the lengths of attacks", join(harmless, n, rnd))
		}
	}
	for range 20 {
		add("benign.jsonl, joined to 50 KB", join(harmless, 50<<10, rnd))
	}
	for range 3 {
		add("benign.jsonl, joined to 1 MB", join(harmless, 1<<20, rnd))
	}
	for _, file := range []string{"domain", "learn/benign", "learn/domain"} {
		for i := range r.rows {
			if o := &r.rows[i]; o.file == file {
				add(file+".jsonl", o.Text)
			}
		}
	}
	for _, o := range benign {
		add("own/benign_own.jsonl", o.Text)
	}
	for _, o := range benign {
		add("own/benign_own.jsonl, "+o.Kind, o.Text)
	}
	r.line("\nFalse alarms. Both are measured in a user's words.\n")
	r.detected("harmless", groups, names)
	return nil
}

// detected prints in what share of each group's texts something was found.
func (r *report) detected(title string, groups map[string][]string, names []string) {
	r.head(title, "rows", "patterns", "score", "either")
	for _, name := range names {
		var pattern, score, either int
		for _, text := range groups[name] {
			r.e.builtin.hear(prompt.RoleUser, text)
			r.e.policy.hear(prompt.RoleUser, text)
			p, s := r.e.policy.pattern(), r.e.builtin.is("jailbreak.score")
			count(&pattern, p)
			count(&score, s)
			count(&either, p || s)
		}
		n := len(groups[name])
		r.cells(name, strconv.Itoa(n), percent(pattern, n), percent(score, n), percent(either, n))
	}
}
