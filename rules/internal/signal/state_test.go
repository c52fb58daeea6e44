package signal

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
)

func TestSizesAreEstimatedByScript(t *testing.T) {
	st := builtinSet(t).NewState()
	for name, row := range map[string]struct {
		words     string
		low, high int64
	}{
		"english prose": {strings.Repeat("The quick brown fox jumps over the lazy dog and runs into the forest. ", 100), 1300, 1900},
		"chinese":       {strings.Repeat("分析人工智能对未来社会的影响，并提出应对策略。", 100), 1300, 2400},
		"code":          {strings.Repeat("for (int i = 0; i < n; i++) { total += values[i]; }\n", 100), 1500, 3000},
		"russian":       {strings.Repeat("Привет, как твои дела сегодня вечером? ", 100), 800, 1900},
		"nothing":       {"", 0, 0},
	} {
		st.Reset()
		say(st, prompt.RoleUser, row.words)
		if n := st.Size(&prompt.Facts{}, Mix); n < row.low || n > row.high {
			t.Errorf("%s: %d tokens, want %d to %d", name, n, row.low, row.high)
		}
	}
}

func TestEncodedDataIsNoText(t *testing.T) {
	st := builtinSet(t).NewState()
	st.Reset()
	data := strings.Repeat("iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg", 500)
	st.Text([]byte(data), 0, true)
	if n := st.Size(&prompt.Facts{}, Mix); n > 100 {
		t.Errorf("%d tokens while an image is read", n)
	}
	st.EndText(false)
	st.EndPart(prompt.PartOwn)
	if n := st.Size(&prompt.Facts{Images: 1}, Mix); n != imageTokens {
		t.Errorf("%d tokens for an image", n)
	}
}

func TestSizeBounds(t *testing.T) {
	b := NewBuilder()
	declare(t, b, "size", "long", `{"over": 100}`)
	declare(t, b, "size", "short", `{"under": 100}`)
	declare(t, b, "size", "middle", `{"over": 10, "under": 100}`)
	set := b.Build()
	out := make([]expr.Value, set.Len())
	for _, row := range []struct {
		words               int
		open                bool
		long, short, middle expr.Value
	}{
		{5, false, expr.False, expr.True, expr.False},
		{5, true, expr.False, expr.Unknown, expr.Unknown},
		{50, false, expr.False, expr.True, expr.True},
		{50, true, expr.False, expr.Unknown, expr.Unknown},
		{200, false, expr.True, expr.False, expr.False},
		{200, true, expr.True, expr.False, expr.False},
	} {
		st := set.NewState()
		st.Reset()
		say(st, prompt.RoleUser, strings.Repeat("word ", row.words))
		st.Evaluate(&Input{Facts: &prompt.Facts{Open: row.open}}, out)
		if out[0] != row.long || out[1] != row.short || out[2] != row.middle {
			t.Errorf("%d words, open %v: %v", row.words, row.open, out)
		}
	}
}

func TestConversation(t *testing.T) {
	st := builtinSet(t).NewState()
	st.Reset()
	say(st, prompt.RoleUser, "Tell me about cats")
	say(st, prompt.RoleAssistant, "They purr.")
	say(st, prompt.RoleUser, "now make it shorter")
	for name, row := range map[string]struct {
		facts prompt.Facts
		want  string
	}{
		"nothing":         {prompt.Facts{UserTurns: 1}, ""},
		"a second turn":   {prompt.Facts{UserTurns: 2}, "multi_turn follow_up"},
		"tools":           {prompt.Facts{UserTurns: 1, Tools: 2, ToolResults: 1}, "tools tool_results"},
		"media":           {prompt.Facts{UserTurns: 1, Images: 1, Audio: 1}, "images audio"},
		"a system prompt": {prompt.Facts{System: true}, "system"},
		"not to its end":  {prompt.Facts{UserTurns: 2, Open: true}, "multi_turn"},
	} {
		found := values(st, &row.facts)
		for _, n := range conversationKind.builtins {
			want := false
			for _, w := range fields(row.want) {
				want = want || w == n
			}
			if found["conversation."+n] != want {
				t.Errorf("%s: %s is %v", name, n, !want)
			}
		}
	}
	if truths(st, "now make it shorter")["conversation.follow_up"] {
		t.Error("a first message is a follow-up")
	}
	say(st, prompt.RoleUser, strings.Repeat("a long message of its own ", 10))
	if values(st, &prompt.Facts{UserTurns: 2})["conversation.follow_up"] {
		t.Error("a long message is a follow-up")
	}
}

func TestExactlyOneDomainAndLanguageIsTrue(t *testing.T) {
	st := builtinSet(t).NewState()
	for _, words := range []string{"", " ", "???", "hello", "Prove the theorem.", "你好", "e", "\x00\x01", strings.Repeat("sql poem theorem ", 1000)} {
		domains, languages := 0, 0
		for n := range truths(st, words) {
			if strings.HasPrefix(n, "domain.") {
				domains++
			} else if strings.HasPrefix(n, "language.") {
				languages++
			}
		}
		if domains != 1 || languages != 1 {
			t.Errorf("%.20q: %d domains and %d languages", words, domains, languages)
		}
	}
}

func TestASignalDoesNotDependOnTheOthersOfItsPolicy(t *testing.T) {
	all := builtinSet(t).NewState()
	prompts := []string{"Prove that 2 is prime", "Write a poem about Python", "What is Redis?", "12 + 3 = ?", "Create a REST API in Go", "quicksort"}
	for _, k := range kinds {
		for _, n := range k.builtins {
			b := NewBuilder()
			b.Lookup(k.name + "." + n)
			one := b.Build().NewState()
			for _, p := range prompts {
				if want, got := truths(all, p)[k.name+"."+n], truths(one, p)[k.name+"."+n]; got != want {
					t.Errorf("%s.%s of %q is %v alone and %v among all", k.name, n, p, got, want)
				}
			}
		}
	}
}

// fed evaluates a message that is cut into pieces of n bytes or one code point more.
func fed(st *State, s string, n int) map[string]bool {
	st.Reset()
	from := 0
	for i := 1; i < len(s); i++ {
		if i-from >= n && utf8.RuneStart(s[i]) {
			st.Text([]byte(s[from:i]), int64(from), true)
			from = i
		}
	}
	st.Text([]byte(s[from:]), int64(from), true)
	st.EndText(true)
	st.EndPart(prompt.PartOwn)
	st.EndMessage(prompt.RoleUser)
	return values(st, &prompt.Facts{UserTurns: 1})
}

func FuzzCutsMakeNoDifference(f *testing.F) {
	f.Add("Design a rate limiter in C++ with Redis; x^2 = 4.", 3)
	f.Add("分析人工智能对未来社会的影响", 1)
	st := builtinSet(f).NewState()
	f.Fuzz(func(t *testing.T, s string, n int) {
		if !utf8.ValidString(s) {
			return
		}
		want, got := fed(st, s, len(s)+1), fed(st, s, n)
		for k := range want {
			if !got[k] {
				t.Errorf("%s is lost in pieces of %d", k, n)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%d signals in pieces of %d, want %d", len(got), n, len(want))
		}
	})
}

func TestARequestDoesNotAllocate(t *testing.T) {
	set := builtinSet(t)
	st := set.NewState()
	out := make([]expr.Value, set.Len())
	text := []byte(strings.Repeat("Explain the photoelectric effect, derive Einstein's equation, 分析影响, and write a poem about SQL. ", 20))
	in := &Input{Facts: &prompt.Facts{}}
	run := func() {
		st.Reset()
		st.Text(text, 0, true)
		st.EndText(true)
		st.EndPart(prompt.PartOwn)
		st.EndMessage(prompt.RoleUser)
		st.Evaluate(in, out)
	}
	run()
	run()
	if n := testing.AllocsPerRun(50, run); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func benchmarkState(b *testing.B, s string) {
	set := builtinSet(b)
	st := set.NewState()
	out := make([]expr.Value, set.Len())
	in := &Input{Facts: &prompt.Facts{}}
	var p []byte
	for len(p) < 32<<10 {
		p = append(p, s...)
	}
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		st.Reset()
		st.Text(p, 0, true)
		st.EndText(true)
		st.EndPart(prompt.PartOwn)
		st.EndMessage(prompt.RoleUser)
		st.Evaluate(in, out)
	}
}

func BenchmarkStateEnglish(b *testing.B) {
	benchmarkState(b, "Design a distributed rate limiter using Redis and explain the algorithm with implementation details. "+
		"It was a cold morning in the harbour town, and nobody had seen the fishing boats return since Tuesday. ")
}

func BenchmarkStateChinese(b *testing.B) {
	benchmarkState(b, "分析人工智能对未来社会的影响,并提出应对策略。")
}

func BenchmarkStateCode(b *testing.B) {
	benchmarkState(b, "func (s *server) handle(w http.ResponseWriter, r *http.Request) {\n\tif err := s.check(r); err != nil {\n\t\treturn\n\t}\n}\n")
}

func BenchmarkShortPrompt(b *testing.B) {
	set := builtinSet(b)
	st := set.NewState()
	out := make([]expr.Value, set.Len())
	in := &Input{Facts: &prompt.Facts{}}
	p := []byte("Explain the photoelectric effect and derive Einstein's equation for it.")
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		st.Reset()
		st.Text(p, 0, true)
		st.EndText(true)
		st.EndPart(prompt.PartOwn)
		st.EndMessage(prompt.RoleUser)
		st.Evaluate(in, out)
	}
}

func BenchmarkBuildBuiltins(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		builtinSet(b)
	}
}
