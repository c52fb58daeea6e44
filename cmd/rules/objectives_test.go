package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

const proxyShows = `wasmcustom.mom_router_budget_microdollars.key.acme.kind.hard: 10000000
wasmcustom.mom_router_budget_microdollars.key.acme.kind.reserved: 250000
wasmcustom.mom_router_budget_microdollars.key.acme.kind.soft: 0
wasmcustom.mom_router_budget_microdollars.key.acme.kind.spent: 1500000
wasmcustom.mom_router_budget_microdollars.key.rest.kind.spent.policy.legal: 2000000
wasmcustom.mom_router_demotions_total.reason.budget: 0
wasmcustom.mom_router_demotions_total.reason.latency: 7
wasmcustom.mom_router_first_token_bound_milliseconds.model.v3.2.size.short: 1000
wasmcustom.mom_router_first_token_moves_total.model.v3.2.size.short: 3
wasmcustom.mom_router_first_token_p95_milliseconds.model.v3.2.size.short: 2400
wasmcustom.mom_router_first_token_passed_over.model.v3.2.size.short: 1
wasmcustom.mom_router_first_token_samples.model.v3.2.size.short: 21
wasmcustom.mom_router_objective_faults_total.reason.expired: 1
wasmcustom.mom_router_decision_microseconds: P0(nan,1) P25(nan,2)
`

func TestTheStateOfObjectivesIsReadFromAProxy(t *testing.T) {
	shows := proxyShows
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/stats" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(shows))
	}))
	defer server.Close()
	call := func(args ...string) (code int, out, errs string) {
		var o, e strings.Builder
		code = run(append([]string{"objectives"}, args...), strings.NewReader(""), &o, &e)
		return code, o.String(), e.String()
	}
	code, out, errs := call("--json", "--admin", server.URL)
	var got objectivesState
	if err := json.Unmarshal([]byte(out), &got); code != exitOK || err != nil || errs != "" {
		t.Fatalf("%d, %v: %s%s", code, err, out, errs)
	}
	want := objectivesState{
		Budgets:    []budgetState{{"", "acme", 1.5, 0.25, 0, 10}, {Policy: "legal", Key: "rest", Spent: 2}},
		FirstToken: []paceState{{"", "v3.2", "short", 2400, 1000, 21, true, 3}},
		Demotions:  map[string]int64{"latency": 7}, Faults: map[string]int64{"expired": 1},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	code, out, _ = call("--admin", strings.TrimPrefix(server.URL, "http://")+"/")
	for _, line := range []string{"acme        1.500000  0.250000  -     10.000000", "legal/rest", "v3.2", "passed over", "latency"} {
		if code != exitOK || !strings.Contains(out, line) {
			t.Errorf("%d: %q is missing in\n%s", code, line, out)
		}
	}
	for name, bad := range map[string][]string{
		"nobody listens": {"--admin", "127.0.0.1:1"}, "another server": {"--admin", server.URL + "/other"}, "a file": {"--admin", server.URL, "x"},
	} {
		if code, out, errs := call(bad...); code != exitCannot || out != "" || errs == "" {
			t.Errorf("%s: %d %q %q", name, code, out, errs)
		}
	}
	shows = ""
	if code, _, errs := call("--admin", server.URL); code != exitNo || !strings.Contains(errs, "shows no budget") {
		t.Errorf("no objectives: %d %q", code, errs)
	}
}
