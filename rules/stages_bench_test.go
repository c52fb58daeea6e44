package rules

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/internal/disguise"
	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/strictjson"
)

// BenchmarkStage is what each stage of reading a request costs by itself, over 16 bodies of 32 KB whose sentences all
// differ. It runs natively (make bench-stages) and, built for wasip1, in V8 (make bench-v8); benchstat compares two runs.
func BenchmarkStage(b *testing.B) {
	for _, stage := range []struct {
		name string
		make func(b *testing.B, bodies [][]byte, texts [][]byte) func(i int)
	}{
		{"json", stageJSON}, {"prompt", stagePrompt}, {"text", stageText}, {"match", stageMatch},
		{"disguises", stageDisguises}, {"weights", stageWeights}, {"decide", stageDecide}, {"whole", stageWhole},
	} {
		b.Run(stage.name, func(b *testing.B) {
			bodies, texts := stageBodies(b)
			run := stage.make(b, bodies, texts)
			for i := range bodies { // V8 compiles a function when it is first called
				run(i)
			}
			b.SetBytes(int64(len(bodies[0])))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				run(i % len(bodies))
			}
		})
	}
}

func stageBodies(b *testing.B) (bodies, texts [][]byte) {
	const size, count = 32 << 10, 16
	all := examQuestions()
	if all == "" {
		all = questions(b, "intents.jsonl", "complexity.jsonl", "short_questions.jsonl", "benign_own.jsonl")
	}
	for len(all) >= size && len(texts) < count {
		t := strings.ToValidUTF8(all[:size], "")
		texts, bodies = append(texts, []byte(t)), append(bodies, userBody(b, t))
		all = all[size:]
	}
	if len(texts) == 0 {
		b.Fatal("not even one text of 32 KB")
	}
	return bodies, texts
}

// stageJSON is the strict reading of JSON with nobody who listens.
func stageJSON(b *testing.B, bodies, _ [][]byte) func(int) {
	return func(i int) {
		if err := strictjson.Valid(bodies[i]); err != nil {
			b.Fatal(err)
		}
	}
}

// stagePrompt is the reading of a prompt with nobody who listens; the one of JSON is in it.
func stagePrompt(b *testing.B, bodies, _ [][]byte) func(int) {
	table, err := Default()
	if err != nil {
		b.Fatal(err)
	}
	r := prompt.NewReader(&prompt.Options{Reasoning: table.ReasoningPaths(), Allow: table.Allow()})
	return func(i int) {
		r.Reset(prompt.Chat, deaf{})
		if err := r.Feed(bodies[i]); err != nil {
			b.Fatal(err)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// batches keeps the tokens of a text.
type batches struct{ all [][]text.Token }

func (c *batches) Tokens(batch []text.Token) {
	c.all = append(c.all, append([]text.Token(nil), batch...))
}

// passing drops what it gets.
type passing struct{}

func (passing) Tokens([]text.Token) {}

// stageText is normalisation: a text becomes tokens.
func stageText(_ *testing.B, _, texts [][]byte) func(int) {
	t := new(text.Tokenizer)
	return func(i int) {
		t.Reset(passing{})
		t.Text(texts[i], 0, true)
		t.EndText()
	}
}

func tokensOf(texts [][]byte) [][][]text.Token {
	var all [][][]text.Token
	for _, p := range texts {
		t, c := new(text.Tokenizer), &batches{}
		t.Reset(c)
		t.Text(p, 0, true)
		t.EndText()
		all = append(all, c.all)
	}
	return all
}

// automaton has the phrases of the default policy's keywords.
func automaton(b *testing.B) *match.Automaton {
	var p struct {
		Signals struct {
			Keyword map[string]struct {
				Words []string
				Gap   int
			}
		}
	}
	if err := json.Unmarshal(defaultJSON, &p); err != nil {
		b.Fatal(err)
	}
	build := new(match.Builder)
	for _, k := range p.Signals.Keyword {
		for i, words := range k.Words {
			add := build.Add
			if k.Gap > 0 {
				add = func(words string, pattern uint32) error { return build.AddGapped(words, k.Gap, pattern) }
			}
			if err := add(words, uint32(i)); err != nil {
				b.Fatal(err)
			}
		}
	}
	return build.Build()
}

// stageMatch looks for the phrases of the default policy in tokens.
func stageMatch(b *testing.B, _, texts [][]byte) func(int) {
	a, tokens := automaton(b), tokensOf(texts)
	gaps, lexicon := a.NewGaps(), match.NewLexicon(0, nil, a)
	var words match.Words
	var hits []match.Hit
	return func(i int) {
		gaps.Begin()
		var at match.State
		for _, batch := range tokens[i] {
			lexicon.Look(batch, &words)
			at, _, hits = a.Match(at, &words, 0, len(batch), hits[:0])
			hits = gaps.Join(hits, len(batch))
		}
	}
}

type reading struct{ r *disguise.Reading }

func (r reading) Secret([]byte) {}

func (r reading) Scan(p []byte, from, to int, _ text.Oddities, spots *text.Spots) {
	r.r.Scan(p, from, to, spots)
}

// stageDisguises looks for texts behind disguises, where the tokenizer, which is in it, sees that there may be any.
func stageDisguises(b *testing.B, _, texts [][]byte) func(int) {
	a, filter := automaton(b), new(text.Filter)
	a.Mark(filter)
	lexicon := match.NewLexicon(0, nil, a)
	knows := func(hash uint64) bool { of, _ := lexicon.Owners(hash); return of != 0 }
	r := &disguise.Reading{ContextWords: 40, Known: knows, Filter: filter, Out: func([]byte, bool, bool) bool { return true }}
	w, t := new(text.Window), new(text.Tokenizer)
	return func(i int) {
		t.Reset(passing{})
		w.Reset(t, reading{r})
		w.Text(texts[i])
		w.EndText()
	}
}

// stageWeights looks tokens up in what was learned.
func stageWeights(b *testing.B, _, texts [][]byte) func(int) {
	packed, err := os.ReadFile(filepath.Join("internal", "signal", "weights.bin"))
	if err != nil {
		b.Fatal(err)
	}
	table, err := weights.Open(string(packed))
	if err != nil {
		b.Fatal(err)
	}
	s, tokens := weights.NewScanner(table, table.Param(signal.ParamAttackBias)), tokensOf(texts)
	return func(i int) {
		s.Begin()
		for _, batch := range tokens[i] {
			s.Scan(batch)
		}
	}
}

// stageDecide works out the signals and the decision from what was read.
func stageDecide(b *testing.B, bodies, _ [][]byte) func(int) {
	table, err := Default()
	if err != nil {
		b.Fatal(err)
	}
	var read []*Session
	for _, body := range bodies {
		s := table.NewSession(prompt.Chat)
		s.Feed(body)
		s.Close()
		read = append(read, s)
	}
	return func(i int) { read[i].decide() }
}

// stageWhole is all of them.
func stageWhole(b *testing.B, bodies, _ [][]byte) func(int) {
	s := defaultSession(b)
	return func(i int) {
		s.Reset(prompt.Chat, 0)
		s.Feed(bodies[i])
		if d := s.Close(); d.Status == 400 {
			b.Fatal(d.Message)
		}
		s.Take()
	}
}
