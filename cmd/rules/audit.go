package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules/trail"
)

// auditCommand works on what the router has recorded.
func auditCommand(s cli.Streams) *cobra.Command {
	top := cli.Group(&cobra.Command{Use: "audit COMMAND", Short: "Check, sum up and explain the records of requests",
		Long: `audit works on what the router has recorded. LOG is an access log with records, what hostsim replay has written, or records alone,
one a line; - is standard input, and a name in .gz is unpacked. docs/audit.md says more.`})
	top.AddCommand(auditVerifyCommand(s).Command, auditReportCommand(s).Command, auditExplainCommand(s).Command)
	return top
}

// toldDamaged is how many lines that cannot be read are told of.
const toldDamaged = 10

// records reads the records of log files, with a progress bar on a terminal.
func (c *command) records(files []string, yield func(*trail.Line) error) (trail.Counts, error) {
	total, whole := int64(0), int64(0) // bytes of all files, and of those that were read to their end
	sizes := map[string]int64{}
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			sizes[file] = info.Size()
			total += info.Size()
		}
	}
	bar := cli.NewProgress(c.Streams, "records", total)
	defer bar.Clear()
	r := trail.Reader{Stdin: c.In}
	r.Progress = func(file string, read int64) { bar.Show(r.Records, whole+min(read, sizes[file])) }
	r.Tell = func(file string, line int, why error) {
		if r.Damaged <= toldDamaged {
			bar.Clear()
			fmt.Fprintf(c.Err, "%s: %s:%d: no record: %v\n", c.CommandPath(), file, line, why)
		}
	}
	for _, file := range files {
		if err := r.Read(file, yield); err != nil {
			return r.Counts, err
		}
		whole += sizes[file]
	}
	return r.Counts, nil
}

// someRecords is records for logs in which there must be one.
func (c *command) someRecords(files []string, yield func(*trail.Line) error) (trail.Counts, error) {
	counts, err := c.records(files, yield)
	if err == nil && counts.Records == 0 {
		err = fmt.Errorf("no record in %s: name access logs or what hostsim replay has written", strings.Join(files, ", "))
	}
	return counts, err
}

// auditVerifyCommand checks the chains of records.
func auditVerifyCommand(s cli.Streams) *command {
	c := newCommand(s, "verify [flags] LOG...", "Check the chains of records, and name what is missing or altered",
		"verify checks the chains of records over VMs, files and rotations, and names what is missing or altered.",
		"rules audit verify access.log", "rules audit verify --key-env AUDIT_KEY --partial access.log.1.gz access.log")
	c.output.Add(c.Command, "one JSON object")
	partial := c.Flags().Bool("partial", false, "let chains begin later than with their first record: older logs are gone")
	keyEnv := c.Flags().String("key-env", "", "the variable of the environment with the key of the records' HMAC, as record.key_env names it")
	c.Args = some(aLog)
	return c.does(func(files []string) int {
		v := trail.Verifier{Partial: *partial}
		if *keyEnv != "" {
			key, ok := os.LookupEnv(*keyEnv)
			if !ok || key == "" {
				return c.cannot(fmt.Errorf("the environment has no %q: export it, or name another variable", *keyEnv))
			}
			v.Key = []byte(key)
		}
		counts, err := c.someRecords(files, func(l *trail.Line) error { v.Add(l); return nil })
		if err != nil {
			return c.cannot(err)
		}
		vms := v.Verify()
		ok := counts.Damaged == 0
		for _, vm := range vms {
			ok = ok && len(vm.Problems) == 0
		}
		if c.output.Data() {
			printJSON(c.Out, struct {
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
				fmt.Fprintf(c.Out, "%s: %s, %d to %d, %s to %s: %s\n", vm.Name, plural(int(vm.Records), "record"), vm.First, vm.Last, vm.Begins, vm.Ends, state)
				for _, p := range vm.Problems {
					fmt.Fprintf(c.Out, "  %s\n", p)
				}
				if vm.Twice > 0 {
					fmt.Fprintf(c.Out, "  %s stand here twice\n", plural(int(vm.Twice), "record"))
				}
			}
		}
		fmt.Fprintf(c.Err, "%s of %s in %s", plural(int(counts.Records), "record"), plural(len(vms), "VM"), plural(int(counts.Lines), "line"))
		if counts.Without > 0 {
			fmt.Fprintf(c.Err, ", %s without a record", plural(int(counts.Without), "line"))
		}
		if counts.Damaged > 0 {
			fmt.Fprintf(c.Err, ", %s damaged", plural(int(counts.Damaged), "line"))
		}
		if v.Provisional > 0 {
			fmt.Fprintf(c.Err, ", %s of requests whose VM died", plural(int(v.Provisional), "provisional record"))
		}
		fmt.Fprintln(c.Err)
		if !ok {
			return exitNo
		}
		return exitOK
	})
}

// auditReportCommand sums records up.
func auditReportCommand(s cli.Streams) *command {
	c := newCommand(s, "report [flags] LOG...", "Sum records up: decisions, models, flags, denials, tokens, costs, times, hours",
		"",
		"rules audit report access.log", "rules audit report --html report.html --tenant acme access.log")
	c.output.Add(c.Command, "one JSON object")
	page := c.Flags().String("html", "", "write a page with charts, which needs nothing else, to this `file`")
	tenant := c.Flags().String("tenant", "", "sum up the records of this tenant alone")
	c.Args = some(aLog)
	return c.does(func(files []string) int {
		r := trail.NewReport()
		counts, err := c.someRecords(files, func(l *trail.Line) error {
			if *tenant == "" || l.Record.Tenant == *tenant {
				r.Add(&l.Record)
			}
			return nil
		})
		if err != nil {
			return c.cannot(err)
		}
		if r.Records == 0 {
			fmt.Fprintf(c.Err, "%s: none of %s is of tenant %q\n", c.CommandPath(), plural(int(counts.Records), "record"), *tenant)
			return exitNo
		}
		r.Finish()
		if *page != "" {
			if err := writeAuditPage(*page, r, counts); err != nil {
				return c.cannot(err)
			}
		}
		if c.output.Data() {
			printJSON(c.Out, struct {
				Counts trail.Counts `json:"counts"`
				*trail.Report
				Router trail.Times `json:"router_ms"`
			}{counts, r, r.Router()})
		} else {
			printReport(c.Out, r)
		}
		fmt.Fprintf(c.Err, "%s in %s", plural(int(counts.Records), "record"), plural(int(counts.Lines), "line"))
		if counts.Damaged > 0 {
			fmt.Fprintf(c.Err, ", %s damaged", plural(int(counts.Damaged), "line"))
		}
		if counts.Other > 0 {
			fmt.Fprintf(c.Err, ", %s of another version: what they do not have counts as nothing", plural(int(counts.Other), "record"))
		}
		fmt.Fprintln(c.Err)
		return exitOK
	})
}

// auditExplainCommand says of one record in words why it is as it is.
func auditExplainCommand(s cli.Streams) *command {
	c := newCommand(s, "explain [flags] LOG...", "Say of one record in words why it is as it is",
		"",
		"rules audit explain --request 7d1b7b7e-0000-4000-8000-000000000000 --policy my-policy.yaml access.log")
	id := c.Flags().String("request", "", "the record of this request `id` (default: the first record)")
	policyFile := c.Flags().String("policy", "", "the policy `file` that decided: says what its rules are")
	c.output.Add(c.Command, "one JSON object with the record and its explanation")
	c.Args = some(aLog)
	return c.does(func(files []string) int {
		var p *policy
		if *policyFile != "" {
			var err error
			if p, err = c.load(*policyFile); err != nil {
				return c.cannot(err)
			}
			if p.table == nil {
				p.print(c.Err, false)
				return exitCannot
			}
		}
		var found *trail.Record
		var raw json.RawMessage
		stop := errors.New("found")
		_, err := c.records(files, func(l *trail.Line) error {
			if *id != "" && l.Record.RequestID != *id {
				return nil
			}
			var r trail.Record
			if err := json.Unmarshal(l.Raw, &r); err != nil {
				return err
			}
			found, raw = &r, bytes.Clone(l.Raw)
			return stop
		})
		if err != nil && !errors.Is(err, stop) {
			return c.cannot(err)
		}
		if found == nil {
			fmt.Fprintf(c.Err, "%s: no record of request %q in %s\n", c.CommandPath(), *id, strings.Join(files, ", "))
			return exitNo
		}
		if p != nil && !strings.HasPrefix(p.table.Hash(), found.Policy.Hash) {
			fmt.Fprintf(c.Err, "%s: note: the record is of policy %q %s, and %s is %q %s: its rules may be others\n", c.CommandPath(),
				found.Policy.Version, found.Policy.Hash, p.file, p.table.Version(), p.table.Hash()[:16])
		}
		lines := trail.Explain(found, rulesOf(p))
		if c.output.Data() {
			printJSON(c.Out, struct {
				Why    []string        `json:"why"`
				Record json.RawMessage `json:"record"`
			}{lines, raw})
			return exitOK
		}
		for _, line := range lines {
			fmt.Fprintln(c.Out, line)
		}
		return exitOK
	})
}

// rulesOf are the rules of a policy for an explanation.
func rulesOf(p *policy) func(name string) (kind, when string, ok bool) {
	if p == nil {
		return nil
	}
	return p.table.Rule
}
