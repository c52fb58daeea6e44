package source

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/mom-router/mom-router/rules/tree"
)

// YAML writes a policy as YAML for people to read. Load reads the same policy from it; comments are gone.
func YAML(n *tree.Node) ([]byte, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(yamlNode(n)); err != nil {
		return nil, err
	}
	return b.Bytes(), encoder.Close()
}

// flat is how many characters of JSON stand on one line at most.
const flat = 100

func yamlNode(n *tree.Node) *yaml.Node {
	y := &yaml.Node{Value: n.Text}
	switch n.Kind {
	case tree.Null:
		y.Kind, y.Tag, y.Value = yaml.ScalarNode, "!!null", "null"
	case tree.Bool:
		y.Kind, y.Tag = yaml.ScalarNode, "!!bool"
	case tree.Number:
		y.Kind = yaml.ScalarNode
	case tree.String:
		y.Kind, y.Tag = yaml.ScalarNode, "!!str"
		if looksNumeric(n.Text) || oldWord(n.Text) || strings.ContainsAny(n.Text, "\n\r\t\u0085\u2028\u2029\ufeff") {
			y.Style = yaml.DoubleQuotedStyle
		}
	case tree.List:
		y.Kind, y.Tag = yaml.SequenceNode, "!!seq"
	case tree.Map:
		y.Kind, y.Tag = yaml.MappingNode, "!!map"
	}
	for i, item := range n.Items {
		if n.Kind == tree.Map {
			y.Content = append(y.Content, yamlNode(n.Keys[i]))
		}
		y.Content = append(y.Content, yamlNode(item))
	}
	if n.Kind >= tree.List && len(tree.Canonical(n)) <= flat {
		y.Style = yaml.FlowStyle
	}
	return y
}

// oldWord reports whether YAML 1.1, which kubectl reads, takes a word for a boolean.
func oldWord(s string) bool {
	switch strings.ToLower(s) {
	case "y", "yes", "n", "no", "on", "off":
		return true
	}
	return false
}
