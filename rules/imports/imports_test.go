package imports

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

var update = flag.Bool("update", false, "write the golden files anew")

// compiled reads a configuration, and wants its policy to compile.
func compiled(t *testing.T, data []byte) *Import {
	t.Helper()
	got, err := Read(data, "")
	if err != nil {
		t.Fatal(err)
	}
	root, err := source.Load("policy.yaml", got.Policy)
	if err != nil {
		t.Fatalf("%v\n%s", err, got.Policy)
	}
	if _, err := rules.Compile(root); err != nil {
		t.Fatalf("%v\n%s", err, got.Policy)
	}
	return got
}

func TestPoliciesAndReportsAreAsTheyWere(t *testing.T) {
	for _, name := range []string{"routed", "canonical", "litellm"} {
		t.Run(name, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			got := compiled(t, data)
			var report strings.Builder
			for _, r := range got.Remarks {
				fmt.Fprintf(&report, "%d: %s: %s %s: %s\n", r.Line, r.Outcome, r.Part, r.Name, r.Text)
			}
			golden(t, name+".policy.yaml", withoutBorrowed(got.Policy))
			golden(t, name+".report.txt", report.String())
		})
	}
}

// withoutBorrowed leaves out the phrases of the default policy, which change for other reasons.
func withoutBorrowed(policy []byte) string {
	var kept []string
	borrowed := false
	for _, line := range strings.Split(string(policy), "\n") {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if indent <= 4 {
			borrowed = strings.HasPrefix(line, "    default_")
		}
		if !borrowed || indent <= 4 {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not as it was (go test ./rules/imports -update writes it anew); now:\n%s", path, got)
	}
}

func TestPublishedConfigurationsBecomePolicies(t *testing.T) {
	dir := needs.Data(t, "vllm-sr")
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal("no configurations", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := compiled(t, data)
		if !bytes.Contains(got.Policy, []byte("\nguards:\n")) || !bytes.Contains(got.Policy, []byte("\nroutes:\n")) {
			t.Errorf("%s: no guards or no routes", file)
		}
		// Each decision is told of.
		told := map[string]bool{}
		for _, r := range got.Remarks {
			if r.Part == "decision" {
				told[r.Name] = true
			}
		}
		root, err := parse(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range root.get("decisions").items() {
			if name := n.get("name").text(); !told[name] {
				t.Errorf("%s: nothing is said of the decision %q", file, name)
			}
		}
	}
}

func TestWhatIsBorrowedIsWhatTheDefaultPolicySteersBy(t *testing.T) {
	root, err := tree.ParseJSON(rules.DefaultJSON())
	if err != nil {
		t.Fatal(err)
	}
	when := root.Get("guards").Items[0].Get("when").Text
	if got := strings.Join(strings.Fields(when), " "); got != attempts.String() {
		t.Errorf("the guard of the default policy says\n%s\nand an import\n%s", got, attempts)
	}
}

func TestFilesThatAreNotWhatTheySay(t *testing.T) {
	for name, c := range map[string]struct{ data, format, want string }{
		"nothing":                        {"", "", "the file is empty"},
		"no YAML":                        {"a: [", "", "the file is not YAML"},
		"no map":                         {"- a", "", "not a map at its top"},
		"not UTF-8":                      {"a: \xff", "", "not valid UTF-8"},
		"two documents":                  {"decisions: [{}]\n---\na: 1", "", "more than one YAML document"},
		"an alias within itself":         {"decisions: &a [*a]", "", "alias"},
		"a policy of ours":               {"version: x\nmodels: {}\nroutes: []\n", "", "neither a configuration of vllm-sr"},
		"an unknown format":              {"decisions: [{}]", "nginx", `unknown format "nginx": use vllm-sr or litellm`},
		"another format than it is said": {"model_list: [{}]", "vllm-sr", "its list of decisions is empty"},
		"no decisions":                   {"decisions: []", "", "its list of decisions is empty"},
		"no models":                      {"decisions: [{name: a}]", "", "no models"},
		"models without names":           {"model_list: [{}]", "", "no models"},
	} {
		_, err := Read([]byte(c.data), c.format)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

func TestBandsHoldForTheSameCombinationsAsTheirScores(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		n := 1 + random.IntN(5)
		inputs := make([]*condition, n)
		there, gone := make([]float64, n), make([]float64, n)
		for i := range inputs {
			inputs[i] = signal(fmt.Sprintf("s.%d", i))
			there[i], gone[i] = float64(random.IntN(21)-10)/10, float64(random.IntN(7)-3)/10
		}
		bounds := map[string]float64{}
		for _, key := range []string{"gt", "gte", "lt", "lte"} {
			if random.IntN(2) == 0 {
				bounds[key] = float64(random.IntN(31)-15) / 10
			}
		}
		data, err := json.Marshal(bounds)
		if err != nil {
			t.Fatal(err)
		}
		output, err := parse(data)
		if err != nil {
			t.Fatal(err)
		}
		c := (&vllmSR{draft: &draft{}}).within(output, inputs, there, gone, 0)
		for mask := range 1 << n {
			sum := 0.0
			for i := range inputs {
				if mask>>i&1 != 0 {
					sum += there[i]
				} else {
					sum += gone[i]
				}
			}
			sum = float64(int(sum*10+1000.5)-1000) / 10 // tenths
			want := true
			for key, b := range bounds {
				want = want && map[string]bool{"gt": sum > b, "gte": sum >= b, "lt": sum < b, "lte": sum <= b}[key]
			}
			got := c.with(func(ref string, _ bool) *condition { return constant(mask>>(ref[2]-'0')&1 != 0) })
			if got.is(opTrue) != want {
				t.Fatalf("there %v, gone %v, bounds %v: %s is %s where the sum is %v", there, gone, bounds, c, got, sum)
			}
		}
	}
}

func TestMoreDecisionsThanAreReadAreToldOf(t *testing.T) {
	const n = maxDecisions + 50
	var b strings.Builder
	b.WriteString("providers: {models: [{name: m, endpoints: [{endpoint: \"a:1\"}]}]}\nsignals:\n  keywords:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - {name: k%d, keywords: [\"word%d of many\"]}\n", i, i)
	}
	b.WriteString("decisions:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {name: d%d, priority: %d, rules: {operator: AND, conditions: [{type: keyword, name: k%d}]}, modelRefs: [{model: m}]}\n", i, i, i)
	}
	got := compiled(t, []byte(b.String()))
	if routes := strings.Count(string(got.Policy), "- name: d"); routes != maxDecisions || got.Counts()[Dropped] != n-maxDecisions {
		t.Errorf("%d routes and %d dropped, want %d and %d", routes, got.Counts()[Dropped], maxDecisions, n-maxDecisions)
	}
}

// TestEveryTypeOfSignalAndPluginIsInTheDocumentation reads the tables of docs/import.md.
func TestEveryTypeOfSignalAndPluginIsInTheDocumentation(t *testing.T) {
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "import.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range signalTypes {
		if s.instead != "" && !bytes.Contains(doc, []byte("| `"+s.section+"` | dropped | "+s.instead+" |")) {
			t.Errorf("docs/import.md has no row: | `%s` | dropped | %s |", s.section, s.instead)
		}
		if !bytes.Contains(doc, []byte("| `"+s.section+"` |")) {
			t.Errorf("docs/import.md has no row for %s", s.section)
		}
	}
	for name, p := range plugins {
		if row := "| `" + name + "` | " + string(p.outcome) + " | " + p.text + " |"; !bytes.Contains(doc, []byte(row)) {
			t.Errorf("docs/import.md has no row: %s", row)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"routed", "canonical", "litellm"} {
		data, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Read(data, "")
		if err != nil {
			return
		}
		if _, err := source.Load("policy.yaml", got.Policy); err != nil {
			t.Errorf("%v\n%s", err, got.Policy)
		}
	})
}
