package source

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/strictjson"
	"github.com/mom-router/mom-router/rules/tree"
)

// loadJSON reads JSON as strictly as the proxy does and adds the lines that the
// proxy has no use for.
func loadJSON(data []byte) (*tree.Node, error) {
	root, err := tree.ParseJSON(data)
	var syntax *strictjson.Error
	if errors.As(err, &syntax) {
		line, column := position(data, syntax.Offset)
		return nil, problem(line, column, "this is not JSON: "+syntax.Message, "")
	}
	if err != nil {
		return nil, err
	}
	p := places{data: data}
	var lexer strictjson.Lexer
	lexer.Reset(&p)
	if err := errors.Join(lexer.Feed(data), lexer.Close()); err != nil {
		return nil, err
	}
	p.line, p.at = 1, 0
	p.assign(root)
	return root, nil
}

// places is a strictjson.Handler that notes where names and values begin. A tree
// visited in source order meets them in the same order.
type places struct {
	data   []byte
	starts []int64
	next   int
	// The line of the last position asked for, and where that line begins.
	line int
	at   int64
}

func (p *places) Begin(_ strictjson.Kind, at int64) error {
	if at < int64(len(p.data)) && p.data[at] == '"' {
		at++ // the text, not the quote
	}
	p.starts = append(p.starts, at)
	return nil
}

func (p *places) Name(_ []byte, _ bool, start, _ int64) error {
	p.starts = append(p.starts, start+1)
	return nil
}

func (p *places) Text([]byte, int64, bool)                 {}
func (p *places) End(strictjson.Kind, []byte, int64) error { return nil }
func (p *places) Comma(int64)                              {}

func (p *places) assign(n *tree.Node) {
	p.take(n)
	for i, item := range n.Items {
		if n.Kind == tree.Map {
			p.take(n.Keys[i])
		}
		p.assign(item)
	}
}

// take gives the next position to a node. Positions ascend, so that lines are
// counted once over the whole text.
func (p *places) take(n *tree.Node) {
	start := p.starts[p.next]
	p.next++
	for {
		end := bytes.IndexByte(p.data[p.at:start], '\n')
		if end < 0 {
			break
		}
		p.at += int64(end) + 1
		p.line++
	}
	n.Line, n.Column = p.line, utf8.RuneCount(p.data[p.at:start])+1
}

// position is the line and column of a byte, both from 1.
func position(data []byte, offset int64) (line, column int) {
	before := data[:min(offset, int64(len(data)))]
	begin := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[begin:]) + 1
}
