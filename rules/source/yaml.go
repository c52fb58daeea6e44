package source

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/mom-router/mom-router/rules/tree"
)

// maxDepth bounds the nesting of a policy.
const maxDepth = 100

func loadYAML(data []byte) (*tree.Node, error) {
	if line, column, ok := invalidUTF8(data); ok {
		return nil, problem(line, column, "the policy is not valid UTF-8", "save the file as UTF-8")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0:
		return nil, problem(1, 1, "the policy is empty", "")
	case err != nil:
		return nil, syntaxProblem(data, err)
	}
	w := walker{problems: &tree.Problems{}}
	root := w.node(document.Content[0], "$", 0)
	var next yaml.Node
	switch err := decoder.Decode(&next); {
	case err == nil:
		w.problems.Add(&tree.Node{Path: "$", Line: next.Line, Column: next.Column}, "a second document begins here", "a policy is one document: remove the \"---\"")
	case !errors.Is(err, io.EOF):
		return nil, syntaxProblem(data, err)
	}
	if err := w.problems.Err(); err != nil {
		return nil, err
	}
	return root, nil
}

// walker turns YAML nodes into tree nodes and notes what a policy may not have.
type walker struct{ problems *tree.Problems }

func (w *walker) node(y *yaml.Node, path string, depth int) *tree.Node {
	n := &tree.Node{Path: path, Line: y.Line, Column: y.Column}
	if depth > maxDepth {
		w.problems.Add(n, "nested deeper than "+strconv.Itoa(maxDepth)+" levels", "")
		return n
	}
	if y.Anchor != "" {
		w.problems.Add(n, "anchors are not allowed", "write the value out where it is used")
	}
	if y.Style&yaml.TaggedStyle != 0 {
		w.problems.Add(n, "the tag "+strconv.Quote(y.Tag)+" is not allowed", "put a string in quotes; other values need no tag")
		return n
	}
	switch y.Kind {
	case yaml.AliasNode:
		w.problems.Add(n, "aliases are not allowed", "write the value out")
	case yaml.SequenceNode:
		n.Kind = tree.List
		for i, item := range y.Content {
			n.Items = append(n.Items, w.node(item, path+"["+strconv.Itoa(i)+"]", depth+1))
		}
	case yaml.MappingNode:
		w.mapping(n, y, depth)
	default:
		w.scalar(n, y)
	}
	return n
}

func (w *walker) mapping(n *tree.Node, y *yaml.Node, depth int) {
	n.Kind = tree.Map
	lines := map[string]int{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := w.key(y.Content[i], n.Path)
		if key == nil {
			continue
		}
		if line, ok := lines[key.Text]; ok {
			w.problems.Add(key, "the key "+strconv.Quote(key.Text)+" stands in this map already, at line "+strconv.Itoa(line), "remove one of them")
			continue
		}
		lines[key.Text] = key.Line
		n.Keys = append(n.Keys, key)
		n.Items = append(n.Items, w.node(y.Content[i+1], key.Path, depth+1))
	}
}

// key reads the key of a map: always a string, even if it looks like a number.
func (w *walker) key(y *yaml.Node, parent string) *tree.Node {
	key := &tree.Node{Kind: tree.String, Text: y.Value, Path: parent + tree.PathStep(y.Value), Line: y.Line, Column: y.Column}
	switch {
	case y.Kind != yaml.ScalarNode:
		key.Path = parent
		w.problems.Add(key, "a key must be a string", "")
		return nil
	case y.Tag == "!!merge" && plain(y):
		w.problems.Add(key, "merge keys are not allowed", "write the members out")
		return nil
	case y.Style&yaml.TaggedStyle != 0 || y.Anchor != "":
		w.problems.Add(key, "a key has no tag and no anchor", "")
		return nil
	}
	key.Column += quote(y)
	return key
}

func (w *walker) scalar(n *tree.Node, y *yaml.Node) {
	n.Text = y.Value
	if !plain(y) {
		n.Kind = tree.String
		n.Column += quote(y)
		return
	}
	switch y.Value {
	case "", "~", "null", "Null", "NULL":
		n.Kind, n.Text = tree.Null, "null"
	case "true", "True", "TRUE":
		n.Kind, n.Text = tree.Bool, "true"
	case "false", "False", "FALSE":
		n.Kind, n.Text = tree.Bool, "false"
	default:
		n.Kind = tree.String
		if !looksNumeric(y.Value) {
			return
		}
		n.Kind = tree.Number
		if !isJSONNumber(y.Value) {
			w.problems.Add(n, strconv.Quote(y.Value)+" is not a number that JSON knows", "write digits such as 0.5 or 12, or put it in quotes")
		}
	}
}

// plain reports whether a scalar is written without quotes.
func plain(y *yaml.Node) bool {
	return y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
}

// quote is how many columns the text of a scalar stands behind its beginning.
func quote(y *yaml.Node) int {
	if y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		return 1
	}
	return 0
}

// syntaxProblem gives an error of the YAML parser a position. The usual culprit,
// a tab in the indentation, is looked for by itself.
func syntaxProblem(data []byte, err error) error {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
		if tab := bytes.IndexByte(indent, '\t'); tab >= 0 {
			return problem(number, tab+1, "a tab in the indentation", "indent with spaces")
		}
	}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 0
	if rest, ok := strings.CutPrefix(message, "line "); ok {
		if digits, text, ok := strings.Cut(rest, ": "); ok {
			line, _ = strconv.Atoi(digits)
			message = text
		}
	}
	// The library counts lines from 1 in what its scanner says and from 0 in what
	// its parser says, and leaves out a 0.
	if line == 0 || strings.HasPrefix(message, "did not find expected") {
		line++
	}
	return problem(line, 1, "this is not YAML: "+message, "")
}

func invalidUTF8(data []byte) (line, column int, invalid bool) {
	line = 1
	for text := range bytes.Lines(data) {
		column = 1
		for len(text) > 0 {
			r, size := utf8.DecodeRune(text)
			if r == utf8.RuneError && size == 1 {
				return line, column, true
			}
			text = text[size:]
			column++
		}
		line++
	}
	return 0, 0, false
}
