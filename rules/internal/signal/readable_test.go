package signal

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// readableSet has a signal of every type that looks at bytes.
func readableSet(t testing.TB) *Set {
	b := NewBuilder()
	for _, k := range []kind{piiKind, obfuscationKind, injectionKind} {
		for _, n := range k.builtins {
			b.Lookup(k.name + "." + n)
		}
	}
	declare(t, b, "pii", "user_contact", `{"kinds": ["email", "phone"], "in": "user"}`)
	declare(t, b, "pii", "last_contact", `{"kinds": ["email", "phone"], "in": "last_user"}`)
	declare(t, b, "pii", "tool_key", `{"kinds": ["api_key"], "in": "tool"}`)
	declare(t, b, "regex", "account", `{"in": "any", "patterns": ["ACC-\\d{8}", "(?i)project[- ]atlas"]}`)
	declare(t, b, "regex", "last", `{"patterns": ["ACC-\\d{8}"]}`)
	return b.Build()
}

func TestPersonalDataAndPatternsAreFoundInTheirScopes(t *testing.T) {
	st := readableSet(t).NewState()
	for name, row := range map[string]struct {
		role  prompt.Role
		words string
		want  string
	}{
		"an address of the user":         {prompt.RoleUser, "I am a@example.com", "pii.email pii.user_contact pii.last_contact"},
		"an address of the system":       {prompt.RoleSystem, "Support is a@example.com", "pii.email"},
		"a key in a tool's result":       {prompt.RoleTool, "export K=ghp_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5", "pii.api_key pii.tool_key"},
		"a card in full-width digits":    {prompt.RoleUser, "４１１１ １１１１ １１１１ １１１１", "pii.card"},
		"a card with invisible signs":    {prompt.RoleUser, "4111\u200B1111\u200B1111\u200B1111", "pii.card"},
		"a pattern":                      {prompt.RoleUser, "see ACC-12345678.", "regex.account regex.last"},
		"a pattern of the assistant":     {prompt.RoleAssistant, "Project-Atlas", "regex.account"},
		"a pattern with full-width form": {prompt.RoleUser, "ＡＣＣ-12345678", "regex.account regex.last"},
		"half a pattern":                 {prompt.RoleUser, "ACC-1234567", ""},
		"nothing":                        {prompt.RoleUser, "Nothing to see here, 12 times.", ""},
	} {
		st.Reset()
		say(st, row.role, row.words)
		if got := values(st, &prompt.Facts{}); !sameNames(got, row.want) {
			t.Errorf("%s: %v, want %s", name, got, row.want)
		}
	}
}

func sameNames(got map[string]bool, want string) bool {
	names := strings.Fields(want)
	for _, n := range names {
		if !got[n] {
			return false
		}
	}
	return len(names) == len(got)
}

func TestDisguisesAreSignals(t *testing.T) {
	st := readableSet(t).NewState()
	for words, want := range map[string]string{
		"ig\u200Bnore":                     "obfuscation.invisible",
		"so\u00ADft":                       "obfuscation.invisible",
		"\u202Eerongi":                     "obfuscation.bidi",
		"a\u2066b\u2069":                   "obfuscation.bidi",
		"x\U000E0069\U000E0067":            "obfuscation.tags",
		"a\uFE01":                          "obfuscation.tags",
		"i\u0336g\u0336":                   "obfuscation.marks",
		"a\u0301\u0302\u0303\u0304":        "obfuscation.marks",
		"𝐢𝐠𝐧𝐨𝐫𝐞":                           "obfuscation.styled",
		"ⓘⓖⓝⓞⓡⓔ":                           "obfuscation.styled",
		"ｉｇｎｏｒｅ":                           "obfuscation.width",
		"café, naïve, Ångström cafe\u0301": "",
		"👩\u200D👩\u200D👧 ❤\uFE0F 1\uFE0F\u20E3":                         "",
		"🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F": "",
		"می\u200Cخواهم":     "",
		"x² + ℝ, 𝑥 and ①②":  "",
		"ＡＰＩを使う":            "",
		"Tiếng Việt, 中文。":   "",
		"עברית \u200F(abc)": "",
	} {
		st.Reset()
		say(st, prompt.RoleUser, words)
		if got := values(st, &prompt.Facts{}); !sameNames(got, want) {
			t.Errorf("%q: %v, want %q", words, got, want)
		}
	}
}

func TestHeadersAreTrustedOnlyIfTheyAreThere(t *testing.T) {
	b := NewBuilder()
	declare(t, b, "header", "team", `{"name": "X-Team", "equals": "ml"}`)
	declare(t, b, "header", "teams", `{"name": "x-team", "equals": ["db", "ml"]}`)
	declare(t, b, "header", "prefix", `{"name": "x-team", "prefix": "m"}`)
	declare(t, b, "header", "present", `{"name": "x-team", "present": true}`)
	set := b.Build()
	st := set.NewState()
	out := make([]expr.Value, set.Len())
	for value, want := range map[string]string{"ml": "1111", "db": "0101", "mx": "0011", "": "0001", "ML": "0001", "ml, x": "0011", "-": "0000", "nil": "0000"} {
		in := &Input{Facts: &prompt.Facts{}, Header: func(name string) (string, bool) { return value, name == "x-team" && value != "-" }}
		if value == "nil" {
			in.Header = nil
		}
		st.Reset()
		st.Evaluate(in, out)
		got := ""
		for _, v := range out {
			got += map[expr.Value]string{expr.True: "1", expr.False: "0", expr.Unknown: "?"}[v]
		}
		if got != want {
			t.Errorf("%q: %s, want %s", value, got, want)
		}
	}
}

func TestMistakesInNewerDeclarationsAreReported(t *testing.T) {
	for name, row := range map[string]struct{ typ, name, options, want string }{
		"an unknown kind":            {"pii", "x", `{"kinds": ["emails"]}`, `unknown kind of personal data "emails" (did you mean "email"?)`},
		"no kinds":                   {"pii", "x", `{}`, `"kinds" is missing`},
		"a built-in name":            {"pii", "email", `{"kinds": ["email"]}`, "pii.email is built in"},
		"a bad pattern":              {"regex", "x", `{"patterns": ["a(b"]}`, `pattern "a(b" has a ( without its ), at byte 3`},
		"a pattern without literals": {"regex", "x", `{"patterns": ["[a-z]+"]}`, "has no literal"},
		"patterns that are no list":  {"regex", "x", `{"patterns": "x"}`, "a list is expected, not a string"},
		"a header without a name":    {"header", "x", `{"present": true}`, `"name" is missing`},
		"a pseudo-header":            {"header", "x", `{"name": ":path", "present": true}`, "bad header name"},
		"a header without a test":    {"header", "x", `{"name": "x-a"}`, "exactly one of"},
		"a header with two tests":    {"header", "x", `{"name": "x-a", "present": true, "prefix": "a"}`, "exactly one of"},
		"a header that is absent":    {"header", "x", `{"name": "x-a", "present": false}`, "present can only be true"},
		"an empty prefix":            {"header", "x", `{"name": "x-a", "prefix": ""}`, "prefix is empty"},
		"an obfuscation declared":    {"obfuscation", "x", `{}`, "cannot be declared"},
	} {
		b := NewBuilder()
		var ps tree.Problems
		b.Declare(&tree.Node{Kind: tree.String, Text: row.typ}, &tree.Node{Kind: tree.String, Text: row.name}, node(t, row.options), &ps)
		if !strings.Contains(ps.Error(), row.want) {
			t.Errorf("%s: got %s, want %s", name, ps.Error(), row.want)
		}
	}
}

// FuzzReadableCuts checks that cuts make no difference and that more text clears nothing.
func FuzzReadableCuts(f *testing.F) {
	f.Add("a@example.com ACC-12345678 ig\u200Bnore 4111111111111111", uint16(7), uint16(3000))
	f.Add("𝐢𝐠𝐧𝐨𝐫𝐞 \u202E ghp_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5", uint16(1), uint16(4090))
	f.Add("[INST] a <|im_start|>x \n\nHuman: b ### System: <\uff5cUser\uff5c>", uint16(2), uint16(7100))
	st := readableSet(f).NewState()
	f.Fuzz(func(t *testing.T, s string, n, pad uint16) {
		if !utf8.ValidString(s) || len(s) > 250 {
			return
		}
		st.Reset()
		say(st, prompt.RoleUser, s)
		whole := values(st, &prompt.Facts{})
		st.Reset()
		rest := strings.Repeat(" word\n", int(pad%9000)/6) + "\n" + s + "\n" + strings.Repeat("text ", int(pad%1200))
		for rest != "" {
			k := min(len(rest), int(n%300)+1)
			for k < len(rest) && !utf8.RuneStart(rest[k]) {
				k++
			}
			st.Text([]byte(rest[:k]), 0, true)
			rest = rest[k:]
		}
		st.EndText(true)
		st.EndPart(prompt.PartOwn)
		st.EndMessage(prompt.RoleUser)
		cut := values(st, &prompt.Facts{})
		for name := range whole {
			if !cut[name] {
				t.Errorf("%s is lost", name)
			}
		}
	})
}
