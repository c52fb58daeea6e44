package main

import (
	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules/schema"
)

// schemaCommand prints what editors and other programs check policies with.
func schemaCommand(s cli.Streams) *command {
	c := newCommand(s, "schema [flags]", "Print the JSON Schema of policies, or of files with tests, for editors",
		"",
		"rules schema >policy.schema.json", "rules schema --tests")
	tests := c.Flags().Bool("tests", false, "that of files with tests beside a policy")
	c.Args = cli.NoFiles
	return c.does(func([]string) int {
		text := schema.Policy()
		if *tests {
			text = schema.Tests()
		}
		c.Out.Write(text)
		return exitOK
	})
}
