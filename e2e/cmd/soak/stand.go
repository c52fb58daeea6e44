package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
)

// The listeners. All but the last are one Envoy's, whose workers have one VM each for all of them.
const (
	steady  = "llm"     // flag mode, as shipped but that trailers are kept
	flagged = "flag"    // flag mode; its policy comes by ECDS
	paired  = "pair"    // pair mode; its policies come by ECDS
	narrow  = "narrow"  // flag mode; its hold window is narrowWindow
	failing = "failing" // flag mode, in an Envoy of its own, with the module that crashes on demand
)

// listeners are those of the mix, by their weight.
var listeners = []string{flagged, flagged, flagged, paired, paired, paired, narrow, steady}

// narrowWindow is the hold window of the listener narrow in bytes: small, so that most bodies are longer.
const narrowWindow = 1 << 10

const (
	patience = 2 * time.Minute // for everything else that is waited for
	drain    = 600             // seconds; connections are to end when their clients want it
)

// stand is the two Envoys and what is behind them.
type stand struct {
	dir         string
	backends    *backend.Set
	envoy       *envoy.Process // with the shipped module
	broken      *envoy.Process // with the one that crashes
	addresses   map[string]string
	updated     []*updated
	first, next *policy // those that take turns
}

// updated is a listener whose policy is replaced while it runs.
type updated struct {
	listener, mode string
	filters        []string        // the lead first
	shelf          *envoy.Listener // where the filters' configurations are kept
	dir            string
	versions       int
	inForce        *policy
	policies       *ledger[[]*policy] // those that may be in force
}

// newStand starts the backends and both Envoys.
func newStand(o *options, crashing string, say func(string)) (s *stand, err error) {
	s = &stand{addresses: map[string]string{}}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	if s.dir, err = os.MkdirTemp("", "mom-router-soak"); err != nil {
		return nil, err
	}
	defaults, err := os.ReadFile(filepath.Join(o.root, "rules", "default.json"))
	if err != nil {
		return nil, err
	}
	if s.first, s.next, err = policies(defaults); err != nil {
		return nil, err
	}
	if s.backends, err = backend.Start(envoy.Clusters...); err != nil {
		return nil, err
	}
	say("starting Envoy")
	if err := s.startShipped(o); err != nil {
		return nil, err
	}
	if crashing == "" {
		return s, nil
	}
	say("starting the Envoy whose module crashes")
	return s, s.startFailing(o, crashing)
}

func (s *stand) startShipped(o *options) error {
	x, l, err := s.example("flag", o.module)
	if err != nil {
		return err
	}
	thin, err := x.CloneListener(steady, narrow)
	if err != nil {
		return err
	}
	thin.Configure("mom-router", s.first.configuration("flag", fmt.Sprintf(`,"hold_bytes":%d`, narrowWindow)))
	_, pair, err := s.example("pair", o.module)
	if err != nil {
		return err
	}
	for _, u := range []struct {
		name, mode string
		from       *envoy.Listener
		filters    []string
	}{
		{flagged, "flag", l, []string{"mom-router"}},
		{paired, "pair", pair, []string{"mom-router-lead", "mom-router-gate"}},
	} {
		if err := s.discover(x, u.from, &updated{listener: u.name, mode: u.mode, filters: u.filters}); err != nil {
			return err
		}
	}
	l.Configure("mom-router", s.first.configuration("flag", ""))
	l.Set(true, "http_protocol_options", "enable_trailers")
	s.envoy, err = s.start(o, x, "shipped", 2)
	return err
}

func (s *stand) startFailing(o *options, module string) error {
	x, l, err := s.example("flag", module)
	if err != nil {
		return err
	}
	l.Configure("mom-router", s.first.configuration("flag", ""))
	x.Detach(l)
	x.Adopt(l, failing)
	// One worker, so that what comes after a crash meets the VM that has crashed.
	s.broken, err = s.start(o, x, failing, 1)
	return err
}

// example loads a shipped configuration, moved to loopback. Its log is written, as shipped, and nobody reads it.
func (s *stand) example(mode, module string) (*envoy.Example, *envoy.Listener, error) {
	x, err := envoy.Shipped(mode, s.backends.Ports(), module)
	if err != nil {
		return nil, nil, err
	}
	l := x.Listener(steady)
	l.LogTo(os.DevNull)
	l.Set("120s", "stream_idle_timeout")
	return x, l, nil
}

// discover adds a listener whose filters come from files.
func (s *stand) discover(x *envoy.Example, from *envoy.Listener, u *updated) (err error) {
	u.dir = s.dir
	if u.shelf, err = from.Copy(u.listener + "-shelf"); err != nil {
		return err
	}
	l, err := from.Copy(u.listener)
	if err != nil {
		return err
	}
	x.Adopt(l, u.listener)
	for _, f := range u.filters {
		l.Discover(f, u.file(f))
	}
	u.inForce, u.policies = s.first, &ledger[[]*policy]{}
	u.policies.set([]*policy{u.inForce})
	s.updated = append(s.updated, u)
	return u.publish(u.inForce.configuration(u.mode, ""))
}

func (u *updated) file(filter string) string {
	return filepath.Join(u.dir, u.listener+"-"+filter+".json")
}

// publish gives the first filter a configuration. The gate of a pair gets another name each time, since one that stays the
// same would be no update; it comes first, because whoever holds must be there before whoever is held for.
func (u *updated) publish(configuration string) error {
	u.shelf.Configure(u.filters[0], configuration)
	u.versions++
	for i := len(u.filters) - 1; i >= 0; i-- {
		name := u.filters[i]
		if i > 0 {
			u.shelf.Filter(name)["config"].(map[string]any)["name"] = fmt.Sprint(name, "-", u.versions)
		}
		if err := envoy.Publish(u.file(name), fmt.Sprint(u.versions), u.shelf.FilterResource(name)); err != nil {
			return err
		}
	}
	return nil
}

func (s *stand) start(o *options, x *envoy.Example, name string, workers int) (*envoy.Process, error) {
	dir := filepath.Join(s.dir, "envoy-"+name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	p, err := x.Start(o.ctx, envoy.Options{Binary: o.envoy, Dir: dir, Workers: workers, Drain: drain})
	if err != nil {
		return nil, err
	}
	for _, l := range []string{steady, flagged, paired, narrow, failing} {
		if address, err := p.Listener(l); err == nil {
			s.addresses[l] = address
		}
	}
	return p, nil
}

// stop ends all that the stand has started.
func (s *stand) stop() {
	for _, p := range []*envoy.Process{s.envoy, s.broken} {
		if p != nil {
			p.Stop()
		}
	}
	if s.backends != nil {
		s.backends.Stop()
	}
	os.RemoveAll(s.dir)
}

func (s *stand) client(listener string, http2 bool) client.Client {
	if http2 {
		return client.NewHTTP2(s.addresses[listener])
	}
	return client.NewHTTP1(s.addresses[listener])
}

// updatedAt is the listener's state; nil for one whose policy stays.
func (s *stand) updatedAt(listener string) *updated {
	for _, u := range s.updated {
		if u.listener == listener {
			return u
		}
	}
	return nil
}

// stats is the sum of an Envoy's statistics whose names end so.
func total(p *envoy.Process, name string) (int64, error) {
	all, err := p.Stats(name)
	if err != nil {
		return 0, err
	}
	sum := int64(0)
	for full, n := range all {
		if _, behind, ok := strings.Cut(full, name); ok && (behind == "" || behind[0] == '.') {
			sum += n
		}
	}
	return sum, nil
}

// eventually polls for what nobody announces.
func eventually(ctx context.Context, what string, ok func() (bool, error)) error {
	for deadline := time.Now().Add(patience); ; {
		done, err := ok()
		if done || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited in vain for %v: %s", patience, what)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
