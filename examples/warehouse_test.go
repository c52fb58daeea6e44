package examples

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mom-router/mom-router/internal/recordschema"
	"github.com/mom-router/mom-router/rules/trail"
)

// warehouseRecords is how many records the test loads: 5,000, or what MOM_WAREHOUSE says (make test-warehouse: a million).
func warehouseRecords(t *testing.T) int {
	text := os.Getenv("MOM_WAREHOUSE")
	if text == "" {
		return 5_000
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1000 {
		t.Fatalf("MOM_WAREHOUSE=%s is no number of 1,000 or more", text)
	}
	return n
}

// warehouseLog writes an access log of four VMs, a second after the other, in which two records are missing, a line has none and one is damaged.
func warehouseLog(t *testing.T, file string, n int) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	defer w.Flush()
	random := rand.New(rand.NewPCG(19, 5))
	models := []string{"small", "large", "larger"}
	fmt.Fprintln(w, `{"code":400,"mom":[]}`)
	fmt.Fprintln(w, `{"code":200,"mom":[{"v":1,`)
	for i := range n {
		seq := i/4 + 1
		if i%4 == 2 && (seq == 10 || seq == 11) {
			continue
		}
		action, status, code, decision, model := "route", 200, "", "default", models[random.IntN(3)]
		flags, tier, demoted, usage, actual, failure := "", 0, "null", fmt.Sprintf(`{"in":%d,"out":%d,"reasoning":1,"cached":2}`, random.IntN(5000), random.IntN(900)), "0.000250000000", ""
		switch random.IntN(20) {
		case 0:
			action, status, code, decision, model, usage, actual = "deny", 403, "secret", "secrets", "", "null", "null"
		case 1:
			flags, tier, demoted, decision = `"jailbreak"`, 3, `{"from":"large","why":"tier"}`, "poems"
		case 2:
			status, usage, actual, failure = 502, "null", "null", "reset"
		}
		record := fmt.Sprintf(`{"v":1,"time":"%s","request_id":"r%d","path":"/v1/chat/completions","tenant":"%s","asked":"auto","action":"%s","status":%d,"code":"%s","param":"","decision":"%s","model":"%s","name":"n","cluster":"c","reasoning":"","reasoning_asked":"","signals":["domain.other","language.en"],"flags":[%s],"tier":%d,"guard":"","demoted":%s,"conversation":null,"domain":null,"session":"","prefix":"","warnings":[],"policy":{"name":"","version":"1","hash":"00ff","weights":"","arm":""},"would":null,"attempts":1,"fallback":null,"tokens_in":5,"cost":0.000500000000,"max_tokens":0,"model_answered":"","finish":"stop","usage":%s,"usage_unknown":"","cost_actual":%s,"ttft_ms":null,"tpot_ms":null,"duration_ms":%d.500,"aborted":false,"upstream_error":"%s","prompt":null,"bytes":99,"us":42,"vm":"vm%d","seq":%d,"prev":""}`,
			time.Date(2026, 11, 1, 0, 0, i, 0, time.UTC).Format("2006-01-02T15:04:05.000000Z"), i, []string{"acme", "globex", ""}[random.IntN(3)], action, status, code, decision, model, flags, tier, demoted, usage, actual, 1+random.IntN(5000), failure, i%4, seq)
		if i < 50 {
			if err := recordschema.Check([]byte(record)); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Fprintf(w, `{"code":%d,"mom":[%s]}`+"\n", status, record)
	}
}

// The warehouse answers what rules audit report answers.
func TestTheWarehouseSaysWhatTheReportSays(t *testing.T) {
	python := "../.cache/duckdb/bin/python"
	if _, err := os.Stat(python); err != nil {
		t.Skip("there is no DuckDB: make test-warehouse fetches it")
	}
	file := filepath.Join(t.TempDir(), "access.log")
	warehouseLog(t, file, warehouseRecords(t))
	began := time.Now()
	cmd := exec.Command(python, "warehouse/answers.py", file)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	var answers struct {
		Records                                                                                        int64
		Hours, Tenants, Decisions, Models, Flags, Signals, Tiers, Refusals, Demotions, Failures, Costs []map[string]any
		Gaps                                                                                           []struct {
			VM                          string
			First_missing, Last_missing int64
		}
	}
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	report := trail.NewReport()
	var r trail.Reader
	if err := r.Read(file, func(l *trail.Line) error { report.Add(&l.Record); return nil }); err != nil {
		t.Fatal(err)
	}
	report.Finish()
	t.Logf("%d records in DuckDB with all answers after %v", answers.Records, took.Round(time.Millisecond))
	if answers.Records != report.Records || r.Without != 1 || r.Damaged != 1 {
		t.Errorf("%d records, the report has %d: %+v", answers.Records, report.Records, r.Counts)
	}
	// same compares the requests of each name.
	same := func(what string, rows []map[string]any, of map[string]int64, name func(row map[string]any) string) {
		if len(rows) != len(of) || len(rows) == 0 {
			t.Errorf("%s: %d rows, the report has %d", what, len(rows), len(of))
		}
		for _, row := range rows {
			if got := int64(row["requests"].(float64)); got != of[name(row)] {
				t.Errorf("%s: %v has %d requests, the report %d", what, name(row), got, of[name(row)])
			}
		}
	}
	member := func(key string) func(map[string]any) string {
		return func(row map[string]any) string { return fmt.Sprint(row[key]) }
	}
	same("decisions", answers.Decisions, report.Decisions, member("decision"))
	same("flags", answers.Flags, report.Flags, member("flag"))
	same("signals", answers.Signals, report.Signals, member("signal"))
	same("tiers", answers.Tiers, report.Tiers, member("tier"))
	same("refusals", answers.Refusals, report.Denials, member("code"))
	same("demotions", answers.Demotions, report.Demotions, func(row map[string]any) string { return fmt.Sprintf("%s: %s", row["from"], row["why"]) })
	sums := func(what string, rows []map[string]any, of map[string]*trail.Sum, name func(row map[string]any) string) {
		if len(rows) != len(of) {
			t.Errorf("%s: %d rows, the report has %d", what, len(rows), len(of))
		}
		for _, row := range rows {
			s := of[name(row)]
			if s == nil {
				t.Errorf("%s: the report has no %q", what, name(row))
				continue
			}
			got := fmt.Sprint(row["requests"], row["denied"], row["flagged"], row["tokens_in"], row["tokens_out"])
			want := fmt.Sprint(float64(s.Requests), float64(s.Denied), float64(s.Total(s.Flags)), float64(s.In), float64(s.Out))
			if got != want || math.Abs(row["dollars"].(float64)-s.CostActual) > 1e-6 {
				t.Errorf("%s: %s has %s, the report %s", what, name(row), got, want)
			}
			if p95, ok := row["duration_p95"].(float64); ok && math.Abs(p95-s.Duration.P95) > 0.02*p95+20 {
				t.Errorf("%s: %s takes %v, the report says %v", what, name(row), p95, s.Duration.P95)
			}
		}
	}
	sums("tenants", answers.Tenants, report.Tenants, member("tenant"))
	sums("hours", answers.Hours, report.Hours, func(row map[string]any) string {
		return strings.Replace(fmt.Sprint(row["hour"])[:16], " ", "T", 1) + "Z"
	})
	for _, row := range answers.Models {
		if m := report.Models[fmt.Sprint(row["model"])]; m == nil || int64(row["requests"].(float64)) != m.Requests || int64(row["tokens_in"].(float64)) != m.In || math.Abs(row["dollars"].(float64)-m.CostActual) > 1e-6 {
			t.Errorf("model %v: the report has %+v", row, m)
		}
	}
	if g := answers.Gaps; len(g) != 1 || g[0].VM != "vm2" || g[0].First_missing != 10 || g[0].Last_missing != 11 {
		t.Errorf("the gaps are %+v", g)
	}
	if len(answers.Costs) == 0 || len(answers.Failures) == 0 {
		t.Error("there are no costs or no failures")
	}
}
