package main

import (
	"fmt"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// jsonCommand prints a policy in its canonical JSON form, with all that it takes over from the one that it extends. It converts only: whether
// the policy is right is for check to say.
func jsonCommand(s cli.Streams) *command {
	return convert(newCommand(s, "json FILE", "Print a policy as JSON, the form that the plugin is configured with, with all that it extends", "", "rules json my-policy.yaml >my-policy.json"),
		func(root *tree.Node) ([]byte, error) { return append(source.JSON(root), '\n'), nil })
}

// printCommand does the same for people, in YAML.
func printCommand(s cli.Streams) *command {
	return convert(newCommand(s, "print FILE", "Print a policy as YAML, with all that it extends", "", "rules print my-policy.yaml"), source.YAML)
}

func convert(c *command, write func(*tree.Node) ([]byte, error)) *command {
	c.Args = some(aPolicy)
	return c.does(func(files []string) int {
		if len(files) > 1 {
			return c.cannot(fmt.Errorf("%s converts one policy at a time", c.Name()))
		}
		data, err := c.Read(files[0])
		if err != nil {
			return c.cannot(err)
		}
		root, err := source.Load(files[0], data)
		if err == nil {
			root, err = rules.Extend(root, source.Beside(files[0]))
		}
		if err != nil {
			p := &policy{file: files[0], data: data}
			p.note(err)
			p.print(c.Err, false)
			return exitNo
		}
		text, err := write(root)
		if err != nil {
			return c.cannot(err)
		}
		c.Out.Write(text)
		return exitOK
	})
}
