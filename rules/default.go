package rules

import (
	_ "embed"

	"github.com/mom-router/mom-router/rules/tree"
)

// defaultJSON is default.yaml in the form that the module embeds: the module has
// no YAML reader. Run go generate after changing default.yaml.
//
//go:embed default.json
var defaultJSON []byte

// DefaultJSON is the embedded default policy as JSON. It may not be changed.
func DefaultJSON() []byte { return defaultJSON }

// Default compiles the embedded default policy: the published six-model table.
func Default() (*Table, error) {
	root, err := tree.ParseJSON(defaultJSON)
	if err != nil {
		return nil, err
	}
	return Compile(root)
}
