package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules/labelled"
)

// evalCommand measures the signals of a policy on labelled files.
func evalCommand(s cli.Streams) *command {
	c := newCommand(s, "eval LABELLED...", "Measure signals on labelled texts of your own",
		`eval measures the signals of a policy on texts of your own that say what is right, in JSON lines or CSV: accuracy, confusion, how sure they are beside how
often they are right, false alarms, and which words are new to the learned weights. docs/classes.md says what a line may hold.

Exit code: 0 all is well, 1 less than --at-least is right or a line is wrong, 2 nothing can be measured.`,
		"rules eval labelled.jsonl", "rules eval --policy my-policy.yaml --at-least 80 labelled.csv")
	c.output.Add(c.Command, "one JSON object")
	policyFile := c.Flags().String("policy", embedded, "the policy `FILE` whose signals are measured, or default for the built-in one")
	atLeast := c.Flags().Float64("at-least", 0, "the answer is no if less than so many `PERCENT` of the rows are right")
	c.Args = some("name a labelled file, JSON lines or CSV: see docs/classes.md")
	return c.does(func(files []string) int {
		switch {
		case *atLeast < 0 || *atLeast > 100:
			return c.cannot(fmt.Errorf("--at-least %v is out of range: write percent, 0 to 100", *atLeast))
		}
		p, err := c.measured(*policyFile)
		if err != nil {
			return c.cannot(err)
		}
		rows, wrong, err := c.rows(files)
		if err != nil {
			return c.cannot(err)
		}
		m, err := labelled.NewMeasurer(p.root, rows)
		if err != nil {
			return c.cannot(err)
		}
		rows, more := m.Check(rows)
		wrong = append(wrong, more...)
		report, more := m.Measure(rows)
		wrong = append(wrong, more...)
		slices.SortStableFunc(wrong, func(a, b labelled.Wrong) int { return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line) })
		c.wrongRows(wrong)
		if report.Rows == 0 {
			return c.cannot(errors.New("no row can be used"))
		}
		if c.output.Data() {
			printJSON(c.Out, evalReport{describe(p), p.table.Weights(), report, append([]labelled.Wrong{}, wrong...)})
		} else {
			version := p.table.Version()
			if version != "" {
				version += ", "
			}
			fmt.Fprintf(c.Out, "%s: %s%.12s, weights %s\n\n", p.file, version, p.table.Hash(), p.table.Weights())
			report.Print(c.Out)
		}
		if report.Share() < *atLeast {
			fmt.Fprintf(c.Err, "%s: %.1f %% of the rows are right, less than %v %%\n", c.CommandPath(), report.Share(), *atLeast)
			return exitNo
		}
		if len(wrong) > 0 {
			return exitNo
		}
		return exitOK
	})
}

// evalReport is what eval prints with --json.
type evalReport struct {
	Policy  policyName `json:"policy"`
	Weights string     `json:"weights"`
	*labelled.Report
	Wrong []labelled.Wrong `json:"wrong_lines"`
}

// measured is the policy in a file, or the built-in one for "default".
func (c *command) measured(file string) (*policy, error) {
	if file == embedded {
		p := &policy{file: file}
		return p, p.builtIn()
	}
	return c.whole(file)
}

// rows reads labelled files.
func (c *command) rows(files []string) (rows []labelled.Row, wrong []labelled.Wrong, err error) {
	for _, file := range files {
		in, err := c.Open(file)
		if err != nil {
			return nil, nil, err
		}
		some, bad, err := labelled.Read(file, in)
		in.Close()
		if err != nil {
			return nil, nil, fmt.Errorf("reading %q: %w", file, err)
		}
		rows, wrong = append(rows, some...), append(wrong, bad...)
	}
	return rows, wrong, nil
}

// mostWrongRows is how many wrong lines are told.
const mostWrongRows = 50

// wrongRows tells wrong lines.
func (c *command) wrongRows(wrong []labelled.Wrong) {
	for _, w := range wrong[:min(len(wrong), mostWrongRows)] {
		fmt.Fprintln(c.Err, w)
	}
	if more := len(wrong) - mostWrongRows; more > 0 {
		fmt.Fprintf(c.Err, "and %d more\n", more)
	}
	if len(wrong) > 0 {
		fmt.Fprintf(c.Err, "%s: %s wrong and left out\n", c.CommandPath(), are(int64(len(wrong)), "line"))
	}
}
