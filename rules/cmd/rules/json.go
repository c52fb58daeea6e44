package main

import (
	"fmt"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// json prints a policy in its canonical JSON form, with all that it takes over from the one that it extends. It converts only: whether the
// policy is right is for check to say.
func (c *command) json(args []string) int {
	return c.convert(args, func(root *tree.Node) ([]byte, error) { return append(source.JSON(root), '\n'), nil })
}

// print does the same for people, in YAML.
func (c *command) print(args []string) int { return c.convert(args, source.YAML) }

func (c *command) convert(args []string, write func(*tree.Node) ([]byte, error)) int {
	files, code, end := c.files(args)
	if end {
		return code
	}
	if len(files) > 1 {
		return c.cannot(fmt.Errorf("%s converts one policy at a time", strings.TrimPrefix(c.flags.Name(), "rules ")))
	}
	data, err := c.read(files[0])
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
		p.print(c.errors, false)
		return exitNo
	}
	text, err := write(root)
	if err != nil {
		return c.cannot(err)
	}
	c.out.Write(text)
	return exitOK
}
