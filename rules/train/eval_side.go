package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
)

// sideCounts are the calls of a client: those that are made beside a conversation, and others.
type sideCounts struct {
	client        string
	side, found   int
	others, wrong int
}

// Side calls in the words of no client: a blind set, and rows of which the list of wordings was not made.
const (
	ownBlind    = "own, blind"
	ownWordings = "own wordings"
)

// sideCalls counts side calls that are told, and others that are taken for one: our own, and those of the public data, where it is there.
func (r *report) sideCalls() (counts []*sideCounts, err error) {
	add := func(client string, side bool, shape prompt.Shape, body []byte) {
		s := r.e.table.NewSession(shape)
		s.Feed(body)
		d := s.Close()
		if d.Action != rules.ActionRoute {
			return // it is refused whatever it is for
		}
		if len(counts) == 0 || counts[len(counts)-1].client != client {
			counts = append(counts, &sideCounts{client: client})
		}
		c := counts[len(counts)-1]
		if is := d.Name == "side_calls"; side {
			c.side++
			count(&c.found, is)
		} else {
			c.others++
			count(&c.wrong, is)
		}
	}
	for _, own := range []struct{ name, file string }{{"own", "side_calls.jsonl"}, {ownBlind, "blind_side_calls.jsonl"}, {ownWordings, "side_wordings.jsonl"}} {
		err := lines(filepath.Join(r.root, "rules/train/testdata", own.file), func(line []byte) error {
			var c struct {
				Part  string
				Side  bool
				Shape string
				Body  json.RawMessage
			}
			if err := json.Unmarshal(line, &c); err != nil {
				return err
			}
			shape, err := shapeOf(c.Shape)
			if err == nil && c.Part != "making" {
				add(own.name, c.Side, shape, c.Body)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	err = lines(filepath.Join(r.data, "clients/bodies.jsonl.gz"), func(line []byte) error {
		var c struct{ Client, Kind, Path, Body string }
		if err := json.Unmarshal(line, &c); err != nil {
			return err
		}
		if shape, err := shapeOf(c.Path); err == nil {
			add(c.Client, besides(c.Kind), shape, []byte(c.Body))
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return counts, err
}

// besides reports whether a kind of the public bodies is a side call.
func besides(kind string) bool {
	for _, begins := range []string{"background: ", "commit message", "start-up probe", "WebSearch's own call"} {
		if strings.HasPrefix(kind, begins) {
			return true
		}
	}
	return false
}

// sides prints how well side calls are told.
func (r *report) sides() error {
	counts, err := r.sideCalls()
	if err != nil {
		return err
	}
	r.title("Side calls")
	r.line("own/side_calls.jsonl and own/blind_side_calls.jsonl: calls for titles, tags and the like around words of all kinds, and others that look like them. Below, the public bodies")
	r.line("(clients/bodies.jsonl) of clients that make such calls, after whose forms the lists were written, and all others together. Own wordings is the judging part of")
	r.line("own/side_wordings.jsonl, by the author of the list of wordings: its figure flatters.\n")
	r.head("client", "side calls", "told", "others", "taken for one")
	rest := &sideCounts{client: "all others"}
	for _, c := range append(counts, rest) {
		if c.side == 0 && c != rest {
			rest.others, rest.wrong = rest.others+c.others, rest.wrong+c.wrong
			continue
		}
		r.cells(c.client, strconv.Itoa(c.side), strconv.Itoa(c.found), strconv.Itoa(c.others), strconv.Itoa(c.wrong))
	}
	return nil
}
