package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"
)

// envoyConfig is what a policy asks of an Envoy configuration.
type envoyConfig struct {
	file      string
	clusters  []string // sorted
	discovers bool     // clusters come from elsewhere, too
	plugins   int      // configurations of the plugin that have a policy
	trusted   []string // headers that all of these trust
}

// readEnvoy reads a bootstrap file, YAML or JSON, or any part of one that has clusters: whatever stands under "clusters", and the plugin's
// configurations wherever they stand.
func readEnvoy(data []byte) (*envoyConfig, error) {
	c := &envoyConfig{}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	for count := 0; ; count++ {
		var document yaml.Node
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) && count > 0 {
			break
		} else if errors.Is(err, io.EOF) {
			return nil, errors.New("the file is empty")
		} else if err != nil {
			return nil, fmt.Errorf("this is not YAML: %w", err)
		}
		c.walk(&document, map[*yaml.Node]bool{})
	}
	if len(c.clusters) == 0 && !c.discovers {
		return nil, errors.New("there are no clusters in it: name the file that has static_resources")
	}
	slices.Sort(c.clusters)
	c.clusters = slices.Compact(c.clusters)
	return c, nil
}

// walk looks at every map once, those behind aliases included.
func (c *envoyConfig) walk(n *yaml.Node, seen map[*yaml.Node]bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if seen[n] {
		return
	}
	seen[n] = true
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i].Value, n.Content[i+1]
			switch {
			case key == "clusters" && value.Kind == yaml.SequenceNode:
				for _, item := range value.Content {
					c.clusters = append(c.clusters, nameOf(item)...)
				}
			case key == "cds_config":
				c.discovers = true
			case key == "configuration":
				c.plugin(value)
			}
		}
	}
	for _, child := range n.Content {
		c.walk(child, seen)
	}
}

// nameOf is the name of a cluster.
func nameOf(n *yaml.Node) []string {
	var cluster struct {
		Name string `yaml:"name"`
	}
	if n.Decode(&cluster) != nil || cluster.Name == "" {
		return nil
	}
	return []string{cluster.Name}
}

// plugin reads the configuration of a filter, if it is that of the router's lead.
func (c *envoyConfig) plugin(n *yaml.Node) {
	var outer struct {
		Value string `yaml:"value"`
	}
	var inner struct {
		Policy  any      `yaml:"policy"`
		Trusted []string `yaml:"trusted"`
	}
	if n.Decode(&outer) != nil || yaml.Unmarshal([]byte(outer.Value), &inner) != nil || inner.Policy == nil {
		return
	}
	if c.plugins++; c.plugins == 1 {
		c.trusted = inner.Trusted
	} else {
		c.trusted = slices.DeleteFunc(c.trusted, func(h string) bool { return !slices.Contains(inner.Trusted, h) })
	}
}
