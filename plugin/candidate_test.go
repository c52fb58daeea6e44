//go:build !wasip1

package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/routertest"
)

// actives is an active policy, and candidates one that sends hard questions elsewhere and calls other things hard.
const (
	actives = `"policy":{"version":"1","models":{"small":{"name":"org/small","cluster":"small"},"large":{"name":"org/large","cluster":"large"},"safe":{"name":"org/safe","cluster":"safe"}},
		"signals":{"keyword":{"hard":{"words":["hard"]},"secret":{"in":"any","words":["secret"]},"odd":{"in":"any","words":["odd"]},"tame":{"in":"any","words":["tame"]}}},
		"guards":[{"name":"secret","when":"keyword.secret","deny":{}},{"name":"odd","when":"keyword.odd","use":"safe"},{"name":"tame","when":"keyword.tame","only":["small","safe"]}],
		"routes":[{"name":"hard","when":"keyword.hard","use":"large"}],"default":"small"},"keys":{"secret":"0123456789abcdef"}`
	candidates = `{"version":"2","models":{"small":{"name":"org/small","cluster":"small"},"large":{"name":"org/large","cluster":"large"},"new":{"name":"org/new","cluster":"new"}},
		"signals":{"keyword":{"hard":{"words":["hard","prove"]},"never":{"in":"any","words":["never"]}}},"guards":[{"name":"never","when":"keyword.never","deny":{}}],
		"routes":[{"name":"harder","when":"keyword.hard","use":"new"}],"default":"large"}`
)

func beside(mode, more string) string {
	return actives + `,"candidate":{"policy":` + candidates + `,"mode":"` + mode + `"` + more + `}`
}

// ways are how the two policies read: both by one reading, though they look for other words or not, or until a disguised word parts them, or each for itself.
var ways = map[string]func(mode, more string) string{
	"one reading for other words": beside,
	"readings that part": func(mode, more string) string {
		return strings.Replace(beside(mode, more), `"never":{`, `"all":{"in":"any","words":["all"]},"never":{`, 1)
	},
	"two readings": func(mode, more string) string {
		return strings.Replace(beside(mode, more), `"signals":{"keyword":{"hard":{"words":["hard","prove"]}`, `"budgets":{"piece":100000},"signals":{"keyword":{"hard":{"words":["hard","prove"]}`, 1)
	},
	"one reading": func(mode, more string) string {
		const never, known = `"never":{"in":"any","words":["never"]}`, `"secret":{"in":"any","words":["secret"]},"odd":{"in":"any","words":["odd"]},"tame":{"in":"any","words":["tame"]}`
		text := strings.Replace(beside(mode, more), `"tame":{"in":"any","words":["tame"]}`, `"tame":{"in":"any","words":["tame"]},"proof":{"words":["prove"]},`+never, 1)
		text = strings.Replace(text, `"hard":{"words":["hard","prove"]},`+never, `"hard":{"words":["hard"]},"proof":{"words":["prove"]},`+known+`,`+never+`},"size":{"long":{"over":1000000}`, 1)
		return strings.Replace(text, `{"name":"harder","when":"keyword.hard"`, `{"name":"harder","when":"keyword.hard or keyword.proof or size.long"`, 1)
	},
}

// inAllWays runs a test with policies that read in each of the ways.
func inAllWays(t *testing.T, test func(t *testing.T, beside func(mode, more string) string)) {
	for way, beside := range ways {
		t.Run(way, func(t *testing.T) { test(t, beside) })
	}
}

// talk is a conversation of its own, by its first words.
func talk(i int, words string) hostsim.Request {
	return post(chat, fmt.Sprintf(`{"model":"auto","messages":[{"role":"system","content":"Conversation %d of @ll."},{"role":"user","content":"%s"}]}`, i, words))
}

type triedRecord struct {
	Decision string
	Policy   struct{ Version, Arm string }
	Would    *struct{ Action, Decision, Model string }
}

func tried(t testing.TB, a answer) (r triedRecord) {
	t.Helper()
	if err := json.Unmarshal(a.State["wasm.mom.audit"], &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAShadowServesNothingAndSaysWhatItWouldDo(t *testing.T) {
	inAllWays(t, checkThatAShadowServesNothingAndSaysWhatItWouldDo)
}

func checkThatAShadowServesNothingAndSaysWhatItWouldDo(t *testing.T, beside func(mode, more string) string) {
	for mode, begin := range map[string]func(testing.TB, string) *router{"flag": start, "pair": startPair} {
		t.Run(mode, func(t *testing.T) {
			alone, shadowed := begin(t, actives), begin(t, beside("shadow", ""))
			for i, c := range []struct{ words, served, would string }{
				{"hello", "small", "route default large"},
				{"a hard one", "large", "route harder new"},
				{"prove it", "small", "route harder new"},
				{"a secret", "403", "route default large"},
				{"never", "small", "deny never "},
				{"odd", "safe", "route default large"},
			} {
				q := talk(i, c.words)
				a, b := alone.Send(t, q), shadowed.Send(t, q)
				if a.Status != b.Status || string(a.Response.Body) != string(b.Response.Body) || a.Upstream != nil && (string(a.Upstream.Body) != string(b.Upstream.Body) || where(a) != where(b)) {
					t.Errorf("%s: %s beside a shadow, %s without", c.words, where(b), where(a))
				}
				if !strings.HasPrefix(where(b), c.served) {
					t.Errorf("%s: served by %s, want %s", c.words, where(b), c.served)
				}
				r := tried(t, b)
				if r.Policy.Version != "1" || r.Policy.Arm != "active" || r.Would == nil || r.Would.Action+" "+r.Would.Decision+" "+r.Would.Model != c.would {
					t.Errorf("%s: policy %+v, would %+v, want %q", c.words, r.Policy, r.Would, c.would)
				}
				if r := tried(t, a); r.Policy.Arm != "" || r.Would != nil {
					t.Errorf("without a candidate the record says %+v", r)
				}
			}
		})
	}
}

func TestACanaryServesItsShareAndConversationsStay(t *testing.T) {
	inAllWays(t, checkThatACanaryServesItsShareAndConversationsStay)
}

func checkThatACanaryServesItsShareAndConversationsStay(t *testing.T, beside func(mode, more string) string) {
	for mode, begin := range map[string]func(testing.TB, string) *router{"flag": start, "pair": startPair} {
		t.Run(mode, func(t *testing.T) {
			r := begin(t, beside("canary", `,"share":30`))
			if one := strings.Contains(r.Logs.String(), "one reading does for both policies"); one == strings.Contains(t.Name(), "two_readings") {
				t.Errorf("one reading: %v", one)
			}
			served := map[string]int{}
			for i := range 200 {
				a := r.Send(t, talk(i, "hello"))
				first := tried(t, a)
				served[where(a)]++
				if want := map[string]string{"small": "active 1", "large": "candidate 2"}[where(a)]; want != first.Policy.Arm+" "+first.Policy.Version {
					t.Fatalf("%s by %+v", where(a), first.Policy)
				}
				if first.Would == nil || first.Would.Model == where(a) {
					t.Errorf("%s, would %+v", where(a), first.Would)
				}
				again := talk(i, `hello"},{"role":"assistant","content":"Hi."},{"role":"user","content":"And now?`)
				again.Headers = append(again.Headers, hostsim.Field{Name: "x-mom-arm", Value: "candidate"}, hostsim.Field{Name: "x-mom-session", Value: "1"})
				if b := tried(t, r.Send(t, again)); b.Policy.Arm != first.Policy.Arm {
					t.Errorf("conversation %d goes from %s to %s", i, first.Policy.Arm, b.Policy.Arm)
				}
			}
			if served["large"] < 35 || served["large"] > 90 || served["small"] != 200-served["large"] {
				t.Errorf("served: %v", served)
			}
		})
	}
}

func TestBothPoliciesGuardsBindOnTheCandidatesArm(t *testing.T) {
	inAllWays(t, checkThatBothPoliciesGuardsBindOnTheCandidatesArm)
}

func checkThatBothPoliciesGuardsBindOnTheCandidatesArm(t *testing.T, beside func(mode, more string) string) {
	r := start(t, beside("canary", `,"share":100`))
	for i, c := range []struct{ words, want string }{
		{"hello", "large"},
		{"a hard one", "new"},
		{"a secret", "403"},      // the active policy denies
		{"never", "403"},         // the candidate does
		{"odd", "safe"},          // the active policy's guard steers
		{"tame", "small"},        // the candidate's choice is not allowed: the active policy decides
		{"tame and hard", "403"}, // which has none either
	} {
		a := r.Send(t, talk(i, c.words))
		if c.words == "tame and hard" {
			if got := where(a); got == "new" || got == "large" {
				t.Errorf("%s: %s", c.words, got)
			}
			continue
		}
		if !strings.HasPrefix(where(a), c.want) {
			t.Errorf("%s: %s, want %s", c.words, where(a), c.want)
		}
		if got := tried(t, a).Policy.Arm; got != "candidate" {
			t.Errorf("%s: arm %q", c.words, got)
		}
	}
	for _, at := range []int{100, 700 << 10} { // within the window and behind it
		body := `{"model":"auto","messages":[{"role":"user","content":"` + strings.Repeat("word ", at/5) + `secret"}]}`
		if a := r.Send(t, post(chat, body)); a.Status != 403 {
			t.Errorf("the active policy's guard at %d: %s", at, where(a))
		}
	}
	late := `{"model":"auto","messages":[{"role":"user","content":"` + strings.Repeat("word ", 140<<10) + `tame"}]}`
	if a := r.Send(t, post(chat, late)); a.Status != 403 || a.Code != "no_model_allowed" || a.Record.Model != "" {
		t.Errorf("the active policy's guard allows its own choice late, and not the candidate's: %s", where(a))
	}
}

func TestACandidateSharesConversationsAsItWillOncePromoted(t *testing.T) {
	shared := `{"version":"2","models":{"old":{"cluster":"old"},"new":{"cluster":"new"}},"default":[{"model":"old","share":50},{"model":"new","share":50}]}`
	with := func(mode string) *router {
		return start(t, actives+`,"candidate":{"policy":`+shared+`,"mode":"`+mode+`}`)
	}
	canary, promoted := with(`canary","share":100`), with(`promoted"`)
	got := map[string]int{}
	for i := range 40 {
		q := talk(i, "hello")
		before, after := where(canary.Send(t, q)), where(promoted.Send(t, q))
		if got[before]++; before != after {
			t.Errorf("conversation %d is at %s, and at %s once the candidate is promoted", i, before, after)
		}
	}
	if got["old"] < 5 || got["new"] < 5 {
		t.Errorf("shared %v", got)
	}
}

func TestACandidateServesNoPathThatItDoesNotMap(t *testing.T) {
	mapped := strings.Replace(beside("canary", `,"share":100,"by":"tenant"`), `"default":"small"}`, `"default":"small","paths":{"/v1/embeddings":"small"}}`, 1)
	r := start(t, mapped+`,"tenant":"x-tenant","trusted":["x-tenant"]`)
	for path, want := range map[string]string{chat: "large", "/v1/embeddings": "small"} {
		q := post(path, `{"input":"hello"}`)
		if path == chat {
			q = talk(1, "hello")
		}
		q.Headers = append(q.Headers, hostsim.Field{Name: "x-tenant", Value: "acme"})
		if got := where(r.Send(t, q)); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestAFaultBesideACandidateEndsOneRequest(t *testing.T) {
	inAllWays(t, checkThatAFaultBesideACandidateEndsOneRequest)
}

func checkThatAFaultBesideACandidateEndsOneRequest(t *testing.T, beside func(mode, more string) string) {
	crashing := onDemand(t)
	for _, c := range []struct {
		name   string
		r      *router
		place  string
		status int
	}{
		{"in a shadow that reads", crashing.Start(t, beside("shadow", "")), "along", 200},
		{"in a shadow at the end", crashing.Start(t, beside("shadow", "")), "along to the end", 200},
		{"in a canary at the end, before it serves", crashing.Start(t, beside("canary", `,"share":100`)), "along to the end", 200},
		{"where the candidate serves", crashing.StartPair(t, beside("canary", `,"share":100`)), "gate body", 503},
	} {
		if strings.Contains(t.Name(), "one_reading") {
			c.place = strings.TrimSuffix(c.place, " to the end") // there is none of its own
		}
		q := talk(1, "hello")
		q.Path = chat + "?crash=index@" + strings.ReplaceAll(c.place, " ", "_")
		if a := c.r.Do(q); a.Status != c.status || a.Trap != nil {
			t.Errorf("%s: status %d, want %d; trap %v", c.name, a.Status, c.status, a.Trap)
		}
		if log := c.r.Logs.String(); !strings.Contains(log, "panic in") || strings.Contains(log, "panic in the end of a request") {
			t.Errorf("%s: a stream that is not taken off the books, or no panic: %s", c.name, log)
		}
		if a := c.r.Send(t, talk(2, "hello")); a.Status != 200 {
			t.Errorf("%s, afterwards: %s", c.name, where(a))
		}
	}
}

func TestACandidateThatIsWorseIsTakenBack(t *testing.T) {
	r := start(t, beside("canary", `,"share":50,"bounds":{"denied":true,"conversations":20}`))
	before := metricOf(t, "mom_router_candidate_rollbacks_total") // of tests before this one
	served, after := 0, 0
	for i := range 400 {
		words := "hello"
		if i%2 == 0 {
			words = "never" // which the candidate denies
		}
		a := r.Send(t, talk(i, words))
		if tried(t, a).Policy.Arm == "candidate" {
			served++
			if after > 0 {
				t.Fatalf("conversation %d is the candidate's after it was taken back", i)
			}
		} else if strings.Contains(r.Logs.String(), "serves nobody any more") {
			after++
		}
	}
	if after < 100 || served < 20 {
		t.Errorf("%d conversations were the candidate's, and %d came after it was taken back\n%s", served, after, r.Logs.String())
	}
	for _, want := range []string{"the candidate is: undecided", "the candidate is: worse: denied, active 0 of ", "is worse than the active policy and serves nobody any more: denied, active 0 of "} {
		if !strings.Contains(r.Logs.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, r.Logs.String())
		}
	}
	if n := metricOf(t, "mom_router_candidate_rollbacks_total") - before; n != 1 {
		t.Errorf("%d roll-backs", n)
	}
	if n := metricOf(t, "mom_router_candidate_state"); n != 3 {
		t.Errorf("state %d", n)
	}
	again := beside("canary", `,"share":90,"bounds":{"denied":true,"conversations":20}`)
	arms := func(r *router) (served int) {
		for i := range 30 {
			if tried(t, r.Send(t, talk(i, "hello"))).Policy.Arm == "candidate" {
				served++
			}
		}
		return served
	}
	// A configuration that takes the place of this one finds what was said, another candidate does not, and what came between changes nothing.
	for _, c := range []struct {
		name, configuration string
		serves              bool
	}{
		{"with another share", again, false},
		{"another candidate", strings.Replace(again, `"default":"large"`, `"default":"small"`, 1), true},
		{"and back", again, false},
	} {
		next := start(t, c.configuration)
		if served := arms(next); (served > 0) != c.serves || strings.Contains(next.Logs.String(), "was taken back before, and serves nobody") == c.serves {
			t.Errorf("%s: %d of 30 conversations are the candidate's\n%s", c.name, served, next.Logs.String())
		}
	}
	t.Run("a proxy that was restarted has forgotten it", func(t *testing.T) {
		if served := arms(start(t, again)); served < 15 {
			t.Errorf("%d of 30 conversations are the candidate's", served)
		}
	})
}

func TestEqualArmsAreNotTakenBack(t *testing.T) {
	r := start(t, beside("canary", `,"share":50,"bounds":{"denied":true,"failed":true,"conversations":20}`))
	for i := range 200 {
		words := "hello"
		if i%10 == 0 {
			words = "a secret"
		}
		r.Send(t, talk(i, words))
	}
	if n := metricOf(t, "mom_router_candidate_state"); n != 1 {
		t.Errorf("state %d:\n%s", n, r.Logs.String())
	}
}

func TestModesOfACandidateByHand(t *testing.T) {
	for _, c := range []struct{ name, configuration, want, log string }{
		{"off", beside("off", ""), "small", ""},
		{"promoted", beside("promoted", ""), "large", `policy "2"`},
		{"a share of 0", beside("canary", `,"share":0`), "small", "a share of 0: the candidate serves nobody"},
		{"a share of 100", beside("canary", `,"share":100`), "large", "leaves nothing to compare the candidate with"},
		{"one that does not compile", actives + `,"candidate":{"policy":{"version":"2","default":"nobody"},"mode":"canary","share":50}`, "small", "the candidate is left out, and the active policy serves: $.candidate.policy"},
		{"the active one", `"policy":"default","candidate":{"policy":"default"}`, "mi355x-gpt-oss-20b", "the candidate is the active policy: there is nothing to compare"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, c.configuration)
			if got := where(r.Send(t, talk(1, "hello"))); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if !strings.Contains(r.Logs.String(), c.log) {
				t.Errorf("the log lacks %q:\n%s", c.log, r.Logs.String())
			}
		})
	}
}

// metricOf is the value of a metric of the host that all tests share.
func metricOf(t testing.TB, name string) (n int64) {
	t.Helper()
	for _, m := range routertest.Product(t).Host.Metrics() {
		if m.Name == name {
			n = int64(m.Value)
		}
	}
	return n
}

// What the active policy's budget makes of a request is not what the candidate would have read.
func TestACandidateKnowsNothingOfAnAnswerThatTheBudgetHasShortened(t *testing.T) {
	policy := strings.Replace(boundPolicy(`{"budget":{"window":"1h","hard":1,"shorten":20}}`), `"default":["dear","cheap"]`, `"default":"dear"`, 1)
	other := strings.Replace(boundPolicy(`{"cost_ceiling":0.5}`), `"default":["dear","cheap"]`, `"default":"dear"`, 1)
	other = strings.Replace(strings.TrimPrefix(other, `"trusted":["x-tenant"],"policy":`), `"version":"1"`, `"version":"2"`, 1)
	r := start(t, policy+`,"candidate":{"mode":"shadow","policy":`+other+`}`)
	if !strings.Contains(r.Logs.String(), "one reading does for both policies") {
		t.Fatal("each reads for itself")
	}
	newWindow(r)
	for i, want := range []string{"60", "40"} {
		r.Backend = used(60)
		a := r.Send(t, asTenant(chat, "", "Hi", 60))
		if w := tried(t, a).Would; a.Status != 200 || w == nil || w.Action != "deny" || !strings.Contains(string(a.Upstream.Body), `"max_tokens":`+want) {
			t.Errorf("request %d: status %d, would %+v, %s", i, a.Status, w, a.Upstream.Body)
		}
	}
}

// A candidate without a ceiling of its own is held to the active policy's, also by what comes behind the window.
func TestTheActivePolicysCeilingBindsItsCandidate(t *testing.T) {
	active := strings.Replace(boundPolicy(`{"cost_ceiling":0.5}`), `"default":["dear","cheap"]`, `"default":"cheap"`, 1)
	other := strings.Replace(boundPolicy(`{}`), `"default":["dear","cheap"]`, `"default":"dear"`, 1)
	other = strings.Replace(strings.TrimPrefix(other, `"trusted":["x-tenant"],"policy":`), `"version":"1"`, `"version":"2"`, 1)
	modes(t, active+`,"hold_bytes":1024,"keys":{"secret":"0123456789abcdef"},"candidate":{"mode":"canary","share":99,"policy":`+other+`}`, func(t *testing.T, r *router) {
		behind := func(member string) string { return `","metadata":{"x":"` + strings.Repeat("x", 2000) + `"}` + member }
		for _, c := range []struct {
			name, text string
			tokens     int
			status     int
			code, by   string
		}{
			{"what it allows", "Hi", 20, 200, "", "dear"},
			{"what it does not goes where the active policy sends it", "Hi", 100, 200, "", "cheap"},
			{"what it allows, in a long body", "Hi" + behind(""), 20, 200, "", "dear"},
			{"what it does not any more", "Hi" + behind(`,"n":10`), 20, 403, "cost_ceiling", ""},
		} {
			text, tail, long := strings.Cut(c.text, `",`)
			body := fmt.Sprintf(`{"model":"auto","max_tokens":%d,"messages":[{"role":"user","content":"%s"}]`, c.tokens, text)
			if long {
				body += "," + tail
			}
			a := r.Send(t, post(chat, body+"}"))
			if a.Status != c.status || a.Code != c.code || c.by != "" && where(a) != c.by {
				t.Errorf("%s: status %d %q, by %s", c.name, a.Status, a.Code, where(a))
			}
		}
	})
}
