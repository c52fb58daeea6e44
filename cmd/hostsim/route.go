package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/requests"
	"github.com/mom-router/mom-router/rules"
)

// job is one request of hostsim route, or why there is none.
type job struct {
	name string
	req  hostsim.Request
	err  error
}

func routeCommand(s streams) *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "route [flags] (--prompt TEXT | FILE...)",
		Short: "Say what becomes of a prompt or of the request in each file",
		Long: `route sends requests through the module and says what became of them: a prompt, the request in each file ("-" is standard input),
or those in files with one a line (.jsonl, .ndjson, .txt, .gz).

Exit code: 0 all requests are routed, 1 one is denied or gets no answer, 2 the command cannot run.`,
		Example: cli.Examples(`hostsim route --prompt 'Who are you?'`, `hostsim route --json examples/requests/08-jailbreak.json`,
			`hostsim route --policy my-policy.yaml request.json`, `curl -s http://127.0.0.1:8000/last-request | hostsim route -`),
	}
	o.add(c)
	o.addPrompt(c)
	c.RunE = cli.Action(func(files []string) int { return o.route(files, s) })
	return c
}

// addPrompt adds the flags for a prompt in place of a file.
func (o *options) addPrompt(c *cobra.Command) {
	c.Flags().StringVar(&o.prompt, "prompt", "", "this `text` instead of a file")
	c.Flags().StringVar(&o.model, "model", "", "with --prompt: the `name` of the model that the client asks for (default: auto)")
}

func (o *options) route(files []string, s streams) int {
	jobs, runner, err := o.prepare(files, s)
	if err != nil {
		return s.fail(err)
	}
	defer runner.close()
	code := exitOK
	var outcomes []outcome
	out, done := o.output.Open(s.Out)
	defer done()
	for _, j := range jobs {
		result := runner.do(j)
		if result.Error != "" {
			fmt.Fprintf(s.Err, "hostsim: %s: %s\n", j.name, result.Error)
		}
		if result.Error != "" || result.Action == rules.ActionDeny {
			code = exitNo
		}
		if o.output.Data() {
			out.Write(append(encode(result), '\n'))
		} else {
			outcomes = append(outcomes, result)
		}
	}
	if !o.output.Data() {
		printTable(out, outcomes)
	}
	return code
}

// prepare reads the requests that the command line names, and starts the module. The runner is to be closed, unless there is an error.
func (o *options) prepare(files []string, s streams) ([]job, *runner, error) {
	if err := o.check(); err != nil {
		return nil, nil, err
	}
	jobs, err := o.jobs(files, s)
	if err != nil {
		return nil, nil, err
	}
	lab, err := o.open(s)
	if err != nil {
		return nil, nil, err
	}
	r := &runner{lab: lab, upstream: o.upstream}
	return jobs, r, r.start()
}

// jobs reads the requests that the command line names.
func (o *options) jobs(files []string, s streams) ([]job, error) {
	switch {
	case o.prompt != "" && len(files) > 0:
		return nil, errors.New("both --prompt and a file: drop one")
	case o.prompt != "":
		return []job{{name: "prompt", req: promptRequest(o.prompt, o.model)}}, nil
	case len(files) == 0:
		return nil, errors.New("nothing to " + o.command + ": give --prompt TEXT or a FILE with a request (- for standard input)")
	case o.model != "":
		return nil, errors.New("--model goes with --prompt; a file's request names its own model")
	}
	var out []job
	for _, name := range files {
		if holdsLines(name) {
			lines, err := o.lines(name)
			if err != nil {
				return nil, err
			}
			out = append(out, lines...)
			continue
		}
		data, err := s.readFile(name)
		if err != nil {
			return nil, err
		}
		j := job{name: strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))}
		j.req, j.err = parseRequest(data)
		out = append(out, j)
	}
	return out, nil
}

// holdsLines tells a file with a request a line, such as replay takes, by its name.
func holdsLines(name string) bool {
	return slices.Contains([]string{".jsonl", ".ndjson", ".txt", ".gz"}, filepath.Ext(name))
}

// lines reads the requests of a file, each named by its place.
func (o *options) lines(name string) (out []job, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the requests: %w", err)
	}
	defer f.Close()
	lines, err := requests.NewLines(f, o.format)
	for err == nil {
		var line requests.Line
		if line, err = lines.Next(); err == nil {
			j := job{name: fmt.Sprintf("%s:%d", name, line.Number)}
			j.req, j.err = sent(line.Request())
			out = append(out, j)
		}
	}
	if !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the requests: %s: %w", name, err)
	}
	return out, nil
}

// readFile reads a request without the line break at its end, which editors add.
func (s streams) readFile(name string) ([]byte, error) {
	data, err := s.read("request", name)
	if n := len(data); n > 0 && data[n-1] == '\n' {
		data = data[:n-1]
	}
	return data, err
}

// read reads a file, or standard input for "-". what says what for.
func (s streams) read(what, name string) ([]byte, error) {
	data, err := s.Read(name)
	if err != nil {
		return nil, fmt.Errorf("read the %s: %w", what, err)
	}
	return data, nil
}
