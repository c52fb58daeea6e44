package trail

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// written are the records of one VM, chained as the router does it.
func written(vm string, n int, key []byte) (lines []string) {
	prev := ""
	for seq := 1; seq <= n; seq++ {
		line := fmt.Sprintf(`{"v":1,"time":"2026-11-22T%02d:00:00.000000Z","request_id":"%s-%d","action":"route","status":200,"decision":"d","model":"m","vm":"%s","seq":%d,"prev":"%s"}`,
			10+seq%10, vm, seq, vm, seq, prev)
		lines = append(lines, line)
		prev = Digest([]byte(line), key)
	}
	return lines
}

// verified reads logs and says how the chains stand.
func verified(t *testing.T, v *Verifier, logs ...[]string) ([]VM, Counts) {
	t.Helper()
	var r Reader
	dir := t.TempDir()
	for i, lines := range logs {
		file := filepath.Join(dir, fmt.Sprintf("log%d", i))
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := r.Read(file, func(l *Line) error { v.Add(l); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	return v.Verify(), r.Counts
}

func TestAChainIsWholeOrItsGapIsNamed(t *testing.T) {
	a, b := written("a", 30, nil), written("b", 20, nil)
	keyed := written("k", 5, []byte("0123456789abcdef"))
	var mixed []string // of two workers in one log
	for i := range a {
		mixed = append(mixed, a[i])
		if i < len(b) {
			mixed = append(mixed, b[i])
		}
	}
	altered := slices.Clone(a)
	altered[9] = strings.Replace(altered[9], `"status":200`, `"status":201`, 1)
	for _, c := range []struct {
		name    string
		v       Verifier
		logs    [][]string
		missing int64
		twice   int64
		problem string // of any VM; "" if all are whole
	}{
		{"a log", Verifier{}, [][]string{a}, 0, 0, ""},
		{"two workers in one log", Verifier{}, [][]string{mixed}, 0, 0, ""},
		{"files in their order", Verifier{}, [][]string{a[:10], a[10:20], a[20:]}, 0, 0, ""},
		{"files in another order", Verifier{}, [][]string{a[20:], a[:10], a[10:20]}, 0, 0, ""},
		{"a file twice", Verifier{}, [][]string{a[:10], a[:10], a[10:]}, 0, 10, ""},
		{"a key", Verifier{Key: []byte("0123456789abcdef")}, [][]string{keyed}, 0, 0, ""},
		{"a key that is not the one", Verifier{Key: []byte("0123456789abcdeX")}, [][]string{keyed}, 0, 0, "record 2 (log0:2) does not follow record 1"},
		{"no key where there was one", Verifier{}, [][]string{keyed}, 0, 0, "does not follow"},
		{"a record that is gone", Verifier{}, [][]string{append(slices.Clone(a[:10]), a[11:]...)}, 1, 0,
			"record 11 is missing between 2026-11-22T10:00:00.000000Z (log0:10) and 2026-11-22T12:00:00.000000Z (log0:11)"},
		{"a file that is gone", Verifier{}, [][]string{a[:10], a[20:]}, 10, 0, "records 11 to 20 are missing"},
		{"the beginning that is gone", Verifier{}, [][]string{a[5:]}, 5, 0, "records 1 to 5 are missing before"},
		{"the beginning that may be gone", Verifier{Partial: true}, [][]string{a[5:]}, 0, 0, ""},
		{"a record that was altered", Verifier{}, [][]string{altered}, 0, 0, "record 11 (log0:11) does not follow record 10"},
		{"a record that was altered at the end of a file", Verifier{}, [][]string{altered[10:], altered[:10]}, 0, 0, "record 11 (log0:1) does not follow record 10 (log1:10)"},
		{"a record that was written again", Verifier{}, [][]string{a[:10], altered[9:10], a[10:]}, 0, 1, "record 11 (log2:1) does not follow record 10"},
		{"records in another order", Verifier{}, [][]string{{a[1], a[0], a[2]}}, 0, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			vms, _ := verified(t, &c.v, c.logs...)
			var missing, twice int64
			var problems []string
			for _, vm := range vms {
				missing, twice, problems = missing+vm.Missing, twice+vm.Twice, append(problems, vm.Problems...)
			}
			all := strings.Join(problems, "; ")
			if missing != c.missing || twice != c.twice || (c.problem == "") != (all == "") || !strings.Contains(withoutFolders(all), c.problem) {
				t.Errorf("%d are missing, %d are twice there: %s", missing, twice, all)
			}
		})
	}
}

// withoutFolders leaves only the last part of the names of files.
func withoutFolders(s string) string {
	var out []string
	for _, word := range strings.Split(s, " ") {
		if open := strings.HasPrefix(word, "("); strings.Contains(word, "/") {
			if word = word[strings.LastIndex(word, "/")+1:]; open {
				word = "(" + word
			}
		}
		out = append(out, word)
	}
	return strings.Join(out, " ")
}

func TestRecordsInNoChainAreCountedByThemselves(t *testing.T) {
	v := Verifier{}
	vms, _ := verified(t, &v, append(written("a", 2, nil), `{"v":1,"action":"route","vm":"","seq":0,"prev":""}`))
	if len(vms) != 1 || v.Provisional != 1 || len(vms[0].Problems) > 0 {
		t.Errorf("%+v, %d", vms, v.Provisional)
	}
}

func TestRecordsAreFoundInLogsOfEveryForm(t *testing.T) {
	record := written("a", 1, nil)[0]
	quoted, _ := json.Marshal(record)
	for name, c := range map[string]struct {
		line string
		want Counts
	}{
		"a record alone":                {record, Counts{Lines: 1, Records: 1}},
		"an access log":                 {`{"code":200,"mom":[` + record + `]}`, Counts{Lines: 1, Records: 1}},
		"an access log of another form": {`{"mom":` + string(quoted) + `}`, Counts{Lines: 1, Records: 1}},
		"a list of two":                 {`{"mom":[` + record + `,` + record + `]}`, Counts{Lines: 1, Records: 2}},
		"a list with more behind it":    {`{"mom":[` + record + `],"x":[{"v":1}]}`, Counts{Lines: 1, Records: 1}},
		"what hostsim writes":           {`{"status":200,"record":` + record + `}`, Counts{Lines: 1, Records: 1}},
		"a line without one":            {`{"code":400,"mom":[]}`, Counts{Lines: 1, Without: 1}},
		"a string without one":          {`{"code":400,"mom":"-"}`, Counts{Lines: 1, Without: 1}},
		"a line that is cut":            {record[:60], Counts{Lines: 1, Damaged: 1}},
		"a record that is none":         {`{"mom":[{"seq":"x"}]}`, Counts{Lines: 1, Damaged: 1}},
		"a line of text":                {"[2026-11-22] error", Counts{Lines: 1, Damaged: 1}},
		"empty lines":                   {"\n\r\n" + record + "\r\n\n", Counts{Lines: 1, Records: 1}},
		"another version":               {strings.Replace(record, `"v":1`, `"v":2`, 1), Counts{Lines: 1, Records: 1, Other: 1}},
		"a line longer than any":        {`"` + strings.Repeat("x", 3<<20) + `"` + "\n" + record, Counts{Lines: 2, Records: 1, Damaged: 1}},
		"numbers that are no int64":     {strings.Replace(record, `"seq":1`, `"seq":1e300`, 1), Counts{Lines: 1, Damaged: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "log.gz")
			f, err := os.Create(file)
			if err != nil {
				t.Fatal(err)
			}
			z := gzip.NewWriter(f)
			z.Write([]byte(c.line))
			z.Close()
			f.Close()
			for from, read := range map[string]func(*Reader, func(*Line) error) error{
				"a file that is packed": func(r *Reader, yield func(*Line) error) error { return r.Read(file, yield) },
				"standard input": func(r *Reader, yield func(*Line) error) error {
					r.Stdin = strings.NewReader(c.line)
					return r.Read("-", yield)
				},
			} {
				var r Reader
				err := read(&r, func(l *Line) error {
					if l.Record.V == 1 && string(l.Raw) != record {
						t.Errorf("from %s: the record is %s", from, l.Raw)
					}
					return nil
				})
				if err != nil || r.Counts != c.want {
					t.Errorf("from %s: %+v, %v; want %+v", from, r.Counts, err, c.want)
				}
			}
		})
	}
	if err := new(Reader).Read("no such file", nil); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestAReportSumsUp(t *testing.T) {
	r := NewReport()
	for _, line := range []string{
		`{"v":1,"time":"2026-11-22T10:00:00.0Z","action":"route","status":200,"decision":"poems","model":"m","flags":["f"],"signals":["a.b"],"tier":2,"demoted":{"from":"x","why":"context"},"tokens_in":5,"cost":0.5,"usage":{"in":10,"out":4,"reasoning":1,"cached":2},"cost_actual":0.25,"ttft_ms":100,"duration_ms":2000,"us":500}`,
		`{"v":1,"time":"2026-11-22T11:00:00.0Z","action":"route","status":200,"decision":"poems","model":"m","tokens_in":5,"cost":0.5,"usage":null,"usage_unknown":"missing","cost_actual":null,"aborted":true,"upstream_error":"reset","duration_ms":10}`,
		`{"v":1,"time":"2026-11-22T11:30:00.0Z","action":"deny","status":403,"code":"secret","decision":"secrets","guard":"secrets"}`,
		`{"v":0,"time":"x","action":"pass"}`, // of an older version
	} {
		var x Record
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			t.Fatal(err)
		}
		r.Add(&x)
	}
	r.Finish()
	m := r.Models["m"]
	got := fmt.Sprint(r.Records, r.Actions, r.Decisions, r.Denials, r.Flags, r.Tiers, r.Demotions, r.Failures, r.Unknown, r.Aborted,
		m.Requests, m.Estimated, m.In, m.Out, m.Reasoning, m.Cached, m.CostMost, m.CostActual, m.WithUsage, len(r.Hours), r.Hours["2026-11-22T11:00Z"].Denied, r.Hours["2026-11-22T10:00Z"].Out)
	want := "4 map[deny:1 pass:1 route:2] map[poems:2 secrets:1] map[secret:1] map[f:1] map[2:1] map[x: context:1] map[reset:1] map[missing:1] 1 2 10 10 4 1 2 1 0.25 1 3 1 4"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if d := m.Duration; d.N != 2 || math.Abs(d.P99-2000) > 20 || math.Abs(d.P50-10) > 0.2 {
		t.Errorf("durations %+v", d)
	}
}

// Names come from policies; a log that somebody has made up must not take all memory.
func TestAReportHasBoundedMemory(t *testing.T) {
	r := NewReport()
	for i := range 3 * mostNames {
		name := fmt.Sprint("n", i)
		r.Add(&Record{Action: "route", Model: name, Tenant: name, Decision: name, Flags: []string{name}, Time: fmt.Sprintf("%010d-11-22T10", i)})
	}
	if hour := r.Hours[Others]; len(r.Decisions) > mostNames+1 || len(r.Models) > mostNames+1 || len(r.Hours) > mostHours+1 || len(r.Tenants) > mostTenants+1 || len(hour.Models) > mostInSum+1 || r.Decisions[Others] != 2*mostNames {
		t.Errorf("%d decisions, %d models, %d hours, %d tenants", len(r.Decisions), len(r.Models), len(r.Hours), len(r.Tenants))
	}
}

func TestQuantilesAreRightToOneInAHundred(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var s Sketch
	var all []float64
	for range 20_000 {
		v := math.Exp(random.NormFloat64()*3 + 2)
		all = append(all, v)
		s.Add(v)
	}
	slices.Sort(all)
	for _, share := range []float64{0.01, 0.5, 0.95, 0.99, 0.999, 1} {
		want := all[int(math.Ceil(share*float64(len(all))))-1]
		if got := s.Quantile(share); math.Abs(got-want) > 0.0101*want {
			t.Errorf("%g: %g, want %g", share, got, want)
		}
	}
	if len(s.counts) > 2000 {
		t.Errorf("%d buckets", len(s.counts))
	}
	s.Add(math.Inf(1))
	s.Add(-5)
	s.Add(0)
	if new(Sketch).Quantile(0.5) != 0 {
		t.Error("nothing has a median")
	}
}

func TestARecordIsExplained(t *testing.T) {
	var r Record
	text := `{"v":1,"time":"T","request_id":"id","path":"/v1/messages","asked":"auto","action":"route","status":200,"decision":"poems","model":"m","name":"n","cluster":"c","reasoning":"low","reasoning_asked":"high",
		"signals":["a.b"],"flags":["f"],"tier":2,"guard":"careful","demoted":{"from":"x","why":"context"},"conversation":{"messages":3,"alone":"d","model":"k","why":"less"},"warnings":["w"],"tokens_in":5,"cost":0.5,
		"usage":{"in":10,"out":4,"reasoning":1,"cached":2},"cost_actual":0.25,"finish":"stop","ttft_ms":100,"duration_ms":2000,"aborted":true,"upstream_error":"reset"}`
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	rule := func(name string) (string, string, bool) { return "route", "a.b", name == "poems" }
	got := strings.Join(Explain(&r, rule), "\n")
	for _, want := range []string{`named model "auto"`, "a.b", "flagged it: f", `Rule "poems" decided (a route: a.b).`, "have been x, but its context window", "tier 2", `Guard "careful" bounded`, "alone would have chosen d with k (less)",
		`model m, "n" of cluster c with reasoning low (the client asked for high)`, "10 tokens in (2 cached) and 4 out (1 of reasoning) and cost $0.250000", `ended with "stop"`, "2000 ms, the first text after 100", "client left", "failed: reset"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	r = Record{Action: "deny", Status: 403, Code: "secret", Decision: "secrets", Guard: "secrets", Param: "messages"}
	if got := strings.Join(Explain(&r, nil), "\n"); !strings.Contains(got, `denied with 403 and code "secret" about messages`) || !strings.Contains(got, `Guard "secrets" denied it.`) || strings.Contains(got, "It went to") {
		t.Errorf("got\n%s", got)
	}
}

func BenchmarkRead(b *testing.B) {
	record := `{"v":1,"time":"2026-11-29T18:46:35.443144Z","request_id":"00000000-0000-4000-8000-000000000001","path":"/v1/chat/completions","asked":"auto","action":"route","status":200,"code":"","param":"","decision":"fast_qa_english","model":"gpt-oss-20b","name":"openai/gpt-oss-20b","cluster":"mi355x-gpt-oss-20b","reasoning":"none","reasoning_asked":"","signals":["intent.fact_check","language.en","intent.fast_qa","domain.other"],"flags":[],"tier":0,"guard":"","demoted":null,"conversation":{"messages":1,"alone":"fast_qa_english","model":"gpt-oss-20b","why":"first"},"warnings":["reasoning none is not available on gpt-oss-20b: low is used"],"policy":{"version":"2026.11.22","hash":"4a9adfbf589ff088","weights":"8ab225628ed11611","arm":""},"tokens_in":3,"cost":0.000000150000,"model_answered":"","finish":"","usage":null,"usage_unknown":"missing","cost_actual":null,"ttft_ms":null,"tpot_ms":null,"duration_ms":1.766,"aborted":false,"upstream_error":"","bytes":70,"us":1077,"vm":"fc41a1c05e070997.1","seq":1,"prev":""}`
	line := []byte(`{"code":200,"mom":[` + record + "]}")
	var r Reader
	report := NewReport()
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		r.line("log", 1, line, func(l *Line) error { report.Add(&l.Record); return nil })
	}
}
