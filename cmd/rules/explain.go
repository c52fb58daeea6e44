package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mom-router/mom-router/docs"
	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules/tree"
)

// explainCommand prints the page of a code.
func explainCommand(s cli.Streams) *command {
	c := newCommand(s, "explain CODE", "Say what a code of check means, and what to do about it",
		"",
		"rules explain W301")
	c.ValidArgs = allCodes()
	c.Args = some("name a code, such as W301")
	return c.does(func(codes []string) int {
		if len(codes) > 1 {
			return c.cannot(errors.New("explain takes one code at a time"))
		}
		title, text := page(strings.ToUpper(codes[0]))
		if title == "" {
			fmt.Fprintf(c.Err, "%s: there is no code %q: %s\n", c.CommandPath(), codes[0], tree.DidYouMean(strings.ToUpper(codes[0]), allCodes()))
			return exitCannot
		}
		fmt.Fprintf(c.Out, "%s: %s\n\n%s\n", strings.ToUpper(codes[0]), title, text)
		return exitOK
	})
}

// page is what docs/check.md says under the heading of a code.
func page(code string) (title, text string) {
	_, rest, found := strings.Cut(docs.Check, "\n### "+code+": ")
	if !found {
		return "", ""
	}
	title, rest, _ = strings.Cut(rest, "\n")
	for _, next := range []string{"\n### ", "\n## "} {
		rest, _, _ = strings.Cut(rest, next)
	}
	return title, strings.TrimSpace(rest)
}

// allCodes lists the codes that have a page.
func allCodes() (codes []string) {
	for line := range strings.Lines(docs.Check) {
		if rest, ok := strings.CutPrefix(line, "### "); ok {
			if name, _, ok := strings.Cut(rest, ": "); ok {
				codes = append(codes, name)
			}
		}
	}
	return codes
}
