package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/trail"
)

// lastDays is a log of some 300 hours with two tenants, denials, demotions and a name that would be markup.
func lastDays(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for i := range 3000 {
		tenant := []string{"acme", "globex", ""}[i%3]
		when := fmt.Sprintf("2026-11-%02dT%02d:%02d:00.000000Z", 10+i/240, i/10%24, i%10)
		switch {
		case i%50 == 7:
			fmt.Fprintf(&b, `{"v":1,"time":"%s","tenant":"%s","action":"deny","status":403,"code":"secret","decision":"secrets","guard":"secrets","flags":["secret"],"us":400,"vm":"a"}`+"\n", when, tenant)
		case i%50 == 9:
			fmt.Fprintf(&b, `{"v":1,"time":"%s","tenant":"%s","action":"route","status":502,"decision":"default","model":"big","upstream_error":"reset","tier":3,"demoted":{"from":"small","why":"tier"},"usage":null,"duration_ms":5,"us":400,"vm":"a"}`+"\n", when, tenant)
		default:
			fmt.Fprintf(&b, `{"v":1,"time":"%s","tenant":"%s","action":"route","status":200,"decision":"<b>poems</b>","model":"small","usage":{"in":10,"out":20},"cost":0.002,"cost_actual":0.001,"ttft_ms":%d,"duration_ms":%d,"us":500,"vm":"a"}`+"\n",
				when, tenant, 50+i%100, 500+i%900)
		}
	}
	file := filepath.Join(t.TempDir(), "access.log")
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func auditPage(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if _, errs, code := in("audit", "report", "--html", file, lastDays(t)); code != exitOK {
		t.Fatal(errs)
	}
	return file
}

func TestThePageOfRecordsNeedsNothingElse(t *testing.T) {
	text, err := os.ReadFile(auditPage(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, unwanted := range []string{"<script", "http:", "https:", "url(", "<link", "<img", "<b>poems", "NaN", "Inf", "%!"} {
		if strings.Contains(string(text), unwanted) {
			t.Errorf("the page has %q", unwanted)
		}
	}
	for _, chart := range []string{"requests", "models", "routes", "refusals", "flags", "tiers", "demotions", "failures", "cost", "tokens", "latency"} {
		_, after, found := strings.Cut(string(text), `<svg id="chart-`+chart+`"`)
		drawn, _, _ := strings.Cut(after, "</svg>")
		if !found || !strings.Contains(drawn, "<rect ") && !strings.Contains(drawn, "<polyline ") {
			t.Errorf("there is no chart of %s, or nothing in it", chart)
		}
	}
}

func TestThePageOfRecordsRendersInABrowser(t *testing.T) {
	dom := rendered(t, auditPage(t))
	for _, want := range []string{"3,000 records", "acme", "globex", "&lt;b&gt;poems&lt;/b&gt;", `<svg id="chart-latency"`, "</html>"} {
		if !strings.Contains(dom, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestAReportTellsHoursAndTenantsApart(t *testing.T) {
	file := lastDays(t)
	out, _, _ := in("audit", "report", "--json", file)
	var r struct{ Hours, Tenants map[string]trail.Sum }
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	acme, hour := r.Tenants["acme"], r.Hours["2026-11-10T00:00Z"]
	if len(r.Tenants) != 3 || r.Tenants[trail.NoTenant].Requests != 1000 || acme.Requests != 1000 || acme.Denied != 20 || acme.Denials["secret"] != 20 || acme.Flags["secret"] != 20 ||
		acme.Demotions["tier"] != 20 || acme.Tiers["3"] != 20 || acme.Failures["reset"] != 20 || acme.Models["small"] != 960 || acme.In != 9600 || acme.Duration.N != 980 || acme.CostActual < 0.9599 || acme.CostActual > 0.9601 {
		t.Errorf("of acme: %+v of %d tenants", acme, len(r.Tenants))
	}
	if len(r.Hours) != 300 || hour.Requests != 10 || hour.Denials["secret"] != 1 || hour.Demotions["tier"] != 1 || hour.FirstToken.N != 8 {
		t.Errorf("of the first of %d hours: %+v", len(r.Hours), hour)
	}
	out, _, code := in("audit", "report", "--tenant", "globex", file)
	if code != exitOK || !strings.Contains(out, "1000 requests from") || strings.Contains(out, "acme") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if out, errs, code := in("audit", "report", "--tenant", "nobody", file); code != exitNo || out != "" || !strings.Contains(errs, `none of 3000 records is of tenant "nobody"`) {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	if _, errs, code := in("audit", "report", "--html", filepath.Join(t.TempDir(), "no", "page.html"), file); code != exitCannot || !strings.Contains(errs, "page.html") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}
