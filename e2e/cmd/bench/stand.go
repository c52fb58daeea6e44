package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/bodies"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
)

const listener = "llm" // of the examples

// stand is a contender that runs: an Envoy of its own, and the service that it asks.
type stand struct {
	contender
	envoy   *envoy.Process
	service *service
	address string
	ready   time.Duration
	dir     string
	load    float64 // the most resident memory that was seen, in MB
	rest    float64
}

// ground is what all stands share.
type ground struct {
	o        *options
	built    *built
	data     *bodies.Data
	backends *backend.Set
	defaults []byte // the default policy in JSON
	refused  func(bodies.Message) bool

	calls, callBytes int // of agents, in all
}

// start runs a contender and waits until it serves.
func (g *ground) start(c contender, workers int) (_ *stand, err error) {
	s := &stand{contender: c}
	defer func() {
		if err != nil {
			s.stop()
			err = fmt.Errorf("%s: %w", c.name, err)
		}
	}()
	if s.dir, err = os.MkdirTemp("", "mom-router-bench"); err != nil {
		return nil, err
	}
	x, err := envoy.Shipped(c.mode, g.backends.Ports(), g.o.module)
	if err != nil {
		return nil, err
	}
	setting := &setting{example: x, listener: x.Listener(listener), built: g.built, data: g.data, defaults: g.defaults}
	if c.service != nil {
		if s.service, err = startService(c.service(g.built)); err != nil {
			return nil, err
		}
		setting.service = s.service.address
	}
	// The log is written, as in the example, and nobody reads it.
	setting.listener.LogTo(os.DevNull)
	if c.alter != nil {
		if err := c.alter(setting); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	if s.envoy, err = x.Start(context.Background(), envoy.Options{Binary: g.o.envoy, Dir: s.dir, Workers: workers}); err != nil {
		return nil, err
	}
	s.ready = time.Since(began)
	if s.address, err = s.envoy.Listener(listener); err != nil {
		return nil, err
	}
	s.rest, err = s.resident()
	return s, err
}

// stop ends all processes of the stand.
func (s *stand) stop() {
	if s.envoy != nil {
		s.envoy.Stop()
	}
	if s.service != nil {
		s.service.stop()
	}
	if s.dir != "" {
		os.RemoveAll(s.dir)
	}
}

func (s *stand) pids() []int {
	pids := []int{s.envoy.PID()}
	if s.service != nil {
		pids = append(pids, s.service.cmd.Process.Pid)
	}
	return pids
}

// cpu is the processor time of all processes of the stand.
func (s *stand) cpu() (time.Duration, error) {
	var sum time.Duration
	for _, pid := range s.pids() {
		d, err := envoy.ProcessCPU(pid)
		if err != nil {
			return 0, err
		}
		sum += d
	}
	return sum, nil
}

// resident is the memory of all processes of the stand, in MB.
func (s *stand) resident() (float64, error) {
	sum := 0.0
	for _, pid := range s.pids() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return 0, fmt.Errorf("memory of process %d: %w", pid, err)
		}
		_, after, _ := strings.Cut(string(text), "VmRSS:")
		kb, err := strconv.Atoi(strings.Fields(after + " ?")[0])
		if err != nil {
			return 0, fmt.Errorf("memory of process %d: %w", pid, err)
		}
		sum += float64(kb) * 1024 / 1e6
	}
	return sum, nil
}

// service is a program that prints the address that it listens on, and ends when its standard input does: when the bench does.
type service struct {
	cmd     *exec.Cmd
	stdin   io.Closer
	address string
}

func startService(path string) (_ *service, err error) {
	s := &service{cmd: exec.Command(path)}
	s.cmd.Stderr = os.Stderr
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("%s did not say where it listens: %w", path, err)
	}
	s.address = strings.TrimSpace(line)
	return s, nil
}

func (s *service) stop() {
	s.stdin.Close()
	s.cmd.Wait()
}

// endpoint is a cluster of one HTTP/2 server.
func endpoint(name, address string) (map[string]any, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("address of %s: %w", name, err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("address of %s: %w", name, err)
	}
	type object = map[string]any
	return object{
		"name": name, "type": "STATIC", "connect_timeout": "2s",
		"typed_extension_protocol_options": object{"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": object{
			"@type":                "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
			"explicit_http_config": object{"http2_protocol_options": object{}},
		}},
		"load_assignment": object{"cluster_name": name, "endpoints": []any{object{"lb_endpoints": []any{
			object{"endpoint": object{"address": object{"socket_address": object{"address": host, "port_value": number}}}},
		}}}},
	}, nil
}
