package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/mom-router/mom-router/hostsim/internal/simulate"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

const simulateUsage = `hostsim simulate [--policy FILE] [--trace LOG]... [--json] [--html FILE] SCENARIO

Sends requests to engines that are made up, on a clock that is made up, and tells what the policy's objectives make of them: cost, times,
refusals, with and without each. SCENARIO (YAML or JSON) says which requests come and how the engines answer: docs/objectives.md.

  --policy FILE  the policy, instead of the built-in one
  --trace LOG    requests as records have them, in place of those of the scenario; may stand several times
  --json         one JSON object
  --html FILE    a page with plots, too, which needs nothing else
`

// several is a flag that may stand several times.
type several []string

func (l *several) String() string     { return strings.Join(*l, " ") }
func (l *several) Set(v string) error { *l = append(*l, v); return nil }

// simulated prints what the objectives of a policy make of requests.
func simulated(args []string, s streams) int {
	var policy, html string
	var trace several
	var asJSON bool
	f := flag.NewFlagSet("hostsim simulate", flag.ContinueOnError)
	f.SetOutput(s.err)
	f.Usage = func() { fmt.Fprint(s.err, simulateUsage) }
	f.StringVar(&policy, "policy", "", "")
	f.StringVar(&html, "html", "", "")
	f.Var(&trace, "trace", "")
	f.BoolVar(&asJSON, "json", false, "")
	if err := f.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitUnfit
	}
	if f.NArg() != 1 {
		return s.fail(errors.New("simulate takes one SCENARIO: hostsim simulate --help"))
	}
	report, err := runSimulation(policy, f.Arg(0), trace, s)
	if err != nil {
		return s.fail(err)
	}
	if html != "" {
		out, err := os.Create(html)
		if err == nil {
			err = errors.Join(report.Page(out), out.Close())
		}
		if err != nil {
			return s.fail(fmt.Errorf("write the page: %w", err))
		}
	}
	if !asJSON {
		report.Write(s.out)
		return exitOK
	}
	e := json.NewEncoder(s.out)
	e.SetEscapeHTML(false)
	if err := e.Encode(report); err != nil {
		return s.fail(err)
	}
	return exitOK
}

func runSimulation(policy, scenario string, trace []string, s streams) (*simulate.Report, error) {
	root, err := tree.ParseJSON(rules.DefaultJSON())
	if policy != "" {
		root, err = readPolicy(policy)
	}
	if err != nil {
		return nil, err
	}
	if _, err := rules.Compile(root); err != nil {
		return nil, inFile(policy, err)
	}
	data, err := os.ReadFile(scenario)
	if err != nil {
		return nil, fmt.Errorf("read the scenario: %w", err)
	}
	of, err := simulate.Read(scenario, data)
	if err != nil {
		return nil, inFile(scenario, err)
	}
	return simulate.Run(of, root, trace, s.in)
}
