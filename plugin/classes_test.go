//go:build !wasip1

package main_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
)

// The module routes by a policy's own classes as the command does, and its record names the same policy.
func TestClassesOfAPolicysOwnRouteInTheModule(t *testing.T) {
	const file = "../rules/testdata/good/classes.yaml"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	root, err := source.Load(file, data)
	if err != nil {
		t.Fatal(err)
	}
	table, err := rules.Compile(root)
	if err != nil {
		t.Fatal(err)
	}
	r := start(t, `"policy":`+string(source.JSON(root)))
	for words, decision := range map[string]string{
		"How do I file a claim for hail damage, and what is my deductible?": "claims",
		"Prove that the square root of 2 is irrational.":                    "sums",
		"Write a poem about the sea.":                                       "default",
	} {
		a := r.Send(t, post("/v1/chat/completions", `{"model":"auto","messages":[{"role":"user","content":"`+words+`"}]}`))
		record := string(a.State["wasm.mom.audit"])
		if !strings.Contains(record, `"decision":"`+decision+`"`) || !strings.Contains(record, `"hash":"`+table.Hash()[:16]) {
			t.Errorf("%q: %s", words, record)
		}
	}
}
