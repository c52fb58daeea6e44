package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata anew")

// sample is a small run.
func sample() *Report {
	r := &Report{
		Taken: "2026-11-29", Seed: 7, Asked: 60, Took: 60, Clients: 8, Data: true, Requests: 1234, Wrong: 1,
		Kinds:   []Kind{{"prose", 1000, 0, 4.2, 99.5}, {"beside crashes", 234, 1, 1, 2}},
		Answers: map[string]int{"200": 1200, "503 while the module is loaded again": 33, "404 model_not_found": 1},
		Trouble: Trouble{Updates: 4, Refused: 1, Crashes: 2, Reloads: 2, Away: 33},
		Wrongs:  []wrong{{17, "beside crashes", failing, "HTTP/2", 300, "no answer: <gone> & lost"}},
		Events:  []event{{10, updateEvent}, {20, refusedEvent}, {30, crashEvent}, {40, crashEvent}},
	}
	for i := range 12 {
		r.Samples = append(r.Samples, Sample{At: float64(5 * i), RSS: 300 + float64(i), Heap: 100 + float64(i)/2, Failing: 200, Requests: 100 * i, Wrong: i / 11, Away: 3 * i, P50: 4, P99: 90 + float64(i%3)})
	}
	r.Memory = memory(290, r.Samples, 5)
	return r
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
		t.Fatalf("%v: go test ./e2e/cmd/soak -update writes it", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s has changed; go test ./e2e/cmd/soak -update writes it anew. Now:\n%s", path, got)
	}
}

func TestTheTableTellsAllOfARun(t *testing.T) {
	var b bytes.Buffer
	sample().Table(&b)
	golden(t, "table.txt", b.Bytes())
}

func TestTheDrawingIsSVGAndAlwaysTheSame(t *testing.T) {
	svg := sample().drawing().SVG()
	golden(t, "soak.svg", svg)
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	empty := &Report{}
	if svg := string(empty.drawing().SVG()); strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
		t.Errorf("a run without samples is drawn as %s", svg)
	}
}

func TestMemoryGrowsFromTheWarmUpToTheEnd(t *testing.T) {
	var samples []Sample
	for i := range 100 {
		samples = append(samples, Sample{RSS: map[bool]float64{true: 100, false: 200}[i < 20]}) // it grows while it warms up
	}
	if m := memory(50, samples, 5); m.Start != 50 || m.Warm != 200 || m.End != 200 || m.Growth != 0 {
		t.Errorf("a flat run: %+v", m)
	}
	for i := range samples[80:] {
		samples[80+i].RSS, samples[80+i].Heap = 220, 7
	}
	if m := memory(50, samples, 5); m.Growth != 10 || m.Heap != 7 {
		t.Errorf("a run that grows: %+v", m)
	}
	if m := memory(50, nil, 5); m.Growth != 0 {
		t.Errorf("no samples: %+v", m)
	}
}

func TestGrowthFailsLongRunsAlone(t *testing.T) {
	for _, c := range []struct {
		name          string
		asked         time.Duration
		growth        float64
		wrong, number int
		want          string // of the first failure; "" for none
	}{
		{"a short run that grows", time.Minute, 8, 0, 10, ""},
		{"a long run that grows", 5 * time.Minute, 8, 0, 10, "memory grew by 8 %"},
		{"a long run within the bound", 5 * time.Minute, 5, 0, 10, ""},
		{"a long run that shrinks", 5 * time.Minute, -20, 0, 10, ""},
		{"a wrong answer", time.Minute, 0, 1, 10, "1 of 10"},
		{"nothing sent", time.Minute, 0, 0, 0, "nothing was sent"},
	} {
		r := &Report{Asked: c.asked.Seconds(), Requests: c.number, Wrong: c.wrong, Memory: Memory{Growth: c.growth, Bound: 5}}
		got := strings.Join(r.failures(), "; ")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAWrongAnswerIsToldByNumberAndKindAndNotByItsText(t *testing.T) {
	var told []string
	tally := newTally(func(s string) { told = append(told, s) })
	j := &job{number: 17, kind: "prose", listener: paired, http2: true}
	j.post("the secret prompt")
	for range toldWrongs + 5 {
		tally.done(j, 200, "", time.Millisecond, errors.New("reached there\n"+strings.Repeat("x", 1000)))
	}
	if len(told) != toldWrongs || tally.bad() != toldWrongs+5 || len(tally.wrongs) != toldWrongs {
		t.Errorf("%d are told and %d counted", len(told), tally.bad())
	}
	for _, s := range told {
		if !strings.HasPrefix(s, "request 17 (prose, 17 bytes, listener pair, HTTP/2): reached there") || strings.Contains(s, "secret") || strings.Contains(s, "\n") || len(s) > 600 {
			t.Fatalf("told: %s", s)
		}
	}
	if k := tally.kinds["prose"]; k.requests != toldWrongs+5 || k.wrong != toldWrongs+5 {
		t.Errorf("%+v", k)
	}
}
