package schema

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

var update = flag.Bool("update", false, "rewrite the published schemas and the tables of docs/policy.md")

// published compares a file with what it must say, or rewrites it.
func published(t *testing.T, file string, want []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the description says: run go test ./rules/schema -update", file)
	}
}

func TestThePublishedSchemasAreThoseOfTheDescription(t *testing.T) {
	published(t, "../../docs/policy.schema.json", Policy())
	published(t, "../../docs/policy.test.schema.json", Tests())
}

// compiled is a JSON Schema that judges documents.
func compiled(t testing.TB, schema []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// judge says what a schema finds wrong with a document, or nil.
func judge(t testing.TB, s *jsonschema.Schema, root *tree.Node) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(tree.Canonical(root)))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

// mistakes are what the compiler finds wrong.
func mistakes(t testing.TB, root *tree.Node) []tree.Problem {
	t.Helper()
	_, err := rules.Compile(root)
	if err == nil {
		return nil
	}
	problems, ok := err.(*tree.Problems)
	if !ok {
		t.Fatal(err)
	}
	return problems.List
}

func load(t testing.TB, name string, text []byte) *tree.Node {
	t.Helper()
	root, err := source.Load(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// examples are policies that together have every key.
func examples(t testing.TB) (roots []*tree.Node) {
	t.Helper()
	files, _ := filepath.Glob("../testdata/good/*.yaml")
	for _, file := range append(files, "../default.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		roots = append(roots, load(t, file, data))
	}
	if len(roots) < 4 {
		t.Fatal("too few policies")
	}
	return roots
}

// cheap makes policies compile fast: lists of subjects and intents take longer than all else, and have no part in their form.
var cheap = strings.NewReplacer("domain.math", "conversation.tools", "language.zh", "conversation.images")

// cheapExamples are the examples but for the default policy, for tests that change them a thousand times.
func cheapExamples(t testing.TB) (roots []*tree.Node) {
	t.Helper()
	files, _ := filepath.Glob("../testdata/good/*.yaml")
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		root := load(t, file, []byte(cheap.Replace(string(data))))
		if wrong := mistakes(t, root); wrong != nil {
			t.Fatalf("%s: %v", file, wrong)
		}
		roots = append(roots, root)
	}
	return roots
}

func TestGoodPoliciesAreGoodToTheSchema(t *testing.T) {
	s := compiled(t, Policy())
	for i, root := range examples(t) {
		if err := judge(t, s, root); err != nil {
			t.Errorf("policy %d: %v", i, err)
		}
		if wrong := mistakes(t, root); wrong != nil {
			t.Errorf("policy %d is not good at all: %v", i, wrong)
		}
	}
}

func TestFilesWithTestsAreGoodOrBadToTheirSchema(t *testing.T) {
	s := compiled(t, Tests())
	for text, good := range map[string]bool{
		"tests: [{name: a, prompt: b, expect: {flags: []}}]\n":                    true,
		"policy: default\ntests: [{name: a, body: '{', expect: {status: 400}}]\n": true,
		"policy: default\n": false,
		"tests: []\n":       false,
		"version: '1'\ntests: [{name: a, prompt: b, expect: {flags: []}}]\n": false,
		"tests: [{name: a, prompt: b, body: {}, expect: {flags: []}}]\n":     false,
	} {
		if err := judge(t, s, load(t, "x.test.yaml", []byte(text))); (err == nil) != good {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// place is a map of a policy that an object describes.
type place struct {
	object *Object
	node   *tree.Node
}

// places finds the maps below a value that objects describe.
func places(n *tree.Node, v Value, found []place) []place {
	if v.object == nil {
		return found
	}
	_, named := v.schema["additionalProperties"]
	switch {
	case n.Kind == tree.List, n.Kind == tree.Map && named:
		item := Value{object: v.object}
		for _, n := range n.Items {
			found = places(n, item, found)
		}
	case n.Kind == tree.Map:
		found = append(found, place{v.object, n})
		for i := range v.object.Keys {
			if m := n.Get(v.object.Keys[i].Name); m != nil {
				found = places(m, v.object.Keys[i].Value, found)
			}
		}
	}
	return found
}

// objects are all that the description has.
func objects() []*Object {
	var all []*Object
	var add func(o *Object)
	add = func(o *Object) {
		if slices.Contains(all, o) {
			return
		}
		all = append(all, o)
		for i := range o.Keys {
			if below := o.Keys[i].Value.object; below != nil {
				add(below)
			}
		}
	}
	add(&policy)
	return all
}

// vocabulary are the names of all keys anywhere.
func vocabulary() (names []string) {
	for _, o := range objects() {
		for i := range o.Keys {
			if !slices.Contains(names, o.Keys[i].Name) {
				names = append(names, o.Keys[i].Name)
			}
		}
	}
	return names
}

// with is a policy in which one map has other entries.
func with(n, at *tree.Node, change func(*tree.Node)) *tree.Node {
	c := *n
	if n == at {
		c.Keys, c.Items = slices.Clone(n.Keys), slices.Clone(n.Items)
		change(&c)
		return &c
	}
	c.Items = make([]*tree.Node, len(n.Items))
	for i, item := range n.Items {
		c.Items[i] = with(item, at, change)
	}
	return &c
}

// set gives a map an entry, in the place of one that it has. nil removes it.
func set(key string, value *tree.Node) func(*tree.Node) {
	return func(n *tree.Node) {
		for i, k := range n.Keys {
			if k.Text != key {
				continue
			}
			if value == nil {
				n.Keys, n.Items = slices.Delete(n.Keys, i, i+1), slices.Delete(n.Items, i, i+1)
			} else {
				n.Items[i] = value
			}
			return
		}
		if value != nil {
			n.Keys, n.Items = append(n.Keys, &tree.Node{Kind: tree.String, Text: key, Path: n.Path + tree.PathStep(key)}), append(n.Items, value)
		}
	}
}

// valueAt reads a value and gives it the path of a place.
func valueAt(t testing.TB, text, path string) *tree.Node {
	t.Helper()
	root := load(t, "value.yaml", []byte("v: "+text+"\n"))
	var move func(n *tree.Node)
	move = func(n *tree.Node) {
		n.Path = path + strings.TrimPrefix(n.Path, "$.v")
		for i, item := range n.Items {
			if n.Kind == tree.Map {
				n.Keys[i].Path = path + strings.TrimPrefix(n.Keys[i].Path, "$.v")
			}
			move(item)
		}
	}
	n := root.Get("v")
	move(n)
	return n
}

func TestEveryKeyStandsInSomePolicyAndEveryOtherKeyIsUnknownThere(t *testing.T) {
	seen := map[string]bool{}
	done := map[*Object]int{}
	names := append(vocabulary(), "zzz")
	for _, root := range examples(t) {
		for _, p := range places(root, object(&policy), nil) {
			for i := range p.object.Keys {
				if p.node.Get(p.object.Keys[i].Name) != nil {
					seen[p.object.Name+"."+p.object.Keys[i].Name] = true
				}
			}
			if done[p.object]++; done[p.object] > 3 {
				continue
			}
			known := map[string]bool{}
			for i := range p.object.Keys {
				known[p.object.Keys[i].Name] = true
			}
			value := &tree.Node{Kind: tree.Map}
			changed := with(root, p.node, func(n *tree.Node) {
				for _, name := range names {
					if n.Get(name) == nil && !(p.object == &policy && name == "extends") { // which brings the rest of another policy
						set(name, value)(n)
					}
				}
			})
			unknown := map[string]bool{}
			for _, m := range mistakes(t, changed) {
				if name, found := strings.CutPrefix(m.Message, "unknown key "); found && strings.HasPrefix(m.Path, p.node.Path) {
					name, _ = strconv.Unquote(name)
					unknown[name] = true
				}
				if m.Path == p.node.Path+tree.PathStep("conversation") && strings.HasPrefix(m.Message, "signals of type conversation are built in") {
					unknown["conversation"] = true
				}
				if name, found := strings.CutPrefix(m.Message, "unknown signal type "); found {
					name, _ = strconv.Unquote(name)
					unknown[name] = true
				}
			}
			for _, name := range names {
				if known[name] == unknown[name] {
					t.Errorf("%s (%s): the description knows %q: %v; the compiler: %v", p.node.Path, p.object.Name, name, known[name], !unknown[name])
				}
			}
		}
	}
	for _, o := range objects() {
		for i := range o.Keys {
			name := o.Name + "." + o.Keys[i].Name
			if strings.HasSuffix(name, ".replace") {
				name = "keyword.replace" // is read in one place for all types
			}
			if !seen[name] {
				t.Errorf("no policy of rules/testdata/good has %s", name)
			}
		}
	}
}

// The keys that the compiler reads stand in its source. One without a line in the description is a mistake of whoever adds it.
func TestEveryKeyThatTheCompilerReadsIsDescribed(t *testing.T) {
	names := vocabulary()
	for i := range testFile.Keys {
		names = append(names, testFile.Keys[i].Name)
	}
	files, _ := filepath.Glob("../*.go")
	more, _ := filepath.Glob("../internal/signal/*.go")
	found := 0
	for _, file := range append(files, more...) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "Map" && f.Sel.Name != "only" {
				return true
			}
			for _, arg := range call.Args {
				literal, ok := arg.(*ast.BasicLit)
				if !ok || literal.Kind != token.STRING {
					continue
				}
				found++
				if name, _ := strconv.Unquote(literal.Value); !slices.Contains(names, name) {
					t.Errorf("%s reads %q: rules/schema/keys.go does not describe it", file, name)
				}
			}
			return true
		})
	}
	if found < 80 {
		t.Errorf("only %d keys were found", found)
	}
}

// structural are mistakes that a schema can see, too. Others need to know the rest of the policy, such as names of models.
var structural = regexp.MustCompile(`^unknown key|is expected, not|is out of range|is not a whole number|" is missing|the list is empty|the string is empty|the map is empty|is negative|` +
	`cannot be a name|cannot stand in a header|cannot be a model's key|^unknown (way|choice|action|shape|reasoning level|use of the level|answer|caller|decision|kind of|signal type|in )|` +
	`^in must|in is empty|^bad (signal|header) name|is built in and cannot|exactly one of|over or under is missing|one of "prompt"|stands here twice|prefix is empty|can only be true|both deny and use|not by both`)

// known differences: the compiler is stricter, for reasons that JSON Schema cannot say without a list of its own.
var unseen = regexp.MustCompile(`^"(auto|tiny|small|large)" stands here twice`)

// compare judges a policy by both, and says where they differ.
func compare(t *testing.T, s *jsonschema.Schema, root *tree.Node, what string) (good bool) {
	t.Helper()
	wrong, err := mistakes(t, root), judge(t, s, root)
	if err != nil && len(wrong) == 0 {
		t.Errorf("%s: the compiler takes it, the schema does not: %v", what, err)
	}
	if slices.ContainsFunc(wrong, func(m tree.Problem) bool { return strings.HasPrefix(m.Message, "there is nothing to replace") }) {
		return false // what a replacement leaves to the other policy is missing, too
	}
	for _, m := range wrong {
		if err == nil && structural.MatchString(m.Message) && !unseen.MatchString(m.Message) {
			t.Errorf("%s: the schema takes it, the compiler does not: %v", what, m)
			break
		}
	}
	return len(wrong) == 0
}

// odd are values that most keys do not take; the first ones are tried where a key is absent, too.
var odd = []string{"null", "x", "{}", "7", "true", "-1", "0.5", `" "`, "[]", "[null]", "[x, x]", "{x: y}"}

func TestSchemaAndCompilerAgreeOnPoliciesWithOneChange(t *testing.T) {
	t.Parallel()
	s := compiled(t, Policy())
	done := map[string]int{}
	good, bad := 0, 0
	for _, root := range cheapExamples(t) {
		for _, p := range places(root, object(&policy), nil) {
			for i := range p.object.Keys {
				k := &p.object.Keys[i]
				id := fmt.Sprint(p.object.Name, ".", k.Name, p.node.Get(k.Name) == nil)
				if done[id]++; done[id] > 1 {
					continue
				}
				path := p.node.Path + tree.PathStep(k.Name)
				values := odd
				if p.node.Get(k.Name) == nil {
					values = odd[:3]
				}
				for _, text := range append([]string{"", k.Bad}, values...) {
					var value *tree.Node
					if text != "" {
						value = valueAt(t, text, path)
					}
					if compare(t, s, with(root, p.node, set(k.Name, value)), path+" = "+text) {
						good++
					} else {
						bad++
					}
				}
			}
		}
	}
	t.Logf("%d good, %d bad", good, bad)
	if good < 200 || bad < 1000 {
		t.Errorf("only %d good and %d bad policies were made", good, bad)
	}
}

func TestSchemaAndCompilerAgreeOnPoliciesWithSomeChanges(t *testing.T) {
	t.Parallel()
	s := compiled(t, Policy())
	roots := cheapExamples(t)
	names := vocabulary()
	r := rand.New(rand.NewSource(21))
	for range 400 {
		root := roots[r.Intn(len(roots))]
		what := ""
		for range 1 + r.Intn(3) {
			all := places(root, object(&policy), nil)
			p := all[r.Intn(len(all))]
			key := names[r.Intn(len(names))]
			if k := p.object.Keys; r.Intn(8) > 0 {
				key = k[r.Intn(len(k))].Name
			}
			path := p.node.Path + tree.PathStep(key)
			var value *tree.Node
			if text := odd[r.Intn(len(odd))]; r.Intn(4) > 0 {
				// What another place has under this key is often good here, too.
				value = valueAt(t, text, path)
				from := places(roots[r.Intn(len(roots))], object(&policy), nil)
				if other := from[r.Intn(len(from))]; r.Intn(2) > 0 && other.object == p.object && other.node.Get(key) != nil {
					value = other.node.Get(key)
				}
			}
			what += " " + path
			root = with(root, p.node, set(key, value))
		}
		compare(t, s, root, what)
	}
}
