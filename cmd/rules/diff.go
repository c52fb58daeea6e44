package main

import (
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/requests"
	"github.com/mom-router/mom-router/rules/reason"
)

// diffCommand compares two policies in meaning and over traffic.
func diffCommand(s cli.Streams) *command {
	c := newCommand(s, "diff [flags] OLD NEW [TRAFFIC...]", "Compare two policies: guards, rules, and what becomes of requests",
		`diff compares two policies: what guards hold, which requests other rules decide about, and what becomes of requests in files
(bodies, wrappers or OpenAI batches as JSON lines, or plain prompts; .gz; - is standard input). docs/diff.md says more.`,
		"rules diff old.yaml new.yaml", "rules diff --no-weaker-guards --markdown old.yaml new.yaml requests.jsonl.gz")
	c.output.Add(c.Command, "one JSON object", cli.Form{Name: "markdown", Usage: "Markdown, for a comment on a pull request"})
	htmlFile := c.Flags().String("html", "", "also write one self-contained page to `FILE`")
	strict := c.Flags().Bool("no-weaker-guards", false, "exit 1 unless the new guards are proved to hold all that the old ones hold")
	reviewed := c.Flags().String("reviewed", "", "`NAMES` of what a person has looked at and finds right, with commas: their verdict does not fail --no-weaker-guards")
	format := c.Flags().String("format", requests.Auto, "of the traffic: auto, jsonl or prompts")
	c.Args = some("name the old and the new policy, and files of requests if you like")
	return c.does(func(files []string) int {
		switch {
		case len(files) == 1:
			return c.cannot(fmt.Errorf("name the new policy, too: rules diff %s NEW", files[0]))
		case *format != requests.Auto && *format != requests.JSON && *format != requests.Prompts:
			return c.cannot(fmt.Errorf("--format %q is none: use auto, jsonl or prompts", *format))
		}
		var policies [2]*policy
		for i, file := range files[:2] {
			var err error
			if policies[i], err = c.whole(file); err != nil {
				return c.cannot(err)
			}
		}
		before, after := policies[0], policies[1]
		report := &diffReport{Old: describe(before), New: describe(after), Comparison: reason.Compare(before.root, before.table, after.root, after.table)}
		report.Other = append(report.Other, reason.CompareConfigurations(before.plugin, after.plugin)...)
		report.review(*reviewed)
		report.GuardsHold = report.Holds()
		if files = files[2:]; len(files) > 0 {
			var err error
			if report.Traffic, err = c.replay(before, after, files, *format); err != nil {
				return c.cannot(err)
			}
		}
		switch {
		case c.output.Data():
			printJSON(c.Out, report)
		case c.output.Is("markdown"):
			report.markdown(c.Out)
		default:
			report.text(c.Out)
		}
		if *htmlFile != "" {
			if err := writePage(*htmlFile, report); err != nil {
				return c.cannot(err)
			}
		}
		code := exitOK
		if *strict && !report.GuardsHold {
			fmt.Fprintf(c.Err, "%s: not everything that the guards of %s hold is proved to be held by %s\n", c.CommandPath(), before.file, after.file)
			code = exitNo
		}
		if t := report.Traffic; t != nil && t.WrongLines > 0 {
			for _, w := range t.Wrong {
				fmt.Fprintf(c.Err, "%s:%d: %s\n", w.File, w.Line, w.Why)
			}
			more := ""
			if t.WrongLines > int64(len(t.Wrong)) {
				more = fmt.Sprintf(", of which the first %d stand above", len(t.Wrong))
			}
			fmt.Fprintf(c.Err, "%s: %s no request%s\n", c.CommandPath(), are(t.WrongLines, "line"), more)
			code = exitNo
		}
		return code
	})
}

func are(n int64, what string) string {
	if n == 1 {
		return "1 " + what + " is"
	}
	return thousands(n) + " " + what + "s are"
}

// diffReport is what diff prints.
type diffReport struct {
	Old        policyName `json:"old"`
	New        policyName `json:"new"`
	GuardsHold bool       `json:"guards_hold"`
	*reason.Comparison
	Traffic *trafficReport `json:"traffic,omitempty"`
}

// policyName says which policy is meant.
type policyName struct {
	File    string `json:"file"`
	Version string `json:"version"`
	Hash    string `json:"hash"`
}

func describe(p *policy) policyName {
	return policyName{p.file, p.table.Version(), p.table.Hash()}
}

// review notes what a person has looked at.
func (r *diffReport) review(names string) {
	looked := map[string]bool{}
	for name := range strings.SplitSeq(names, ",") {
		looked[strings.TrimSpace(name)] = true
	}
	for _, list := range [][]reason.Change{r.Guards, r.Other} {
		for i := range list {
			change := &list[i]
			name := change.What
			if rest, ok := strings.CutPrefix(name, `guard "`); ok {
				name = strings.TrimSuffix(rest, `"`)
			}
			if looked[name] && change.Proof && !change.Verdict.Holds() {
				change.Proof = false
				change.Why += " (reviewed)"
			}
		}
	}
}

// maxWrong is how many wrong lines are told.
const maxWrong = 20

// replay runs files of requests through both policies.
func (c *command) replay(before, after *policy, files []string, format string) (*trafficReport, error) {
	workers := min(runtime.GOMAXPROCS(0), 8)
	samples := make(chan sample, 64)
	records := newRecordJudge(before, after)
	room := newRoom(256 << 20)
	parts := make([]*trafficTally, workers)
	var group sync.WaitGroup
	for i := range parts {
		parts[i] = newTally(before.table, after.table, records)
		group.Add(1)
		go func() {
			defer group.Done()
			for s := range samples {
				parts[i].add(s)
				room.give(len(s.body))
			}
		}()
	}
	total := &trafficReport{}
	t := &traffic{format: format, records: true}
	t.measure(files)
	bar := cli.NewProgress(c.Streams, "requests", t.total)
	t.serves = func(path string) bool {
		_, was := before.table.Call(path)
		_, is := after.table.Call(path)
		return was || is
	}
	sent := int64(0)
	t.emit = func(s sample) {
		room.take(len(s.body))
		samples <- s
		if sent++; sent%64 == 0 {
			bar.Show(sent, t.read)
		}
	}
	t.wrong = func(w wrongLine) {
		if total.WrongLines++; len(total.Wrong) < maxWrong {
			total.Wrong = append(total.Wrong, w)
		}
	}
	var failed error
	for _, file := range files {
		if failed = t.file(c.Streams, file); failed != nil {
			break
		}
	}
	close(samples)
	group.Wait()
	bar.Clear()
	if failed != nil {
		return nil, failed
	}
	for _, part := range parts[1:] {
		parts[0].merge(part)
	}
	parts[0].report(total)
	return total, nil
}

// room bounds the bytes that wait for a worker, so that long lines do not fill the memory.
type room struct {
	mu   sync.Mutex
	free sync.Cond
	left int
}

func newRoom(size int) *room {
	r := &room{left: size}
	r.free.L = &r.mu
	return r
}

func (r *room) take(n int) {
	r.mu.Lock()
	for r.left <= 0 {
		r.free.Wait()
	}
	r.left -= n
	r.mu.Unlock()
}

func (r *room) give(n int) {
	r.mu.Lock()
	r.left += n
	r.mu.Unlock()
	r.free.Signal()
}
