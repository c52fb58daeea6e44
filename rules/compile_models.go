package rules

import (
	"slices"
	"sort"
	"strconv"

	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/tree"
)

// Limits of what a model may declare.
const (
	maxTier    = 100
	maxContext = 1 << 40 // tokens
	maxLatency = 3600_000
	maxPrice   = 1e6 // dollars per million tokens
)

// models reads the section "models", sorted by key so that the order of the
// source, which proxies do not keep, does not matter.
func (c *compiler) models(root *tree.Node) {
	n := c.Required(root, "models", "declare the models, such as models: {small: {cluster: small}}")
	if n == nil {
		return
	}
	if n.Kind != tree.Map {
		c.WrongKind(n, "a map")
		return
	}
	if len(n.Keys) == 0 {
		c.Add(n, "there are no models", "a policy needs at least one")
	}
	entries := ordered(n)
	if len(entries) > maxModels {
		c.Add(n, strconv.Itoa(len(entries))+" models are too many", "at most "+strconv.Itoa(maxModels))
		entries = entries[:maxModels]
	}
	for i, node := range entries {
		m := &Model{Key: node.key.Text, index: i}
		c.table.models = append(c.table.models, m)
		c.modelNodes = append(c.modelNodes, node.key)
		c.model(m, node.key, node.value)
	}
	for i, node := range entries {
		c.register(c.table.models[i], node.key, node.value)
	}
	for i, node := range entries {
		c.aliases(c.table.models[i], node.value.Get("aliases"))
	}
	sort.Strings(c.table.aliases)
}

// member is one entry of a map.
type member struct{ key, value *tree.Node }

// ordered lists the entries of a map by key.
func ordered(n *tree.Node) []member {
	list := make([]member, len(n.Keys))
	for i, key := range n.Keys {
		list[i] = member{key, n.Items[i]}
	}
	sort.SliceStable(list, func(i, j int) bool { return list[i].key.Text < list[j].key.Text })
	return list
}

// register makes a model known by its key and its served name. Both must be
// unambiguous, since a client may name either.
func (c *compiler) register(m *Model, key, value *tree.Node) {
	if other := c.table.names.model(m.Key); other != nil {
		c.Add(key, "the key "+strconv.Quote(m.Key)+" is also the name of model "+strconv.Quote(other.Key), "a client that names it could mean either")
		return
	}
	c.table.names.exact[m.Key] = m
	if m.Name == m.Key || m.Name == "" {
		return
	}
	if other := c.table.names.model(m.Name); other != nil {
		at := value.Get("name")
		if at == nil {
			at = key
		}
		c.Add(at, "the name "+strconv.Quote(m.Name)+" belongs to model "+strconv.Quote(other.Key)+", too", "a client that names it could mean either")
		return
	}
	c.table.names.exact[m.Name] = m
}

func (c *compiler) model(m *Model, key, n *tree.Node) {
	if !isVisible(m.Key) {
		c.Add(key, strconv.Quote(m.Key)+" cannot be a model's key", "use at most 128 visible ASCII characters without spaces")
	} else if m.Key == "true" || m.Key == "false" {
		c.Add(key, strconv.Quote(m.Key)+" cannot be a model's key", tree.YAML11)
	}
	m.Name, m.Input = m.Key, Text
	if !c.Map(n, "name", "aliases", "cluster", "tier", "drain", "context", "tokenizer", "max_output", "include_usage", "input", "price", "strength", "latency", "reasoning") {
		return
	}
	if v := n.Get("name"); v != nil {
		if name, ok := c.visible(v); ok {
			m.Name = name
		}
	}
	if v := c.Required(n, "cluster", "name the proxy's cluster that serves "+m.Key); v != nil {
		m.Cluster, _ = c.visible(v)
	}
	if v := n.Get("tier"); v != nil {
		tier, _ := c.Integer(v, 0, maxTier)
		m.Tier = int(tier)
	}
	if v := n.Get("drain"); v != nil {
		if m.Drain = v.Kind == tree.Bool && v.Text == "true"; v.Kind != tree.Bool {
			c.WrongKind(v, "true or false")
		}
	}
	if v := n.Get("context"); v != nil {
		m.Context, _ = c.Integer(v, 1, maxContext)
	}
	if v := n.Get("tokenizer"); v != nil {
		name, _ := c.OneOf(v, "tokenizer", signal.Families)
		m.tokenizer = signal.Family(max(slices.Index(signal.Families, name), 0))
	}
	if v := n.Get("max_output"); v != nil {
		m.MaxOutput, _ = c.Integer(v, 1, maxContext)
	}
	if v := n.Get("include_usage"); v != nil {
		m.IncludeUsage, _ = c.Bool(v)
	}
	if v := n.Get("input"); v != nil {
		m.Input = c.input(v)
	}
	if v := n.Get("price"); v != nil && c.Map(v, "input", "output") {
		m.Priced = true
		m.PriceIn, m.PriceOut = c.price(v, "input"), c.price(v, "output")
	}
	if v := n.Get("latency"); v != nil && c.Map(v, "p95") {
		if p95 := c.Required(v, "p95", "in milliseconds"); p95 != nil {
			m.P95, _ = c.Integer(p95, 1, maxLatency)
		}
	}
	c.digest.add("model", m.Key, m.Name, m.Cluster)
	c.digest.numbers("of", int64(m.Tier), m.Context, int64(m.Input), m.PriceIn, m.PriceOut, m.P95)
	if m.Drain {
		c.digest.add("drain")
	}
	if m.tokenizer != signal.Mix {
		c.digest.add("tokenizer", signal.Families[m.tokenizer])
	}
	if m.MaxOutput > 0 {
		c.digest.numbers("max_output", m.MaxOutput)
	}
	if m.IncludeUsage {
		c.digest.add("include_usage")
	}
	c.strength(m, n.Get("strength"))
	if v := n.Get("reasoning"); v != nil {
		c.reasoning(m, v)
		m.reasons = true
	}
	m.warn()
}

// price reads one price in dollars per million tokens as picodollars per token.
func (c *compiler) price(n *tree.Node, key string) int64 {
	v := c.Required(n, key, "in dollars per million tokens")
	if v == nil {
		return 0
	}
	price, _ := c.dollars(v, maxPrice, 1e6)
	return price
}

func (c *compiler) input(n *tree.Node) (in Input) {
	for _, item := range c.SomeItems(n) {
		name, ok := c.OneOf(item, "kind of input", inputNames)
		if !ok {
			continue
		}
		bit := Input(1) << slices.Index(inputNames, name)
		if in&bit != 0 {
			c.Add(item, strconv.Quote(name)+" stands here twice", "")
		}
		in |= bit
	}
	if in != 0 && in&Text == 0 {
		c.Add(n, "every model accepts text", "add text")
	}
	return in
}
