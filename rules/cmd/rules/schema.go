package main

import (
	"errors"
	"flag"
	"fmt"

	"github.com/mom-router/mom-router/rules/schema"
)

// schema prints what editors and other programs check policies with.
func (c *command) schema(args []string) int {
	tests := c.flags.Bool("tests", false, "that of files with tests beside a policy")
	if err := c.flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitCannot
	}
	if c.flags.NArg() > 0 {
		return c.cannot(fmt.Errorf("%q: schema takes no file: editors and rules check look at policies", c.flags.Arg(0)))
	}
	text := schema.Policy()
	if *tests {
		text = schema.Tests()
	}
	c.out.Write(text)
	return exitOK
}
