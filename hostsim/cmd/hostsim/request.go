package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"github.com/mom-router/mom-router/hostsim"
)

const chatPath = "/v1/chat/completions"

// parseRequest reads one request. An object with a member "path" or "method" says how it is sent;
// anything else, valid JSON or not, is the body of a chat completion.
func parseRequest(line []byte) (hostsim.Request, error) {
	if members, ok := wrapper(line); ok {
		return unwrap(members)
	}
	r := hostsim.Request{Method: "POST", Path: chatPath, Body: line}
	return withType(r), nil
}

// wrapper looks whether the line is an object that has "path" or "method", without parsing most bodies.
func wrapper(line []byte) (map[string]json.RawMessage, bool) {
	if !bytes.HasPrefix(bytes.TrimLeft(line, " \t\r\n"), []byte("{")) {
		return nil, false
	}
	if !bytes.Contains(line, []byte(`"path"`)) && !bytes.Contains(line, []byte(`"method"`)) && !bytes.Contains(line, []byte(`\u00`)) {
		return nil, false
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(line, &members) != nil {
		return nil, false
	}
	_, path := members["path"]
	_, method := members["method"]
	return members, path || method
}

// unwrap reads a wrapper's members, each of which has one meaning; others are errors.
func unwrap(members map[string]json.RawMessage) (hostsim.Request, error) {
	r := hostsim.Request{Method: "POST", Path: chatPath}
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	sort.Strings(names) // one line always gives the same error
	for _, name := range names {
		if err := unwrapMember(&r, name, members[name]); err != nil {
			return r, err
		}
	}
	if _, ok := members["body_base64"]; ok && members["body"] != nil {
		return r, fmt.Errorf("both \"body\" and \"body_base64\": drop one")
	}
	if _, ok := members["headers"]; !ok {
		r = withType(r)
	}
	return r, check(r)
}

func unwrapMember(r *hostsim.Request, name string, raw json.RawMessage) (err error) {
	var want string
	switch name {
	case "method":
		want, err = "a string", json.Unmarshal(raw, &r.Method)
	case "path":
		want, err = "a string", json.Unmarshal(raw, &r.Path)
	case "headers":
		want = "an object of strings"
		r.Headers, err = fields(raw)
	case "trailers":
		want = "an object of strings"
		r.Trailers, err = fields(raw)
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

// fields reads an object of headers in its own order; a list gives a header several values.
func fields(raw json.RawMessage) ([]hostsim.Field, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, fmt.Errorf("no object")
	}
	var out []hostsim.Field
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
			out = append(out, hostsim.Field{Name: name.(string), Value: v})
		}
	}
	return out, nil
}

// check refuses what no HTTP client can send and Envoy's codec would not let through to the filters.
func check(r hostsim.Request) error {
	if r.Method == "" || strings.ContainsFunc(r.Method, notToken) {
		return fmt.Errorf("member \"method\": %q cannot be sent", r.Method)
	}
	if r.Path == "" || strings.ContainsFunc(r.Path, func(c rune) bool { return c <= ' ' || c == 0x7f }) {
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

func withType(r hostsim.Request) hostsim.Request {
	if len(r.Body) > 0 {
		r.Headers = append(r.Headers, hostsim.Field{Name: "content-type", Value: "application/json"})
	}
	return r
}

// promptRequest is a chat completion of one user message.
func promptRequest(prompt, model string) hostsim.Request {
	if model == "" {
		model = "auto"
	}
	type message struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	b := encode(struct {
		Model    string    `json:"model"`
		Messages []message `json:"messages"`
	}{model, []message{{"user", prompt}}})
	return withType(hostsim.Request{Method: "POST", Path: chatPath, Body: b})
}
