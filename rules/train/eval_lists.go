package main

import "strconv"

// lists prints how many trivial questions keep their model with a bare list of words of a subject beside them, and how many requests
// that are themselves a list, or have one in them, get the decision that is right for their kind.
func (r *report) lists() error {
	rows, err := r.own("blind_lists.jsonl")
	if err != nil {
		return err
	}
	by := map[string][]string{}
	for _, o := range rows {
		by[o.Kind] = append(by[o.Kind], o.Text)
	}
	questions, lists := by["question"], by["list"]
	r.title("Lists of words beside a trivial question")
	r.line("own/blind_lists.jsonl: %d trivial questions in eight languages, each with each of %d lists of a subject's words (words in a row, with commas, slashes,", len(questions), len(lists))
	r.line("bullets, numbers, hashtags): how many keep their model, and behind the stroke how many do not get a dearer one. Below, requests that are")
	r.line("a list themselves or have one in them, and how many of them get a decision that is right for their kind, so that nobody buys the first with the second.")
	r.line("Its totals were seen seven times while the rule for lists was made, and decided once between two bounds of it; no row was looked at.\n")
	r.head("", "requests", "kept / not dearer")
	for _, place := range []struct {
		name string
		join func(question, list string) string
	}{
		{"behind, a blank between", func(q, l string) string { return q + " " + l }},
		{"behind, on a line of its own", func(q, l string) string { return q + "\n" + l }},
		{"before, a blank between", func(q, l string) string { return l + " " + q }},
		{"before, on a line of its own", func(q, l string) string { return l + "\n" + q }},
		{"before and behind", func(q, l string) string { return l + "\n\n" + q + "\n\n" + l }},
		{"behind, three times over", func(q, l string) string { return q + "\n" + l + "\n" + l + "\n" + l }},
	} {
		kept, cheap, all := 0, 0, 0
		for _, q := range questions {
			before, price := r.e.decidePrice(q)
			for _, l := range lists {
				after, dearer := r.e.decidePrice(place.join(q, l))
				count(&kept, before == after || price == dearer)
				count(&cheap, dearer <= price)
				all++
			}
		}
		r.cells(place.name, strconv.Itoa(all), percent(kept, all)+" / "+percent(cheap, all))
	}
	r.line("")
	r.head("requests with lists", "rows", "right")
	for _, k := range kindsOfRequest {
		right := 0
		for _, text := range by[k.name] {
			count(&right, k.right(r.e.decide(text)))
		}
		if len(by[k.name]) > 0 {
			r.cells(k.name, strconv.Itoa(len(by[k.name])), percent(right, len(by[k.name])))
		}
	}
	return nil
}
