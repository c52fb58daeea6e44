package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mom-router/mom-router/rules/trail"
)

// audit works on what the router has recorded.
func (c *command) audit(args []string) int {
	const which = "use verify, report or explain"
	if len(args) == 0 {
		return c.cannot(errors.New(which))
	}
	c.flags.Init("rules audit "+args[0], c.flags.ErrorHandling())
	switch args[0] {
	case "verify":
		return c.verify(args[1:])
	case "report":
		return c.report(args[1:])
	case "explain":
		return c.explainRecord(args[1:])
	case "help", "-h", "-help", "--help":
		fmt.Fprint(c.out, usage)
		return exitOK
	}
	fmt.Fprintf(c.errors, "rules audit: unknown command %q: %s\n", args[0], which)
	return exitCannot
}

// toldDamaged is how many lines that cannot be read are told of.
const toldDamaged = 10

// records reads the records of log files, with a progress bar on a terminal.
func (c *command) records(files []string, yield func(*trail.Line) error) (trail.Counts, error) {
	bar := newBar(c.errors, files)
	r := trail.Reader{Stdin: c.stdin, Progress: bar.show}
	r.Tell = func(file string, line int, why error) {
		if r.Damaged <= toldDamaged {
			bar.clear()
			fmt.Fprintf(c.errors, "%s: %s:%d: no record: %v\n", c.flags.Name(), file, line, why)
		}
	}
	defer bar.clear()
	for _, file := range files {
		if err := r.Read(file, yield); err != nil {
			return r.Counts, err
		}
		bar.done(file)
	}
	return r.Counts, nil
}

// verify checks the chains of records.
func (c *command) verify(args []string) int {
	asJSON := c.flags.Bool("json", false, "print one JSON object")
	partial := c.flags.Bool("partial", false, "let chains begin later than with their first record: older logs are gone")
	keyEnv := c.flags.String("key-env", "", "the variable of the environment with the key of the records' HMAC, as record.key_env names it")
	files, code, end := c.logs(args)
	if end {
		return code
	}
	v := trail.Verifier{Partial: *partial}
	if *keyEnv != "" {
		key, ok := os.LookupEnv(*keyEnv)
		if !ok || key == "" {
			return c.cannot(fmt.Errorf("the environment has no %q: export it, or name another variable", *keyEnv))
		}
		v.Key = []byte(key)
	}
	counts, err := c.records(files, func(l *trail.Line) error { v.Add(l); return nil })
	if err != nil {
		return c.cannot(err)
	}
	if counts.Records == 0 {
		return c.cannot(fmt.Errorf("no record in %s: name access logs or what hostsim replay has written", strings.Join(files, ", ")))
	}
	vms := v.Verify()
	ok := counts.Damaged == 0
	for _, vm := range vms {
		ok = ok && len(vm.Problems) == 0
	}
	if *asJSON {
		printJSON(c.out, struct {
			OK          bool         `json:"ok"`
			Counts      trail.Counts `json:"counts"`
			Provisional int64        `json:"provisional"`
			VMs         []trail.VM   `json:"vms"`
		}{ok, counts, v.Provisional, vms})
	} else {
		for _, vm := range vms {
			state := "whole"
			if len(vm.Problems) > 0 {
				state = "NOT WHOLE"
			}
			fmt.Fprintf(c.out, "%s: %s, %d to %d, %s to %s: %s\n", vm.Name, plural(int(vm.Records), "record"), vm.First, vm.Last, vm.Begins, vm.Ends, state)
			for _, p := range vm.Problems {
				fmt.Fprintf(c.out, "  %s\n", p)
			}
			if vm.Twice > 0 {
				fmt.Fprintf(c.out, "  %s stand here twice\n", plural(int(vm.Twice), "record"))
			}
		}
	}
	fmt.Fprintf(c.errors, "%s of %s in %s", plural(int(counts.Records), "record"), plural(len(vms), "VM"), plural(int(counts.Lines), "line"))
	if counts.Without > 0 {
		fmt.Fprintf(c.errors, ", %s without a record", plural(int(counts.Without), "line"))
	}
	if counts.Damaged > 0 {
		fmt.Fprintf(c.errors, ", %s damaged", plural(int(counts.Damaged), "line"))
	}
	if v.Provisional > 0 {
		fmt.Fprintf(c.errors, ", %s of requests whose VM died", plural(int(v.Provisional), "provisional record"))
	}
	fmt.Fprintln(c.errors)
	if !ok {
		return exitNo
	}
	return exitOK
}

// report sums records up.
func (c *command) report(args []string) int {
	asJSON := c.flags.Bool("json", false, "print one JSON object")
	page := c.flags.String("html", "", "write a page with charts, which needs nothing else, to this `file`")
	tenant := c.flags.String("tenant", "", "sum up the records of this tenant alone")
	files, code, end := c.logs(args)
	if end {
		return code
	}
	r := trail.NewReport()
	counts, err := c.records(files, func(l *trail.Line) error {
		if *tenant == "" || l.Record.Tenant == *tenant {
			r.Add(&l.Record)
		}
		return nil
	})
	if err != nil {
		return c.cannot(err)
	}
	if counts.Records == 0 {
		return c.cannot(fmt.Errorf("no record in %s: name access logs or what hostsim replay has written", strings.Join(files, ", ")))
	}
	if r.Records == 0 {
		fmt.Fprintf(c.errors, "%s: none of %s is of tenant %q\n", c.flags.Name(), plural(int(counts.Records), "record"), *tenant)
		return exitNo
	}
	r.Finish()
	if *page != "" {
		if err := writeAuditPage(*page, r, counts); err != nil {
			return c.cannot(err)
		}
	}
	if *asJSON {
		printJSON(c.out, struct {
			Counts trail.Counts `json:"counts"`
			*trail.Report
			Router trail.Times `json:"router_ms"`
		}{counts, r, r.Router()})
	} else {
		printReport(c.out, r)
	}
	fmt.Fprintf(c.errors, "%s in %s", plural(int(counts.Records), "record"), plural(int(counts.Lines), "line"))
	if counts.Damaged > 0 {
		fmt.Fprintf(c.errors, ", %s damaged", plural(int(counts.Damaged), "line"))
	}
	if counts.Other > 0 {
		fmt.Fprintf(c.errors, ", %s of another version: what they do not have counts as nothing", plural(int(counts.Other), "record"))
	}
	fmt.Fprintln(c.errors)
	return exitOK
}

// explain says of one record in words why it is as it is.
func (c *command) explainRecord(args []string) int {
	id := c.flags.String("request", "", "the record of this request `id` (default: the first record)")
	policyFile := c.flags.String("policy", "", "the policy `file` that decided: says what its rules are")
	files, code, end := c.logs(args)
	if end {
		return code
	}
	var p *policy
	if *policyFile != "" {
		var err error
		if p, err = c.load(*policyFile); err != nil {
			return c.cannot(err)
		}
		if p.table == nil {
			p.print(c.errors, false)
			return exitCannot
		}
	}
	var found *trail.Record
	stop := errors.New("found")
	_, err := c.records(files, func(l *trail.Line) error {
		if *id != "" && l.Record.RequestID != *id {
			return nil
		}
		var r trail.Record
		if err := json.Unmarshal(l.Raw, &r); err != nil {
			return err
		}
		found = &r
		return stop
	})
	if err != nil && !errors.Is(err, stop) {
		return c.cannot(err)
	}
	if found == nil {
		fmt.Fprintf(c.errors, "%s: no record of request %q in %s\n", c.flags.Name(), *id, strings.Join(files, ", "))
		return exitNo
	}
	if p != nil && !strings.HasPrefix(p.table.Hash(), found.Policy.Hash) {
		fmt.Fprintf(c.errors, "%s: note: the record is of policy %q %s, and %s is %q %s: its rules may be others\n", c.flags.Name(),
			found.Policy.Version, found.Policy.Hash, p.file, p.table.Version(), p.table.Hash()[:16])
	}
	for _, line := range trail.Explain(found, rulesOf(p)) {
		fmt.Fprintln(c.out, line)
	}
	return exitOK
}

// rulesOf are the rules of a policy for an explanation.
func rulesOf(p *policy) func(name string) (kind, when string, ok bool) {
	if p == nil {
		return nil
	}
	return p.table.Rule
}

// logs parses the arguments: names of log files, or - for standard input.
func (c *command) logs(args []string) (files []string, code int, end bool) {
	files, code, end = c.arguments(args)
	if !end && len(files) == 0 {
		fmt.Fprintf(c.errors, "%s: name a log, such as access.log, or - for standard input\n", c.flags.Name())
		return nil, exitCannot, true
	}
	return files, code, end
}

// bar tells on a terminal how much of the logs was read, and nothing elsewhere.
type bar struct {
	on           bool
	w            io.Writer
	total, whole int64 // bytes of all files, and of those that were read to their end
	sizes        map[string]int64
	shown        time.Time
}

func newBar(w io.Writer, files []string) *bar {
	b := &bar{w: w, sizes: map[string]int64{}}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		b.on = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			b.sizes[file] = info.Size()
			b.total += info.Size()
		}
	}
	return b
}

func (b *bar) show(file string, read int64) {
	if !b.on || b.total == 0 || time.Since(b.shown) < 200*time.Millisecond {
		return
	}
	b.shown = time.Now()
	share := min(float64(b.whole+min(read, b.sizes[file]))/float64(b.total), 1)
	full := int(share * 30)
	fmt.Fprintf(b.w, "\r[%s%s] %3.0f %% ", strings.Repeat("#", full), strings.Repeat(" ", 30-full), share*100)
}

func (b *bar) done(file string) { b.whole += b.sizes[file] }

func (b *bar) clear() {
	if b.on && !b.shown.IsZero() {
		fmt.Fprintf(b.w, "\r%s\r", strings.Repeat(" ", 40))
		b.shown = time.Time{}
	}
}
