// Package javahost runs the module in a second Proxy-Wasm host, one for the JVM (io.roastedroot:proxy-wasm-java-host), to
// show what is portable: configuration, decision, headers and body. It needs Java 17, Maven and what that fetches, so it runs
// only if the environment says MOM_JAVA=1, as `make test-java` does.
package javahost

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
)

const root = "../.."

func TestTheModuleRunsInAHostOfTheJVM(t *testing.T) {
	if os.Getenv("MOM_JAVA") != "1" {
		t.Skip("skipped without MOM_JAVA=1: make test-java runs it")
	}
	for _, name := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("skipped without %s: install a JDK 17 or newer and Maven", name)
		}
	}
	built, err := needs.Module()
	module := needs.Must(t, built, err)
	path := filepath.Join(t.TempDir(), "classpath")
	run(t, "mvn", "-q", "-B", "compile", "dependency:build-classpath", "-Dmdep.outputFile="+path)
	libraries, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	classpath := "target/classes" + string(filepath.ListSeparator) + strings.TrimSpace(string(libraries))

	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(`{"model":"auto","model":"qwen3-235b","messages":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	requests, err := filepath.Glob(filepath.Join(root, "examples", "requests", "*.json"))
	if err != nil || len(requests) != 8 {
		t.Fatalf("%d example requests (%v)", len(requests), err)
	}
	arguments := []string{"-cp", classpath, "Host", module, `{"policy":"default","hold":"flag"}`, broken}
	lines := strings.Split(strings.TrimSpace(run(t, "java", append(arguments, requests...)...)), "\n")
	if len(lines) != 9 {
		t.Fatalf("%d lines: %s", len(lines), lines)
	}
	if !strings.HasPrefix(lines[0], "400\t") || !strings.Contains(lines[0], "duplicate_member") || strings.Contains(lines[0], "forged") {
		t.Errorf("a body with a member twice: %s", lines[0])
	}
	for i, want := range []struct{ cluster, model string }{
		{"mi355x-gpt-oss-20b", "openai/gpt-oss-20b"},
		{"mi355x-qwen3-235b", "Qwen/Qwen3-235B"},
		{"mi355x-deepseek-v3-2", "DeepSeek-V3.2"},
		{"mi355x-kimi-k2-thinking", "Kimi-K2-Thinking"},
		{"mi355x-qwen3-235b", "Qwen/Qwen3-235B"},
		{"mi355x-qwen3-235b", "Qwen/Qwen3-235B"},
		{"mi355x-glm-4-7", "GLM-4.7"},
		{"mi355x-gpt-oss-20b", "openai/gpt-oss-20b"},
	} {
		fields := strings.SplitN(lines[i+1], "\t", 4)
		var body struct{ Model string }
		if len(fields) != 4 || fields[0] != "200" || fields[1] != want.cluster || fields[2] != want.model ||
			json.Unmarshal([]byte(fields[3]), &body) != nil || body.Model != want.model {
			t.Errorf("%s: got %s, want %s", filepath.Base(requests[i]), lines[i+1], want)
		}
	}

	bad := exec.Command("java", "-cp", classpath, "Host", module, `{"policy":"defualt"}`)
	if out, err := bad.CombinedOutput(); err == nil || !strings.Contains(string(out), "configuration refused: $.policy") {
		t.Errorf("a wrong configuration: %v\n%s", err, out)
	}
}

// run returns what a command writes to its standard output.
func run(t *testing.T, name string, arguments ...string) string {
	t.Helper()
	command := exec.Command(name, arguments...)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", name, err, out, stderr.String())
	}
	return string(out)
}
