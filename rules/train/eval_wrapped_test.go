package main

import (
	"io"
	"testing"
)

func TestPromptsKeepTheirModelInsideWhatEveryClientWrites(t *testing.T) {
	e, err := newEngine()
	if err != nil {
		t.Fatal(err)
	}
	r := &report{w: io.Discard, e: e, root: "../..", data: "../../../shared/data"}
	prompts, err := r.own("client_prompts.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	counts, err := r.keptModels(prompts)
	if err != nil {
		t.Fatal(err)
	}
	if len(counts) < 17 {
		t.Fatalf("only %d clients", len(counts))
	}
	for _, c := range counts {
		if c.with*100 < c.rows*95 {
			t.Errorf("%s: %d of %d prompts keep their model", c.client, c.with, c.rows)
		}
	}
}

func TestSideCallsAreToldAndNothingElseIsTakenForOne(t *testing.T) {
	e, err := newEngine()
	if err != nil {
		t.Fatal(err)
	}
	r := &report{w: io.Discard, e: e, root: "../..", data: "../../../shared/data"}
	counts, err := r.sideCalls()
	if err != nil {
		t.Fatal(err)
	}
	if len(counts) == 0 || counts[0].side < 50 || counts[0].others < 30 {
		t.Fatalf("too few rows: %+v", counts)
	}
	for _, c := range counts {
		if inOthersWords := c.client == ownBlind || c.client == ownWordings; c.found != c.side && !inOthersWords || c.found*2 < c.side || c.wrong != 0 { // evaluation.md says how far those are told
			t.Errorf("%+v", *c)
		}
	}
}
