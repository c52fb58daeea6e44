package config

import (
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/tree"
)

// leastKey is how many bytes a key has at least: those of a block of AES-128, or half of a SHA-256.
const leastKey = 16

// notInNames are bytes that no variable's name has.
const notInNames = "= \t\n\x00"

// clearKey warns of a secret that whoever may read the configuration reads, too.
const clearKey = "a key stands in the configuration in clear, where Envoy's config_dump and whoever may read the manifest show it: name a variable of the VM's environment in key_env instead " +
	"(Envoy: vm_config.environment_variables.host_env_keys; Istio: vmConfig.env with valueFrom: HOST)"

// key reads a key from the configuration itself.
func (r *reader) key(n *tree.Node) []byte {
	key := r.text(n)
	if key == "" {
		return nil
	}
	r.warn(n, clearKey)
	return r.long(n, key, "the key")
}

// keyOf reads a key from a variable of the VM's environment, which n names. White space around it, such as a line feed at the end of a file, is no part of it.
func (r *reader) keyOf(n *tree.Node) []byte {
	name := r.text(n)
	if name == "" {
		return nil
	}
	if strings.ContainsAny(name, notInNames) {
		r.Add(n, "not a name of a variable", "write the name alone, such as MOM_RECORD_KEY: the key itself stands in the environment")
		return nil
	}
	if r.env == nil {
		return nil
	}
	key, ok := r.env(name)
	if key = strings.TrimSpace(key); !ok || key == "" {
		r.Add(n, "the VM's environment has no variable "+strconv.Quote(name)+", or an empty one",
			"set it for the proxy, and list it under vm_config.environment_variables.host_env_keys (Istio: vmConfig.env with valueFrom: HOST); "+
				"where capabilities are restricted, allow environ_get and environ_sizes_get")
		return nil
	}
	return r.long(n, key, "the key in "+strconv.Quote(name))
}

// long refuses a key that is too short to be one. The key itself never shows.
func (r *reader) long(n *tree.Node, key, what string) []byte {
	if len(key) < leastKey {
		r.Add(n, what+" has "+strconv.Itoa(len(key))+" bytes", "a key needs at least "+strconv.Itoa(leastKey)+" random ones: openssl rand -hex 32")
		return nil
	}
	return []byte(key)
}
