package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/figures"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

func TestContendersAreChosenInTheirOrderAndNoFilterIsAlwaysOne(t *testing.T) {
	names := func(all []contender) (names []string) {
		for _, c := range all {
			names = append(names, c.name)
		}
		return names
	}
	for _, c := range []struct {
		only, without, want []string
		err                 string
	}{
		{want: contenderNames()},
		{only: []string{"pair", "flag"}, want: []string{"none", "flag", "pair"}},
		{only: []string{"pair", "flag"}, without: []string{"pair"}, want: []string{"none", "flag"}},
		{only: []string{"flug"}, err: `no contender "flug"`},
		{without: []string{"none"}, err: `"none" cannot be left out`},
	} {
		got, err := choose(c.only, c.without)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%v without %v: error %v, want %s", c.only, c.without, err, c.err)
			}
		} else if err != nil || !slices.Equal(names(got), c.want) {
			t.Errorf("%v without %v: %v, %v; want %v", c.only, c.without, names(got), err, c.want)
		}
	}
}

func TestBodiesAreChosenByTheBeginningOfTheirNames(t *testing.T) {
	names := func(all []set) (names []string) {
		for _, s := range all {
			names = append(names, s.name())
		}
		return names
	}
	for _, c := range []struct {
		bodies []string
		quick  bool
		want   []string
		err    string
	}{
		{want: setNames()},
		{quick: true, want: []string{"prose 0.3 KB", "prose 4 KB", "prose 32 KB", "prose 200 KB", "agents", "streams", "worst-mix 32 KB"}},
		{bodies: []string{"prose 4", "code"}, want: []string{"prose 4 KB", "code 4 KB", "code 200 KB"}},
		{bodies: []string{"poems"}, err: `no bodies begin with "poems"`},
		{bodies: []string{""}, err: `no bodies begin with ""`},
	} {
		got, err := chooseSets(&options{bodies: c.bodies, quick: c.quick})
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: error %v, want %s", c.bodies, err, c.err)
			}
		} else if err != nil || !slices.Equal(names(got), c.want) {
			t.Errorf("%q: %q, %v; want %q", c.bodies, names(got), err, c.want)
		}
	}
}

func TestEveryContenderOfASetIsOne(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sets {
		if seen[s.name()] {
			t.Errorf("bodies %q stand there twice", s.name())
		}
		seen[s.name()] = true
		for _, name := range s.only {
			if !slices.Contains(contenderNames(), name) {
				t.Errorf("bodies %q are for %q, which is no contender", s.name(), name)
			}
		}
		if !slices.Contains(s.only, figures.None) {
			t.Errorf("bodies %q have nothing that they are compared with", s.name())
		}
	}
	for _, name := range []string{figures.Small, figures.Large, figures.Agents} {
		if !seen[name] {
			t.Errorf("figures are about bodies %q, which nobody sends", name)
		}
	}
}

func TestATurnIsAsLongAsAskedAndAllSizesAreSentEquallyOften(t *testing.T) {
	for _, c := range []struct {
		requests, bodies int
		took             time.Duration
		whole            bool
		want             int
	}{
		{100, 1000, time.Second, false, 25},
		{100, 10, time.Second, false, 25},
		{1, 10, time.Minute, false, connections},
		{100, 10, time.Second, true, 30},
		{1, 10, time.Minute, true, 10},
	} {
		got := fitting(250*time.Millisecond, turn{requests: c.requests, took: c.took}, c.bodies, c.whole)
		if got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestQuantilesAreThoseOfTheSortedValues(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(i+1)*time.Microsecond)
	}
	for share, want := range map[float64]float64{0: 1, 0.5: 51, 0.99: 100, 1: 100} {
		if got := quantile(hundred, share); got != want {
			t.Errorf("%v of 1 to 100 is %v, want %v", share, got, want)
		}
	}
	if got := quantile(nil, 0.5); got != 0 {
		t.Errorf("the middle of nothing is %v", got)
	}
}

func TestAPhraseIsTakenApartAsThePolicyLanguageDoes(t *testing.T) {
	for _, c := range []struct {
		phrase string
		gaps   bool
		want   [][]string
	}{
		{"(ignore|set aside) all (rules)", true, [][]string{{"ignore", "set aside"}, {"all"}, {"rules"}}},
		{"ignore all rules", true, [][]string{{"ignore"}, {"all"}, {"rules"}}},
		{"write a poem", false, [][]string{{"write a poem"}}},
	} {
		if got := pieces(c.phrase, c.gaps); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %q, want %q", c.phrase, got, c.want)
		}
	}
}

func defaults(t *testing.T) []byte {
	t.Helper()
	p, err := os.ReadFile("../../../rules/default.json")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestTheLuaFilterHasEveryPhraseOfTheDefaultPolicy(t *testing.T) {
	script, err := luaScript(defaults(t))
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Signals struct {
			Keyword map[string]struct{ Words []string }
		}
	}
	if err := json.Unmarshal(defaults(t), &p); err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, k := range p.Signals.Keyword {
		want += len(k.Words)
	}
	if got := strings.Count(script, "{near ="); got != want || want < 100 {
		t.Errorf("%d phrases, want %d", got, want)
	}
	if got := luaQuote("a\"b\\é\n"); got != `"a\034b\092\195\169\010"` {
		t.Errorf("quoted as %s", got)
	}
	if _, err := luaScript([]byte("{")); err == nil || !strings.Contains(err.Error(), "phrases") {
		t.Errorf("error %v", err)
	}
}

func TestThePoliciesOfTheContendersCompile(t *testing.T) {
	for name, change := range map[string]func(map[string]any){
		"without signals": withoutSignals,
		"phrases":         phrases([]string{"red green blue", "one two three"}),
	} {
		text, err := policyJSON(defaults(t), change)
		if err != nil {
			t.Fatal(err)
		}
		root, err := tree.ParseJSON([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		table, err := rules.Compile(root)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := table.Signals().Len(); name == "without signals" && got != 0 || name == "phrases" && got != 1 {
			t.Errorf("%s: %d signals", name, got)
		}
	}
}

func TestWhatIsMissingIsSaidInOneLine(t *testing.T) {
	t.Setenv("ENVOY", "/nowhere/envoy")
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o    options
		want string
	}{
		"no Envoy":         {options{module: there}, "make envoy"},
		"a wrong Envoy":    {options{module: there, envoy: "/nowhere/envoy"}, `-envoy "/nowhere/envoy"`},
		"no module":        {options{envoy: there, module: "/nowhere/m.wasm"}, "make build"},
		"everything there": {options{envoy: there, module: there}, ""},
	} {
		err := check(&c.o)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s: error %v, want %s", name, err, c.want)
		}
	}
	if err := cores(1); err == nil || !strings.Contains(err.Error(), "one core") {
		t.Errorf("one core: %v", err)
	}
	if err := cores(2); err != nil {
		t.Errorf("two cores: %v", err)
	}
}

func TestAHistoryWithoutTheFrozenCommitIsSaidInOneLine(t *testing.T) {
	dir := t.TempDir()
	if err := unpack(dir, filepath.Join(dir, "tree")); err == nil || !strings.Contains(err.Error(), frozenCommit[:7]) ||
		!strings.Contains(err.Error(), "--unshallow") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "tree")); err == nil {
		t.Error("something was unpacked")
	}
}

func TestALogBehindAnErrorBecomesOneLine(t *testing.T) {
	for text, want := range map[string]string{"no Envoy": "no Envoy", "envoy ended\n[info] a\n[critical] b\n": "envoy ended: [critical] b"} {
		if got := oneLine(errors.New(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestTheServiceCanTakeAnotherEngine(t *testing.T) {
	mod, err := os.ReadFile("../../extproc/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	got, err := replacing(mod, "/some $1 where")
	if err != nil || !strings.Contains(string(got), "\nreplace github.com/mom-router/mom-router => \"/some $1 where\"\n") || strings.Contains(string(got), "=> ../..\n") {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := replacing([]byte("module m\n"), "/somewhere"); err == nil {
		t.Error("a go.mod that replaces nothing was taken")
	}
}

func TestArgumentsThatMeanNothingAreRefused(t *testing.T) {
	for _, args := range [][]string{{"fast"}, {"-turns", "-1"}, {"-turn", "0s"}, {"-starts", "-2"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q was taken", args)
		}
	}
	o, err := parse([]string{"-quick", "-turns", "9", "-bodies", "prose 4 KB,code"})
	if err != nil || o.turns != 9 || o.starts != 1 || len(o.bodies) != 2 {
		t.Errorf("%+v, %v", o, err)
	}
}
