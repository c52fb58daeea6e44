package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// configuration is that of mom-router's plugin, as files and flags say it.
type configuration struct {
	members  map[string]json.RawMessage
	policy   *tree.Node // nil for the default one
	policies *tree.Node // those beside it, or nil
	next     *tree.Node // the candidate beside it, or nil
	file     string     // where the policy stands
}

// merge lays a policy over a configuration, and the flags over both; either may be nil. What is wrong in a configuration beside its
// policies is left to the module to say.
func (o *options) merge(config, policy []byte) (*configuration, error) {
	c := &configuration{members: map[string]json.RawMessage{}, file: o.config}
	if o.config != "" {
		root, err := source.Load(o.config, config)
		if err != nil {
			return nil, inFile(o.config, err)
		}
		if root.Kind != tree.Map {
			return nil, fmt.Errorf("%s: the configuration is %s: write a map such as {policy: default}", o.config, root.Kind)
		}
		if err := json.Unmarshal(source.JSON(root), &c.members); err != nil {
			return nil, fmt.Errorf("%s: %w", o.config, err)
		}
		c.policy, c.policies = root.Get("policy"), root.Get("policies")
		if candidate := root.Get("candidate"); candidate != nil && candidate.Kind == tree.Map {
			c.next = candidate.Get("policy")
		}
	}
	if o.policy != "" {
		root, err := loadPolicy(o.policy, policy)
		if err != nil {
			return nil, inFile(o.policy, err)
		}
		c.policy, c.file = root, o.policy
		c.members["policy"] = source.JSON(root)
	}
	if c.policy == nil {
		c.members["policy"] = json.RawMessage(`"default"`)
	}
	if c.members["hold"] == nil {
		c.members["hold"] = json.RawMessage(`"flag"`)
	}
	if o.hold != "" {
		c.members["hold"] = encode(o.hold)
	}
	if o.holdBytes > 0 {
		c.members["hold_bytes"] = encode(o.holdBytes)
	}
	return c, nil
}

// trust has the plugin believe the headers that the policy looks at, where no configuration says which: on a laptop, who runs it sends
// the requests.
func (c *configuration) trust() {
	if c.policy == nil || c.members["trusted"] != nil {
		return
	}
	table, err := rules.Compile(c.policy)
	if err != nil {
		return // the module says what is wrong
	}
	var names []string
	for _, h := range table.Headers() {
		names = append(names, h.Name)
	}
	if b := table.Budget(); b != nil && b.Key != "" {
		names = append(names, b.Key)
	}
	if names != nil {
		c.members["trusted"] = encode(names)
	}
}

// hold is how the plugin holds headers. Wrong types are the module's to refuse.
func (c *configuration) hold() (hold string) {
	json.Unmarshal(c.members["hold"], &hold)
	return hold
}

// read reads the files of --config and --policy.
func (o *options) read(s streams) (config, policy []byte, err error) {
	if o.config != "" {
		if config, err = s.read("configuration", o.config); err != nil {
			return nil, nil, err
		}
	}
	if o.policy != "" {
		policy, err = s.read("policy", o.policy)
	}
	return config, policy, err
}

// configure gives the plugin's configuration, and how it holds headers. A plugin that is given nothing is a gate.
func (o *options) configure(config, policy []byte) (merged []byte, hold string, err error) {
	if o.any || o.config != "" && o.policy == "" && len(bytes.TrimSpace(config)) == 0 {
		return config, o.hold, nil
	}
	c, err := o.merge(config, policy)
	if err != nil {
		return nil, "", err
	}
	if o.config == "" {
		c.trust()
	}
	merged, err = json.Marshal(c.members)
	return merged, c.hold(), err
}
