package istio

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/e2e/istio/internal/control"
)

var update = flag.Bool("update", false, "write examples/istio/TROUBLESHOOTING.md anew")

// mistake is one that newcomers make, what comes of it, and the cure.
type mistake struct {
	title string
	make  func(t *testing.T, s *stand, all []*control.Object) []*control.Object
	// What the client of an ordinary request gets. Status 0: whatever.
	status int
	answer string // a part of the body
	// A part of one line of the gateway's log; "" where it says nothing.
	log string
	// What kubectl apply says; then nothing else is looked at.
	apply string
	cure  string
	// Whether it is made before the gateway starts.
	fresh bool
	// Whether the request reaches an engine all the same. Only FAIL_OPEN does that.
	open bool
	size int // bytes of padding of the request
}

// mistakes are made one after the other on one running gateway, each from a state without any plugin.
var mistakes = []mistake{
	{
		title:  "The gate is missing",
		make:   without("mom-router-gate"),
		status: 503, answer: "the gate of the pair is missing: add the same module once more behind this one, with an empty configuration and the same vm_id",
		cure: "Apply the whole of `pair.yaml`: both WasmPlugins, in the same namespace and with the same `selector`. While a pair is applied or deleted, the moments between give this answer, too.",
	},
	{
		title:  "The lead is missing",
		make:   without("mom-router-lead"),
		status: 503, answer: "the gate of the pair has no lead before it",
		cure: "As above.",
	},
	{
		title:  "The priorities are swapped",
		make:   with("mom-router-lead", int64(5), "spec", "priority"),
		status: 503, answer: "the gate of the pair has no lead before it: the instance with the policy and hold: pair must come first (in Istio: the higher priority)",
		cure: "The lead, which has the policy, needs the higher `priority`.",
	},
	{
		title:  "The two have different phases, in the wrong order",
		make:   with("mom-router-gate", "AUTHN", "spec", "phase"),
		status: 503, answer: "the gate of the pair has no lead before it",
		cure: "Give both the same `phase`. Priorities are compared within a phase only; phases run in the order AUTHN, AUTHZ, STATS, none.",
	},
	{
		title: "The two have different images",
		make: func(t *testing.T, s *stand, all []*control.Object) []*control.Object {
			other := s.crashing(t)
			gate := named(t, all, "WasmPlugin", "mom-router-gate")
			set(t, gate, other.url, "spec", "url")
			set(t, gate, other.sha256, "spec", "sha256")
			return all
		},
		status: 503, answer: "the gate of the pair is missing: add the same module once more behind this one, with an empty configuration and the same vm_id",
		cure: "The same `url` and `sha256` in both: only the same module shares a virtual machine. During an update from one version to the next, requests get this answer until both have it.",
	},
	{
		title: "Both have the policy",
		make: func(t *testing.T, s *stand, all []*control.Object) []*control.Object {
			set(t, named(t, all, "WasmPlugin", "mom-router-gate"), "default", "spec", "pluginConfig", "policy")
			return all
		},
		status: 503, answer: "the gate of the pair is missing",
		cure: "The gate has no `pluginConfig` at all: that is what makes it the gate.",
	},
	{
		title:  "`hold: flag` in a WasmPlugin",
		make:   flagWithoutFlag,
		status: 503, answer: "allow_on_headers_stop_iteration",
		cure: "A WasmPlugin cannot set that flag: use the pair, or the EnvoyFilter in `flag.yaml`. The answer comes after `hold_timeout`.",
	},
	{
		title:  "The selector matches no gateway",
		make:   with("", map[string]any{"matchLabels": map[string]any{"istio": "ingress"}}, "spec", "selector"),
		status: 404, answer: "",
		cure: "`kubectl get pods -n istio-ingress --show-labels` shows the labels to select, and the namespace must be the pods' own. A 404 without a body is Envoy's own: no plugin, so no `x-mom-cluster`, so no route; one of the plugin says so in JSON.",
	},
	{
		title:  "The sha256 is wrong",
		make:   with("", strings.Repeat("0", 64), "spec", "sha256"),
		status: 403, answer: "RBAC: access denied",
		log:  "which does not match: " + strings.Repeat("0", 64),
		cure: "`make image` prints the digest of the image's manifest; `crane digest registry.example.com/mom-router:1.0.0` asks the registry. It is not the hash of the .wasm file. Istio denies everything in place of a module that it cannot fetch.",
	},
	{
		title: "The image is missing",
		make: func(t *testing.T, s *stand, all []*control.Object) []*control.Object {
			for _, name := range []string{"mom-router-lead", "mom-router-gate"} {
				set(t, named(t, all, "WasmPlugin", name), "oci://"+s.registry+"/mom-roter:1.0.0", "spec", "url")
			}
			return all
		},
		status: 403, answer: "RBAC: access denied",
		log:  "could not fetch Wasm OCI image: could not fetch manifest:",
		cure: "The line goes on with the registry's answer (not found, unauthorised, unknown certificate): mend `url`, `imagePullSecret`, or the gateway's `WASM_INSECURE_REGISTRIES`. Istio does not try again until a WasmPlugin changes or the pod restarts.",
	},
	{
		title: "`failStrategy: FAIL_OPEN`, and the image is missing",
		make: func(t *testing.T, s *stand, all []*control.Object) []*control.Object {
			for _, name := range []string{"mom-router-lead", "mom-router-gate"} {
				plugin := named(t, all, "WasmPlugin", name)
				set(t, plugin, "oci://"+s.registry+"/mom-roter:2.0.0", "spec", "url")
				set(t, plugin, "FAIL_OPEN", "spec", "failStrategy")
			}
			return all
		},
		status: 200, open: true,
		log:  "applying allow RBAC filter",
		cure: "Never FAIL_OPEN: the request above was not inspected, and the client chose the engine with a header `x-mom-cluster` of its own. FAIL_RELOAD or FAIL_CLOSE.",
	},
	{
		title: "The buffer limit is below the hold window",
		make: func(t *testing.T, s *stand, all []*control.Object) []*control.Object {
			return append(all, bufferLimit())
		},
		size:   200 << 10,
		status: 408, answer: "no more of the request body came within hold_timeout",
		cure: "Here the limit was 32 KiB, which Istio's edge profile sets (`connectionSettings: {profile: EDGE}`), and the prompt 200 KB: what is held must fit. Either `hold_bytes: 16384` in the lead's `pluginConfig`, or `connectionSettings: {profile: EDGE, listenerPerConnectionBufferLimitBytes: 1048576, http2InitialStreamWindowSize: 1048576}` in the mesh's `defaultConfig` or the pod's annotation `proxy.istio.io/config`.",
	},
	{
		title: "A member is misspelt",
		make:  with("mom-router-lead", "AUTHZ", "spec", "fase"),
		apply: `failed to create typed patch object (istio-ingress/mom-router-lead; extensions.istio.io/v1alpha1, Kind=WasmPlugin): .spec.fase: field not declared in schema`,
		cure:  "Say it as the schema does: `kubectl explain wasmplugin.spec`. With `--validate=false` the member is dropped without a word.",
	},
	{
		title: "The sha256 is not quoted",
		make:  with("", int64(1234567890), "spec", "sha256"),
		apply: "expected string, got &value.valueUnstructured{Value:1234567890}",
		cure:  "Put it in quotes: one of digits only is a number, and so is one like `12e4`.",
	},
	{
		title: "The policy has a mistake",
		make: func(t *testing.T, s *stand, all []*control.Object) []*control.Object {
			p := policy(t, "1")
			p["default"] = map[string]any{"model": "gpt-5-nano"}
			set(t, named(t, all, "WasmPlugin", "mom-router-lead"), p, "spec", "pluginConfig", "policy")
			return all
		},
		fresh:  true,
		status: 500,
		log:    `mom-router: configuration refused: $.policy.default.model: unknown model "gpt-5-nano" (known: deepseek-v3.2, glm-4.7, gpt-oss-120b, gpt-oss-20b, kimi-k2-thinking, qwen3-235b)`,
		cure:   "The path leads to the mistake. `bin/rules check` finds it before the cluster does. A 500 with the flag `NFCF` in the access log is Envoy without a configuration for the filter. That is a gateway that started with the mistake; one that was running goes on with the policy that it has, and istiod logs `ACK ERROR`. Mend a refused policy with `kubectl apply`, in place: where the WasmPlugin was deleted and made again, Envoy may compare the new one with the refused one and keep waiting; then restart the pod.",
	},
	{
		title: "A name that YAML 1.1 takes for a boolean",
		make: func(t *testing.T, s *stand, all []*control.Object) []*control.Object {
			p := policy(t, "1")
			models := p["models"].(map[string]any)
			models["true"] = models["glm-4.7"] // kubectl reads y: as true:
			set(t, named(t, all, "WasmPlugin", "mom-router-lead"), p, "spec", "pluginConfig", "policy")
			return all
		},
		fresh:  true,
		status: 500,
		log:    "YAML 1.1",
		cure:   "`kubectl` reads `y`, `yes`, `on` as true and `n`, `no`, `off` as false, keys included. Quote the name, or take another.",
	},
}

func troubleshooting(t *testing.T, s *stand) {
	p := s.gateway(t, nil)
	all := s.shipped(t, "pair.yaml", s.image, p.port)
	var plugins, others []*control.Object
	for _, o := range all {
		if isWasmPlugin(o) {
			plugins = append(plugins, o)
		} else {
			others = append(others, o)
		}
	}
	s.apply(t, others...)
	for _, m := range mistakes {
		t.Run(m.title, func(t *testing.T) {
			var mine []*control.Object
			for _, o := range plugins {
				mine = append(mine, o.DeepCopy())
			}
			mine = m.make(t, s, mine)
			if m.fresh {
				p.Stop()
				s.apply(t, mine...)
				p = s.gatewayAt(t, p.port, nil)
			} else {
				s.bare(t, p)
			}
			m.check(t, s, p, mine)
		})
	}
	t.Run("TROUBLESHOOTING.md says all that", func(t *testing.T) {
		path := filepath.Join(examples, "TROUBLESHOOTING.md")
		text := troubles()
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("it does not (%v): go test -run TestIstio -update writes it anew", err)
		}
	})
}

// bare waits for the state without plugins: Envoy's own 404.
func (s *stand) bare(t *testing.T, p *pod) {
	t.Helper()
	c := p.client(t, "HTTP/1")
	eventually(t, "no plugin is there", func() bool {
		r, _, err := s.send(c, who())
		return err == nil && r.Status == 404 && len(r.Body) == 0
	})
}

func (m mistake) check(t *testing.T, s *stand, p *pod, objects []*control.Object) {
	t.Helper()
	before := len(p.Log())
	if m.fresh {
		before = 0
	}
	if m.apply != "" {
		err := s.plane.Kube.Apply(objects...)
		t.Cleanup(func() { s.plane.Kube.Delete(objects...) })
		if err == nil || !strings.Contains(err.Error(), m.apply) {
			t.Errorf("kubectl apply says %v, want %q", err, m.apply)
		}
		return
	}
	s.apply(t, objects...)
	if m.log != "" {
		eventually(t, "the gateway's log says "+m.log, func() bool { return strings.Contains(p.Log()[before:], m.log) })
	}
	c := p.client(t, "HTTP/1")
	const forged = "mi355x-kimi-k2-thinking"
	request := post(fmt.Sprintf(`{"model":"auto","messages":[{"role":"user","content":"Who are you?%s"}]}`, strings.Repeat(" ", m.size)))
	request.Header = append(request.Header, [2]string{"x-mom-cluster", forged})
	if m.status == 404 { // nothing changes but the log: a client's own header would find a route
		request.Header = request.Header[:1]
	}
	var last string
	reached := 0
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the last answer: %s", last)
		}
	})
	eventually(t, fmt.Sprintf("status %d, %q", m.status, m.answer), func() bool {
		r, id, err := s.send(c, request)
		if err != nil {
			last = err.Error()
			return false
		}
		last = fmt.Sprintf("%d %s", r.Status, r.Body)
		reached = len(s.backends.Got(id))
		return r.Status == m.status && strings.Contains(string(r.Body), m.answer) && (m.answer != "" || m.open || len(r.Body) == 0)
	})
	if (reached > 0) != m.open {
		t.Errorf("%d requests reached an engine", reached)
	}
}

// without leaves one of the pair out.
func without(name string) func(*testing.T, *stand, []*control.Object) []*control.Object {
	return func(t *testing.T, _ *stand, all []*control.Object) []*control.Object {
		gone := named(t, all, "WasmPlugin", name)
		var rest []*control.Object
		for _, o := range all {
			if o != gone {
				rest = append(rest, o)
			}
		}
		return rest
	}
}

// with changes a member of one of the pair, or of both if the name is empty.
func with(name string, value any, path ...string) func(*testing.T, *stand, []*control.Object) []*control.Object {
	return func(t *testing.T, _ *stand, all []*control.Object) []*control.Object {
		for _, o := range all {
			if name == "" || o.GetName() == name {
				set(t, o, value, path...)
			}
		}
		return all
	}
}

func flagWithoutFlag(t *testing.T, s *stand, all []*control.Object) []*control.Object {
	lead := named(t, all, "WasmPlugin", "mom-router-lead")
	set(t, lead, map[string]any{"policy": "default", "hold": "flag", "hold_timeout": "1s"}, "spec", "pluginConfig")
	return []*control.Object{lead}
}

// bufferLimit is what Istio's edge profile does to a listener.
func bufferLimit() *control.Object {
	return &control.Object{Object: map[string]any{
		"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter",
		"metadata": map[string]any{"name": "buffer-limit", "namespace": "istio-ingress"},
		"spec": map[string]any{"configPatches": []any{map[string]any{
			"applyTo": "LISTENER", "match": map[string]any{"context": "GATEWAY"},
			"patch": map[string]any{"operation": "MERGE", "value": map[string]any{"per_connection_buffer_limit_bytes": int64(32 << 10)}},
		}}},
	}}
}

// troubles is the text of TROUBLESHOOTING.md.
func troubles() string {
	var b strings.Builder
	b.WriteString(`# When it does not work

Each of these mistakes was made by a test (e2e/istio/mistakes_test.go, which wrote this file) on a gateway without any
plugin, through the real istiod. The answer is what a client gets for an ordinary POST to /v1/chat/completions; the log
is the gateway's (` + "`kubectl logs -n istio-ingress deploy/istio-ingressgateway`" + `), where the plugin's own lines begin with
` + "`wasm log: mom-router:`" + `. That both filters have arrived, in which version, shows in
` + "`istioctl proxy-config ecds`" + `.
`)
	for _, m := range mistakes {
		fmt.Fprintf(&b, "\n## %s\n\n", m.title)
		switch {
		case m.apply != "":
			fmt.Fprintf(&b, "`kubectl apply --server-side` says: `%s`\n", m.apply)
		case m.answer != "":
			fmt.Fprintf(&b, "The client gets %d: `%s`\n", m.status, m.answer)
		case m.open:
			fmt.Fprintf(&b, "The client gets %d, from an engine that it chose itself.\n", m.status)
		case m.status != 0:
			fmt.Fprintf(&b, "The client gets %d, without a body.\n", m.status)
		}
		if m.log != "" {
			fmt.Fprintf(&b, "\nThe log says: `%s`\n", m.log)
		}
		fmt.Fprintf(&b, "\n%s\n", m.cure)
	}
	return b.String()
}
