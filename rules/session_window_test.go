package rules

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// A body above the window is routed by what was read of it.
func TestABodyAboveTheWindowGoesByWhatWasRead(t *testing.T) {
	const policy = `
version: "1"
models:
  small: {cluster: c, strength: 1}
  mid: {cluster: c, strength: 2}
  large: {cluster: c, strength: 3}
signals:
  keyword:
    mid: {words: [alpha]}
    large: {words: [omega]}
    attack: {in: user, words: [mutiny]}
guards:
  - {name: attack, when: keyword.attack, flag: attack, deny: {status: 403, code: attack}}
routes:
  - {name: to_large, when: keyword.large, use: large}
  - {name: not_mid, when: not keyword.mid and domain.math, use: large}
  - {name: to_mid, when: keyword.mid, use: mid}
default: small
`
	const window = 2000
	long := strings.Repeat("The ships sailed on. ", 200)
	chat := func(messages ...string) string { return `{"messages":[` + strings.Join(messages, ",") + `]}` }
	for name, c := range map[string]struct {
		section, body, outcome string
		shape                  prompt.Shape
	}{
		"one long message goes by its beginning":              {"", chat(message("user", "alpha "+long)), "to_mid mid", prompt.Chat},
		"and not by its end":                                  {"", chat(message("user", long+" alpha")), "default small", prompt.Chat},
		"parts of it are one message":                         {"", chat(`{"role":"user","content":[{"type":"text","text":"omega"},{"type":"text","text":"` + long + `"}]}`), "to_large large", prompt.Chat},
		"what a client puts around a user's words is not his": {"", chat(message("user", "<environment_details>omega</environment_details>alpha "+long)), "to_mid mid", prompt.Chat},
		"a long prompt goes by its beginning":                 {"", `{"prompt":"alpha ` + long + `"}`, "to_mid mid", prompt.Completions},
		"a long input does, too":                              {"", `{"input":"alpha ` + long + `"}`, "to_mid mid", prompt.Responses},
		"a long answer leaves the message before":             {"conversation: {stay: none}", chat(message("user", "alpha"), message("assistant", "omega "+long), message("user", "omega")), "to_mid mid", prompt.Chat},
		"the same where conversations stay":                   {"conversation: {stay: upgrade}", chat(message("user", "alpha"), message("assistant", "omega "+long), message("user", "omega")), "to_mid mid", prompt.Chat},
		"a long message behind others is the last":            {"conversation: {stay: none}", chat(message("user", "alpha"), message("user", "omega "+long)), "to_large large", prompt.Chat},
		"but moves no conversation that stays":                {"conversation: {stay: upgrade}", chat(message("user", "alpha"), message("user", "omega "+long)), "to_mid mid", prompt.Chat},
		"a system text is no user's":                          {"", chat(message("system", "alpha "+long), message("user", "omega")), "default small", prompt.Chat},
		"an unknown role is no user's":                        {"", chat(message("reminder", "alpha "+long), message("user", "omega")), "default small", prompt.Chat},
		"what was not found may still come":                   {"", chat(message("user", "Prove that the square root of 2 is irrational. "+long+" alpha")), "default small", prompt.Chat},
		"guards read on":                                      {"", chat(message("user", "alpha "+long+" mutiny")), "attack", prompt.Chat},
	} {
		t.Run(name, func(t *testing.T) {
			table := compileYAML(t, policy+c.section)
			s := table.NewSession(c.shape)
			for _, cut := range []func() int{whole, func() int { return 1 + rand.IntN(90) }, func() int { return 700 }} {
				d := decideBody(s, c.shape, window, c.body, cut)
				outcome := d.Name
				if d.Model != nil {
					outcome += " " + d.Model.Key
				}
				if outcome != c.outcome {
					t.Fatalf("%s %v, want %s", outcome, d.Signals, c.outcome)
				}
			}
		})
	}
}

// Where nothing of a user's was read, nothing is known of it: not even that it has no domain.
func TestNothingThatWasReadSaysNothing(t *testing.T) {
	table := compileYAML(t, "version: \"1\"\nmodels: {a: {cluster: a}, b: {cluster: b}}\ndefault: a\n"+
		"routes: [{name: r, when: domain.other or language.und or complexity.easy, use: b}]\n")
	long := strings.Repeat("The ships sailed on. ", 200)
	for body, want := range map[string]string{
		`{"user":"` + long + `","messages":[` + message("user", "hello") + `]}`:                      NameDefault,
		`{"messages":[` + message("system", long) + `,` + message("user", "hello") + `]}`:            NameDefault,
		`{"messages":[` + message("user", "hello") + `,` + message("assistant", long) + `]}`:         "r",
		`{"messages":[` + message("user", "  \\n") + `,` + message("assistant", long) + `]}`:         NameDefault,
		`{"user":"u","messages":[` + message("user", "hello") + `],"metadata":{"x":"` + long + `"}}`: "r",
	} {
		if d := decideBody(table.NewSession(prompt.Chat), prompt.Chat, 1000, body, whole); d.Name != want {
			t.Errorf("%.60s: %s, want %s", body, d.Name, want)
		}
	}
}
