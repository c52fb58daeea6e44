package config

import (
	"strconv"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// notAnonymous warns of text in records.
const notAnonymous = "records carry text of prompts: personal data is taken out by its form alone, so that names, places and what is said stay. Who may read the log reads that"

// prompt reads what records say of prompts.
func (r *reader) prompt(c *Config, n *tree.Node) {
	r.members(n, map[string]func(*tree.Node){
		"hash_env": func(n *tree.Node) { c.PromptKey = r.keyOf(n) },
		"first": func(n *tree.Node) {
			if v, ok := r.Integer(n, 1, rules.MostExcerpt); ok {
				c.PromptFirst = int(v)
				r.warn(n, notAnonymous)
			}
		},
	})
	if n.Kind == tree.Map && len(n.Keys) == 0 {
		r.Add(n, "nothing is asked for", "name a variable of the VM's environment in hash_env for a keyed hash, or write first: 1 to "+strconv.Itoa(rules.MostExcerpt)+" for so many characters; or leave prompt out")
	}
}
