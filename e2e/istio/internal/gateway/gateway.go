// Package gateway runs Istio's proxy agent with the real Envoy below it, as the pod of an ingress gateway does.
package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/envoy"
	"github.com/mom-router/mom-router/e2e/internal/process"
)

// patience bounds the start: Envoy waits for its configuration, and V8 for the module.
const patience = 2 * time.Minute

// address is the gateway's own: it must differ from that of every endpoint, or istiod takes those for the gateway's.
const address = "127.0.0.9"

// Gateway is a running pilot-agent with its Envoy.
type Gateway struct {
	Admin string // "127.0.0.1:port" of Envoy's admin interface

	agent *process.Process
}

// Options say what to run.
type Options struct {
	Agent     string            // pilot-agent
	Envoy     string            // the proxy below it
	Template  string            // Istio's bootstrap template
	Dir       string            // for data and logs: made by the caller, and removed by it
	Discovery string            // "host:port" of istiod, in clear text
	Registry  string            // "host:port" of a registry without TLS
	Namespace string            // of the pod
	Labels    map[string]string // of the pod
	Settings  map[string]any    // of the proxy, as the annotation proxy.istio.io/config has them
	Env       []string          // of the pod, beside what every one has
}

// Start runs a gateway and waits until Envoy's admin interface answers; it does not wait for any configuration.
func Start(o Options) (*Gateway, error) {
	ports, err := process.FreePorts(4)
	if err != nil {
		return nil, err
	}
	labels, err := json.Marshal(o.Labels)
	if err != nil {
		return nil, err
	}
	settings := map[string]any{
		"binaryPath": o.Envoy, "configPath": filepath.Join(o.Dir, "proxy"), "discoveryAddress": o.Discovery,
		"controlPlaneAuthPolicy": "NONE", "proxyBootstrapTemplatePath": o.Template, "concurrency": 2,
		"proxyAdminPort": process.Port(ports[0]), "statusPort": process.Port(ports[1]), "drainDuration": "1s",
		"terminationDrainDuration": "1s", "fileFlushInterval": "0.02s",
	}
	for name, value := range o.Settings {
		settings[name] = value
	}
	config, err := json.Marshal(settings)
	if err != nil {
		return nil, err
	}
	g := &Gateway{Admin: ports[0]}
	g.agent, err = process.Start(process.Options{Path: o.Agent, Dir: o.Dir, Apart: true,
		Args: []string{"proxy", "router", "--domain", o.Namespace + ".svc.cluster.local",
			"--proxyLogLevel", "warning", "--proxyComponentLogLevel", "misc:error,wasm:info"},
		Env: append([]string{
			"POD_NAME=gateway", "POD_NAMESPACE=" + o.Namespace, "INSTANCE_IP=" + address, "SERVICE_ACCOUNT=gateway",
			"ISTIO_META_CLUSTER_ID=Kubernetes", "ISTIO_METAJSON_LABELS=" + string(labels), "PROXY_CONFIG=" + string(config),
			"FILE_MOUNTED_CERTS=true", "WASM_INSECURE_REGISTRIES=" + o.Registry,
			"ENVOY_STATUS_PORT=" + strconv.Itoa(process.Port(ports[2])),
			"ENVOY_PROMETHEUS_PORT=" + strconv.Itoa(process.Port(ports[3])),
		}, o.Env...),
	})
	if err != nil {
		return nil, err
	}
	if err := g.agent.Await(patience, func() bool { _, err := g.Get("/server_info"); return err == nil }); err != nil {
		g.Stop()
		return nil, err
	}
	return g, nil
}

// Stop ends agent and Envoy at once.
func (g *Gateway) Stop() {
	if g != nil {
		g.agent.Kill()
	}
}

// Exited says whether the agent has ended.
func (g *Gateway) Exited() bool { return g.agent.Exited() }

// Log is what agent and Envoy have written, access log included.
func (g *Gateway) Log() string { return g.agent.Log() }

// Tail is the end of it.
func (g *Gateway) Tail(lines int) string { return g.agent.Tail(lines) }

// Get reads a page of Envoy's admin interface.
func (g *Gateway) Get(path string) ([]byte, error) {
	client := http.Client{Timeout: 5 * time.Second}
	r, err := client.Get("http://" + g.Admin + path)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}

// Stats are the counters and gauges whose name matches the regular expression.
func (g *Gateway) Stats(filter string) (map[string]int64, error) {
	body, err := g.Get("/stats?format=text&filter=" + filter)
	if err != nil {
		return nil, err
	}
	return envoy.ParseStats(body), nil
}

// Listens says whether something accepts connections at a port of 127.0.0.1.
func Listens(port int) bool {
	conn, err := net.DialTimeout("tcp", fmt.Sprint("127.0.0.1:", port), time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// Extension is a filter's configuration as Envoy has it by ECDS.
type Extension struct {
	Name   string
	Type   string // of the configuration, without its package
	Module string // path of the Wasm module
	Policy string // how Envoy fails: FAIL_CLOSED, FAIL_RELOAD ...
	Config string // of the plugin; "" if it has none
}

// Extensions lists what Envoy has got by ECDS.
func (g *Gateway) Extensions() ([]Extension, error) {
	body, err := g.Get("/config_dump?resource=ecds_filters")
	if err != nil {
		return nil, err
	}
	var dump struct {
		Configs []struct {
			Filter struct {
				Name  string `json:"name"`
				Typed struct {
					Type   string `json:"@type"`
					Config struct {
						Policy string `json:"failure_policy"`
						VM     struct {
							Code struct {
								Local struct {
									Filename string `json:"filename"`
								} `json:"local"`
							} `json:"code"`
						} `json:"vm_config"`
						Configuration struct {
							Value string `json:"value"`
						} `json:"configuration"`
					} `json:"config"`
				} `json:"typed_config"`
			} `json:"ecds_filter"`
		} `json:"configs"`
	}
	if err := json.Unmarshal(body, &dump); err != nil {
		return nil, fmt.Errorf("config dump: %w", err)
	}
	var all []Extension
	for _, c := range dump.Configs {
		f := c.Filter
		all = append(all, Extension{
			Name: f.Name, Type: f.Typed.Type[strings.LastIndexByte(f.Typed.Type, '.')+1:],
			Module: f.Typed.Config.VM.Code.Local.Filename, Policy: f.Typed.Config.Policy, Config: f.Typed.Config.Configuration.Value,
		})
	}
	return all, nil
}
