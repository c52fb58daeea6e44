package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// comparison is how two recordings differ.
type comparison struct {
	Old      header `json:"old"`
	New      header `json:"new"`
	Compared int    `json:"compared"` // rows of sets that both have
	Differ   int    `json:"differ"`   // rows with a difference
	Kinds    []kind `json:"kinds"`    // the frequent ones first

	sets map[string]bool // that both have
}

// kind is a kind of difference.
type kind struct {
	Kind     string         `json:"kind"`
	Count    int            `json:"count"`
	Sets     map[string]int `json:"sets"`
	Examples []example      `json:"examples"`
}

// example is one row that differs. A line of a set that is no file is its number there.
type example struct {
	Set  string `json:"set"`
	Line int    `json:"line"`
	Key  string `json:"key,omitempty"`
	Old  string `json:"old"`
	New  string `json:"new"`
}

// difference is one thing in which two rows differ.
type difference struct{ kind, old, new string }

// identity is what makes two rows those of one text. Names last longer than numbers.
func (r *row) identity() string {
	if r.Key != "" {
		return r.Set + "\x00" + r.Key
	}
	return fmt.Sprint(r.Set, " ", r.Line)
}

// compare compares two recordings and keeps so many examples of a kind; all if it is negative.
func compare(old, new *recording, examples int) *comparison {
	c := &comparison{Old: old.header, New: new.header, Kinds: []kind{}, sets: map[string]bool{}}
	for _, s := range old.Sets {
		if slices.Contains(new.Sets, s) {
			c.sets[s] = true
		}
	}
	kinds := map[string]*kind{}
	note := func(r *row, list []difference) {
		c.Compared++
		if len(list) > 0 {
			c.Differ++
		}
		for _, d := range list {
			k := kinds[d.kind]
			if k == nil {
				k = &kind{Kind: d.kind, Sets: map[string]int{}, Examples: []example{}}
				kinds[d.kind] = k
			}
			k.Count++
			k.Sets[r.Set]++
			if examples < 0 || len(k.Examples) < examples {
				k.Examples = append(k.Examples, example{r.Set, r.Line, r.Key, d.old, d.new})
			}
		}
	}
	before := make(map[string]*row, len(old.rows))
	for i := range old.rows {
		before[old.rows[i].identity()] = &old.rows[i]
	}
	for i := range new.rows {
		r := &new.rows[i]
		if !c.sets[r.Set] {
			continue
		}
		was := before[r.identity()]
		delete(before, r.identity())
		if was == nil {
			note(r, []difference{{"row gained", "", r.sum()}})
		} else {
			note(r, differences(was, r))
		}
	}
	for i := range old.rows {
		if r := &old.rows[i]; c.sets[r.Set] && before[r.identity()] != nil {
			note(r, []difference{{"row lost", r.sum(), ""}})
		}
	}
	for _, k := range kinds {
		c.Kinds = append(c.Kinds, *k)
	}
	slices.SortFunc(c.Kinds, func(a, b kind) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Kind, b.Kind))
	})
	return c
}

// sum is the outcome of a row in a few words.
func (a *answer) sum() string {
	if a.Action == "route" {
		return a.Decision + ": " + a.Model
	}
	return strings.TrimSpace(fmt.Sprint(a.Action, " ", a.Status, " ", a.Code))
}

// differences tells two rows apart.
func differences(old, new *row) (list []difference) {
	if old.Text != new.Text {
		return []difference{{"another text", old.Text, new.Text}}
	}
	list = old.answer.differences(&new.answer)
	for _, name := range sortedNames(old.Evidence, new.Evidence) {
		// What was gained or lost with its signal is no news.
		if slices.Contains(old.Signals, name) && slices.Contains(new.Signals, name) {
			list = changed(list, "evidence moved: "+name, strings.Join(old.Evidence[name], " "), strings.Join(new.Evidence[name], " "))
		}
	}
	return changed(list, "another answer in pieces", old.inPieces(), new.inPieces())
}

// inPieces says how the answer to a body in pieces differs from that to the whole.
func (r *row) inPieces() string {
	if r.Cut == nil {
		return "the same as whole"
	}
	var kinds []string
	for _, d := range r.answer.differences(r.Cut) {
		kinds = append(kinds, d.kind+": "+d.old+" -> "+d.new)
	}
	return strings.Join(kinds, ", ")
}

func (a *answer) differences(b *answer) (list []difference) {
	named := func(what string, old, new []string) {
		for _, n := range old {
			if !slices.Contains(new, n) {
				list = append(list, difference{what + " lost: " + n, a.sum(), b.sum()})
			}
		}
		for _, n := range new {
			if !slices.Contains(old, n) {
				list = append(list, difference{what + " gained: " + n, a.sum(), b.sum()})
			}
		}
	}
	list = changed(list, "decision changed", a.Action+" "+a.Decision, b.Action+" "+b.Decision)
	list = changed(list, "model changed", a.Model, b.Model)
	list = changed(list, "reasoning changed", a.Reasoning, b.Reasoning)
	named("signal", a.Signals, b.Signals)
	named("flag", a.Flags, b.Flags)
	list = changed(list, "guard, tier, demotion or warnings changed", a.terms(), b.terms())
	list = changed(list, "tokens changed", fmt.Sprint(a.Tokens), fmt.Sprint(b.Tokens))
	list = changed(list, "status or code changed", fmt.Sprint(a.Status, " ", a.Code, " ", a.Param), fmt.Sprint(b.Status, " ", b.Code, " ", b.Param))
	list = changed(list, "error moved", fmt.Sprint(a.Offset), fmt.Sprint(b.Offset))
	return changed(list, "edits changed", a.edits(), b.edits())
}

func (a *answer) terms() string {
	return fmt.Sprintf("guard %q, tier %d, demoted %q, warnings %q", a.Guard, a.Tier, a.Demoted, a.Warnings)
}

func (a *answer) edits() string { return strings.Join(a.Edits, "; ") + " makes " + a.Upstream }

func changed(list []difference, kind, old, new string) []difference {
	if old == new {
		return list
	}
	return append(list, difference{kind, old, new})
}

func sortedNames(a, b map[string][]string) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string][]string{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// name says what the two are.
func (c *comparison) name(w io.Writer, old, new string) {
	for _, r := range []struct {
		what, file string
		*header
		other *header
	}{{"old", old, &c.Old, &c.New}, {"new", new, &c.New, &c.Old}} {
		fmt.Fprintf(w, "%s: %s, policy %.12s, weights %s\n", r.what, r.file, r.Policy, r.Weights)
		var alone []string
		for _, s := range r.Sets {
			if !slices.Contains(r.other.Sets, s) {
				alone = append(alone, s)
			}
		}
		if alone != nil {
			fmt.Fprintf(w, "not compared, since only %s has them: %s\n", r.file, strings.Join(alone, ", "))
		}
	}
}

func (c *comparison) writeJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(c)
}

// write prints the counts by kind and set, then the examples.
func (c *comparison) write(w io.Writer) error {
	var b strings.Builder
	if len(c.Kinds) == 0 {
		fmt.Fprintf(&b, "the same answers in %d rows\n", c.Compared)
	} else {
		fmt.Fprintf(&b, "%d of %d rows differ\n\n", c.Differ, c.Compared)
	}
	for _, k := range c.Kinds {
		var bySet []string
		for _, s := range slices.SortedFunc(maps.Keys(k.Sets), func(a, b string) int {
			return cmp.Or(cmp.Compare(k.Sets[b], k.Sets[a]), cmp.Compare(a, b))
		}) {
			bySet = append(bySet, fmt.Sprintf("%s %d", s, k.Sets[s]))
		}
		fmt.Fprintf(&b, "%7d  %s  (%s)\n", k.Count, k.Kind, strings.Join(bySet, ", "))
	}
	for _, k := range c.Kinds {
		if len(k.Examples) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", k.Kind)
		for _, e := range k.Examples {
			fmt.Fprintf(&b, "  %s:%d", e.Set, e.Line)
			if e.Key != "" {
				fmt.Fprintf(&b, " (%s)", e.Key)
			}
			fmt.Fprintf(&b, "  %s -> %s\n", cmp.Or(e.Old, "nothing"), cmp.Or(e.New, "nothing"))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
