package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/mom-router/mom-router/rules/prompt"
)

// speed prints what each type of signal costs, as the difference to a set without signals.
func (r *report) speed() error {
	short := "Explain the photoelectric effect and derive Einstein's equation for it."
	var long strings.Builder
	for i := 0; long.Len() < 32<<10 && i < len(r.rows); i++ {
		long.WriteString(r.rows[i*7%len(r.rows)].Text)
		long.WriteByte('\n')
	}
	r.title("Speed")
	r.line("Native, one core, this machine; tokens and an empty automaton are the base, the rest comes on top of it alone.\n")
	r.head("signals", "a prompt of 71 bytes, us", "32 KB, us", "32 KB, ns a byte")
	var base [2]time.Duration
	for i, kind := range []string{"", "domain.math", "intent.coding", "complexity.hard", "jailbreak.score", "language.en"} {
		var names []string
		if kind != "" {
			names = []string{kind}
		}
		set, err := setOf(names...)
		if err != nil {
			return err
		}
		j := newJudge(set)
		a, b := best(j, short, 2000), best(j, long.String(), 100)
		name, _, _ := strings.Cut(kind, ".")
		if i == 0 {
			base, name = [2]time.Duration{a, b}, "none (the base)"
		} else {
			a, b = max(0, a-base[0]), max(0, b-base[1])
		}
		r.cells(name, us(a), us(b), fmt.Sprintf("%.2f", float64(b.Nanoseconds())/float64(long.Len())))
	}
	return nil
}

// best is the least time of five runs of n texts, for one of them.
func best(j *judge, text string, n int) time.Duration {
	least := time.Duration(1 << 62)
	for range 5 {
		start := time.Now()
		for range n {
			j.hear(prompt.RoleUser, text)
		}
		least = min(least, time.Since(start)/time.Duration(n))
	}
	return least
}

func us(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Nanoseconds())/1000) }
