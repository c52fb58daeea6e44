package main

import (
	"errors"
	"fmt"

	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// json prints a policy in its canonical JSON form. It converts only: whether the
// policy is right is for check to say.
func (c *command) json(args []string) int {
	files, code, end := c.files(args)
	if end {
		return code
	}
	if len(files) > 1 {
		return c.cannot(errors.New("json converts one policy at a time"))
	}
	data, err := c.read(files[0])
	if err != nil {
		return c.cannot(err)
	}
	root, err := source.Load(files[0], data)
	var problems *tree.Problems
	if errors.As(err, &problems) {
		p := &policy{file: files[0], data: data}
		for _, m := range problems.List {
			p.add("error", codeOf(errorCodes, m.Message), m.Path, m.Line, m.Column, m.Message, m.Hint)
		}
		p.print(c.errors, false)
		return exitNo
	}
	if err != nil {
		return c.cannot(err)
	}
	fmt.Fprintf(c.out, "%s\n", source.JSON(root))
	return exitOK
}
