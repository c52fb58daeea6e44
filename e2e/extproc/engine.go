package main

import (
	"strings"
	"sync"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
)

// This file is all that the service knows of the engine. The service is built with the engine of this checkout and with
// the one that the bench has frozen: when the engine's API changes, the old form of this file stays as engine_frozen.go
// behind the build tag "frozen", which that build has, and this one gets the tag "!frozen".

// engine decides with the default policy.
type engine struct {
	table    *rules.Table
	sessions sync.Pool
}

func newEngine() (*engine, error) {
	table, err := rules.Default()
	if err != nil {
		return nil, err
	}
	e := &engine{table: table}
	e.sessions.New = func() any { return table.NewSession(prompt.Chat) }
	return e, nil
}

// answer is what becomes of a request: a route, or a refusal if status is not 0.
type answer struct {
	cluster, model string
	body           []byte // as it goes on
	status         int
	code, message  string
}

var shapes = map[string]prompt.Shape{
	"/v1/chat/completions": prompt.Chat,
	"/v1/completions":      prompt.Completions,
	"/v1/responses":        prompt.Responses,
	"/v1/messages":         prompt.Messages,
}

// decide reads a whole body.
func (e *engine) decide(path string, body []byte) answer {
	path, _, _ = strings.Cut(path, "?")
	shape, known := shapes[path]
	if !known {
		return answer{status: 404, code: "path_not_served", message: "this path is not served here"}
	}
	s := e.sessions.Get().(*rules.Session)
	defer e.sessions.Put(s)
	s.Reset(shape, 0)
	s.Feed(body)
	d := s.Close()
	if d.Action == rules.ActionDeny {
		return answer{status: d.Status, code: d.Code, message: d.Message}
	}
	edits, _ := s.Take()
	edited := make([]byte, 0, len(body)+int(max(s.Delta(), 0)))
	at := int64(0)
	for _, edit := range edits {
		edited = append(append(edited, body[at:edit.Start]...), edit.New...)
		at = edit.End
	}
	return answer{cluster: d.Model.Cluster, model: d.Model.Name, body: append(edited, body[at:]...)}
}
