package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// locked lets several goroutines write, each what it writes as a whole.
type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// output is standard output: it remembers why it could not be written, so that no command needs to look.
type output struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return 0, &OutputError{o.err}
	}
	n, err := o.w.Write(p)
	if err != nil {
		var path *fs.PathError
		if o.err = err; errors.As(err, &path) {
			o.err = path.Err // without the name that the system has for it
		}
		err = &OutputError{o.err}
	}
	return n, err
}

// OutputError is that standard output could not be written. Run tells of it when the command is over.
type OutputError struct{ err error }

func (e *OutputError) Error() string { return fmt.Sprintf("write standard output: %v", e.err) }
func (e *OutputError) Unwrap() error { return e.err }

// Fail tells why a command cannot run, unless Run is going to.
func (s Streams) Fail(name string, err error) int {
	var told *OutputError
	if !errors.As(err, &told) {
		fmt.Fprintf(s.Err, "%s: %v\n", name, err)
	}
	return Cannot
}

// Text, JSON and YAML are forms of results: for people, a JSON object each on a line of its own or alone, and the same as YAML documents.
const (
	Text = "text"
	JSON = "json"
	YAML = "yaml"
)

// Output is the form in which a command prints its result.
type Output struct {
	forms  []string
	chosen string // by a flag; "" for the first form
	by     string // that flag
}

// Add adds --output to a command, with --json for short. json says what that prints. More forms have a flag of their own for short, too.
func (o *Output) Add(c *cobra.Command, json string, more ...Form) {
	o.forms = []string{Text, JSON, YAML}
	f := c.Flags()
	for _, form := range append([]Form{{JSON, json}}, more...) {
		if form.Name != JSON {
			o.forms = append(o.forms, form.Name)
		}
		f.BoolFunc(form.Name, form.Usage+": short for --output "+form.Name, func(value string) error {
			if on, err := strconv.ParseBool(value); err != nil || !on {
				return err
			}
			return o.choose("--"+form.Name, form.Name)
		})
	}
	f.Var((*outputFlag)(o), "output", "print the result in this `form`: "+strings.Join(o.forms, ", "))
	Choices(c, "output", o.forms...)
}

// Form is a further form of results.
type Form struct{ Name, Usage string }

func (o *Output) choose(by, form string) error {
	switch {
	case !slices.Contains(o.forms, form):
		return fmt.Errorf("want %s", strings.Join(o.forms, ", "))
	case o.chosen != "" && o.chosen != form:
		return fmt.Errorf("%s and %s exclude each other: choose one", o.by, by)
	}
	o.chosen, o.by = form, by
	return nil
}

// outputFlag is the value of --output.
type outputFlag Output

func (o *outputFlag) String() string {
	if o.chosen == "" {
		return Text
	}
	return o.chosen
}
func (o *outputFlag) Type() string       { return "form" }
func (o *outputFlag) Set(v string) error { return (*Output)(o).choose("--output "+v, v) }

// Is reports whether this form was asked for.
func (o *Output) Is(form string) bool { return o.chosen == form || o.chosen == "" && form == Text }

// Data reports whether programs are to read the result: a command prints JSON then, which Open turns into YAML where that was asked for.
func (o *Output) Data() bool { return o.Is(JSON) || o.Is(YAML) }

// Open gives what a command writes its result to, and what it does when that is complete.
func (o *Output) Open(w io.Writer) (io.Writer, func()) {
	if !o.Is(YAML) {
		return w, func() {}
	}
	r, in := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.CloseWithError(toYAML(w, r))
	}()
	return in, func() { in.Close(); <-done }
}

// toYAML writes each JSON value as a document.
func toYAML(w io.Writer, r io.Reader) error {
	values := json.NewDecoder(r)
	for first := true; ; first = false {
		var raw json.RawMessage
		if err := values.Decode(&raw); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("write YAML: %w", err)
		}
		node, err := tree.ParseJSON(raw)
		if err != nil {
			return fmt.Errorf("write YAML: %w", err)
		}
		text, err := source.YAML(node)
		if err != nil {
			return fmt.Errorf("write YAML: %w", err)
		}
		if !first {
			text = append([]byte("---\n"), text...)
		}
		if _, err := io.Copy(w, bytes.NewReader(text)); err != nil {
			return err
		}
	}
}

// Colour is how a word is shown where colours are.
type Colour string

// The colours, by ANSI's numbers.
const (
	Red    Colour = "31"
	Green  Colour = "32"
	Yellow Colour = "33"
)

// Paint colours a word where somebody sees it.
func (s Streams) Paint(c Colour, word string) string {
	if !s.Colour {
		return word
	}
	return "\x1b[" + string(c) + "m" + word + "\x1b[0m"
}
