package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/internal/requests"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/trail"
)

// sample is one request of a file of traffic.
type sample struct {
	file    string
	line    int
	path    string // without its query; "" for a body alone, which the shape says all about
	shape   prompt.Shape
	body    []byte
	headers map[string]string // by name in small letters; nil where the file has none
	order   int64             // among all requests
	record  *trail.Record     // of the request, in the place of all but file, line and order
}

// wrongLine is a line that is no request, and why.
type wrongLine struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Why  string `json:"why"`
}

// traffic reads files of requests, a line at a time.
type traffic struct {
	format  string
	count   int64                  // requests so far
	read    int64                  // bytes of files so far
	total   int64                  // bytes of all files; 0 where that is not known
	serves  func(path string) bool // some policy reads bodies that are sent there
	emit    func(sample)
	records bool              // records will do, too
	wrong   func(w wrongLine) // told of each wrong line
}

// measure adds up the sizes of files.
func (t *traffic) measure(files []string) {
	for _, file := range files {
		info, err := os.Stat(file)
		if file == "-" || err != nil || !info.Mode().IsRegular() {
			t.total = 0
			return
		}
		t.total += info.Size()
	}
}

// openLines opens a file of requests, or takes standard input for "-".
func openLines(s cli.Streams, name, format string) (*requests.Lines, io.Closer, error) {
	in, err := s.Open(name)
	if err != nil {
		return nil, nil, err
	}
	lines, err := requests.NewLines(in, format)
	if err != nil {
		in.Close()
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return lines, in, nil
}

// file reads one file, which may be compressed by gzip, whatever its name.
func (t *traffic) file(s cli.Streams, name string) error {
	lines, file, err := openLines(s, name, t.format)
	if err != nil {
		return err
	}
	defer file.Close()
	before := t.read
	for {
		line, err := lines.Next()
		t.read = before + lines.Read
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if why := t.line(name, line); why != "" {
			t.wrong(wrongLine{name, line.Number, why})
		}
	}
}

// line hands on the request of a line, or the records in it, or says why it is none.
func (t *traffic) line(name string, line requests.Line) (why string) {
	if t.records && t.format != requests.Prompts {
		if all := requests.Records(line.Text); len(all) > 0 {
			return t.recorded(name, line.Number, all)
		}
	}
	r, err := line.Request()
	if err != nil {
		return err.Error()
	}
	t.count++
	s := sample{file: name, line: line.Number, order: t.count, body: r.Body}
	s.path = paths.WithoutQuery(r.Path)
	switch {
	case r.Wrapped && len(r.Body) == 0:
		return "the request has no body"
	case r.Method != "POST":
		return fmt.Sprintf("method %q: a model request is POST", r.Method)
	case s.path != "" && !t.serves(s.path):
		return fmt.Sprintf("%q is no path of a model request", s.path)
	case s.path == "":
		s.shape = requests.ShapeOf(r.Body)
	}
	s.headers = joined(r.Headers)
	t.emit(s)
	return ""
}

// recorded hands on the records of a line.
func (t *traffic) recorded(name string, number int, all []json.RawMessage) (why string) {
	for _, raw := range all {
		s := sample{file: name, line: number, record: new(trail.Record)}
		if err := json.Unmarshal(raw, s.record); err != nil {
			return fmt.Sprintf("the record cannot be read: %v", err)
		}
		if s.record.V != 1 {
			return fmt.Sprintf("the record has version %d: this command reads version 1", s.record.V)
		}
		t.count++
		s.order = t.count
		t.emit(s)
	}
	return ""
}

// joined gives the values of headers by name in small letters: those of several of one name with commas between them, as the proxy hands them on. It is nil where there
// are none.
func joined(list []requests.Header) (headers map[string]string) {
	for _, h := range list {
		if headers == nil {
			headers = map[string]string{}
		}
		key := strings.ToLower(h.Name)
		if before, twice := headers[key]; twice {
			headers[key] = before + ", " + h.Value
		} else {
			headers[key] = h.Value
		}
	}
	return headers
}
