package rules

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/expr"
)

// conditionOf compiles a condition over the signals a.a to h.h.
func conditionOf(t testing.TB, rule, src string) *condition {
	t.Helper()
	s, err := expr.Parse(src)
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	return &condition{rule: rule, text: s.String(), program: s.Compile(func(name string) int { return int(name[0] - 'a') })}
}

func TestDeadRoutes(t *testing.T) {
	for _, tt := range []struct {
		name    string
		earlier []string
		when    string
		dead    string // part of the message, "" for a live route
	}{
		{"the first route is alive", nil, "a.a", ""},
		{"another signal is alive", []string{"a.a"}, "b.b", ""},
		{"the same condition is dead", []string{"a.a"}, "a.a", "route 0"},
		{"the same condition in other words is dead", []string{"a.a and b.b"}, "b.b and (a.a)", "route 0"},
		{"more and-terms are dead", []string{"a.a"}, "a.a and b.b", "route 0"},
		{"fewer and-terms are alive", []string{"a.a and b.b"}, "a.a", ""},
		{"fewer or-terms are dead", []string{"a.a or b.b"}, "b.b", "route 0"},
		{"more or-terms are alive", []string{"a.a"}, "a.a or b.b", ""},
		{"what is always true leaves nothing", []string{"a.a or not a.a"}, "b.b", "route 0"},
		{"two routes together leave nothing", []string{"a.a", "not a.a"}, "b.b", "together route 0, route 1"},
		{"two routes together cover an or", []string{"a.a", "b.b"}, "a.a or b.b", "together"},
		{"a contradiction is never true", nil, "a.a and not a.a", "never be true"},
		{"a hidden contradiction is never true", nil, "(a.a or b.b) and not (b.b or a.a)", "never be true"},
		{"De Morgan is understood", []string{"not (a.a and b.b)"}, "not a.a or not b.b", "route 0"},
		{"a negated rest is alive", []string{"a.a and not b.b"}, "a.a", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var earlier []*condition
			for i, src := range tt.earlier {
				earlier = append(earlier, conditionOf(t, "route "+string(rune('0'+i)), src))
			}
			got := dead(conditionOf(t, "this", tt.when), earlier)
			if (got == "") != (tt.dead == "") || !strings.Contains(got, tt.dead) {
				t.Errorf("got %q, want %q", got, tt.dead)
			}
		})
	}
}

// anyCondition writes a random condition over six signals.
func anyCondition(r *rand.Rand, depth int) string {
	switch n := r.IntN(6); {
	case depth == 0 || n < 2:
		c := string(rune('a' + r.IntN(6)))
		return c + "." + c
	case n == 2:
		return "not (" + anyCondition(r, depth-1) + ")"
	case n < 5:
		return "(" + anyCondition(r, depth-1) + ") and (" + anyCondition(r, depth-1) + ")"
	}
	return "(" + anyCondition(r, depth-1) + ") or (" + anyCondition(r, depth-1) + ")"
}

func TestReachabilityAgreesWithTheTruthTable(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	live := 0
	for range 2000 {
		when := conditionOf(t, "this", anyCondition(r, 3))
		var earlier []*condition
		for range r.IntN(4) {
			earlier = append(earlier, conditionOf(t, "other", anyCondition(r, 2)))
		}
		reachable := false
		for bits := range 64 {
			values := make([]expr.Value, 6)
			for i := range values {
				values[i] = expr.Of(bits>>i&1 != 0)
			}
			hit := when.program.Eval(values) == expr.True
			for _, e := range earlier {
				hit = hit && e.program.Eval(values) != expr.True
			}
			reachable = reachable || hit
		}
		if got := dead(when, earlier) == ""; got != reachable {
			t.Fatalf("%s is reachable: %v, the check says %v", when.text, reachable, got)
		}
		if reachable {
			live++
		}
	}
	if live < 200 || live > 1900 {
		t.Errorf("%d of 2000 are alive: the sample says little", live)
	}
}

func TestAHopelessSearchEnds(t *testing.T) {
	// Over forty signals in pairs no early verdict helps: the search gives up.
	var when, earlier []string
	for i := range 20 {
		x, y := "a"+strings.Repeat("x", i)+".x", "b"+strings.Repeat("y", i)+".y"
		when = append(when, "("+x+" or "+y+")")
		earlier = append(earlier, "("+x+" and not "+y+" or "+y+" and not "+x+" or "+x+" and "+y+")")
	}
	index := map[string]int{}
	compile := func(src string) *condition {
		s, err := expr.Parse(src)
		if err != nil {
			t.Fatal(err)
		}
		return &condition{rule: "r", text: src, program: s.Compile(func(name string) int {
			if _, ok := index[name]; !ok {
				index[name] = len(index)
			}
			return index[name]
		})}
	}
	s := newSearch(compile(strings.Join(when, " and ")), []*condition{compile(strings.Join(earlier, " and "))})
	s.reaches()
	if s.steps > reachSteps+100 {
		t.Errorf("%d steps", s.steps)
	}
}
