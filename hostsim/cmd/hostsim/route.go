package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/requests"
)

// job is one request of hostsim route, or why there is none.
type job struct {
	name string
	req  hostsim.Request
	err  error
}

func route(args []string, s streams) int {
	var o options
	if err := o.parse("route", args, s); err != nil {
		return flagError(err, s)
	}
	jobs, err := o.jobs(s)
	if err != nil {
		return s.fail(err)
	}
	lab, err := o.open(s)
	if err != nil {
		return s.fail(err)
	}
	runner := &runner{lab: lab, upstream: o.upstream}
	defer runner.close()
	if err := runner.start(); err != nil {
		return s.fail(err)
	}
	code := exitOK
	var outcomes []outcome
	out := bufio.NewWriter(s.out)
	for _, j := range jobs {
		result := runner.do(j)
		if result.Error != "" {
			code = exitNo
			fmt.Fprintf(s.err, "hostsim: %s: %s\n", j.name, result.Error)
		}
		if o.json {
			out.Write(encode(result))
			out.WriteByte('\n')
		} else {
			outcomes = append(outcomes, result)
		}
	}
	if !o.json {
		printTable(out, outcomes)
	}
	if err := out.Flush(); err != nil {
		return s.fail(err)
	}
	return code
}

// jobs reads the requests that the command line names.
func (o *options) jobs(s streams) ([]job, error) {
	switch {
	case o.prompt != "" && len(o.files) > 0:
		return nil, errors.New("both --prompt and a file: drop one")
	case o.prompt != "":
		return []job{{name: "prompt", req: promptRequest(o.prompt, o.model)}}, nil
	case len(o.files) == 0:
		return nil, errors.New("nothing to " + o.command + ": give --prompt TEXT or a FILE with a request (- for standard input)")
	case o.model != "":
		return nil, errors.New("--model goes with --prompt; a file's request names its own model")
	}
	var out []job
	for _, name := range o.files {
		if holdsLines(name) {
			lines, err := o.lines(name)
			if err != nil {
				return nil, err
			}
			out = append(out, lines...)
			continue
		}
		data, err := readFile(name, s)
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
func readFile(name string, s streams) (data []byte, err error) {
	if name == "-" {
		data, err = io.ReadAll(s.in)
	} else {
		data, err = os.ReadFile(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	if n := len(data); n > 0 && data[n-1] == '\n' {
		data = data[:n-1]
	}
	return data, nil
}

func flagError(err error, s streams) int {
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	}
	return s.fail(err)
}
