package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Replay, route and explain read the files that rules diff and rules test --record read, and say which line is none.
func TestFilesOfRequestsAreReadWhateverTheyHold(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		data := []byte(text)
		if strings.HasSuffix(name, ".gz") {
			var packed bytes.Buffer
			w := gzip.NewWriter(&packed)
			w.Write(data)
			w.Close()
			data = packed.Bytes()
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	const body = `{"model":"auto","messages":[{"role":"user","content":"Hi!"}]}`
	const batch = `{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":` + body + `}`
	for _, c := range []struct {
		name, file   string
		code, rows   int
		told, format string
	}{
		{"bodies", write("a.jsonl", body+"\n"+body+"\n"), 0, 2, "", ""},
		{"a batch, packed", write("b.jsonl.gz", batch+"\n"+batch), 0, 2, "", ""},
		{"prompts", write("c.txt", "Hi!\n\nWho are you?\n"), 0, 2, "", ""},
		{"a wrong line", write("d.jsonl", body+"\n\n{\"messages\":\n"+body+"\n"), 1, 3, "d.jsonl:3: this is not JSON", ""},
		{"a record", write("e.jsonl", `{"v":1,"action":"route","decision":"default"}`), 1, 1, "e.jsonl:1: this is a record", ""},
		{"what is no JSON, as bodies", write("f.jsonl", "{\"messages\":\n"), 0, 1, "", "bodies"},
	} {
		for _, command := range []string{"replay", "route", "explain"} {
			t.Run(command+" "+c.name, func(t *testing.T) {
				args := []string{command, "--json", "--wasm", router(), c.file}
				if c.format != "" {
					args = append(args, "--format", c.format)
				}
				code, out, errs := hostsimCommand("", args...)
				want := c.code
				if command == "route" && strings.Contains(out, `"action":"deny"`) {
					want = exitNo // it was asked whether the request is routed
				}
				told := strings.ReplaceAll(errs, ": error", "")
				if code != want || strings.Count(out, "\n") != c.rows || !strings.Contains(told, c.told) {
					t.Errorf("exit %d, %d rows, %s", code, strings.Count(out, "\n"), errs)
				}
			})
		}
	}
	if code, _, errs := hostsimCommand("", "replay", "--format", "csv", "--wasm", router(), filepath.Join(dir, "a.jsonl")); code != 2 || !strings.Contains(errs, `--format "csv" is none`) {
		t.Errorf("exit %d, %s", code, errs)
	}
}

func TestABenchReadsWhatAReplayReads(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(`{"model":"auto","messages":[{"role":"user","content":"Hi!"}]}` + "\n"))
	z.Close()
	for name, tt := range map[string]struct {
		in, format string
		code       int
		errs       string
	}{
		"packed lines":              {packed.String(), "auto", 0, ""},
		"prompts":                   {"Hi!\nWho are you?\n", "prompts", 0, ""},
		"a line that is no request": {"{\"model\":\"auto\"}\n{\"model\":\n", "auto", 1, "-:2: this is not JSON"},
		"whatever there is":         {"{\"model\":\n", "bodies", 0, ""},
		"nothing":                   {"\n\n", "auto", 2, "has no requests"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := hostsimCommand(tt.in, "bench", "--wasm", router(), "--workers", "1", "--requests", "2", "--format", tt.format, "-")
			if code != tt.code || !strings.Contains(errs, tt.errs) || (code == 0) != strings.Contains(out, "requests    2 on 1 workers, 0 without an answer") {
				t.Errorf("exit %d, %q, %q", code, out, errs)
			}
		})
	}
}
