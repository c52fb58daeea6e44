package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/needs"
)

// script is hostsim's test plugin: with mom-router's configuration it only watches.
var script string

func TestMain(m *testing.M) {
	var cache string
	var err error
	if script, err = needs.Plugin("./hostsim/testdata/plugins/script"); err == nil {
		cache, err = needs.Compiled()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Setenv("MOM_ROUTER_CACHE", cache)
	os.Exit(m.Run())
}

func hostsimCommand(in string, args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(args, streams{cli.Streams{In: strings.NewReader(in), Out: &o, Err: &e}})
	return code, o.String(), e.String()
}

// asJSON is what --json comes to.
func asJSON() (o cli.Output) {
	c := &cobra.Command{}
	o.Add(c, "")
	if err := c.ParseFlags([]string{"--json"}); err != nil {
		panic(err)
	}
	return o
}

func TestReplayPrintsInTheOrderOfItsInput(t *testing.T) {
	var in strings.Builder
	const n = 3000
	for i := range n {
		fmt.Fprintf(&in, `{"path":"/","headers":{"x-mom-cluster":"c%d"},"body":"%s"}`+"\n", i, strings.Repeat("x", i%700))
	}
	code, out, errs := hostsimCommand(in.String(), "replay", "--json", "--upstream-request", "--wasm", script, "-")
	rows := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if code != 0 || len(rows) != n || errs != "" {
		t.Fatalf("exit %d, %d rows, %s", code, len(rows), errs)
	}
	for i, row := range rows {
		var got struct {
			Status   int
			Cluster  string
			Upstream struct {
				Body    string
				Headers map[string]string
			}
		}
		if err := json.Unmarshal([]byte(row), &got); err != nil {
			t.Fatal(err)
		}
		id := fmt.Sprintf("00000000-0000-4000-8000-%012x", i+1)
		if got.Status != 200 || got.Cluster != fmt.Sprintf("c%d", i) || len(got.Upstream.Body) != i%700 || got.Upstream.Headers["x-request-id"] != id {
			t.Fatalf("row %d: %s", i, row)
		}
	}
}

func TestALineThatCannotBeSentKeepsItsPlace(t *testing.T) {
	in := `{"path":"/","headers":{"x-mom-cluster":"a"}}` + "\n" + `{"path":1}` + "\n" + `{"path":"/"}` + "\n"
	code, out, errs := hostsimCommand(in, "replay", "--json", "--wasm", script, "-")
	rows := strings.Split(out, "\n")
	if code != 1 || len(rows) != 4 || !strings.Contains(rows[0], `"status":200`) ||
		!strings.Contains(rows[1], `"error":"member \"path\": want a string"`) || !strings.Contains(rows[2], `"status":404`) {
		t.Errorf("exit %d\n%s", code, out)
	}
	if !strings.Contains(errs, "requests without an answer: 1") {
		t.Errorf("stderr: %s", errs)
	}
}

func TestWithoutJSONBothCommandsPrintATable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "07-get.json")
	if err := os.WriteFile(file, []byte(`{"method":"GET","path":"/","headers":{"x-mom-cluster":"a"}}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"route", "replay"} {
		code, out, _ := hostsimCommand("", command, file, "--wasm", script)
		if rows := strings.Split(out, "\n"); code != 0 || len(rows) != 3 || !strings.HasPrefix(rows[0], "request ") || !strings.Contains(rows[1], " a ") {
			t.Errorf("%s: exit %d\n%s", command, code, out)
		}
	}
	if _, out, _ := hostsimCommand("", "route", file, "--wasm", script); !strings.Contains(out, "\n07-get ") {
		t.Errorf("the row is not named after the file:\n%s", out)
	}
}

func TestWhatCannotRunSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	policy := filepath.Join(dir, "policy.yaml")
	for name, content := range map[string]string{text: "hello", policy: "a: [\n"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"no command":               {nil, "hostsim route"},
		"an unknown command":       {[]string{"rout"}, `unknown command "rout"`},
		"an unknown flag":          {[]string{"route", "--x"}, "-x"},
		"nothing to route":         {[]string{"route"}, "give --prompt TEXT or a FILE"},
		"a prompt and a file":      {[]string{"route", "--prompt", "a", "b"}, "drop one"},
		"a model for a file":       {[]string{"route", "--model", "a", "b"}, "--model goes with --prompt"},
		"a file that is missing":   {[]string{"route", filepath.Join(dir, "none")}, "no such file"},
		"no input for replay":      {[]string{"replay"}, "takes one FILE"},
		"an input that is missing": {[]string{"replay", filepath.Join(dir, "none")}, "no such file"},
		"a module that is missing": {[]string{"route", "--prompt", "a", "--wasm", filepath.Join(dir, "none")}, "no such file"},
		"a module that is text":    {[]string{"route", "--prompt", "a", "--wasm", text}, "no Wasm module"},
		"a policy that is missing": {[]string{"route", "--prompt", "a", "--policy", filepath.Join(dir, "none")}, "read the policy"},
		"a policy with an error":   {[]string{"route", "--prompt", "a", "--wasm", script, "--policy", policy}, "policy.yaml"},
		"a wrong hold":             {[]string{"route", "--prompt", "a", "--hold", "both"}, "want flag or pair"},
		"the upstream in a table":  {[]string{"route", "--prompt", "a", "--upstream-request"}, "needs --json"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, errs := hostsimCommand("", tt.args...)
			if code != 2 || out != "" || !strings.Contains(errs, tt.want) {
				t.Errorf("exit %d, stdout %q, stderr %q, want %q", code, out, errs, tt.want)
			}
		})
	}
}
