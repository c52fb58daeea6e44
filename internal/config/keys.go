package config

import (
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// clientKeys are the request headers in which clients name the conversation: Claude Code, Codex (of 2025 and of 2026), OpenCode, LiteLLM, Open WebUI.
var clientKeys = []string{"x-claude-code-session-id", "session_id", "session-id", "x-session-affinity", "x-opencode-session", "x-litellm-session-id", "x-openwebui-chat-id"}

// keys reads what makes the keys of conversations and prefixes.
func (r *reader) keys(c *Config, n *tree.Node) {
	var secret []byte
	r.members(n, map[string]func(*tree.Node){
		"secret":     func(n *tree.Node) { secret = r.key(n) },
		"secret_env": func(n *tree.Node) { secret = r.secretOf(n) },
		"client":     func(n *tree.Node) { c.ClientKeys = list(r, n, r.header) },
	})
	if n.Kind != tree.Map {
		return
	}
	switch clear, env := n.Get("secret"), n.Get("secret_env"); {
	case clear != nil && env != nil:
		r.Add(clear, "there are two secrets", "remove secret: the one in the environment does not show")
	case clear == nil && env == nil:
		r.Add(n, "there is no secret, without which there are no keys", "name a variable of the VM's environment in secret_env, the same for all proxies")
	}
	if secret != nil {
		c.Keys = rules.NewKeys(secret)
	}
}

// secretOf reads a secret from the VM's environment. Without the variable there are no keys, and all else works.
func (r *reader) secretOf(n *tree.Node) []byte {
	if name := n.Text; n.Kind == tree.String && name != "" && !strings.ContainsAny(name, notInNames) && r.env != nil {
		if value, ok := r.env(name); !ok || strings.TrimSpace(value) == "" {
			r.warn(n, "no keys are made, and no request has a session or a prefix: the VM's environment has no variable "+strconv.Quote(name)+
				", or an empty one: set it for the proxy, the same for all, and list it under vm_config.environment_variables.host_env_keys (Istio: vmConfig.env with valueFrom: HOST)")
			return nil
		}
	}
	return r.keyOf(n)
}

// checkKeys looks at what keys need of the rest of the configuration.
func (r *reader) checkKeys(c *Config, root *tree.Node) {
	n := root.Get("keys")
	if n == nil || n.Kind != tree.Map {
		for _, name := range []string{"session", "prefix"} {
			if headers := root.Get("headers"); headers != nil && headers.Kind == tree.Map && headers.Get(name) != nil {
				r.warn(headers.Get(name), "no keys are made without a secret: name a variable of the VM's environment in keys.secret_env")
			}
		}
		return
	}
	if client := n.Get("client"); client != nil && client.Kind == tree.List {
		for i, name := range c.ClientKeys {
			if c.Ours(name) {
				r.Add(client.Items[i], "only the router sets "+strconv.Quote(name), "name a header that clients set")
			}
		}
	}
}

// distinct sees to it that no two of the router's headers have one name.
func (r *reader) distinct(c *Config, n *tree.Node) {
	headers := []struct{ key, name string }{{"cluster", c.ClusterHeader}, {"model", c.ModelHeader}, {"session", c.SessionHeader}, {"prefix", c.PrefixHeader}}
	for i, a := range headers {
		for _, b := range headers[i+1:] {
			if n != nil && sameName(a.name, b.name) {
				r.Add(n, a.key+" and "+b.key+" have the same header", "give each its own")
			}
		}
	}
}
