package main

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules"
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

// covered is what the tests of one policy have shown of it, as --json prints it.
type covered struct {
	File     string          `json:"file"`
	Coverage []rules.Covered `json:"coverage"`
}

// testRun says which tests run and what is told of them.
type testRun struct {
	*command
	args     []string
	keep     *regexp.Regexp // nil for all
	coverage bool
	junit    string
}

// testCommand runs the tests that policies carry and those of the files beside them.
func testCommand(s cli.Streams) *command {
	c := newCommand(s, "test [flags] FILE...", "Run the tests of policies, or record new ones",
		`test runs the tests that each policy carries and those beside it, in mine.test.yaml and mine.NAME.test.yaml for mine.yaml, and says
how each went. With --record it writes tests for the requests of a file, one a line as hostsim replay takes them: what the policy
decides today.

Exit code: 0 all pass, 1 one fails or none matches --run, 2 they cannot run.`,
		"rules test --coverage my-policy.yaml", "rules test --run jailbreak --watch my-policy.yaml", "rules test --record requests.jsonl my-policy.yaml >my-policy.test.yaml")
	t := testRun{command: c}
	c.output.Add(c.Command, "one JSON object a test")
	c.Flags().BoolVar(&t.coverage, "coverage", false, "name the routes, guards and signals that no test has shown")
	c.Flags().StringVar(&t.junit, "junit", "", "write a JUnit report to this `file`")
	pattern := c.Flags().String("run", "", "run only the tests whose name matches this `regexp`")
	watch := c.Flags().Bool("watch", false, "run the tests again whenever one of their files changes")
	record := c.Flags().String("record", "", "write tests for the requests of this `file`, one a line, instead of running any")
	cli.EndsByItself(c.Command, "watch")
	c.Args = some(aPolicy)
	return c.does(func(files []string) int {
		t.args = files
		if *record != "" {
			if t.output.Data() || t.coverage || *watch || t.junit != "" || *pattern != "" {
				return c.cannot(errors.New("--record runs no tests: it goes with no other flag"))
			}
			return c.record(files, *record)
		}
		if *pattern != "" {
			var err error
			if t.keep, err = regexp.Compile(*pattern); err != nil {
				return c.cannot(fmt.Errorf("--run %q: %w", *pattern, err))
			}
		}
		if *watch {
			return t.watch()
		}
		return t.run()
	})
}

// run runs all tests once.
func (t *testRun) run() (code int) {
	targets, err := findTests(t.args)
	if err != nil {
		return t.cannot(err)
	}
	var results []result
	for _, at := range targets {
		p, err := t.policy(at)
		if err != nil {
			return t.cannot(err)
		}
		if p.table == nil {
			p.print(t.Err, false)
			fmt.Fprintln(t.Err, p.summary()+": its tests cannot run")
			return exitCannot
		}
		seen := p.table.NewCoverage()
		suites, ok, err := t.suites(p, at)
		if err != nil {
			return t.cannot(err)
		}
		if !ok {
			return exitCannot
		}
		for _, s := range suites {
			for _, r := range t.runSuite(s, seen) {
				if !r.OK {
					code = exitNo
				}
				results = append(results, r)
			}
		}
		if t.coverage {
			t.showCoverage(at.policy, seen.Report())
		}
	}
	if t.junit != "" {
		var report bytes.Buffer
		writeJUnit(&report, results)
		if err := writeFile(t.junit, report.Bytes()); err != nil {
			return t.cannot(err)
		}
	}
	fmt.Fprintln(t.Err, tally(results))
	if len(results) == 0 && t.keep != nil {
		fmt.Fprintf(t.Err, "rules test: no test's name matches %q\n", t.keep)
		return exitNo
	}
	return code
}

// policy loads the policy of a target.
func (t *testRun) policy(at *target) (*policy, error) {
	if at.policy == embedded && !at.own {
		table, err := rules.Default()
		return &policy{file: embedded, table: table}, err
	}
	return t.load(at.policy)
}

func (t *testRun) runSuite(s suite, seen *rules.Coverage) (results []result) {
	for i, name := range s.tests.Names() {
		if t.keep != nil && !t.keep.MatchString(name) {
			continue
		}
		r := result{File: s.file, Name: name, OK: true}
		d, f := s.tests.Run(i)
		if seen.Add(d); f != nil {
			r = result{s.file, f.Line, f.Column, name, false, f.Message}
		}
		t.show(r)
		results = append(results, r)
	}
	return results
}

func (t *testRun) show(r result) {
	switch {
	case t.output.Data():
		printJSON(t.Out, r)
	case r.OK:
		fmt.Fprintf(t.Out, "%s    %s\n", t.Paint(cli.Green, "ok"), r.Name)
	default:
		fmt.Fprintf(t.Out, "%s  %s\n      %s:%d:%d: %s\n", t.Paint(cli.Red, "FAIL"), r.Name, r.File, r.Line, r.Column, r.Message)
	}
}

// showCoverage says how much of a policy the tests have shown, and names the rest.
func (t *testRun) showCoverage(file string, report []rules.Covered) {
	if t.output.Data() {
		printJSON(t.Out, covered{file, report})
		return
	}
	fmt.Fprintf(t.Out, "\n%s: what the tests have shown\n", file)
	for _, c := range report {
		fmt.Fprintf(t.Out, "  %-8s %d of %d\n", c.What, c.Covered, c.Of)
		for _, name := range c.Missing {
			fmt.Fprintf(t.Out, "           not %s\n", name)
		}
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
