package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// diagnostic is one remark about a policy file, as --json prints it.
type diagnostic struct {
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Path     string `json:"path"`
	Severity string `json:"severity"` // "error", "test" or "warning"
	Code     string `json:"code"`     // stable: see docs/check.md
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
}

// policy is a file and what came of reading it.
type policy struct {
	file   string
	data   []byte
	root   *tree.Node   // nil if it cannot be read; where the file is a plugin's configuration, the policy in it
	plugin *tree.Node   // the plugin's configuration, if the file is one
	name   string       // of a policy beside that one's default, else ""
	table  *rules.Table // nil if there are errors
	diags  []diagnostic
	shown  cli.Streams // says whether remarks have colours
}

// load reads and compiles a policy. Only a file that cannot be read is an error;
// mistakes in it are diagnostics.
func (c *command) load(file string) (*policy, error) {
	data, err := c.Read(file)
	if err != nil {
		return nil, err
	}
	p := &policy{file: file, data: data}
	root, err := source.Load(file, data)
	if err == nil {
		if inner := root.Get("policy"); inner != nil && inner.Kind == tree.Map && root.Get("models") == nil {
			p.plugin, root = root, inner
		} else if inner != nil && inner.Text == "default" && root.Get("policies") != nil {
			p.plugin = root
			p.table, err = rules.Default() // in which there is nothing to judge
			return p, err
		}
	}
	p.compile(root, err)
	return p, nil
}

// whole loads a policy that must be right, with all that it extends.
func (c *command) whole(file string) (*policy, error) {
	p, err := c.load(file)
	if err != nil {
		return nil, err
	}
	if !p.ok() {
		p.print(c.Err, false)
		return nil, fmt.Errorf("%s does not load: mend it first", file)
	}
	if p.root == nil { // a configuration with the built-in one
		err = p.builtIn()
	}
	return p, err
}

// builtIn takes the built-in policy.
func (p *policy) builtIn() (err error) {
	if p.table, err = rules.Default(); err == nil {
		p.root, err = tree.ParseJSON(rules.DefaultJSON())
	}
	return err
}

// others are the policies beside the default one, where the file is a configuration that has some.
func (p *policy) others() (all []*policy) {
	if p.plugin == nil {
		return nil
	}
	more := p.plugin.Get("policies")
	if more == nil || more.Kind != tree.Map {
		return nil
	}
	for i, key := range more.Keys {
		if more.Items[i].Kind != tree.Map {
			continue // the built-in one, which is checked, or what the plugin refuses
		}
		other := &policy{file: p.file, data: p.data, plugin: p.plugin, name: key.Text}
		other.compile(more.Items[i], nil)
		all = append(all, other)
	}
	return all
}

// compile compiles a policy that was read, or notes why it was not.
func (p *policy) compile(root *tree.Node, err error) {
	if err == nil {
		files := source.Beside(p.file)
		if p.table, err = rules.CompileWith(root, files); err != nil {
			p.root, _ = rules.Extend(root, files) // some mistakes leave what can be judged
		} else {
			p.root, err = rules.Extend(root, files)
		}
	}
	if err != nil {
		p.note(err)
	} else {
		for _, w := range p.table.Warnings() {
			p.add("warning", codeOf(warningCodes, w.Message), w.Path, w.Line, w.Column, w.Message, "")
		}
	}
}

// add notes a remark.
func (p *policy) add(severity, code, path string, line, column int, message, hint string) {
	p.diags = append(p.diags, diagnostic{p.file, line, column, path, severity, code, message, hint})
}

// ok reports whether a policy may be used, going by what is known so far.
func (p *policy) ok() bool {
	for _, d := range p.diags {
		if d.Severity != "warning" {
			return false
		}
	}
	return true
}

// print writes the diagnostics: a line for each, then the line of the policy that
// it is about, with a caret and the cure; or one JSON object a line.
func (p *policy) print(w io.Writer, asJSON bool) {
	lines := bytes.Split(p.data, []byte("\n"))
	for _, d := range p.diags {
		if asJSON {
			printJSON(w, d)
			continue
		}
		kind := p.shown.Paint(cli.Red, "error")
		if d.Severity == "warning" {
			kind = p.shown.Paint(cli.Yellow, "warning")
		}
		fmt.Fprintf(w, "%s:%d:%d: %s %s: %s\n", d.File, d.Line, d.Column, kind, d.Code, d.Message)
		if d.Line >= 1 && d.Line <= len(lines) {
			text, caret := excerpt(strings.TrimRight(string(lines[d.Line-1]), "\r"), d.Column)
			fmt.Fprintf(w, "%5d | %s\n      | %s", d.Line, text, caret)
			if d.Hint != "" {
				fmt.Fprintf(w, " %s", d.Hint)
			}
			fmt.Fprintln(w)
		}
	}
}

func printJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// width is how much of a line is shown.
const width = 100

// excerpt cuts a window out of a line and places a caret under a column.
func excerpt(line string, column int) (text, caret string) {
	line = strings.Map(printable, strings.ToValidUTF8(line, "\uFFFD"))
	runes := []rune(line)
	at := min(max(column-1, 0), len(runes))
	from := 0
	if at > width*3/4 {
		from = at - width/2
	}
	to := min(len(runes), from+width)
	text = string(runes[from:to])
	before := string(runes[from:at])
	if from > 0 {
		text, before = "…"+text, "…"+before
	}
	if to < len(runes) {
		text += "…"
	}
	return text, strings.Repeat(" ", columns(before)) + "^"
}

// printable replaces control characters, which would move the caret.
func printable(r rune) rune {
	if r < ' ' || r == 0x7f || r == utf8.RuneError {
		return ' '
	}
	return r
}

// columns is how wide a text stands on a terminal: East Asian characters take two.
func columns(s string) (n int) {
	for _, r := range s {
		n++
		if r >= 0x1100 && r <= 0x115f || r >= 0x2e80 && r <= 0xa4cf || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xff00 && r <= 0xff60 || r >= 0x1f300 {
			n++
		}
	}
	return n
}
