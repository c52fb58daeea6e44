package main

import (
	"fmt"
	"io"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules/imports"
)

// importCommand makes a policy of another router's configuration: the policy goes to standard output, and what became of each part to standard
// error, or as JSON lines to the file of --report.
func importCommand(s cli.Streams) *command {
	c := newCommand(s, "import [flags] FILE", "Make a policy of another router's configuration",
		`import makes a policy of another router's configuration, and says of each part what became of it: the policy goes to standard output,
the words to standard error or into the file of --report. docs/import.md says more.`,
		"rules import --from litellm config.yaml >my-policy.yaml", "rules import --report report.jsonl config.yaml")
	format := c.Flags().String("from", "", "what the file is of; else it is told by what it holds")
	report := c.Flags().String("report", "", "write what became of each part to this file, a JSON object a line")
	c.Args = some(aPolicy)
	return c.does(func(files []string) int {
		if len(files) > 1 {
			return c.cannot(fmt.Errorf("%d files: a policy is made of one", len(files)))
		}
		data, err := c.Read(files[0])
		if err != nil {
			return c.cannot(err)
		}
		got, err := imports.Read(data, *format)
		if err != nil {
			fmt.Fprintf(c.Err, "%s: %s: %v\n", c.CommandPath(), files[0], err)
			return exitNo
		}
		if *report != "" {
			if err := writeReport(*report, got.Remarks); err != nil {
				return c.cannot(err)
			}
		} else {
			for _, r := range got.Remarks {
				fmt.Fprintf(c.Err, "%s:%d: %s: %s %s: %s\n", files[0], r.Line, r.Outcome, r.Part, r.Name, r.Text)
			}
		}
		n := got.Counts()
		fmt.Fprintf(c.Err, "%s: of %s: %d kept, %d replaced, %d dropped, %s of its own\n", files[0], got.Format,
			n[imports.Kept], n[imports.Replaced], n[imports.Dropped], plural(n[imports.Defect], "defect"))
		if _, err := c.Out.Write(got.Policy); err != nil {
			return c.cannot(err)
		}
		return exitOK
	})
}

func writeReport(name string, remarks []imports.Remark) error {
	return cli.WriteFile(name, func(w io.Writer) error {
		for _, r := range remarks {
			if err := printJSON(w, r); err != nil {
				return err
			}
		}
		return nil
	})
}
