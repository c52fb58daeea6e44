package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/mom-router/mom-router/internal/requests"
	"github.com/mom-router/mom-router/rules/reason"
)

// diff compares two policies in meaning and over traffic.
func (c *command) diff(args []string) int {
	asJSON := c.flags.Bool("json", false, "print one JSON object")
	asMarkdown := c.flags.Bool("markdown", false, "print Markdown, for a comment on a pull request")
	htmlFile := c.flags.String("html", "", "also write one self-contained page to `FILE`")
	strict := c.flags.Bool("no-weaker-guards", false, "exit 1 unless the new guards are proved to hold all that the old ones hold")
	reviewed := c.flags.String("reviewed", "", "`NAMES` of what a person has looked at and finds right, with commas: their verdict does not fail --no-weaker-guards")
	format := c.flags.String("format", requests.Auto, "of the traffic: auto, jsonl or prompts")
	files, code, end := c.names(args, "name the old and the new policy, and files of requests if you like")
	switch {
	case end:
		return code
	case len(files) == 1:
		return c.cannot(fmt.Errorf("name the new policy, too: rules diff %s NEW", files[0]))
	case *asJSON && *asMarkdown:
		return c.cannot(errors.New("--json and --markdown exclude each other: choose one"))
	case *format != requests.Auto && *format != requests.JSON && *format != requests.Prompts:
		return c.cannot(fmt.Errorf("--format %q is none: use auto, jsonl or prompts", *format))
	}
	var policies [2]*policy
	for i, file := range files[:2] {
		p, err := c.load(file)
		if err != nil {
			return c.cannot(err)
		}
		if p.table == nil {
			p.print(c.errors, false)
			return c.cannot(fmt.Errorf("%s does not load: mend it first", file))
		}
		policies[i] = p
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
	case *asJSON:
		printJSON(c.out, report)
	case *asMarkdown:
		report.markdown(c.out)
	default:
		report.text(c.out)
	}
	if *htmlFile != "" {
		if err := writePage(*htmlFile, report); err != nil {
			return c.cannot(err)
		}
	}
	if *strict && !report.GuardsHold {
		fmt.Fprintf(c.errors, "%s: not everything that the guards of %s hold is proved to be held by %s\n", c.flags.Name(), before.file, after.file)
		code = exitNo
	}
	if t := report.Traffic; t != nil && t.WrongLines > 0 {
		for _, w := range t.Wrong {
			fmt.Fprintf(c.errors, "%s:%d: %s\n", w.File, w.Line, w.Why)
		}
		more := ""
		if t.WrongLines > int64(len(t.Wrong)) {
			more = fmt.Sprintf(", of which the first %d stand above", len(t.Wrong))
		}
		fmt.Fprintf(c.errors, "%s: %s no request%s\n", c.flags.Name(), are(t.WrongLines, "line"), more)
		code = exitNo
	}
	return code
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
	bar := newProgress(c.errors, t)
	t.serves = func(path string) bool {
		_, was := before.table.Call(path)
		_, is := after.table.Call(path)
		return was || is
	}
	t.emit = func(s sample) {
		room.take(len(s.body))
		samples <- s
		bar.step()
	}
	t.wrong = func(w wrongLine) {
		if total.WrongLines++; len(total.Wrong) < maxWrong {
			total.Wrong = append(total.Wrong, w)
		}
	}
	var failed error
	for _, file := range files {
		if failed = t.file(file, c.stdin); failed != nil {
			break
		}
	}
	close(samples)
	group.Wait()
	bar.clear()
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

// progressBar tells on a terminal how far the traffic is read.
type progressBar struct {
	w     io.Writer
	t     *traffic
	on    bool
	count int64
	shown time.Time
	begin time.Time
}

func newProgress(w io.Writer, t *traffic) *progressBar {
	p := &progressBar{w: w, t: t, begin: time.Now()}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil {
			p.on = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return p
}

func (p *progressBar) step() {
	p.count++
	if !p.on || p.count%64 != 0 {
		return
	}
	now := time.Now()
	if now.Sub(p.shown) < 200*time.Millisecond {
		return
	}
	p.shown = now
	done := ""
	if p.t.total > 0 {
		done = fmt.Sprintf("%3.0f %%  ", 100*float64(p.t.read)/float64(p.t.total))
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s%s requests, %.0f/s", done, thousands(p.count), float64(p.count)/max(now.Sub(p.begin).Seconds(), 0.001))
}

// clear takes the bar away.
func (p *progressBar) clear() {
	if p.on {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
