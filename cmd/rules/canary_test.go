package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCanaryShowsHowACandidateDoes(t *testing.T) {
	state, status := 3, 200
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/stats" || r.URL.Query().Get("format") != "json" {
			t.Errorf("asked for %s", r.URL)
		}
		w.WriteHeader(status)
		stats := []string{`{"name":"wasmcustom.mom_router_requests_total.arm.active","value":9}`, `{"histograms":{"supported_quantiles":[0.5]}}`}
		if state >= 0 {
			stats = append(stats, fmt.Sprintf(`{"name":"wasmcustom.mom_router_candidate_state","value":%d}`, state))
		}
		for name, value := range map[string]int{
			"rollbacks_total": 1, "requests_total.arm.active": 90, "requests_total.arm.candidate": 10, "conversations.arm.active": 40, "conversations.arm.candidate": 5,
			"events.arm.candidate.kind.denied": 4, "disagreements_total.decision.fast.would.slow": 7, "disagreements_total.decision.default.would.a.b": 30,
		} {
			stats = append(stats, fmt.Sprintf(`{"name":"wasmcustom.mom_router_candidate_%s","value":%d}`, name, value))
		}
		fmt.Fprintf(w, `{"stats":[%s]}`, strings.Join(stats, ","))
	}))
	defer proxy.Close()

	out, errs, code := in("canary", "--admin", proxy.URL)
	if code != exitNo || errs != "" {
		t.Errorf("exit code %d: %s", code, errs)
	}
	for _, want := range []string{"the candidate is: worse\n", "requests                           90           10\n", "conversations                      40            5\n", "  denied                            0            4\n", "      30  default -> a.b\n       7  fast -> slow\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	state = 1
	if out, _, code := in("canary", "--json", "--admin", strings.TrimPrefix(proxy.URL, "http://")); code != exitOK || !strings.Contains(out, `"state": "undecided"`) || !strings.Contains(out, `"denied": 4`) {
		t.Errorf("exit code %d: %s", code, out)
	}
	for _, c := range []struct {
		state, status int
		args          []string
		want          string
	}{
		{-1, 200, []string{"--admin", proxy.URL}, "the proxy has no candidate"},
		{9, 200, []string{"--admin", proxy.URL}, "the state 9 is none of this version's"},
		{1, 404, []string{"--admin", proxy.URL}, "is that the admin interface of Envoy?"},
		{1, 200, []string{"--admin", "ftp://localhost"}, `--admin "ftp://localhost" is no address of an admin interface`},
		{1, 200, []string{"--admin", "http://127.0.0.1:1"}, "the proxy does not answer"},
		{1, 200, []string{"file"}, "this command takes flags only"},
	} {
		state, status = c.state, c.status
		if _, errs, code := in(append([]string{"canary"}, c.args...)...); code != exitCannot || !strings.Contains(errs, c.want) {
			t.Errorf("%v: exit code %d: %s", c.args, code, errs)
		}
	}
}

func TestCanaryShowsTheCandidateOfEachPolicy(t *testing.T) {
	acme := 1
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var stats []string
		for name, value := range map[string]int{
			"state.policy.default": 2, "requests_total.policy.default.arm.active": 70, "disagreements_total.policy.default.decision.fast.would.slow": 7,
			"state.policy.acme": acme, "requests_total.policy.acme.arm.candidate": 33, "events.policy.acme.arm.candidate.kind.denied": 5,
			"requests_total.policy.gone.arm.active": 8, // of a configuration before this one: it has no state
		} {
			stats = append(stats, fmt.Sprintf(`{"name":"wasmcustom.mom_router_candidate_%s","value":%d}`, name, value))
		}
		fmt.Fprintf(w, `{"stats":[%s]}`, strings.Join(stats, ","))
	}))
	defer proxy.Close()

	out, errs, code := in("canary", "--admin", proxy.URL)
	if code != exitOK || errs != "" {
		t.Errorf("exit code %d: %s", code, errs)
	}
	first, second := strings.Index(out, "the candidate of policy default is: better\n"), strings.Index(out, "the candidate of policy acme is: undecided\n")
	if first < 0 || second < first {
		t.Fatalf("not both, or not the default one first:\n%s", out)
	}
	for part, want := range map[string][]string{out[first:second]: {"requests                           70            0\n", "  fast -> slow\n"}, out[second:]: {"requests                            0           33\n", "  denied                            0            5\n"}} {
		for _, want := range want {
			if !strings.Contains(part, want) {
				t.Errorf("there is no %q in\n%s", want, part)
			}
		}
	}
	if strings.Contains(out, "gone") || strings.Contains(out[second:], "fast -> slow") {
		t.Errorf("what is another policy's:\n%s", out)
	}
	acme = 3
	if out, _, code := in("canary", "--json", "--admin", proxy.URL); code != exitNo || strings.Count(out, `"policy": `) != 2 || !strings.Contains(out, `"policy": "acme",
  "state": "worse"`) {
		t.Errorf("exit code %d: %s", code, out)
	}
}
