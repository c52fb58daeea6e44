package render_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/mom-router/mom-router/internal/config"
	"github.com/mom-router/mom-router/rules/render"
)

var update = flag.Bool("update", false, "write the examples anew")

// root is the repository, seen from here.
const root = "../.."

// examples are the descriptions in examples/render, with what is made of them.
var examples = []struct{ form, description, file string }{
	{render.Envoy, "envoy-flag", "envoy/flag"},
	{render.Envoy, "envoy-pair", "envoy/pair"},
	{render.Envoy, "envoy-compressed", "envoy/compressed"},
	{render.Envoy, "envoy-fallback", "envoy/fallback"},
	{render.Envoy, "envoy-fleet", "fleet/envoy"},
	{render.Istio, "istio-pair", "istio/pair"},
	{render.Istio, "istio-fallback", "istio/fallback"},
	{render.GatewayAPI, "istio-waypoint", "istio/waypoint"},
	{render.EnvoyGateway, "envoy-gateway", "envoy-gateway/flag"},
}

// rendered is what becomes of a description; files stand beside it.
func rendered(form, description string, files map[string]string) (*render.Output, error) {
	return render.Render(render.Options{Form: form, Description: []byte(description), File: "engines.yaml", Output: form + ".yaml", Read: func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, os.ErrNotExist
	}})
}

func mustRender(t *testing.T, form, description string, files map[string]string) *render.Output {
	t.Helper()
	out, err := rendered(form, description, files)
	if err != nil {
		t.Fatalf("%s: %v", form, err)
	}
	return out
}

func described(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "examples", "render", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheExamplesAreWhatRenderWrites(t *testing.T) {
	for _, x := range examples {
		t.Run(x.file, func(t *testing.T) {
			name := filepath.Join(root, "examples", x.file+".yaml")
			out, err := render.Render(render.Options{Form: x.form, Description: []byte(described(t, x.description)), File: "examples/render/" + x.description + ".yaml", Output: "examples/" + x.file + ".yaml", Read: inRepository})
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Warnings) > 0 {
				t.Errorf("warnings: %q", out.Warnings)
			}
			if *update {
				if err := os.WriteFile(name, out.Text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(out.Text, want) {
				t.Errorf("%s is not what examples/render/%s.yaml and the templates give: %s; change those, then go test ./rules/render -update", name, x.description, firstDifference(string(out.Text), string(want)))
			}
		})
	}
}

// inRepository reads a file by its name in the repository.
func inRepository(name string) ([]byte, error) { return os.ReadFile(filepath.Join(root, name)) }

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d is %q, not %q", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("it has %d lines, not %d", len(a), len(b))
}

// What the shipped parts of Istio's configuration add to examples/istio/pair.yaml is what render writes, too.
func TestThePartsForIstioAreAmongWhatRenderWrites(t *testing.T) {
	pair := described(t, "istio-pair")
	for file, description := range map[string]string{"strip": "strip: true\n" + pair, "flag": "hold: flag\n" + pair, "replicas": "keys: MOM_KEYS_SECRET\n" + pair,
		"fleet": "fleet: {service: \"ratelimit.istio-ingress.svc.cluster.local:8081\"}\n" + pair} {
		text, err := os.ReadFile(filepath.Join(root, "examples", "istio", file+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		all := documents(t, mustRender(t, render.Istio, description, nil).Text)
		for _, want := range documents(t, text) {
			if !slices.ContainsFunc(all, func(d map[string]any) bool { return reflect.DeepEqual(d, want) }) {
				t.Errorf("%s.yaml: the %v %v is not among what is rendered", file, want["kind"], want["metadata"])
			}
		}
	}
	mesh, err := os.ReadFile(filepath.Join(root, "examples", "istio", "mesh.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if got := mustRender(t, render.Istio, pair, nil).Mesh; !bytes.Equal(got, mesh) {
		t.Errorf("mesh.yaml: %s", firstDifference(string(got), string(mesh)))
	}
}

func documents(t *testing.T, text []byte) (all []map[string]any) {
	t.Helper()
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var d map[string]any
		if err := decoder.Decode(&d); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		all = append(all, d)
	}
}

// newcomers is a whole policy and its description: what somebody writes who has two models.
const (
	newcomersPolicy = `version: "1"
auto: [auto]
models:
  small: {name: org/small, cluster: small, tier: 1, context: 32768, input: [text]}
  large: {name: org/large, cluster: large, tier: 2, context: 131072, input: [text]}
signals:
  keyword:
    hard: {words: ["prove", "no", "it’s"]}
    stop: {in: user, words: ["stop it"]}
guards:
  - {name: stop, when: keyword.stop, deny: {message: "it's \"no\"\L{on}\x7f: # \\ 'yes'"}}
routes:
  - {name: hard, when: keyword.hard, use: large}
default: {model: small}
`
	newcomers = `policy: policy.yaml
engines:
  small: small.example.com:8000
  large: large.example.com:8000
`
)

func TestTwoModelsTakeNoMoreThanFourteenLines(t *testing.T) {
	if n := strings.Count(newcomers, "\n"); n > 14 {
		t.Fatalf("%d lines", n)
	}
	files := map[string]string{"policy.yaml": newcomersPolicy}
	for _, form := range render.Forms {
		t.Run(form, func(t *testing.T) {
			description := newcomers
			if form == render.GatewayAPI {
				description = strings.ReplaceAll(description, ".example.com", "")
			}
			out := mustRender(t, form, description, files)
			again := mustRender(t, form, description, files)
			if !bytes.Equal(out.Text, again.Text) || !bytes.Equal(out.Filter, again.Filter) {
				t.Error("two runs differ")
			}
			c := pluginConfiguration(t, out)
			if c.Policy == nil || c.Policy.Version() != "1" || len(c.Policy.Models()) != 2 {
				t.Fatalf("the plugin gets %+v", c)
			}
			words, _, ok := c.Policy.Rule("hard")
			if !ok || words != "route" {
				t.Errorf("the rule hard is a %q, there %v", words, ok)
			}
			for _, want := range []string{"x-mom-cluster", "large"} {
				if !bytes.Contains(out.Text, []byte(want)) {
					t.Errorf("there is no %q in\n%s", want, out.Text)
				}
			}
		})
	}
}

// pluginConfiguration finds the plugin's configuration wherever a form has it, and reads it as the plugin does.
func pluginConfiguration(t *testing.T, out *render.Output) *config.Config {
	t.Helper()
	var found []byte
	var look func(any)
	look = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, inner := range v {
				if m, ok := inner.(map[string]any); ok && (key == "pluginConfig" || key == "config" && m["policy"] != nil) {
					found = []byte(asJSON(t, m))
				} else if s, ok := inner.(string); ok && key == "value" && strings.HasPrefix(s, "{") && !strings.Contains(s, `"role"`) {
					found = []byte(s)
				}
				look(inner)
			}
		case []any:
			for _, inner := range v {
				look(inner)
			}
		}
	}
	for _, text := range [][]byte{out.Text, out.Filter} {
		for _, d := range documents(t, text) {
			look(d)
		}
	}
	if found == nil {
		t.Fatalf("there is no configuration of the plugin in\n%s", out.Text)
	}
	c, err := config.Parse(found)
	if err != nil {
		t.Fatalf("%v in\n%s", err, found)
	}
	return c
}

func TestAPolicyArrivesAsItWasWritten(t *testing.T) {
	files := map[string]string{"policy.yaml": newcomersPolicy}
	want := pluginConfiguration(t, mustRender(t, render.Envoy, newcomers, files)).Policy.Hash()
	for _, form := range []string{render.Istio, render.EnvoyGateway} {
		if got := pluginConfiguration(t, mustRender(t, form, newcomers, files)).Policy.Hash(); got != want {
			t.Errorf("%s: the hash is %s, not %s", form, got, want)
		}
	}
	// kubectl reads YAML 1.1, in which no is false.
	if text := mustRender(t, render.Istio, newcomers, files).Text; !bytes.Contains(text, []byte(`"no"`)) {
		t.Errorf("no stands without quotes in\n%s", text)
	}
}

func TestEnvoyTakesAPolicyByECDS(t *testing.T) {
	out := mustRender(t, render.Envoy, newcomers, map[string]string{"policy.yaml": newcomersPolicy})
	if out.Live != "mom-router.yaml" || !bytes.Contains(out.Text, []byte("config_discovery:")) || bytes.Contains(out.Text, []byte("org/large")) || !bytes.Contains(out.Filter, []byte("org/large")) {
		t.Errorf("live %q, configuration\n%s\nfilter\n%s", out.Live, out.Text, out.Filter)
	}
	other := mustRender(t, render.Envoy, newcomers, map[string]string{"policy.yaml": strings.Replace(newcomersPolicy, `"1"`, `"2"`, 1)})
	if !bytes.Equal(other.Text, out.Text) {
		t.Error("another policy changes more than the filter")
	}
	if version := func(o *render.Output) any { return documents(t, o.Filter)[0]["version_info"] }; version(out) == version(other) {
		t.Errorf("two filters have the version %v", version(out))
	}
}

func TestPoolsAreChosenByTheModelsName(t *testing.T) {
	files := map[string]string{"policy.yaml": newcomersPolicy}
	out := mustRender(t, render.GatewayAPI, "policy: policy.yaml\nengines:\n  small: small:8000\n  large: {pool: large-pool}\n", files)
	for _, want := range []string{
		"- matches: [{headers: [{name: x-gateway-model-name, value: org/large}]}]\n    backendRefs: [{group: inference.networking.k8s.io, kind: InferencePool, name: large-pool}]",
		"- matches: [{headers: [{name: x-mom-cluster, value: small}]}]\n    backendRefs: [{name: small, port: 8000}]",
	} {
		if !bytes.Contains(out.Text, []byte(want)) {
			t.Errorf("there is no %q in\n%s", want, out.Text)
		}
	}
	c := pluginConfiguration(t, out)
	if c.ModelHeader != "x-gateway-model-name" || !c.Ours("x-gateway-model-name") {
		t.Errorf("the plugin writes models into %q, and a client may set it: %v", c.ModelHeader, !c.Ours("x-gateway-model-name"))
	}
}

func TestManyEnginesTakeSeveralRoutes(t *testing.T) {
	var policy, engines strings.Builder
	policy.WriteString("version: \"1\"\nauto: [auto]\nmodels:\n")
	engines.WriteString("policy: policy.yaml\nengines:\n")
	for i := range 40 {
		fmt.Fprintf(&policy, "  m%d: {name: m%d, cluster: c%d, tier: 1, context: 32768, input: [text]}\n", i, i, i)
		fmt.Fprintf(&engines, "  m%d: c%d:8000\n", i, i)
	}
	policy.WriteString("default: {model: m0}\n")
	for _, form := range []string{render.EnvoyGateway, render.GatewayAPI} {
		count := 0
		for _, d := range documents(t, mustRender(t, form, engines.String(), map[string]string{"policy.yaml": policy.String()}).Text) {
			if d["kind"] != "HTTPRoute" {
				continue
			}
			count++
			if n := len(d["spec"].(map[string]any)["rules"].([]any)); n > 16 {
				t.Errorf("%s: a route has %d rules, and the Gateway API takes 16", form, n)
			}
		}
		if count != 3 {
			t.Errorf("%s: %d routes", form, count)
		}
	}
}

func TestAConfigurationLargerThanKubernetesTakesIsRefusedWithAWayOut(t *testing.T) {
	large := func(bytes int) map[string]string {
		keywords := make([]string, bytes/104)
		for i := range keywords {
			keywords[i] = fmt.Sprintf("one of many keywords each of which is a long row of words so that few of them are enough %07d", i)
		}
		return map[string]string{"policy.yaml": strings.Replace(newcomersPolicy, `"prove"`, `"`+strings.Join(keywords, `", "`)+`"`, 1)}
	}
	for _, form := range []string{render.Istio, render.EnvoyGateway} {
		_, err := rendered(form, newcomers, large(1700<<10))
		var mistake *render.Mistake
		if !errors.As(err, &mistake) {
			t.Fatalf("%s: error %v", form, err)
		}
		for _, want := range []string{"engines.yaml:1:1: ", "1572864", "signals 1", "extends", "rules render envoy"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: there is no %q in %q", form, want, err)
			}
		}
		out := mustRender(t, form, newcomers, large(400<<10))
		if len(out.Warnings) != 1 || !strings.Contains(out.Warnings[0], "kubectl apply --server-side") {
			t.Errorf("%s: warnings %q", form, out.Warnings)
		}
	}
	if out := mustRender(t, render.Envoy, newcomers, large(1700<<10)); len(out.Warnings) > 0 {
		t.Errorf("Envoy has no such bound: %q", out.Warnings)
	}
}

func TestMistakesOfADescription(t *testing.T) {
	files := map[string]string{"policy.yaml": newcomersPolicy, "bad.yaml": "version: \"1\"\nauto: [auto]\nmodels: {}\n",
		"limits.yaml":    strings.Replace(newcomersPolicy, "cluster: small", "cluster: ratelimit", 1),
		"shared.yaml":    strings.Replace(newcomersPolicy, "cluster: large", "cluster: small", 1),
		"alone.yaml":     "version: \"1\"\nmodels: {small: {cluster: small}}\ndefault: small\n",
		"elsewhere.yaml": "version: \"2\"\nmodels: {small: {cluster: small}, other: {cluster: elsewhere}}\ndefault: small\n"}
	const two = "engines:\n  small: small:8000\n  large: large:8000\n"
	for _, c := range []struct{ name, form, text, want string }{
		{"nothing", render.Envoy, "", `engines.yaml:1:1: $: `},
		{"a list", render.Envoy, "[]", `engines.yaml:1:1: $: a map is expected, not a list`},
		{"no policy", render.Envoy, two, `"policy" is missing (name a file, or say policy: default)`},
		{"no engines", render.Envoy, "policy: policy.yaml", `"engines" is missing`},
		{"a key that is not known", render.Envoy, "policy: policy.yaml\nengine: {}\n" + two, `engines.yaml:2:1: $.engine: unknown key "engine" (did you mean "engines"?)`},
		{"a key twice", render.Envoy, "policy: policy.yaml\npolicy: default\n" + two, `engines.yaml:2:1: `},
		{"a model that the policy lacks", render.Envoy, "policy: policy.yaml\n" + two + "  lage: a:1\n", `engines.yaml:5:3: $.engines.lage: the policy has no model or cluster "lage" (did you mean "large"?)`},
		{"a model without an engine", render.Envoy, "policy: policy.yaml\nengines:\n  small: small:8000\n", `the cluster "large" of the policy has no engine (add large: HOST:PORT)`},
		{"no port", render.Envoy, "policy: policy.yaml\nengines:\n  small: small\n  large: large:8000\n", `engines.yaml:3:10: $.engines.small: "small" is no address (write HOST:PORT`},
		{"a URL", render.Envoy, "policy: policy.yaml\nengines:\n  small: http://small:8000\n  large: large:8000\n", `"http://small:8000" is a URL`},
		{"a port too large", render.Envoy, "policy: policy.yaml\nengines:\n  small: small:80000\n  large: large:8000\n", `is no address`},
		{"a host that would break the YAML", render.Envoy, "policy: policy.yaml\nengines:\n  small: 'a}b:80'\n  large: large:8000\n", `"a}b" is no host`},
		{"a secret instead of a name", render.Envoy, "policy: policy.yaml\nkeys: a-secret\n" + two, `$.keys: this is no name of a variable (name the variable`},
		{"a pool for Envoy", render.Envoy, "policy: policy.yaml\nengines:\n  small: {pool: p}\n  large: large:8000\n", `an InferencePool means nothing to envoy`},
		{"a host for the Gateway API", render.GatewayAPI, "policy: policy.yaml\nengines:\n  small: small.example.com:8000\n  large: large:8000\n", `gateway-api sends to Services of its namespace, and to InferencePools`},
		{"pair for Envoy Gateway", render.EnvoyGateway, "policy: policy.yaml\nhold: pair\n" + two, `"hold" means nothing to envoy-gateway`},
		{"the plugin's mistakes stand where they are", render.Envoy, "policy: policy.yaml\nplugin:\n  hold_bytes: no\n" + two, `engines.yaml:3:15: $.plugin.hold_bytes: the plugin refuses its configuration: $.hold_bytes: `},
		{"hold below plugin", render.Envoy, "policy: policy.yaml\nplugin: {hold: flag}\n" + two, `"hold" stands outside of plugin`},
		{"a policy that is wrong", render.Envoy, "policy: bad.yaml\n" + two, `bad.yaml:`},
		{"a candidate that sends elsewhere", render.Envoy, "policy: policy.yaml\nplugin:\n  candidate: {policy: elsewhere.yaml}\n" + two, `engines.yaml:3:23: $.plugin.candidate.policy: the candidate sends to the cluster "elsewhere", ` +
			`which the active policy does not have, so there are no engines for it (add a model with this cluster to the active policy, which may be no route's)`},
		{"another policy's candidate that sends elsewhere", render.Envoy, "policy: policy.yaml\nplugin:\n  candidates: {side: {policy: elsewhere.yaml}}\n" + two, `engines.yaml:3:31: $.plugin.candidates.side.policy: the candidate sends to the cluster "elsewhere", `},
		{"no labels", render.Istio, "policy: policy.yaml\nlabels: {}\n" + two, `without any, all gateways would be meant`},
		{"a digest that is none", render.Istio, "policy: policy.yaml\nsha256: abc\n" + two, `this is no SHA-256`},
		{"fallback that is no map", render.Envoy, "policy: policy.yaml\nfallback: yes please\n" + two, `engines.yaml:2:11: $.fallback: a map is expected`},
		{"a list of a model that the policy lacks", render.Envoy, "policy: policy.yaml\nfallback:\n  lists:\n    mom-s: [small, lage]\n" + two, `engines.yaml:4:20: $.fallback.lists.mom-s[1]: the policy has no model "lage"`},
		{"a list of one", render.Envoy, "policy: policy.yaml\nfallback: {lists: {mom-s: [small]}}\n" + two, `engines.yaml:2:27: $.fallback.lists.mom-s: a list of two models or more is expected`},
		{"a list with a model twice", render.Envoy, "policy: policy.yaml\nfallback: {lists: {mom-s: [small, small]}}\n" + two, `$.fallback.lists.mom-s[1]: the list has "small" twice`},
		{"a list by a model's cluster", render.Envoy, "policy: policy.yaml\nfallback: {lists: {large: [small, large]}}\n" + two, `engines.yaml:2:20: $.fallback.lists.large: "large" can be no cluster of a list`},
		{"lists and tries", render.Envoy, "policy: policy.yaml\nfallback: {tries: 2, lists: {mom-s: [small, large]}}\n" + two, `engines.yaml:2:19: $.fallback.tries: the lists say already`},
		{"an order of each request and lists", render.Envoy, "policy: policy.yaml\nfallback: {order: request, lists: {mom-s: [small, large]}}\n" + two, `engines.yaml:2:35: $.fallback.lists: each request has an order of its own`},
		{"an order of each request in Istio", render.Istio, "policy: policy.yaml\nfallback: {order: request}\n" + two, `engines.yaml:2:19: $.fallback.order: an order of each request needs Envoy 1.40`},
		{"an order that is none", render.Envoy, "policy: policy.yaml\nfallback: {order: any}\n" + two, `engines.yaml:2:19: $.fallback.order: unknown order "any"`},
		{"nine tries", render.Envoy, "policy: policy.yaml\nfallback: {tries: 9}\n" + two, `engines.yaml:2:19: $.fallback.tries: `},
		{"a silence that is no time", render.Envoy, "policy: policy.yaml\nfallback: {silence: long}\n" + two, `engines.yaml:2:21: $.fallback.silence: the plugin refuses its configuration: $.fallback.silence: `},
		{"two models in one cluster fall back", render.Envoy, "policy: shared.yaml\nfallback: true\nengines: {small: \"small:8000\"}\n", `engines.yaml:2:11: $.fallback: the models "large" and "small" are in one cluster, "small"`},
		{"nobody to fall back to", render.Envoy, "policy: alone.yaml\nfallback: true\nengines: {small: \"small:8000\"}\n", `engines.yaml:2:11: $.fallback: no model of the policy may stand in for another one`},
		{"fallback below plugin", render.Envoy, "policy: policy.yaml\nplugin: {fallback: {lists: {}}}\n" + two, `"fallback" stands outside of plugin`},
		{"fallback of a pair in Istio", render.Istio, "policy: policy.yaml\nhold: pair\nfallback: true\n" + two, `engines.yaml:2:7: $.hold: WasmPlugins cannot be in the chain that runs once a try`},
		{"fallback in Envoy Gateway", render.EnvoyGateway, "policy: policy.yaml\nfallback: true\n" + two, `"fallback" means nothing to envoy-gateway`},
		{"a budget without a service", render.Envoy, "policy: policy.yaml\nfleet: {}\n" + two, `engines.yaml:2:8: $.fleet: "service" is missing`},
		{"a service without a port", render.Envoy, "policy: policy.yaml\nfleet: {service: ratelimit}\n" + two, `engines.yaml:2:18: $.fleet.service: "ratelimit" is no address`},
		{"a way to charge that is none", render.Envoy, "policy: policy.yaml\nfleet: {service: \"r:1\", charge: never}\n" + two, `$.fleet.charge: unknown way to charge "never"`},
		{"a budget by a header of the router", render.Envoy, "policy: policy.yaml\nfleet: {service: \"r:1\", header: x-mom-model}\n" + two, `"x-mom-model" is no header that names a tenant`},
		{"a budget by a header without a name", render.Envoy, "policy: policy.yaml\nfleet: {service: \"r:1\", header: x-}\n" + two, `"x-" is no header that names a tenant`},
		{"a model in the service's cluster", render.Envoy, "policy: limits.yaml\nfleet: {service: \"r:1\"}\n" + two, `engines.yaml:4:3: $.engines.small: the cluster "ratelimit" is that of the rate limit service`},
		{"a list in the service's cluster", render.Envoy, "policy: policy.yaml\nfleet: {service: \"r:1\"}\nfallback: {lists: {ratelimit: [small, large]}}\n" + two, `"ratelimit" can be no cluster of a list`},
		{"a wait of no time", render.Envoy, "policy: policy.yaml\nfleet: {service: \"r:1\", timeout: 0s}\n" + two, `$.fleet.timeout: "0s" is no time to wait for the service`},
		{"a certificate without its key", render.Envoy, "policy: policy.yaml\ntls: {certificate: /tls.crt}\n" + two, `engines.yaml:2:6: $.tls: "private_key" is missing`},
		{"a Secret for Envoy", render.Envoy, "policy: policy.yaml\ntls: {secret: llm-tls}\n" + two, `engines.yaml:2:7: $.tls.secret: unknown key "secret"`},
		{"files for Istio", render.Istio, "policy: policy.yaml\ntls: {certificate: /tls.crt, private_key: /tls.key}\n" + two, `unknown key "certificate" (known: secret)`},
		{"TLS of a waypoint", render.GatewayAPI, "policy: policy.yaml\nwaypoint: true\ntls: {secret: llm-tls}\n" + two, `engines.yaml:3:6: $.tls: a waypoint is reached inside of the mesh`},
		{"an engine's certificate without a name", render.Envoy, "policy: policy.yaml\nengines:\n  small: {at: \"10.0.0.1:443\", tls: true}\n  large: large:8000\n", `engines.yaml:3:36: $.engines.small.tls: which name the engine's certificate has is not said`},
		{"an engine's certificate by an address", render.Envoy, "policy: policy.yaml\nengines:\n  small: {at: \"small:443\", tls: {name: 10.0.0.1}}\n  large: large:8000\n", `"10.0.0.1" is no name of a host`},
		{"a key that stands in the file", render.Envoy, "policy: policy.yaml\nengines:\n  small: {at: \"small:443\", tls: true, key: sk-1}\n  large: large:8000\n", `engines.yaml:3:44: $.engines.small.key: a key stands in no description (write where it is: key: {env: NAME})`},
		{"a key instead of its variable", render.Envoy, "policy: policy.yaml\nengines:\n  small: {at: \"small:443\", tls: true, key: {env: a-secret}}\n  large: large:8000\n", `engines.yaml:3:50: $.engines.small.key.env: this is no name of a variable`},
		{"a key instead of its file", render.Envoy, "policy: policy.yaml\nengines:\n  small: {at: \"small:443\", tls: true, key: {file: \"a-secret\\n\"}}\n  large: large:8000\n", `$.engines.small.key.file: this is no name of a file`},
		{"a key for Envoy Gateway", render.EnvoyGateway, "policy: policy.yaml\nengines:\n  small: {at: \"small:443\", tls: true, key: {env: A_KEY}}\n  large: large:8000\n", `an engine's key means nothing to envoy-gateway`},
		{"a certificate's key instead of its file", render.Envoy, "policy: policy.yaml\ntls:\n  certificate: /tls.crt\n  private_key: |\n    -----BEGIN PRIVATE KEY-----\n    a-secret\n" + two, `$.tls.private_key: this is no name of a file (name the file where the proxy finds it`},
		{"a key in two places", render.Envoy, "policy: policy.yaml\nengines:\n  small: {at: \"small:443\", tls: true, key: {env: A, file: /b}}\n  large: large:8000\n", `where the key is is not said once`},
		{"a key in a header of the router", render.Envoy, "policy: policy.yaml\nengines:\n  small: {at: \"small:443\", tls: true, key: {env: A, header: Host}}\n  large: large:8000\n", `"host" is no header for a key`},
		{"a key in the clear", render.Envoy, "policy: policy.yaml\nengines:\n  small: {at: \"small:80\", key: {env: A}}\n  large: large:8000\n", `$.engines.small.key: a key would go to the engine in the clear`},
		{"a key for Istio", render.Istio, "policy: policy.yaml\nengines:\n  small: {at: \"small:443\", tls: true, key: {env: A}}\n  large: large:8000\n", `an engine's key means nothing to istio`},
		{"health that is no path", render.Envoy, "policy: policy.yaml\nengines:\n  small: {at: \"small:80\", health: health}\n  large: large:8000\n", `"health" is no path`},
		{"health for Istio", render.Istio, "policy: policy.yaml\nengines:\n  small: {at: \"small:80\", health: false}\n  large: large:8000\n", `health checks mean nothing to istio`},
		{"two healths for Envoy Gateway", render.EnvoyGateway, "policy: policy.yaml\nengines:\n  small: {at: \"small:80\", health: /up}\n  large: large:8000\n", `engines.yaml:4:10: $.engines.large: the health checks of engines differ`},
		{"an engine that is nowhere", render.Envoy, "policy: policy.yaml\nengines:\n  small: {tls: true}\n  large: large:8000\n", `engines.yaml:3:10: $.engines.small: "at" is missing`},
		{"a pool with addresses", render.GatewayAPI, "policy: policy.yaml\nengines:\n  small: {pool: p, tls: true}\n  large: large:8000\n", `engines.yaml:3:20: $.engines.small.tls: "tls" means nothing to an InferencePool`},
		{"live without a file", render.Envoy, "policy: policy.yaml\nlive: true\n" + two, `which file is meant is not said`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := rendered(c.form, c.text, files)
			if err == nil {
				t.Fatalf("it is\n%s", out.Text)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q, not %q", err, c.want)
			}
			var mistake *render.Mistake
			if !errors.As(err, &mistake) {
				t.Errorf("%q has no place", err)
			}
			if strings.Contains(err.Error(), "a-secret") {
				t.Errorf("a secret is said: %q", err)
			}
		})
	}
	if _, err := rendered(render.Envoy, "policy: none.yaml\n"+two, files); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestCandidatesOfAllPoliciesAreReadFromTheirFiles(t *testing.T) {
	files := map[string]string{"policy.yaml": newcomersPolicy, "next.yaml": "version: next-of-default\n" + newcomersPolicy[strings.Index(newcomersPolicy, "\n")+1:], "side.yaml": "version: next-of-side\n" + newcomersPolicy[strings.Index(newcomersPolicy, "\n")+1:]}
	const text = "policy: policy.yaml\nplugin:\n  policies: {side: {models: {small: {cluster: small}}, default: small}}\n  choose: [{path: /side, policy: side}]\n" +
		"  candidate: {policy: next.yaml}\n  candidates: {side: {policy: side.yaml, mode: shadow}}\nengines:\n  small: small:8000\n  large: large:8000\n"
	for _, form := range []string{render.Envoy, render.Istio} {
		read := pluginConfiguration(t, mustRender(t, form, text, files))
		for i, want := range []string{"next-of-default", "next-of-side"} {
			if tried := read.Policies[i].Candidate; tried == nil || tried.Table.Version() != want {
				t.Errorf("%s: beside the policy %q stands %+v, not %q", form, read.Policies[i].Name, tried, want)
			}
		}
	}
}

func TestTheListsOfAFallbackFollowFromThePolicy(t *testing.T) {
	const policy = `version: "1"
models:
  a: {cluster: a, tier: 2}
  b.1: {cluster: b, tier: 2}
  c: {cluster: c, tier: 2}
  d: {cluster: d, tier: 1}
signals:
  keyword: {hard: {words: [prove]}, secret: {in: any, words: [secret]}}
guards:
  - {name: secret, when: keyword.secret, only: [a, c]}
routes:
  - {name: hard, when: keyword.hard, use: [c, b.1]}
default: [a, d]
`
	const engines = "engines: {a: \"a:1\", b.1: \"b:1\", c: \"c:1\", d: \"d:1\"}\n"
	for _, c := range []struct{ name, fallback, want string }{
		{"of three models at most", "true", `{"mom-a":["a","d"],"mom-b-1":["b.1","a","d"],"mom-c":["c","b.1","a"],"mom-c-2":["c","a"],"mom-d":["d","a"]}`},
		{"of more", "{tries: 4}", `{"mom-a":["a","d"],"mom-b-1":["b.1","a","d"],"mom-c":["c","b.1","a","d"],"mom-c-2":["c","a"],"mom-d":["d","a"]}`},
		{"as they are written", "{lists: {mine: [d, c]}}", `{"mine":["d","c"]}`},
	} {
		out := mustRender(t, render.Envoy, "policy: p.yaml\nlive: false\nfallback: "+c.fallback+"\n"+engines, map[string]string{"p.yaml": policy})
		got := map[string][]string{}
		for _, l := range pluginConfiguration(t, out).Fallback.Lists {
			got[l.Cluster] = l.Models
			if !bytes.Contains(out.Text, []byte("\n  - name: "+l.Cluster+"\n")) {
				t.Errorf("%s: there is no cluster %s", c.name, l.Cluster)
			}
		}
		if asJSON(t, got) != c.want {
			t.Errorf("%s: lists %s, want %s", c.name, asJSON(t, got), c.want)
		}
		if !bytes.Contains(out.Text, []byte(`metadata: {filter_metadata: {mom: {model: b.1}}}`)) {
			t.Errorf("%s: the endpoints name no models", c.name)
		}
	}
	many := strings.Builder{}
	many.WriteString("version: \"1\"\nmodels:\n")
	for i := range 10 {
		fmt.Fprintf(&many, "  m%d: {cluster: c%d}\n", i, i)
	}
	signals, routes := "signals:\n  keyword:\n", "routes:\n"
	description := "policy: p.yaml\nfallback: true\nengines:\n"
	for i := range 10 {
		for k := range 9 {
			signals += fmt.Sprintf("    k%d%d: {words: [word%d%d]}\n", i, k, i, k)
			routes += fmt.Sprintf("  - {name: r%d%d, when: keyword.k%d%d, use: [m%d, m%d]}\n", i, k, i, k, i, (i+k+1)%10)
		}
		description += fmt.Sprintf("  m%d: h:1\n", i)
	}
	many.WriteString(signals + routes)
	many.WriteString("default: m0\n")
	if _, err := rendered(render.Envoy, description, map[string]string{"p.yaml": many.String()}); err == nil || !strings.Contains(err.Error(), "and 64 are the most (write those that matter under lists)") {
		t.Errorf("error %v", err)
	}
}

func TestABudgetOverProxiesIsAskedForAsItIsDescribed(t *testing.T) {
	files := map[string]string{"policy.yaml": newcomersPolicy}
	for _, form := range []string{render.Envoy, render.Istio} {
		out := mustRender(t, form, "fleet: {service: \"ratelimit:8081\", header: X-Team, count: tokens, charge: used, without: go_on, timeout: 1500ms, domain: llm}\n"+newcomers, files)
		for _, want := range []string{"domain: llm", "timeout: 1.5s", "failure_mode_deny: false", "hits_addend: {number: 0}", `hits_addend: {format: "%FILTER_STATE(wasm.mom.tokens:PLAIN)%"}`,
			"{header_name: x-team, descriptor_key: team}", "address: ratelimit, port_value: 8081", "apply_on_stream_done: true"} {
			if !bytes.Contains(out.Text, []byte(want)) {
				t.Errorf("%s: there is no %q in\n%s", form, want, out.Text)
			}
		}
		if bytes.Contains(out.Text, []byte("tokens_rest")) || bytes.Contains(out.Text, []byte("status_on_error")) {
			t.Errorf("%s: more is charged or refused than was asked for", form)
		}
		if c := pluginConfiguration(t, out); !c.Charges {
			t.Errorf("%s: the plugin charges nothing", form)
		}
	}
	if out := mustRender(t, render.Envoy, "fleet: {service: \"ratelimit:8081\"}\nplugin: {charges: true}\n"+newcomers, files); !pluginConfiguration(t, out).Charges {
		t.Error("a plugin that was told to charge does not")
	}
}

func TestAnEngineBehindTLSIsAskedByItsName(t *testing.T) {
	files := map[string]string{"policy.yaml": newcomersPolicy}
	const engines = "policy: policy.yaml\nengines:\n  small: {at: \"small:443\", tls: true%s}\n  large: {at: \"large:443\", tls: {name: large.example.com, ca: ours}}\n"
	for _, c := range []struct {
		form, tls, key string
		want           []string
	}{
		{render.Envoy, "{certificate: /t.crt, private_key: /t.key}", ", key: {env: A_KEY}", []string{"certificate_chain: {filename: /t.crt}", "sni: large.example.com", "trusted_ca: {filename: ours}", "trusted_ca: {filename: " + "/etc/ssl/certs/ca-certificates.crt}",
			"{san_type: DNS, matcher: {exact: large.example.com}}", "{environment_variable: A_KEY}", "auto_host_rewrite: true", "hostname: small", "https://localhost"}},
		{render.Istio, "{secret: llm-tls}", "", []string{"{number: 443, name: https, protocol: HTTPS}", "credentialName: llm-tls", "tls: {mode: SIMPLE, sni: large.example.com, subjectAltNames: [large.example.com], caCertificates: ours}", "rewrite: {authority: small}"}},
		{render.EnvoyGateway, "{secret: llm-tls}", "", []string{"certificateRefs: [{name: llm-tls}]", "kind: BackendTLSPolicy", "hostname: large.example.com", "kind: ConfigMap, name: ours", "wellKnownCACertificates: System",
			"name: llm/mom-router/https "}},
		{render.GatewayAPI, "{secret: llm-tls}", "", []string{"certificateRefs: [{name: llm-tls}]", "kind: BackendTLSPolicy", "hostname: large.example.com", "kind: ConfigMap, name: ours", "port: 443", "urlRewrite: {hostname: small}"}},
	} {
		text := mustRender(t, c.form, "tls: "+c.tls+"\n"+fmt.Sprintf(engines, c.key), files).Text
		documents(t, text)
		for _, want := range c.want {
			if !bytes.Contains(text, []byte(want)) {
				t.Errorf("%s: there is no %q in\n%s", c.form, want, text)
			}
		}
	}
}

func TestAddresses(t *testing.T) {
	files := map[string]string{"policy.yaml": newcomersPolicy}
	text := string(mustRender(t, render.Istio, "policy: policy.yaml\nengines:\n  small: [10.0.0.1:8000, 10.0.0.2:8001]\n  large: \"[::1]:9000\"\n", files).Text)
	for _, want := range []string{
		"hosts: [small.mom-router.internal]", "resolution: STATIC", "endpoints: [{address: 10.0.0.1}, {address: 10.0.0.2, ports: {http: 8001}}]",
		`endpoints: [{address: "::1"}]`, "metadata: {name: large, namespace: istio-ingress}\nspec:\n  host: \"large.mom-router.internal\"",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}

func TestWhatIsHeldFitsIntoTheProxysBuffer(t *testing.T) {
	files := map[string]string{"policy.yaml": newcomersPolicy}
	for _, c := range []struct {
		form, more string
		want       string // "" is a warning
	}{
		{render.Envoy, "", "per_connection_buffer_limit_bytes: 1048576\n"},
		{render.Envoy, "plugin: {hold_bytes: 4194304}\n", "per_connection_buffer_limit_bytes: 4259840\n"},
		{render.Envoy, "plugin: {hold_bytes: 4194304}\nhold: pair\n", "initial_stream_window_size: 4259840\n"},
		{render.Envoy, "plugin: {hold_bytes: 4194304}\nfallback: true\n", "per_connection_buffer_limit_bytes: 4194304\n"},
		{render.Istio, "plugin: {hold_bytes: 4194304}\nfallback: true\n", "per_connection_buffer_limit_bytes: 4194304}"},
		{render.Istio, "plugin: {hold_bytes: 4194304}\n", ""},
		{render.EnvoyGateway, "plugin: {hold_bytes: 1048576}\n", ""},
		{render.EnvoyGateway, "plugin: {hold_bytes: 524288}\n", "bufferLimit: 1Mi}"},
	} {
		out := mustRender(t, c.form, c.more+newcomers, files)
		warned := strings.Contains(strings.Join(out.Warnings, " "), "plugin.hold_bytes is ")
		if warned != (c.want == "") || !strings.Contains(string(out.Text), c.want) {
			t.Errorf("%s %q: there is no %q; warnings %q", c.form, c.more, c.want, out.Warnings)
		}
	}
}

// Routing headers may have other names: clients' own are removed by those, and replicas are chosen by them.
func TestRoutingHeadersWithOtherNamesAreTakenFromClientsAndHashed(t *testing.T) {
	files := map[string]string{"policy.yaml": newcomersPolicy}
	const renamed = "keys: MOM_KEYS_SECRET\nplugin: {headers: {cluster: x-route, model: x-gateway-model-name, session: x-session}}\n" + newcomers
	removed := []string{"- remove: x-route\n", "- remove: x-gateway-model-name\n", "- remove: x-session\n"}
	const hashed = "hash_policy: %s[{header: {header_name: x-session}, terminal: true}, {header: {header_name: x-mom-prefix}}]"
	for _, c := range []struct {
		form, more string
		want       []string
	}{
		{render.Envoy, "", append(removed, fmt.Sprintf(hashed, "&keys "))},
		{render.Envoy, "hold: pair\n", append(removed, fmt.Sprintf(hashed, ""))},
		{render.Envoy, "fallback: {order: request}\n", append(removed, fmt.Sprintf(hashed, ""))},
		{render.Istio, "strip: true\n", append(removed, "httpHeaderName: x-session,")},
		{render.Istio, "strip: true\nfallback: true\n", append(removed, fmt.Sprintf(hashed, ""))},
	} {
		text := string(mustRender(t, c.form, c.more+renamed, files).Text)
		documents(t, []byte(text))
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s %q: there is no %q", c.form, c.more, want)
			}
		}
		if strings.Contains(text, "x-mom-session") || strings.Contains(text, "remove: x-mom-prefix") {
			t.Errorf("%s %q: a header that the plugin does not set is looked at, or one is removed twice", c.form, c.more)
		}
	}
}

// What is named in a description or a policy stands in the output as that name, whatever signs it has: none of them begins something else.
func TestNoNameBecomesYAML(t *testing.T) {
	const (
		cluster = `a,b}#"x:{` // visible signs: a policy may name a cluster so
		path    = "/etc/it's, \"ours\"}: \u2028 #x"
		stray   = "engines.yaml\nstray: true\n#"
	)
	name := func(s string) string { return asJSON(t, s) }
	policy := strings.Replace(newcomersPolicy, "cluster: small", "cluster: "+name(cluster), 1)
	engines := "policy: policy.yaml\nfleet: {service: \"r:1\", domain: " + name(path) + "}\nmodule: " + name(path) + "\ntls: {certificate: " + name(path) + ", private_key: \".inf\"}\n" +
		"engines:\n  small: {at: \"small:443\", tls: {ca: " + name(path) + "}, key: {file: " + name(path) + "}, health: \"/a,b}\"}\n  large: large:8000\n"
	forms := map[string]struct {
		form, policy, text string
		want               map[string]int // how often a value stands there
	}{
		"envoy":    {render.Envoy, policy, "live: " + name(path) + "\n" + engines, map[string]int{"key-" + cluster: 2, cluster: 4, path: 6, ".inf": 1, "/a,b}": 1}},
		"fallback": {render.Envoy, policy, "live: false\nfallback: true\n" + engines, map[string]int{"key-" + cluster: 2, cluster: 3, path: 6, ".inf": 1}},
		"an order": {render.Envoy, policy, "live: false\nfallback: {order: request}\n" + engines, map[string]int{"key-" + cluster: 2, cluster: 7, path: 6}},
		"istio": {render.Istio, newcomersPolicy, "policy: policy.yaml\nfallback: true\nmodule: " + name(path) + "\nlabels: {" + name(path) + ": " + name(path) + "}\n" +
			"engines:\n  small: {at: \"small:443\", tls: {ca: " + name(path) + "}}\n  large: large:8000\n", map[string]int{path: 9}},
		"numbers": {render.Istio, newcomersPolicy, "policy: policy.yaml\nengines:\n  small: small.1.example.com:80\n  large: large.1.example.com:80\n", map[string]int{"1": 2}},
	}
	for n, c := range forms {
		t.Run(n, func(t *testing.T) {
			out, err := render.Render(render.Options{Form: c.form, Description: []byte(c.text), File: stray, Output: stray, Read: func(string) ([]byte, error) { return []byte(c.policy), nil }})
			if err != nil {
				t.Fatal(err)
			}
			found := map[string]int{}
			all := documents(t, out.Text)
			if out.Filter != nil {
				all = append(all, documents(t, out.Filter)...)
			}
			for _, d := range all {
				if _, ok := d["stray"]; ok {
					t.Errorf("the file's name has become %v", d)
				}
				count(d, found)
			}
			for want, n := range c.want {
				if found[want] != n {
					t.Errorf("%q stands there %d times, not %d, in\n%s", want, found[want], n, out.Text)
				}
			}
		})
	}
}

// count counts how often each string is a value, or a key.
func count(v any, found map[string]int) {
	switch v := v.(type) {
	case string:
		found[v]++
	case map[string]any:
		for key, item := range v {
			found[key]++
			count(item, found)
		}
	case []any:
		for _, item := range v {
			count(item, found)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
