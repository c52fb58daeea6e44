package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/config"
	"github.com/mom-router/mom-router/internal/rollout"
)

// trial is what a proxy says of a candidate.
type trial struct {
	Policy        string                      `json:"policy,omitempty"` // beside which it stands; "" where the proxy has but one
	State         string                      `json:"state"`
	Rollbacks     int64                       `json:"rollbacks"`
	Requests      map[string]int64            `json:"requests"`      // by arm
	Conversations map[string]int64            `json:"conversations"` // by arm
	Events        map[string]map[string]int64 `json:"events"`        // conversations by arm and kind
	Disagreements []disagreement              `json:"disagreements"` // the most frequent first
}

// disagreement is how often the two policies decided otherwise, by their rules.
type disagreement struct {
	Active, Candidate string
	Requests          int64
}

// canaryCommand shows how a candidate does.
func canaryCommand(s cli.Streams) *command {
	c := newCommand(s, "canary [flags]", "Show how the candidate of a proxy does beside the active policy",
		`canary shows how the candidate of a proxy does beside the active policy: requests, conversations, events, and where the two disagree. Where several
policies have one, it shows each.

Exit code: 0 it is not worse, 1 it was taken back, or one of several was, 2 the proxy cannot be asked.`,
		"rules canary", "rules canary --admin 10.0.0.1:9901 --json")
	admin := c.adminFlag()
	c.output.Add(c.Command, "one JSON object a candidate")
	c.Args = cli.NoFiles
	return c.does(func([]string) int {
		trials, err := askCandidates(*admin)
		if err != nil {
			return c.cannot(err)
		}
		code := exitOK
		for i, t := range trials {
			if c.output.Data() {
				text, err := json.MarshalIndent(t, "", "  ")
				if err != nil {
					return c.cannot(err)
				}
				fmt.Fprintln(c.Out, string(text))
			} else {
				if i > 0 {
					fmt.Fprintln(c.Out)
				}
				t.print(c.Out)
			}
			if t.State == rollout.Worse.String() {
				code = exitNo
			}
		}
		return code
	})
}

// statPrefix is what Envoy puts before the names of the module's metrics, and what those of a candidate begin with.
const statPrefix = "wasmcustom.mom_router_candidate_"

// askCandidates reads the metrics of a proxy. The candidates come in the order of their policies' names, the default one's first.
func askCandidates(admin string) ([]*trial, error) {
	answer, err := askProxy(admin, "format=json&filter=mom_router_candidate_")
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	var stats struct {
		Stats []struct {
			Name  string `json:"name"`
			Value *int64 `json:"value"`
		} `json:"stats"`
	}
	if err := json.NewDecoder(answer).Decode(&stats); err != nil {
		return nil, fmt.Errorf("%s does not answer with statistics: %w", admin, err)
	}
	byPolicy := map[string]*trial{}
	for _, s := range stats.Stats {
		name, ok := strings.CutPrefix(s.Name, statPrefix)
		if !ok || s.Value == nil {
			continue
		}
		metric, labels, _ := strings.Cut(name, ".")
		policy := ""
		if of, ok := strings.CutPrefix(labels, "policy."); ok { // whose names have no dot
			policy, labels, _ = strings.Cut(of, ".")
		}
		t := byPolicy[policy]
		if t == nil {
			t = &trial{Policy: policy, Requests: map[string]int64{}, Conversations: map[string]int64{}, Events: map[string]map[string]int64{}, Disagreements: []disagreement{}}
			byPolicy[policy] = t
		}
		arm := strings.TrimPrefix(labels, "arm.")
		switch metric {
		case "state":
			if *s.Value < 0 || *s.Value >= int64(len(rollout.StateNames)) {
				return nil, fmt.Errorf("the state %d is none of this version's: use the rules command of the module's release", *s.Value)
			}
			t.State = rollout.StateNames[*s.Value]
		case "rollbacks_total":
			t.Rollbacks = *s.Value
		case "requests_total":
			t.Requests[arm] = *s.Value
		case "conversations":
			t.Conversations[arm] = *s.Value
		case "events":
			arm, kind, _ := strings.Cut(arm, ".kind.")
			if t.Events[arm] == nil {
				t.Events[arm] = map[string]int64{}
			}
			t.Events[arm][kind] = *s.Value
		case "disagreements_total":
			active, candidate, _ := strings.Cut(strings.TrimPrefix(labels, "decision."), ".would.")
			t.Disagreements = append(t.Disagreements, disagreement{active, candidate, *s.Value})
		}
	}
	var trials []*trial
	for _, t := range byPolicy {
		if t.State == "" {
			continue
		}
		slices.SortStableFunc(t.Disagreements, func(a, b disagreement) int {
			return cmp.Or(cmp.Compare(b.Requests, a.Requests), strings.Compare(a.Active+" "+a.Candidate, b.Active+" "+b.Candidate))
		})
		trials = append(trials, t)
	}
	if len(trials) == 0 {
		return nil, errors.New("the proxy has no candidate, or no module that knows of candidates")
	}
	first := func(t *trial) int {
		if t.Policy == config.DefaultPolicy {
			return 0
		}
		return 1
	}
	slices.SortFunc(trials, func(a, b *trial) int {
		return cmp.Or(cmp.Compare(first(a), first(b)), strings.Compare(a.Policy, b.Policy))
	})
	return trials, nil
}

func (t *trial) print(w io.Writer) {
	of := ""
	if t.Policy != "" {
		of = " of policy " + t.Policy
	}
	fmt.Fprintf(w, "the candidate%s is: %s\n\n%-24s %12s %12s\n", of, t.State, "", rollout.Active, rollout.Candidate)
	row := func(name string, of func(arm string) int64) {
		fmt.Fprintf(w, "%-24s %12d %12d\n", name, of(rollout.Active.String()), of(rollout.Candidate.String()))
	}
	row("requests", func(arm string) int64 { return t.Requests[arm] })
	row("conversations", func(arm string) int64 { return t.Conversations[arm] })
	for _, kind := range rollout.KindNames {
		row("  "+kind, func(arm string) int64 { return t.Events[arm][kind] })
	}
	if len(t.Disagreements) > 0 {
		fmt.Fprintf(w, "\nrequests that the two decide otherwise: by the active policy's rule, by the candidate's\n")
	}
	for _, d := range t.Disagreements[:min(len(t.Disagreements), mostPairsShown)] {
		fmt.Fprintf(w, "%8d  %s -> %s\n", d.Requests, d.Active, d.Candidate)
	}
	if more := len(t.Disagreements) - mostPairsShown; more > 0 {
		fmt.Fprintf(w, "and %d more pairs: --json has all\n", more)
	}
}

// mostPairsShown is how many pairs of rules are printed.
const mostPairsShown = 20
