package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/mom-router/mom-router/rules/prompt"
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
}

// wrongLine is a line that is no request, and why.
type wrongLine struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Why  string `json:"why"`
}

// The formats of files of traffic.
const (
	formatAuto    = "auto"    // by the first line that is not empty
	formatJSON    = "jsonl"   // bodies, wrappers or batches, one a line
	formatPrompts = "prompts" // what a user says, a line each
)

// maxTrafficLine is the longest line that is read, in bytes.
const maxTrafficLine = 64 << 20

// traffic reads files of requests, a line at a time.
type traffic struct {
	format string
	count  int64                  // requests so far
	read   int64                  // bytes of files so far
	total  int64                  // bytes of all files; 0 where that is not known
	serves func(path string) bool // some policy reads bodies that are sent there
	emit   func(sample)
	wrong  func(w wrongLine) // told of each wrong line
}

// countingReader counts what is read of a file, for the progress.
type countingReader struct {
	io.Reader
	count *int64
}

func (r countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	*r.count += int64(n)
	return n, err
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

// file reads one file, which may be compressed by gzip, whatever its name.
func (t *traffic) file(name string, stdin io.Reader) error {
	in := stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	r := bufio.NewReaderSize(countingReader{in, &t.read}, 256<<10)
	if magic, _ := r.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r = bufio.NewReaderSize(unpacked, 256<<10)
	}
	format := t.format
	for number := 1; ; number++ {
		line, long, err := nextLine(r, maxTrafficLine)
		end := errors.Is(err, io.EOF)
		if err != nil && !end {
			return fmt.Errorf("%s: line %d: %w", name, number, err)
		}
		if end && len(line) == 0 && !long {
			return nil
		}
		if number == 1 {
			line = bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
		}
		text := bytes.TrimSpace(line)
		if format == formatAuto && len(text) > 0 {
			format = formatPrompts
			if text[0] == '{' || text[0] == '[' {
				format = formatJSON
			}
		}
		if why := t.line(name, number, format, text, long); why != "" {
			t.wrong(wrongLine{name, number, why})
		}
		if end {
			return nil
		}
	}
}

// line hands on the request of a line, or says why it is none.
func (t *traffic) line(name string, number int, format string, text []byte, long bool) (why string) {
	if long {
		return "the line is longer than 64 MiB"
	}
	if len(text) == 0 {
		return ""
	}
	t.count++
	s := sample{file: name, line: number, order: t.count}
	if format == formatPrompts {
		quoted, _ := json.Marshal(string(text))
		s.body = []byte(`{"messages":[{"role":"user","content":` + string(quoted) + `}]}`)
	} else if why := s.parse(text); why != "" {
		return why
	}
	if s.path != "" && !t.serves(s.path) {
		return fmt.Sprintf("%q is no path of a model request", s.path)
	}
	t.emit(s)
	return ""
}

// nextLine reads a line without its end. One that is longer than so many bytes is read over.
func nextLine(r *bufio.Reader, most int) (line []byte, long bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if !long {
			if line = append(line, part...); len(line) > most {
				line, long = nil, true
			}
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSuffix(line, []byte("\n")), long, err
		}
	}
}

// envelope is what may stand around a body: a wrapper as hostsim replay reads it, or a line of an OpenAI batch.
type envelope struct {
	Path, URL  string
	Method     string
	Headers    map[string]any
	Body       json.RawMessage
	BodyBase64 string `json:"body_base64"`
	// Members that tell a body from an envelope, and one body from another.
	Messages, Input, Prompt json.RawMessage
	// A record of the proxy has no text.
	Action, Decision string
}

// parse reads a line of JSON.
func (s *sample) parse(text []byte) (why string) {
	var e envelope
	if err := json.Unmarshal(text, &e); err != nil {
		var syntax *json.SyntaxError
		switch {
		case text[0] != '{':
			return "a JSON object is expected: a body, a wrapper with path and body, or a line of a batch"
		case errors.As(err, &syntax):
			return fmt.Sprintf("this is not JSON: %v (byte %d)", err, syntax.Offset)
		case e.Body == nil && e.BodyBase64 == "":
			e = envelope{} // a body with other kinds of members: the engine says what is wrong with it
		default:
			return err.Error()
		}
	}
	if e.Body == nil && e.BodyBase64 == "" {
		switch {
		case e.Messages != nil:
		case e.Input != nil:
			s.shape = prompt.Responses
		case e.Prompt != nil:
			s.shape = prompt.Completions
		case e.Decision != "" && e.Action != "":
			return "this is a record, which does not hold what was asked: use bodies"
		case e.Path != "" || e.URL != "" || e.Method != "":
			return "the request has no body"
		}
		s.body = text
		return ""
	}
	if s.path = e.Path; s.path == "" {
		s.path = e.URL
	}
	s.path, _, _ = strings.Cut(s.path, "?")
	switch {
	case e.BodyBase64 != "":
		body, err := base64.StdEncoding.DecodeString(e.BodyBase64)
		if err != nil {
			return "body_base64 is not base64"
		}
		s.body = body
	case e.Body[0] == '"':
		var body string
		if err := json.Unmarshal(e.Body, &body); err != nil {
			return err.Error()
		}
		s.body = []byte(body)
	default:
		s.body = e.Body
	}
	for name, value := range e.Headers {
		if s.headers == nil {
			s.headers = map[string]string{}
		}
		switch v := value.(type) {
		case string:
			s.headers[strings.ToLower(name)] = v
		case []any:
			var values []string
			for _, item := range v {
				values = append(values, fmt.Sprint(item))
			}
			s.headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	return ""
}
