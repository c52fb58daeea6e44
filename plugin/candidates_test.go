//go:build !wasip1

package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// branches is a configuration of two policies that are alike but for their clusters, the second one for paths under /branch, each with a candidate or without.
func branches(main, branch string) string {
	active, keys, _ := strings.Cut(strings.TrimPrefix(actives, `"policy":`), `,"keys"`)
	config := actives + `,"policies":{"branch":` + inBranch(active) + `},"choose":[{"path":"/branch","policy":"branch"}]`
	if main != "" {
		config += `,"candidate":{"policy":` + candidates + "," + main + "}"
	}
	if branch != "" {
		config += `,"candidates":{"branch":{"policy":` + inBranch(candidates) + "," + branch + "}}"
	}
	if keys == "" {
		panic("a policy without keys")
	}
	return config
}

func inBranch(policy string) string {
	return strings.ReplaceAll(policy, `"cluster":"`, `"cluster":"branch-`)
}

func TestEachPolicyMayHaveACandidateOfItsOwn(t *testing.T) {
	const all, shadow = `"mode":"canary","share":100`, `"mode":"shadow"`
	questions := []string{"hello", "a hard one", "prove it", "a secret", "never", "odd", "tame", "f\u200brance hidden"}
	outcomes := func(r *router, prefix string) (list []string) {
		for i, words := range questions {
			q := talk(i, words)
			q.Path = prefix + q.Path
			a := r.Send(t, q)
			var record struct {
				Decision, Model string
				Policy          struct{ Name, Version, Arm string }
				Would           json.RawMessage
			}
			if err := json.Unmarshal(a.State["wasm.mom.audit"], &record); err != nil {
				t.Fatal(err)
			}
			list = append(list, fmt.Sprintf("%s: %s by %s %+v would %s", words, where(a), record.Decision, record.Policy, record.Would))
		}
		return list
	}
	for mode, begin := range map[string]func(testing.TB, string) *router{"flag": start, "pair": startPair} {
		t.Run(mode, func(t *testing.T) {
			alone, both := begin(t, branches("", "")), begin(t, branches(all, shadow))
			main, branch := begin(t, branches(all, "")), begin(t, branches("", all))
			for _, c := range []struct {
				what       string
				got, want  []string
				otherwise  []string
				differs    string
				otherwise2 string
			}{
				{"the branch beside the main policy's candidate", outcomes(main, "/branch"), outcomes(alone, "/branch"), outcomes(branch, "/branch"), "branch-large", "branch-candidate"},
				{"the main policy beside the branch's candidate", outcomes(branch, ""), outcomes(alone, ""), outcomes(main, ""), "large", "{Name:candidate "},
				{"the main policy beside the branch's shadow", outcomes(both, ""), outcomes(main, ""), outcomes(alone, ""), "small", "would null"},
			} {
				if got, want := strings.Join(c.got, "\n"), strings.Join(c.want, "\n"); got != want {
					t.Errorf("%s:\n%s\nwithout it:\n%s", c.what, got, want)
				}
				for _, part := range []string{c.differs, c.otherwise2} {
					if !strings.Contains(strings.Join(c.otherwise, "\n"), part) {
						t.Errorf("%s: its own candidate makes no difference: no %q in %q", c.what, part, c.otherwise)
					}
				}
			}
			// On the candidate's arm the guards of both bind, and of no other policy.
			for i, want := range []string{"branch-large", "branch-new", "branch-new", "403", "403", "branch-safe", "branch-small", "branch-large"} {
				if got := outcomes(branch, "/branch")[i]; !strings.HasPrefix(got, questions[i]+": "+want+" ") {
					t.Errorf("on the arm of the branch's candidate: %s, want %s", got, want)
				}
			}
		})
	}
}

func TestTwoRollOutsAtOnceAreJudgedEachForItself(t *testing.T) {
	const half = `"mode":"canary","share":50,"bounds":{"conversations":20,"denied":true}`
	r := start(t, branches(half, half))
	send := func(i int, prefix, words string) (arm string) {
		q := talk(i, words)
		q.Path = prefix + q.Path
		return tried(t, r.Send(t, q)).Policy.Arm
	}
	arms := map[string]int{}
	for i := range 300 {
		arms["main "+send(i, "", "hello")]++
		arms["branch "+send(i, "/branch", "never")]++ // which its candidate denies
		if send(i, "", "hello") != send(i, "/branch", "hello") {
			arms["drawn apart"]++
		}
	}
	if arms["main candidate"] < 100 || arms["branch candidate"] < 15 || arms["branch candidate"] > 200 || arms["drawn apart"] < 20 {
		t.Errorf("arms: %v", arms)
	}
	if n := metricOf(t, "mom_router_candidate_state.policy.branch"); n != 3 {
		t.Errorf("the state of the branch's candidate is %d", n)
	}
	if n := metricOf(t, "mom_router_candidate_state.policy.default"); n == 3 {
		t.Error("the main policy's candidate was taken back for what the branch's did")
	}
	if send(1000, "/branch", "hello") != "active" || send(1001, "/branch", "hello") != "active" {
		t.Error("the branch's candidate serves though it was taken back")
	}
	log := r.Logs.String()
	for _, want := range []string{"of policy branch is worse than the active policy", "the candidate of policy default is: "} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not say %q: %s", want, log)
		}
	}
	if strings.Contains(log, "of policy default is worse") {
		t.Errorf("both were taken back: %s", log)
	}
}
