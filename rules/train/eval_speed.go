package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
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
	r.line("Native, one core, this machine; the base is to cut the text into words. What is given of a signal comes on top of")
	r.line("that if it is the only one, and signals share work: most of domain, intent and complexity is the same sum.\n")
	r.head("signals", "a prompt of 71 bytes, us", "32 KB, us", "32 KB, ns a byte")
	var base [2]time.Duration
	for i, c := range []struct{ name, when string }{
		{"none (the base)", "conversation.system"},
		{"keyword, 4 phrases of the last user message", "keyword.last"},
		{"keyword, the same in any string, disguises undone", "keyword.any"},
		{"regex", "regex.account"},
		{"domain", "domain.math"},
		{"intent", "intent.coding"},
		{"complexity", "complexity.hard"},
		{"language", "language.en"},
		{"size", "size.long"},
		{"conversation", "conversation.follow_up"},
		{"pii, all kinds", "pii.email or pii.phone or pii.ssn or pii.card or pii.iban or pii.ip or pii.api_key"},
		{"jailbreak", "jailbreak.score"},
		{"injection", "injection.template"},
		{"obfuscation, two kinds", "obfuscation.invisible or obfuscation.base64"},
		{"header", "header.team"},
		{"all of the default policy", ""},
	} {
		set := r.e.table.Signals()
		if c.when != "" {
			var err error
			if set, err = signalsOf(c.when); err != nil {
				return err
			}
		}
		j := newJudge(set)
		a, b := best(j, short, 2000), best(j, long.String(), 100)
		name := c.name
		if i == 0 {
			base = [2]time.Duration{a, b}
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

// declarations of the signals that need one; what is declared is looked for, so only what a condition needs is.
var declarations = map[string]string{
	"keyword.last":  `{"keyword":{"last":{"words":["write a poem","money back","refund","open a ticket"]}}}`,
	"keyword.any":   `{"keyword":{"any":{"in":"any","words":["write a poem","money back","refund","open a ticket"]}}}`,
	"regex.account": `{"regex":{"account":{"in":"any","patterns":["ACC-[0-9]{8}"]}}}`,
	"size.long":     `{"size":{"long":{"over":32000}}}`,
	"header.team":   `{"header":{"team":{"name":"x-team","present":true}}}`,
}

// signalsOf returns the signals that a policy with one condition needs.
func signalsOf(when string) (*signal.Set, error) {
	declared := declarations[when]
	if declared == "" {
		declared = "{}"
	}
	root, err := tree.ParseJSON([]byte(`{"version":"1","models":{"m":{"cluster":"c"}},"default":"m","signals":` + declared +
		`,"routes":[{"name":"r","when":"` + when + `","use":"m"}]}`))
	if err != nil {
		return nil, err
	}
	table, err := rules.Compile(root)
	if err != nil {
		return nil, err
	}
	return table.Signals(), nil
}
