package signal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// shoutKind is all of a signal type, as its file would have it: shout.loud is true when a message of the user ends with a
// run of signs, and shout.NAME, declared with {words: [...]}, when one of its words stands in the body.
var shoutKind = kind{
	name:     "shout",
	builtins: []string{"loud"},
	builtin: func(*Builder, string) (evaluator, about) {
		return loud{}, about{whyNot: "a newer message may be quiet"}
	},
	declare: func(b *Builder, o *options) (evaluator, about) {
		if !o.only("words") {
			return nil, about{}
		}
		k := pattern{b.pattern(), everyone}
		for _, n := range o.strings("words") {
			_ = b.phrasesOf(k.in).Add(n.Text, k.number)
		}
		return everyone.finds(k.number)
	},
}

type loud struct{}

func (loud) value(st *State, in *Input) expr.Value {
	if in.Facts.Open {
		return expr.Unknown
	}
	var signs uint32
	for _, n := range st.last.counts.marks.Count {
		signs += n
	}
	return expr.Of(signs > 2)
}

func TestASignalTypeIsItsFileAndALineInTheRegistry(t *testing.T) {
	was := kinds
	kinds = append(kinds[:len(kinds):len(kinds)], shoutKind)
	t.Cleanup(func() { kinds = was })

	b := NewBuilder()
	declare(t, b, "shout", "help", `{"words": ["help me"]}`)
	builtin, _, ok := b.Lookup("shout.loud")
	if !ok || builtin.Monotone || builtin.WhyNot != "a newer message may be quiet" || builtin.Score {
		t.Errorf("the built-in one is %+v", builtin)
	}
	declared, _, ok := b.Lookup("shout.help")
	if !ok || !declared.Monotone || declared.Score {
		t.Errorf("the declared one is %+v", declared)
	}
	if _, hint, ok := b.Lookup("shout.lout"); ok || !strings.Contains(hint, "shout.loud") {
		t.Errorf("a name that is wrong is answered with %q", hint)
	}
	var ps tree.Problems
	b.Declare(node(t, `"shout"`), node(t, `"bad"`), node(t, `{"word": ["x"]}`), &ps)
	if ps.Err() == nil || !strings.Contains(ps.Err().Error(), `unknown key "word"`) {
		t.Errorf("a mistake in a declaration is told as %v", ps.Err())
	}

	set := b.Build()
	for i, want := range map[int]struct {
		scope, sees string
		placed      bool
	}{builtin.Index: {"", "any", false}, declared.Index: {"any", "any", true}} {
		scope, placed := set.Scope(i)
		if scope != want.scope || placed != want.placed || set.Sees(i) != want.sees {
			t.Errorf("%s has scope %q, %v, and sees %q", set.Name(i), scope, placed, set.Sees(i))
		}
	}
	st := set.NewState()
	for words, want := range map[string]string{
		"quietly": "", "loudly!!!": "shout.loud", "please help me": "shout.help", "Help! Me!!": "shout.loud shout.help",
	} {
		st.Reset()
		say(st, prompt.RoleUser, words)
		found := values(st, &prompt.Facts{UserTurns: 1, Messages: 1})
		for _, name := range []string{"shout.loud", "shout.help"} {
			if found[name] != strings.Contains(want, name) {
				t.Errorf("%s is %v for %q", name, found[name], words)
			}
		}
	}
}

// Whoever asks for the type of an evaluator knows a signal type that it should not: what is to be known of a signal
// stands in about.
func TestNobodyKnowsTypesOfSignals(t *testing.T) {
	packages, err := parser.ParseDir(token.NewFileSet(), ".", func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, 0)
	if err != nil {
		t.Fatal(err)
	}
	asserted := 0
	for name, file := range packages["signal"].Files {
		ast.Inspect(file, func(n ast.Node) bool {
			if a, ok := n.(*ast.TypeAssertExpr); ok {
				asserted++
				if s, ok := a.X.(*ast.SelectorExpr); ok && s.Sel.Name == "evaluator" {
					t.Errorf("%s asks for the type of an evaluator", name)
				}
			}
			return true
		})
	}
	if asserted == 0 {
		t.Error("no file was looked at: errors of package match are asserted in some")
	}
}
