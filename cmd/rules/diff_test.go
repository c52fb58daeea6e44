package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/browser"
)

const (
	oldPolicy = "testdata/diff/old.yaml"
	newPolicy = "testdata/diff/new.yaml"
	sent      = "testdata/diff/traffic.jsonl"
)

func TestDiffIsPrinted(t *testing.T) {
	for _, tt := range []struct {
		file string
		args []string
	}{
		{"text.golden", nil},
		{"markdown.golden", []string{"--markdown"}},
		{"json.golden", []string{"--json"}},
	} {
		out, errs, code := in(append(append([]string{"diff"}, tt.args...), oldPolicy, newPolicy, sent)...)
		if code != exitOK || errs != "" {
			t.Errorf("%v: exit code %d, %s", tt.args, code, errs)
		}
		golden(t, "testdata/diff/"+tt.file, out)
	}
}

func TestDiffExitCodes(t *testing.T) {
	write := func(name, text string) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	minimal := "../../rules/testdata/good/minimal.yaml"
	inner := "  models: {m: {cluster: m}}\n  default: {model: m}\n"
	for _, tt := range []struct {
		name      string
		args      []string
		code      int
		out, errs string // a part of each
	}{
		{"a policy is like itself", []string{oldPolicy, oldPolicy}, exitOK, "the two are the same policy", ""},
		{"weaker guards alone are no failure", []string{oldPolicy, newPolicy}, exitOK, "weaker        guard \"secret\"", ""},
		{"with --no-weaker-guards they are", []string{"--no-weaker-guards", oldPolicy, newPolicy}, exitNo, "not all that the old guards hold", "not everything"},
		{"but not what a person has looked at", []string{"--no-weaker-guards", "--reviewed", "secret", oldPolicy, newPolicy}, exitOK, "(reviewed)", ""},
		{"flags may stand behind", []string{oldPolicy, newPolicy, "--no-weaker-guards"}, exitNo, "", ""},
		{"guards that hold are none", []string{"--no-weaker-guards", oldPolicy, oldPolicy}, exitOK, "2 equal", ""},
		{"another configuration is incomparable", []string{"--no-weaker-guards", write("a.yaml", "pass: [/x]\npolicy:\n"+inner), write("b.yaml", "policy:\n"+inner)}, exitNo, "incomparable  configuration pass", ""},
		{"a configuration may have the built-in policy", []string{write("a.yaml", "policy: default\npolicies:\n  b:\n    models: {m: {cluster: m}}\n    default: {model: m}\n"), "../../rules/default.yaml"}, exitOK, "guards: 5 equal", ""},
		{"wrong lines are told and fail", []string{oldPolicy, newPolicy, "testdata/diff/wrong.jsonl"}, exitNo, "1 requests\n", "wrong.jsonl:2: this is not JSON: unexpected end of JSON input (byte 12)\ntestdata/diff/wrong.jsonl:3: a JSON object is expected"},
		{"paths that nobody serves are told", []string{oldPolicy, newPolicy, "testdata/diff/wrong.jsonl"}, exitNo, "", `wrong.jsonl:4: "/v1/audio" is no path of a model request`},
		{"a request without a body is told", []string{oldPolicy, newPolicy, "testdata/diff/wrong.jsonl"}, exitNo, "", "wrong.jsonl:5: the request has no body"},
		{"records do not suffice", []string{oldPolicy, newPolicy, "testdata/diff/wrong.jsonl"}, exitNo, "", "wrong.jsonl:7: this is a record, which does not hold what was asked"},
		{"wrong lines are counted", []string{oldPolicy, newPolicy, "testdata/diff/wrong.jsonl"}, exitNo, "6 more lines", "6 lines are no request"},
		{"prompts are one a line", []string{oldPolicy, newPolicy, "testdata/diff/prompts.txt"}, exitOK, "3 requests\n", ""},
		{"a format may be demanded", []string{"--format", "prompts", oldPolicy, newPolicy, sent}, exitOK, "12 requests\n", ""},
		{"prompts are no JSON lines", []string{"--format", "jsonl", oldPolicy, newPolicy, "testdata/diff/prompts.txt"}, exitNo, "0 requests\n", "3 lines are no request"},
		{"an unknown format is refused", []string{"--format", "csv", oldPolicy, newPolicy, sent}, exitCannot, "", `--format "csv" is none`},
		{"two outputs are refused", []string{"--json", "--markdown", oldPolicy, newPolicy}, exitCannot, "", "exclude each other"},
		{"one policy is too few", []string{oldPolicy}, exitCannot, "", "name the new policy, too"},
		{"no policy is too few", nil, exitCannot, "", "name the old and the new policy"},
		{"a missing policy cannot be read", []string{oldPolicy, "nowhere.yaml"}, exitCannot, "", "nowhere.yaml"},
		{"missing traffic cannot be read", []string{oldPolicy, newPolicy, "nowhere.jsonl"}, exitCannot, "", "nowhere.jsonl"},
		{"a policy with mistakes is told", []string{minimal, "../../rules/testdata/bad/guards.yaml"}, exitCannot, "", "error E130"},
		{"a folder is no traffic", []string{oldPolicy, newPolicy, "testdata"}, exitCannot, "", "testdata"},
		{"a page that cannot be written is told", []string{"--html", "nowhere/page.html", oldPolicy, newPolicy}, exitCannot, "", "nowhere/page.html"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, errs, code := in(append([]string{"diff"}, tt.args...)...)
			if code != tt.code || !strings.Contains(out, tt.out) || !strings.Contains(errs, tt.errs) || code == exitCannot && out != "" && !strings.Contains(tt.errs, "page") {
				t.Errorf("exit code %d, want %d\n%s%s", code, tt.code, out, errs)
			}
		})
	}
}

// The same requests, however they come, have the same counts; those of a large file, whatever the number of workers, too.
func TestTrafficComesInManyWays(t *testing.T) {
	plain, err := os.ReadFile(sent)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(plain)
	w.Close()
	file := filepath.Join(t.TempDir(), "traffic.gz")
	if err := os.WriteFile(file, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	report := func(stdin []byte, args ...string) *trafficReport {
		var out, errs bytes.Buffer
		run(append([]string{"diff", "--json", oldPolicy, newPolicy}, args...), bytes.NewReader(stdin), &out, &errs)
		var r struct{ Traffic *trafficReport }
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatalf("%v: %s%s", err, out.String(), errs.String())
		}
		return r.Traffic
	}
	counts := func(r *trafficReport) string {
		return fmt.Sprint(r.Requests, r.Same, r.Decision, r.Model, r.Reasoning, r.Denied, r.Admitted, r.Invalid, r.WrongLines)
	}
	want := counts(report(nil, sent))
	for name, got := range map[string]*trafficReport{
		"packed": report(nil, file), "standard input": report(plain, "-"), "packed standard input": report(packed.Bytes(), "-"),
		"Windows line ends":            report(bytes.ReplaceAll(plain, []byte("\n"), []byte("\r\n")), "-"),
		"a byte order mark":            report(append([]byte("\xef\xbb\xbf"), plain...), "-"),
		"no line end at the end":       report(bytes.TrimSpace(plain), "-"),
		"the file and one of no lines": report(nil, sent, os.DevNull),
	} {
		if counts(got) != want {
			t.Errorf("%s: got %s, want %s", name, counts(got), want)
		}
	}
	var out, errs bytes.Buffer
	code := run([]string{"diff", oldPolicy, newPolicy, "-"}, bytes.NewReader(packed.Bytes()[:packed.Len()-8]), &out, &errs)
	if code != exitCannot || out.Len() > 0 || !strings.Contains(errs.String(), "-: line ") {
		t.Errorf("a packed file that is cut short exits %d: %s%s", code, out.String(), errs.String())
	}
	many := report(bytes.Repeat(plain, 50), "-")
	if many.Requests != 50*12 || len(many.Moves[0].Examples) != maxPlaces || many.Moves[0].Examples[0].Line > 13 {
		t.Errorf("got %+v", many)
	}
	for i := 1; i < maxPlaces; i++ {
		if a, b := many.Moves[0].Examples[i-1].Line, many.Moves[0].Examples[i].Line; a >= b {
			t.Errorf("line %d stands before line %d", a, b)
		}
	}
}

func reportPage(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if _, errs, code := in("diff", "--html", file, oldPolicy, newPolicy, sent); code != exitOK {
		t.Fatal(errs)
	}
	return file
}

func TestThePageNeedsNothingElse(t *testing.T) {
	text, err := os.ReadFile(reportPage(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, unwanted := range []string{"<script", "http:", "https:", "url(", "<link", "<img"} {
		if strings.Contains(string(text), unwanted) {
			t.Errorf("the page has %q", unwanted)
		}
	}
	if n := strings.Count(string(text), "<path "); n < 4 {
		t.Errorf("the picture has %d ribbons", n)
	}
}

func TestThePageRendersInABrowser(t *testing.T) {
	dom := rendered(t, reportPage(t))
	for _, want := range []string{`<svg id="flow"`, "12 requests", "loses flag secret", "</html>"} {
		if !strings.Contains(dom, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// rendered is what a browser makes of a page, which must not be an empty picture.
func rendered(t *testing.T, file string) (dom string) {
	t.Helper()
	p := browser.Open(t, "file://"+file, browser.Look{Width: 1000, Height: 1400})
	p.Wait("document.readyState === 'complete'")
	p.Eval("document.documentElement.outerHTML", &dom)
	shot := filepath.Join(t.TempDir(), "page.png")
	p.Picture(shot)
	if info, err := os.Stat(shot); err != nil || info.Size() < 20_000 {
		t.Errorf("the picture of the page is empty: %v", err)
	}
	if complaints := p.Complaints(); len(complaints) > 0 {
		t.Errorf("the page complains: %q", complaints)
	}
	return dom
}
