package tree

import (
	"strconv"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// ParseJSON builds the tree of one JSON text, read as strictly as request bodies
// are (see strictjson). JSON that reaches the proxy has no lines, so Line and Column
// are 0. The error is a *strictjson.Error; it says what is wrong and at which byte.
func ParseJSON(data []byte) (*Node, error) {
	var l strictjson.Lexer
	b := builder{}
	l.Reset(&b)
	if err := l.Feed(data); err != nil {
		return nil, err
	}
	if err := l.Close(); err != nil {
		return nil, err
	}
	return b.root, nil
}

// builder is the strictjson.Handler that makes nodes.
type builder struct {
	root *Node
	open []*Node // the containers from the root inwards
	key  *Node   // the name of the value to come
	text []byte
}

var kinds = [...]Kind{
	strictjson.Null:   Null,
	strictjson.False:  Bool,
	strictjson.True:   Bool,
	strictjson.Number: Number,
	strictjson.String: String,
	strictjson.Array:  List,
	strictjson.Object: Map,
}

func (b *builder) Begin(kind strictjson.Kind, _ int64) error {
	n := &Node{Kind: kinds[kind], Path: "$"}
	if len(b.open) == 0 {
		b.root = n
	} else {
		parent := b.open[len(b.open)-1]
		if parent.Kind == Map {
			n.Path = b.key.Path
			parent.Keys = append(parent.Keys, b.key)
		} else {
			n.Path = parent.Path + "[" + strconv.Itoa(len(parent.Items)) + "]"
		}
		parent.Items = append(parent.Items, n)
	}
	b.open = append(b.open, n)
	b.text = b.text[:0]
	return nil
}

func (b *builder) Text(p []byte, _ int64, _ bool) { b.text = append(b.text, p...) }

func (b *builder) End(kind strictjson.Kind, literal []byte, _ int64) error {
	n := b.open[len(b.open)-1]
	b.open = b.open[:len(b.open)-1]
	switch kind {
	case strictjson.String:
		n.Text = string(b.text)
	case strictjson.Number:
		n.Text = string(literal)
	case strictjson.True:
		n.Text = "true"
	case strictjson.False:
		n.Text = "false"
	}
	return nil
}

func (b *builder) Name(name []byte, _ bool, _, _ int64) error {
	parent := b.open[len(b.open)-1]
	b.key = &Node{Kind: String, Text: string(name), Path: parent.Path + PathStep(string(name))}
	return nil
}

func (b *builder) Comma(int64) {}
