package main

import (
	"slices"
	"strconv"

	"github.com/mom-router/mom-router/rules/prompt"
)

// kindsOfRequest are the kinds of own/everyday.jsonl, with the domain that a row of the kind has, if it is one of the
// demo's four, and the decisions of the default policy that are right for it.
var kindsOfRequest = []kindOfRequest{
	{"coding", "computer_science", []string{"fast_coding", "code_deep_thinking"}},
	{"math", "math", []string{"math_problems"}},
	{"physics", "physics", []string{"physics_problems"}},
	{"reasoning", "", []string{"deep_thinking", "complex_reasoning"}},
	{"creative", "", []string{"creative_ideas"}},
	{"plain", "other", []string{"fast_qa_english", "fast_qa_chinese", "casual_chat"}},
}

type kindOfRequest struct {
	name, domain string
	decisions    []string
}

func (k *kindOfRequest) right(decision string) bool { return slices.Contains(k.decisions, decision) }

// everyday prints how many everyday requests in each language go where such a request belongs.
func (r *report) everyday() error {
	list, err := r.own("everyday.jsonl")
	if err != nil {
		return err
	}
	r.title("Everyday requests")
	r.line("own/everyday.jsonl: the same 40 requests in twelve languages that get a decision of the default policy that is right for their")
	r.line("kind, and what was said of the domain, of the demo's four, of those 28 that have one. They were written before their author had seen a")
	r.line("rule, a list or a template; then he wrote the words and templates of other languages, and more of them when he had seen figures by")
	r.line("language and kind, five times. No row was looked at. One hand wrote both, so the figures flatter.\n")
	head := []string{"language"}
	for _, k := range kindsOfRequest {
		head = append(head, k.name)
	}
	r.head(append(head, "all", "domain")...)
	var sum, sums [8]int
	for _, l := range languages {
		var right, rows [8]int
		for _, o := range list {
			if o.Lang != l {
				continue
			}
			for i, k := range kindsOfRequest {
				if k.name != o.Kind {
					continue
				}
				rows[i]++
				rows[6]++
				if k.right(r.e.decide(o.Text)) {
					right[i]++
					right[6]++
				}
				if k.domain != "" {
					r.e.builtin.hear(prompt.RoleUser, o.Text)
					rows[7]++
					count(&right[7], four(r.e.builtin.said("domain")) == k.domain)
				}
			}
		}
		r.shares(l, right, rows)
		if l != "en" {
			for i := range sum {
				sum[i] += right[i]
				sums[i] += rows[i]
			}
		}
	}
	r.shares("all but en", sum, sums)
	return nil
}

func (r *report) shares(name string, right, rows [8]int) {
	cells := []string{name}
	for i := range right {
		cells = append(cells, percent(right[i], rows[i]))
	}
	r.cells(cells...)
}

// trivial prints what phrases and lists of words behind a trivial question buy, and what next to nothing buys.
func (r *report) trivial() error {
	list, err := r.own("trivial.jsonl")
	if err != nil {
		return err
	}
	by := map[string][]string{}
	for _, o := range list {
		by[o.Kind] = append(by[o.Kind], o.Text)
	}
	r.title("Trivial requests dressed up")
	r.line("own/trivial.jsonl: %d trivial questions with something around them: how many keep their model, and behind the stroke how many do not", len(by["question"]))
	r.line("get a dearer one. The figures were seen three times, no row was. Below, requests that are hard by themselves with such a phrase behind them, and how many of what says next to")
	r.line("nothing (\"x\", \"why?\") get the cheapest model.\n")
	r.head("around it", "requests", "kept / not dearer")
	tell := func(name string, texts, extras []string, join func(text, extra string) string) {
		kept, cheap := 0, 0
		for _, t := range texts {
			before, price := r.e.decidePrice(t)
			for _, x := range extras {
				after, dearer := r.e.decidePrice(join(t, x))
				count(&kept, before == after || price == dearer)
				count(&cheap, dearer <= price)
			}
		}
		n := len(texts) * len(extras)
		r.cells(name, strconv.Itoa(n), percent(kept, n)+" / "+percent(cheap, n))
	}
	behind := func(text, extra string) string { return text + " " + extra }
	for _, p := range by["phrase"] {
		tell(p, by["question"], []string{p}, behind)
	}
	tell("all of these", by["question"], by["phrase"], behind)
	tell("a list of words behind", by["question"], by["keywords"], behind)
	tell("a list of words before", by["question"], by["keywords"], func(text, extra string) string { return extra + "\n" + text })
	tell("hard, a phrase behind", by["hard"], by["phrase"], behind)
	cheap := 0
	_, least := r.e.decidePrice("hi")
	for _, t := range by["tiny"] {
		_, price := r.e.decidePrice(t)
		count(&cheap, price <= least)
	}
	r.cells("next to nothing", strconv.Itoa(len(by["tiny"])), percent(cheap, len(by["tiny"])))
	return nil
}
