package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/hostsim"
)

const record = `{"v":1,"action":"route","status":200,"decision":"math_problems","model":"qwen3-235b","cluster":"c","reasoning":"high","signals":["domain.math"],"flags":["pii"]}`

func TestAnOutcomeHasTheContractsMembers(t *testing.T) {
	got := &hostsim.Message{Body: []byte(`{"a":"<é>"}`), Head: hostsim.NewHeaders(
		hostsim.Field{Name: ":path", Value: "/"}, hostsim.Field{Name: "x", Value: "1"}, hostsim.Field{Name: "x", Value: "2"})}
	state := map[string][]byte{recordKey: []byte(record)}
	const decided = `"model":"qwen3-235b","decision":"math_problems","reasoning":"high","action":"route","signals":["domain.math"],"flags":["pii"]`
	const nothing = `"cluster":"","model":"","decision":"","reasoning":"","action":"","signals":[],"flags":[]`
	for name, tt := range map[string]struct {
		result   hostsim.Result
		upstream bool
		want     string
	}{
		"a routed request": {hostsim.Result{Status: 200, Cluster: "c", Origin: hostsim.FromBackend, State: state, Response: got}, false,
			`{"status":200,"cluster":"c",` + decided + `,"record":` + record + `}`},
		"what the backend got, when asked for": {hostsim.Result{Status: 200, Cluster: "c", Origin: hostsim.FromBackend, State: state, Upstream: got}, true,
			`{"status":200,"cluster":"c",` + decided + `,"upstream":{"headers":{":path":"/","x":"1,2"},"body":"{\"a\":\"<é>\"}"},"record":` + record + `}`},
		"null when the backend got nothing": {hostsim.Result{Status: 403}, true, `{"status":403,` + nothing + `,"upstream":null,"record":null}`},
		"the plugin's own answer": {hostsim.Result{Status: 403, Origin: hostsim.FromPlugin, Response: &hostsim.Message{Body: []byte("\xff"), Head: hostsim.NewHeaders()}}, false,
			`{"status":403,` + nothing + `,"response":{"headers":{},"body_base64":"/w=="},"record":null}`},
		"the router's answer is not the plugin's": {hostsim.Result{Status: 404, Origin: hostsim.FromProxy, Response: got}, false,
			`{"status":404,` + nothing + `,"record":null}`},
		"a trap": {hostsim.Result{Status: 503, Trap: errors.New("boom")}, false,
			`{"error":"the module trapped: boom","status":503,` + nothing + `,"record":null}`},
		"held for ever": {hostsim.Result{Held: "held for ever: x"}, false, `{"error":"held for ever: x","status":0,` + nothing + `,"record":null}`},
		"a record that is no JSON": {hostsim.Result{Status: 200, State: map[string][]byte{recordKey: []byte("{")}}, false,
			`{"status":200,` + nothing + `,"record":null}`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(encode(newOutcome("n", tt.result, tt.upstream))); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestATableIsReadable(t *testing.T) {
	var b strings.Builder
	routed := newOutcome("06-square-root", hostsim.Result{Status: 200, State: map[string][]byte{recordKey: []byte(record)}, Elapsed: 123 * time.Microsecond}, false)
	denied := newOutcome("09-card", hostsim.Result{Status: 403, Elapsed: time.Millisecond}, false)
	printTable(&b, []outcome{routed, denied, unsent("10-bad", errors.New("no such thing"))})
	want := `request         decision       model       cluster  reasoning  flags    us
06-square-root  math_problems  qwen3-235b  c        high       pii     123
09-card         (403)          -           -        -          -      1000
10-bad          error: no such thing  -           -        -          -         0
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
