package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mom-router/mom-router/cmd/hostsim/internal/proxy"
	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// service is a proxy with the policy that it serves by.
type service struct {
	o       *serveOptions
	s       streams
	proxy   *proxy.Proxy
	engines engines
	tried   sight       // the last one that was put to use, or refused
	plan    *plan       // in force
	quiet   atomic.Bool // the module only repeats the policy's warnings
	module  *hostsim.Module
	inForce atomic.Pointer[state]
	live    *live // nil without an admin interface, and for modules that are not mom-router's
}

// state is what /config_dump shows.
type state struct {
	filters  []hostsim.Filter
	clusters map[string]*url.URL
	table    *rules.Table // nil if there is no policy
	others   []*rules.Table
	policy   *tree.Node // the source of table; nil for the one in the module
	file     []byte     // of --policy
}

func (o *serveOptions) start(log io.Writer, s streams) (*service, error) {
	module, err := o.base()
	if err != nil {
		return nil, err
	}
	v := &service{o: o, s: s, module: module, engines: engines{named: o.options.upstreams}}
	if o.admin != "" && !o.any {
		v.live = newLive(v.policyOf)
		if log == nil {
			log = v.live.recent
		} else {
			log = io.MultiWriter(v.live.recent, log)
		}
	}
	v.proxy = proxy.New(proxy.Options{Module: module, Workers: o.workers, Idle: o.timeout, AccessLog: log, Say: v.say})
	if err := v.use(o.look()); err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

func (v *service) say(line string) { fmt.Fprintf(v.s.Err, "hostsim: %s\n", line) }

// use puts a sight to use for new requests. If it is not fit for use, everything stays as it is.
func (v *service) use(seen sight) error {
	v.tried = seen
	p, err := v.o.plan(seen)
	if err != nil {
		return err
	}
	var clusters map[string]*url.URL
	if p.table != nil {
		clusters, err = v.engines.clusters(p.tables())
	} else {
		clusters, err = v.engines.anyClusters()
	}
	if err != nil {
		return err
	}
	for _, w := range p.warnings {
		v.say(w)
	}
	config := hostsim.Config{VMID: "mom-router", Filters: p.filters, LogLevel: hostsim.LevelWarn, Log: v.logged()}
	if config.Capabilities, err = v.o.allowed(); err != nil {
		return err
	}
	if v.o.trace {
		config.Trace = traceTo(v.s.Err)
	}
	if v.o.verbose {
		config.LogLevel = hostsim.LevelTrace
	}
	v.quiet.Store(true)
	defer v.quiet.Store(false)
	setup := proxy.Setup{Config: config, Clusters: clusters, ClusterHeader: strings.ToLower(cmp.Or(p.clusterHeader, clusterHeader))}
	if p.table != nil {
		setup.Strip = "x-mom-" // the plugin removes them, too: this is what the examples have Envoy do before any filter
	}
	err = v.proxy.Use(setup)
	var refused *hostsim.Refused
	if errors.As(err, &refused) && v.o.filterFile == "" {
		return errors.New(refused.Reason)
	}
	if err != nil {
		return err
	}
	v.plan = p
	v.inForce.Store(&state{filters: p.filters, clusters: clusters, table: p.table, others: p.others, policy: p.policy, file: seen.policy})
	if p.table != nil {
		for _, line := range v.engines.odd(p.tables()) {
			v.say(line)
		}
	}
	return nil
}

// base is the module that the flags name, or the first of the chain, and its host.
func (o *serveOptions) base() (*hostsim.Module, error) {
	code, name, err := o.code()
	if err != nil {
		return nil, err
	}
	host, err := o.host()
	if err != nil {
		return nil, err
	}
	o.shared = host
	if o.filterFile != "" {
		seen := o.look()
		if seen.err != nil {
			return nil, seen.err
		}
		filters, err := readFilters(o.filterFile, seen.filters, host, func(string) {})
		if err != nil {
			return nil, err
		}
		return filters[0].VM.Module, nil
	}
	o.any = o.any || o.policy == "" && o.holdBytes == 0 && !isRouter(code) // a proxy for any module needs no configuration
	module, err := host.Load(code)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return module, nil
}

// logged lets through what an operator should read of the module's log.
func (v *service) logged() func(hostsim.Level, string, string) {
	log := logTo(v.s.Err)
	return func(level hostsim.Level, plugin, message string) {
		if v.o.verbose || level > hostsim.LevelWarn || level == hostsim.LevelWarn && !v.quiet.Load() {
			log(level, plugin, message)
		}
	}
}

// watch puts what changes in the files to use, and says so. A file may be seen half written, so a change counts when two
// looks in a row see the same.
func (v *service) watch(ctx context.Context, look <-chan time.Time) {
	last := v.tried
	for {
		select {
		case <-ctx.Done():
			return
		case <-look:
		}
		seen := v.o.look()
		if seen.same(last) && !seen.same(v.tried) {
			if err := v.use(seen); err != nil {
				v.say(fmt.Sprintf("%v", err))
				v.say("the change is not in force: " + v.plan.name + " stays")
			} else {
				v.say(v.plan.name + " is in force for new requests")
			}
		}
		last = seen
	}
}

// greet tells how to go on.
func (v *service) greet(at net.Addr) {
	url := "http://" + reachable(at)
	v.say(fmt.Sprintf("serving on %s with %s, %s", url, counted(v.o.workers, "worker"), v.plan.name))
	if v.plan.table == nil {
		if v.engines.echo != nil {
			v.say("a stand-in answers with the requests that it gets: --upstream '*=URL' names a backend")
		}
		fmt.Fprintf(v.s.Err, "Try:\n  curl %s/ -d hello\n", url)
		return
	}
	if len(v.engines.named) == 0 {
		v.say(counted(len(v.engines.standins), "stand-in") + " in the place of engines: --upstream CLUSTER=URL names real ones")
	}
	fmt.Fprintf(v.s.Err, "Try:\n  curl %s/v1/chat/completions -H 'content-type: application/json' "+
		`-d '{"model":"auto","messages":[{"role":"user","content":"Who are you?"}]}'`+"\n", url)
}

// counted is a number of things in words.
func counted(n int, thing string) string {
	if n == 1 {
		return "one " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func (v *service) close() {
	v.proxy.Close()
	v.engines.close()
}
