package rules

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// pairOf compiles two policies, which one reading does for.
func pairOf(t testing.TB, active, other *Table) (a, b *Table) {
	t.Helper()
	a, b, ok := Beside(active, other)
	if !ok {
		t.Fatal("one reading does not do for them")
	}
	return a, b
}

// bothOwner has the other session follow, and one of both serve.
type bothOwner struct {
	other  *Session
	serves bool // the other
	asked  int
}

func (o *bothOwner) Follow() bool {
	o.asked++
	o.other.Follow()
	return o.serves
}

func (o *bothOwner) CatchUp(read func()) { read() }

// allOf is all that somebody could learn of a policy's decision.
func allOf(s *Session) string {
	d := *s.Decision()
	model, demoted := "", Demotion{}
	if d.Model != nil {
		model = d.Model.Key
	}
	if d.Demoted != nil {
		demoted = *d.Demoted
	}
	tokens := int64(0) // of a request that is denied they are as many as were read by then
	if d.Action != ActionDeny {
		tokens = s.Tokens()
	}
	from := s.table
	if s.parted {
		from = s.joint.table
	}
	signals := ""
	for _, i := range from.used {
		if values := s.Values(); d.Action != ActionDeny && values != nil {
			signals += fmt.Sprint(s.Name(i), " ", values[i], " ")
		}
	}
	standIns := ""
	for _, in := range d.StandIns {
		standIns += fmt.Sprint(in.Model.Key, in.Reasoning, in.Cost, " ")
	}
	return fmt.Sprintf("%s %d %q %q %q %q %q %q signals %q flags %q guard %q tier %d cost %d %+v demoted %+v warnings %q usage %v stand-ins %s param %q offset %d tokens %d keys %q %q allowed %b unread %v values %s",
		d.Action, d.Status, d.Code, d.Message, d.Name, model, d.Reasoning, d.Effort, d.Signals, d.Flags, d.Guard, d.Tier, d.Cost, d.Conversation, demoted, d.Warnings, d.IncludeUsage, standIns,
		s.Param(), s.Offset(), tokens, s.SessionKey(), s.PrefixKey(), d.allowed, d.unread, signals)
}

// oneCall is how a call is read.
type oneCall struct {
	call
	cuts   []int
	keyed  bool
	memory *Memory
}

// read has a session read a call, and another one which it is beside, if any, and returns what goes upstream. Once there is a decision the other one may serve.
func (r *oneCall) read(s, other *Session, serves bool) (upstream string) {
	at, sent := 0, int64(0)
	var out []byte
	edits := func() {
		list, _ := s.Take()
		for _, e := range list {
			out = append(append(out, r.body[sent:e.Start]...), e.New...)
			sent = e.End
		}
	}
	for _, cut := range append(slices.Clone(r.cuts), len(r.body)) {
		for at < cut || s.Behind() {
			part := bytes.Clone(r.body[at:cut])
			if s.Decision() != nil && serves {
				s, other, serves = other, s, false
			}
			alone := other != nil && !other.Accompanied()
			n, _ := s.FeedPart(part, 1+len(r.body)%3000)
			if alone {
				other.Feed(part[:n])
			}
			clear(part[:n])
			at += n
		}
		if s.Decision() != nil && !serves {
			edits()
		}
	}
	s.Close()
	if other != nil {
		other.Feed(nil)
		other.Close()
	}
	if serves {
		s = other
	}
	edits()
	if s.Decision().Action == ActionDeny {
		return ""
	}
	return string(append(out, r.body[sent:]...))
}

// begin makes a session ready.
func (r *oneCall) begin(s *Session) {
	s.Reset(r.shape, r.window)
	s.StandIns = true
}

// alone reads with one policy.
func (r *oneCall) alone(s *Session) (upstream, said string) {
	r.begin(s)
	if r.keyed {
		s.Key(keysForMemory, "", "")
	}
	s.Remember(r.memory, "")
	upstream = r.read(s, nil, false)
	return upstream, allOf(s)
}

// besides reads with both.
func (r *oneCall) besides(a, b *Session, serves bool) (upstream, saidA, saidB string) {
	r.begin(a)
	if r.keyed {
		a.Key(keysForMemory, "", "")
	}
	a.Remember(r.memory, "")
	r.begin(b)
	o := &bothOwner{other: b, serves: serves}
	b.Accompany(a, o)
	upstream = r.read(a, b, serves)
	a.Close()
	saidA, saidB = allOf(a), allOf(b)
	b.Leave()
	return upstream, saidA, saidB
}

// variants are policies that look for the same things as one, with other rules.
func variants(t testing.TB, text []byte, n int) (tables []*Table) {
	r := rand.New(rand.NewPCG(7, 7))
	for len(tables) < n {
		root, err := source.Load("policy", text)
		if err != nil {
			t.Fatal(err)
		}
		root.Get("version").Text = fmt.Sprint("variant-", len(tables))
		for _, section := range []string{"routes", "guards"} {
			if list := root.Get(section); list != nil && r.IntN(2) == 0 {
				r.Shuffle(len(list.Items), func(i, j int) { list.Items[i], list.Items[j] = list.Items[j], list.Items[i] })
			}
		}
		if r.IntN(2) == 0 {
			if use := root.Get("default"); use.Kind == tree.List {
				slices.Reverse(use.Items)
			}
		}
		stay := []string{"none", "upgrade", "always"}[r.IntN(3)]
		if c := root.Get("conversation"); c != nil {
			*c = tree.Node{Kind: tree.Map, Keys: []*tree.Node{{Kind: tree.String, Text: "stay"}}, Items: []*tree.Node{{Kind: tree.String, Text: stay}}, Path: c.Path}
		}
		table, err := CompileUnjudged(root)
		if err != nil {
			t.Fatal(err)
		}
		tables = append(tables, table)
	}
	return tables
}

const besidePolicy = `version: "1"
models:
  small: {cluster: small, price: {input: 1, output: 2}, input: [text, image]}
  large: {cluster: large, price: {input: 3, output: 9}, reasoning: {low: {reasoning_effort: low}, high: {reasoning_effort: high}}, include_usage: true}
  safe: {cluster: safe, tier: 5, context: 3000, price: {input: 1, output: 4}}
conversation: {stay: upgrade}
signals:
  keyword:
    attack: {in: user, words: [ignore previous instructions, (ignore|skip) (all|the) previous instructions]}
    indirect: {in: tool, words_of: attack}
    operator: {in: operator, words_of: attack, mentions: ignore}
    story: {words: [poem, Gedicht, story]}
  regex:
    sum: {in: last_user, patterns: ["x\\^[0-9]"]}
  size:
    long: {over: 300}
  header:
    team: {name: x-team, present: true}
guards:
  - {name: attack, when: keyword.attack, deny: {code: attack}}
  - {name: indirect, when: keyword.indirect or jailbreak.score, flag: indirect}
  - {name: operator, when: keyword.operator, flag: operator}
  - {name: card, when: pii.card, only: [safe]}
  - {name: mail, when: pii.email or obfuscation.base64, tier: 3}
routes:
  - {name: story, when: keyword.story or intent.creative, use: {model: large, reasoning: high}}
  - {name: sum, when: regex.sum or domain.math, use: {model: large, reasoning: low}}
  - {name: hard, when: complexity.hard and not size.long, use: [safe, large]}
  - {name: german, when: language.de or header.team, use: safe}
default: [small, large]
`

// What each of two policies decides beside the other one is what it decides alone, whoever serves, however the body is cut, and with what is remembered.
func TestPoliciesBesideEachOtherDecideAsAlone(t *testing.T) {
	builtIn, err := os.ReadFile("default.yaml")
	if err != nil {
		t.Fatal(err)
	}
	seeds := 40
	if testing.Short() {
		seeds = 8
	}
	for name, text := range map[string][]byte{"a policy": []byte(besidePolicy), "the built-in policy": builtIn} {
		t.Run(name, func(t *testing.T) {
			tables := variants(t, text, 4)
			other := strings.NewReplacer("version: \"1\"", "version: \"other\"", "stay: upgrade", "stay: none", "long: {over: 300}", "long: {over: 20}", "deny: {code: attack}", "flag: attack", "default: [small, large]", "default: [large]",
				"input: [text, image]", "input: [text]", "  header:\n", "  size_2: {}\n").Replace(string(text))
			if strings.Contains(other, "size_2") {
				other = strings.Replace(strings.Replace(other, "  size_2: {}\n", "", 1), "    team: {name: x-team, present: true}\n", "    much: {over: 1000}\n", 1)
				other = strings.Replace(other, "language.de or header.team", "language.de or size.much", 1)
			}
			if name == "a policy" {
				tables = append(tables, compileYAML(t, other))
			}
			memory := NewMemory(1 << 20)
			differ, served, late := 0, 0, 0
			for k := range len(tables) {
				solo := [2]*Session{tables[k].NewSession(prompt.Chat), tables[(k+1)%len(tables)].NewSession(prompt.Chat)}
				a, b := pairOf(t, solo[0].table, solo[1].table)
				lead, follower := a.NewSession(prompt.Chat), b.NewCompanion()
				r := rand.New(rand.NewPCG(uint64(k), 3))
				for seed := range seeds {
					for _, c := range anyCalls(uint64(seed*10+k), 5) {
						x := &oneCall{call: c, keyed: r.IntN(2) == 0}
						for at := r.IntN(200); r.IntN(3) > 0 && at < len(c.body); at += 1 + r.IntN(500) {
							x.cuts = append(x.cuts, at)
						}
						if r.IntN(2) == 0 {
							x.memory = memory
						}
						serves := r.IntN(2) == 0
						var up, want [2]string
						for i := range solo {
							up[i], want[i] = x.alone(solo[i])
						}
						upstream, saidA, saidB := x.besides(lead, follower, serves)
						ours := up[0]
						if serves {
							ours = up[1]
							served++
						}
						deniedA := solo[0].Decision().Action == ActionDeny
						if saidA != want[0] {
							t.Fatalf("the active policy: %s\n%s", difference(want[0], saidA), c.body)
						}
						// Where the active policy denies what comes late, nothing is read to the end.
						if saidB != want[1] && !(deniedA && strings.Contains(want[1], "deny")) && !(deniedA && c.window > 0) {
							t.Fatalf("the other policy: %s\n%s", difference(want[1], saidB), c.body)
						}
						if upstream != ours && !deniedA {
							t.Fatalf("what goes upstream: %s\n%s", difference(ours, upstream), c.body)
						}
						if saidA != saidB {
							differ++
						}
						if c.window > 0 {
							late++
						}
					}
				}
			}
			if differ < 20 || served < 20 || late < 20 {
				t.Errorf("%d differ, in %d the other one serves, %d go by a part: too few to mean something", differ, served, late)
			}
		})
	}
}

func TestPoliciesThatLookForOtherThingsReadForThemselves(t *testing.T) {
	table := compileYAML(t, besidePolicy)
	for name, change := range map[string][2]string{
		"personal data":                {"pii.email or", "pii.phone or"},
		"no guess":                     {" or jailbreak.score", ""},
		"a phrase that goes far":       {"words: [ignore", "words: [" + strings.Repeat("la ", 41) + "la, ignore"},
		"who is trusted":               {"conversation:", "trust: end_users\nconversation:"},
		"budgets":                      {"conversation:", "budgets: {piece: 1000}\nconversation:"},
		"wrappers":                     {"conversation:", "wrappers: {client: [mine]}\nconversation:"},
		"what may pass unread":         {"conversation:", "allow: [token_ids]\nconversation:"},
		"classes of its own":           {"conversation:", "classes: {domain: {insurance: {words: {claim: 30, premium: 20}}}}\nconversation:"},
		"how sure a domain must be":    {"  size:\n", "  domain: {math: {at_least: 70}}\n  size:\n"},
		"unknown items":                {"conversation:", "unknown_items: deny\nconversation:"},
		"members that ask for reasons": {"low: {reasoning_effort: low}", "low: {effort: low}"},
	} {
		text := strings.Replace(besidePolicy, change[0], change[1], 1)
		if text == besidePolicy {
			t.Fatalf("%s: nothing is changed", name)
		}
		if _, _, ok := Beside(table, compileYAML(t, text)); ok {
			t.Errorf("%s: one reading does for both", name)
		}
	}
	for name, change := range map[string][2]string{
		"another phrase":               {"[poem, ", "[poems, "},
		"other voices":                 {"indirect: {in: tool", "indirect: {in: assistant"},
		"another pattern":              {`x\\^[0-9]`, `x\\^[0-8]`},
		"a disguise":                   {"obfuscation.base64", "obfuscation.hex"},
		"another threshold of attacks": {"jailbreak.score", "jailbreak.strong"},
		"a signal fewer":               {"keyword.story or ", ""},
	} {
		text := strings.Replace(besidePolicy, change[0], change[1], 1)
		if text == besidePolicy {
			t.Fatalf("%s: nothing is changed", name)
		}
		if _, _, ok := Beside(table, compileYAML(t, text)); !ok {
			t.Errorf("%s: each reads for itself", name)
		}
	}
}

// BenchmarkBeside is what a request costs with one policy, with a second one that goes by the same reading, looking for the same things or for others as well, and with one
// that reads for itself.
func BenchmarkBeside(b *testing.B) {
	text, err := os.ReadFile("default.yaml")
	if err != nil {
		b.Fatal(err)
	}
	tables := variants(b, text, 2)
	words := strings.Fields("Write a function in Go that reads a file line by line and counts how often each word stands in it, then explain why a map is the right choice here. ")
	other := otherWords(b, text)
	for _, n := range []int{30, 300, 3000} {
		var body strings.Builder
		body.WriteString(`{"model":"auto","messages":[{"role":"user","content":"`)
		for i := range n {
			body.WriteString(words[i%len(words)] + " ")
		}
		body.WriteString(`"}]}`)
		x := &oneCall{call: call{prompt.Chat, 0, []byte(body.String())}}
		first, second := tables[0].NewSession(prompt.Chat), tables[1].NewSession(prompt.Chat)
		beside := func(other *Table) func() {
			ta, tb := pairOf(b, tables[0], other)
			lead, companion := ta.NewSession(prompt.Chat), tb.NewCompanion()
			return func() {
				x.begin(lead)
				x.begin(companion)
				companion.Accompany(lead, &bothOwner{other: companion})
				lead.Feed(x.body)
				if lead.Close(); companion.parted {
					b.Fatal("they have parted")
				}
			}
		}
		for _, way := range []struct {
			name string
			run  func()
		}{
			{"alone", func() { x.begin(first); first.Feed(x.body); first.Close() }},
			{"beside", beside(tables[1])},
			{"other words", beside(other)},
			{"apart", func() {
				for _, s := range []*Session{first, second} {
					x.begin(s)
					s.Feed(x.body)
					s.Close()
				}
			}},
		} {
			b.Run(fmt.Sprintf("%d words/%s", n, way.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					way.run()
				}
			})
		}
	}
}

// otherWords is a policy with a keyword more, one with other words, one fewer, and another bound of scores.
func otherWords(t testing.TB, text []byte) *Table {
	t.Helper()
	policy := string(text)
	for _, c := range [][2]string{
		{"  keyword:\n", "  keyword:\n    pirates: {in: user, words: [talk like a pirate, buried treasure, (ship|boat) ahoy]}\n    limericks: {words: [limerick, haiku]}\n"},
		{"guards:\n", "guards:\n  - {name: pirates, when: keyword.pirates, flag: pirates}\n"},
		{"routes:\n", "routes:\n  - {name: limericks, when: keyword.limericks, use: qwen3-235b}\n"},
		{"(print|say|output|respond with|reply with|write) (pwned|", "(print|say|output|respond with|reply with|write|shout) (pwned|powned|"},
	} {
		if !strings.Contains(policy, c[0]) {
			t.Fatalf("nothing is changed at %q", c[0])
		}
		policy = strings.Replace(policy, c[0], c[1], 1)
	}
	root, err := source.Load("policy", []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	table, err := CompileUnjudged(root)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// changes are what a candidate may have otherwise that looks for other things: each is made in one in a few of them.
var changes = []struct{ old, new string }{
	{"words: [ignore previous instructions, (ignore", "words: [(ignore"},
	{"words: [ignore previous instructions,", "words: [ignore previous instructions, bypass security systems, monad, tell me,"},
	{"(ignore|skip) (all|the) previous instructions]", "(ignore|forget) (all|every) previous (rules|instructions)], gap: 2"},
	{"indirect: {in: tool", "indirect: {in: [tool, assistant]"},
	{"words_of: attack, mentions: ignore}", "words_of: attack}"},
	{"words_of: attack, mentions: ignore}", "words_of: attack, mentions: ignore}\n    also: {in: operator, words_of: new, mentions: ignore}\n    new: {in: any, words: [instructions and, previous phrase, ignore all, square root]}"},
	{"story: {words: [poem, Gedicht, story]}", "story: {words: [Herbst, sorts a list, now make it, France, why]}"},
	{"story: {words: [poem, Gedicht, story]}", "story: {in: user, words: [poem, nstructions, court of appeal, function that]}"},
	{"story: {words: [poem, Gedicht, story]}", "story: {in: any, words: [ignore, capital, ig, xylophone]}"},
	{`patterns: ["x\\^[0-9]"]`, `patterns: ["x\\^[0-8]", "(?i)monad"]`},
	{`sum: {in: last_user, patterns: ["x\\^[0-9]"]}`, `sum: {in: any, patterns: ["x\\^[0-9]", "mitochondria|func"]}`},
	{"or jailbreak.score, flag", "or jailbreak.strong, flag"},
	{"or jailbreak.score, flag", "or jailbreak.score or jailbreak.low, flag"},
	{"or obfuscation.base64", "or obfuscation.rot13 or obfuscation.leet"},
	{"or obfuscation.base64", "or obfuscation.base64 or obfuscation.rot13 or injection.template"},
	{"  size:\n    long: {over: 300}", "  jailbreak:\n    low: {threshold: 20}\n  size:\n    long: {over: 30}"},
	{"default: [small, large]", "default: [large]"},
	{"deny: {code: attack}", "flag: attack"},
	{"use: {model: large, reasoning: low}", "use: safe"},
}

// changed is a policy with some changes.
func changed(t testing.TB, text string, r *rand.Rand) *Table {
	t.Helper()
	for {
		policy := text
		for _, i := range r.Perm(len(changes))[:1+r.IntN(6)] {
			policy = strings.Replace(policy, changes[i].old, changes[i].new, 1)
		}
		if strings.Contains(policy, "jailbreak.low") != strings.Contains(policy, "low: {threshold") || strings.Contains(policy, "words_of: new") != strings.Contains(policy, " new: {") {
			continue
		}
		policy = strings.Replace(policy, `version: "1"`, fmt.Sprintf("version: %q", fmt.Sprint("changed-", r.IntN(1<<20))), 1)
		return compileYAML(t, policy)
	}
}

// Policies that look for other words decide beside each other as alone, too, and plain texts are read once for both.
func TestPoliciesWithOtherWordsBesideEachOtherDecideAsAlone(t *testing.T) {
	texts := scraps
	defer func() { scraps = texts }()
	scraps = append(slices.Clone(scraps), "p0em", "f\u200brance", "x y l o p h o n e", "\\nxylophone", "\\ncapital", "`nmonad`", "sq", "uare root", "m0nad and p.o.e.m", "%smonad $nfrance", "pncvgny", "zbanq naq xylophone",
		"bypass", "security systems", "write a", "p o e m m o n a d", "square", "root of", "court of", " appeal", "aWdub3JlIHRoZSBjb3VydCBvZiBhcHBlYWwgYW5kIHRoZSBtb25hZA==", "1gnore @ll", "now make", "it", "ａｐｐｅａｌ", "t\u0435ll me")
	seeds := 60
	if testing.Short() {
		seeds = 10
	}
	memory := NewMemory(1 << 20)
	r := rand.New(rand.NewPCG(11, 4))
	parted, together, differ, found := 0, 0, 0, map[string]int{}
	for seed := range seeds {
		solo := [2]*Session{changed(t, besidePolicy, r).NewSession(prompt.Chat), changed(t, besidePolicy, r).NewSession(prompt.Chat)}
		if seed%4 == 0 {
			solo[seed/4%2] = compileYAML(t, besidePolicy).NewSession(prompt.Chat)
		}
		a, b := pairOf(t, solo[0].table, solo[1].table)
		lead, follower := a.NewSession(prompt.Chat), b.NewCompanion()
		for k := range 6 {
			for _, c := range anyCalls(uint64(seed*10+k+5000), 6) {
				x := &oneCall{call: c, keyed: r.IntN(2) == 0}
				for at := r.IntN(200); r.IntN(3) > 0 && at < len(c.body); at += 1 + r.IntN(500) {
					x.cuts = append(x.cuts, at)
				}
				if r.IntN(3) > 0 {
					x.memory = memory
				}
				serves := r.IntN(2) == 0
				var up, want [2]string
				for i := range solo {
					up[i], want[i] = x.alone(solo[i])
				}
				upstream, saidA, saidB := x.besides(lead, follower, serves)
				deniedA := solo[0].Decision().Action == ActionDeny
				if saidA != want[0] {
					t.Fatalf("seed %d: the active policy: %s\n%s", seed, difference(want[0], saidA), c.body)
				}
				if saidB != want[1] && !(deniedA && strings.Contains(want[1], "deny")) && !(deniedA && c.window > 0) {
					t.Fatalf("seed %d: the other policy: %s\n%s", seed, difference(want[1], saidB), c.body)
				}
				ours := up[0]
				if serves {
					ours = up[1]
				}
				if upstream != ours && !deniedA {
					t.Fatalf("what goes upstream: %s\n%s", difference(ours, upstream), c.body)
				}
				if follower.parted {
					parted++
				} else if together++; saidA != saidB {
					differ++
				}
				for _, name := range solo[1].Decision().Signals {
					found[name]++
				}
			}
		}
	}
	t.Logf("%d parted, %d were read together, of which %d differ; signals of the other policy: %v", parted, together, differ, found)
	if parted < seeds || together < 5*seeds || differ < seeds {
		t.Errorf("%d parted, %d were read together, of which %d differ: too few to mean something", parted, together, differ)
	}
}

// A policy that has to read for itself reads in turns as well: what is kept as one piece, what stands before a mistake, and all else.
func TestAPolicyThatReadsForItselfDoesSoInTurns(t *testing.T) {
	other := strings.NewReplacer(`version: "1"`, `version: "2"`, "story: {words: [poem, Gedicht, story]}", "story: {words: [poem, Gedicht, story]}\n    far: {in: any, words: [xylophone]}",
		"keyword.story or", "keyword.story or keyword.far or").Replace(besidePolicy)
	base := strings.Replace(besidePolicy, "story: {words: [", "story: {in: user, words: [", 1)
	other = strings.Replace(other, "story: {words: [", "limerick: {words: [limerick]}\n    story: {in: user, words: [", 1) // the one keyword of users' own words alone
	other = strings.Replace(other, "keyword.far or", "keyword.far or keyword.limerick or", 1)
	a, b := pairOf(t, compileYAML(t, base), compileYAML(t, other))
	long := strings.Repeat("Tell me of the sea and of all its islands. ", 6000)
	for name, c := range map[string]struct {
		body  string
		parts bool
	}{
		"one message":            {`{"model":"auto","messages":[{"role":"user","content":"the xyl0phone. ` + long + `"}]}`, true},
		"a mistake behind it":    {`{"model":"auto","messages":[{"role":"user","content":"the xyl0phone. ` + long + `"}]}x`, true},
		"a mistake within it":    {`{"model":"auto","messages":[{"role":"user","content":"the xyl0phone. ` + long + `"}]x`, false},
		"other words of users":   {`{"model":"auto","messages":[{"role":"user","content":"` + long + ` limerick"}]}`, false},
		"nothing that is parted": {`{"model":"auto","messages":[{"role":"user","content":"` + long + `"}]}`, false},
	} {
		for _, memory := range []*Memory{nil, NewMemory(1 << 20)} {
			lead, companion := a.NewSession(prompt.Chat), b.NewCompanion()
			x := &oneCall{call: call{prompt.Chat, 0, []byte(c.body)}}
			x.begin(lead)
			x.begin(companion)
			lead.Remember(memory, "")
			companion.Accompany(lead, &bothOwner{other: companion})
			most, calls := int64(0), 0
			for at := 0; at < len(x.body) || lead.Behind(); calls++ {
				n, units := lead.FeedPart(x.body[at:min(len(x.body), at+4<<10)], 4<<10)
				at, most = at+n, max(most, units)
			}
			lead.Close()
			if most > 40<<10 || companion.parted != c.parts || companion.Decision() == nil || (lead.Decision().Action == ActionDeny) != strings.HasSuffix(c.body, "x") ||
				name == "other words of users" && !slices.Contains(companion.Decision().Signals, "keyword.limerick") {
				t.Errorf("%s, memory %v: %d units in one of %d calls; parted: %v, %+v and %+v", name, memory != nil, most, calls, companion.parted, lead.Decision(), companion.Decision())
			}
			if c.parts && cap(lead.kept) > mostKept {
				t.Errorf("%s: %d bytes are kept of what nobody reads any more", name, cap(lead.kept))
			}
			companion.Leave()
			if cap(lead.kept) > mostKept {
				t.Errorf("%s: %d bytes are kept of a request that is done", name, cap(lead.kept))
			}
		}
	}
}

// A set of regular expressions has 16 bits for their literals.
func TestNeitherOnePolicyNorTwoHaveMoreLiteralsThanCanBeTold(t *testing.T) {
	policy := func(version string, n int) string {
		var b strings.Builder
		fmt.Fprintf(&b, "version: %q\nmodels: {small: {cluster: small, price: {input: 1, output: 2}}}\nsignals:\n  regex:\n    last: {in: any, patterns: [\"last of %s\"]}\n    many: {in: any, patterns: [", version, version)
		for i := 0; i < n; i += 8 {
			fmt.Fprintf(&b, "\"%[1]s0x%[2]d|%[1]s1x%[2]d|%[1]s2x%[2]d|%[1]s3x%[2]d|%[1]s4x%[2]d|%[1]s5x%[2]d|%[1]s6x%[2]d|%[1]s7x%[2]d\",", version, i)
		}
		fmt.Fprintf(&b, "\"end of %s\"]}\nguards: [{name: many, when: regex.many or regex.last, deny: {code: many}}]\ndefault: small\n", version)
		return b.String()
	}
	a, b := compileYAML(t, policy("a", 40000)), compileYAML(t, policy("b", 40000))
	if _, _, ok := Beside(a, b); ok {
		t.Error("80,000 are put into one set")
	}
	if _, _, ok := Beside(a, compileYAML(t, policy("b", 20000))); !ok {
		t.Error("60,000 are not")
	}
	root, err := source.Load("policy", []byte(policy("c", 70000)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CompileUnjudged(root); err == nil || !strings.Contains(err.Error(), "65535 literals") {
		t.Errorf("70,000 in one policy: %.300v", err)
	}
}
