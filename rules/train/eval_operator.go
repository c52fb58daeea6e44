package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"
	"strconv"

	"github.com/mom-router/mom-router/internal/quote"
	"github.com/mom-router/mom-router/rules/prompt"
)

// operators prints what becomes of what operators say, hostile and harmless, and of files that tools read.
func (r *report) operators() error {
	own, err := r.own("operators.jsonl")
	if err != nil {
		return err
	}
	r.title("What operators and tools say")
	r.line("Guarded: steered or denied by the default policy. Flagged: by any name. The two halves of own/operators.jsonl are by one hand;")
	r.line("the policy's words were chosen by the first, and of the second four harmless rows led to changes of how sentences are read,")
	r.line("while its hostile ones had been seen. So they flatter: of three sets that were new when they were tried, 8 of 22, 7 of 18 and 9")
	r.line("of 16 hostile texts were flagged, and none of 22 harmless ones.")
	r.line("False alarms were judged by these published system prompts (../shared/data/clients), too. Files of repositories are a tool's")
	r.line("result here.\n")
	r.head("said by", "rows", "guarded", "flagged")
	for half := 1; half <= 2; half++ {
		for _, hostile := range []bool{true, false} {
			for _, kind := range []string{"prompt", "tool"} {
				var bodies []string
				for _, o := range own {
					if o.Half == half && o.Hostile == hostile && o.Kind == kind {
						bodies = append(bodies, operatorBody(kind, o.Text))
					}
				}
				name := map[string]string{"prompt": "system prompts", "tool": "descriptions of tools"}[kind]
				r.judged("own, half "+strconv.Itoa(half)+", "+map[bool]string{true: "hostile ", false: "harmless "}[hostile]+name, bodies)
			}
		}
	}
	for _, file := range []struct{ name, path, kind string }{
		{"published system prompts", "system-prompts.jsonl.gz", "prompt"}, {"files of repositories", "tool-results.jsonl.gz", "result"},
	} {
		texts, err := r.published(file.path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		var bodies []string
		for _, text := range texts {
			bodies = append(bodies, operatorBody(file.kind, text))
		}
		r.judged(file.name, bodies)
	}
	return r.planted()
}

// published are the texts of a file of ../shared/data/clients, which need not be there: that is fs.ErrNotExist.
func (r *report) published(file string) (list []string, err error) {
	err = lines(filepath.Join(r.data, "clients", file), func(line []byte) error {
		var o struct{ Text, Content string }
		if err := json.Unmarshal(line, &o); err != nil {
			return err
		}
		list = append(list, o.Text+o.Content)
		return nil
	})
	return list, err
}

// planted prints what becomes of harmless sentences with words of attacks in a page that a user pastes, and in one that a tool reads.
func (r *report) planted() error {
	own, err := r.own("planted.jsonl")
	if err != nil {
		return err
	}
	r.title("Harmless sentences with words of attacks")
	r.line("Such as a reminder that says to ignore the instructions above. The sentences of own/planted.jsonl were written before anybody looked what the policy")
	r.line("makes of them, and it was not changed by them; each stands in a page of harmless sentences.\n")
	r.head("said by", "rows", "guarded", "flagged")
	for _, place := range []string{"user", "result"} {
		var bodies []string
		for _, o := range own {
			text := plantedPage + o.Text + " " + plantedPage
			if place == "user" {
				bodies = append(bodies, `{"messages":[{"role":"user","content":`+quote.JSON("Can you shorten this?\n\n"+text)+`}]}`)
			} else {
				bodies = append(bodies, operatorBody(place, text))
			}
		}
		r.judged(map[string]string{"user": "a user, who pastes them", "result": "a tool's result"}[place], bodies)
	}
	return nil
}

const plantedPage = "The spring fair opens on Saturday at nine. Stalls sell bread, cheese and second-hand books, and children may ride the ponies behind the town hall. " +
	"Parking is free in the meadow. Whoever wants to help with the clean-up finds gloves at the entrance. "

// judged prints how many of some bodies the default policy guards and flags.
func (r *report) judged(name string, bodies []string) {
	guarded, flagged := 0, 0
	for _, body := range bodies {
		r.e.session.Reset(prompt.Chat, 0)
		r.e.session.Feed([]byte(body))
		d := r.e.session.Close()
		if d.Guard != "" || d.Model == nil {
			guarded++
		}
		if len(d.Flags) > 0 {
			flagged++
		}
	}
	r.cells(name, strconv.Itoa(len(bodies)), strconv.Itoa(guarded), strconv.Itoa(flagged))
}

// operatorBody is a chat in which a text is a system prompt, a tool's description or its result.
func operatorBody(kind, text string) string {
	quoted, hello := quote.JSON(text), `{"role":"user","content":"Hello"}`
	switch kind {
	case "tool":
		return `{"tools":[{"type":"function","function":{"name":"f","description":` + quoted + `}}],"messages":[` + hello + `]}`
	case "result":
		return `{"messages":[` + hello + `,{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]},` +
			`{"role":"tool","tool_call_id":"1","content":` + quoted + `}]}`
	}
	return `{"messages":[{"role":"system","content":` + quoted + `},` + hello + `]}`
}
