package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
)

// result is how one test of a policy went, as --json prints it.
type result struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"`
	Column  int    `json:"column,omitempty"`
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Message string `json:"message,omitempty"`
}

// test runs the tests that policies carry.
func (c *command) test(args []string) int {
	asJSON := c.flags.Bool("json", false, "print one JSON object a test")
	pattern := c.flags.String("run", "", "run only the tests whose name matches this `regexp`")
	junit := c.flags.String("junit", "", "write a JUnit report to this `file`")
	files, code, end := c.files(args)
	if end {
		return code
	}
	keep, err := regexp.Compile(*pattern)
	if err != nil {
		return c.cannot(err)
	}
	var results []result
	for _, file := range files {
		p, err := c.load(file)
		if err != nil {
			return c.cannot(err)
		}
		if p.table == nil {
			p.print(c.errors, false)
			fmt.Fprintln(c.errors, p.summary()+": its tests cannot run")
			return exitCannot
		}
		for _, r := range p.runTests(keep) {
			if !r.OK {
				code = exitNo
			}
			results = append(results, r)
			c.show(r, *asJSON)
		}
	}
	if *junit != "" {
		var report bytes.Buffer
		writeJUnit(&report, results)
		if err := os.WriteFile(*junit, report.Bytes(), 0o644); err != nil {
			return c.cannot(err)
		}
	}
	fmt.Fprintln(c.errors, tally(results))
	return code
}

func (p *policy) runTests(keep *regexp.Regexp) (results []result) {
	for i, name := range p.table.TestNames() {
		if !keep.MatchString(name) {
			continue
		}
		r := result{File: p.file, Name: name, OK: true}
		if f := p.table.RunTest(i); f != nil {
			r = result{p.file, f.Line, f.Column, name, false, f.Message}
		}
		results = append(results, r)
	}
	return results
}

func (c *command) show(r result, asJSON bool) {
	switch {
	case asJSON:
		printJSON(c.out, r)
	case r.OK:
		fmt.Fprintf(c.out, "ok    %s\n", r.Name)
	default:
		fmt.Fprintf(c.out, "FAIL  %s\n      %s:%d:%d: %s\n", r.Name, r.File, r.Line, r.Column, r.Message)
	}
}

func tally(results []result) string {
	failed := 0
	for _, r := range results {
		if !r.OK {
			failed++
		}
	}
	if len(results) == 0 {
		return "no tests to run"
	}
	return fmt.Sprintf("%s, %d failed", plural(len(results), "test"), failed)
}
