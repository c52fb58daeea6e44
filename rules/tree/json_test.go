package tree_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/strictjson"
	"github.com/mom-router/mom-router/rules/tree"
)

func TestParseJSONKeepsOrderKindsAndPaths(t *testing.T) {
	root, err := tree.ParseJSON([]byte(` {"guards":[{"when":"a\u00e9","only":[]},null],"n":-1.50,"on":true,"off":false,"a b":0} `))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	dump(&b, root)
	want := `$ a map ""
$.guards a list ""
$.guards[0] a map ""
$.guards[0].when a string "aé"
$.guards[0].only a list ""
$.guards[1] null ""
$.n a number "-1.50"
$.on a boolean "true"
$.off a boolean "false"
$["a b"] a number "0"
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
	if got := root.Get("guards").Items[0].Get("when").Text; got != "aé" {
		t.Errorf("guards[0].when is %q", got)
	}
}

func dump(b *strings.Builder, n *tree.Node) {
	b.WriteString(n.Path + " " + n.Kind.String() + " \"" + n.Text + "\"\n")
	for i, item := range n.Items {
		if n.Kind == tree.Map && n.Keys[i].Path != item.Path {
			b.WriteString("the key's path is " + n.Keys[i].Path + "\n")
		}
		dump(b, item)
	}
}

func TestParseJSONSaysWhatAndWhere(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"a duplicate key is refused", `{"a":1,"a":2}`, "an object has two members of the same name (byte 7)"},
		{"nothing is refused", ``, "there is no JSON value (byte 0)"},
		{"an unfinished text is refused", `{"a":`, "the JSON text ends too early (byte 5)"},
		{"YAML is refused", `a: 1`, "a JSON value was expected (byte 0)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n, err := tree.ParseJSON([]byte(test.text))
			if e := new(strictjson.Error); n != nil || !errors.As(err, &e) || err.Error() != test.want {
				t.Errorf("got %v, %v; want %s", n, err, test.want)
			}
		})
	}
}
