package main

import "github.com/mom-router/mom-router/rules/schema"

// schema prints what editors and other programs check policies with.
func (c *command) schema(args []string) int {
	tests := c.flags.Bool("tests", false, "that of files with tests beside a policy")
	if code, end := c.onlyFlags(args); end {
		return code
	}
	text := schema.Policy()
	if *tests {
		text = schema.Tests()
	}
	c.out.Write(text)
	return exitOK
}
