package examples

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/internal/routertest"
)

var update = flag.Bool("update", false, "write the outcomes of clients' requests anew")

// outcomes is the table of what becomes of requests as real clients build them: names and outcomes, no texts.
const outcomes = "testdata/clients.txt"

// clientRequest is one of them.
type clientRequest struct {
	Client, Kind, Method, Path string
	Headers                    map[string]string
	Body                       *string
	Base64                     []byte `json:"body_base64"`
}

// Every request of today's clients has the outcome that the table says under the default policy. Those that are not answered with 200
// ask for what the policy does not have (a model's name, a path), or for what it does not allow.
func TestRequestsOfRealClientsHaveTheirOutcome(t *testing.T) {
	requests := clientRequests(t)
	r := start(t, defaultPolicy)
	var got []string
	for _, c := range requests {
		q := hostsim.Request{Method: c.Method, Path: c.Path, Body: c.Base64}
		if c.Body != nil {
			q.Body = []byte(*c.Body)
		}
		names := make([]string, 0, len(c.Headers))
		for name := range c.Headers {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			q.Headers = append(q.Headers, hostsim.Field{Name: name, Value: c.Headers[name]})
		}
		q.Headers = append(q.Headers, forged...)
		a := routertest.Answer{Result: r.Do(q)}
		if c.Method != "HEAD" { // whose answers have no body
			r.Check(t, q, &a)
		}
		routertest.NoneForged(t, a)
		outcome := a.Outcome()
		if a.Status == 200 {
			outcome += " " + a.Record.Action
		}
		path, _, _ := strings.Cut(c.Path, "?")
		got = append(got, fmt.Sprintf("%-24s %-4s %-26s %s: %s", outcome, c.Method, path, c.Client, c.Kind))
	}
	text := strings.Join(got, "\n") + "\n"
	if *update {
		if err := os.WriteFile(outcomes, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(outcomes)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(want), "\n"), "\n")
	if len(lines) != len(got) {
		t.Fatalf("%d requests, and %s has %d outcomes", len(got), outcomes, len(lines))
	}
	for i := range got {
		if got[i] != lines[i] {
			t.Errorf("%s\nwant\n%s", got[i], lines[i])
		}
	}
}

func clientRequests(t *testing.T) (list []clientRequest) {
	t.Helper()
	file, err := os.Open(needs.Data(t, "clients/bodies.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var c clientRequest
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}
