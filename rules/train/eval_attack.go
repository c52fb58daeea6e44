package main

import (
	"errors"
	"io/fs"
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
	roles, err := r.own("user_roles.jsonl")
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
		if o := &r.rows[i]; o.file == "attacks" {
			add("attacks.jsonl", o.Text)
			lengths = append(lengths, len(o.Text))
		}
	}
	for i := range r.rows {
		switch o := &r.rows[i]; {
		case o.file == "attacks":
			add("attacks.jsonl, "+o.Kind, o.Text)
		case o.attack():
			add("learn/attack.jsonl, "+family(o.Source), o.Text)
		}
	}
	for i := range r.rows {
		if o := &r.rows[i]; o.attack() && o.Lang != "" && o.Lang != "en" && o.Lang != "multi" {
			add("learn/attack.jsonl, language "+o.Lang, o.Text)
		}
	}
	for _, o := range attacks {
		add("own/attacks_own.jsonl", o.Text)
	}
	for _, o := range attacks {
		add("own/attacks_own.jsonl, "+o.Kind, o.Text)
	}
	r.title("Jailbreak and injection")
	r.line("Patterns: those of the default policy, which steer. Score: jailbreak.score, which only flags, and strong: jailbreak.strong. Of PyRIT")
	r.line("nothing is learned: its rows are all here. Of learn/attack.jsonl, the rows of one source resemble each other; evaluation-sources.md has")
	r.line("figures of sources of which nothing was learned.\n")
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
	for range 100 {
		add("benign.jsonl, joined to 50 KB", join(harmless, 50<<10, rnd))
	}
	for range 10 {
		add("benign.jsonl, joined to 1 MB", join(harmless, 1<<20, rnd))
	}
	for _, file := range []string{"domain", "learn/benign", "learn/domain"} {
		for i := range r.rows {
			if o := &r.rows[i]; o.file == file {
				add(file+".jsonl", o.Text)
			}
		}
	}
	for i := range r.rows {
		if o := &r.rows[i]; o.file == "learn/benign" {
			add("learn/benign.jsonl, "+family(o.Source), o.Text)
		}
	}
	prompts, err := r.published("system-prompts.jsonl.gz")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, text := range prompts {
		add("published system prompts, as a user's words", text)
	}
	for _, o := range benign {
		add("own/benign_own.jsonl", o.Text)
	}
	for _, o := range benign {
		add("own/benign_own.jsonl, "+o.Kind, o.Text)
	}
	for _, o := range roles {
		add("own/user_roles.jsonl", o.Text)
	}
	for _, o := range roles {
		add("own/user_roles.jsonl, "+o.Kind, o.Text)
	}
	r.line("\nFalse alarms. All are measured in a user's words. Of dolly, OpenTriviaQA and IFBench nothing is learned.\n")
	r.detected("harmless", groups, names)
	return nil
}

// detected prints in what share of each group's texts something was found.
func (r *report) detected(title string, groups map[string][]string, names []string) {
	r.head(title, "rows", "patterns", "score", "either", "strong")
	for _, name := range names {
		var pattern, score, either, strong int
		for _, text := range groups[name] {
			r.e.builtin.hear(prompt.RoleUser, text)
			r.e.policy.hear(prompt.RoleUser, text)
			p, s := r.e.policy.pattern(), r.e.builtin.is("jailbreak.score")
			count(&pattern, p)
			count(&score, s)
			count(&either, p || s)
			count(&strong, r.e.builtin.is("jailbreak.strong"))
		}
		n := len(groups[name])
		r.cells(name, strconv.Itoa(n), percent(pattern, n), percent(score, n), percent(either, n), percent(strong, n))
	}
}
