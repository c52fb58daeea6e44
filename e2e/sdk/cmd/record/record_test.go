package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestALineHoldsTheRequestAsItWasSent(t *testing.T) {
	for _, c := range []struct {
		name, body, want string
		headers          map[string]string
	}{
		{
			name:    "the body byte by byte, and the headers that matter",
			body:    "{ \"a\":\t\"<\\u00e9é>\" }\n",
			headers: map[string]string{"Content-Type": "application/json", "X-Case": "sdk/call"},
			want: `{"method":"POST","path":"/v1/messages?beta=true","headers":{"content-length":"22",` +
				`"content-type":"application/json","x-case":"sdk/call"},"body":"{ \"a\":\t\"<\\u00e9é>\" }\n"}`,
		},
		{
			name:    "no key and nothing of the machine",
			body:    "{}",
			headers: map[string]string{"Authorization": "Bearer k", "X-Api-Key": "k", "Cookie": "k", "X-Stainless-Os": "Linux"},
			want:    `{"method":"POST","path":"/v1/messages?beta=true","headers":{"content-length":"2"},"body":"{}"}`,
		},
		{
			name: "base64 where the body is not UTF-8",
			body: "{\xff}",
			want: `{"method":"POST","path":"/v1/messages?beta=true","headers":{"content-length":"3"},"body_base64":"e/99"}`,
		},
		{
			name: "no body",
			want: `{"method":"POST","path":"/v1/messages?beta=true","headers":{}}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/v1/messages?beta=true", strings.NewReader(c.body))
			for name, value := range c.headers {
				r.Header.Set(name, value)
			}
			got, err := encode(r, []byte(c.body))
			if err != nil || string(got) != c.want+"\n" {
				t.Errorf("got %v\n%swant\n%s", err, got, c.want)
			}
		})
	}
}

func TestNothingIsWrittenForACommandThatFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out.jsonl")
	code, err := run(file, []string{"sh", "-c", "exit 3"})
	if code != 3 || err != nil {
		t.Errorf("exit code %d, %v; want 3", code, err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the file was written")
	}
}

func TestAnUnknownPathIsRefused(t *testing.T) {
	w := httptest.NewRecorder()
	new(recorder).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/v1/embeddings", strings.NewReader("{}")))
	if w.Code != http.StatusNotFound {
		t.Errorf("status %d, want 404", w.Code)
	}
}
