package rules_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
)

func weighed(t *testing.T, policy, words string) map[string]rules.Weighed {
	t.Helper()
	e := tableOf(t, policy).Explain(prompt.Chat, 0, nil, []byte(fmt.Sprintf(`{"messages":[{"role":"user","content":%q}]}`, words)))
	all := map[string]rules.Weighed{}
	for _, w := range e.Weighed {
		all[w.Type] = w
	}
	return all
}

const learnedPolicy = `version: "1"
models: {m: {cluster: c}, n: {cluster: d}}
routes:
  - {name: r, when: domain.math and intent.deep_thinking, use: n}
  - {name: h, when: complexity.hard or domain.insurance, use: n}
default: m
classes: {domain: {insurance: {bias: -20, words: {premium: 100}}}}
`

func TestExplanationsTellWhichWordsSpeakForWhatIsLearnedAndAgainstIt(t *testing.T) {
	all := weighed(t, learnedPolicy, "Prove in detail that the derivative of an integral is the function itself.")
	d := all["domain"]
	speaks := func(list []rules.Voice, word string) bool {
		return slices.ContainsFunc(list, func(v rules.Voice) bool { return v.What == word && v.Says != 0 })
	}
	if d.Best != "math" || d.Second == "" || d.Second == "math" || d.Percent < 50 || d.Lead <= 0 || !speaks(d.For, "derivative") && !speaks(d.For, "integral") {
		t.Errorf("%+v", d)
	}
	if !strings.HasPrefix(d.Sentence(), "domain: math, ") {
		t.Error(d.Sentence())
	}
	for _, v := range append(d.For, d.Against...) {
		if v.What == "" || math.IsNaN(v.Says) || len(v.What) > 60 {
			t.Errorf("%+v", v)
		}
	}
	if in := all["intent.deep_thinking"]; in.Lead <= 0 || in.Percent != -1 || len(in.For) == 0 {
		t.Errorf("%+v", in)
	}
	if _, asked := all["intent.creative"]; asked {
		t.Error("an intent that the policy does not ask for is explained")
	}
	if c := all["complexity"]; c.Best == "" || c.Sentence() == "" {
		t.Errorf("%+v", c)
	}
}

func TestTheVoicesOfADomainAddUpToItsLead(t *testing.T) {
	for _, words := range []string{"What is the boiling point of ethanol?", "Prove Fermat's little theorem.", "Why does the premium rise?", "how do courts read statutes", "Write a function in Go that sorts a slice."} {
		d := weighed(t, learnedPolicy, words)["domain"]
		if len(d.For) == 8 || len(d.Against) == 8 {
			continue // not all are told
		}
		sum := 0.0
		for _, v := range append(d.For, d.Against...) {
			sum += v.Says
		}
		if math.Abs(sum-d.Lead) > 0.15 { // the engine counts in whole steps
			t.Errorf("%q: %.2f together, and the lead is %.2f: %+v", words, sum, d.Lead, d)
		}
	}
}

func TestNothingIsWeighedWhereNothingLearnedIsAskedFor(t *testing.T) {
	if all := weighed(t, "version: \"1\"\nmodels: {m: {cluster: c}}\nroutes: [{name: r, when: size.long, use: m}]\nsignals: {size: {long: {over: 9}}}\ndefault: m\n", "Prove it."); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	if all := weighed(t, learnedPolicy, ""); len(all) != 0 {
		t.Errorf("%+v", all)
	}
}
