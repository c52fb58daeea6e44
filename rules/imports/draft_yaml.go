package imports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

func mapping() *yaml.Node { return &yaml.Node{Kind: yaml.MappingNode} }

func put(n *yaml.Node, key string, value *yaml.Node) {
	n.Content = append(n.Content, scalar(key), value)
}

func scalar(s string) *yaml.Node {
	n := &yaml.Node{}
	n.SetString(s)
	if strings.Contains(s, "\n") {
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func quoted(s string) *yaml.Node {
	n := scalar(s)
	n.Style = yaml.DoubleQuotedStyle
	return n
}

func flow(n *yaml.Node) *yaml.Node {
	n.Style = yaml.FlowStyle
	return n
}

func list(texts []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	for _, s := range texts {
		n.Content = append(n.Content, scalar(s))
	}
	return n
}

func value(v any) *yaml.Node {
	switch v := v.(type) {
	case string:
		return scalar(v)
	case number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: string(v)}
	case bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.FormatBool(v)}
	case int64:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.FormatInt(v, 10)}
	case []string:
		return flow(list(v))
	case []field:
		n := flow(mapping())
		for _, f := range v {
			put(n, f.key, value(f.value))
		}
		return n
	}
	panic(fmt.Sprintf("no way to write a %T", v))
}

func (m *model) yaml() *yaml.Node {
	n := mapping()
	if m.name != m.key {
		put(n, "name", scalar(m.name))
	}
	if len(m.aliases) > 0 {
		put(n, "aliases", flow(list(m.aliases)))
	}
	put(n, "cluster", scalar(m.cluster))
	if m.context > 0 {
		put(n, "context", value(m.context))
	}
	if m.maxOutput > 0 {
		put(n, "max_output", value(m.maxOutput))
	}
	if len(m.input) > 0 {
		put(n, "input", flow(list(m.input)))
	}
	if m.priceIn != "" {
		put(n, "price", value([]field{{"input", number(m.priceIn)}, {"output", number(m.priceOut)}}))
	}
	if len(m.reasoning) > 0 {
		levels := mapping()
		for _, f := range m.reasoning {
			put(levels, f.key, value(f.value))
		}
		put(n, "reasoning", levels)
	}
	return n
}

func (d *declaration) yaml() *yaml.Node {
	n := mapping()
	for _, f := range d.options {
		put(n, f.key, value(f.value))
	}
	if d.list != "" {
		d.words = slices.DeleteFunc(d.words, func(word string) bool { return word == "" })
		words := list(d.words)
		if d.list == "kinds" {
			words = flow(words)
		}
		put(n, d.list, words)
	}
	if d.list == "" || d.list == "kinds" {
		return flow(n)
	}
	return n
}

func (c choice) yaml() *yaml.Node {
	n := flow(mapping())
	put(n, "model", scalar(c.model))
	if c.level != "" {
		put(n, "reasoning", scalar(c.level))
	}
	return n
}

func (r *rule) yaml() *yaml.Node {
	n := mapping()
	n.HeadComment = strings.Join(strings.Fields(r.comment), " ")
	put(n, "name", scalar(r.name))
	put(n, "when", scalar(r.when.String()))
	if r.flag != "" {
		put(n, "flag", scalar(r.flag))
	}
	if r.deny != nil {
		put(n, "deny", value(r.deny))
		return n
	}
	if len(r.only) > 0 {
		put(n, "only", flow(list(r.only)))
	}
	if len(r.use) == 1 {
		put(n, "use", r.use[0].yaml())
		return n
	}
	use := &yaml.Node{Kind: yaml.SequenceNode}
	for _, c := range r.use {
		use.Content = append(use.Content, c.yaml())
	}
	put(n, "use", use)
	return n
}
