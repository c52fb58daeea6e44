//go:build !wasip1

package main_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/recordschema"
)

// preview is what a previewing instance answers.
type preview struct {
	Status                                                              int
	Action, Cluster, Model, Name, Decision, Rule, When, Reasoning, Code string
	Message                                                             string
	Signals, Flags                                                      []string
	Record                                                              json.RawMessage
}

// previewing asks a previewing instance, which must answer by itself and leave nothing behind.
func previewing(t *testing.T, r *router, q hostsim.Request) (p preview) {
	t.Helper()
	a := r.Do(q)
	if a.Upstream != nil || a.Origin != hostsim.FromPlugin || a.Status != 200 || a.Held != "" {
		t.Fatalf("%s: %d by %s, an engine got it: %v, %s", q.Path, a.Status, a.Origin, a.Upstream != nil, a.Held)
	}
	if record := a.State["wasm.mom.audit"]; record != nil {
		t.Errorf("a record is left: %s", record)
	}
	if err := json.Unmarshal(a.Response.Body, &p); err != nil {
		t.Fatalf("%v: %s", err, a.Response.Body)
	}
	if err := recordschema.Check(p.Record); err != nil {
		t.Error(err)
	}
	return p
}

func TestAPreviewSaysWhereARequestWouldGoAndSendsItNowhere(t *testing.T) {
	const hostless = offices + `,"hosts":["legal.example.com","*.lab.example.com","any"],"pass":["/health"],"hold_bytes":2000`
	for mode, begin := range map[string]func(testing.TB, string) *router{"flag": start, "pair": startPair} {
		t.Run(mode, func(t *testing.T) {
			r, serving := begin(t, hostless+`,"preview":true`), begin(t, hostless)
			beyond := strings.Repeat("word ", 1<<18) // more than a megabyte, above what any proxy buffers
			for _, c := range []struct {
				name, host, path, body string
				want                   preview
			}{
				{"a route", "any", chat, hard, preview{Status: 200, Action: "route", Cluster: "large", Model: "large", Name: "org/large", Decision: "hard", Rule: "route", When: "keyword.hard", Signals: []string{"keyword.hard"}}},
				{"the default", "any", chat, easy, preview{Status: 200, Action: "route", Cluster: "small", Model: "small", Name: "org/small", Decision: "default", Rule: "default"}},
				{"a named model", "any", "/v1/messages", named("big"), preview{Status: 200, Action: "route", Cluster: "large", Model: "large", Name: "org/large", Decision: "named", Rule: "named"}},
				{"another policy", "any", "/legal/v1/responses", `{"input":"hello"}`, preview{Status: 200, Action: "route", Cluster: "private", Model: "private", Name: "private", Decision: "default", Rule: "default"}},
				{"a guard", "any", "/v1/completions", `{"prompt":"secret"}`, preview{Status: 403, Action: "deny", Decision: "secret", Rule: "guard", When: "keyword.secret", Code: "request_denied", Signals: []string{"keyword.secret"}}},
				{"a long one", "any", chat, `{"messages":[{"role":"user","content":"` + beyond + `"}]}`, preview{Status: 200, Action: "route", Cluster: "small", Model: "small", Name: "org/small", Decision: "default", Rule: "default"}},
				{"a guard far behind the window", "any", chat, `{"messages":[{"role":"user","content":"` + beyond + ` secret"}]}`, preview{Status: 403, Action: "deny", Decision: "secret", Rule: "guard", When: "keyword.secret", Code: "request_denied", Signals: []string{"keyword.secret"}}},
				{"an unknown model", "any", chat, named("gpt-9"), preview{Status: 404, Action: "deny", Decision: "named", Rule: "named", Code: "model_not_found"}},
				{"bad JSON", "any", chat, `{"messages":`, preview{Status: 400, Action: "deny", Code: "invalid_json"}},
				{"another path", "any", "/v1/rerank", `{}`, preview{Status: 404, Action: "deny", Code: "path_not_served"}},
				{"what passes", "any", "/health", `{}`, preview{Action: "pass"}},
				{"another host", "other.example.com", chat, easy, preview{Action: "pass"}},
			} {
				got := previewing(t, r, asks(c.host, c.path, "", c.body))
				if got.Status != c.want.Status || got.Action != c.want.Action || got.Cluster != c.want.Cluster || got.Model != c.want.Model || got.Name != c.want.Name || got.Decision != c.want.Decision ||
					got.Rule != c.want.Rule || got.When != c.want.When || got.Code != c.want.Code || strings.Join(got.Signals, " ") != strings.Join(c.want.Signals, " ") || (got.Code == "") != (got.Message == "") {
					got.Record = nil
					t.Errorf("%s:\n got  %+v\n want %+v", c.name, got, c.want)
				}
				if len(c.body) > 1<<20 && mode == "pair" {
					continue // whose limit on buffers the served one meets
				}
				if a := serving.Send(t, asks(c.host, c.path, "", c.body)); c.want.Action != "pass" && (a.Status != got.Status || a.Record.Decision != got.Decision || a.Record.Model != got.Model || a.Code != got.Code) {
					t.Errorf("%s: served, it is %s by %q to %q", c.name, a.Outcome(), a.Record.Decision, a.Record.Model)
				}
			}
		})
	}
}

func TestNoRequestTurnsAPreviewOnOrOff(t *testing.T) {
	r, serving := start(t, offices+`,"preview":true`), start(t, offices)
	for _, field := range []hostsim.Field{{Name: "x-mom-preview", Value: "true"}, {Name: "x-preview", Value: "1"}, {Name: "preview", Value: "true"}, {Name: "x-mom-preview", Value: "false"}, {Name: "expect", Value: "preview"}} {
		for _, path := range []string{chat, chat + "?preview=true", chat + "?preview=false"} {
			q := asks("", path, "", strings.Replace(easy, `{"messages"`, `{"preview":true,"metadata":{"preview":"true"},"messages"`, 1))
			q.Headers = append(q.Headers, field)
			previewing(t, r, q)
			if a := serving.Send(t, q); where(a) != "small" {
				t.Errorf("%v to %s turns a preview on: %s", field, path, a.Response.Body)
			}
		}
	}
}

func TestAPreviewCountsNothing(t *testing.T) {
	p := onDemand(t)
	r := p.Start(t, offices+`,"preview":true`)
	before := measured(p.Host)
	previewing(t, r, asks("", chat, "", hard))
	for name, value := range measured(p.Host) {
		if value != before[name] && !strings.Contains(name, "active") {
			t.Errorf("%s was %q and is %q", name, before[name], value)
		}
	}
}
