package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/mom-router/mom-router/rules/tree"
)

func TestYAMLBecomesJSON(t *testing.T) {
	for _, tt := range []struct{ name, yaml, json string }{
		{"words that YAML 1.1 took for booleans are words", "[yes, no, on, off, y, n, Yes, NO]", `["yes","no","on","off","y","n","Yes","NO"]`},
		{"true and false are booleans", "[true, False, TRUE]", `[true,false,true]`},
		{"a quoted boolean is a word", `["true", 'false']`, `["true","false"]`},
		{"nothing is null", "{a: , b: ~, c: null}", `{"a":null,"b":null,"c":null}`},
		{"numbers are numbers in their shortest form", "[1, -2, 0.20, 1e3, 131072, -0]", `[1,-2,0.2,1000,131072,0]`},
		{"versions, dates and times are words", "[1.2.3, 2026-11-22, 12:30, 1_000, 0x, e5, '-', .]", `["1.2.3","2026-11-22","12:30","1_000","0x","e5","-","."]`},
		{"a quoted number is a word", `"12"`, `"12"`},
		{"keys are words whatever they look like", "{1: a, true: b, null: c}", `{"1":"a","null":"c","true":"b"}`},
		{"block scalars are words", "a: |\n  x\n  y\nb: >\n  1\n", `{"a":"x\ny\n","b":"1\n"}`},
		{"comments are dropped", "a: 1 # one\n# two\n", `{"a":1}`},
		{"other scripts stay", "{a: 分析}", `{"a":"分析"}`},
		{"JSON is YAML, too", `{"a": ["b", 1, {"c": null}]}`, `{"a":["b",1,{"c":null}]}`},
		{"one document with markers is one document", "---\na: 1\n...\n", `{"a":1}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, err := Load("p.yaml", []byte(tt.yaml))
			if err != nil {
				t.Fatal(err)
			}
			if got := string(JSON(n)); got != tt.json {
				t.Errorf("got %s, want %s", got, tt.json)
			}
		})
	}
}

func TestRefusedSources(t *testing.T) {
	for _, tt := range []struct {
		name, file, text string
		line, column     int
		message          string
	}{
		{"an empty file", "p.yaml", "", 1, 1, "empty"},
		{"a file of comments", "p.yaml", "# nothing\n", 1, 1, "empty"},
		{"a duplicate key", "p.yaml", "a: 1\nb:\n  c: 1\n  c: 2\n", 4, 3, `"c" stands in this map already, at line 3`},
		{"a duplicate key in quotes", "p.yaml", "{a: 1, \"a\": 2}", 1, 9, "already"},
		{"a second document", "p.yaml", "a: 1\n---\nb: 2\n", 2, 1, "second document"},
		{"an anchor", "p.yaml", "a: &x 1", 1, 4, "anchors"},
		{"an alias", "p.yaml", "a: &x 1\nb: *x", 1, 4, "anchors"},
		{"a merge key", "p.yaml", "a:\n  <<: {b: 1}", 2, 3, "merge"},
		{"a tag", "p.yaml", "a: !!binary aGk=", 1, 4, "tag"},
		{"a tag on a map", "p.yaml", "a: !point {x: 1}", 1, 4, "tag"},
		{"a map as a key", "p.yaml", "{[1]: a}", 1, 2, "key must be a string"},
		{"a hexadecimal number", "p.yaml", "a: 0x1F", 1, 4, "not a number that JSON knows"},
		{"an octal number", "p.yaml", "a: 0o17", 1, 4, "not a number"},
		{"a leading zero", "p.yaml", "a: 007", 1, 4, "not a number"},
		{"a plus sign", "p.yaml", "a: +1", 1, 4, "not a number"},
		{"a number without digits before the point", "p.yaml", "a: .5", 1, 4, "not a number"},
		{"a number without digits behind the point", "p.yaml", "a: 5.", 1, 4, "not a number"},
		{"infinity", "p.yaml", "a: -.inf", 1, 4, "not a number"},
		{"a tab in the indentation", "p.yaml", "a:\n \tb: 1\n", 2, 2, "tab"},
		{"an open bracket", "p.yaml", "a: 1\nb: [1, 2\n", 2, 1, "not YAML"},
		{"bad indentation", "p.yaml", "a: 1\n b: 2\n", 2, 1, "not YAML"},
		{"bytes that are no UTF-8", "p.yaml", "a: 1\nb: é\xff", 2, 5, "UTF-8"},
		{"UTF-16", "p.yaml", "\xff\xfea\x00", 1, 1, "UTF-8"},
		{"deep nesting", "p.yaml", strings.Repeat("[", 200) + strings.Repeat("]", 200), 1, 102, "deeper"},
		{"JSON with a duplicate member", "p.json", "{\"a\": 1,\n \"a\": 2}", 2, 2, "not JSON"},
		{"JSON with a comment", "p.json", "{\"a\": 1} // one", 1, 10, "not JSON"},
		{"JSON that ends early", "p.JSON", "{\"a\":\n", 2, 1, "not JSON"},
	} {
		t.Run(tt.name+" is refused", func(t *testing.T) {
			n, err := Load(tt.file, []byte(tt.text))
			var problems *tree.Problems
			if !errors.As(err, &problems) {
				t.Fatalf("got %v, %v; want problems", n, err)
			}
			p := problems.List[0]
			if p.Line != tt.line || p.Column != tt.column || !strings.Contains(p.Message, tt.message) {
				t.Errorf("got %d:%d %q, want %d:%d %q", p.Line, p.Column, p.Message, tt.line, tt.column, tt.message)
			}
		})
	}
}

func TestASourceThatIsTooLargeIsRefused(t *testing.T) {
	if _, err := Load("p.yaml", make([]byte, MaxSize+1)); err == nil || !strings.Contains(err.Error(), "16 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestAllMistakesAreReportedAtOnce(t *testing.T) {
	_, err := Load("p.yaml", []byte("a: &x 1\nb: 0x1\na: 2\n"))
	var problems *tree.Problems
	if !errors.As(err, &problems) || len(problems.List) != 3 {
		t.Errorf("got %v", err)
	}
}

// Every value knows where it stands, in YAML and in the JSON of the same text.
func TestPositions(t *testing.T) {
	text := `{"models": {"deep-seek v3.2": {"tier": 1}},
  "guards": [{"when":
      "a.a or b.b"}, "é", null]}`
	for _, file := range []string{"p.yaml", "p.json"} {
		t.Run(file, func(t *testing.T) {
			root, err := Load(file, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			for _, tt := range []struct {
				node         *tree.Node
				path         string
				line, column int
			}{
				{root, "$", 1, 1},
				{root.Keys[0], "$.models", 1, 3},
				{root.Get("models").Get("deep-seek v3.2").Get("tier"), `$.models["deep-seek v3.2"].tier`, 1, 40},
				{root.Get("guards"), "$.guards", 2, 13},
				{root.Get("guards").Items[0].Keys[0], "$.guards[0].when", 2, 16},
				{root.Get("guards").Items[0].Get("when"), "$.guards[0].when", 3, 8},
				{root.Get("guards").Items[1], "$.guards[1]", 3, 23},
				{root.Get("guards").Items[2], "$.guards[2]", 3, 27},
			} {
				if n := tt.node; n.Path != tt.path || n.Line != tt.line || n.Column != tt.column {
					t.Errorf("got %s at %d:%d, want %s at %d:%d", n.Path, n.Line, n.Column, tt.path, tt.line, tt.column)
				}
			}
		})
	}
}

func TestBlockStyleHasPositionsToo(t *testing.T) {
	root, err := Load("p.yaml", []byte("guards:\n  - name: x\n    when: 'a.a'\n"))
	if err != nil {
		t.Fatal(err)
	}
	when := root.Get("guards").Items[0].Get("when")
	if when.Line != 3 || when.Column != 12 {
		t.Errorf("at %d:%d", when.Line, when.Column)
	}
}

// What is accepted is a tree that JSON can say, and says the same when read again.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{"a: 1", "a: [yes, 0x1, .5]", "- &a b\n- *a", "{a: {b: 'c'}, \"d\\u00e9\": ~}", "a: |\n x\n", "--- 1\n--- 2", "\t", "? a\n: b", "\"\\x01\\u007f\\n\\\"\"", "1e400", "<<: {}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		root, err := Load("p.yaml", data)
		if err != nil {
			var problems *tree.Problems
			if !errors.As(err, &problems) || len(problems.List) == 0 {
				t.Fatalf("bad error %#v", err)
			}
			for _, p := range problems.List {
				if p.Line < 1 || p.Column < 1 || p.Message == "" || strings.Contains(p.Message, "\n") {
					t.Fatalf("bad problem %#v", p)
				}
			}
			return
		}
		text := JSON(root)
		if !json.Valid(text) {
			t.Fatalf("%q became %q", data, text)
		}
		again, err := Load("p.json", text)
		if err != nil {
			t.Fatalf("%q became %q: %v", data, text, err)
		}
		if !bytes.Equal(JSON(again), text) {
			t.Fatalf("%q reads as %q", text, JSON(again))
		}
	})
}

// The library is trusted with syntax only; that it sees the same scalars as this
// package is checked here.
func TestScalarsAgreeWithTheLibrary(t *testing.T) {
	for _, word := range []string{"1", "-1", "1.5", "1e3", "true", "null", "~", "abc", "1.2.3", "0.1e-2", "''", "\"x\""} {
		var loose any
		if err := yaml.Unmarshal([]byte("["+word+"]"), &loose); err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal(loose)
		n, err := Load("p.yaml", []byte("["+word+"]"))
		if err != nil {
			t.Fatal(err)
		}
		if got := JSON(n); string(got) != string(want) {
			t.Errorf("%s is %s, the library says %s", word, got, want)
		}
	}
}
