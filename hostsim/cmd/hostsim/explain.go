package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/source"
)

// explain routes like route, through the module, and says why: the evidence comes from the same engine
// outside of the module. It shows pieces of the prompt, which no record does.
func explain(args []string, s streams) int {
	var o options
	if err := o.parse("explain", args, s); err != nil {
		return flagError(err, s)
	}
	jobs, err := o.jobs(s)
	if err != nil {
		return s.fail(err)
	}
	table, err := o.table()
	if err != nil {
		return s.fail(err)
	}
	lab, err := o.open(s)
	if err != nil {
		return s.fail(err)
	}
	runner := &runner{lab: lab, upstream: o.upstream}
	defer runner.close()
	if err := runner.start(); err != nil {
		return s.fail(err)
	}
	code := exitOK
	out := bufio.NewWriter(s.out)
	for i, j := range jobs {
		e := explained{outcome: runner.do(j), body: j.req.Body}
		if e.Error != "" {
			code = exitNo
			fmt.Fprintf(s.err, "hostsim: %s: %s\n", j.name, e.Error)
		} else if shape, ok := shapeOf(j.req.Path); ok {
			e.why = table.Explain(shape, int64(o.holdBytes), headerOf(j.req), j.req.Body)
			if d := e.why.Decision; len(e.Record) > 0 && d.Name != e.Decision && d.Status != 400 {
				fmt.Fprintf(s.err, "hostsim: %s: the module decides %q, the engine beside it %q: build both from the same source\n", j.name, e.Decision, d.Name)
			}
		}
		if o.json {
			out.Write(encode(e.json()))
			out.WriteByte('\n')
			continue
		}
		if i > 0 {
			fmt.Fprintln(out)
		}
		e.print(out)
	}
	if err := out.Flush(); err != nil {
		return s.fail(err)
	}
	return code
}

// table compiles the policy that the module is configured with.
func (o *options) table() (*rules.Table, error) {
	if o.policy == "" {
		return rules.Default()
	}
	data, err := os.ReadFile(o.policy)
	if err != nil {
		return nil, fmt.Errorf("read the policy: %w", err)
	}
	root, err := source.Load(o.policy, data)
	if err == nil {
		var table *rules.Table
		if table, err = rules.Compile(root); err == nil {
			return table, nil
		}
	}
	return nil, fmt.Errorf("%s:%s", o.policy, strings.ReplaceAll(err.Error(), "\n", "\n"+o.policy+":"))
}

// shapeOf is the API that a path serves; ok is false for paths that are no model call.
func shapeOf(path string) (shape prompt.Shape, ok bool) {
	path, _, _ = strings.Cut(path, "?")
	shape, ok = map[string]prompt.Shape{
		"/v1/chat/completions": prompt.Chat, "/v1/completions": prompt.Completions,
		"/v1/responses": prompt.Responses, "/v1/messages": prompt.Messages,
	}[path]
	return shape, ok
}

// headerOf looks request headers up.
func headerOf(r hostsim.Request) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for _, f := range r.Headers {
			if strings.EqualFold(f.Name, name) {
				return f.Value, true
			}
		}
		return "", false
	}
}
