package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/redteam"
	"github.com/mom-router/mom-router/rules/prompt"
)

// request is one body to be answered.
type request struct {
	set    string
	line   int
	key    string
	shape  prompt.Shape
	window int64 // 0 is the default
	body   []byte
}

func (c *request) hash() string {
	return hashOf(append(fmt.Appendf(nil, "%s %d ", c.shape, c.window), c.body...))
}

// set is a source of requests, in an order that is always the same.
type set struct {
	name string
	step int // one row in so many is in the sample that a test answers
	// each calls f with the requests whose numbers, from 1, are wanted. Lines without a body that the engine reads are left
	// out, and the numbers of the others stay.
	each func(wanted func(n int) bool, f func(*request)) error
}

// sets lists all there is to record: the public data in a folder, and the project's own in the repository at root.
func sets(data, root string) []set {
	var all []set
	file := func(name string, step int, path string, build func(line []byte) (*request, error)) {
		all = append(all, set{name, step, func(wanted func(int) bool, f func(*request)) error {
			return lines(path, func(n int, line []byte) error {
				if !wanted(n) {
					return nil
				}
				c, err := build(line)
				if err != nil || c == nil {
					return err
				}
				c.set, c.line = name, n
				f(c)
				return nil
			})
		}})
	}
	for _, name := range []string{"attacks", "benign", "domain", "languages"} {
		file(name, 23, filepath.Join(data, name+".jsonl"), question)
	}
	file("domain-options", 97, filepath.Join(data, "domain.jsonl"), options)
	for _, name := range []string{"attack", "benign", "domain"} {
		file("learn-"+name, 499, filepath.Join(data, "learn", name+".jsonl.gz"), question)
	}
	file("learn-domain-options", 499, filepath.Join(data, "learn", "domain.jsonl.gz"), options)
	for _, name := range []string{"attacks_own", "benign_own", "complexity", "demo_paraphrases", "followups", "intents", "languages_short", "pii", "short_questions", "short_questions_zh"} {
		file("own-"+name, 5, filepath.Join(root, "rules", "train", "testdata", name+".jsonl"), question)
	}
	for _, name := range []string{"bodies", "conversations", "wrappers"} {
		path := filepath.Join(data, "clients", name+".jsonl.gz")
		file("clients-"+name, 19, path, call(0))
		file("clients-"+name+"-narrow", 19, path, call(narrow))
	}
	file("clients-system-prompts", 29, filepath.Join(data, "clients", "system-prompts.jsonl.gz"), systemPrompt)
	file("clients-tool-results", 97, filepath.Join(data, "clients", "tool-results.jsonl.gz"), toolResult)
	all = append(all, made("redteam", 29, attacks), made("bad-input", 1, badInputs), made("late", 17, late), jsonSuite(filepath.Join(data, "jsontestsuite")))
	return all
}

// narrow is a hold window in bytes that most bodies of clients are larger than.
const narrow = 4096

// lines calls f with each line of a file, which may be compressed, and its number.
func lines(name string, f func(n int, line []byte) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	var from io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if from, err = gzip.NewReader(bufio.NewReader(file)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	s := bufio.NewScanner(from)
	s.Buffer(nil, 16<<20)
	for n := 1; s.Scan(); n++ {
		if err := f(n, s.Bytes()); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if s.Err() != nil {
		return fmt.Errorf("%s: %w", name, s.Err())
	}
	return nil
}

// question makes a line's text, or its messages, a chat.
func question(line []byte) (*request, error) {
	var r struct {
		Text     *string
		Messages json.RawMessage
	}
	switch err := json.Unmarshal(line, &r); {
	case err != nil:
		return nil, err
	case r.Text != nil:
		return user(*r.Text), nil
	case r.Messages != nil:
		return chat(string(r.Messages)), nil
	}
	return nil, fmt.Errorf("a line has neither %q nor %q", "text", "messages")
}

// options makes a question a chat that also says the answers to choose from; nil where there are none.
func options(line []byte) (*request, error) {
	var r struct {
		Text    string
		Options []string
	}
	if err := json.Unmarshal(line, &r); err != nil || len(r.Options) == 0 {
		return nil, err
	}
	return user(r.Text + "\n" + strings.Join(r.Options, "\n")), nil
}

func systemPrompt(line []byte) (*request, error) {
	text, err := textOf(line)
	return chat(`[{"role":"system","content":` + quote(text) + `},{"role":"user","content":"Hello."}]`), err
}

func toolResult(line []byte) (*request, error) {
	text, err := textOf(line)
	return chat(`[{"role":"user","content":"Please read the file."},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"read","arguments":"{}"}}]},` +
		`{"role":"tool","tool_call_id":"call_1","content":` + quote(text) + `}]`), err
}

func textOf(line []byte) (string, error) {
	var r struct{ Text string }
	err := json.Unmarshal(line, &r)
	return r.Text, err
}

// call reads a body as a client sends it; nil where the engine reads no body at that path.
func call(window int64) func(line []byte) (*request, error) {
	return func(line []byte) (*request, error) {
		var r struct {
			Method, Path string
			Body         *string
			Base64       []byte `json:"body_base64"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, err
		}
		shape, ok := shapeOf(r.Method, r.Path)
		if !ok || r.Body == nil && r.Base64 == nil {
			return nil, nil
		}
		body := r.Base64
		if r.Body != nil {
			body = []byte(*r.Body)
		}
		return &request{shape: shape, window: window, body: body}, nil
	}
}

// shapeOf is the shape of the bodies that are posted to a path.
func shapeOf(method, path string) (prompt.Shape, bool) {
	kind, shape := paths.Classify(paths.WithoutQuery(path))
	return shape, kind == paths.Model && method == "POST"
}

func user(text string) *request { return chat(`[{"role":"user","content":` + quote(text) + `}]`) }

func chat(messages string) *request {
	return &request{body: []byte(`{"model":"auto","messages":` + messages + `}`)}
}

// quote is a text as JSON, with < and > as they are.
func quote(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(text); err != nil {
		panic(err) // strings always encode
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// made is a set of requests that stand in no file.
func made(name string, step int, list func() []*request) set {
	return set{name, step, func(wanted func(int) bool, f func(*request)) error {
		for i, c := range list() {
			if wanted(i + 1) {
				c.set, c.line = name, i+1
				f(c)
			}
		}
		return nil
	}}
}

// attacks are the bodies of package redteam. What it tries with paths, headers and framing never reaches the engine.
func attacks() (list []*request) {
	seen := map[string]int{}
	for _, class := range redteam.Classes() {
		for _, a := range class.Attacks {
			key := class.Name + ": " + a.Name
			if seen[key]++; seen[key] > 1 {
				key += fmt.Sprintf(" (%d)", seen[key])
			}
			list = append(list, sent(key, &a.Request)...)
			if a.Request.Twin != nil {
				list = append(list, sent(key+", twin", a.Request.Twin)...)
			}
		}
	}
	return list
}

func badInputs() (list []*request) {
	all := redteam.BadInputs()
	for _, key := range slices.Sorted(maps.Keys(all)) {
		r := all[key]
		list = append(list, sent(key, &r)...)
	}
	return list
}

// sent is the body of a request, if the engine would see it.
func sent(key string, r *redteam.Request) []*request {
	method, path := r.Method, r.Path
	if method == "" {
		method = "POST"
	}
	if path == "" {
		path = "/v1/chat/completions"
	}
	shape, ok := shapeOf(method, path)
	if !ok {
		return nil
	}
	return []*request{{key: key, shape: shape, body: r.Body}}
}

// jsonSuite is the JSONTestSuite, each text as a body, and as what a member of a chat says.
func jsonSuite(dir string) set {
	return set{"jsontestsuite", 7, func(wanted func(int) bool, f func(*request)) error {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		n := 0
		add := func(key string, body []byte) {
			if n++; wanted(n) {
				f(&request{set: "jsontestsuite", line: n, key: key, body: body})
			}
		}
		for _, e := range entries {
			if filepath.Ext(e.Name()) != ".json" {
				continue
			}
			text, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return err
			}
			add(e.Name(), text)
			body := append([]byte(`{"messages":[{"role":"user","content":"Hello."}],"metadata":`), text...)
			add(e.Name()+", in a chat", append(body, '}'))
		}
		return nil
	}}
}
