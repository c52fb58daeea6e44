package envoy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Process is a running Envoy.
type Process struct {
	Admin string // "127.0.0.1:port" of the admin interface

	cmd    *exec.Cmd
	stdout lines // the access log
	stderr lines // Envoy's own log
	exited chan struct{}
	err    error // of Wait; read after exited is closed
}

// Options say how to start Envoy.
type Options struct {
	Binary  string // the executable
	Config  []byte // the bootstrap configuration as JSON
	Dir     string // for the files that a run needs: made by the caller, and removed by it
	Workers int    // worker threads; 1 if unset
	Drain   int    // seconds that the connections of a listener live on after it was replaced; 1 if unset
}

// Start runs Envoy and waits until all listeners of the configuration accept connections: V8 compiles the module first,
// which takes some seconds. If Envoy ends before, or ctx does, the error carries the last lines of its log.
func Start(ctx context.Context, o Options) (*Process, error) {
	config := filepath.Join(o.Dir, "envoy.json")
	if err := os.WriteFile(config, o.Config, 0o644); err != nil {
		return nil, err
	}
	admin := filepath.Join(o.Dir, "admin")
	p := &Process{exited: make(chan struct{})}
	p.cmd = exec.Command(o.Binary,
		"--config-path", config,
		"--admin-address-path", admin,
		"--concurrency", strconv.Itoa(max(o.Workers, 1)),
		"--service-node", "e2e", "--service-cluster", "e2e", // whoever takes filters from files must have a name
		"--disable-hot-restart",
		"--drain-time-s", strconv.Itoa(max(o.Drain, 1)),
		"--file-flush-interval-msec", "20", // of the access log
		"--log-level", "warning", "--component-log-level", "wasm:info")
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", o.Binary, err)
	}
	if err := p.await(ctx, admin); err != nil {
		p.Stop()
		return nil, fmt.Errorf("%w\n%s", err, p.stderr.tail(20))
	}
	return p, nil
}

// await polls: Envoy tells nobody when it is ready.
func (p *Process) await(ctx context.Context, adminFile string) error {
	for {
		if p.Admin == "" {
			if address, err := os.ReadFile(adminFile); err == nil {
				p.Admin = string(address)
			}
		}
		if p.Admin != "" && p.serving() {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("envoy ended before it was ready: %v", p.err)
		case <-ctx.Done():
			return fmt.Errorf("envoy is not ready: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *Process) serving() bool {
	if body, err := p.get("/ready"); err != nil || !strings.HasPrefix(string(body), "LIVE") {
		return false
	}
	addresses, err := p.listeners()
	if err != nil || len(addresses) == 0 {
		return false
	}
	for _, address := range addresses {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return false
		}
		conn.Close()
	}
	return true
}

// Listener is the address ("127.0.0.1:port") that the listener of this name accepts connections at.
func (p *Process) Listener(name string) (string, error) {
	all, err := p.listeners()
	if err != nil {
		return "", err
	}
	address, ok := all[name]
	if !ok {
		return "", fmt.Errorf("envoy has no listener %q", name)
	}
	return address, nil
}

func (p *Process) listeners() (map[string]string, error) {
	body, err := p.get("/listeners?format=json")
	if err != nil {
		return nil, err
	}
	var status struct {
		Listeners []struct {
			Name    string `json:"name"`
			Address struct {
				Socket struct {
					Host string `json:"address"`
					Port int    `json:"port_value"`
				} `json:"socket_address"`
			} `json:"local_address"`
		} `json:"listener_statuses"`
	}
	if err := json.Unmarshal(body, &status); err != nil {
		return nil, err
	}
	all := map[string]string{}
	for _, l := range status.Listeners {
		all[l.Name] = net.JoinHostPort(l.Address.Socket.Host, strconv.Itoa(l.Address.Socket.Port))
	}
	return all, nil
}

// Stats are the counters and gauges whose name matches the regular expression.
func (p *Process) Stats(filter string) (map[string]int64, error) {
	body, err := p.get("/stats?format=text&filter=" + filter)
	if err != nil {
		return nil, err
	}
	return ParseStats(body), nil
}

// ParseStats reads counters and gauges as Envoy's admin interface writes them in the format text.
func ParseStats(body []byte) map[string]int64 {
	stats := map[string]int64{}
	for _, line := range strings.Split(string(body), "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			if n, err := strconv.ParseInt(value, 10, 64); err == nil {
				stats[name] = n
			}
		}
	}
	return stats
}

func (p *Process) get(path string) ([]byte, error) {
	client := http.Client{Timeout: time.Minute} // while V8 works on a module, the thread that answers does nothing else
	r, err := client.Get("http://" + p.Admin + path)
	if err != nil {
		return nil, err
	}
	defer r.Body.Close()
	return io.ReadAll(r.Body)
}

// AccessLog holds the lines that Envoy has written to its standard output.
func (p *Process) AccessLog() []string { return p.stdout.all() }

// Log is what Envoy has written to its standard error.
func (p *Process) Log() string { return strings.Join(p.stderr.all(), "\n") }

// LogLines is Log, line by line. The slice only ever grows at its end.
func (p *Process) LogLines() []string { return p.stderr.all() }

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Exited says whether the process has ended.
func (p *Process) Exited() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// Stop ends Envoy and waits for its end.
func (p *Process) Stop() {
	p.cmd.Process.Signal(os.Interrupt)
	select {
	case <-p.exited:
	case <-time.After(30 * time.Second):
		p.cmd.Process.Kill()
		<-p.exited
	}
}

// lines is a writer that keeps complete lines.
type lines struct {
	mu   sync.Mutex
	done []string
	part []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.part = append(l.part, p...)
	for {
		i := bytes.IndexByte(l.part, '\n')
		if i < 0 {
			return len(p), nil
		}
		l.done = append(l.done, string(l.part[:i]))
		l.part = l.part[i+1:]
	}
}

func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.done[:len(l.done):len(l.done)]
}

func (l *lines) tail(n int) string {
	all := l.all()
	return strings.Join(all[max(0, len(all)-n):], "\n")
}
