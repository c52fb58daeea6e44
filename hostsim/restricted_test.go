package hostsim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/hostsim"
)

func TestWhatEnvoyForbidsIsATrap(t *testing.T) {
	code, err := rudeWasm()
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		rude  string
		envoy hostsim.Envoy
		start string // in the error of Worker
		trap  string // in the trap of the request
		log   string
	}{
		"a polite module":                   {log: "init malloc path /v1"},
		"a host call in _initialize":        {rude: "init", start: "proxy_set_tick_period_milliseconds called in _initialize"},
		"a host call in malloc":             {rude: "malloc", trap: "proxy_set_tick_period_milliseconds called in malloc", log: "init malloc path "}, // the callback goes on with nothing, as in Envoy
		"a timer where WASI has one":        {rude: "sleep", log: "init malloc path /v1"},
		"a timer in an Envoy that has none": {rude: "sleep", envoy: hostsim.Envoy136, trap: "proxy_on_request_headers failed", log: "init"},
	} {
		t.Run(name, func(t *testing.T) {
			newHost := sharedHost
			if tt.envoy == hostsim.Envoy136 {
				newHost = sharedHost136
			}
			host, err := newHost()
			if err != nil {
				t.Fatal(err)
			}
			module, err := host.Load(code)
			if err != nil {
				t.Fatal(err)
			}
			var log []string
			clock := hostsim.NewFakeClock(time.Unix(1_800_000_000, 0))
			w, err := module.Worker(hostsim.Config{
				Env: [][2]string{{"RUDE", tt.rude}}, Filters: []hostsim.Filter{{Name: "rude"}}, Clock: clock,
				Log: func(level hostsim.Level, _, message string) {
					if level == hostsim.LevelInfo {
						log = append(log, message)
					}
				},
			})
			if tt.start != "" {
				if err == nil || !strings.Contains(err.Error(), tt.start) {
					t.Errorf("Worker gave %v, want %q", err, tt.start)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			res := w.Do(post("x"))
			switch {
			case tt.trap == "" && (res.Trap != nil || res.Status != 200):
				t.Errorf("status %d, trap %v", res.Status, res.Trap)
			case tt.trap != "" && (res.Trap == nil || !strings.Contains(res.Trap.Error(), tt.trap) || res.Status != 503):
				t.Errorf("status %d, trap %v, want %q", res.Status, res.Trap, tt.trap)
			}
			if got := strings.Join(log, " "); got != tt.log {
				t.Errorf("log %q, want %q", got, tt.log)
			}
			if tt.rude == "sleep" && tt.envoy == hostsim.Envoy140 && clock.Now().Unix() < 1_800_003_600 {
				t.Errorf("an hour's sleep took until %v", clock.Now())
			}
		})
	}
}
