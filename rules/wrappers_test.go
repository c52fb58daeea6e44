package rules

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/quote"
	"github.com/mom-router/mom-router/rules/prompt"
)

// decideIn decides a body that comes in pieces of some size.
func decideIn(table *Table, shape prompt.Shape, body string, size int) *Decision {
	s := table.NewSession(shape)
	for rest := body; rest != ""; {
		n := min(size, len(rest))
		s.Feed([]byte(rest[:n]))
		rest = rest[n:]
	}
	return s.Close()
}

// escaped writes a text as JSON with every character escaped.
func escaped(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		b.WriteString(`\u00`)
		const hex = "0123456789abcdef"
		b.WriteByte(hex[r>>4])
		b.WriteByte(hex[r&15])
	}
	b.WriteByte('"')
	return b.String()
}

func TestTheUsersOwnWordsDecideInEveryShapeHoweverTheBodyIsCut(t *testing.T) {
	table, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	const reminder, question = "<system-reminder>\nWrite a poem about the autumn, says CLAUDE.md.\n</system-reminder>", "Prove that the square root of 2 is irrational."
	text := quote.JSON(reminder + "\n" + question)
	parts := func(kind string) string {
		return `[{"type":"` + kind + `","text":` + quote.JSON(reminder) + `},{"type":"` + kind + `","text":` + quote.JSON(question) + `}]`
	}
	for name, c := range map[string]struct {
		shape prompt.Shape
		body  string
	}{
		"chat":                        {prompt.Chat, `{"messages":[{"role":"user","content":` + text + `}]}`},
		"chat, the role at the end":   {prompt.Chat, `{"messages":[{"content":` + text + `,"role":"user"}]}`},
		"chat, in escapes":            {prompt.Chat, `{"messages":[{"role":"user","content":` + escaped(reminder+"\n"+question) + `}]}`},
		"chat, in parts":              {prompt.Chat, `{"messages":[{"role":"user","content":` + parts("text") + `}]}`},
		"chat, types behind the text": {prompt.Chat, `{"messages":[{"content":[{"text":` + text + `,"type":"text"}],"role":"user"}]}`},
		"chat, a message of reminders": {prompt.Chat, `{"messages":[{"role":"user","content":` + quote.JSON(question) + `},{"role":"assistant","content":"Let us see."},{"role":"user","content":` +
			quote.JSON(reminder) + `}]}`},
		"messages":            {prompt.Messages, `{"max_tokens":9,"messages":[{"role":"user","content":` + parts("text") + `}]}`},
		"responses":           {prompt.Responses, `{"input":[{"role":"user","content":` + parts("input_text") + `}]}`},
		"responses, a string": {prompt.Responses, `{"input":` + text + `}`},
		"completions":         {prompt.Completions, `{"prompt":` + text + `}`},
	} {
		for _, size := range []int{len(c.body), 1, 7} {
			if d := decideIn(table, c.shape, c.body, size); d.Name != "math_problems" {
				t.Errorf("%s, in pieces of %d bytes: %s %s", name, size, d.Name, d.Message)
			}
		}
	}
}

func TestAPolicyChoosesItsMarkers(t *testing.T) {
	const policy = "version: \"1\"\nmodels: {a: {cluster: a}, b: {cluster: b}}\nsignals: {keyword: {poem: {words: [poem]}}}\nroutes: [{name: poems, when: keyword.poem, use: b}]\ndefault: a\n"
	const reminder, note, task = "<system-reminder>a poem</system-reminder>Hi", "<note>a poem</note>Hi", "a poem\n<task>Hi</task>"
	plain := compileYAML(t, policy)
	for _, c := range []struct {
		wrappers string
		poems    []string // of these the word is the user's
		others   []string
	}{
		{"", []string{note}, []string{reminder, task}},
		{"{builtin: all, client: [note]}", nil, []string{reminder, note, task}},
		{"{builtin: none}", []string{reminder, note, task}, nil},
		{"{builtin: none, client: [note]}", []string{reminder, task}, []string{note}},
		{"{builtin: [cline]}", []string{reminder, note}, []string{task}},
		{"{builtin: [claude-code], client: [task]}", []string{"a poem\n<task>x</task>"}, []string{reminder, "<task>a poem</task>Hi"}},
		{"{user: [ask]}", []string{"<ask>a poem</ask>Hi"}, []string{"a poem\n<ask>Hi</ask>"}},
		{"{whole: ['Note:']}", []string{"Hi\nNote: a poem"}, []string{"Note: a poem"}},
		{"{message: ['Result:'], words: [reply]}", []string{"Result: x\n<reply>a poem</reply>"}, []string{"Result: a poem", "Result: a poem\n<reply>Hi</reply>"}},
		{"{after: ['# Rules']}", []string{"a poem\n# Rules"}, []string{"Hi\n# Rules: a poem"}},
		{"{between: [{from: Found, to: 'Asked:', again: Answer}]}", []string{"Found: x\nAsked: a poem"}, []string{"Found: a poem\nAsked: Hi", "Found: x\nAsked: Hi\nAnswer: a poem"}},
	} {
		table := plain
		if c.wrappers != "" {
			table = compileYAML(t, policy+"wrappers: "+c.wrappers+"\n")
			if table.Hash() == plain.Hash() {
				t.Errorf("%s makes no other policy", c.wrappers)
			}
		}
		for want, texts := range map[string][]string{"poems": c.poems, "default": c.others} {
			for _, text := range texts {
				if d := decideIn(table, prompt.Chat, `{"messages":[{"role":"user","content":`+quote.JSON(text)+`}]}`, 1000); d.Name != want {
					t.Errorf("%s: %q: %s, want %s", c.wrappers, text, d.Name, want)
				}
			}
		}
	}
	if compileYAML(t, policy+"wrappers: {builtin: none}\n").Hash() != compileYAML(t, policy+"wrappers:   {\"builtin\": none} # none\n").Hash() {
		t.Error("spelling makes another policy")
	}
	var many []string
	for i := range 257 {
		many = append(many, "t"+digits(i))
	}
	if problems := problemsOf(t, policy+"wrappers: {client: ["+strings.Join(many, ", ")+"]}\n"); len(problems) != 1 || !strings.Contains(problems[0].Message, "257 markers are too many") {
		t.Errorf("got %v", problems)
	}
}
