package rules

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// defaultVersion is what policies pin.
func defaultVersion(t testing.TB) string { return defaultTable(t).Version() }

// base is a small policy to extend; its hash is for pins.
const base = `
version: "7"
models: {a: {cluster: a, tier: 2}, b: {cluster: b}}
signals:
  keyword: {bad: {in: any, words: [bad]}, worse: {in: tool, words_of: bad}, story: {words: [story]}, idle: {words: [idle]}}
guards:
  - {name: bad, when: keyword.bad or keyword.worse, flag: naughty, only: [a], use: a}
  - {name: flagged, when: keyword.worse}
routes: [{name: stories, when: keyword.story, use: b}]
default: b
trust: end_users
tests: [{name: t, prompt: bad, expect: {decision: bad}}]
`

// files are policies beside the one that is compiled.
type files map[string]string

func (f files) open(name string) (*tree.Node, error) {
	text, ok := f[name]
	if !ok {
		return nil, os.ErrNotExist
	}
	return source.Load(name, []byte(text))
}

func extending(t testing.TB, text string, f files) (*Table, []tree.Problem) {
	t.Helper()
	root, err := source.Load("policy.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	table, err := CompileWith(root, f.open)
	if err != nil {
		return nil, err.(*tree.Problems).List
	}
	return table, nil
}

func TestAPolicyTakesOverWhatItDoesNotSay(t *testing.T) {
	hash := compileYAML(t, base).Hash()
	f := files{"base.yaml": base}
	decide := func(table *Table, prompt string) string {
		s := table.NewSession(0)
		s.Feed([]byte(`{"messages":[{"role":"user","content":` + strconv.Quote(prompt) + `}]}`))
		d := s.Close()
		model := "nobody"
		if d.Model != nil {
			model = d.Model.Key
		}
		return d.Name + " " + model + " [" + strings.Join(d.Flags, " ") + "]"
	}
	for _, tt := range []struct {
		name, policy string
		want         map[string]string // prompts and what is decided
		warnings     []string
	}{
		{"all of it", "version: \"1\"\n", map[string]string{"bad": "bad a [naughty]", "a story": "stories b []", "hi": "default b []"}, nil},
		{"guards, with models of its own", "version: \"1\"\nmodels: {a: {cluster: x}, c: {cluster: y}}\ndefault: c\n",
			map[string]string{"bad": "bad a [naughty]", "a story": "default c []"}, nil},
		{"what a guard looks for, and not what comes of it", "version: \"1\"\nmodels: {c: {cluster: y}}\nguards: [{name: bad, replace: true, deny: {code: no}}]\ndefault: c\n",
			map[string]string{"bad": "bad nobody [naughty]", "hi": "default c []"}, []string{`4:17: $.guards[0].name: guard "bad" replaces that of base.yaml@`}},
		{"nothing of a guard", "version: \"1\"\nguards: [{name: bad, when: size.long, flag: told, replace: true}]\nsignals: {size: {long: {over: 5}}}\n",
			map[string]string{"bad": "default b []", "bad and bad again or not": "default b [told]", "a story": "stories b []"}, nil},
		{"guards, before its own", "version: \"1\"\nsignals: {keyword: {mine: {in: any, words: [mine]}}}\nguards: [{name: mine, when: keyword.mine, use: b}]\n",
			map[string]string{"mine is bad": "bad a [naughty mine]", "mine": "mine b [mine]"}, nil},
		{"signals that no guard goes by, unless it has them", "version: \"1\"\nsignals: {keyword: {story: {words: [tale]}}}\n",
			map[string]string{"a story": "default b []", "a tale": "stories b []"}, []string{}},
		{"signals that guards go by, unless it says so", "version: \"1\"\nsignals: {keyword: {bad: {in: any, words: [evil], replace: true}}}\n",
			map[string]string{"bad": "default b []", "evil": "bad a [naughty]"}, []string{`3:21: $.signals.keyword.bad: signal "keyword.bad" replaces that of base.yaml@`}},
		{"routes, unless it has some", "version: \"1\"\nroutes: [{name: mine, when: keyword.story, use: a}]\n",
			map[string]string{"a story": "mine a []", "bad story": "bad a [naughty]"}, nil},
		{"whom to trust, and says where it differs", "version: \"1\"\ntrust: applications\n", nil, []string{`3:8: $.trust: "trust" differs from that of base.yaml@`}},
		{"what guards go by, and says where it has more", "version: \"1\"\nallow: [token_ids]\ntrust: end_users\n", nil, []string{`3:8: $.allow: "allow" differs from that of base.yaml@`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(tt.policy, "\n", "\nextends: base.yaml@"+hash[:16]+"\n", 1)
			table, wrong := extending(t, text, f)
			if wrong != nil {
				t.Fatal(wrong)
			}
			for prompt, want := range tt.want {
				if got := decide(table, prompt); got != want {
					t.Errorf("%q: %s, want %s", prompt, got, want)
				}
			}
			var said []string
			for _, w := range table.Warnings() {
				said = append(said, w.String())
			}
			for _, want := range tt.warnings {
				if !strings.Contains(strings.Join(said, "\n"), want) {
					t.Errorf("%q is not said, but %q", want, said)
				}
			}
			if tt.warnings != nil && len(tt.warnings) != len(said) {
				t.Errorf("it is warned of %q", said)
			}
			if len(table.TestNames()) != 0 {
				t.Error("the tests of the other policy are taken over")
			}
			// Put together beforehand it is the same policy, and extends none.
			root, err := source.Load("policy.yaml", []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			whole, err := Extend(root, f.open)
			if err != nil {
				t.Fatal(err)
			}
			if whole.Get("extends") != nil || compileTree(t, whole).Hash() != table.Hash() {
				t.Error("put together it is another policy")
			}
			again, err := tree.ParseJSON(source.JSON(whole))
			if err != nil || compileTree(t, again).Hash() != table.Hash() {
				t.Errorf("printed it is another policy: %v", err)
			}
		})
	}
}

func TestTheDefaultPolicyCanBeExtendedWithoutAnyFile(t *testing.T) {
	version, hash := defaultVersion(t), defaultTable(t).Hash()
	for _, pin := range []string{version, version + "+" + hash[:16], version + "+" + hash, hash[:20]} {
		table := compileYAML(t, "version: \""+version+"\"\nextends: default@"+pin+"\n")
		if table.Hash() != hash {
			t.Errorf("default@%s is another policy", pin)
		}
	}
	// As the proxy has it: JSON, in which nothing has a line.
	root, err := tree.ParseJSON([]byte(`{"version":"1","extends":"default@` + version + `","models":{"m":{"cluster":"c"}},"default":"m"}`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compile(root)
	if want := `$.extends: guard "guardrails" of default@` + version + ` names models that this policy does not have: gpt-oss-20b, kimi-k2-thinking (give it models of your own:`; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}

func TestMistakesInWhatExtends(t *testing.T) {
	hash := compileYAML(t, base).Hash()[:16]
	version := defaultVersion(t)
	pinned := "extends: base.yaml@" + hash + "\n"
	f := files{
		"base.yaml":     base,
		"dir/mid.yaml":  "version: \"2\"\nextends: ../base.yaml@" + hash + "\n",
		"loop.yaml":     "extends: loop.yaml@0123456789abcdef\n",
		"broken.yaml":   "models: {a: {clustr: a}}\ndefault: b\n",
		"nonsense.yaml": "a: [\n",
	}
	if _, wrong := extending(t, "extends: dir/mid.yaml@"+compileWith(t, f, "dir/mid.yaml")+"\n", f); wrong != nil {
		t.Errorf("a chain: %v", wrong)
	}
	for _, tt := range []struct{ name, policy, want string }{
		{"nothing pins the default policy", "extends: default\n", `1:10: $.extends: "default" may change with the next release, and this policy with it (write extends: default@` + version + ")"},
		{"another version", "extends: default@2020.1.1\n", `1:10: $.extends: the default policy here is ` + version + `, not 2020.1.1 (look at what has changed in it, then say extends: default@` + version + ")"},
		{"another hash", "extends: default@" + version + "+0123456789abcdef\n", "1:10: $.extends: the default policy here is " + defaultTable(t).Hash()[:16] + ", not 0123456789abcdef"},
		{"no hash", "extends: default@" + version + "+01234\n", `1:10: $.extends: "01234" is no hash (write 16 or more`},
		{"an empty hash", "extends: default@" + version + "+\n", `1:10: $.extends: "" is no hash`},
		{"a file whose name has a space", "extends: my base.yaml@" + hash + "\n", `1:10: $.extends: "my base.yaml" cannot be extended`},
		{"no text", "extends: [default]\n", "1:10: $.extends: a string is expected, not a list"},
		{"nothing pins a file", "extends: base.yaml\n", `1:10: $.extends: "base.yaml" may change, and this policy with it (write extends: base.yaml@HASH`},
		{"a file with a short hash", "extends: base.yaml@" + hash[:15] + "\n", `1:10: $.extends: "base.yaml" may change`},
		{"a file with another hash", "extends: base.yaml@0123456789abcdef\n", "1:10: $.extends: base.yaml has the hash " + hash + ", not 0123456789abcdef"},
		{"a file that is not there", "extends: nowhere.yaml@0123456789abcdef\n", `1:10: $.extends: "nowhere.yaml" cannot be extended: file does not exist`},
		{"a file with mistakes", "extends: broken.yaml@0123456789abcdef\n", `1:10: $.extends: "broken.yaml" cannot be extended: 1:13: $.models.a: "cluster" is missing (name the proxy's cluster that serves a), and more (rules check broken.yaml says more)`},
		{"a file that is no policy", "extends: nonsense.yaml@0123456789abcdef\n", `1:10: $.extends: "nonsense.yaml" cannot be extended: 2:1: `},
		{"a file that extends itself", "extends: loop.yaml@0123456789abcdef\n", `more than 8 policies extend one another (one of them may extend itself)`},
		{"a guard of the same name", pinned + "guards:\n  - {name: bad, when: keyword.story}\n", `3:12: $.guards[0].name: guard "bad" stands in base.yaml@` + hash + `, too (say replace: true to put yours in its place, or choose another name)`},
		{"a guard that replaces nothing", pinned + "guards:\n  - {name: baad, when: keyword.bad, replace: true}\n", `3:12: $.guards[0].name: there is no guard "baad" in base.yaml@` + hash + ` to replace (did you mean "bad"?)`},
		{"a guard that does not replace", pinned + "guards:\n  - {name: bad, when: keyword.bad, replace: false}\n", "3:45: $.guards[0].replace: replace can only be true"},
		{"a guard that replaces twice", pinned + "guards:\n  - {name: bad, replace: true}\n  - {name: bad, when: keyword.bad, replace: true}\n", `4:12: $.guards[1].name: a rule named "bad" stands at $.guards[0] already`},
		{"a signal that a guard goes by", pinned + "signals:\n  keyword:\n    bad: {in: any, words: [x]}\n", `4:5: $.signals.keyword.bad: signal "keyword.bad" stands in base.yaml@` + hash + `, and guard "bad" goes by it (say replace: true in yours`},
		{"a signal that replaces nothing", pinned + "signals:\n  keyword:\n    mine: {words: [x], replace: true}\n", `4:5: $.signals.keyword.mine: there is no signal "keyword.mine" in base.yaml@` + hash + ` to replace`},
		{"a signal that does not replace", pinned + "signals:\n  keyword:\n    story: {words: [x], replace: maybe}\n", "4:34: $.signals.keyword.story.replace: replace can only be true"},
		{"a signal that could not guard", pinned + "signals:\n  keyword:\n    bad: {words: [x], replace: true}\n", `1:10: $.extends.guards[0].when: signal "keyword.bad" cannot guard`},
		{"models that guards name", pinned + "models: {c: {cluster: c}}\ndefault: c\n", `1:10: $.extends: guard "bad" of base.yaml@` + hash + ` names models that this policy does not have: a (give it models of your own: guards: [{name: bad, replace: true, only: […], use: …}]; what it looks for stays)`},
		{"models without a default", pinned + "models: {a: {cluster: c}}\n", `1:1: $: "default" is missing`},
		{"a mistake of its own, too", pinned + "models: {c: {clustr: c}}\ndefault: c\n", `2:14: $.models.c.clustr: unknown key "clustr"`},
		{"nothing to replace a guard of", "models: {a: {cluster: a}}\ndefault: a\nsignals: {keyword: {k: {in: any, words: [k], replace: true}}}\nguards: [{name: g, when: keyword.k, replace: true}]\n", "4:46: $.guards[0].replace: there is nothing to replace: this policy extends no other (remove it)"},
		{"nothing to replace a signal of", "models: {a: {cluster: a}}\ndefault: a\nsignals: {keyword: {k: {in: any, words: [k], replace: true}}}\nguards: [{name: g, when: keyword.k}]\n", "3:55: $.signals.keyword.k.replace: there is nothing to replace"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, wrong := extending(t, tt.policy, f)
			var said []string
			for _, p := range wrong {
				said = append(said, p.Error())
			}
			if !strings.Contains(strings.Join(said, "\n"), tt.want) {
				t.Errorf("got  %s\nwant %s", strings.Join(said, "\n"), tt.want)
			}
		})
	}
	root, err := source.Load("policy.yaml", []byte(pinned))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Compile(root); err == nil || !strings.Contains(err.Error(), "a policy that extends a file has to be put together first (rules json does: give the proxy what it prints)") {
		t.Errorf("in the proxy: %v", err)
	}
	if !ExtendsFile(root) || ExtendsFile(&tree.Node{Kind: tree.Map}) {
		t.Error("what extends a file is not told from what does not")
	}
}

// compileWith is the hash of a file's policy.
func compileWith(t *testing.T, f files, name string) string {
	t.Helper()
	root, err := f.open(name)
	if err != nil {
		t.Fatal(err)
	}
	// Names are seen from the folder of the policy that is compiled.
	table, err := CompileWith(root, func(n string) (*tree.Node, error) { return f.open(strings.TrimPrefix(n, "../")) })
	if err != nil {
		t.Fatal(err)
	}
	return table.Hash()[:16]
}

func TestAPolicyThatExtendsIsNeverMoreThanItsParts(t *testing.T) {
	data, err := os.ReadFile("testdata/good/extends.yaml")
	if err != nil {
		t.Fatal(err)
	}
	table := compileYAML(t, string(data))
	for _, name := range []string{"guardrails", "suspicion", "indirect", "operator", "template", "secret"} {
		found := false
		for i := range table.guards {
			found = found || table.guards[i].name == name
		}
		if !found {
			t.Errorf("there is no guard %s", name)
		}
	}
	for i := range table.signals.Len() {
		if table.signals.Name(i) == "keyword.nothing" {
			t.Error("there is a signal that nobody declared")
		}
	}
	if f := table.RunTests(); f != nil {
		t.Error(f)
	}
}
