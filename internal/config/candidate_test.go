package config

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/rollout"
)

const (
	activePolicy = `{"version":"1","models":{"small":{"name":"org/small","cluster":"small"}},"default":"small"}`
	triedPolicy  = `{"version":"2","models":{"small":{"name":"org/small","cluster":"small"}},"default":"small"}`
	secretKeys   = `,"keys":{"secret":"0123456789abcdef"}`
)

func withCandidate(members, more string) string {
	return `{"policy":` + activePolicy + `,"candidate":{` + members + `}` + more + `}`
}

func TestACandidateIsRead(t *testing.T) {
	c, err := Parse([]byte(withCandidate(`"policy":`+triedPolicy+`,"mode":"canary","share":2.5,"bounds":{"conversations":300,"times":1.2,"denied":true,"slow":"2s","dear":0.05,"differs":0.2}`, secretKeys)))
	if err != nil {
		t.Fatal(err)
	}
	d := c.Policies[0].Candidate
	if d == nil || d.Table.Version() != "2" || c.Policy.Version() != "1" || !d.Canary || d.Share != 250 || d.ByTenant {
		t.Fatalf("%+v", d)
	}
	want := rollout.Bounds{Conversations: 300, Slow: 2_000_000, Dear: 50_000_000_000}
	want.Ratio[rollout.Denied], want.Ratio[rollout.Slow], want.Ratio[rollout.Dear], want.Ratio[rollout.Differs] = 1.2, 1.2, 1.2, 0.2
	if d.Bounds != want {
		t.Errorf("bounds %+v, want %+v", d.Bounds, want)
	}
	c, err = Parse([]byte(withCandidate(`"policy":`+triedPolicy, "")))
	if err != nil || c.Policies[0].Candidate == nil || c.Policies[0].Candidate.Canary || c.Policies[0].Candidate.Bounds.Ratio[rollout.Denied] != 1 || c.Policies[0].Candidate.Bounds.Ratio[rollout.Failed] != 1 || c.Policies[0].Candidate.Bounds.Ratio[rollout.Slow] != 0 {
		t.Errorf("a candidate is a shadow unless it is said otherwise: %+v, %v", c, err)
	}
}

func TestPromotionAndRollBackAreOneValue(t *testing.T) {
	for mode, version := range map[string]string{"off": "1", "shadow": "1", "canary": "1", "promoted": "2"} {
		c, err := Parse([]byte(withCandidate(`"policy":`+triedPolicy+`,"share":5,"mode":"`+mode+`"`, secretKeys)))
		if err != nil {
			t.Fatal(err)
		}
		if c.Policy.Version() != version || c.Policies[0].Table != c.Policy || (c.Policies[0].Candidate != nil) != (mode == "shadow" || mode == "canary") {
			t.Errorf("%s: version %s, candidate %v", mode, c.Policy.Version(), c.Policies[0].Candidate)
		}
	}
}

// beside is a configuration of two policies, of which the second one is for paths under /side.
func beside(members, more string) string {
	return `{"policy":` + activePolicy + `,"policies":{"side":` + strings.Replace(activePolicy, `"1"`, `"1s"`, 1) + `},"choose":[{"path":"/side","policy":"side"}]` + members + more + `}`
}

func TestEachPolicyHasACandidateOfItsOwn(t *testing.T) {
	other := strings.Replace(triedPolicy, `"2"`, `"2s"`, 1)
	for _, c := range []struct {
		members                          string
		main, side, mainTried, sideTried string
	}{
		{``, "1", "1s", "", ""},
		{`,"candidate":{"policy":` + triedPolicy + `}`, "1", "1s", "2", ""},
		{`,"candidates":{"side":{"policy":` + other + `}}`, "1", "1s", "", "2s"},
		{`,"candidate":{"policy":` + triedPolicy + `},"candidates":{"side":{"policy":` + other + `,"mode":"canary","share":5}}`, "1", "1s", "2", "2s"},
		{`,"candidate":{"policy":` + triedPolicy + `},"candidates":{"side":{"policy":` + other + `,"mode":"promoted"}}`, "1", "2s", "2", ""},
		{`,"candidate":{"policy":` + triedPolicy + `,"mode":"promoted"},"candidates":{"side":{"policy":` + other + `}}`, "2", "1s", "", "2s"},
		{`,"candidates":{"side":{"policy":` + other + `,"mode":"off"}}`, "1", "1s", "", ""},
		{`,"candidates":{"side":{"policy":{"version":"2s","models":{},"default":"nobody"}}}`, "1", "1s", "", ""},
		{`,"candidates":{"side":{"policy":` + strings.Replace(activePolicy, `"1"`, `"1s"`, 1) + `}}`, "1", "1s", "", ""},
	} {
		got, err := Parse([]byte(beside(c.members, secretKeys)))
		if err != nil {
			t.Errorf("%s: %v", c.members, err)
			continue
		}
		version := func(d *Candidate) string {
			if d == nil {
				return ""
			}
			return d.Table.Version()
		}
		main, side := got.Policies[0], got.Policies[1]
		if main.Table != got.Policy || main.Table.Version() != c.main || side.Table.Version() != c.side || version(main.Candidate) != c.mainTried || version(side.Candidate) != c.sideTried {
			t.Errorf("%s: %s beside %s, %s beside %s", c.members, version(main.Candidate), main.Table.Version(), version(side.Candidate), side.Table.Version())
		}
	}
}

func TestMistakesOfSeveralCandidates(t *testing.T) {
	for _, c := range []struct{ name, members, want string }{
		{"of no policy", `,"candidates":{"sid":{"policy":` + triedPolicy + `}}`, `unknown policy "sid" (did you mean "side"?)`},
		{"of the default policy", `,"candidates":{"default":{"policy":` + triedPolicy + `}}`, `the candidate of the default policy is the one under "candidate"`},
		{"no map", `,"candidates":[]`, "$.candidates: a map"},
		{"no map of one", `,"candidates":{"side":"default"}`, "$.candidates.side: a map is expected"},
		{"a mistake below", `,"candidates":{"side":{"policy":` + triedPolicy + `,"mode":"on"}}`, `$.candidates.side.mode: unknown mode "on"`},
		{"without keys", `,"candidates":{"side":{"policy":` + triedPolicy + `,"mode":"canary","share":5}}`, "$.candidates.side.mode: conversations have no keys"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Parse([]byte(beside(c.members, ""))); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	taken := strings.Replace(strings.Replace(beside(`,"candidates":{"side":{"policy":`+triedPolicy+`}}`, ""), `"policies":{`, `"policies":{"side-candidate":"default",`, 1), `"choose":[`, `"choose":[{"path":"/c","policy":"side-candidate"},`, 1)
	if _, err := Parse([]byte(taken)); err == nil || !strings.Contains(err.Error(), `a policy beside a candidate cannot be called "side-candidate"`) {
		t.Errorf("a policy has the name of a candidate: %v", err)
	}
}

func TestTenantsMayUseTheSameModelsOfAPromotedPolicy(t *testing.T) {
	model := func(keys ...string) string {
		var all []string
		for _, key := range keys {
			all = append(all, `"`+key+`":{"cluster":"`+key+`"}`)
		}
		return `{"version":"` + keys[0] + `","models":{` + strings.Join(all, ",") + `},"default":"` + keys[0] + `"}`
	}
	c, err := Parse([]byte(`{"policy":` + model("a", "b", "c") + `,"candidate":{"policy":` + model("z", "c", "b") + `,"mode":"promoted"},
		"tenant":"x-t","trusted":["x-t"],"tenants":[{"names":["acme"],"models":["b"]},{"names":["two"],"models":["b"]},{"names":["*"],"models":["c"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	for tenant, want := range map[string]string{"acme": "b", "two": "b", "other": "c"} {
		chosen := c.Choose("", "/v1/chat/completions", tenant)
		if got := strings.Join(c.Policy.Names(chosen.Grant), " "); c.Policy.Version() != "z" || !strings.HasSuffix(got, want) || len(got) > len("auto ")+1 {
			t.Errorf("%s may use %q of version %s, want %s", tenant, got, c.Policy.Version(), want)
		}
	}
}

func TestACandidateThatDoesNotLoadLeavesTheActivePolicyAlone(t *testing.T) {
	for _, policy := range []string{`{"version":"2","models":{},"default":"nobody"}`, `"nobody"`, `[]`, `{}`, strings.Replace(triedPolicy, `"default":"small"`, `"default":"small","tests":[{"name":"t","prompt":"hi","expect":{"model":"other"}}]`, 1)} {
		c, err := Parse([]byte(withCandidate(`"policy":`+policy+`,"mode":"canary","share":5`, secretKeys)))
		if err != nil {
			t.Errorf("%s: %v", policy, err)
			continue
		}
		if c.Policies[0].Candidate != nil || c.Policy.Version() != "1" || len(c.Warnings) == 0 || !strings.Contains(c.Warnings[len(c.Warnings)-1], "the candidate is left out, and the active policy serves: $.candidate.policy") {
			t.Errorf("%s: %+v, warnings %q", policy, c.Policies[0].Candidate, c.Warnings)
		}
	}
}

func TestStatedOutcomesOfACandidate(t *testing.T) {
	for _, c := range []struct{ name, members, more, warning string }{
		{"a share of 0", `"policy":` + triedPolicy + `,"mode":"canary","share":0`, secretKeys, "serves nobody, as in a shadow"},
		{"a share of 100", `"policy":` + triedPolicy + `,"mode":"canary","share":100`, secretKeys, "it is not taken back by itself"},
		{"the active policy", `"policy":` + activePolicy, "", "the candidate is the active policy"},
		{"a share in a shadow", `"policy":` + triedPolicy + `,"share":5`, "", "the share says nothing"},
	} {
		got, err := Parse([]byte(withCandidate(c.members, c.more)))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if text := strings.Join(got.Warnings, "\n"); !strings.Contains(text, c.warning) {
			t.Errorf("%s: warnings %q, want %q", c.name, text, c.warning)
		}
	}
}

func TestMistakesOfACandidate(t *testing.T) {
	for _, c := range []struct{ name, members, more, want string }{
		{"no policy", `"mode":"shadow"`, "", `$.candidate: "policy" is missing`},
		{"an unknown mode", `"policy":` + triedPolicy + `,"mode":"canery"`, "", `$.candidate.mode: unknown mode "canery" (did you mean "canary"?)`},
		{"an unknown key", `"policy":` + triedPolicy + `,"shares":5`, "", `unknown key "shares" (did you mean "share"?)`},
		{"a canary without a share", `"policy":` + triedPolicy + `,"mode":"canary"`, secretKeys, `"share" is missing`},
		{"a canary without keys", `"policy":` + triedPolicy + `,"mode":"canary","share":5`, "", "conversations have no keys, so none can stay with a policy"},
		{"a share too large", `"policy":` + triedPolicy + `,"mode":"canary","share":101`, secretKeys, "101 is out of range (between 0 and 100)"},
		{"a share too fine", `"policy":` + triedPolicy + `,"mode":"canary","share":0.001`, secretKeys, "finer than a hundredth of a percent"},
		{"by tenant without tenants", `"policy":` + triedPolicy + `,"mode":"canary","share":5,"by":"tenant"`, secretKeys, "nothing says whose a request is"},
		{"no bound at all", `"policy":` + triedPolicy + `,"bounds":{"conversations":10}`, "", "no bound is given, so nothing is looked at"},
		{"a bound that is not known", `"policy":` + triedPolicy + `,"bounds":{"errors":true}`, "", `unknown key "errors"`},
		{"a bound of nothing", `"policy":` + triedPolicy + `,"bounds":{"differs":0}`, "", "would be passed by the first conversation"},
		{"times below 1", `"policy":` + triedPolicy + `,"bounds":{"denied":true,"times":0.5}`, "", "0.5 is out of range"},
		{"a list", `"policy":` + triedPolicy + `,"bounds":[]`, "", "a map is expected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(withCandidate(c.members, c.more)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}
