package imports

import (
	"errors"
	"slices"
	"strings"
)

// readLiteLLM reads the models of a LiteLLM proxy (docs.litellm.ai, proxy config.yaml): model_list and what of router_settings and litellm_settings says where
// requests go. Clients name their models there, so nothing is routed by what a request says: each model can be named, and the first is the default.
func readLiteLLM(root *node, d *draft) error {
	list := root.get("model_list").items()
	if len(list) == 0 {
		return errors.New("its model_list is empty")
	}
	taken := names{}
	byName := map[string]*model{}
	for _, n := range list {
		name, served := n.get("model_name").text(), n.at("litellm_params", "model").text()
		if name == "" || served == "" {
			d.remark(n.line(), "model", name, Defect, "has no model_name or no litellm_params.model")
			continue
		}
		if m := byName[name]; m != nil {
			d.remark(n.line(), "model", name, Replaced, "by one more endpoint of the cluster %q: several deployments of one name are replicas, between which the proxy chooses", m.cluster)
			continue
		}
		if strings.Contains(name, "*") {
			d.remark(n.line(), "model", name, Dropped, "a pattern for any model of a provider has no cluster of its own; name the models")
			continue
		}
		provider, rest, ok := strings.Cut(served, "/")
		if !ok {
			provider, rest = "", served
		}
		m := &model{key: visible(name), name: rest, line: n.line()}
		if taken[m.key] {
			m.key = taken.of(name)
		}
		taken[m.key] = true
		m.cluster = strings.Map(clusterRune, m.key)
		info := n.get("model_info")
		m.context, _ = info.first("max_input_tokens", "max_tokens").count()
		m.maxOutput, _ = info.get("max_output_tokens").count()
		if info.get("supports_vision").bool() {
			m.input = []string{"text", "image"}
		}
		in, ok1 := info.get("input_cost_per_token").number()
		out, ok2 := info.get("output_cost_per_token").number()
		if ok1 && ok2 && in >= 0 && out >= 0 && in < 1 && out < 1 {
			m.priceIn, m.priceOut = dollars(in), dollars(out)
		}
		d.models = append(d.models, m)
		byName[name] = m
		where := n.at("litellm_params", "api_base").text()
		if where != "" {
			where = " (" + where + ")"
		}
		d.remark(n.line(), "model", name, Kept, "give the proxy a cluster %q for it%s, and its keys", m.cluster, where)
		if !slices.Contains([]string{"", "openai", "hosted_vllm", "vllm", "anthropic", "text-completion-openai"}, provider) {
			d.remark(n.line(), "model", name, Defect, "the provider %q is not called in its own API here: put a gateway that translates before it", provider)
		}
	}
	// Two models may not have one name that engines know.
	seen := map[string]bool{}
	for _, m := range d.models {
		if seen[m.name] || m.name != m.key && taken[m.name] {
			d.remark(m.line, "model", m.key, Replaced, "its engine is asked for %q: another model is served as %q, and a client that names that could mean either", m.key, m.name)
			m.name = m.key
		}
		seen[m.name] = true
	}
	settings := root.get("router_settings")
	for _, pair := range settings.get("model_group_alias").members() {
		target := pair.value.text()
		if pair.value.get("model") != nil {
			target = pair.value.get("model").text()
		}
		if m := byName[target]; m != nil && !taken[pair.key] && visible(pair.key) == pair.key {
			m.aliases = append(m.aliases, pair.key)
			taken[pair.key] = true
			d.remark(pair.line, "setting", "alias "+pair.key, Kept, "of %q", m.key)
		} else {
			d.remark(pair.line, "setting", "alias "+pair.key, Dropped, "%q is no model here, or the alias is one", target)
		}
	}
	for _, n := range []*node{settings, root.get("litellm_settings"), root.get("general_settings")} {
		for _, m := range n.members() {
			if text, known := liteLLMSettings[m.key]; known && text != "" {
				d.remark(m.line, "setting", m.key, Dropped, "%s", text)
			} else if !known {
				d.remark(m.line, "setting", m.key, Dropped, "it is the gateway's own and says nothing of where requests go")
			}
		}
	}
	d.auto = []string{"auto"}
	if len(d.models) > 0 {
		d.otherwise = []choice{{model: d.models[0].key}}
		d.remark(d.models[0].line, "setting", "default model", Replaced, "requests for \"auto\" go to the first model, %q, until you write routes", d.models[0].key)
	}
	return nil
}

// liteLLMSettings are settings that say where requests go, and what is in their place; "" for those that are read.
var liteLLMSettings = map[string]string{
	"model_group_alias":        "",
	"routing_strategy":         "between replicas the proxy's load balancer chooses: lb_policy of the cluster",
	"fallbacks":                "write several models in `use` of a route: the next is used where one may not or cannot take the request",
	"context_window_fallbacks": "write `context` for each model, and several in `use` of a route",
	"content_policy_fallbacks": "guards choose before a model is asked",
	"default_fallbacks":        "the policy's default",
	"num_retries":              "retries are the proxy's: retry_policy of the route",
	"timeout":                  "timeouts are the proxy's: timeout of the route",
	"allowed_fails":            "outlier detection is the proxy's",
	"cooldown_time":            "outlier detection is the proxy's",
	"cache":                    "answers are not cached here",
	"master_key":               "who asks is the proxy's business: its JWT or external authorisation filters",
	"guardrails":               "write guards",
	"max_budget":               "write objectives",
}

func visible(name string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '_'
		}
		return r
	}, name)
}
