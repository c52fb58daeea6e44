package imports

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// vllmSR is a configuration of the vLLM Semantic Router that is being read: v0.1, where signals, decisions and providers stand at the top, and v0.3, where
// they stand under routing (config/config.yaml and src/semantic-router/pkg/config of vllm-project/semantic-router).
type vllmSR struct {
	*draft
	root, routing *node
	conditions    map[string]*condition // what stands for a signal, by "type:name"
	unused        map[string]int        // signals that no decision has asked for, with their lines
	taken         names                 // of signals
	ruleNames     names
	keys          map[string]string // of models, by their names
	effort        string            // where a decision says none
	probe         *probe
}

func readVLLMSR(root *node, d *draft) error {
	v := &vllmSR{draft: d, root: root, routing: root, conditions: map[string]*condition{}, unused: map[string]int{}, taken: names{}, ruleNames: names{}, keys: map[string]string{}}
	if r := root.get("routing"); r != nil {
		v.routing = r
	}
	if len(v.routing.get("decisions").items()) == 0 {
		return errors.New("its list of decisions is empty")
	}
	v.readModels()
	v.readSignals()
	v.readProjections()
	v.readDecisions()
	v.remarkSettings()
	return nil
}

// settings are the members beside signals, decisions and providers, and what a user of mom-router has in their place.
var settings = map[string]string{
	"listeners":          "listeners are the proxy's: see examples/envoy",
	"global":             "services, stores and models of the router itself: there are none to configure here",
	"semantic_cache":     "answers are not cached here: engines cache prefixes, and a cache belongs behind the guards of whoever reads it",
	"response_cache":     "answers are not cached here",
	"memory":             "the router keeps no memory of users: conversations are in the requests",
	"prompt_guard":       "guards work on every request: see the guards of the policy",
	"classifier":         "signals are built in and need no model files",
	"bert_model":         "signals are built in and need no model files",
	"embedding_models":   "signals are built in and need no model files",
	"hallucination":      "answers are not judged here",
	"observability":      "records and metrics are the proxy's: docs/record.md",
	"api":                "there is no service of its own to configure",
	"router_replay":      "every request leaves a record; hostsim replay routes recorded requests again",
	"looper":             "a request gets one model and one answer",
	"evaluation":         "rules test and make eval measure a policy",
	"setup":              "nothing needs a set-up",
	"tools":              "tools are passed on as the client sends them",
	"model_selection":    "the first candidate that guards, context and objectives allow is chosen",
	"vector_store":       "documents are the client's business",
	"response_api":       "stored responses are the engine's; refused unless `allow` says otherwise",
	"authz":              "who asks is the proxy's business: trusted headers",
	"ratelimit":          "rate limits are the proxy's: Envoy's rate limit filters",
	"model_bindings":     "signals are built in and need no model files",
	"image_gen_backends": "images are routed by `input` of the models",
	"categories":         "domains are built in",
	"external_models":    "no other service is asked",
}

func (v *vllmSR) remarkSettings() {
	known := []string{"version", "signals", "decisions", "providers", "routing", "projections", "modelCards", "auto_model_name", "auto_model_names"}
	for _, n := range []*node{v.root, v.routing} {
		for _, m := range n.members() {
			switch instead := settings[m.key]; {
			case slices.Contains(known, m.key):
			case m.key == "strategy":
				if s := m.value.text(); s != "" && s != "priority" {
					v.remark(m.line, "setting", m.key, Replaced, "%q: the first decision that matches is chosen, by priority", s)
				}
			case instead == "":
				v.remark(m.line, "setting", m.key, Dropped, "nothing is known of it")
			default:
				v.remark(m.line, "setting", m.key, Dropped, "%s", instead)
			}
		}
		if v.root == v.routing {
			return
		}
	}
}

// families are how engines are asked for reasoning, for those families that configurations name without saying how.
var families = map[string][]field{
	"qwen3":    switched("enable_thinking", false),
	"qwen3.5":  switched("enable_thinking", false),
	"glm":      switched("enable_thinking", false),
	"deepseek": switched("thinking", false),
	"gpt-oss":  graded("reasoning_effort"),
	"gpt":      graded("reasoning_effort"),
	"openai":   graded("reasoning_effort"),
}

// graded are the levels of a model that is asked by a member, whose name may be a path.
func graded(member string) (levels []field) {
	levels = []field{{"none", "low"}}
	for _, level := range []string{"low", "medium", "high"} {
		path := strings.Split(member, ".")
		var v any = level
		for i := len(path) - 1; i >= 0; i-- {
			v = []field{{path[i], v}}
		}
		levels = append(levels, field{level, v})
	}
	return levels
}

// switched are those of one that thinks or does not, by a variable of its template.
func switched(variable string, inverted bool) []field {
	set := func(on bool) []field { return []field{{"chat_template_kwargs", []field{{variable, on != inverted}}}} }
	return []field{{"none", set(false)}, {"low", "high"}, {"medium", "high"}, {"high", set(true)}}
}

func (v *vllmSR) readModels() {
	providers := v.root.get("providers")
	defaults := providers.get("defaults")
	cards := map[string]*node{}
	for _, card := range v.routing.get("modelCards").items() {
		cards[card.get("name").text()] = card
	}
	byFamily := map[string]*node{}
	for _, n := range []*node{providers.get("reasoning_families"), defaults.get("reasoning_families"), v.root.get("reasoning_families")} {
		for _, m := range n.members() {
			byFamily[m.key] = m.value
		}
	}
	v.effort = firstText(providers.get("default_reasoning_effort"), defaults.get("reasoning_effort"), defaults.get("default_reasoning_effort"))
	taken := names{}
	places := map[string][]string{}
	for _, n := range providers.get("models").items() {
		name := n.get("name").text()
		if name == "" || v.keys[name] != "" {
			v.remark(n.line(), "model", name, Defect, "has no name, or one that another model has")
			continue
		}
		m := v.model(taken, name, n.line())
		if served := firstText(n.at("external_model_ids", "vllm"), n.get("provider_model_id")); served != "" && served != name {
			m.name = served
			if name != m.key {
				m.aliases = []string{name}
			}
		}
		v.describe(m, cards[name])
		v.prices(m, n.get("pricing"))
		v.reason(m, n, byFamily)
		var where []string
		for _, e := range append(n.get("endpoints").items(), n.get("backend_refs").items()...) {
			if at := firstText(e.get("endpoint"), e.get("base_url")); at != "" {
				where = append(where, at)
				places[at] = append(places[at], name)
			}
		}
		v.remark(n.line(), "model", name, Kept, "is model %q; give the proxy a cluster %q for it%s", m.key, m.cluster, joined(": ", where))
	}
	for _, name := range slices.Sorted(maps.Keys(cards)) {
		card := cards[name]
		if v.keys[name] == "" && name != "" {
			m := v.model(taken, name, card.line())
			v.describe(m, card)
			v.remark(card.line(), "model", name, Kept, "is model %q, of which no provider says where it is; give the proxy a cluster %q for it", m.key, m.cluster)
		}
	}
	slices.SortStableFunc(v.models, func(a, b *model) int { return a.line - b.line })
	for _, m := range v.models {
		for _, at := range slices.Sorted(maps.Keys(places)) {
			served := places[at]
			if len(served) > 1 && m.aliasOf(served[0]) {
				v.remark(m.line, "model", served[0], Defect, "%d models have the one endpoint %s (%s): it must serve all of these names", len(served), at, strings.Join(served, ", "))
			}
		}
	}
	if name := firstText(defaults.get("model"), defaults.get("default_model"), providers.get("default_model"), v.root.get("default_model")); name != "" {
		if key := v.keys[name]; key != "" {
			v.otherwise = []choice{{key, v.level(v.effort)}}
			v.remark(firstLine(defaults.get("model"), defaults.get("default_model"), providers.get("default_model"), v.root.get("default_model")), "setting", "default model", Kept, "is the policy's default")
		} else {
			v.remark(1, "setting", "default model", Defect, "%q is no model of the configuration", name)
		}
	}
	v.auto = []string{"auto", "MoM"}
	for _, n := range []*node{v.root, v.root.at("global", "router")} {
		if list := append(n.get("auto_model_names").texts(), n.get("auto_model_name").texts()...); len(list) > 0 {
			v.auto = list
		}
	}
}

func (m *model) aliasOf(name string) bool {
	return m.name == name || m.key == name || slices.Contains(m.aliases, name)
}

// model adds a model. Its key is the last part of its name.
func (v *vllmSR) model(taken names, name string, line int) *model {
	key := visible(strings.ToLower(name[strings.LastIndexByte(name, '/')+1:]))
	if taken[key] || key == "" || key == "true" || key == "false" {
		key = taken.of(name)
	}
	taken[key] = true
	m := &model{key: key, name: name, cluster: strings.Map(clusterRune, key), line: line}
	v.models = append(v.models, m)
	v.keys[name] = key
	return m
}

// clusterRune keeps what names of clusters in Envoy's statistics may hold without being cut there.
func clusterRune(r rune) rune {
	if r == '.' || r == ':' || r == '/' {
		return '-'
	}
	return r
}

// describe reads a model's card.
func (v *vllmSR) describe(m *model, card *node) {
	m.context, _ = card.get("context_window_size").count()
	m.maxOutput, _ = card.get("max_output_tokens").count()
	kinds := card.at("modalities", "input").texts()
	if card.get("modality").text() == "omni" && len(kinds) == 0 {
		kinds = []string{"text", "image"}
	}
	for _, kind := range []string{"text", "image", "audio"} {
		if slices.Contains(kinds, kind) || kind == "text" && len(kinds) > 0 {
			m.input = append(m.input, kind)
		}
	}
	if loras := card.get("loras"); loras != nil {
		v.remark(loras.line(), "setting", "loras of "+m.key, Dropped, "an adapter that the engine serves under a name of its own is a model of its own: add it under models")
	}
}

func (v *vllmSR) prices(m *model, n *node) {
	in, out := n.first("prompt_per_1m", "input_per_1m"), n.first("completion_per_1m", "output_per_1m")
	if in == nil || out == nil {
		return
	}
	if currency := n.get("currency").text(); currency != "" && !strings.EqualFold(currency, "USD") {
		v.remark(n.line(), "setting", "pricing of "+m.key, Dropped, "prices are in dollars here, and these are in %s", currency)
		return
	}
	a, ok := in.number()
	b, too := out.number()
	if ok && too && a >= 0 && b >= 0 && a <= 1e6 && b <= 1e6 {
		m.priceIn, m.priceOut = in.text(), out.text()
	}
}

// reason reads how a model is asked for reasoning.
func (v *vllmSR) reason(m *model, n *node, byFamily map[string]*node) {
	how := n.get("reasoning")
	family := firstText(n.get("reasoning_family"), how.get("family"))
	if family != "" && how.get("type") == nil {
		how = byFamily[family]
	}
	parameter := how.get("parameter").text()
	switch {
	case how.get("type").text() == "chat_template_kwargs" && parameter != "":
		m.reasoning = switched(parameter, false)
	case how.get("type").text() == "reasoning_effort" && parameter != "":
		m.reasoning = graded(parameter)
	case families[family] != nil:
		m.reasoning = families[family]
	case family != "":
		v.remark(n.line(), "setting", "reasoning of "+m.key, Dropped, "nothing says how the family %q is asked for reasoning: write reasoning: {low: {…}, high: {…}} for this model", family)
	}
}

// level is a level of reasoning, or "" if it is none that policies have.
func (v *vllmSR) level(effort string) string {
	switch e := strings.ToLower(effort); e {
	case "none", "low", "medium", "high":
		return e
	case "minimal":
		return "low"
	case "xhigh", "max":
		return "high"
	}
	return ""
}

func firstText(nodes ...*node) string {
	for _, n := range nodes {
		if s := n.text(); s != "" {
			return s
		}
	}
	return ""
}

func firstLine(nodes ...*node) int {
	for _, n := range nodes {
		if n != nil {
			return n.line()
		}
	}
	return 1
}

func joined(before string, list []string) string {
	if len(list) == 0 {
		return ""
	}
	return before + strings.Join(list, ", ")
}
