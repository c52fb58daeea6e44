package imports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// plugins are those of vLLM-SR, and what a user of mom-router has in their place.
var plugins = map[string]struct {
	outcome Outcome
	text    string
}{
	"jailbreak":           {Replaced, "by a guard: it holds for clients that name their model, too"},
	"pii":                 {Replaced, "by a guard: it holds for clients that name their model, too"},
	"fast_response":       {Replaced, "by a guard that denies with 403 in the shape of the API"},
	"router_replay":       {Replaced, "by the record, which every request leaves; hostsim replay routes recorded requests again"},
	"system_prompt":       {Dropped, "what the client says is passed on as it is; a system prompt belongs into the client, or before the router"},
	"semantic-cache":      {Dropped, "answers are not cached: engines cache prefixes, and a cache of answers belongs behind the guards of whoever reads it"},
	"semantic_cache":      {Dropped, "answers are not cached: engines cache prefixes, and a cache of answers belongs behind the guards of whoever reads it"},
	"response_cache":      {Dropped, "answers are not cached: engines cache prefixes, and a cache of answers belongs behind the guards of whoever reads it"},
	"header_mutation":     {Dropped, "headers are the proxy's: request_headers_to_add of the route to the model's cluster"},
	"hallucination":       {Dropped, "answers are not judged"},
	"response_jailbreak":  {Dropped, "answers are not judged"},
	"memory":              {Dropped, "the router keeps no memory of users"},
	"rag":                 {Dropped, "documents are the client's business"},
	"tools":               {Dropped, "tools are passed on as the client sends them"},
	"tool_selection":      {Dropped, "tools are passed on as the client sends them"},
	"request_params":      {Dropped, "a cost ceiling bounds what an answer may cost: objectives"},
	"context_compression": {Dropped, "what the client says is passed on as it is; a model that the request fits is chosen by `context`"},
	"shadow_dispatch":     {Dropped, "no second model is asked"},
	"image_gen":           {Dropped, "images are routed by `input` of the models"},
}

// stops are the plugins that make a guard of a decision.
var stops = []string{"jailbreak", "pii", "fast_response"}

// threats are the types of signals that make a guard of a decision that asks for nothing else.
var threats = []string{"jailbreak", "pii", "safety"}

// maxDecisions is how many decisions are read. That each can be reached takes the longer to find out the more there are.
const maxDecisions = 500

func (v *vllmSR) readDecisions() {
	decisions := v.routing.get("decisions").items()
	if tier := func(n *node) bool { return n.get("tier") != nil }; slices.ContainsFunc(decisions, tier) {
		v.remark(decisions[slices.IndexFunc(decisions, tier)].line(), "setting", "tier of decisions", Dropped, "decisions are in the order of their priorities alone; `tier` of a model is what it is approved for")
	}
	slices.SortStableFunc(decisions, func(a, b *node) int {
		x, _ := a.get("priority").number()
		y, _ := b.get("priority").number()
		return cmp.Compare(y, x)
	})
	for i, n := range decisions {
		if i >= maxDecisions {
			v.remark(n.line(), "decision", n.get("name").text(), Dropped, "%d come before it by their priorities, and that is as many as are read", maxDecisions)
			continue
		}
		if p := n.get("priority"); i > 0 && p.text() == decisions[i-1].get("priority").text() {
			v.remark(n.line(), "decision", n.get("name").text(), Defect, "has the priority of %q, %s: it comes behind that here, as it does in the file", decisions[i-1].get("name").text(), cmp.Or(p.text(), "none"))
		}
		v.decision(n)
	}
	for _, full := range slices.Sorted(maps.Keys(v.unused)) {
		line := v.unused[full]
		v.unsay(line, "signal", full)
		v.remark(line, "signal", full, Defect, "is declared, and no decision asks for it")
	}
}

func (v *vllmSR) decision(n *node) {
	name := n.get("name").text()
	if name == "" {
		v.remark(n.line(), "decision", "", Defect, "has no name")
		name = "decision"
	}
	r := &rule{of: name, name: v.ruleNames.of(name), comment: n.get("description").text(), line: n.line()}
	v.readPlugins(n, name)
	if algorithm := n.at("algorithm", "type").text(); algorithm != "" && algorithm != "static" {
		v.remark(n.get("algorithm").line(), "plugin", name+": algorithm "+algorithm, Dropped, "a request gets one answer of one model: the first of the decision that guards, context and objectives allow")
	}
	r.when = always
	if rules := n.get("rules"); rules != nil {
		r.when = v.rules(rules, name)
	}
	r.use = v.refs(n, name)
	denies, steers, threat := v.stops(n)
	if denies || steers || threat {
		if v.guard(r, n, name, denies) {
			return
		}
	}
	if len(r.use) == 0 {
		v.remark(n.line(), "decision", name, Dropped, "it names no model of the configuration")
		return
	}
	v.deadBranches(r)
	v.routes = append(v.routes, r)
	what := "as a route"
	if r.name != name {
		what = fmt.Sprintf("as route %q", r.name)
	}
	v.remark(n.line(), "decision", name, Kept, "%s", what)
}

// deadBranches notes alternatives of a condition that rules before take whole.
func (v *vllmSR) deadBranches(r *rule) {
	if !r.when.is(opOr) {
		return
	}
	for _, kid := range r.when.kids {
		for _, earlier := range v.routes {
			if earlier.when.has(kid.String()) {
				v.remark(r.line, "decision", r.of, Defect, "its alternative %s never decides: %q takes it before", kid, earlier.of)
				break
			}
		}
	}
}

// stops reports what makes a guard of a decision: that it answers by itself, that a plugin checks it, or that it asks for nothing but signs of danger.
func (v *vllmSR) stops(n *node) (denies, steers, threat bool) {
	for _, p := range n.get("plugins").items() {
		typ := p.get("type").text()
		if enabled := p.at("configuration", "enabled"); enabled != nil && !enabled.bool() {
			continue
		}
		denies = denies || typ == "fast_response"
		steers = steers || slices.Contains(stops, typ)
	}
	types := map[string]bool{}
	var gather func(*node)
	gather = func(n *node) {
		if typ := n.get("type").text(); typ != "" {
			types[typ] = true
		}
		for _, kid := range n.get("conditions").items() {
			gather(kid)
		}
	}
	gather(n.get("rules"))
	threat = len(types) > 0
	dangerous := false
	for typ := range types {
		threat = threat && slices.Contains(threats, typ)
		dangerous = dangerous || slices.Contains(threats, typ)
	}
	// A fast answer to what is no danger is a convenience of the decision, and no reason to refuse it.
	return denies && (dangerous || types["keyword"] && len(types) == 1), steers && (dangerous || types["keyword"]), threat
}

// guard makes a guard of a decision. Guards go by what more text cannot turn off, so what else the condition asks for is left out, which makes it
// stricter. It reports false if nothing is left.
func (v *vllmSR) guard(r *rule, n *node, name string, denies bool) bool {
	var loose []string
	when := r.when.with(func(ref string, positive bool) *condition {
		c := v.steady(ref)
		if c == nil || !positive {
			loose = append(loose, ref)
			return constant(positive) // what may be turned off counts as if it held, and so does what must not be there
		}
		return c
	})
	if when.is(opTrue) || when.is(opFalse) {
		v.remark(n.line(), "decision", name, Replaced, "by a route and not by a guard, since guards may not ask for %s: clients that name a model pass it by", strings.Join(loose, ", "))
		return false
	}
	how := ""
	if len(loose) > 0 {
		how = fmt.Sprintf(". It is stricter: guards may not ask for %s, which more text turns on or off", strings.Join(slices.Compact(slices.Sorted(slices.Values(loose))), ", "))
	}
	if len(v.routes) > 0 {
		v.remark(n.line(), "decision", name, Defect, "stands behind %q, so what both match passes it by; as a guard it comes before all routes", v.routes[0].of)
	}
	r.when, r.flag = when, r.name
	if denies || len(r.use) == 0 {
		r.deny = []field{{"status", int64(403)}}
		r.use = nil
		how = " that denies" + how
	} else {
		for _, c := range r.use {
			r.only = append(r.only, c.model)
		}
		how = " that allows " + strings.Join(r.only, ", ") + " alone" + how
	}
	v.guards = append(v.guards, r)
	v.remark(n.line(), "decision", name, Replaced, "by a guard%s", how)
	return true
}

// steady is a signal as guards may ask for it: over all that users say, and only if no more text can turn it off. It is nil if there is none.
func (v *vllmSR) steady(ref string) *condition {
	typ, name, _ := strings.Cut(ref, ".")
	switch typ {
	case "pii", "header", "injection", "obfuscation", "jailbreak":
		return signal(ref)
	case "conversation":
		if name == "side_task" || name == "follow_up" {
			return nil
		}
		return signal(ref)
	case "keyword", "regex":
		d := v.declared(ref)
		if d == nil || slices.ContainsFunc(d.options, func(f field) bool { return f.key == "in" }) {
			return signal(ref)
		}
		wide := &declaration{typ: typ, name: d.name + "_in_all", line: d.line, list: d.list, words: slices.Clone(d.words), options: append([]field{{"in", "user"}}, d.options...)}
		if v.declared(wide.ref()) == nil {
			v.add(wide)
			v.taken[wide.name] = true
		}
		return signal(wide.ref())
	case "size":
		if d := v.declared(ref); d != nil && len(d.options) == 1 && d.options[0].key == "over" {
			return signal(ref)
		}
	}
	return nil
}

func (v *vllmSR) readPlugins(n *node, name string) {
	for _, p := range n.get("plugins").items() {
		typ := p.get("type").text()
		if enabled := p.at("configuration", "enabled"); enabled != nil && !enabled.bool() {
			continue // it does nothing there, either
		}
		what, known := plugins[typ]
		if !known {
			v.remark(p.line(), "plugin", name+": "+typ, Dropped, "a plugin of this type is not known")
			continue
		}
		v.remark(p.line(), "plugin", name+": "+typ, what.outcome, "%s", what.text)
	}
}

// refs reads the models of a decision.
func (v *vllmSR) refs(n *node, name string) (use []choice) {
	weighted := false
	for _, m := range n.get("modelRefs").items() {
		model := m.get("model").text()
		key := v.keys[model]
		if key == "" {
			v.remark(m.line(), "decision", name, Defect, "names the model %q, which is not declared", model)
			continue
		}
		if lora := m.get("lora_name").text(); lora != "" {
			v.remark(m.line(), "decision", name, Dropped, "the adapter %q of %s: one that the engine serves under a name of its own is a model of its own", lora, model)
		}
		weighted = weighted || m.get("weight") != nil
		level := "none"
		if m.get("use_reasoning").bool() {
			level = cmp.Or(v.level(m.get("reasoning_effort").text()), v.level(v.effort), "medium")
		} else if m.get("use_reasoning") == nil {
			level = ""
		}
		if !slices.ContainsFunc(use, func(c choice) bool { return c.model == key }) {
			use = append(use, choice{key, level})
		}
	}
	if weighted && len(use) > 1 {
		v.remark(n.line(), "decision", name, Dropped, "the weights of its models: the first that guards, context and objectives allow is chosen")
	}
	return use
}

// rules is the condition of a tree of operators and signals.
func (v *vllmSR) rules(n *node, name string) *condition {
	return v.rulesWithin(n, name, 0).with(same)
}

const maxNesting = 64

func (v *vllmSR) rulesWithin(n *node, name string, depth int) *condition {
	if depth > maxNesting {
		v.remark(n.line(), "decision", name, Dropped, "conditions that are nested deeper than %d levels", maxNesting)
		return never
	}
	if typ := n.get("type").text(); typ != "" {
		return v.ask(n, typ, name)
	}
	var kids []*condition
	for _, kid := range n.get("conditions").items() {
		kids = append(kids, v.rulesWithin(kid, name, depth+1))
	}
	switch operator := strings.ToUpper(n.get("operator").text()); operator {
	case "AND", "":
		if len(kids) == 0 {
			return always
		}
		return all(kids...)
	case "OR":
		return anyOf(kids...)
	case "NOT", "NOR":
		return negated(anyOf(kids...))
	case "NAND":
		return negated(all(kids...))
	default:
		v.remark(n.line(), "decision", name, Dropped, "the operator %q is not known, so what it joins is never true", operator)
		return never
	}
}

// ask is the condition for a signal that a decision asks for.
func (v *vllmSR) ask(n *node, typ, name string) *condition {
	full := typ + ":" + n.get("name").text()
	delete(v.unused, full)
	if base, _, graded := strings.Cut(n.get("name").text(), ":"); graded {
		delete(v.unused, typ+":"+base)
	}
	if c, known := v.conditions[full]; known {
		return c
	}
	if typ == "domain" || typ == "language" { // need not be declared
		read := map[string]func(*vllmSR, *node, string) *condition{"domain": (*vllmSR).domain, "language": (*vllmSR).language}[typ]
		v.conditions[full] = read(v, n, full)
		return v.conditions[full]
	}
	v.conditions[full] = never
	v.remark(n.line(), "decision", name, Defect, "asks for %s, which is not declared, so it is never true", full)
	return never
}
