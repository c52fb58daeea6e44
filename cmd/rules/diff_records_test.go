package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/trail"
)

// recordOf is the record that the plugin would write of a decision.
func recordOf(table *rules.Table, s *rules.Session, path string, body []byte) *trail.Record {
	d, f := s.Decision(), s.Facts()
	r := &trail.Record{V: 1, Path: path, Action: d.Action, Code: d.Code, Decision: d.Name, Reasoning: d.Reasoning, Effort: d.Effort, Signals: slices.Clone(d.Signals),
		Flags: slices.Clone(d.Flags), Tier: d.Tier, Guard: d.Guard, TokensIn: s.Tokens(), Cost: float64(d.Cost) / dollars, Bytes: int64(len(body))}
	if f.HasModel {
		r.Asked = f.Model
	}
	if d.Model != nil {
		r.Model = d.Model.Key
	}
	if d.Demoted != nil {
		r.Demoted = &trail.Demoted{From: d.Demoted.From, Why: d.Demoted.Why}
	}
	if c := d.Conversation; c.Messages > 0 {
		text := fmt.Sprintf(`{"conversation":{"messages":%d,"alone":%q,"model":%q,"why":%q}}`, c.Messages, c.Alone, c.AloneModel, c.Why)
		if err := json.Unmarshal([]byte(text), r); err != nil {
			panic(err)
		}
	}
	r.Policy.Hash = table.Hash()[:16]
	return r
}

func TestRecordsAreTrafficOfDiff(t *testing.T) {
	c := &command{}
	p, err := c.load(oldPolicy)
	if err != nil {
		t.Fatal(err)
	}
	const path = "/v1/chat/completions"
	var lines []string
	for i, body := range []string{
		`{"model":"auto","max_tokens":1000,"messages":[{"role":"user","content":"Please plan a trip to Rome."}]}`,
		`{"model":"auto","max_tokens":1000,"messages":[{"role":"user","content":"What is project Borealis about?"}]}`,
		`{"model":"auto","max_tokens":1000,"messages":[{"role":"user","content":"Hi!"}]}`,
		`{"model":"large","max_tokens":1000,"messages":[{"role":"user","content":"Hi!"}]}`,
		`{"model":"auto","messages":[{"role":"user","content":"Write to jane@example.com."}]}`,
		`{"model":"auto","messages":[],"messages":[]}`,
	} {
		s := p.table.NewSession(prompt.Chat)
		s.Feed([]byte(body))
		s.Close()
		r := recordOf(p.table, s, path, []byte(body))
		r.VM = "a"
		text := marshal(r)
		switch i {
		case 1: // as an access log has it
			text = `{"code":200,"path":"x","method":"GET","mom":[` + text + `]}`
		case 2: // or another one
			text = `{"code":200,"mom":` + marshal(text) + `}`
		case 3:
			text = `{"record":` + text + `}`
		}
		lines = append(lines, text)
	}
	strange := strings.Replace(lines[0], p.table.Hash()[:16], "0123456789abcdef", 1)
	lines = append(lines, strange, `{"messages":[{"role":"user","content":"Please plan a trip to Rome."}]}`, strings.Replace(lines[0], `"v":1`, `"v":2`, 1))
	file := filepath.Join(t.TempDir(), "access.log")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
	out, errs, code := in("diff", oldPolicy, newPolicy, file)
	if code != exitNo || !strings.Contains(errs, "access.log:9: the record has version 2: this command reads version 1") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	for _, want := range []string{
		"8 requests\n", "7 of them are records, of which 6 could not be judged",
		"1 not judged: another policy has decided (" + file + ":7)", "1 not judged: no policy has decided: it was refused (invalid_request) (" + file + ":6)",
		"3 not judged: it depends on keyword.plan", "1 not judged: it depends on pii.phone", "is denied with no_contact instead of no_email  " + file + ":5",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	if out, errs, code := in("test", "--record", file, oldPolicy); code != exitNo || !strings.Contains(errs, "access.log:2: this is a record, which does not hold what was asked") || strings.Count(out, "- name") != 1 {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}

// pick is one of a list.
func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// anyPolicy writes a policy of parts that another one may have, too.
func anyPolicy(r *rand.Rand) string {
	var b strings.Builder
	maybe := func(text string) string { return pick(r, text, "", "") }
	fmt.Fprintf(&b, "models:\n  s: {cluster: s, tier: 2, input: [text]%s, price: {input: 1, output: 2}, max_output: 100, reasoning: {low: {reasoning_effort: low}}}\n", pick(r, "", ", context: 60", ", context: 4000"))
	fmt.Fprintf(&b, "  m: {cluster: m, tier: 1, input: [text, image], context: 4000, price: {input: 2, output: %d}, max_output: %d}\n", pick(r, 0, 4), pick(r, 100, 100, 200))
	fmt.Fprintf(&b, "  l: {cluster: l, input: [text, image, audio, video], price: {input: 5, output: 9}, max_output: 100%s}\n", maybe(", drain: true"))
	fmt.Fprintf(&b, "signals:\n  keyword:\n    a: {words: [apple]}\n    b: {in: user, words: [%s]}\n    c: {in: any, words: [cherry%s]}\n  size:\n    big: {over: 30}\n%s", pick(r, "banana", "banana", "banana", "bread"), pick(r, "", "", "", ", clementine"),
		pick(r, "", "  domain: {math: {at_least: 60}, law: {at_least: 60}}\n", "  domain: {math: {at_least: 90}}\n"))
	b.WriteString(pick(r, "", "classes: {domain: {math: {words: {apple: 100}}}}\n", "classes: {domain: {law: {words: {apple: 100, cherry: 60}}}}\n"))
	fmt.Fprintf(&b, "guards:\n  - {name: always, when: keyword.c, flag: seen}\n")
	for i, guard := range []string{"{name: g1, when: keyword.b, only: [s, m], flag: fruit}", "{name: g2, when: keyword.c and keyword.b, deny: {code: no}}", "{name: g3, when: pii.email or keyword.c, tier: 2}",
		"{name: g4, when: keyword.b or pii.phone, use: [m, l]}"} {
		if r.IntN(3) == i%2 {
			fmt.Fprintf(&b, "  - %s\n", guard)
		}
	}
	routes := []string{"{name: r1, when: keyword.a, use: {model: m, reasoning: high}}", "{name: r2, when: size.big, use: [l, m]}", "{name: r3, when: not keyword.a and keyword.c, use: l}", "{name: r4, when: language.de, use: {model: s, reasoning: low}}"}
	r.Shuffle(len(routes), func(i, j int) { routes[i], routes[j] = routes[j], routes[i] })
	fmt.Fprintf(&b, "routes:\n  - %s\n  - %s\n", strings.ReplaceAll(routes[0], ", reasoning: high", ""), strings.ReplaceAll(routes[1], ", reasoning: high", ""))
	b.WriteString(pick(r, "  - {name: r5, when: domain.math, use: l}\n", "  - {name: r6, when: domain.law, use: l}\n", "  - {name: r7, when: domain.other, use: l}\n"))
	fmt.Fprintf(&b, "default: %s\n", pick(r, "{model: s}", "[s, m, l]", "[m, l]"))
	b.WriteString(maybe("conversation: {stay: none}\n"))
	b.WriteString(maybe("objectives: {cost_ceiling: 0.0006}\n"))
	b.WriteString(pick(r, "", "", "", "", "", "", "", "", "", "", "", "unknown_items: deny\n"))
	return b.String()
}

// anyBody writes the body of a chat completion.
func anyBody(r *rand.Rand) []byte {
	words := func() string {
		return strings.Repeat(pick(r, "apple ", "banana ", "cherry ", "clementine ", "bread ", "Bitte nenne mir das Wetter in Berlin. ", "write to jane@example.com ", "hello ", "Solve the equation 3x + 5 = 20. ", "Is a contract void by the law of torts? "), 1+r.IntN(3)) + pick(r, "", "apple", "cherry", strings.Repeat("so ", 60))
	}
	var messages []string
	if r.IntN(3) == 0 {
		messages = append(messages, fmt.Sprintf(`{"role":"system","content":%q}`, words()))
	}
	for n := pick(r, 1, 1, 1, 2, 3); n > 0; n-- {
		content := fmt.Sprintf("%q", words())
		if r.IntN(5) == 0 {
			content = fmt.Sprintf(`[{"type":"text","text":%s},{"type":"image_url","image_url":{"url":"data:image/png;base64,aaaa"}}]`, content)
		}
		if messages = append(messages, `{"role":"user","content":`+content+`}`); n > 1 {
			messages = append(messages, `{"role":"assistant","content":"Yes."}`)
		}
	}
	return []byte(fmt.Sprintf(`{"model":%q%s,"messages":[%s]}`, pick(r, "auto", "auto", "auto", "s", "none"), pick(r, "", `,"max_tokens":10`, `,"max_tokens":300`, `,"max_tokens":10,"n":3`, `,"reasoning_effort":"low"`), strings.Join(messages, ",")))
}

// What a record tells suffices or it does not, but never does it tell what is wrong.
func TestWhatIsJudgedByARecordIsWhatTheBodyComesTo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	load := func(name, text string) *policy {
		c := &command{}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := c.load(file)
		if err != nil {
			t.Fatal(err)
		}
		if p.table == nil {
			var errs bytes.Buffer
			p.print(&errs, false)
			t.Fatalf("%s\n%s", text, errs.String())
		}
		return p
	}
	const path = "/v1/chat/completions"
	judged, guards, unjudged, moved := 0, 0, map[string]int{}, 0
	for range 30 {
		texts := [2]string{anyPolicy(r), anyPolicy(r)}
		a, b := load("a.yaml", texts[0]), load("b.yaml", texts[1])
		j := newRecordJudge(a, b)
		for range 120 {
			body := anyBody(r)
			var want [2]*rules.Decision
			var record *trail.Record
			by := r.IntN(2)
			for i, p := range []*policy{a, b} {
				s := p.table.NewSession(prompt.Chat)
				s.Serve(path)
				s.Feed(body)
				if want[i] = s.Close(); i == by {
					record = recordOf(p.table, s, path, body)
				}
			}
			got := j.judge(record)
			if got.why != "" {
				unjudged[got.why]++
			}
			for i, d := range got.decisions {
				w := want[i]
				if got.why != "" && !got.guards {
					continue
				}
				if !slices.Equal(d.Flags, w.Flags) || d.Tier != w.Tier || d.Guard != w.Guard || (d.Code == "no") != (w.Code == "no") {
					t.Fatalf("guards: judged %+v\nis %+v\nrecord %+v\n%s\n%s\n%s", d, w, record, body, texts[0], texts[1])
				}
				if got.why == "" && (goes(d) != goes(w) || d.Reasoning != w.Reasoning || d.Action == rules.ActionRoute && d.Cost >= 0 && d.Cost != w.Cost) {
					t.Fatalf("judged %+v\nis %+v\nrecord %+v\n%s\n%s\n%s", d, w, record, body, texts[0], texts[1])
				}
			}
			switch {
			case got.guards:
				guards++
			case got.why == "":
				if judged++; goes(want[0]) != goes(want[1]) {
					moved++
				}
			}
		}
	}
	t.Logf("%d judged, of which %d move; of %d guards alone; not judged: %v", judged, moved, guards, unjudged)
	if judged < 300 || moved < 50 || guards < 50 {
		t.Error("that is too few to mean something")
	}
}

// What stands behind the bytes that a decision went by is in no record.
func TestRecordsOfRequestsThatTheProxyDidNotWaitForAreNotJudged(t *testing.T) {
	const text = "policy:\n  models: {a: {cluster: a}, b: {cluster: b}}\n  signals: {keyword: {k: {words: [apple]}}}\n  routes: [{name: r, when: %s, use: b}]\n  default: a\n"
	dir := t.TempDir()
	c := &command{}
	load := func(name, when, more string) *policy {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(fmt.Sprintf(text, when)+more), 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := c.load(file)
		if err != nil || p.table == nil || p.plugin == nil {
			t.Fatalf("%v: %+v", err, p)
		}
		return p
	}
	body := []byte(`{"model":"auto","messages":[{"role":"user","content":"` + strings.Repeat("so ", 100) + `"}]}`)
	for more, want := range map[string]string{"": "", "hold_bytes: 1000\n": "", "hold_bytes: 100\n": "the request is longer than what a decision goes by"} {
		a, b := load("a.yaml", "keyword.k", more), load("b.yaml", "not keyword.k", "")
		s := a.table.NewSession(prompt.Chat)
		s.Serve("/v1/chat/completions")
		s.Feed(body)
		s.Close()
		if got := newRecordJudge(a, b).judge(recordOf(a.table, s, "/v1/chat/completions", body)); got.why != want {
			t.Errorf("%q: %+v, want %q", more, got, want)
		}
	}
}
