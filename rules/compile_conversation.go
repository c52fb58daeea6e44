package rules

import (
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules/tree"
)

// Bounds of what a policy may say of conversations.
const (
	downAfter    = 2 // where it does not say
	maxDownAfter = 1000
	maxStrength  = 1000
)

// conversation reads whether conversations keep their model. Without the section each message is routed alone.
func (c *compiler) conversation(n *tree.Node) {
	if n == nil || !c.Map(n, "stay", "down_after", "new_topic") {
		return
	}
	v := c.Required(n, "stay", "say none, upgrade or always")
	if v == nil {
		return
	}
	name, ok := c.OneOf(v, "way to stay", stayNames)
	if !ok {
		return
	}
	to := &c.table.conversation
	to.stay, to.downAfter = stay(slices.Index(stayNames, name)), downAfter
	for _, key := range []string{"down_after", "new_topic"} {
		if v := n.Get(key); v != nil && to.stay != stayUpgrade {
			c.Add(v, key+" says when a conversation goes down, which with stay: "+name+" it never does", "remove it, or say stay: upgrade")
		}
	}
	if v := n.Get("down_after"); v != nil {
		messages, _ := c.Integer(v, 1, maxDownAfter)
		to.downAfter = int(messages)
	}
	newTopic := "move"
	if v := n.Get("new_topic"); v != nil {
		newTopic, _ = c.OneOf(v, "answer to a new topic", []string{"move", "stay"})
	}
	to.moves = newTopic == "move"
	switch to.stay {
	case stayUpgrade:
		c.strengths(v)
		c.digest.add("conversation", name, newTopic)
		c.digest.numbers("down_after", int64(to.downAfter))
	case stayAlways:
		c.digest.add("conversation", name)
	}
}

// strengths sees to it that the models that routes choose can be compared: all by what the policy declares, or all by price.
func (c *compiler) strengths(n *tree.Node) {
	var declared, missing, unpriced []string
	routed := c.routed()
	for _, m := range routed {
		switch {
		case m.ranked:
			declared = append(declared, m.Key)
		default:
			missing = append(missing, m.Key)
			if !m.Priced {
				unpriced = append(unpriced, m.Key)
			}
		}
	}
	switch {
	case len(declared) > 0 && len(missing) > 0:
		c.Add(n, "stay: upgrade compares models by strength, which "+strings.Join(missing, ", ")+" lacks though "+declared[0]+" declares it", "add strength: 1 to 1000 to each model that a route may choose, or to none")
	case len(declared) == 0 && len(unpriced) > 0:
		c.Add(n, "stay: upgrade compares models by strength, or by price where none is declared; these have neither: "+strings.Join(unpriced, ", "), "add strength: 1 to 1000 to each model that a route may choose")
	}
}

// routed are the models that routes and the default may choose, sorted by key.
func (c *compiler) routed() (list []*Model) {
	for _, m := range c.table.models {
		of := func(cand candidate) bool { return cand.model == m }
		if slices.ContainsFunc(c.table.fallback, of) || slices.ContainsFunc(c.table.routes, func(r route) bool { return slices.ContainsFunc(r.use, of) }) {
			list = append(list, m)
		}
	}
	return list
}

// strength reads how strong a model is among the others.
func (c *compiler) strength(m *Model, n *tree.Node) {
	m.Strength = m.PriceOut
	if n == nil {
		return
	}
	strength, ok := c.Integer(n, 1, maxStrength)
	m.Strength, m.ranked = strength, ok
	c.digest.numbers("strength", strength)
}

// converse has the signals ready that the routes of a conversation's messages go by.
func (c *compiler) converse(n *tree.Node) {
	t := c.table
	if t.conversation.stay == stayNone {
		return
	}
	var uses []int
	for _, r := range t.routes {
		uses = append(uses, r.when.Uses()...)
	}
	if !c.signals.KeepProfiles(distinct(uses)) {
		c.warn(n, "no route goes by what the last user message says, so conversations stay anyway")
	}
}
