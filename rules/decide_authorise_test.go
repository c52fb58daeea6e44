package rules

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
)

// world is a random policy together with what an independent reading of it says.
type world struct {
	yaml   string
	tiers  []int
	guards []worldGuard
}

type worldGuard struct {
	signals []int // any of them trips it
	only    []bool
	tier    int
	deny    bool
	ignore  bool
}

const worldSignals = 8

func newWorld(r *rand.Rand) *world {
	w := &world{}
	var b strings.Builder
	b.WriteString("version: \"1\"\nmodels:\n")
	models := 2 + r.IntN(4)
	for i := range models {
		w.tiers = append(w.tiers, r.IntN(4))
		fmt.Fprintf(&b, "  m%d: {name: org/m%d, cluster: c%d, tier: %d, context: %d}\n", i, i, i, w.tiers[i], 100*(1+r.IntN(20)))
	}
	b.WriteString("signals:\n  keyword:\n")
	for i := range worldSignals {
		fmt.Fprintf(&b, "    s%d: {in: any, words: [word%d]}\n", i, i)
	}
	var guards strings.Builder
	for i := range r.IntN(5) {
		g := worldGuard{signals: []int{r.IntN(worldSignals)}, ignore: r.IntN(4) == 0}
		if r.IntN(2) == 0 {
			g.signals = append(g.signals, r.IntN(worldSignals))
		}
		when := make([]string, len(g.signals))
		for j, s := range g.signals {
			when[j] = fmt.Sprintf("keyword.s%d", s)
		}
		fmt.Fprintf(&guards, "  - {name: g%d, when: %s, flag: f%d", i, strings.Join(when, " or "), i)
		use := r.IntN(models)
		switch r.IntN(4) {
		case 0:
			g.only = make([]bool, models)
			g.only[use] = true
			fmt.Fprintf(&guards, ", only: [m%d", use)
			for j := range models {
				if j != use && r.IntN(2) == 0 {
					g.only[j] = true
					fmt.Fprintf(&guards, ", m%d", j)
				}
			}
			guards.WriteString("]")
		case 1:
			if w.tiers[use] > 0 {
				g.tier = w.tiers[use]
				fmt.Fprintf(&guards, ", tier: %d", g.tier)
			}
		}
		switch r.IntN(4) {
		case 0:
			g.deny = true
			guards.WriteString(", deny: {}")
		case 1, 2:
			fmt.Fprintf(&guards, ", use: m%d", use)
		}
		if g.ignore {
			guards.WriteString(", unknown: ignore")
		}
		guards.WriteString("}\n")
		w.guards = append(w.guards, g)
	}
	if guards.Len() > 0 {
		b.WriteString("guards:\n" + guards.String())
	}
	var routes strings.Builder
	for i := range r.IntN(5) {
		fmt.Fprintf(&routes, "  - {name: r%d, when: keyword.s%d, use: [m%d]}\n", i, r.IntN(worldSignals), r.IntN(models))
	}
	if routes.Len() > 0 {
		b.WriteString("routes:\n" + routes.String())
	}
	fmt.Fprintf(&b, "default: m%d\n", r.IntN(models))
	w.yaml = b.String()
	return w
}

// permits says by the guards alone whether model i may serve; everything else of
// the policy has no say in it.
func (w *world) permits(i int, signal func(int) expr.Value) bool {
	for _, g := range w.guards {
		v := expr.False
		for _, s := range g.signals {
			v = max(v, signal(s))
		}
		if v == expr.False || v == expr.Unknown && g.ignore {
			continue
		}
		if g.deny || g.only != nil && !g.only[i] || w.tiers[i] < g.tier {
			return false
		}
	}
	return true
}

// Whatever chose the model, guards have the last word; and a request is denied
// only if what it would get is not permitted.
func TestAuthorisationIsLast(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	routed, denied := 0, 0
	for range 1500 {
		w := newWorld(r)
		problems := problemsOf(t, w.yaml)
		if len(problems) > 0 {
			for _, p := range problems {
				if !strings.Contains(p.Message, "never reached") {
					t.Fatalf("%s\n%s", p.Error(), w.yaml)
				}
			}
			continue
		}
		table := compileYAML(t, w.yaml)
		for range 20 {
			values, signal := randomValues(r, table)
			q := &Query{Values: values, Facts: &prompt.Facts{}, Tokens: int64(r.IntN(3000))}
			named := r.IntN(len(w.tiers) * 3)
			if named < len(w.tiers) {
				q.HasModel, q.Asked = true, fmt.Sprintf([]string{"m%d", "org/m%d"}[r.IntN(2)], named)
			}
			d := table.Decide(q)
			if d.Action == ActionRoute {
				routed++
				if !w.permits(d.Model.index, signal) {
					t.Fatalf("%s got %s against the guards\n%s", d.Name, d.Model.Key, w.yaml)
				}
				if q.HasModel && (d.Model.index != named || d.Name != NameNamed) {
					t.Fatalf("asked for %s, got %s by %s", q.Asked, d.Model.Key, d.Name)
				}
				checkLate(t, r, w, table, d)
				continue
			}
			denied++
			if q.HasModel && w.permits(named, signal) {
				t.Fatalf("%s is permitted and was denied\n%s", q.Asked, w.yaml)
			}
			if d.Code == CodeContext {
				for _, m := range table.models {
					if w.permits(m.index, signal) && (m.Context == 0 || q.Tokens <= m.Context) {
						t.Fatalf("%s is permitted and takes %d tokens, and the request was denied\n%s", m.Key, q.Tokens, w.yaml)
					}
				}
			} else if !q.HasModel && w.permits(table.fallback[0].model.index, signal) {
				t.Fatalf("the default is permitted and the request was denied\n%s", w.yaml)
			}
		}
	}
	if routed < 1000 || denied < 1000 {
		t.Errorf("%d routed, %d denied: the sample says little", routed, denied)
	}
}

// checkLate raises signals and sees that a late look denies exactly when the
// chosen model is not permitted any more.
func checkLate(t *testing.T, r *rand.Rand, w *world, table *Table, d *Decision) {
	t.Helper()
	values, signal := randomValues(r, table)
	chosen, matched := d.Model, d.matched
	late := table.Late(d, values, nil)
	permitted := w.permits(chosen.index, signal)
	if !permitted && late == nil {
		t.Fatalf("a late guard did not stop %s\n%s", chosen.Key, w.yaml)
	}
	if permitted && late != nil {
		t.Fatalf("%s was stopped though no late guard forbids it\n%s", chosen.Key, w.yaml)
	}
	for i := range table.guards {
		if matched.has(i) && !d.matched.has(i) {
			t.Fatalf("guard %d was lifted by later text", i)
		}
	}
}

func randomValues(r *rand.Rand, table *Table) ([]expr.Value, func(int) expr.Value) {
	values := make([]expr.Value, table.Signals().Len())
	for i := range values {
		if n := r.IntN(8); n < 3 {
			values[i] = expr.Value(n)
		}
	}
	return values, func(s int) expr.Value {
		for i := range values {
			if table.Signals().Name(i) == fmt.Sprintf("keyword.s%d", s) {
				return values[i]
			}
		}
		return expr.False
	}
}

// More true signals never let a model through that fewer did not.
func TestGuardsAreMonotone(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 500 {
		w := newWorld(r)
		if len(problemsOf(t, w.yaml)) > 0 {
			continue
		}
		table := compileYAML(t, w.yaml)
		values, _ := randomValues(r, table)
		before := &Decision{}
		denyBefore, _ := table.applyGuards(before, values, nil)
		for i := range values {
			values[i] = max(values[i], expr.Value(r.IntN(3)))
		}
		after := &Decision{}
		denyAfter, _ := table.applyGuards(after, values, nil)
		if after.allowed&^before.allowed != 0 || after.Tier < before.Tier || denyBefore != nil && denyAfter == nil {
			t.Fatalf("more text cleared a guard\n%s", w.yaml)
		}
		for _, flag := range before.Flags {
			if !contains(after.Flags, flag) {
				t.Fatalf("more text cleared flag %s", flag)
			}
		}
	}
}
