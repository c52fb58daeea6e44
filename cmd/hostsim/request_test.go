package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

func show(r hostsim.Request) string {
	http := 1
	if r.HTTP2 {
		http = 2
	}
	return fmt.Sprintf("%s %s HTTP/%d %v %q %v %v", r.Method, r.Path, http, r.Headers, r.Body, r.Chunks, r.Trailers)
}

func TestALineIsABodyOrAWrapper(t *testing.T) {
	const chat = "POST /v1/chat/completions HTTP/1 "
	const typed = "[{content-type application/json}] "
	for name, tt := range map[string]struct{ line, want string }{
		"a body":                               {`{"model":"auto"}`, chat + typed + `"{\"model\":\"auto\"}" [] []`},
		"what is no JSON is a body":            {`{"path": oops`, chat + typed + `"{\"path\": oops" [] []`},
		"JSON that is no object is a body":     {`["path"]`, chat + typed + `"[\"path\"]" [] []`},
		"an empty line is an empty body":       {``, chat + `[] "" [] []`},
		"path inside of a body is no wrapper":  {`{"messages":[{"path":1}]}`, chat + typed + `"{\"messages\":[{\"path\":1}]}" [] []`},
		"Path is no path":                      {`{"Path":"/x","x":"path"}`, chat + typed + `"{\"Path\":\"/x\",\"x\":\"path\"}" [] []`},
		"spaces and line ends stay in a body":  {" {} \r", chat + typed + `" {} \r" [] []`},
		"a wrapper with nothing but a method":  {`{"method":"GET"}`, "GET /v1/chat/completions HTTP/1 [] \"\" [] []"},
		"a name may be escaped":                {`{"\u0070ath":"/x"}`, "POST /x HTTP/1 [] \"\" [] []"},
		"a string body is sent as it is":       {`{"path":"/x","body":"{\"a\" :1}"}`, "POST /x HTTP/1 " + typed + `"{\"a\" :1}" [] []`},
		"an object body keeps its spelling":    {`{"path":"/x","body":{"a" : 1.0}}`, "POST /x HTTP/1 " + typed + `"{\"a\" : 1.0}" [] []`},
		"a null body is no body":               {`{"path":"/x","body":null}`, "POST /x HTTP/1 [] \"\" [] []"},
		"a line of a batch":                    {`{"custom_id":"1","method":"POST","url":"/v1/messages","body":{"a":1}}`, "POST /v1/messages HTTP/1 " + typed + `"{\"a\":1}" [] []`},
		"a body in base64":                     {`{"path":"/x","body_base64":"/w=="}`, "POST /x HTTP/1 " + typed + `"\xff" [] []`},
		"headers keep their order and repeats": {`{"path":"/x","headers":{"b":"2","a":["1","3"]},"body":"x"}`, "POST /x HTTP/1 [{b 2} {a 1} {a 3}] \"x\" [] []"},
		"how it arrives": {`{"path":"/x","http":2,"chunks":[1,2],"trailers":{"t":"v"},"headers":{},"body":"abc"}`,
			"POST /x HTTP/2 [] \"abc\" [1 2] [{t v}]"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := parseRequest([]byte(tt.line))
			if got := show(r); err != nil || got != tt.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, tt.want)
			}
		})
	}
}

func TestABadWrapperSaysWhatIsWrong(t *testing.T) {
	for name, tt := range map[string]struct{ line, want string }{
		"an unknown member":                  {`{"path":"/","header":{}}`, `unknown member "header"`},
		"a path that is no string":           {`{"path":1}`, `member "path": want a string`},
		"an empty path":                      {`{"path":""}`, `"" cannot be sent`},
		"a path with a space":                {`{"path":"/a b"}`, `cannot be sent`},
		"a method with a line end":           {`{"method":"GET\r\n"}`, `cannot be sent`},
		"a header that is a list of numbers": {`{"path":"/","headers":{"a":[1]}}`, `member "headers"`},
		"a header that is null":              {`{"path":"/","headers":{"a":null}}`, `member "headers"`},
		"headers that are a list":            {`{"path":"/","headers":["a"]}`, `member "headers"`},
		"a header name with a space":         {`{"path":"/","headers":{"a b":"c"}}`, `header name "a b"`},
		"a header value with a line end":     {`{"path":"/","headers":{"a":"b\nc"}}`, `header "a"`},
		"a wrong content-length":             {`{"path":"/","headers":{"content-length":"5"},"body":"abc"}`, `the body has 3 bytes`},
		"two bodies":                         {`{"path":"/","body":"a","body_base64":"YQ=="}`, `drop one`},
		"no base64":                          {`{"path":"/","body_base64":"?"}`, `base64`},
		"an empty chunk":                     {`{"path":"/","chunks":[1,0]}`, `member "chunks"`},
		"HTTP 3":                             {`{"path":"/","http":3}`, `want 1 or 2`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseRequest([]byte(tt.line)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add([]byte(`{"path":"/x","headers":{"a":["1"]},"body":{"a":1},"chunks":[1]}`))
	f.Add([]byte(`{"model":"auto"}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		r, err := parseRequest(line)
		if err == nil && (r.Method == "" || r.Path == "") {
			t.Errorf("%q became a request without method or path", line)
		}
	})
}

func TestAPromptBecomesAChatCompletion(t *testing.T) {
	r := promptRequest("a \"b\" <c>\n", "")
	want := `{"model":"auto","messages":[{"role":"user","content":"a \"b\" <c>\n"}]}`
	if string(r.Body) != want || r.Path != chatPath {
		t.Errorf("got %s %s", r.Path, r.Body)
	}
}
