package main

import "fmt"

// check reports all that keeps a policy from loading: mistakes, or tests of its
// own that fail. Warnings are reported, too, and are no failure.
func (c *command) check(args []string) int {
	asJSON := c.flags.Bool("json", false, "print one JSON object a remark")
	files, code, end := c.files(args)
	if end {
		return code
	}
	for _, file := range files {
		p, err := c.load(file)
		if err != nil {
			return c.cannot(err)
		}
		if p.table != nil {
			for _, f := range p.table.RunTests() {
				message := fmt.Sprintf("test %q: %s", f.Name, f.Message)
				p.diags = append(p.diags, diagnostic{file, f.Line, f.Column, f.Path, "test", message, ""})
			}
		}
		p.print(c.out, *asJSON)
		if !p.ok() {
			code = exitNo
		}
		fmt.Fprintln(c.errors, p.summary())
		if p.table != nil {
			for _, note := range p.table.Blind() {
				fmt.Fprintf(c.errors, "%s: note: %s\n", file, note)
			}
		}
	}
	return code
}

// summary is one line that says how a policy fared.
func (p *policy) summary() string {
	counts := map[string]int{}
	for _, d := range p.diags {
		counts[d.Severity]++
	}
	if n := counts["error"]; n > 0 {
		return fmt.Sprintf("%s: %s", p.file, plural(n, "mistake"))
	}
	t := p.table
	s := fmt.Sprintf("%s: version %q, hash %s, %s, %s", p.file, t.Version(), t.Hash()[:16],
		plural(len(t.Models()), "model"), plural(len(t.TestNames()), "test"))
	if n := counts["test"]; n > 0 {
		s += fmt.Sprintf(" of which %d failed", n)
	}
	if n := counts["warning"]; n > 0 {
		s += ", " + plural(n, "warning")
	}
	return s
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
