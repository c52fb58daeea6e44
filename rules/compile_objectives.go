package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/tree"
)

// objectives reads the bounds on the choice among candidates.
func (c *compiler) objectives(n *tree.Node) {
	o := &c.table.objectives
	c.table.floor = everyModel
	if n == nil || !c.Map(n, "cost_ceiling", "cost_exempt", "min_tier", "p95_latency", "budget", "first_token") {
		return
	}
	if v := n.Get("cost_ceiling"); v != nil {
		if o.costCeiling, _ = c.dollars(v, 1e6, 1e12); o.costCeiling == 0 && v.Kind == tree.Number && !strings.HasPrefix(v.Text, "-") {
			c.Add(v, "a ceiling of nothing leaves no model", "name an amount in dollars per request")
		}
		c.demand(v, func(m *Model) bool { return m.Priced }, "price: {input: …, output: …}")
		c.demand(v, func(m *Model) bool { return m.MaxOutput > 0 }, "max_output, in tokens: what an answer has at most if the client sets no max_tokens")
	}
	if v := n.Get("cost_exempt"); v != nil {
		for _, item := range c.SomeItems(v) {
			switch name, _ := c.OneOf(item, "decision", []string{NameNamed, NameDefault}); name {
			case NameNamed:
				o.exemptNamed = true
			case NameDefault:
				o.exemptDefault = true
			}
		}
		if o.costCeiling == 0 && n.Get("cost_ceiling") == nil {
			c.Add(v, "there is no cost ceiling to be exempt from", "set cost_ceiling or remove this")
		}
		c.digest.numbers("cost_exempt", bit(o.exemptNamed), bit(o.exemptDefault))
	}
	if v := n.Get("p95_latency"); v != nil {
		o.p95, _ = c.Integer(v, 1, maxLatency)
		c.demand(v, func(m *Model) bool { return m.P95 > 0 }, "latency: {p95: …}")
	}
	if v := n.Get("min_tier"); v != nil {
		tier, _ := c.Integer(v, 0, maxTier)
		o.minTier = int(tier)
		if c.table.floor = c.atLeast(o.minTier); c.table.floor == 0 && len(c.table.models) > 0 {
			c.Add(v, "no model has tier "+strconv.Itoa(o.minTier)+" or more", "")
		}
	}
	c.digest.numbers("objectives", o.costCeiling, o.p95, int64(o.minTier))
	if v := n.Get("budget"); v != nil {
		o.budget = c.budget(v)
	}
	if v := n.Get("first_token"); v != nil {
		o.firstToken = c.firstToken(v)
	}
}

// demand notes models that lack what an objective compares.
func (c *compiler) demand(n *tree.Node, has func(*Model) bool, member string) {
	var lacking []string
	for _, m := range c.table.models {
		if !has(m) {
			lacking = append(lacking, m.Key)
		}
	}
	if len(lacking) > 0 {
		c.Add(n, "this bound cannot be kept by models that do not declare their part: "+strings.Join(lacking, ", "), "add "+member)
	}
}

// atLeast is the set of models of a tier or above.
func (c *compiler) atLeast(tier int) (set modelSet) {
	for _, m := range c.table.models {
		if m.Tier >= tier {
			set.add(m)
		}
	}
	return set
}

// Bounds of what objectives may say.
const (
	maxSpend      = 1e6 // dollars in a window
	maxOthers     = 1024
	others        = 64 // where it does not say
	maxBudgetKeys = 1024
	leastSamples  = 5
	maxSamples    = 10_000
	samples       = 20 // where it does not say
)

// budget reads what the requests of one key may cost in a window.
func (c *compiler) budget(n *tree.Node) *Budget {
	b := &Budget{Others: others}
	if !c.Map(n, "window", "key", "soft", "hard", "keys", "others", "shorten") {
		return b
	}
	if v := c.Required(n, "window", "how long a budget lasts, such as 1h"); v != nil {
		b.Window, _ = c.duration(v, 10_000, 31*24*3600_000)
	}
	b.Soft, b.Hard = c.bounds(n)
	if v := n.Get("key"); v != nil {
		b.Key, _ = c.headerName(v)
	}
	for _, key := range []string{"keys", "others"} {
		if v := n.Get(key); v != nil && n.Get("key") == nil {
			c.Add(v, "there is no key by which "+key+" would be told apart", "name the request header that says whose a request is: key: x-tenant")
		}
	}
	if v := n.Get("others"); v != nil {
		others, _ := c.Integer(v, 0, maxOthers)
		b.Others = int(others)
	}
	if v := n.Get("keys"); v != nil {
		c.budgetKeys(b, v)
	}
	if v := n.Get("shorten"); v != nil {
		b.Shorten, _ = c.Integer(v, 1, 1<<40)
		if n.Get("hard") == nil && !slices.ContainsFunc(b.Keys, func(k BudgetKey) bool { return k.Hard > 0 }) {
			c.Add(v, "there is no hard bound that an answer could be shortened to", "add hard, or remove this")
		}
	}
	if n.Get("soft") == nil && n.Get("hard") == nil && !slices.ContainsFunc(b.Keys, func(k BudgetKey) bool { return k.Soft > 0 || k.Hard > 0 }) {
		c.Add(n, "this budget bounds nothing", "add soft, from which on cheaper models are preferred, or hard, at which requests are refused, in dollars")
	}
	c.demand(n, func(m *Model) bool { return m.Priced }, "price: {input: …, output: …}")
	c.demand(n, func(m *Model) bool { return m.MaxOutput > 0 }, "max_output, in tokens: what an answer has at most if the client sets no max_tokens")
	c.digest.add("budget", b.Key)
	c.digest.numbers("of", b.Window, b.Soft, b.Hard, int64(b.Others))
	if b.Shorten > 0 {
		c.digest.numbers("shorten", b.Shorten)
	}
	for _, k := range b.Keys {
		c.digest.add("key", k.Name)
		c.digest.numbers("of", k.Soft, k.Hard)
	}
	return b
}

// budgetKeys reads the keys that have bounds of their own.
func (c *compiler) budgetKeys(b *Budget, n *tree.Node) {
	if n.Kind != tree.Map {
		c.WrongKind(n, "a map")
		return
	}
	if len(n.Keys) == 0 {
		c.Add(n, "the map is empty", "name a key with its bounds, or remove this")
	}
	if len(n.Keys) > maxBudgetKeys {
		c.Add(n, strconv.Itoa(len(n.Keys))+" keys are too many", "at most "+strconv.Itoa(maxBudgetKeys))
		return
	}
	for _, entry := range ordered(n) {
		k := BudgetKey{Name: entry.key.Text, Soft: b.Soft, Hard: b.Hard}
		if !isVisible(k.Name) {
			c.Add(entry.key, strconv.Quote(k.Name)+" cannot stand in a header", "use at most 128 visible ASCII characters without spaces")
		}
		if c.Map(entry.value, "soft", "hard") {
			soft, hard := c.bounds(entry.value)
			if entry.value.Get("soft") != nil {
				k.Soft = soft
			}
			if entry.value.Get("hard") != nil {
				k.Hard = hard
			}
			if k.Hard > 0 && k.Soft > k.Hard && (entry.value.Get("soft") == nil || entry.value.Get("hard") == nil) {
				c.Add(entry.value, "soft is above hard with what the budget says for all", "say both here")
			}
		}
		b.Keys = append(b.Keys, k)
	}
}

// bounds reads what may be spent before cheaper models are preferred, and before requests are refused.
func (c *compiler) bounds(n *tree.Node) (soft, hard int64) {
	for _, bound := range []struct {
		key string
		to  *int64
	}{{"soft", &soft}, {"hard", &hard}} {
		if v := n.Get(bound.key); v != nil {
			if *bound.to, _ = c.dollars(v, maxSpend, 1e12); *bound.to == 0 && v.Kind == tree.Number && !strings.HasPrefix(v.Text, "-") {
				c.Add(v, "a ceiling of nothing leaves no model", "name an amount in dollars a window")
			}
		}
	}
	if hard > 0 && soft > hard {
		c.Add(n.Get("soft"), "soft is above hard, so it would never be reached", "lower soft, or raise hard")
	}
	return soft, hard
}

// firstToken reads by when answers are to begin.
func (c *compiler) firstToken(n *tree.Node) *FirstToken {
	f := &FirstToken{Window: 60_000, Samples: samples}
	if !c.Map(n, "p95", "window", "samples", "models", "load") {
		return f
	}
	all := [PromptClasses]int64{}
	if v := n.Get("p95"); v != nil {
		all = c.byClass(v)
	} else if n.Get("models") == nil {
		c.Required(n, "p95", "in milliseconds")
	}
	if v := n.Get("window"); v != nil {
		f.Window, _ = c.duration(v, 6_000, 3600_000)
	}
	if v := n.Get("samples"); v != nil {
		f.Samples, _ = c.Integer(v, leastSamples, maxSamples)
	}
	f.Bounds = make([][PromptClasses]int64, len(c.table.models))
	for i := range f.Bounds {
		f.Bounds[i] = all
	}
	if v := n.Get("models"); v != nil {
		if v.Kind != tree.Map {
			c.WrongKind(v, "a map")
		} else if len(v.Keys) == 0 {
			c.Add(v, "the map is empty", "name a model with its bound, or remove this")
		}
		for i, key := range v.Keys {
			if m := c.modelRef(key); m != nil {
				f.Bounds[m.index] = c.byClass(v.Items[i])
			}
		}
	}
	c.digest.numbers("first_token", f.Window, f.Samples)
	for _, b := range f.Bounds {
		c.digest.numbers("p95", b[:]...)
	}
	if v := n.Get("load"); v != nil {
		f.Load = c.load(v)
	}
	return f
}

// maxMetric is how long the name of an engine's metric may be.
const maxMetric = 128

// load reads what engines say of their load.
func (c *compiler) load(n *tree.Node) *Load {
	l := &Load{}
	if !c.Map(n, "header", "metric", "above") {
		return l
	}
	if v := c.Required(n, "header", "the response header in which engines say how busy they are, such as endpoint-load-metrics"); v != nil {
		l.Header, _ = c.headerName(v)
	}
	if v := n.Get("metric"); v != nil {
		if l.Metric, _ = c.Word(v); strings.ContainsAny(l.Metric, " ,=\"") || len(l.Metric) > maxMetric {
			c.Add(v, strconv.Quote(l.Metric)+" cannot be a metric of the header", "write its name as it stands there, such as named_metrics.num_requests_waiting")
		}
	}
	if v := c.Required(n, "above", "the load from which on the engine is busy"); v != nil {
		above, _ := c.Number(v, 0, 1e9)
		l.Above = int64(above * 1e6)
	}
	c.digest.add("load", l.Header, l.Metric)
	c.digest.numbers("above", l.Above)
	return l
}

// byClass reads a number of milliseconds for all sizes of prompts, or one for each.
func (c *compiler) byClass(n *tree.Node) (bounds [PromptClasses]int64) {
	if n.Kind == tree.Number {
		ms, _ := c.Integer(n, 1, maxLatency)
		return [PromptClasses]int64{ms, ms, ms}
	}
	if n.Kind != tree.Map {
		c.WrongKind(n, "a number of milliseconds, or a map with one for each size of prompts")
		return bounds
	}
	if !c.Map(n, PromptClassNames[:]...) {
		return bounds
	}
	if len(n.Keys) == 0 {
		c.Add(n, "the map is empty", "say short, medium or long, in milliseconds")
	}
	for i, name := range PromptClassNames {
		if v := n.Get(name); v != nil {
			bounds[i], _ = c.Integer(v, 1, maxLatency)
		}
	}
	return bounds
}

// headerName reads the name of a request header in small letters.
func (c *compiler) headerName(n *tree.Node) (string, bool) {
	name, ok := c.Word(n)
	if !ok {
		return "", false
	}
	for _, r := range name {
		if !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '_') {
			c.Add(n, strconv.Quote(name)+" cannot be a header", "small letters, digits, \"-\" and \"_\"")
			return "", false
		}
	}
	return name, true
}

// duration reads a whole number with its unit, in milliseconds.
func (c *compiler) duration(n *tree.Node, least, most int64) (int64, bool) {
	for _, unit := range []struct {
		suffix string
		millis int64
	}{{"s", 1000}, {"m", 60_000}, {"h", 3600_000}, {"d", 24 * 3600_000}} {
		digits, ok := strings.CutSuffix(n.Text, unit.suffix)
		if n.Kind != tree.String || !ok {
			continue
		}
		v, err := strconv.ParseInt(digits, 10, 32)
		if err != nil || v <= 0 || digits[0] == '+' || digits[0] == '0' {
			break
		}
		if v *= unit.millis; v < least || v > most {
			c.Add(n, n.Text+" is out of range", "between "+span(least)+" and "+span(most))
			return 0, false
		}
		return v, true
	}
	c.Add(n, strconv.Quote(n.Text)+" is not a duration", "a whole number with its unit, such as 30s, 10m, 1h or 7d")
	return 0, false
}

// span writes milliseconds as duration reads them.
func span(ms int64) string {
	switch {
	case ms%(24*3600_000) == 0:
		return strconv.FormatInt(ms/(24*3600_000), 10) + "d"
	case ms%3600_000 == 0:
		return strconv.FormatInt(ms/3600_000, 10) + "h"
	}
	return strconv.FormatInt(ms/1000, 10) + "s"
}
