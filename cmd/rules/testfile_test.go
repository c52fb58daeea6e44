package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// small is a policy without tests of its own.
const small = "version: \"1\"\nmodels: {m: {cluster: c}}\nsignals: {keyword: {rain: {words: [rain]}}, header: {team: {name: x-team, equals: ml}}}\n" +
	"routes: [{name: weather, when: keyword.rain, use: m}, {name: team, when: header.team, use: m}]\ndefault: m\n"

// write makes files in a folder of the test's own, which becomes the working directory.
func write(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func mustLoad(t *testing.T, text string) *tree.Node {
	t.Helper()
	root, err := source.Load("p.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func TestTestsBesideAPolicy(t *testing.T) {
	rain := "tests: [{name: rain is weather, prompt: will it rain, expect: {decision: weather}}]\n"
	for _, tt := range []struct {
		name      string
		files     map[string]string
		args      []string
		code      int
		out, errs string // parts; "-" is nothing at all
		not       string // what stdout must not have
	}{
		{"run with the policy", map[string]string{"p.yaml": small + rain, "p.test.yaml": "tests: [{name: else, prompt: hi, expect: {decision: default}}]\n"}, []string{"p.yaml"}, exitOK, "ok    rain is weather\nok    else\n", "2 tests, 0 failed", "FAIL"},
		{"have any number of files", map[string]string{"p.yaml": small, "p.test.yaml": rain, "p.more.test.json": `{"tests":[{"name":"more","prompt":"hi","expect":{"decision":"default"}}]}`}, []string{"p.yaml"}, exitOK, "ok    more\nok    rain is weather\n", "2 tests", ""},
		{"of another policy do not run", map[string]string{"p.yaml": small, "pq.test.yaml": rain, "q.yaml": small}, []string{"p.yaml"}, exitOK, "-", "no tests to run", ""},
		{"that name another policy do not run", map[string]string{"p.yaml": small, "p.test.yaml": "policy: q.yaml\n" + rain, "q.yaml": small}, []string{"p.yaml"}, exitOK, "-", "no tests to run", ""},
		{"run alone by their file's name", map[string]string{"p.yaml": small + "tests: [{name: own, prompt: hi, expect: {decision: weather}}]\n", "p.test.yaml": rain}, []string{"p.test.yaml"}, exitOK, "ok    rain is weather\n", "1 test, 0 failed", "own"},
		{"run once though named twice", map[string]string{"p.yaml": small, "p.test.yaml": rain}, []string{"p.yaml", "p.test.yaml", "p.yaml"}, exitOK, "ok    rain is weather\n", "1 test, 0 failed", ""},
		{"may name a policy in another folder", map[string]string{"a/p.yaml": small, "b/x.test.yaml": "policy: ../a/p.yaml\n" + rain}, []string{"b/x.test.yaml"}, exitOK, "ok    rain is weather\n", "1 test", ""},
		{"may be about the policy that is built in", map[string]string{"x.test.yaml": "policy: default\ntests: [{name: who, prompt: 'Who are you?', expect: {decision: fast_qa_english}}]\n"}, []string{"x.test.yaml"}, exitOK, "ok    who\n", "1 test", ""},
		{"need a policy", map[string]string{"x.test.yaml": rain}, []string{"x.test.yaml"}, exitCannot, "-", "x.test.yaml: no policy stands beside it", ""},
		{"tell of broken YAML before they need a policy", map[string]string{"x.test.yaml": "tests: [\n"}, []string{"x.test.yaml"}, exitCannot, "-", "x.test.yaml:2:1: ", ""},
		{"need a policy that is there", map[string]string{"x.test.yaml": "policy: y.yaml\n" + rain}, []string{"x.test.yaml"}, exitCannot, "-", "y.yaml: no such file", ""},
		{"fail with their own place", map[string]string{"p.yaml": small, "p.test.yaml": "tests:\n  - {name: snow, prompt: snow, expect: {decision: weather}}\n"}, []string{"p.yaml"}, exitNo, "FAIL  snow\n      p.test.yaml:2:5: decision is default, not weather", "1 test, 1 failed", ""},
		{"have mistakes with their own place", map[string]string{"p.yaml": small, "p.test.yaml": "test: []\ntests:\n  - {name: snow, prompt: snow, expect: {decision: wether, signals: [keyword.snow]}}\n"}, []string{"p.yaml"}, exitCannot, "-", "p.test.yaml:3:51: error E118: unknown rule \"wether\"\n", ""},
		{"have to be there", map[string]string{"p.yaml": small, "p.test.yaml": "policy: p.yaml\n"}, []string{"p.yaml"}, exitCannot, "-", "p.test.yaml:1:1: error E111: \"tests\" is missing", ""},
		{"have to be YAML", map[string]string{"p.yaml": small, "p.test.yaml": "tests: [\n"}, []string{"p.yaml"}, exitCannot, "-", "p.test.yaml:1 mistake", ""},
		{"may send more than the proxy would", map[string]string{"p.yaml": small, "p.test.yaml": "tests: [{name: long, prompt: {repeat: 'rain ', times: 400000}, expect: {action: route}}]\n"}, []string{"p.yaml"}, exitOK, "ok    long\n", "1 test", ""},
		{"may not send everything", map[string]string{"p.yaml": small, "p.test.yaml": "tests: [{name: long, prompt: {repeat: 'rain ', times: 99999999}, expect: {decision: weather}}]\n"}, []string{"p.yaml"}, exitCannot, "-", "the tests send more than 256 MiB together", ""},
		{"are chosen by name", map[string]string{"p.yaml": small + rain, "p.test.yaml": "tests: [{name: else, prompt: hi, expect: {decision: default}}]\n"}, []string{"--run", "^el", "p.yaml"}, exitOK, "ok    else\n", "1 test", "rain"},
		{"that nothing chooses are a no", map[string]string{"p.yaml": small + rain}, []string{"--run", "hail", "p.yaml"}, exitNo, "-", `no test's name matches "hail"`, ""},
		{"cover some of a policy", map[string]string{"p.yaml": small + rain}, []string{"--coverage", "p.yaml"}, exitOK, "routes   1 of 3\n           not team\n           not default\n", "1 test", "not weather"},
		{"cover it as JSON, too", map[string]string{"p.yaml": small + rain}, []string{"--json", "--coverage", "p.yaml"}, exitOK, `{"file":"p.yaml","coverage":[{"what":"routes","of":3,"covered":1,"missing":["team","default"]},{"what":"guards","of":0,"covered":0,"missing":[]},`, "1 test", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write(t, tt.files)
			out, errs, code := in(append([]string{"test"}, tt.args...)...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			errs = strings.ReplaceAll(errs, "p.test.yaml: 1 mistake", "p.test.yaml:1 mistake")
			for _, stream := range []struct{ name, got, want string }{{"stdout", out, tt.out}, {"stderr", errs, tt.errs}} {
				if stream.want == "-" && stream.got != "" || stream.want != "-" && !strings.Contains(stream.got, stream.want) {
					t.Errorf("%s is %q, want %q in it", stream.name, stream.got, stream.want)
				}
			}
			if tt.not != "" && strings.Contains(out, tt.not) {
				t.Errorf("stdout is %q, which has %q", out, tt.not)
			}
		})
	}
}

func TestEvidenceIsJudgedByTestAndNotWhereAPolicyIsLoaded(t *testing.T) {
	const file = "../../rules/testdata/bad/tests_evidence.yaml"
	out, _, code := in("test", file)
	for _, want := range []string{
		"FAIL  a\n      " + file + ":8:5: reasoning is unset, not high; decided by",
		"FAIL  b\n      " + file + `:9:5: keyword.a is true by "one two", not by "three"`,
		"FAIL  c\n      " + file + `:10:5: keyword.a is false, so "three" is no evidence of it`,
		"FAIL  d\n      " + file + ":11:5: the request was refused before keyword.a was known",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in %s", want, out)
		}
	}
	if code != exitNo {
		t.Errorf("exit code %d", code)
	}
	if out, errs, _ := in("check", file); !strings.Contains(errs, "4 tests of which 1 failed") {
		t.Errorf("check: %s%s", out, errs)
	}
}

// recordedLines are lines as hostsim replay takes them, and what a file with tests cannot hold.
const recordedLines = `{"messages":[{"role":"user","content":"will it rain? it's \"wet\"\n\tor \u0001 and \ud83d\ude00, or \\n"}]}
{"model":"m","messages":[{"role":"user","content":"hi"}]}

{"messages":[{"role":"user","content":"rain"},{"role":"assistant","content":"yes"},{"role":"user","content":"hm: #1 'q'"}],"temperature":0.50}
{"path":"/v1/messages?beta=true","method":"POST","headers":{"Authorization":"Bearer secret-of-mine","X-Team":"ml"},"body":{"max_tokens":9,"messages":[{"role":"user","content":"hi"}]}}
{"path":"/v1/completions","body":"{\"prompt\":\"rain\"}"}
{"path":"/v1/chat/completions","body_base64":"eyJtZXNzYWdlcyI6W319"}
{"path":"/v1/chat/completions","body":"{\"messages\":[}"}
{"messages":[{"role":"user","content":"rain","content":"hi"}]}
{"messages":[{"role":"user","content":"hi"}],"model":"nobody"}
{"body":"plain words"}
{"messages":[{"role":"user","content":"will it rain? it's \"wet\"\n\tor \u0001 and \ud83d\ude00, or \\n"}]}
`

func TestRecordedTestsPassAndHoldWhatWasDecided(t *testing.T) {
	write(t, map[string]string{"p.yaml": small, "requests.jsonl": recordedLines})
	out, errs, code := in("test", "--record", "requests.jsonl", "p.yaml")
	if code != exitOK || errs != "10 tests written, 1 line said the same as one before\n" {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	goldenIn(t, "testdata/recorded.test.yaml", out)
	if strings.Contains(out, "secret-of-mine") {
		t.Error("the tests hold a header that no signal looks at")
	}
	if err := os.WriteFile("p.test.yaml", []byte(out), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, errs, code := in("test", "p.yaml"); code != exitOK || !strings.Contains(errs, "10 tests, 0 failed") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	// The recorded bytes are those that were sent.
	if out, _, code := in("test", "--record", "requests.jsonl", "p.yaml", "--json"); code != exitCannot {
		t.Errorf("--json was taken: %s", out)
	}
}

func TestRequestsThatCannotBeRecordedAreToldByLine(t *testing.T) {
	long := strings.Repeat("x", 1<<20+1)
	for _, tt := range []struct{ name, line, want string }{
		{"another path", `{"path":"/v1/embeddings","body":{}}`, `r.jsonl:1: path "/v1/embeddings": tests are about model calls`},
		{"another method", `{"method":"GET","path":"/v1/models"}`, `r.jsonl:1: method "GET": tests are about model calls, which are POST`},
		{"an unknown member", `{"path":"/v1/messages","boddy":{}}`, `r.jsonl:1: unknown member "boddy"`},
		{"bad base64", `{"path":"/v1/messages","body_base64":"%"}`, `r.jsonl:1: member "body_base64": want a string in base64`},
		{"no UTF-8", "{\"messages\":\"\xff\"}", "r.jsonl:1: the body is not UTF-8"},
		{"too long", `{"prompt":"` + long + `"}`, "r.jsonl:1: the body is longer than 1 MiB"},
		{"half a line", `{"messages":[}`, "r.jsonl:1: this is not JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write(t, map[string]string{"p.yaml": small, "r.jsonl": tt.line + "\n" + `{"messages":[]}` + "\n"})
			out, errs, code := in("test", "--record", "r.jsonl", "p.yaml")
			if code != exitNo || !strings.Contains(errs, tt.want) || !strings.Contains(errs, "1 test written, 1 line left out") || strings.Count(out, "- name") != 1 {
				t.Errorf("exit code %d, %s", code, errs)
			}
		})
	}
	for name, lines := range map[string]string{
		"prompts":         "Will it rain?\nhi\n",
		"an OpenAI batch": `{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{"messages":[{"role":"user","content":"Will it rain?"}]}}` + "\n" + `{"custom_id":"2","method":"POST","url":"/v1/responses","body":{"input":"hi"}}` + "\n",
	} {
		var packed strings.Builder
		w := gzip.NewWriter(&packed)
		w.Write([]byte(lines))
		w.Close()
		write(t, map[string]string{"p.yaml": small, "r.txt": lines, "r.gz": packed.String()})
		plain, errs, code := in("test", "--record", "r.txt", "p.yaml")
		if code != exitOK || strings.Count(plain, "- name") != 2 || !strings.Contains(plain, "Will it rain?") {
			t.Errorf("%s: exit code %d, %s%s", name, code, errs, plain)
		}
		if out, _, code := in("test", "--record", "r.gz", "p.yaml"); code != exitOK || out != plain {
			t.Errorf("%s, packed: exit code %d, %s", name, code, out)
		}
	}
	write(t, map[string]string{"p.yaml": small, "bad.yaml": "models: {}\n", "empty.jsonl": "\n"})
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"empty.jsonl", "p.yaml"}, exitNo, "0 tests written"},
		{[]string{"nowhere.jsonl", "p.yaml"}, exitCannot, "nowhere.jsonl: no such file"},
		{[]string{"empty.jsonl", "bad.yaml"}, exitCannot, "nothing can be recorded"},
		{[]string{"empty.jsonl", "p.yaml", "p.yaml"}, exitCannot, "one policy at a time"},
		{[]string{"-", "-"}, exitCannot, "cannot both come from standard input"},
	} {
		if _, errs, code := in(append([]string{"test", "--record"}, tt.args...)...); code != tt.code || !strings.Contains(errs, tt.want) {
			t.Errorf("%v: exit code %d, %s", tt.args, code, errs)
		}
	}
}

// stream is what a command has written so far.
type stream chan string

func (s stream) Write(p []byte) (int, error) { s <- string(p); return len(p), nil }

// until reads until a text was written.
func (s stream) until(t *testing.T, want string) {
	t.Helper()
	var all strings.Builder
	for !strings.Contains(all.String(), want) {
		select {
		case text := <-s:
			all.WriteString(text)
		case <-time.After(time.Minute):
			t.Fatalf("%q was not written, but %q", want, all.String())
		}
	}
}

func TestWatchRunsTheTestsAgainWhenAFileChanges(t *testing.T) {
	write(t, map[string]string{"p.yaml": small})
	stop := make(chan struct{})
	errs := make(stream, 1000)
	var out bytes.Buffer
	c := testCommand(cli.Streams{In: strings.NewReader(""), Out: &out, Err: errs})
	c.stop = stop
	code := make(chan int)
	if err := c.ParseFlags([]string{"--watch"}); err != nil {
		t.Fatal(err)
	}
	go func() { code <- c.do([]string{"p.yaml"}) }()
	errs.until(t, "no tests to run\n")
	errs.until(t, "watching")
	file := func(name, text string) {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Error(err)
		}
	}
	file("p.test.yaml", "tests: [{name: rain, prompt: rain, expect: {decision: weather}}]\n")
	errs.until(t, "1 test, 0 failed")
	file("p.yaml", "models: {m: {cluster: c}}\ndefault: nobody\n")
	errs.until(t, "its tests cannot run")
	file("p.yaml", strings.Replace(small, "[rain]", "[snow]", 1))
	errs.until(t, "1 test, 1 failed")
	close(stop)
	if got := <-code; got != exitNo {
		t.Errorf("exit code %d, want that of the last run", got)
	}
	if _, errs, code := in("test", "--watch", "-"); code != exitCannot || !strings.Contains(errs, "--watch needs files") {
		t.Errorf("standard input is watched: %d, %s", code, errs)
	}
}

func TestEveryLineOfATestReportIsJSON(t *testing.T) {
	out, _, _ := in("test", "--json", "--coverage", "../../rules/testdata/good/tests.yaml")
	for _, line := range strings.Split(strings.TrimSpace(out), "\n") {
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}
