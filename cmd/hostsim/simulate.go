package main

import (
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"github.com/mom-router/mom-router/cmd/hostsim/internal/simulate"
	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

func simulateCommand(s streams) *cobra.Command {
	var policy, html string
	var trace cli.List
	var output cli.Output
	c := &cobra.Command{
		Use:   "simulate [flags] SCENARIO",
		Short: "Say what a policy's objectives make of requests, on a made-up clock",
		Long: `simulate sends requests to engines that are made up, on a clock that is made up, and tells what the policy's objectives make of them:
cost, times, refusals, with and without each. SCENARIO (YAML or JSON; "-" is standard input) says which requests come and how the
engines answer: docs/objectives.md.`,
		Example: cli.Examples("hostsim simulate --policy my-policy.yaml scenario.yaml",
			"hostsim simulate --trace access.log --html report.html scenario.yaml"),
	}
	f := c.Flags()
	f.StringVar(&policy, "policy", "", "the policy in this `file`, instead of the built-in one")
	f.StringVar(&html, "html", "", "also write a page with plots, which needs nothing else, to this `file`")
	f.Var(&trace, "trace", "requests as the records of this `log` have them, in place of those of the scenario; may stand several times")
	output.Add(c, "one JSON object")
	c.RunE = cli.Action(func(files []string) int {
		if len(files) != 1 {
			return s.fail(errors.New("simulate takes one SCENARIO: hostsim simulate --help"))
		}
		report, err := runSimulation(policy, files[0], trace, s)
		if err != nil {
			return s.fail(err)
		}
		if html != "" {
			if err := cli.WriteFile(html, report.Page); err != nil {
				return s.fail(err)
			}
		}
		if !output.Data() {
			report.Write(s.Out)
			return exitOK
		}
		out, done := output.Open(s.Out)
		defer done()
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		if err := e.Encode(report); err != nil {
			return s.fail(err)
		}
		return exitOK
	})
	return c
}

func runSimulation(policy, scenario string, trace []string, s streams) (*simulate.Report, error) {
	root, err := tree.ParseJSON(rules.DefaultJSON())
	if policy != "" {
		root, err = readPolicy(policy, s)
	}
	if err != nil {
		return nil, err
	}
	if _, err := rules.Compile(root); err != nil {
		return nil, inFile(policy, err)
	}
	data, err := s.read("scenario", scenario)
	if err != nil {
		return nil, err
	}
	of, err := simulate.Read(scenario, data)
	if err != nil {
		return nil, inFile(scenario, err)
	}
	return simulate.Run(of, root, trace, s.In)
}
