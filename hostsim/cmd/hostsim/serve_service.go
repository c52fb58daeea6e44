package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/hostsim/internal/proxy"
	"github.com/mom-router/mom-router/rules"
)

// service is a proxy with the policy that it serves by.
type service struct {
	o       *serveOptions
	s       streams
	proxy   *proxy.Proxy
	engines engines
	tried   sight        // the last one that was put to use, or refused
	table   *rules.Table // in force
	quiet   atomic.Bool  // the module only repeats the policy's warnings
	module  *hostsim.Module
	inForce atomic.Pointer[state]
}

// state is what /config_dump shows.
type state struct {
	filters  []hostsim.Filter
	clusters map[string]*url.URL
	version  string // of the policy
	hash     string
}

func (o *serveOptions) start(log io.Writer, s streams) (*service, error) {
	module, err := o.module()
	if err != nil {
		return nil, err
	}
	v := &service{o: o, s: s, module: module, engines: engines{named: o.upstreams}}
	v.proxy = proxy.New(proxy.Options{Module: module, Workers: o.workers, Idle: o.timeout, AccessLog: log, Say: v.say})
	if err := v.use(o.look()); err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

func (v *service) say(line string) { fmt.Fprintf(v.s.err, "hostsim: %s\n", line) }

// use puts a sight to use for new requests. If it is not fit for use, everything stays as it is.
func (v *service) use(seen sight) error {
	v.tried = seen
	p, err := v.o.plan(seen)
	if err != nil {
		return err
	}
	clusters, err := v.engines.clusters(p.table)
	if err != nil {
		return err
	}
	for _, w := range p.warnings {
		v.say(w)
	}
	holding := v.o.options
	holding.hold = p.hold
	v.quiet.Store(true)
	defer v.quiet.Store(false)
	err = v.proxy.Use(proxy.Setup{
		Config: hostsim.Config{
			VMID: "mom-router", Filters: holding.filters(p.config), LogLevel: hostsim.LevelWarn, Log: v.logged(),
		},
		Clusters:      clusters,
		ClusterHeader: strings.ToLower(p.clusterHeader),
	})
	var refused *hostsim.Refused
	if errors.As(err, &refused) {
		return errors.New(refused.Reason)
	}
	if err != nil {
		return err
	}
	v.table = p.table
	v.inForce.Store(&state{filters: holding.filters(p.config), clusters: clusters, version: p.table.Version(), hash: p.table.Hash()})
	for _, line := range v.engines.odd(p.table) {
		v.say(line)
	}
	return nil
}

// logged lets through what an operator should read of the module's log.
func (v *service) logged() func(hostsim.Level, string, string) {
	log := logTo(v.s.err)
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
				v.say("the change is not in force: " + v.policy() + " stays")
			} else {
				v.say(v.policy() + " is in force for new requests")
			}
		}
		last = seen
	}
}

// policy names the policy in force.
func (v *service) policy() string {
	return fmt.Sprintf("policy %q %s", v.table.Version(), v.table.Hash()[:16])
}

// greet tells how to go on.
func (v *service) greet(at net.Addr) {
	url := "http://" + reachable(at)
	v.say(fmt.Sprintf("serving on %s with %d workers, %s", url, v.o.workers, v.policy()))
	if len(v.engines.named) == 0 {
		v.say(fmt.Sprintf("%d stand-ins answer in the place of engines: --upstream CLUSTER=URL names real ones", len(v.engines.standins)))
	}
	fmt.Fprintf(v.s.err, "Try:\n  curl %s/v1/chat/completions -H 'content-type: application/json' "+
		`-d '{"model":"auto","messages":[{"role":"user","content":"Who are you?"}]}'`+"\n", url)
}

func (v *service) close() {
	v.proxy.Close()
	v.engines.close()
}
