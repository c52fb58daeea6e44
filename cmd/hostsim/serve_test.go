package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/needs"
)

// patience bounds what a test waits for: far above what anything here takes, far below a hang.
const patience = 90 * time.Second

// router is the path of mom-router's own module.
func router() string {
	path, err := needs.Module()
	if err != nil {
		panic(err)
	}
	return path
}

// server is hostsim serve at work.
type server struct {
	t       *testing.T
	url     string
	out     io.Reader   // the access log
	errs    chan string // the lines of standard error
	seen    []string    // those that were read
	looks   chan time.Time
	signals chan os.Signal
	code    chan int
}

// startServe runs hostsim serve with mom-router's module, unless args name another.
func startServe(t *testing.T, args ...string) *server {
	t.Helper()
	return startServer(t, append([]string{"--wasm", router()}, args...)...)
}

// serveUntil runs hostsim serve until a signal comes.
func serveUntil(args []string, s streams, signals <-chan os.Signal, look <-chan time.Time) int {
	with := func(s cli.Streams) *cobra.Command {
		c := &cobra.Command{Use: "hostsim"}
		c.AddCommand(serveCommand(streams{s}, signals, look))
		return c
	}
	return cli.Run(with, append([]string{"serve"}, args...), s.Streams, version)
}

// startServer runs hostsim serve on a free port until it has greeted. Nothing may be written to out without being read.
func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	out, toOut := io.Pipe()
	errs, toErrs := io.Pipe()
	v := &server{t: t, out: out, errs: make(chan string, 1000), looks: make(chan time.Time), signals: make(chan os.Signal, 10), code: make(chan int, 1)}
	args = append([]string{"--listen", "127.0.0.1:0", "--workers", "1"}, args...)
	go func() {
		v.code <- serveUntil(args, streams{cli.Streams{Out: toOut, Err: toErrs}}, v.signals, v.looks)
		toErrs.Close()
		toOut.Close()
	}()
	go func() {
		defer close(v.errs)
		for lines := bufio.NewScanner(errs); lines.Scan(); {
			v.errs <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		v.signals <- os.Interrupt
		v.signals <- os.Interrupt
		for range v.errs {
		}
	})
	line := v.await("serving on ")
	v.url = regexp.MustCompile(`http://[^ ]*`).FindString(line)
	v.await("  curl ")
	return v
}

// await reads standard error up to a line that contains a text.
func (v *server) await(text string) string {
	v.t.Helper()
	for line := range v.errs {
		v.seen = append(v.seen, line)
		if strings.Contains(line, text) {
			return line
		}
	}
	v.t.Fatalf("standard error has no %q:\n%s", text, strings.Join(v.seen, "\n"))
	return ""
}

// look has the server look at its files n times.
func (v *server) look(n int) {
	for range n {
		v.looks <- time.Time{}
	}
}

// stop ends the server and gives its exit code.
func (v *server) stop() int {
	v.signals <- syscall.SIGTERM
	for line := range v.errs {
		v.seen = append(v.seen, line)
	}
	return <-v.code
}

// ask routes a prompt and gives what the stand-in says.
func (v *server) ask(prompt string) (backend, text string) {
	v.t.Helper()
	body, _ := json.Marshal(map[string]any{"model": "auto", "messages": []any{map[string]string{"role": "user", "content": prompt}}})
	r, err := http.Post(v.url+"/v1/chat/completions", "application/json", bytes.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	defer r.Body.Close()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Error(err)
	}
	return r.Header.Get("X-Backend"), string(data)
}

func TestServeAnswersWithStandIns(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	v := startServe(t, "--access-log", log)
	if backend, text := v.ask("Prove that the square root of 2 is irrational using proof by contradiction."); backend != "mi355x-qwen3-235b" ||
		!strings.Contains(text, `"content":"I am Qwen/Qwen3-235B`) {
		t.Errorf("%s says %s", backend, text)
	}
	if code := v.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if _, err := net.Dial("tcp", strings.TrimPrefix(v.url, "http://")); err == nil {
		t.Error("it still listens")
	}
	data, err := os.ReadFile(log)
	var line struct {
		Code int
		Mom  []struct{ Decision string }
	}
	if err != nil || json.Unmarshal(data, &line) != nil || line.Code != 200 || len(line.Mom) != 1 || line.Mom[0].Decision != "math_problems" {
		t.Errorf("the access log is %s, %v", data, err)
	}
}

func TestTheCommandThatServePrintsWorks(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	v := startServe(t, "--access-log", "")
	out, err := exec.Command("sh", "-c", v.seen[len(v.seen)-1]+" -sf").Output()
	if err != nil || !strings.Contains(string(out), "I am openai/gpt-oss-20b") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestServePrintsARecordALine(t *testing.T) {
	v := startServe(t)
	v.ask("Who are you?")
	line, err := bufio.NewReader(v.out).ReadString('\n')
	if err != nil || !json.Valid([]byte(line)) || !strings.Contains(line, `"decision":"fast_qa_english"`) {
		t.Errorf("%v: %s", err, line)
	}
}

// policyFor is a policy with one model.
func policyFor(model string) string {
	return fmt.Sprintf("version: %q\nauto: [auto]\nmodels:\n  m:\n    name: %s\n    cluster: c-%s\ndefault: {model: m}\n", model, model, model)
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestServeTakesAPolicyThatChanges(t *testing.T) {
	file := filepath.Join(t.TempDir(), "policy.yaml")
	write(t, file, policyFor("one"))
	v := startServe(t, "--policy", file, "--access-log", "")
	expect := func(model string) {
		t.Helper()
		if backend, text := v.ask("hello"); backend != "c-"+model || !strings.Contains(text, "I am "+model) {
			t.Errorf("%s says %s", backend, text)
		}
	}
	expect("one")

	write(t, file, policyFor("two"))
	v.look(1)
	expect("one") // it may be half written
	v.look(1)
	v.await(`policy "two"`)
	expect("two")

	write(t, file, policyFor("three")+"routes: [{name: r, when: nonsense.x, use: [m]}]\n")
	v.look(2)
	if line := v.await(file + ":8:"); !strings.Contains(line, "nonsense") {
		t.Errorf("it says %q", line)
	}
	v.await(`policy "two"`)
	expect("two")

	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	v.look(2)
	v.await("read the policy")
	v.await(`policy "two"`)
	expect("two")

	write(t, file, policyFor("four"))
	v.look(2)
	v.await(`policy "four"`)
	expect("four")
	if code := v.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestServeTakesAWholeConfiguration(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plugin.yaml")
	write(t, file, "policy: default\nhold: pair\nheaders: {cluster: x-cluster, model: x-model}\nresponse: {model_header: x-chosen}\n")
	v := startServe(t, "--config", file, "--access-log", "")
	r, err := http.Post(v.url+"/v1/chat/completions", "application/json", strings.NewReader(`{"model":"glm-4.7","messages":[{"role":"user","content":"x"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != 200 || r.Header.Get("X-Backend") != "mi355x-glm-4-7" || r.Header.Get("X-Chosen") == "" {
		t.Errorf("%s %v", r.Status, r.Header)
	}
	write(t, file, "policy: default\nhold: sideways\n")
	v.look(2)
	v.await("hold")
	v.await("the change is not in force")
}

func TestServeUsesTheEnginesThatItIsGiven(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	engine := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "mine") })}
	go engine.Serve(l)
	defer engine.Close()
	v := startServe(t, "--access-log", "", "--upstream", "mi355x-gpt-oss-20b=http://"+l.Addr().String(), "--upstream", "typo=http://127.0.0.1:9")
	said := strings.Join(v.seen, "\n")
	for _, want := range []string{"--upstream typo: the policy has no such cluster", `cluster "mi355x-glm-4-7" of the policy has no --upstream`} {
		if !strings.Contains(said, want) {
			t.Errorf("it does not say %q:\n%s", want, said)
		}
	}
	if _, text := v.ask("Who are you?"); text != "mine" {
		t.Errorf("answered: %s", text)
	}
}

func TestASecondSignalEndsServeAtOnce(t *testing.T) {
	came := make(chan struct{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	engine := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(came)
		io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})}
	go engine.Serve(l)
	defer engine.Close()
	v := startServe(t, "--access-log", "", "--upstream", "mi355x-gpt-oss-20b=http://"+l.Addr().String())
	failed := make(chan error, 1)
	go func() {
		_, err := http.Post(v.url+"/v1/chat/completions", "application/json",
			strings.NewReader(`{"model":"gpt-oss-20b","messages":[{"role":"user","content":"x"}]}`))
		failed <- err
	}()
	select {
	case <-came:
	case <-time.After(patience):
		t.Fatal("the engine was not asked")
	}
	v.signals <- os.Interrupt
	v.await("stopping")
	if code := v.stop(); code != 1 {
		t.Errorf("exit code %d", code)
	}
	if <-failed == nil {
		t.Error("the client got an answer")
	}
}

func TestServeThatCannotRunSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	policy := filepath.Join(dir, "policy.yaml")
	write(t, policy, policyFor("m")+"routs: []\n")
	failing := filepath.Join(dir, "failing.yaml")
	write(t, failing, policyFor("m")+"tests: [{name: t, prompt: hello, expect: {decision: named}}]\n")
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"an address in use":          {[]string{"--listen", taken.Addr().String()}, "address already in use (choose another address with --listen"},
		"an address that is none":    {[]string{"--listen", "nowhere"}, "nowhere"},
		"no module":                  {[]string{"--wasm", filepath.Join(dir, "none")}, "read the module"},
		"a policy that is missing":   {[]string{"--policy", filepath.Join(dir, "none")}, "read the policy"},
		"a policy with a mistake":    {[]string{"--policy", policy}, policy + ":8:1: "},
		"a policy that fails itself": {[]string{"--policy", failing}, `test "t"`},
		"a configuration with none":  {[]string{"--config", filepath.Join(dir, "none")}, "read the configuration"},
		"an upstream without a URL":  {[]string{"--upstream", "a"}, "want CLUSTER=URL"},
		"an upstream without a host": {[]string{"--upstream", "a=b"}, "want a URL such as"},
		"an upstream with a path":    {[]string{"--upstream", "a=http://b/v1"}, "scheme, host and port only"},
		"an upstream given twice":    {[]string{"--upstream", "a=http://b", "--upstream", "a=http://c"}, "has an engine already"},
		"a log that cannot be":       {[]string{"--access-log", filepath.Join(dir, "no", "log")}, "open the access log"},
		"an argument":                {[]string{"now"}, `takes flags only`},
		"no workers":                 {[]string{"--workers", "0"}, "want 1 or more"},
		"a wrong hold":               {[]string{"--hold", "both"}, "want flag or pair"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"--listen", "127.0.0.1:0", "--wasm", script}, tt.args...)
			var out, errs bytes.Buffer
			code := serveUntil(args, streams{cli.Streams{Out: &out, Err: &errs}}, make(chan os.Signal), nil)
			last := strings.Split(strings.TrimSpace(errs.String()), "\n")
			if code != 2 || out.Len() > 0 || !strings.Contains(errs.String(), tt.want) || !strings.HasPrefix(last[len(last)-1], "hostsim") {
				t.Errorf("exit code %d, stdout %q, stderr %q, want %q", code, &out, &errs, tt.want)
			}
		})
	}
}

func TestServeTakesAFileFromStandardInput(t *testing.T) {
	signals := make(chan os.Signal, 1)
	signals <- os.Interrupt
	var errs bytes.Buffer
	in := strings.NewReader("models: {only: {cluster: c}}\ndefault: only\n")
	if code := serveUntil([]string{"--wasm", router(), "--listen", "127.0.0.1:0", "--workers", "1", "--policy", "-"}, streams{cli.Streams{In: in, Out: io.Discard, Err: &errs}}, signals, nil); code != 0 || !strings.Contains(errs.String(), "one stand-in in the place") {
		t.Errorf("exit %d: %s", code, &errs)
	}
	errs = bytes.Buffer{}
	if code := serveUntil([]string{"--wasm", router(), "--policy", "-", "--config", "-"}, streams{cli.Streams{In: in, Out: io.Discard, Err: &errs}}, signals, nil); code != 2 || !strings.Contains(errs.String(), "can be read once") {
		t.Errorf("two of them: exit %d: %s", code, &errs)
	}
}

func TestACandidatesModelsHaveEnginesAndItsRecordsAreExplained(t *testing.T) {
	config := fileWith(t, "config.json", []byte(`{"policy":{"version":"1","models":{"old":{"cluster":"a"}},"default":"old"},"keys":{"secret":"0123456789abcdef"},
		"candidate":{"mode":"canary","share":100,"policy":{"version":"2","models":{"new":{"cluster":"b"}},"default":"new","guards":[{"name":"noted","when":"pii.card","flag":"card"}]}}}`))
	v := startServe(t, "--config", config, "--access-log", "", "--admin", "127.0.0.1:0")
	if _, answer := v.ask("My card is 4111 1111 1111 1111."); !strings.Contains(answer, "I am new") {
		t.Errorf("the candidate's model answers %s", answer)
	}
	admin := adminOf(t, v)
	_, _, data := follow(t, admin, "")()
	var entry struct{ Mom []json.RawMessage }
	if err := json.Unmarshal([]byte(data), &entry); err != nil || len(entry.Mom) != 1 {
		t.Fatalf("%v: %s", err, data)
	}
	if words := explainRecord(t, admin, string(entry.Mom[0])); !strings.Contains(words, "candidate arm") || strings.Contains(words, "not in force") {
		t.Errorf("explained: %s", words)
	}
}

// adminOf is the address of a server's admin port.
func adminOf(t *testing.T, v *server) string {
	t.Helper()
	for _, line := range v.seen {
		if _, url, ok := strings.Cut(line, "admin on "); ok {
			return url
		}
	}
	t.Fatalf("no admin port: %q", v.seen)
	return ""
}
