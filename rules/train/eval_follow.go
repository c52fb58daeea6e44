package main

import (
	"encoding/json"
	"path/filepath"
	"strconv"
)

// followUps prints how well short messages that go on with a conversation are told from those that
// begin another matter.
func (r *report) followUps() error {
	r.title("Follow-ups")
	for i, file := range []string{"followups.jsonl", "blind_followups.jsonl"} {
		if i > 0 {
			r.line("")
		}
		r.line("own/%s: conversations whose last message goes on with them (and so keeps their route), or does not.\n", file)
		if err := r.followUpsOf(file); err != nil {
			return err
		}
	}
	return nil
}

func (r *report) followUpsOf(file string) error {
	var all, found, rest, wrong int
	err := lines(filepath.Join(r.root, "rules/train/testdata", file), func(line []byte) error {
		var o struct {
			Messages json.RawMessage
			Follows  bool
		}
		if err := json.Unmarshal(line, &o); err != nil {
			return err
		}
		is, err := r.e.followsUp(o.Messages)
		if o.Follows {
			all++
			count(&found, is)
		} else {
			rest++
			count(&wrong, is)
		}
		return err
	})
	if err != nil {
		return err
	}
	r.head("last message", "rows", "taken for a follow-up")
	r.cells("goes on", strconv.Itoa(all), percent(found, all))
	r.cells("begins another matter", strconv.Itoa(rest), percent(wrong, rest))
	return nil
}
