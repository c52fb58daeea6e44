package vm

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

var update = flag.Bool("update", false, "write the tables of functions.md anew")

func TestADeclarationThatLacksSomethingIsRefused(t *testing.T) {
	whole := func() hostFunc {
		return hostFunc{name: "proxy_f", does: "does something", params: []param{aNumber("n")}, returns: aStatus, capability: proxyWasm, source: "f", do: wasiConst(0)}
	}
	refusal := func(groups ...[]hostFunc) (said string) {
		defer func() {
			if r := recover(); r != nil {
				said = fmt.Sprint(r)
			}
		}()
		offer(groups...)
		return ""
	}
	for name, tt := range map[string]struct {
		drop func(*hostFunc)
		want string
	}{
		"nothing":                {func(*hostFunc) {}, ""},
		"parameters":             {func(f *hostFunc) { f.params = nil }, ""}, // there need be none
		"its name":               {func(f *hostFunc) { f.name = "" }, `the host function "" lacks a name`},
		"what it does":           {func(f *hostFunc) { f.does = "" }, `"proxy_f" lacks what it does`},
		"its result":             {func(f *hostFunc) { f.returns = 0 }, "lacks what it returns"},
		"its capability":         {func(f *hostFunc) { f.capability = nil }, "lacks a capability"},
		"its source":             {func(f *hostFunc) { f.source = "" }, "lacks a source"},
		"what runs":              {func(f *hostFunc) { f.do = nil }, "lacks an implementation"},
		"a parameter's name":     {func(f *hostFunc) { f.params = []param{aText("")} }, "lacks a parameter's name or kind"},
		"a parameter's kind":     {func(f *hostFunc) { f.params = []param{{name: "n"}} }, "lacks a parameter's name or kind"},
		"a parameter's trace":    {func(f *hostFunc) { f.params[0].asked = nil }, "lacks a parameter's name or kind"},
		"a parameter's type":     {func(f *hostFunc) { f.params[0].types = nil }, "lacks a parameter's name or kind"},
		"a second one's, behind": {func(f *hostFunc) { f.params = append(f.params, param{}) }, "lacks a parameter's name or kind"},
	} {
		t.Run(name, func(t *testing.T) {
			f := whole()
			tt.drop(&f)
			if said := refusal([]hostFunc{f}); !strings.Contains(said, tt.want) || tt.want == "" && said != "" {
				t.Errorf("said %q, want %q", said, tt.want)
			}
		})
	}
	if said := refusal([]hostFunc{whole()}, []hostFunc{whole()}); said != `the host function "proxy_f" is declared twice` {
		t.Errorf("of two of a name it says %q", said)
	}
}

// Of what Envoy restricts, the name tells the kind, and so does what it returns.
func TestCapabilitiesAreThoseOfEnvoy(t *testing.T) {
	for module, funcs := range tables {
		for _, f := range funcs {
			want := wasi
			switch {
			case strings.HasPrefix(f.name, "proxy_"):
				want = proxyWasm
			case module == "env":
				want = unrestricted
			}
			if f.capability != want || f.returns == aStatus != (want == proxyWasm) || f.returns == anErrno && want != wasi {
				t.Errorf("%s.%s has the capability %q and result %d", module, f.name, f.capability.kind, f.returns)
			}
		}
	}
}

// tableOf is what functions.md says of functions.
func tableOf(funcs []hostFunc) string {
	var b strings.Builder
	b.WriteString("| function | type | what it does | may be called | capability | source |\n|---|---|---|---|---|---|\n")
	for _, f := range funcs {
		var in, out []string
		for _, p := range f.params {
			if p.out {
				out = append(out, p.name)
			} else {
				in = append(in, p.name)
			}
		}
		call := f.name + "(" + strings.Join(in, ", ") + ")"
		if len(out) > 0 {
			call += " → " + strings.Join(out, ", ")
		}
		where := map[phase]string{phaseAny: "in callbacks", phaseInit: "in `_initialize`, too", phaseMalloc: "in `_initialize` and `malloc`, too"}
		when := where[f.during]
		if f.during140 > f.during {
			when += "; since Envoy 1.39 " + where[f.during140]
		}
		switch {
		case f.newest:
			when += "; since Envoy 1.39"
		case f.only == abi.Version021:
			when += "; ABI 0.2.1"
		}
		kind := f.capability.kind
		if f.capability == unrestricted {
			kind = "none"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s | %s |\n", call, f.signature(), f.does, when, kind, f.source)
	}
	return b.String()
}

// tableOfCallbacks is what functions.md says of what hostsim calls.
func tableOfCallbacks() string {
	var b strings.Builder
	b.WriteString("| callback | called when | answer |\n|---|---|---|\n")
	for _, on := range callbacks {
		answer := on.answer
		if answer == "" {
			answer = "none"
		}
		fmt.Fprintf(&b, "| `%s(%s)` | %s | %s |\n", on.name, strings.Join(append([]string{"context"}, on.arguments...), ", "), on.when, answer)
	}
	return b.String()
}

func TestEveryCallbackIsDeclared(t *testing.T) {
	for i, on := range callbacks {
		if !strings.HasPrefix(on.name, "proxy_on_") || on.when == "" {
			t.Errorf("callback %d (%q) lacks its name or when it is called", i, on.name)
		}
	}
}

// What stands in functions.md behind each heading is the table of what is declared.
func TestThePageOfHostFunctionsSaysWhatIsDeclared(t *testing.T) {
	const page = "../../functions.md"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for heading, want := range map[string]string{
		"## The module `env`": tableOf(hostFuncs),
		"## The modules `wasi_snapshot_preview1` and `wasi_unstable`": tableOf(allWASI),
		"## What it calls": tableOfCallbacks(),
	} {
		head, rest, found := strings.Cut(text, heading+"\n")
		table := regexp.MustCompile(`(?m)(^\|.*\n)+`)
		old := table.FindString(rest)
		if !found || old == "" {
			t.Fatalf("the page has no table behind %q", heading)
		}
		if old != want {
			if !*update {
				t.Errorf("the table behind %q is not that of the declarations (go test ./internal/vm -update writes it):\n%s\nwant\n%s", heading, old, want)
			}
			text = head + heading + "\n" + strings.Replace(rest, old, want, 1)
		}
	}
	if *update {
		if err := os.WriteFile(page, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
