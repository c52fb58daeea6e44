package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/mom-router/mom-router/hostsim"
)

// lab is a loaded module with the configuration that the flags ask for.
type lab struct {
	module *hostsim.Module
	config hostsim.Config
	hint   string // what helps when the module refuses its configuration
}

func (o *options) open(s streams) (*lab, error) {
	config, err := o.configuration()
	if err != nil {
		return nil, err
	}
	module, err := o.module()
	if err != nil {
		return nil, err
	}
	l := &lab{module: module}
	l.config = hostsim.Config{VMID: "mom-router", Filters: o.filters(config), LogLevel: hostsim.LevelWarn}
	if o.policy != "" {
		l.hint = fmt.Sprintf("\n(`rules check %s` shows line and column)", o.policy)
	}
	if o.config != "" {
		l.config.Route = anywhere
	}
	if o.trace {
		l.config.Trace = traceTo(s.err)
	}
	if o.verbose {
		l.config.LogLevel = hostsim.LevelTrace
		l.config.Log = logTo(s.err)
	}
	return l, nil
}

// module loads the module that the flags name, into a host of its own.
func (o *options) module() (*hostsim.Module, error) {
	name, err := o.findModule()
	if err != nil {
		return nil, err
	}
	code, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read the module: %w", err)
	}
	host, err := hostsim.New(hostsim.Options{CacheDir: cacheDir(), Envoy: o.envoy, Deadline: o.deadline})
	if err != nil {
		// A broken cache costs time, nothing else.
		if host, err = hostsim.New(hostsim.Options{Envoy: o.envoy, Deadline: o.deadline}); err != nil {
			return nil, err
		}
	}
	module, err := host.Load(code)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return module, nil
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
	var mu sync.Mutex
	return func(level hostsim.Level, plugin, message string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(w, "[%s] wasm log %s: %s\n", level, plugin, message)
	}
}

// anywhere routes what names no cluster, too: modules other than the router need not name one.
func anywhere(h *hostsim.Headers) hostsim.Route {
	if cluster := h.Value("x-mom-cluster"); cluster != "" {
		return hostsim.Route{Cluster: cluster}
	}
	return hostsim.Route{Cluster: "backend"}
}

// traceTo prints the lines of traces. Those of several workers may stand between each other.
func traceTo(w io.Writer) func(string) {
	var mu sync.Mutex
	return func(line string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(w, line)
	}
}
