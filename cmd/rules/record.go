package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/internal/requests"
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

// record writes a file with tests for one policy: what it decides today of the requests of a file. Lines are as package requests reads
// them: bodies, wrappers, OpenAI batches, prompts, packed or not.
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
		p.print(c.Err, false)
		fmt.Fprintln(c.Err, p.summary()+": nothing can be recorded")
		return exitCannot
	}
	lines, file, err := openLines(c.Streams, from, requests.Auto)
	if err != nil {
		return c.cannot(err)
	}
	defer file.Close()
	out := bufio.NewWriter(c.Out)
	written, left, again := 0, 0, 0
	seen := map[string]bool{}
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return c.cannot(fmt.Errorf("%s: %w", from, err))
		}
		r, err := readRecorded(line)
		if err != nil {
			fmt.Fprintf(c.Err, "%s:%d: %v\n", from, line.Number, err)
			left++
			continue
		}
		test := writeTest(p.table, fmt.Sprintf("line %d", line.Number), &r)
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
	fmt.Fprintf(c.Err, "%s written", plural(written, "test"))
	if again > 0 {
		fmt.Fprintf(c.Err, ", %s said the same as one before", plural(again, "line"))
	}
	if left > 0 {
		fmt.Fprintf(c.Err, ", %s left out", plural(left, "line"))
	}
	fmt.Fprintln(c.Err)
	if left > 0 || written == 0 {
		return exitNo
	}
	return exitOK
}

// readRecorded reads the request of a line. An error says why it becomes no test.
func readRecorded(line requests.Line) (recorded, error) {
	q, err := line.Request()
	if err != nil {
		return recorded{}, err
	}
	r := recorded{body: q.Body, headers: joined(q.Headers)}
	if q.Method != "POST" {
		return r, fmt.Errorf("method %q: tests are about model calls, which are POST", q.Method)
	}
	if q.Path != "" {
		kind, shape := paths.Classify(paths.WithoutQuery(q.Path))
		if kind != paths.Model {
			return r, fmt.Errorf("path %q: tests are about model calls", q.Path)
		}
		r.shape = shape
	} else {
		r.shape = requests.ShapeOf(r.body)
	}
	switch {
	case len(r.body) > maxRecorded:
		return r, fmt.Errorf("the body is longer than %d MiB: write a test with repeat and times instead", maxRecorded>>20)
	case !utf8.Valid(r.body):
		return r, errors.New("the body is not UTF-8, which a file with tests has to be")
	}
	return r, nil
}

// writeTest writes one test as an item of a YAML list: what was sent, and all that the policy decides about it. Of the headers it keeps those that signals look at: others
// are no business of a file that people share, such as keys.
func writeTest(table *rules.Table, name string, r *recorded) string {
	var b strings.Builder
	fmt.Fprintf(&b, "  - name: %s\n", name)
	kept := map[string]string{}
	for _, h := range table.Headers() {
		if value, sent := r.headers[strings.ToLower(h.Name)]; sent {
			kept[h.Name] = value
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
	printJSON(&b, v)
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
