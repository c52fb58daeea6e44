// Package requests reads files of requests for commands: hostsim replay and explain, rules diff, rules test --record. All read the same lines in the same way.
//
// A line is a body of a model call, a wrapper that says how a request is sent (method, path, headers, body, body_base64, chunks, metadata, trailers, http), a line of an OpenAI
// batch (custom_id, method, url, body), or, in a file of prompts, what a user says.
package requests

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/trail"
)

// Request is one request.
type Request struct {
	Method   string // POST unless the line says another one
	Path     string // with its query; "" where the line does not say
	Headers  []Header
	Headed   bool // the line says which headers there are
	Trailers []Header
	Body     []byte
	Chunks   []int // sizes in which the body comes
	HTTP2    bool
	Metadata map[string]any // dynamic metadata by filter, where the line says some
	Wrapped  bool           // the line is more than a body
}

// Header is a header or a trailer.
type Header struct{ Name, Value string }

// ErrRecord is of a line that is a record of the router, or a line of a log that has some.
var ErrRecord = errors.New("this is a record, which does not hold what was asked: use bodies")

// recordMark stands in every record; in one that a log has as a string, its quotation marks are escaped.
var recordMark = []byte(`signals`)

// Records finds the records of a line, in any form that rules audit reads.
func Records(line []byte) []json.RawMessage {
	if !bytes.Contains(line, recordMark) || !bytes.HasPrefix(bytes.TrimLeft(line, " \t\r\n"), []byte("{")) {
		return nil
	}
	all, _ := trail.Find(line)
	if len(all) == 0 || isBody(line) {
		return nil
	}
	return slices.DeleteFunc(all, func(raw json.RawMessage) bool {
		var members map[string]json.RawMessage
		return json.Unmarshal(raw, &members) != nil || members["signals"] == nil || members["action"] == nil || members["policy"] == nil || members["body"] != nil
	})
}

// isBody reports whether a line says what is asked, whatever else it has: then it is the body of a call.
func isBody(line []byte) bool {
	var members map[string]json.RawMessage
	return json.Unmarshal(line, &members) == nil && (members["messages"] != nil || members["input"] != nil || members["prompt"] != nil)
}

// Parse reads one request. An object with "path" or "method", or with a body beside nothing that a model call has, is a wrapper; one with "url" and "body" a line of a
// batch. Anything else, valid JSON or not, is a body.
func Parse(line []byte) (Request, error) {
	r := Request{Method: "POST"}
	if len(Records(line)) > 0 {
		return r, ErrRecord
	}
	members := envelope(line)
	if members == nil {
		r.Body = line
		return r, nil
	}
	if _, ok := members["decision"]; ok && members["action"] != nil && members["body"] == nil {
		return r, ErrRecord
	}
	return unwrap(members)
}

// envelope are the members of a line that is more than a body, which most are not: those are not parsed. nil for a body.
func envelope(line []byte) map[string]json.RawMessage {
	if !bytes.HasPrefix(bytes.TrimLeft(line, " \t\r\n"), []byte("{")) || !slices.ContainsFunc(marks, func(mark string) bool { return bytes.Contains(line, []byte(mark)) }) {
		return nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(line, &members) != nil {
		return nil
	}
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { _, ok := members[name]; return ok })
	}
	body := has("body", "body_base64")
	switch {
	case has("path", "method"), body && has("url", "custom_id"):
	case body && !has("messages", "input", "prompt", "model"):
	case has("decision") && has("action") && !has("messages", "input", "prompt"):
	default:
		return nil
	}
	return members
}

// marks are what stands in every line that is more than a body; a name may be written with escapes.
var marks = []string{`"path"`, `"method"`, `"body"`, `"body_base64"`, `"decision"`, `\u00`}

// unwrap reads a wrapper's members, each of which has one meaning; others are errors.
func unwrap(members map[string]json.RawMessage) (Request, error) {
	r := Request{Method: "POST", Wrapped: true}
	batch := members["url"] != nil
	for _, name := range slices.Sorted(maps.Keys(members)) { // one line always gives the same error
		if batch && (name == "custom_id" || name == "url") {
			if name == "url" && (json.Unmarshal(members[name], &r.Path) != nil || members["path"] != nil) {
				return r, errors.New(`member "url": want a string, and no "path" beside it`)
			}
			continue
		}
		if err := r.member(name, members[name]); err != nil {
			return r, err
		}
	}
	if _, ok := members["body_base64"]; ok && members["body"] != nil {
		return r, errors.New(`both "body" and "body_base64": drop one`)
	}
	if _, path := members["path"]; path && r.Path == "" {
		return r, errors.New(`member "path": "" cannot be sent`)
	}
	return r, r.check()
}

func (r *Request) member(name string, raw json.RawMessage) (err error) {
	var want string
	switch name {
	case "method":
		want, err = "a string", json.Unmarshal(raw, &r.Method)
	case "path":
		want, err = "a string", json.Unmarshal(raw, &r.Path)
	case "headers":
		want, r.Headed = "an object of strings", true
		r.Headers, err = headers(raw)
	case "trailers":
		want = "an object of strings"
		r.Trailers, err = headers(raw)
	case "body":
		if r.Body, err = body(raw); err != nil {
			want = "a string or JSON"
		}
	case "body_base64":
		var text string
		want = "a string in base64"
		if err = json.Unmarshal(raw, &text); err == nil {
			r.Body, err = base64.StdEncoding.DecodeString(text)
		}
	case "metadata":
		want, err = "an object of objects, by filter", json.Unmarshal(raw, &r.Metadata)
	case "chunks":
		want, err = "a list of sizes in bytes", json.Unmarshal(raw, &r.Chunks)
		for _, n := range r.Chunks {
			if n < 1 {
				return fmt.Errorf("member \"chunks\": %d: want sizes of 1 or more", n)
			}
		}
	case "http":
		var n int
		want = "1 or 2"
		if err = json.Unmarshal(raw, &n); err == nil && n != 1 && n != 2 {
			return fmt.Errorf("member \"http\": %d: want 1 or 2", n)
		}
		r.HTTP2 = n == 2
	default:
		return fmt.Errorf("unknown member %q: want method, path, headers, body, body_base64, chunks, metadata, trailers or http", name)
	}
	if err != nil {
		return fmt.Errorf("member %q: want %s", name, want)
	}
	return nil
}

// body is a string's characters, nothing for null, and the JSON as it stands for the rest.
func body(raw json.RawMessage) ([]byte, error) {
	switch {
	case bytes.Equal(raw, []byte("null")):
		return nil, nil
	case raw[0] == '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return []byte(text), err
	}
	return raw, nil
}

// headers reads an object of headers in its own order; a list gives a header several values.
func headers(raw json.RawMessage) ([]Header, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("no object")
	}
	var out []Header
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		var values []string
		if value[0] == '[' {
			err = json.Unmarshal(value, &values)
		} else {
			values = make([]string, 1)
			err = json.Unmarshal(value, &values[0])
		}
		if err != nil || bytes.Equal(value, []byte("null")) {
			return nil, fmt.Errorf("header %q is no string", name)
		}
		for _, v := range values {
			out = append(out, Header{Name: name.(string), Value: v})
		}
	}
	return out, nil
}

// check refuses what no HTTP client can send and Envoy's codec would not let through to the filters.
func (r *Request) check() error {
	if r.Method == "" || strings.ContainsFunc(r.Method, notToken) {
		return fmt.Errorf("member \"method\": %q cannot be sent", r.Method)
	}
	if strings.ContainsFunc(r.Path, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
		return fmt.Errorf("member \"path\": %q cannot be sent", r.Path)
	}
	for _, f := range append(r.Headers[:len(r.Headers):len(r.Headers)], r.Trailers...) {
		if name := strings.TrimPrefix(f.Name, ":"); name == "" || strings.ContainsFunc(name, notToken) {
			return fmt.Errorf("header name %q cannot be sent", f.Name)
		}
		if strings.ContainsAny(f.Value, "\x00\r\n") {
			return fmt.Errorf("header %q: its value cannot be sent", f.Name)
		}
		if strings.EqualFold(f.Name, "content-length") && f.Value != fmt.Sprint(len(r.Body)) {
			return fmt.Errorf("header %q: %s, but the body has %d bytes", f.Name, f.Value, len(r.Body))
		}
	}
	return nil
}

// notToken reports characters that stand in no HTTP method or header name (RFC 9110, 5.6.2).
func notToken(c rune) bool {
	return c <= ' ' || c >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", c)
}

// Prompt is the body of a chat completion of one user message.
func Prompt(words, model string) []byte {
	type message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.Encode(struct {
		Model    string    `json:"model,omitempty"`
		Messages []message `json:"messages"`
	}{model, []message{{"user", words}}})
	return bytes.TrimSpace(b.Bytes())
}

// ShapeOf is what a body alone is the body of.
func ShapeOf(body []byte) prompt.Shape {
	var members struct{ Messages, Input, Prompt json.RawMessage }
	json.Unmarshal(body, &members) // what else is wrong with it the engine says
	switch {
	case members.Messages != nil:
	case members.Input != nil:
		return prompt.Responses
	case members.Prompt != nil:
		return prompt.Completions
	}
	return prompt.Chat
}
