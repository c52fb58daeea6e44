// Package control runs a Kubernetes API and Istio's control plane on loopback: etcd, kube-apiserver with Istio's resource
// definitions, and istiod, each built from its Go module.
package control

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"k8s.io/client-go/rest"

	"github.com/mom-router/mom-router/e2e/internal/process"
)

// patience bounds each start: far above what it takes on a busy machine, far below a hang.
const patience = 2 * time.Minute

// Plane is a running control plane.
type Plane struct {
	Kube      *Kube
	Discovery string // "127.0.0.1:port" where proxies connect to istiod, in clear text
	Debug     string // "127.0.0.1:port" of istiod's debug pages

	dir                  string
	etcd, server, istiod *process.Process
}

// Options say what to run.
type Options struct {
	Bin  string   // directory of the binaries
	Dir  string   // for data and logs: made by the caller, and removed by it
	CRDs []string // files with resource definitions
	Mesh []byte   // the mesh configuration
}

// Start runs the control plane and waits until it serves.
func Start(o Options) (*Plane, error) {
	p := &Plane{dir: o.Dir}
	if err := p.start(o); err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}

func (p *Plane) start(o Options) error {
	config, err := p.startKube(o)
	if err != nil {
		return err
	}
	if p.Kube, err = NewKube(config); err != nil {
		return err
	}
	for _, name := range []string{"istio-system", "istio-ingress", "llm"} {
		if err := p.Kube.Namespace(name); err != nil {
			return err
		}
	}
	for _, file := range o.CRDs {
		if err := p.Kube.Define(file); err != nil {
			return err
		}
	}
	return p.startIstiod(o)
}

func (p *Plane) startKube(o Options) (*rest.Config, error) {
	ports, err := process.FreePorts(3)
	if err != nil {
		return nil, err
	}
	client, peer := "http://"+ports[0], "http://"+ports[1]
	p.etcd, err = process.Start(process.Options{Path: filepath.Join(o.Bin, "server"), Dir: o.Dir, Args: []string{
		"--data-dir", filepath.Join(o.Dir, "etcd"), "--unsafe-no-fsync", "--log-level", "warn",
		"--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
		"--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer,
	}})
	if err != nil {
		return nil, err
	}
	if err := p.etcd.Await(patience, func() bool { return answers(http.DefaultClient, client+"/health") }); err != nil {
		return nil, err
	}

	certs := filepath.Join(o.Dir, "certs")
	key, err := writeKey(o.Dir)
	if err != nil {
		return nil, err
	}
	tokens := filepath.Join(o.Dir, "tokens.csv")
	if err := os.WriteFile(tokens, []byte("e2e,admin,admin,system:masters\n"), 0o600); err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(ports[2])
	p.server, err = process.Start(process.Options{Path: filepath.Join(o.Bin, "kube-apiserver"), Dir: o.Dir, Args: []string{
		"--etcd-servers", client, "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1", "--secure-port", port,
		"--cert-dir", certs, "--token-auth-file", tokens, "--authorization-mode", "RBAC", "--endpoint-reconciler-type", "none",
		"--service-account-issuer", "https://e2e", "--service-account-key-file", key, "--service-account-signing-key-file", key,
		"--service-cluster-ip-range", "10.0.0.0/24", "--profiling=false", "--disable-admission-plugins", "ServiceAccount",
	}})
	if err != nil {
		return nil, err
	}
	config := &rest.Config{
		Host:            "https://" + ports[2],
		BearerToken:     "e2e",
		TLSClientConfig: rest.TLSClientConfig{Insecure: true}, // made by the server just now, on loopback
		QPS:             1000, Burst: 1000,
	}
	web, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	return config, p.server.Await(patience, func() bool { return answers(web, config.Host+"/readyz") })
}

func (p *Plane) startIstiod(o Options) error {
	ports, err := process.FreePorts(5)
	if err != nil {
		return err
	}
	p.Discovery, p.Debug = ports[0], ports[1]
	kubeconfig, mesh := filepath.Join(o.Dir, "kubeconfig"), filepath.Join(o.Dir, "mesh.yaml")
	if err := os.WriteFile(kubeconfig, p.Kube.kubeconfig(), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(mesh, o.Mesh, 0o600); err != nil {
		return err
	}
	p.istiod, err = process.Start(process.Options{Path: filepath.Join(o.Bin, "pilot-discovery"), Dir: o.Dir,
		Args: []string{"discovery", "--kubeconfig", kubeconfig, "--meshConfig", mesh, "--keepaliveMaxServerConnectionAge", "30m",
			"--grpcAddr", ports[0], "--httpAddr", ports[1], "--monitoringAddr", ports[2], "--httpsAddr", ports[3],
			"--secureGRPCAddr", ports[4], "--ctrlz_port", "0", "--log_output_level", "default:info"},
		Env: []string{
			"POD_NAME=istiod", "POD_NAMESPACE=istio-system", "REVISION=default", "CLUSTER_ID=Kubernetes",
			// Envoy as released lacks the filters that only Istio's build of it has.
			"PILOT_ENABLE_METADATA_EXCHANGE=false", "PILOT_ENABLE_ALPN_FILTER=false",
			"ENABLE_LEADER_ELECTION=false", "INJECTION_WEBHOOK_CONFIG_NAME=", "VALIDATION_WEBHOOK_CONFIG_NAME=",
		},
	})
	if err != nil {
		return err
	}
	return p.istiod.Await(patience, func() bool { return answers(http.DefaultClient, "http://"+p.Debug+"/ready") })
}

// Log is what istiod has written.
func (p *Plane) Log() string { return p.istiod.Log() }

// Stop ends it all; the API server goes before etcd, which it would wait for.
func (p *Plane) Stop() {
	p.istiod.Stop()
	p.server.Stop()
	p.etcd.Stop()
}

func answers(client *http.Client, url string) bool {
	r, err := client.Get(url)
	if err != nil {
		return false
	}
	r.Body.Close()
	return r.StatusCode == http.StatusOK
}
