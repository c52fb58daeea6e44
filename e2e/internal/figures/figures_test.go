package figures

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata anew")

// sample is a small run whose figures can be reckoned by hand.
func sample() *Report {
	r := &Report{
		Taken: "2026-11-29", Commit: "1234567", Frozen: "6ad6c64", Envoy: "1.40.0", Settings: "8 connections, 3 turns",
		Machine: Machine{CPU: "a <fast> & busy one", Cores: 2, LoadBefore: 1, LoadAfter: 2},
		Bodies: []Body{
			{Name: Small, Kind: "prose", Bytes: 400, Count: 1024}, {Name: "prose 4 KB", Kind: "prose", Bytes: 4400, Count: 256},
			{Name: Large, Kind: "prose", Bytes: 204_400, Count: 16}, {Name: Agents, Kind: Agents, Bytes: 50_400, Count: 48},
			{Name: "worst-mix 4 KB", Kind: "worst-mix", Bytes: 4000, Count: 16}, {Name: "worst-mix 32 KB", Kind: "worst-mix", Bytes: 34_000, Count: 16},
			{Name: Sessions, Kind: Sessions, Bytes: 60_000, Count: 100},
		},
		Latency:    []Latency{{Contender: Flag, Body: "prose 4 KB", PerSecond: 1000, Requests: 2000, P50: 400, P99: 1200}},
		Bystanders: []Bystander{{Contender: Flag, Beside: Large, Requests: 100, P50: 900, P99: 19_000, Max: 25_000}},
		Memory:     []Memory{{Contender: Flag, Rest: 100, Load: 130}},
		Start:      []Start{{Contender: Floor, Seconds: Spread{2, 1.9, 2.2}}, {Contender: Flag, Seconds: Spread{5, 4.5, 5.5}}},
		Modules:    []Module{{Name: "mom-router", Bytes: 6_000_000, Gzip: 2_000_000}},
		Extras:     []Extra{{What: ConfigureMany, Value: 100, Unit: "ms"}},
	}
	for _, name := range []string{None, Floor, Flag, Pair, Frozen, Current} {
		r.Contenders = append(r.Contenders, Contender{Name: name, About: "about " + name})
	}
	add := func(contender, body string, added float64) {
		r.Cost = append(r.Cost, Cost{Contender: contender, Body: body, Total: Spread{added + 100, added + 90, added + 120}, Added: Spread{added, added - 10, added + 20}})
	}
	for _, b := range r.Bodies {
		add(None, b.Name, 0)
	}
	add(Floor, Small, 50)
	add(Flag, Small, 300)
	add(Pair, Small, 320)
	add(Frozen, Small, 500)
	add(Current, Small, 400)
	add(Flag, "prose 4 KB", 700)
	add(Flag, Large, 20_700) // 100 ns a byte
	add(Flag, Agents, 5_300) // 100 ns a byte over the small one
	add(Flag, "worst-mix 4 KB", 1_000)
	add(Flag, "worst-mix 32 KB", 31_000) // 1,000 ns a byte
	add(Flag, Sessions, 6_000)
	r.Name()
	return r
}

func TestNamedFiguresAreReckonedFromTheCells(t *testing.T) {
	got := map[string]Figure{}
	for _, f := range sample().Figures {
		if _, twice := got[f.Name]; twice {
			t.Errorf("%q stands there twice", f.Name)
		}
		got[f.Name] = f
	}
	for name, want := range map[string]struct {
		value, goal float64
		met         bool
	}{
		"flag / floor at prose 0.3 KB":               {6, 2.5, false},
		"flag / ext_proc-frozen at prose 0.3 KB":     {0.6, 0.5, false},
		"flag / ext_proc at prose 0.3 KB":            {0.75, 1, true},
		"pair minus flag at prose 0.3 KB":            {20, 40, true},
		"flag: a byte of prose":                      {100, 12, false},
		"flag: a byte of agents":                     {100, 16, false},
		"flag: a byte of worst-mix":                  {1000, 0, true},
		"flag: the worst byte / a byte of prose":     {10, 8, false},
		"flag: the longest wait beside prose 200 KB": {25, 20, false},
		"ready: flag / floor":                        {2.5, 2, false},
		"size: mom-router":                           {6, 0, true},
		"V8: configure a VM with 5,000 phrases":      {100, 150, true},
	} {
		f, ok := got[name]
		if !ok {
			t.Errorf("no figure %q", name)
		} else if f.Value != want.value || f.Goal != want.goal || f.Met() != want.met {
			t.Errorf("%q is %v, goal %v, met %v; want %v", name, f.Value, f.Goal, f.Met(), want)
		}
	}
	for name := range got {
		if strings.Contains(name, "sessions") && strings.Contains(name, "byte") || strings.Contains(name, Lua) || strings.Contains(name, "5000") {
			t.Errorf("%q was not measured", name)
		}
	}
}

func TestTheMedianLiesBetweenLeastAndMost(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{3}, Spread{3, 3, 3}},
		{[]float64{9, 1, 5}, Spread{5, 1, 9}},
		{[]float64{4, 1, 3, 2}, Spread{2.5, 1, 4}},
		{[]float64{-3, 12.3456, 123456.7}, Spread{12.35, -3, 123457}},
	} {
		if got := SpreadOf(c.values); got != c.want {
			t.Errorf("%v: %v, want %v", c.values, got, c.want)
		}
	}
}

func TestTheFileIsReadAsItWasWritten(t *testing.T) {
	r := sample()
	name := filepath.Join(t.TempDir(), "figures.json")
	if err := os.WriteFile(name, r.JSON(), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := Read(name)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, r) {
		t.Errorf("read %+v", got)
	}
	if !json.Valid(r.JSON()) || bytes.Count(r.JSON(), []byte("\n")) < 40 {
		t.Errorf("written as %s", r.JSON())
	}
}

func TestABadFileIsOneLineThatNamesIt(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"no.json": "", "cut.json": `{"taken":`, "other.json": `{"speed":1}`} {
		path := filepath.Join(dir, name)
		if text != "" {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "make bench") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is no longer what testdata has; look at the difference and run go test ./e2e/internal/figures -update:\n%s", name, got)
	}
}

func TestTheTable(t *testing.T) {
	var b bytes.Buffer
	if err := sample().Table(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "table.txt", b.Bytes())
}

func TestTheDrawingsAreXMLAndTheSameEachTime(t *testing.T) {
	again := sample().Drawings()
	for i, d := range sample().Drawings() {
		if !bytes.Equal(d.SVG, again[i].SVG) {
			t.Errorf("%s is another one the second time", d.Name)
		}
		x := xml.NewDecoder(bytes.NewReader(d.SVG))
		for {
			if _, err := x.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", d.Name, err)
			}
		}
		golden(t, d.Name, d.SVG)
	}
}

func TestTheTableOfTheREADMEStandsBetweenItsLines(t *testing.T) {
	text, err := sample().Readme([]byte("a\n" + readmeBegin + "old\n" + readmeEnd + "b\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a\n<!-- bench -->\n| body | floor | flag | pair | ext_proc-frozen | ext_proc |\n", "| prose 0.3 KB | 50 | 300 | 320 | 500 | 400 |\n", "| agents | – | 5,300 |", "<!-- /bench -->\nb\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	if strings.Contains(string(text), "old") || strings.Contains(string(text), "worst") {
		t.Errorf("written as %s", text)
	}
	if _, err := sample().Readme([]byte("a\n" + readmeEnd + readmeBegin)); err == nil {
		t.Error("a README without the lines was taken")
	}
}

func TestAnEmptyReportDrawsNothingThatIsNoNumber(t *testing.T) {
	r := &Report{}
	r.Name()
	for _, d := range r.Drawings() {
		if bytes.Contains(d.SVG, []byte("NaN")) || bytes.Contains(d.SVG, []byte("Inf")) {
			t.Errorf("%s: %s", d.Name, d.SVG)
		}
	}
}

// The documentation shows what was committed, and not another run.
func TestTheCommittedDrawingsAreThoseOfTheCommittedFigures(t *testing.T) {
	const root = "../../.."
	r, err := Read(filepath.Join(root, File))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want, err := r.Readme(readme); err != nil || !bytes.Equal(readme, want) {
		t.Errorf("the table of README.md is not what %s gives: run make bench-draw (%v)", File, err)
	}
	dir := filepath.Join(root, filepath.Dir(File))
	for _, d := range r.Drawings() {
		got, err := os.ReadFile(filepath.Join(dir, d.Name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, d.SVG) {
			t.Errorf("%s beside %s is not what that gives: run make bench-draw", d.Name, File)
		}
	}
	named := *r
	named.Name()
	if !reflect.DeepEqual(named.Figures, r.Figures) {
		t.Errorf("the figures of %s are not what its cells give", File)
	}
}
