package sdk

import (
	"bytes"
	"encoding/json"
	"maps"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
)

// replayed is what `hostsim replay --json --upstream-request` prints for one request.
type replayed struct {
	Status   int
	Action   string
	Upstream *struct {
		Headers map[string]any
		Body    string
	}
	Error string
}

func TestHostsimRoutesWhatTheSDKsSend(t *testing.T) {
	path, err := needs.Command("./cmd/hostsim")
	hostsim := needs.Must(t, path, err)
	path, err = needs.Module()
	module := needs.Must(t, path, err)
	sent := recordings(t)
	var lines strings.Builder
	for _, r := range sent {
		lines.WriteString(r.line)
	}
	for _, hold := range []string{"flag", "pair"} {
		t.Run(hold, func(t *testing.T) {
			cmd := exec.Command(hostsim, "replay", "--json", "--upstream-request", "--hold", hold, "--wasm", module, "-")
			cmd.Dir = "../.."
			cmd.Stdin = strings.NewReader(lines.String())
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("hostsim replay: %v\n%s", err, stderr.String())
			}
			answers := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
			if len(answers) != len(sent) {
				t.Fatalf("%d requests, %d answers", len(sent), len(answers))
			}
			for i, r := range sent {
				var got replayed
				if err := json.Unmarshal(answers[i], &got); err != nil {
					t.Fatalf("%s/%s: %v", r.sdk, r.call, err)
				}
				if got.Status != r.want || got.Error != "" {
					t.Errorf("%s/%s: status %d, want %d: %s", r.sdk, r.call, got.Status, r.want, answers[i])
					continue
				}
				checkUpstream(t, r, got)
			}
		})
	}
}

// checkUpstream compares what the backend got with what the SDK sent: the same but for the model and the reasoning.
func checkUpstream(t *testing.T, r recording, got replayed) {
	t.Helper()
	if r.Method == "GET" || r.want != 200 {
		if got.Upstream != nil {
			t.Errorf("%s/%s reached a backend", r.sdk, r.call)
		}
		return
	}
	if got.Upstream == nil {
		t.Errorf("%s/%s reached no backend", r.sdk, r.call)
		return
	}
	before, after := object(t, r, r.Body), object(t, r, got.Upstream.Body)
	if model, _ := after["model"].(string); model == "" || model == "auto" {
		t.Errorf("%s/%s reached its backend with the model %q", r.sdk, r.call, model)
	}
	for _, member := range []string{"model", "reasoning_effort", "reasoning", "thinking", "output_config", "chat_template_kwargs"} {
		if kwargs, ok := before[member].(map[string]any); ok && kwargs["custom"] != nil {
			kept, _ := after[member].(map[string]any)
			if !reflect.DeepEqual(kept["custom"], kwargs["custom"]) {
				t.Errorf("%s/%s lost %s.custom: %s", r.sdk, r.call, member, got.Upstream.Body)
			}
		}
		delete(before, member)
		delete(after, member)
	}
	if !maps.EqualFunc(before, after, func(a, b any) bool { return reflect.DeepEqual(a, b) }) {
		t.Errorf("%s/%s changed on the way:\nsent %s\ncame %s", r.sdk, r.call, r.Body, got.Upstream.Body)
	}
}

func object(t *testing.T, r recording, body string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatalf("%s/%s: %v in %s", r.sdk, r.call, err, body)
	}
	return m
}
