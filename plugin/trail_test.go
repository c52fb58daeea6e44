//go:build !wasip1

package main_test

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/version"
	"github.com/mom-router/mom-router/rules/trail"
)

// Of a proxy's log one wants to learn which release runs, and by which policy.
func TestTheLogSaysWhichReleaseAndPolicyAreInForce(t *testing.T) {
	r := start(t, `"policy":{"version":"7","models":{"m":{"cluster":"m"}},"default":"m"}`)
	if want := "info: mom-router: version " + version.Number + `, policy "7" `; strings.Count(r.Logs.String(), want) != 1 {
		t.Errorf("the log does not say %q once:\n%s", want, &r.Logs)
	}
}

// The command that checks chains must take those that the module writes, and no others.
func TestWhatTheModuleRecordsCanBeVerified(t *testing.T) {
	for name, c := range map[string]struct{ configuration, key string }{
		"without a key": {defaultPolicy, ""},
		"with a key":    {defaultPolicy + `,"record":{"key":"a key of twenty-two b."}`, "a key of twenty-two b."},
	} {
		t.Run(name, func(t *testing.T) {
			r := start(t, c.configuration)
			r.Backend = answering("application/json", `{"model":"m","usage":{"prompt_tokens":10,"completion_tokens":4}}`)
			var records []string
			for range 5 {
				a := r.Send(t, post("/v1/chat/completions", `{"model":"auto","messages":[{"role":"user","content":"Who is the cormorant?"}]}`))
				records = append(records, string(a.State["wasm.mom.audit"]))
			}
			problems := func(records []string) int {
				v := trail.Verifier{Key: []byte(c.key)}
				reader := trail.Reader{Stdin: strings.NewReader(strings.Join(records, "\n"))}
				if err := reader.Read("-", func(l *trail.Line) error { v.Add(l); return nil }); err != nil || reader.Damaged > 0 {
					t.Fatalf("%v, %+v", err, reader.Counts)
				}
				vms := v.Verify()
				if len(vms) != 1 {
					t.Fatalf("%d VMs", len(vms))
				}
				return len(vms[0].Problems)
			}
			if n := problems(records); n != 0 {
				t.Errorf("%d problems in a chain that is whole", n)
			}
			if n := problems(append(records[:2:2], records[3:]...)); n != 1 {
				t.Errorf("%d problems where a record is gone", n)
			}
			altered := append([]string(nil), records...)
			altered[1] = strings.Replace(altered[1], `"status":200`, `"status":500`, 1)
			if n := problems(altered); n != 1 {
				t.Errorf("%d problems where a record is altered", n)
			}
		})
	}
}
