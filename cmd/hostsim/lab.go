package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mom-router/mom-router/hostsim"
)

// clusterHeader is the request header by which mom-router's module names the cluster, if its configuration does not rename it.
const clusterHeader = "x-mom-cluster"

// lab is a loaded module with the configuration that the flags ask for.
type lab struct {
	module *hostsim.Module
	config hostsim.Config
	plugin []byte // its configuration; nil for a chain
	hint   string // what helps when the module refuses its configuration
}

func (o *options) open(s streams) (*lab, error) {
	l := &lab{config: hostsim.Config{VMID: "mom-router", LogLevel: hostsim.LevelWarn}}
	config, policy, err := o.read(s)
	if err != nil {
		return nil, err
	}
	code, name, err := o.code()
	if err != nil {
		return nil, err
	}
	if o.any && o.deadline == 0 {
		o.deadline = time.Minute // some ten times what the slowest module takes on a busy machine
	}
	host, err := o.host()
	if err != nil {
		return nil, err
	}
	if l.config.Capabilities, err = o.allowed(); err != nil {
		return nil, err
	}
	if o.filterFile != "" {
		data, err := s.read("filters", o.filterFile)
		if err != nil {
			return nil, err
		}
		l.config.Filters, err = readFilters(o.filterFile, data, host, func(line string) { fmt.Fprintln(s.Err, "hostsim: "+line) })
		if err != nil {
			return nil, err
		}
		l.module = l.config.Filters[0].VM.Module
	} else {
		config, hold, err := o.configure(config, policy)
		if err != nil {
			return nil, err
		}
		if l.module, err = host.Load(code); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		l.plugin = config
		l.config.Filters = filters(config, hold)
	}
	l.config.Call = host.HTTPCalls(o.upstreams)
	if o.policy != "" {
		l.hint = fmt.Sprintf("\n(`rules check %s` shows line and column)", o.policy)
	}
	l.config.Route = hostsim.RouteByHeader(clusterHeader)
	if o.any {
		l.config.Route = anywhere
	}
	if o.trace {
		l.config.Trace = traceTo(s.Err)
	}
	if o.verbose {
		l.config.LogLevel = hostsim.LevelTrace
		l.config.Log = logTo(s.Err)
	}
	return l, nil
}

// allowed are the capabilities that the flag names.
func (o *options) allowed() ([]string, error) {
	if o.capabilities == "" {
		return nil, nil
	}
	return readCapabilities(o.capabilities)
}

// host makes what modules are loaded into. A broken cache costs time, nothing else.
func (o *options) host() (*hostsim.Host, error) {
	settings := hostsim.Options{CacheDir: cacheDir(), Envoy: o.envoy, Deadline: o.deadline}
	host, err := hostsim.New(settings)
	if err != nil {
		settings.CacheDir = ""
		host, err = hostsim.New(settings)
	}
	return host, err
}

// code reads the module that the flags name, and tells whether it is mom-router's: to others, and to a chain of filters, a policy means
// nothing. A chain names its modules itself.
func (o *options) code() (code []byte, name string, err error) {
	if o.any = o.filterFile != ""; o.any {
		return nil, "", nil
	}
	if name, err = o.findModule(); err != nil {
		return nil, "", err
	}
	if code, err = os.ReadFile(name); err != nil {
		return nil, "", fmt.Errorf("read the module: %w", err)
	}
	// A module that only looks on may be given mom-router's configuration, too.
	o.any = o.policy == "" && o.holdBytes == 0 && o.config != "" && !isRouter(code)
	return code, name, nil
}

// worker starts a VM. The module's own words are the error when it refuses its configuration.
func (l *lab) worker() (*hostsim.Worker, error) {
	w, err := l.module.Worker(l.config)
	var refused *hostsim.Refused
	if errors.As(err, &refused) {
		return nil, errors.New(refused.Reason + l.hint)
	}
	return w, err
}

// logTo prints log messages, a line each, from all workers.
func logTo(w io.Writer) func(hostsim.Level, string, string) {
	return func(level hostsim.Level, plugin, message string) {
		fmt.Fprintf(w, "[%s] wasm log %s: %s\n", level, plugin, message)
	}
}

// anywhere routes what names no cluster, too: modules other than the router need not name one. All routes have a retry policy, as in
// the examples and in Istio.
func anywhere(h *hostsim.Headers) hostsim.Route {
	if cluster := h.Value(clusterHeader); cluster != "" {
		return hostsim.Route{Cluster: cluster, Again: true}
	}
	return hostsim.Route{Cluster: "backend", Again: true}
}

// traceTo prints the lines of traces. Those of several workers may stand between each other.
func traceTo(w io.Writer) func(string) {
	return func(line string) { fmt.Fprintln(w, line) }
}
