package sdk

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// recording is one line of a file in recorded/.
type recording struct {
	sdk, call string // of the x-case header
	want      int    // the status that the call's list asks for
	line      string

	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

// recordings reads all files in recorded/.
func recordings(t *testing.T) []recording {
	t.Helper()
	files, err := filepath.Glob("recorded/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: run e2e/sdk/run --update (%v)", err)
	}
	var all []recording
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sdk := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		kind, _, _ := strings.Cut(sdk, "-")
		want := statuses(t, "calls/"+kind+".json")
		for line := range strings.Lines(string(data)) {
			r := recording{line: line}
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			r.sdk, r.call, _ = strings.Cut(r.Headers["x-case"], "/")
			var known bool
			if r.want, known = want[r.call]; !known || r.sdk != sdk {
				t.Fatalf("%s: the case %q is no call of calls/%s.json: run e2e/sdk/run --update", file, r.Headers["x-case"], kind)
			}
			all = append(all, r)
		}
	}
	return all
}

// statuses reads the status that each call of a list is to end with.
func statuses(t *testing.T, file string) map[string]int {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var calls []struct {
		Name   string
		Status int
	}
	if err := json.Unmarshal(data, &calls); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	m := map[string]int{}
	for _, c := range calls {
		if c.Status == 0 {
			c.Status = 200
		}
		m[c.Name] = c.Status
	}
	return m
}

func TestRecordingsHoldWhatWasSentAndNoSecret(t *testing.T) {
	for _, r := range recordings(t) {
		for _, secret := range []string{"authorization", "x-api-key", "bearer", "127.0.0.1", "x-stainless-os", "cookie"} {
			if strings.Contains(strings.ToLower(r.line), secret) {
				t.Errorf("%s/%s has %q", r.sdk, r.call, secret)
			}
		}
		if length, told := r.Headers["content-length"]; told && length != strconv.Itoa(len(r.Body)) {
			t.Errorf("%s/%s: content-length %s, the body has %d bytes", r.sdk, r.call, length, len(r.Body))
		}
	}
}

func TestTheReaderAcceptsWhatTheSDKsSend(t *testing.T) {
	shapes := map[string]prompt.Shape{
		"/v1/chat/completions":   prompt.Chat,
		"/v1/completions":        prompt.Completions,
		"/v1/responses":          prompt.Responses,
		"/v1/messages":           prompt.Messages,
		"/v1/messages?beta=true": prompt.Messages,
	}
	reader := prompt.NewReader(new(prompt.Options))
	for _, r := range recordings(t) {
		if r.Method == "GET" {
			continue
		}
		shape, known := shapes[r.Path]
		if !known {
			t.Errorf("%s/%s goes to %s", r.sdk, r.call, r.Path)
			continue
		}
		for name, size := range map[string]int{"whole": len(r.Body), "byte by byte": 1} {
			err := read(reader, shape, r.Body, size)
			var refused *prompt.Error
			switch {
			case errors.As(err, &refused) && refused.Status == r.want:
			case err == nil && r.want == 400:
				t.Errorf("%s/%s, %s: accepted, want 400", r.sdk, r.call, name)
			case err != nil:
				t.Errorf("%s/%s, %s: %v, want %d", r.sdk, r.call, name, err, r.want)
			default:
				sameFacts(t, r, reader.Facts())
			}
		}
	}
}

// read feeds a body in chunks of this size.
func read(reader *prompt.Reader, shape prompt.Shape, body string, size int) error {
	reader.Reset(shape, discard{})
	for rest := []byte(body); len(rest) > 0; rest = rest[min(size, len(rest)):] {
		if err := reader.Feed(bytes.Clone(rest[:min(size, len(rest))])); err != nil {
			return err
		}
	}
	return reader.Close()
}

func sameFacts(t *testing.T, r recording, got *prompt.Facts) {
	t.Helper()
	var sent struct {
		Model  string
		Stream bool
		Tools  []any
	}
	if err := json.Unmarshal([]byte(r.Body), &sent); err != nil {
		t.Errorf("%s/%s: %v", r.sdk, r.call, err)
	}
	if got.Model != sent.Model || got.Stream != sent.Stream || got.Open || got.UserTurns == 0 ||
		r.call != "chat-functions" && got.Tools != len(sent.Tools) {
		t.Errorf("%s/%s: sent model %q, stream %v and %d tools, read %+v",
			r.sdk, r.call, sent.Model, sent.Stream, len(sent.Tools), *got)
	}
}

// discard is a sink that keeps nothing.
type discard struct{}

func (discard) BeginText(prompt.Whose)   {}
func (discard) Text([]byte, int64, bool) {}
func (discard) EndText(bool)             {}
func (discard) EndPart(prompt.Part)      {}
func (discard) EndMessage(prompt.Role)   {}
