package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// effort reads whose level of reasoning counts.
func (c *compiler) effort(n *tree.Node, otherwise effort) effort {
	if n == nil {
		return otherwise
	}
	word, _ := c.OneOf(n, "use of the level", effortNames)
	return effort(max(slices.Index(effortNames, word), 0))
}

// ruleEffort reads it of a rule, which must have a level for it.
func (c *compiler) ruleEffort(n *tree.Node, use []candidate) effort {
	v := n.Get("reasoning")
	if v != nil && len(use) > 0 && !slices.ContainsFunc(use, func(cand candidate) bool { return cand.level != Unset }) {
		c.Add(v, "no model that the rule uses has a level of reasoning here", "write use: {model: "+use[0].model.Key+", reasoning: high}, or remove this")
	}
	return c.effort(v, c.table.effort)
}

// shapeKeys are the shapes that may have reasoning members of their own; the
// levels that stand beside them hold for chat completions.
var shapeKeys = []string{prompt.Completions.String(), prompt.Responses.String(), prompt.Messages.String()}

// reasoning reads how a model is asked for each level: members to set, or the
// level that stands in because the model cannot do this one.
func (c *compiler) reasoning(m *Model, n *tree.Node) {
	if !c.Map(n, append(slices.Clone(levelNames), shapeKeys...)...) {
		return
	}
	if len(n.Keys) == 0 {
		c.Add(n, "the map is empty", "remove the key or define a level")
	}
	c.levels(m, prompt.Chat, n)
	for i, key := range shapeKeys {
		if v := n.Get(key); v != nil && c.Map(v, levelNames...) {
			c.levels(m, prompt.Shape(i+1), v)
		}
	}
}

func (c *compiler) levels(m *Model, shape prompt.Shape, n *tree.Node) {
	wishes := &m.reasoning[shape]
	for level := None; level <= High; level++ {
		v := n.Get(level.String())
		if v == nil || v.Kind == tree.String {
			continue
		}
		members, ok := c.members(v)
		wishes[level] = wish{known: ok, members: members}
		c.digest.add("reasoning", shape.String(), level.String())
		for _, member := range members {
			c.digest.add(strings.Join(member.Path, "\x00"), member.JSON)
		}
	}
	for level := None; level <= High; level++ {
		v := n.Get(level.String())
		if v == nil || v.Kind != tree.String {
			continue
		}
		instead, ok := c.level(v)
		switch {
		case !ok:
		case n.Get(instead.String()) == nil || n.Get(instead.String()).Kind == tree.String:
			c.Add(v, "level "+strconv.Quote(v.Text)+" has no members here that could stand in", "define "+v.Text+": {…}")
		default:
			wishes[level] = wish{known: true, instead: instead, members: wishes[instead].members}
			c.digest.add("reasoning", shape.String(), level.String(), instead.String())
		}
	}
}

func (c *compiler) level(n *tree.Node) (Level, bool) {
	name, ok := c.OneOf(n, "reasoning level", levelNames)
	if !ok {
		return Unset, false
	}
	return parseLevel(name)
}

// notForReasoning are members that a policy's reasoning wish must not touch.
var notForReasoning = []string{"model", "messages", "input", "prompt", "system", "instructions", "tools", "functions", "stream", "stream_options", "max_tokens"}

// members reads the members that a wish sets: one or two levels of names, then
// any JSON value. An object under a name that is not a container of reasoning
// members is a value, too.
func (c *compiler) members(n *tree.Node) ([]prompt.Member, bool) {
	if n.Kind != tree.Map {
		c.Add(n, "a map of members or another level's name is expected, not "+n.Kind.String(), "such as {reasoning_effort: low}; {} if the model does it by itself")
		return nil, false
	}
	members := []prompt.Member{}
	for _, e := range ordered(n) {
		if contains(notForReasoning, e.key.Text) {
			c.Add(e.key, strconv.Quote(e.key.Text)+" is no reasoning member", "")
			continue
		}
		if isContainer(e.key.Text) && e.value.Kind != tree.Map {
			c.WrongKind(e.value, "a map")
			continue
		}
		if !isContainer(e.key.Text) {
			members = append(members, prompt.Member{Path: []string{e.key.Text}, JSON: tree.Canonical(e.value)})
			continue
		}
		if len(e.value.Keys) == 0 {
			c.Add(e.value, "the map is empty", "")
		}
		for _, inner := range ordered(e.value) {
			members = append(members, prompt.Member{Path: []string{e.key.Text, inner.key.Text}, JSON: tree.Canonical(inner.value)})
		}
	}
	return members, true
}

// isContainer tells objects whose members are set one by one, so that the
// client's others stay, from objects that are set whole.
func isContainer(name string) bool { return contains(containers, name) }

var containers = []string{"chat_template_kwargs", "reasoning", "output_config", "text", "vllm_xargs", "custom_params", "extra_body"}

// reasoningPaths is the union of the well-known reasoning members and those that
// models set, each once. What a model sets as a whole is not looked into.
func reasoningPaths(models []*Model) [][]string {
	paths := slices.Clone(wellKnownReasoning)
	for _, m := range models {
		for _, wishes := range m.reasoning {
			for _, w := range wishes {
				for _, member := range w.members {
					paths = slices.DeleteFunc(paths, func(p []string) bool {
						return len(p) > len(member.Path) && slices.Equal(p[:len(member.Path)], member.Path)
					})
					if !slices.ContainsFunc(paths, func(p []string) bool { return slices.Equal(p, member.Path) }) {
						paths = append(paths, member.Path)
					}
				}
			}
		}
	}
	return paths
}
