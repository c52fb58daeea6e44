package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/mom-router/mom-router/internal/cli"
)

// objectivesState is what a proxy shows of its objectives.
type objectivesState struct {
	Budgets    []budgetState    `json:"budgets"`
	FirstToken []paceState      `json:"first_token"`
	Demotions  map[string]int64 `json:"demotions"`
	Faults     map[string]int64 `json:"faults"`
}

// budgetState is an account, in dollars; a bound of 0 is none.
type budgetState struct {
	Policy   string  `json:"policy"` // "" where the proxy has one
	Key      string  `json:"key"`
	Spent    float64 `json:"spent"`
	Reserved float64 `json:"reserved"`
	Soft     float64 `json:"soft"`
	Hard     float64 `json:"hard"`
}

// paceState is how fast a model begins to answer prompts of a size.
type paceState struct {
	Policy  string `json:"policy"`
	Model   string `json:"model"`
	Size    string `json:"size"`
	P95     int64  `json:"p95_ms"`
	Bound   int64  `json:"bound_ms"`
	Samples int64  `json:"samples"`
	Passed  bool   `json:"passed_over"`
	Moves   int64  `json:"moves"`
}

// objectivesCommand prints the state of the objectives that a proxy keeps.
func objectivesCommand(s cli.Streams) *command {
	c := newCommand(s, "objectives [flags]", "Show what a proxy has measured for the objectives of its policy",
		"objectives shows what a proxy has measured for the objectives of its policy: budgets, times to the first token, and what went wrong.",
		"rules objectives", "rules objectives --admin 10.0.0.1:9901 --json")
	admin := c.adminFlag()
	c.output.Add(c.Command, "one JSON object")
	c.Args = cli.NoFiles
	return c.does(func([]string) int {
		text, err := proxyStats(*admin)
		if err != nil {
			return c.cannot(err)
		}
		state := readObjectives(text)
		if c.output.Data() {
			if err := printJSON(c.Out, state); err != nil {
				return c.cannot(err)
			}
		} else {
			state.print(c.Out)
		}
		if len(state.Budgets)+len(state.FirstToken) == 0 {
			fmt.Fprintf(c.Err, "%s: the proxy shows no budget and no bound on the first token: its policy has none, or no tick has come yet\n", c.CommandPath())
			return exitNo
		}
		return exitOK
	})
}

// proxyStats reads the module's statistics from an admin interface.
func proxyStats(admin string) (string, error) {
	answer, err := askProxy(admin, "filter=mom_router_")
	if err != nil {
		return "", err
	}
	defer answer.Close()
	text, err := io.ReadAll(answer)
	if err != nil {
		return "", fmt.Errorf("read the proxy's statistics: %w", err)
	}
	return string(text), nil
}

// readObjectives reads lines such as "wasmcustom.mom_router_budget_microdollars.key.acme.kind.spent: 5".
func readObjectives(text string) *objectivesState {
	s := &objectivesState{Budgets: []budgetState{}, FirstToken: []paceState{}, Demotions: map[string]int64{}, Faults: map[string]int64{}}
	budgets, paces := map[[2]string]*budgetState{}, map[[3]string]*paceState{}
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		n, err := strconv.ParseInt(value, 10, 64)
		if !ok || err != nil {
			continue
		}
		name, policy := labels(strings.TrimPrefix(name, "wasmcustom."), "", ".policy.")
		switch {
		case strings.HasPrefix(name, "mom_router_budget_microdollars.key."):
			key, kind := labels(name, "mom_router_budget_microdollars.key.", ".kind.")
			b := budgets[[2]string{policy, key}]
			if b == nil {
				b = &budgetState{Policy: policy, Key: key}
				budgets[[2]string{policy, key}] = b
			}
			dollars := float64(n) / 1e6
			switch kind {
			case "spent":
				b.Spent = dollars
			case "reserved":
				b.Reserved = dollars
			case "soft":
				b.Soft = dollars
			case "hard":
				b.Hard = dollars
			}
		case strings.HasPrefix(name, "mom_router_first_token_"):
			what, rest, _ := strings.Cut(strings.TrimPrefix(name, "mom_router_first_token_"), ".model.")
			model, size := labels(rest, "", ".size.")
			p := paces[[3]string{policy, model, size}]
			if p == nil {
				p = &paceState{Policy: policy, Model: model, Size: size}
				paces[[3]string{policy, model, size}] = p
			}
			switch what {
			case "p95_milliseconds":
				p.P95 = n
			case "bound_milliseconds":
				p.Bound = n
			case "samples":
				p.Samples = n
			case "passed_over":
				p.Passed = n != 0
			case "moves_total":
				p.Moves = n
			}
		case strings.HasPrefix(name, "mom_router_objective_faults_total.reason.") && n > 0:
			s.Faults[strings.TrimPrefix(name, "mom_router_objective_faults_total.reason.")] += n
		case strings.HasPrefix(name, "mom_router_demotions_total.reason.") && n > 0:
			s.Demotions[strings.TrimPrefix(name, "mom_router_demotions_total.reason.")] += n
		}
	}
	for _, b := range budgets {
		s.Budgets = append(s.Budgets, *b)
	}
	slices.SortFunc(s.Budgets, func(a, b budgetState) int { return cmp.Or(cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Key, b.Key)) })
	for _, p := range paces {
		if p.Bound > 0 { // else no tick has come yet
			s.FirstToken = append(s.FirstToken, *p)
		}
	}
	sizes := []string{"short", "medium", "long"}
	slices.SortFunc(s.FirstToken, func(a, b paceState) int {
		return cmp.Or(cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Model, b.Model), slices.Index(sizes, a.Size)-slices.Index(sizes, b.Size))
	})
	return s
}

// labels parts the rest of a name at the last label.
func labels(name, before, label string) (first, last string) {
	rest := strings.TrimPrefix(name, before)
	i := strings.LastIndex(rest, label)
	if i < 0 {
		return rest, ""
	}
	return rest[:i], rest[i+len(label):]
}

// inPolicy is a name with that of its policy, where there are several.
func inPolicy(policy, name string) string {
	if policy == "" {
		return name
	}
	return policy + "/" + name
}

func (s *objectivesState) print(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	if len(s.Budgets) > 0 {
		fmt.Fprintln(t, "BUDGET\tSPENT\tRESERVED\tSOFT\tHARD")
		bound := func(dollars float64) string {
			if dollars == 0 {
				return "-"
			}
			return fmt.Sprintf("%.6f", dollars)
		}
		for _, b := range s.Budgets {
			fmt.Fprintf(t, "%s\t%.6f\t%.6f\t%s\t%s\n", inPolicy(b.Policy, b.Key), b.Spent, b.Reserved, bound(b.Soft), bound(b.Hard))
		}
		t.Flush()
	}
	if len(s.FirstToken) > 0 {
		fmt.Fprintln(t, "MODEL\tPROMPTS\tP95 MS\tBOUND MS\tSAMPLES\tSTATE\tMOVES")
		for _, p := range s.FirstToken {
			state := "chosen"
			if p.Passed {
				state = "passed over"
			}
			fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%s\t%d\n", inPolicy(p.Policy, p.Model), p.Size, p.P95, p.Bound, p.Samples, state, p.Moves)
		}
		t.Flush()
	}
	for _, list := range []struct {
		title  string
		counts map[string]int64
	}{{"DEMOTED FOR", s.Demotions}, {"FAULT", s.Faults}} {
		if len(list.counts) == 0 {
			continue
		}
		fmt.Fprintf(t, "%s\tTIMES\n", list.title)
		for _, key := range slices.Sorted(maps.Keys(list.counts)) {
			fmt.Fprintf(t, "%s\t%d\n", key, list.counts[key])
		}
		t.Flush()
	}
}
