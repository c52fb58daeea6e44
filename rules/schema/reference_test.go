package schema

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

const reference = "../../docs/policy.md"

// The tables of keys stand between these two lines.
const (
	begin = "<!-- keys: made by go test ./rules/schema -update -->\n"
	end   = "<!-- /keys -->\n"
)

func TestTheReferenceHasEveryKeyWithWhatTheCompilerSays(t *testing.T) {
	data, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(data), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no place for the tables", reference)
	}
	roots := examples(t)
	var b strings.Builder
	for _, o := range objects() {
		b.WriteString("\n### " + o.Name + "\n\n" + o.Doc + "\n\n| key | value | default | meaning | refused |\n|---|---|---|---|---|\n")
		for i := range o.Keys {
			k := &o.Keys[i]
			holds := k.Default
			if k.Required {
				holds = "**required**"
			}
			if k.Unless != "" {
				holds += " without `" + k.Unless + "`"
			}
			value := k.Value.words
			if k.Unit != "" {
				value += "; " + k.Unit
			}
			bad, message := refused(t, roots, o, k)
			cells := []string{"`" + k.Name + "`", value, holds, k.Doc, "`" + bad + "`: " + message}
			for i := range cells {
				cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
			}
			b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		}
	}
	published(t, reference, []byte(before+begin+b.String()+"\n"+end+after))
}

// refused puts a bad value into a policy and returns what the compiler says there.
func refused(t *testing.T, roots []*tree.Node, o *Object, k *Key) (bad, message string) {
	t.Helper()
	for _, present := range []bool{true, false} {
		for _, root := range roots {
			for _, p := range places(root, object(&policy), nil) {
				if p.object != o || present != (p.node.Get(k.Name) != nil) {
					continue
				}
				path := p.node.Path + tree.PathStep(k.Name)
				for _, m := range mistakes(t, with(root, p.node, set(k.Name, valueAt(t, k.Bad, path)))) {
					if strings.HasPrefix(m.Path, path) {
						if m.Hint != "" {
							m.Message += " (" + m.Hint + ")"
						}
						return k.Bad, escapeTags.Replace(m.Message)
					}
				}
			}
		}
	}
	t.Errorf("%s.%s: %s is refused nowhere", o.Name, k.Name, k.Bad)
	return k.Bad, ""
}

// Markdown takes <a> for HTML.
var escapeTags = strings.NewReplacer("<", "&lt;", ">", "&gt;", "*", `\*`)

// asWritten are objects that the hash holds as they are written, so that only what comes of them can be compared.
var asWritten = map[string]bool{"keyword": true, "regex": true, "pii": true, "jailbreak": true, "wrappers": true}

func failures(table *rules.Table) (list []string) {
	for _, f := range table.RunTests() {
		list = append(list, f.Error())
	}
	return list
}

// A default in back quotes says the same as nothing.
func TestDefaultsAreWhatTheDescriptionSays(t *testing.T) {
	value := regexp.MustCompile("^`([^`]+)`$")
	checked := 0
	roots := examples(t)
	for _, o := range objects() {
		for i := range o.Keys {
			k := &o.Keys[i]
			m := value.FindStringSubmatch(k.Default)
			if m == nil {
				continue
			}
			tried := false
			for _, root := range roots {
				for _, p := range places(root, object(&policy), nil) {
					if p.object != o || tried {
						continue
					}
					without, err := rules.Compile(with(root, p.node, set(k.Name, nil)))
					if err != nil {
						continue // here it cannot be left out
					}
					said, err := rules.Compile(with(root, p.node, set(k.Name, valueAt(t, m[1], p.node.Path+tree.PathStep(k.Name)))))
					if err != nil {
						continue // or something here does not go with it
					}
					tried = true
					if asWritten[o.Name] {
						if one, other := fmt.Sprint(failures(without)), fmt.Sprint(failures(said)); one != other {
							t.Errorf("%s.%s, left out: %v; %s: %v", o.Name, k.Name, one, m[1], other)
						}
					} else if said.Hash() != without.Hash() {
						t.Errorf("%s.%s: without it holds something else than %s", o.Name, k.Name, m[1])
					}
				}
			}
			if checked++; !tried {
				t.Errorf("%s.%s: the default %s could not be tried", o.Name, k.Name, m[1])
			}
		}
	}
	if checked < 15 {
		t.Errorf("only %d defaults were tried", checked)
	}
}

// yamlOf are the blocks of YAML in the reference.
func yamlOf(t *testing.T) (blocks []string) {
	t.Helper()
	data, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(data), "```yaml\n")[1:] {
		block, _, _ := strings.Cut(part, "```\n")
		blocks = append(blocks, block)
	}
	return blocks
}

func TestTheSmallPolicyOfTheReferenceIsCompleteAndMeetsItsTests(t *testing.T) {
	root := load(t, "small.yaml", []byte(yamlOf(t)[0]))
	if err := judge(t, compiled(t, Policy()), root); err != nil {
		t.Error(err)
	}
	table, err := rules.Compile(root)
	if err != nil {
		t.Fatal(err)
	}
	if w := table.Warnings(); len(w) > 0 {
		t.Errorf("it is warned of %v", w)
	}
	tests, seen := table.Tests(), table.NewCoverage()
	for i := range tests.Names() {
		d, failure := tests.Run(i)
		if failure != nil {
			t.Error(failure.Error())
		}
		seen.Add(d)
	}
	if len(tests.Names()) < 4 {
		t.Errorf("it has %d tests", len(tests.Names()))
	}
}

func TestThePolicyOfTheReferenceThatExtendsAnotherOneIsRight(t *testing.T) {
	found := 0
	for _, block := range yamlOf(t) {
		if !strings.Contains(block, "\nextends: ") {
			continue
		}
		found++
		root := load(t, "extends.yaml", []byte(block))
		if err := judge(t, compiled(t, Policy()), root); err != nil {
			t.Error(err)
		}
		if wrong := mistakes(t, root); wrong != nil {
			t.Error(wrong)
		}
	}
	if found == 0 {
		t.Error("there is none")
	}
}

func TestThePublishedFilesNameTheirSchema(t *testing.T) {
	files := []string{"../default.yaml", reference}
	more, _ := filepath.Glob("../testdata/good/*.yaml")
	for _, file := range append(files, more...) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, line, found := strings.Cut(string(data), "# yaml-language-server: $schema=")
		line, _, _ = strings.Cut(line, "\n")
		if !found {
			t.Errorf("%s names no schema", file)
			continue
		}
		if line == ID {
			continue
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(file), line)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestFilesWithTestsOfTheReferenceAreGood(t *testing.T) {
	s := compiled(t, Tests())
	found := 0
	for _, block := range yamlOf(t) {
		root, err := source.Load("x.yaml", []byte(block))
		if err != nil || root.Get("tests") == nil || root.Get("models") != nil {
			continue
		}
		found++
		if err := judge(t, s, root); err != nil {
			t.Error(err)
		}
	}
	if found == 0 {
		t.Error("there is none")
	}
}
