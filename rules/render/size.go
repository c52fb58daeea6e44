package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/mom-router/mom-router/rules/tree"
)

const (
	// mostOfKubernetes is the largest request that etcd takes by default (--max-request-bytes), in bytes.
	mostOfKubernetes = 1536 << 10
	// mostOfKubectl is the largest resource that kubectl apply keeps in an annotation (last-applied-configuration), in bytes.
	mostOfKubectl = 256 << 10
)

// measure looks at how large the resources are as JSON, as the API server is sent them.
func (p *plan) measure(out *Output) error {
	decoder := yaml.NewDecoder(bytes.NewReader(out.Text))
	for {
		var resource map[string]any
		err := decoder.Decode(&resource)
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("what was rendered is no YAML: %w", err)
		}
		data, err := json.Marshal(resource)
		if err != nil {
			return fmt.Errorf("what was rendered is no JSON: %w", err)
		}
		metadata, _ := resource["metadata"].(map[string]any)
		name := fmt.Sprint(resource["kind"], " ", metadata["name"])
		switch {
		case len(data) > mostOfKubernetes:
			return fmt.Errorf("1:1: $.policy: the %s has %d bytes, and Kubernetes takes %d at most (the largest parts of the policy: %s). Move tests into a file beside the policy, "+
				"which rules test reads and the proxy does not need; say extends: default@VERSION instead of repeating the built-in policy; or give the gateway's Envoy the filter from a file (rules render envoy), which has no such bound",
				name, len(data), mostOfKubernetes, p.largest())
		case len(data) > mostOfKubectl:
			out.Warnings = append(out.Warnings, fmt.Sprintf("the %s has %d bytes, more than kubectl apply can remember (%d): apply it with kubectl apply --server-side", name, len(data), mostOfKubectl))
		}
	}
}

// largest names the parts of the policy that take most room.
func (p *plan) largest() string {
	if p.policyTree == nil {
		return "it is the built-in one"
	}
	type part struct {
		key  string
		size int
	}
	var parts []part
	for i, key := range p.policyTree.Keys {
		parts = append(parts, part{key.Text, len(tree.Canonical(p.policyTree.Items[i]))})
	}
	sort.SliceStable(parts, func(i, j int) bool { return parts[i].size > parts[j].size })
	var words []string
	for _, part := range parts[:min(3, len(parts))] {
		words = append(words, fmt.Sprintf("%s %d bytes", part.key, part.size))
	}
	return strings.Join(words, ", ")
}
