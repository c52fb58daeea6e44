package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// maxRecorded is the longest request that becomes a test, in bytes: people are to read them.
const maxRecorded = 1 << 20

// recorded is a request that becomes a test.
type recorded struct {
	shape   prompt.Shape
	headers map[string]string
	body    []byte
}

// record writes a file with tests for one policy: what it decides today of the requests of a file. A line is what hostsim replay takes: the body of a chat completion,
// or an object with "path" or "method", "headers" and "body".
func (c *command) record(files []string, from string) int {
	if len(files) > 1 {
		return c.cannot(errors.New("--record writes tests for one policy at a time"))
	}
	if files[0] == "-" && from == "-" {
		return c.cannot(errors.New("the policy and the requests cannot both come from standard input"))
	}
	p, err := c.load(files[0])
	if err != nil {
		return c.cannot(err)
	}
	if p.table == nil {
		p.print(c.errors, false)
		fmt.Fprintln(c.errors, p.summary()+": nothing can be recorded")
		return exitCannot
	}
	in := io.Reader(c.stdin)
	if from != "-" {
		file, err := os.Open(from)
		if err != nil {
			return c.cannot(err)
		}
		defer file.Close()
		in = file
	}
	out := bufio.NewWriter(c.out)
	written, left, again := 0, 0, 0
	seen := map[string]bool{}
	input := bufio.NewReaderSize(in, 64<<10)
	for number := 1; ; number++ {
		line, err := recordLine(input)
		if errors.Is(err, io.EOF) {
			break
		}
		var r recorded
		if err == nil {
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			r, err = readRecorded(line)
		}
		if err != nil && !errors.As(err, new(*badLine)) {
			return c.cannot(err)
		}
		if err != nil {
			fmt.Fprintf(c.errors, "%s:%d: %v\n", from, number, err)
			left++
			continue
		}
		test := writeTest(p.table, fmt.Sprintf("line %d", number), &r)
		if _, without, _ := strings.Cut(test, "\n"); seen[without] {
			again++
			continue
		} else {
			seen[without] = true
		}
		if written++; written == 1 {
			io.WriteString(out, "tests:\n")
		}
		io.WriteString(out, test)
	}
	if err := out.Flush(); err != nil {
		return c.cannot(err)
	}
	fmt.Fprintf(c.errors, "%s written", plural(written, "test"))
	if again > 0 {
		fmt.Fprintf(c.errors, ", %s said the same as one before", plural(again, "line"))
	}
	if left > 0 {
		fmt.Fprintf(c.errors, ", %s left out", plural(left, "line"))
	}
	fmt.Fprintln(c.errors)
	if left > 0 || written == 0 {
		return exitNo
	}
	return exitOK
}

// badLine says why a line becomes no test.
type badLine struct{ why string }

func (b *badLine) Error() string { return b.why }

// recordLine reads a line without its end. A *badLine is about that line alone; io.EOF is the end.
func recordLine(r *bufio.Reader) ([]byte, error) {
	line, long, err := nextLine(r, 2*maxRecorded)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case long:
		return nil, &badLine{fmt.Sprintf("the line is longer than %d MiB: write a test with repeat and times instead", 2*maxRecorded>>20)}
	case err != nil && len(line) == 0:
		return nil, io.EOF
	}
	return bytes.TrimSuffix(line, []byte("\r")), nil
}

func readRecorded(line []byte) (recorded, error) {
	r := recorded{body: line}
	var w struct {
		Method, Path *string
		Headers      map[string]string
		Body         json.RawMessage
		Base64       *string         `json:"body_base64"`
		Chunks       json.RawMessage // these say how the body arrives, which changes no decision
		Trailers     json.RawMessage
		HTTP         json.RawMessage
	}
	if wrapped(line) {
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&w); err != nil {
			return r, &badLine{"not a request: " + strings.TrimPrefix(err.Error(), "json: ")}
		}
		r.body = w.Body
		var text string
		switch {
		case w.Base64 != nil:
			body, err := base64.StdEncoding.DecodeString(*w.Base64)
			if err != nil {
				return r, &badLine{"member \"body_base64\": " + err.Error()}
			}
			r.body = body
		case json.Unmarshal(w.Body, &text) == nil:
			r.body = []byte(text)
		}
		r.headers = w.Headers
		if w.Method != nil && *w.Method != "POST" {
			return r, &badLine{fmt.Sprintf("method %q: tests are about model calls, which are POST", *w.Method)}
		}
		if w.Path != nil {
			kind, shape := paths.Classify(paths.WithoutQuery(*w.Path))
			if kind != paths.Model {
				return r, &badLine{fmt.Sprintf("path %q: tests are about model calls", *w.Path)}
			}
			r.shape = shape
		}
	}
	switch {
	case len(r.body) > maxRecorded:
		return r, &badLine{fmt.Sprintf("the body is longer than %d MiB: write a test with repeat and times instead", maxRecorded>>20)}
	case !utf8.Valid(r.body):
		return r, &badLine{"the body is not UTF-8, which a file with tests has to be"}
	}
	return r, nil
}

// wrapped reports whether a line is an object with "path" or "method".
func wrapped(line []byte) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(line, &members) != nil {
		return false
	}
	_, path := members["path"]
	_, method := members["method"]
	return path || method
}

// writeTest writes one test as an item of a YAML list: what was sent, and all that the policy decides about it. Of the headers it keeps those that signals look at: others
// are no business of a file that people share, such as keys.
func writeTest(table *rules.Table, name string, r *recorded) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  - name: %s\n", name)
	kept := map[string]string{}
	for _, h := range table.Headers() {
		for sent, value := range r.headers {
			if strings.EqualFold(sent, h.Name) {
				kept[h.Name] = value
			}
		}
	}
	if model, text, simple := simplePrompt(r); simple {
		if model != "" {
			fmt.Fprintf(&b, "    model: %s\n", yamlWord(model))
		}
		fmt.Fprintf(&b, "    prompt: %s\n", yamlText(text))
	} else {
		if r.shape != prompt.Chat {
			fmt.Fprintf(&b, "    shape: %s\n", r.shape)
		}
		fmt.Fprintf(&b, "    body: %s\n", yamlText(string(r.body)))
	}
	if len(kept) > 0 {
		fmt.Fprintf(&b, "    headers: %s\n", marshal(kept))
	}
	s := table.NewSession(r.shape)
	s.Header = func(name string) (string, bool) { value, ok := kept[name]; return value, ok }
	s.Feed(r.body)
	d := s.Close()
	if d.Action == rules.ActionRoute {
		reasoning := d.Reasoning
		if reasoning == "" {
			reasoning = "unset"
		}
		fmt.Fprintf(&b, "    expect: {decision: %s, model: %s, reasoning: %s, flags: %s, signals: %s}\n", d.Name, yamlWord(d.Model.Key), reasoning, list(d.Flags), list(d.Signals))
		return b.String()
	}
	fmt.Fprintf(&b, "    expect: {action: deny, status: %d, code: %s", d.Status, d.Code)
	if d.Name != "" {
		fmt.Fprintf(&b, ", decision: %s, flags: %s, signals: %s", d.Name, list(d.Flags), list(d.Signals))
	}
	b.WriteString("}\n")
	return b.String()
}

// simplePrompt is the model and the prompt of a body that says nothing else.
func simplePrompt(r *recorded) (model, text string, simple bool) {
	root, err := tree.ParseJSON(r.body)
	if err != nil || r.shape != prompt.Chat || root.Kind != tree.Map {
		return "", "", false
	}
	messages, named := root.Get("messages"), root.Get("model")
	if named != nil {
		model, simple = named.Text, named.Kind == tree.String
	}
	if messages == nil || messages.Kind != tree.List || len(messages.Items) != 1 || len(root.Keys) == 2 && (!simple || strings.TrimSpace(model) == "") || len(root.Keys) > 2 {
		return "", "", false
	}
	role, content := messages.Items[0].Get("role"), messages.Items[0].Get("content")
	if role == nil || content == nil || role.Text != "user" || content.Kind != tree.String || len(messages.Items[0].Keys) != 2 {
		return "", "", false
	}
	return model, content.Text, true
}

// list writes flags or signals, whose names need no quotes.
func list(names []string) string { return "[" + strings.Join(names, ", ") + "]" }

func marshal(v any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.Encode(v)
	return strings.TrimSpace(b.String())
}

// yamlText writes a string as YAML reads it back, whatever it holds. JSON's escapes are not all YAML's.
func yamlText(s string) string {
	plain := true
	for _, r := range s {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r >= 0xfffe && r <= 0xffff {
			plain = false
		}
	}
	if plain {
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r >= 0x7f && r < 0xa0:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r == 0x2028 || r == 0x2029 || r == 0xfeff || r >= 0xfffe && r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
