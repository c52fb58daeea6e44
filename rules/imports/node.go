package imports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	maxSize  = 16 << 20 // bytes of a file
	maxNodes = 1 << 20  // values, aliases written out
)

// node is a value of a foreign configuration. Its methods may be called on nil, which has nothing in it.
type node struct {
	yaml *yaml.Node
}

// parse reads one YAML document; JSON is one, too.
func parse(data []byte) (*node, error) {
	if len(data) > maxSize {
		return nil, errors.New("the file is larger than 16 MiB")
	}
	if !utf8.Valid(data) {
		return nil, errors.New("the file is not valid UTF-8: save it as UTF-8")
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0:
		return nil, errors.New("the file is empty")
	case err != nil:
		return nil, fmt.Errorf("the file is not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	var next yaml.Node
	if err := decoder.Decode(&next); !errors.Is(err, io.EOF) {
		return nil, errors.New("the file has more than one YAML document: import them one at a time")
	}
	left := maxNodes
	if !resolve(document.Content[0], map[*yaml.Node]bool{}, &left) {
		return nil, errors.New("the file has an alias that stands within what it stands for, or more than a million values")
	}
	root := &node{document.Content[0]}
	if root.yaml.Kind != yaml.MappingNode {
		return nil, errors.New("the file is not a map at its top")
	}
	return root, nil
}

// resolve puts what aliases and merge keys stand for in their places. It reports false if that has no end.
func resolve(n *yaml.Node, open map[*yaml.Node]bool, left *int) bool {
	if *left--; *left < 0 || open[n] {
		return false
	}
	open[n] = true
	defer delete(open, n)
	for i, c := range n.Content {
		if c.Kind == yaml.AliasNode {
			if open[c.Alias] {
				return false
			}
			n.Content[i] = c.Alias
		}
		if !resolve(n.Content[i], open, left) {
			return false
		}
	}
	if n.Kind == yaml.MappingNode {
		merge(n)
	}
	return true
}

func merge(n *yaml.Node) {
	for i := 0; i+1 < len(n.Content); {
		if n.Content[i].Tag != "!!merge" {
			i += 2
			continue
		}
		from := []*yaml.Node{n.Content[i+1]}
		if from[0].Kind == yaml.SequenceNode {
			from = from[0].Content
		}
		n.Content = append(n.Content[:i:i], n.Content[i+2:]...)
		for _, m := range from {
			for j := 0; m.Kind == yaml.MappingNode && j+1 < len(m.Content); j += 2 {
				if (&node{n}).get(m.Content[j].Value) == nil {
					n.Content = append(n.Content, m.Content[j], m.Content[j+1])
				}
			}
		}
	}
}

// get is a member of a map, or nil.
func (n *node) get(key string) *node {
	if n == nil || n.yaml.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.yaml.Content); i += 2 {
		if n.yaml.Content[i].Value == key {
			if v := n.yaml.Content[i+1]; v.Tag != "!!null" {
				return &node{v}
			}
			return nil
		}
	}
	return nil
}

// at is what a path of keys leads to, or nil.
func (n *node) at(path ...string) *node {
	for _, key := range path {
		n = n.get(key)
	}
	return n
}

// first is the first of some members that is there.
func (n *node) first(keys ...string) *node {
	for _, key := range keys {
		if v := n.get(key); v != nil {
			return v
		}
	}
	return nil
}

// items are those of a list.
func (n *node) items() (list []*node) {
	if n == nil || n.yaml.Kind != yaml.SequenceNode {
		return nil
	}
	for _, c := range n.yaml.Content {
		list = append(list, &node{c})
	}
	return list
}

// member is an entry of a map.
type member struct {
	key   string
	line  int
	value *node
}

func (n *node) members() (list []member) {
	if n == nil || n.yaml.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.yaml.Content); i += 2 {
		list = append(list, member{n.yaml.Content[i].Value, n.yaml.Content[i].Line, &node{n.yaml.Content[i+1]}})
	}
	return list
}

// text is a scalar as it is written, or "".
func (n *node) text() string {
	if n == nil || n.yaml.Kind != yaml.ScalarNode || n.yaml.Tag == "!!null" {
		return ""
	}
	return n.yaml.Value
}

// texts are the scalars of a list, or a scalar alone.
func (n *node) texts() (list []string) {
	if s := n.text(); s != "" {
		return []string{s}
	}
	for _, item := range n.items() {
		if s := item.text(); s != "" {
			list = append(list, s)
		}
	}
	return list
}

func (n *node) bool() bool {
	v, _ := strconv.ParseBool(n.text())
	return v
}

// number is a number; ok is false if there is none.
func (n *node) number() (v float64, ok bool) {
	v, err := strconv.ParseFloat(n.text(), 64)
	return v, err == nil && v == v && v-v == 0
}

// count reads a whole number that may end in K or M for thousands or millions, as vLLM-SR writes numbers of tokens.
func (n *node) count() (v int64, ok bool) {
	s, by := strings.ToUpper(strings.TrimSpace(n.text())), 1.0
	switch {
	case strings.HasSuffix(s, "K"):
		s, by = s[:len(s)-1], 1e3
	case strings.HasSuffix(s, "M"):
		s, by = s[:len(s)-1], 1e6
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f*by > 1e12 || f != f {
		return 0, false
	}
	return int64(f * by), true
}

func (n *node) line() int {
	if n == nil {
		return 1
	}
	return n.yaml.Line
}

// dollars writes a price of a token as that of a million.
func dollars(perToken float64) string { return strconv.FormatFloat(perToken*1e6, 'f', -1, 64) }
