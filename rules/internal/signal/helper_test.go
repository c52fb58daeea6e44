package signal

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// builtinSet has every built-in signal.
func builtinSet(t testing.TB) *Set {
	b := NewBuilder()
	for _, k := range kinds {
		for _, n := range k.builtins {
			if _, hint, ok := b.Lookup(k.name + "." + n); !ok {
				t.Fatalf("%s.%s is not found: %s", k.name, n, hint)
			}
		}
	}
	return b.Build()
}

// say feeds a message with one text.
func say(st *State, role prompt.Role, words string) { sayInPieces(st, role, words, max(1, len(words))) }

// sayInPieces feeds it in pieces of so many bytes.
func sayInPieces(st *State, role prompt.Role, words string, size int) {
	for p := []byte(words); len(p) > 0; p = p[min(size, len(p)):] {
		st.Text(p[:min(size, len(p))], 0, true)
	}
	st.EndText(true)
	st.EndPart(prompt.PartOwn)
	st.EndMessage(role)
}

// truths returns the signals that are true for one user message.
func truths(st *State, words string) map[string]bool {
	st.Reset()
	say(st, prompt.RoleUser, words)
	return values(st, &prompt.Facts{UserTurns: 1, Messages: 1})
}

// values returns the signals that are true.
func values(st *State, f *prompt.Facts) map[string]bool {
	out := make([]expr.Value, st.set.Len())
	st.Evaluate(&Input{Facts: f}, out)
	found := map[string]bool{}
	for i, v := range out {
		if v == expr.True {
			found[st.set.Name(i)] = true
		}
	}
	return found
}

// node makes a tree from a JSON text, for declarations in tests.
func node(t testing.TB, source string) *tree.Node {
	t.Helper()
	d := json.NewDecoder(bufio.NewReader(stringsReader(source)))
	d.UseNumber()
	n, err := decode(d)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return n
}

func decode(d *json.Decoder) (*tree.Node, error) {
	tok, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := tok.(type) {
	case string:
		return &tree.Node{Kind: tree.String, Text: v}, nil
	case json.Number:
		return &tree.Node{Kind: tree.Number, Text: v.String()}, nil
	case bool:
		return &tree.Node{Kind: tree.Bool, Text: strconv.FormatBool(v)}, nil
	case json.Delim:
		n := &tree.Node{Kind: tree.List}
		if v == '{' {
			n.Kind = tree.Map
		}
		for d.More() {
			item, err := decode(d)
			if err != nil {
				return nil, err
			}
			if n.Kind == tree.Map {
				n.Keys = append(n.Keys, item)
				if item, err = decode(d); err != nil {
					return nil, err
				}
			}
			n.Items = append(n.Items, item)
		}
		_, err := d.Token()
		return n, err
	}
	return &tree.Node{}, nil
}

// dataFile opens a file of the shared data, which lies beside the checkout, or skips the test.
func dataFile(t testing.TB, name string) *bufio.Scanner {
	t.Helper()
	f, err := os.Open(needs.Data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	return s
}
