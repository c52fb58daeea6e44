package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/labelled"
	"github.com/mom-router/mom-router/rules/source"
)

// trainCommand learns classes of one's own from labelled files.
func trainCommand(s cli.Streams) *command {
	c := newCommand(s, "train --add LABELLED [LABELLED...]", "Learn classes of your own from labelled texts",
		`train learns classes of your own, such as domain.insurance, and corrections of the built-in ones from a few hundred labelled texts, and writes them as the part
"classes" of a policy, or the policy with them. What that is worth on rows that were left out is told at the end. docs/classes.md says more.

Exit code: 0 it was learned, 1 a line is wrong and nothing was learned, 2 nothing can be learned.`,
		"rules train --add labelled.jsonl >classes.yaml", "rules train --add labelled.csv --policy my-policy.yaml --write")
	add := c.Flags().String("add", "", "the labelled `FILE` to learn from, JSON lines or CSV; others may stand behind it")
	policyFile := c.Flags().String("policy", "", "the policy `FILE` in YAML that is to have the classes; the whole of it is printed")
	write := c.Flags().Bool("write", false, "write the policy in its place")
	outFile := c.Flags().StringP("file", "o", "", "write to `FILE` instead of standard output")
	return c.does(func(args []string) int {
		files := args
		if *add != "" {
			files = append([]string{*add}, files...)
		}
		switch {
		case *add == "":
			return c.cannot(errors.New("name what is to be learned from: rules train --add FILE, see docs/classes.md"))
		case *write && *policyFile == "":
			return c.cannot(errors.New("--write needs --policy FILE, the policy that is to have the classes"))
		case *write && *outFile != "":
			return c.cannot(errors.New("--write and -o exclude each other: choose one"))
		case strings.HasSuffix(*policyFile, ".json"):
			return c.cannot(fmt.Errorf("%q is JSON, and classes are put into policies in YAML: leave --policy out and take what is printed", *policyFile))
		}
		var policy []byte
		if *policyFile != "" {
			p, err := c.load(*policyFile)
			if err != nil {
				return c.cannot(err)
			}
			if p.plugin != nil {
				return c.cannot(fmt.Errorf("%q is a configuration of the plugin: name the policy's own file", *policyFile))
			}
			policy = p.data
		}
		rows, wrong, err := c.rows(files)
		if err != nil {
			return c.cannot(err)
		}
		var learned *labelled.Learned
		if len(wrong) == 0 {
			learned, wrong, err = labelled.Learn(rows)
		}
		if len(wrong) > 0 {
			c.wrongRows(wrong)
			fmt.Fprintf(c.Err, "%s: nothing was learned: mend the lines first\n", c.CommandPath())
			return exitNo
		}
		if err != nil {
			return c.cannot(err)
		}
		text := learned.YAML(fmt.Sprintf("rules train --add %s wrote this: %d rows, %.1f %% of those left out were right", strings.Join(files, " "), learned.Rows, learned.Share()))
		if *policyFile != "" {
			text = labelled.Replace(string(policy), text)
			root, err := source.Load(*policyFile, []byte(text))
			if err == nil {
				_, err = rules.CompileWith(root, source.Beside(*policyFile))
			}
			if err != nil {
				return c.cannot(fmt.Errorf("%s does not load with the classes: %w", *policyFile, err))
			}
		}
		to := *outFile
		if *write {
			to = *policyFile
		}
		if to == "" {
			io.WriteString(c.Out, text)
		} else if err := writeFile(to, []byte(text)); err != nil {
			return c.cannot(err)
		}
		learned.Print(c.Err)
		return exitOK
	})
}
