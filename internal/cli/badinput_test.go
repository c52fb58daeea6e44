package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mom-router/mom-router/internal/needs"
)

// work is a command of hostsim or rules with arguments by which it has something to do.
type work struct {
	command string // with FILE where it reads one
	good    string // what FILE may hold; "" if the command is not tried with a good one, since it then works on or needs a proxy
	stdin   bool   // FILE may be -
	lenient bool   // whatever a file holds is sent as it is: that is no mistake of the command's user
}

const (
	body     = `{"model":"auto","messages":[{"role":"user","content":"Hi!"}]}` + "\n"
	policy   = "models: {small: {cluster: small}}\ndefault: small\ntests: [{name: a, prompt: Hi, expect: {model: small}}]\n"
	scenario = "requests: 5\nrate: 1\nmix: [{prompt: Hi}]\n"
	litellm  = "model_list:\n  - {model_name: a, litellm_params: {model: openai/b, api_base: 'http://127.0.0.1:1'}}\n"
	engines  = "policy: default\nengines:\n"
	record   = `{"v":1,"time":"2026-11-30T01:22:31.509693Z","request_id":"r","path":"/v1/chat/completions","action":"route","status":200,"decision":"d","model":"m","policy":{"version":"1","hash":"00"},"vm":"a.1","seq":1,"prev":""}` + "\n"
)

// works are all commands of both programs but for groups and what cobra brings along: TestEveryCommandIsTried holds that.
var works = []work{
	{"hostsim route FILE", body, true, true},
	{"hostsim explain FILE", body, true, true},
	{"hostsim replay FILE", body, true, false},
	{"hostsim bench --requests 1 FILE", body, true, true},
	{"hostsim simulate FILE", scenario, true, false},
	{"hostsim playground --listen 127.0.0.1:0 --policy FILE", "", false, true},
	{"hostsim serve --listen 127.0.0.1:0 --workers 1 --policy FILE", "", false, false},
	{"rules check FILE", policy, true, false},
	{"rules test FILE", policy, true, false},
	{"rules diff FILE ../../rules/default.yaml", policy, true, false},
	{"rules json FILE", policy, true, false},
	{"rules print FILE", policy, true, false},
	{"rules import FILE", litellm, true, false},
	{"rules render envoy FILE", "", true, false},
	{"rules render envoy ../../examples/render/envoy-flag.yaml", "-", false, false},
	{"rules audit verify FILE", record, true, false},
	{"rules audit report FILE", record, true, false},
	{"rules audit explain FILE", record, true, false},
	{"rules eval FILE", "", true, false},
	{"rules train --add FILE", "", true, false},
	{"rules explain W301", "-", false, false},
	{"rules schema", "-", false, false},
	{"rules init --model small", "-", false, false},
	{"rules version", "-", false, false},
	{"hostsim version", "-", false, false},
	{"rules canary --admin 127.0.0.1:1", "", false, false},
	{"rules objectives --admin 127.0.0.1:1", "", false, false},
}

// program is where a program lies, built from the tree.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := needs.Command(map[string]string{"hostsim": "./cmd/hostsim", "rules": "./cmd/rules"}[name])
	return needs.Must(t, path, err)
}

// start makes a work's process, which reads what takes the place of FILE.
func (w work) start(t *testing.T, file string) (cmd *exec.Cmd, errs *bytes.Buffer) {
	t.Helper()
	words := strings.Fields(w.command)
	for i, word := range words {
		if word == "FILE" {
			words[i] = file
		}
	}
	if file == "" {
		words = words[:len(words)-1]
	}
	module, err := needs.Module()
	needs.Must(t, module, err)
	cache, err := needs.Compiled()
	needs.Must(t, cache, err)
	errs = &bytes.Buffer{}
	cmd = exec.Command(program(t, words[0]), words[1:]...)
	cmd.Env = append(os.Environ(), "MOM_ROUTER_WASM="+module, "MOM_ROUTER_CACHE="+cache)
	cmd.Stderr = errs
	return cmd, errs
}

func (w work) reads() bool {
	return strings.HasSuffix(w.command, "FILE") || strings.Contains(w.command, "FILE ")
}

// ends runs a process to its end.
func ends(t *testing.T, cmd *exec.Cmd) (code int) {
	t.Helper()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

// oneLine checks the words of a command that cannot run.
func oneLine(t *testing.T, cmd *exec.Cmd, code, want int, errs, part string) {
	t.Helper()
	name := filepath.Base(cmd.Path)
	if i := strings.LastIndexByte(name, '-'); i > 0 {
		name = name[:i]
	}
	if code != want || strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "hostsim") && !strings.HasPrefix(errs, "rules") || !strings.Contains(errs, part) {
		t.Errorf("%s: exit code %d, want %d and one line with %q:\n%s", name, code, want, part, errs)
	}
}

func TestBadInputIsOneLineAndTheRightCode(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	picture := file("picture.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\xff\xfe\n")
	for i, w := range works {
		good := "-"
		if w.reads() && w.good != "" {
			good = file(fmt.Sprintf("good-%d.yaml", i), w.good)
		}
		t.Run(w.command, func(t *testing.T) {
			t.Parallel()
			if w.reads() {
				cmd, errs := w.start(t, filepath.Join(dir, "none"))
				oneLine(t, cmd, ends(t, cmd), 2, errs.String(), "no such file")
				cmd, errs = w.start(t, dir)
				oneLine(t, cmd, ends(t, cmd), 2, errs.String(), "is a directory")
				if strings.HasSuffix(w.command, "FILE") {
					cmd, errs = w.start(t, "")
					if code := ends(t, cmd); code != 2 && !strings.HasPrefix(w.command, "hostsim bench") || strings.Count(errs.String(), "\n") > 1 {
						t.Errorf("no file: exit code %d: %s", code, errs)
					}
				}
				if !w.lenient {
					cmd, errs = w.start(t, picture)
					var out bytes.Buffer
					cmd.Stdout = &out
					if code := ends(t, cmd); code != 1 && code != 2 || errs.Len() == 0 || strings.Contains(errs.String(), "goroutine ") {
						t.Errorf("a picture: exit code %d: %s%s", code, &out, errs)
					}
				}
			}
			if w.good != "" {
				cmd, errs := w.start(t, good)
				if code := ends(t, cmd); code != 0 {
					t.Fatalf("what is good: exit code %d: %s", code, errs)
				}
				words := errs.String() // which stand there in any case
				full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer full.Close()
				cmd, errs = w.start(t, good)
				cmd.Stdout = full
				code := ends(t, cmd)
				oneLine(t, cmd, code, 2, strings.Replace(errs.String(), words, "", 1), "write standard output: no space left on device")
				r, closed, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				r.Close()
				defer closed.Close()
				cmd, errs = w.start(t, good)
				cmd.Stdout = closed
				code = ends(t, cmd)
				oneLine(t, cmd, code, 2, strings.Replace(errs.String(), words, "", 1), "write standard output: broken pipe")
			}
			if w.stdin {
				cmd, errs := w.start(t, "-")
				in, err := cmd.StdinPipe()
				if err != nil {
					t.Fatal(err)
				}
				defer in.Close()
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				done := make(chan error, 1)
				go func() { done <- cmd.Wait() }()
				// A process that has not begun yet would take a signal as it is. It has when it reads: no pipe holds that much.
				reads := make(chan bool)
				go func() {
					in.Write(bytes.Repeat([]byte("\n"), 1<<20))
					close(reads)
				}()
				patience := time.After(5 * time.Minute)
				select {
				case <-reads:
				case <-patience:
					cmd.Process.Kill()
					t.Error("it does not read")
				}
				// It is asked again and again: it may have begun to read before it began to listen.
				for waiting := true; waiting; {
					cmd.Process.Signal(syscall.SIGINT)
					select {
					case <-patience:
						cmd.Process.Kill()
						t.Error("it cannot be interrupted")
						patience = nil
					case <-done:
						waiting = false
					case <-time.After(300 * time.Millisecond):
					}
				}
				oneLine(t, cmd, cmd.ProcessState.ExitCode(), 130, errs.String(), "interrupted")
			}
			if !w.reads() && w.good == "" {
				cmd, errs := w.start(t, "-")
				oneLine(t, cmd, ends(t, cmd), 2, errs.String(), "connection refused")
			}
		})
	}
}

// Files beside the output are there as a whole or not at all.
func TestFilesThatCannotBeWrittenAreOneLine(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"policy.yaml": policy, "log": record, "scenario.yaml": scenario, "litellm.yaml": litellm} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, command := range []string{
		"rules test --junit FILE policy.yaml", "rules diff --html FILE policy.yaml policy.yaml", "rules audit report --html FILE log",
		"rules import --report FILE litellm.yaml", "rules init --model small -o FILE", "hostsim simulate --html FILE scenario.yaml", "rules man FILE", "hostsim man FILE",
	} {
		t.Run(command, func(t *testing.T) {
			for target, part := range map[string]string{filepath.Join(dir, "none", "x"): "no such file", filepath.Join(dir, "log", "x"): "not a directory", "/dev/full": "no space left"} {
				if target == "/dev/full" && strings.Contains(command, " -o ") {
					part = "file exists"
				}
				if strings.Contains(command, " man ") {
					if part == "no such file" { // it makes folders
						continue
					}
					part = "not a directory"
				}
				cmd, errs := work{command: command}.start(t, target)
				cmd.Dir = dir
				code := ends(t, cmd)
				lines := strings.Split(strings.TrimSuffix(errs.String(), "\n"), "\n")
				if last := lines[len(lines)-1]; code != 2 || !strings.Contains(last, part) {
					t.Errorf("%s: exit code %d, want %q: %s", target, code, part, errs)
				}
			}
			if files, err := os.ReadDir(dir); err != nil || len(files) != 4 {
				t.Errorf("something stays behind: %v", files)
			}
		})
	}
}

func TestEveryCommandIsTried(t *testing.T) {
	for _, name := range []string{"hostsim", "rules"} {
		dir := t.TempDir()
		if out, err := exec.Command(program(t, name), "man", dir).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		pages, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range pages {
			command := strings.ReplaceAll(strings.TrimSuffix(page.Name(), ".1"), "-", " ")
			tried := command == name || command == "rules audit" || strings.HasPrefix(command, name+" completion") || command == name+" help"
			for _, w := range works {
				tried = tried || strings.HasPrefix(w.command+" ", command+" ")
			}
			if !tried {
				t.Errorf("%s is in no row of the tests of bad input", command)
			}
		}
	}
}
