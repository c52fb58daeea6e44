package requests

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// read reads a file: a word for each line that is not empty.
func read(t *testing.T, in []byte, format string) (got []string) {
	t.Helper()
	l, err := NewLines(bytes.NewReader(in), format)
	if err != nil {
		t.Fatal(err)
	}
	for {
		line, err := l.Next()
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			return append(got, err.Error())
		}
		if r, err := line.Request(); err != nil {
			got = append(got, fmt.Sprintf("%d: error %v", line.Number, err))
		} else {
			got = append(got, fmt.Sprintf("%d: %s %s %s", line.Number, r.Method, r.Path, r.Body))
		}
	}
}

func packed(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.Bytes()
}

func TestLinesOfAllKindsAreRead(t *testing.T) {
	const file = "\n" + `{"messages":[]}` + "\r\n" + `{"path":"/v1/messages?a=b","body":{"max_tokens": 1}}` + "\n" +
		`{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"model":"auto"}}` + "\n" + `{"body":{"input":"x"}}` + "\n" + `{"model":"x","body":1}`
	want := "2: POST  {\"messages\":[]}|3: POST /v1/messages?a=b {\"max_tokens\": 1}|4: POST /v1/chat/completions {\"model\":\"auto\"}|5: POST  {\"input\":\"x\"}|6: POST  {\"model\":\"x\",\"body\":1}"
	for name, in := range map[string][]byte{"plain": []byte(file), "packed": packed(file), "with a mark": []byte("\xef\xbb\xbf" + file), "with a line end": []byte(file + "\n")} {
		if got := strings.Join(read(t, in, Auto), "|"); got != want {
			t.Errorf("%s: got  %s\nwant %s", name, got, want)
		}
	}
	for _, c := range []struct{ name, in, format, want string }{
		{"prompts", "Hi!\nWhy \"is\" it?\n", Auto, `1: POST  {"messages":[{"role":"user","content":"Hi!"}]}|2: POST  {"messages":[{"role":"user","content":"Why \"is\" it?"}]}`},
		{"what is no text", "hi\xff", Prompts, `1: error this is no text in UTF-8: is it a file of requests?`},
		{"JSON that is said", `{"a":1}`, Prompts, `1: POST  {"messages":[{"role":"user","content":"{\"a\":1}"}]}`},
		{"half a line", `{"messages":`, Auto, "1: error this is not JSON: unexpected end of JSON input (byte 12)"},
		{"half a line as a body", `{"messages":`, Bodies, `1: POST  {"messages":`},
		{"a word among JSON", "{}\nword\n[1]", Auto, "1: POST  {}|2: error a JSON object is expected: a body, a wrapper with path and body, or a line of a batch|3: error a JSON object is expected: a body, a wrapper with path and body, or a line of a batch"},
		{"a body with members of a record", `{"messages":[],"vm":"a","signals":[],"action":"route","policy":{}}`, Auto, `1: POST  {"messages":[],"vm":"a","signals":[],"action":"route","policy":{}}`},
		{"a body beside a record", `{"input":"Hi!","record":{"signals":[],"action":"route","policy":{}}}`, Auto, `1: POST  {"input":"Hi!","record":{"signals":[],"action":"route","policy":{}}}`},
		{"a record in a log", `{"mom":[{"signals":[],"action":"route","policy":{}}]}`, Auto, "1: error " + ErrRecord.Error()},
		{"a record", `{"v":1,"action":"route","decision":"plans","model":"large"}`, Auto, "1: error " + ErrRecord.Error()},
		{"a batch with more", `{"url":"/v1/messages","body":{},"more":1}`, Auto, `1: error unknown member "more": want method, path, headers, body, body_base64, chunks, metadata, trailers or http`},
		{"nothing", "\n \n", Auto, ""},
	} {
		if got := strings.Join(read(t, []byte(c.in), c.format), "|"); got != c.want {
			t.Errorf("%s: got  %s\nwant %s", c.name, got, c.want)
		}
	}
	cut := packed(file)
	if got := strings.Join(read(t, cut[:len(cut)-10], Auto), "|"); !strings.Contains(got, "unexpected EOF") {
		t.Errorf("what is packed and cut: %s", got)
	}
}

func TestALongLineIsReadOver(t *testing.T) {
	l, err := NewLines(strings.NewReader(`{"a":"`+strings.Repeat("x", 100)+`"}`+"\n{}\n"), Auto)
	if err != nil {
		t.Fatal(err)
	}
	l.most = 50
	first, err := l.Next()
	if _, wrong := first.Request(); err != nil || !first.Long || wrong == nil || len(first.Text) > 0 {
		t.Errorf("%+v, %v, %v", first, err, wrong)
	}
	second, err := l.Next()
	if r, wrong := second.Request(); err != nil || second.Number != 2 || wrong != nil || string(r.Body) != "{}" {
		t.Errorf("%+v, %v", second, err)
	}
}
