// Package source reads a policy from a file, YAML or JSON, with the line and
// column of every value. Only the commands use it: inside the proxy a policy is
// always JSON.
//
// The YAML is version 1.2 with the core schema, and strict: yes, no, on and off
// are words, true and false are booleans. Duplicate keys, several documents,
// anchors, aliases, merge keys, explicit tags and numbers that JSON does not
// know are refused, so that a policy reads the same to everyone and converts to
// JSON without a surprise.
package source

import (
	"path/filepath"
	"strings"

	"github.com/mom-router/mom-router/rules/tree"
)

// MaxSize is the largest policy that is read, in bytes.
const MaxSize = 16 << 20

// Load parses a policy. A name that ends in .json says that data is JSON;
// everything else is YAML. The error is a *tree.Problems with positions.
func Load(name string, data []byte) (*tree.Node, error) {
	if len(data) > MaxSize {
		return nil, problem(1, 1, "the policy is larger than 16 MiB", "")
	}
	if strings.EqualFold(filepath.Ext(name), ".json") {
		return loadJSON(data)
	}
	return loadYAML(data)
}

// JSON writes a policy as canonical JSON: keys sorted, no spaces, numbers in
// their shortest spelling.
func JSON(n *tree.Node) []byte { return []byte(tree.Canonical(n)) }

func problem(line, column int, message, hint string) error {
	return &tree.Problems{List: []tree.Problem{{Path: "$", Line: line, Column: column, Message: message, Hint: hint}}}
}
