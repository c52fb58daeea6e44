package rules_test

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/source"
)

const withClasses = `version: "1"
models: {m: {cluster: c}}
routes: [{name: r, when: domain.math or domain.health, use: m}]
default: m
`

func TestMistakesInClassesAreToldWhereTheyStand(t *testing.T) {
	for name, c := range map[string]struct{ policy, want string }{
		"no map":                          {"classes: [a]", "5:10: $.classes: a map is expected, not a list"},
		"an unknown key":                  {"classes: {domains: {}}", `5:11: $.classes.domains: unknown key "domains"`},
		"no classes":                      {"classes: {domain: {}}", "there are no classes"},
		"a name with capital letters":     {"classes: {domain: {Insurance: {words: {a: 1}}}}", `5:20: $.classes.domain.Insurance: bad name of a class "Insurance"`},
		"a name that YAML takes for true": {`classes: {domain: {"true": {words: {a: 1}}}}`, `"true" cannot be a class`},
		"no words":                        {"classes: {domain: {insurance: {words: {}}}}", "there are no words"},
		"words that are missing":          {"classes: {domain: {insurance: {bias: 3}}}", `"words" is missing`},
		"a weight that is too great":      {"classes: {domain: {insurance: {words: {premium: 128}}}}", "5:49: $.classes.domain.insurance.words.premium: 128 is out of range (between -127 and 127)"},
		"a weight that is no number":      {"classes: {domain: {insurance: {words: {premium: much}}}}", "a number is expected, not a string"},
		"a word twice":                    {"classes: {domain: {insurance: {words: {premium: 1, Prémium: 2}}}}", "stands here twice, perhaps in another spelling"},
		"a word without letters":          {`classes: {domain: {insurance: {words: {"!?": 1}}}}`, "no letter or digit in it"},
		"a bias of a built-in class":      {"classes: {domain: {law: {bias: 3, words: {premium: 1}}}}", `"law" is built in and has no bias`},
		"a bound that is too low":         {"signals: {domain: {math: {at_least: 9}}}", "9 is out of range (between 10 and 99)"},
		"a bound that is missing":         {"signals: {domain: {math: {}}}", `"at_least" is missing`},
		"a bound of other":                {"signals: {domain: {other: {at_least: 50}}}", "domain.other is true where no class is said"},
		"a bound of no class":             {"signals: {domain: {maths: {at_least: 50}}}", `unknown signal "domain.maths" (did you mean "domain.math"?)`},
		"too many classes":                {"classes: {domain: {" + many("class", ": {words: {a: 1}}", 17) + "}}", "there are too many classes"},
		"too many words":                  {"classes: {domain: {insurance: {words: {" + many("word", ": 1", 10_001) + "}}}}", "10001 words are too many"},
	} {
		t.Run(name, func(t *testing.T) {
			root, err := source.Load("p.yaml", []byte(withClasses+c.policy))
			if err == nil {
				_, err = rules.Compile(root)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %.300v, want %s", err, c.want)
			}
		})
	}
}

// many are so many keys, with letters for digits.
func many(name, value string, n int) string {
	var keys []string
	for i := range n {
		digits := strings.Map(func(c rune) rune { return c - '0' + 'a' }, strings.Repeat("0", 5-len(itoa(i)))+itoa(i))
		keys = append(keys, name+digits+value)
	}
	return strings.Join(keys, ", ")
}

func itoa(i int) string {
	if i < 10 {
		return string(rune('0' + i))
	}
	return itoa(i/10) + itoa(i%10)
}

func tableOf(t *testing.T, policy string) *rules.Table {
	t.Helper()
	root, err := source.Load("p.yaml", []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	table, err := rules.Compile(root)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestTheHashCoversClassesAndBounds(t *testing.T) {
	seen := map[string]string{}
	for name, more := range map[string]string{
		"none": "", "a class": "classes: {domain: {insurance: {words: {premium: 1}}}}", "another weight": "classes: {domain: {insurance: {words: {premium: 2}}}}",
		"a bias": "classes: {domain: {insurance: {bias: 1, words: {premium: 1}}}}", "a correction": "classes: {domain: {law: {words: {premium: 1}}}}",
		"a bound": "signals: {domain: {math: {at_least: 70}}}",
	} {
		hash := tableOf(t, withClasses+more).Hash()
		if seen[hash] != "" {
			t.Errorf("%s and %s have the same hash", name, seen[hash])
		}
		seen[hash] = name
	}
	a := tableOf(t, withClasses+"classes: {domain: {insurance: {words: {premium: 1, claim: 2}}}}").Hash()
	if b := tableOf(t, withClasses+"classes: {domain: {insurance: {words: {claim: 2, premium: 1}, bias: 0}}}").Hash(); a != b {
		t.Error("the order of words makes another policy")
	}
}

// topicIn returns what a chat of some messages of a user's is about.
func topicIn(s *rules.Session, messages ...string) (best string, sure int, decision string) {
	s.Reset(prompt.Chat, 0)
	body := `{"messages":[`
	for i, m := range messages {
		if i > 0 {
			body += `,{"role":"assistant","content":"Here it is."},`
		}
		body += `{"role":"user","content":"` + m + `"}`
	}
	s.Feed([]byte(body + `]}`))
	d := s.Close()
	best, _, sure, _ = s.Topic()
	return best, sure, d.Name
}

func TestBoundsOfDomainsAreKept(t *testing.T) {
	const text = "A number of people stood in a line at the ratio of two to one."
	plain := tableOf(t, withClasses).NewSession(prompt.Chat)
	texts := []string{text, "What is the derivative of x squared?", "Is 7 odd?", "Why do my knees hurt in the evening?", "hello", "x", "12", ""}
	for _, at := range []string{"10", "40", "70", "95", "99"} {
		s := tableOf(t, withClasses+"signals: {domain: {math: {at_least: "+at+"}, health: {at_least: "+at+"}}}").NewSession(prompt.Chat)
		bound := int(at[0]-'0')*10 + int(at[1]-'0')
		for _, words := range texts {
			best, sure, decision := topicIn(s, words)
			if decision == "r" && sure < bound {
				t.Errorf("%q is said to be %s, which is %d %% likely and has to be %d", words, best, sure, bound)
			}
			if before, was, _ := topicIn(plain, words); before != best || was != sure {
				t.Errorf("%q is %s (%d %%) with a bound and %s (%d %%) without", words, best, sure, before, was)
			}
			if sure < 0 || sure > 100 {
				t.Errorf("%q is %d %% sure", words, sure)
			}
		}
	}
}

func TestOddTextsAreOtherOrSayHowUnsureTheyAre(t *testing.T) {
	s := tableOf(t, withClasses+"classes: {domain: {insurance: {bias: -20, words: {premium: 100}}}}\nsignals: {domain: {insurance: {at_least: 60}}}").NewSession(prompt.Chat)
	for name, words := range map[string]string{
		"nothing": "", "one letter": "a", "numbers": "1 2 3 4 5 6 7 8", "signs": "!? ... --", "one word very often": strings.Repeat("premium ", 100_000),
		"many languages": "hello bonjour 你好 привет مرحبا こんにちは hola γεια 안녕 नमस्ते ciao olá hej שלום", "mixed scripts": "pаypаl ассоunt веrifу",
	} {
		if best, sure, decision := topicIn(s, words); decision != "default" && sure >= 90 {
			t.Errorf("%s: it is said to be %s, and that sure: %d %%", name, best, sure)
		}
	}
}

func TestWhatIsRememberedOfAMessageKnowsWordsOfOnesOwn(t *testing.T) {
	table := tableOf(t, `version: "1"
models: {m: {cluster: c}, n: {cluster: d}}
routes: [{name: insurance, when: domain.insurance, use: n}]
default: m
classes: {domain: {insurance: {bias: -20, words: {premium: 100, policyholder: 90}}}}
`)
	filler := strings.Repeat("There is more to tell of the house by the sea and of those who lived in it. ", 20)
	fresh, kept := table.NewSession(prompt.Chat), table.NewSession(prompt.Chat)
	kept.Remember(rules.NewMemory(1<<20), "")
	for range 3 {
		for _, messages := range [][]string{
			{"Why does the policyholder pay a higher premium? " + filler}, {"Why does the policyholder pay a higher premium? " + filler, "shorter"},
			{"Tell me a story. " + filler, "Why does the policyholder pay a higher premium? " + filler}, {"Why does the policyholder pay? " + filler, "Tell me a story. " + filler},
		} {
			a, sureA, decisionA := topicIn(fresh, messages...)
			b, sureB, decisionB := topicIn(kept, messages...)
			if a != b || sureA != sureB || decisionA != decisionB {
				t.Errorf("%.60q: %s (%d %%, %s), remembered %s (%d %%, %s)", messages, a, sureA, decisionA, b, sureB, decisionB)
			}
		}
	}
}
