package vm

import (
	"bytes"
	"fmt"
	"time"
)

// Plugin is one plugin configuration: one Wasm filter in the chain.
type Plugin struct {
	Name          string
	RootID        string
	Configuration []byte
	// AllowOnHeadersStop is allow_on_headers_stop_iteration (Envoy 1.35 and later).
	AllowOnHeadersStop bool
	// FailOpen leaves the filter out of streams that begin after the VM has failed (FAIL_OPEN); otherwise they are
	// answered with 503, as are in any case those that are under way.
	FailOpen bool
	// FailReload has a new VM take the place of one that has failed, but not within ReloadBackoff of the start of that
	// one (FAIL_RELOAD). Until then streams are answered with 503.
	FailReload bool
}

// ReloadBackoff is how long Envoy lets a VM be before it replaces it under FAIL_RELOAD: the default base interval of
// reload_config.backoff, to which Envoy adds up to a half at random (PluginConfig in source/extensions/common/wasm/wasm.cc).
const ReloadBackoff = time.Second

func (p Plugin) same(o Plugin) bool {
	return p.Name == o.Name && p.RootID == o.RootID && bytes.Equal(p.Configuration, o.Configuration) &&
		p.AllowOnHeadersStop == o.AllowOnHeadersStop && p.FailOpen == o.FailOpen && p.FailReload == o.FailReload
}

// Start makes the plugin's root context and runs proxy_on_context_create, proxy_on_vm_start and
// proxy_on_configure (WasmBase::start, configure). Plugins that are alike in everything share one root
// context. The error is the module's own last message of level error, if it logged one.
func (v *VM) Start(p Plugin) (*Context, error) {
	for _, c := range v.roots {
		if c.plugin.same(p) {
			return c, nil
		}
	}
	c := &Context{vm: v, id: v.newID(), plugin: &p}
	v.contexts[c.id] = c
	v.lastLog = ""
	c.configure = true
	c.create()
	c.configure = false
	if v.hears(vmStart) {
		ok := v.call(c, vmStart, uint64(c.id), uint64(len(v.Configuration))) != 0
		v.settle()
		if !ok && v.failed == nil {
			return nil, v.refused(p, vmStart)
		}
	}
	if v.hears(configure) {
		c.configure = true
		ok := v.call(c, configure, uint64(c.id), uint64(len(p.Configuration))) != 0
		v.settle()
		c.configure = false
		if !ok && v.failed == nil {
			return nil, v.refused(p, configure)
		}
	}
	if v.failed != nil {
		return nil, fmt.Errorf("plugin %q: %w", p.Name, v.failed)
	}
	v.roots = append(v.roots, c)
	return c, nil
}

func (v *VM) refused(p Plugin, on callback) error {
	if v.lastLog != "" {
		return &Refused{Plugin: p.Name, Reason: v.lastLog}
	}
	return &Refused{Plugin: p.Name, Reason: on.String() + " returned false and logged no error"}
}

// Refused says that the module did not accept its configuration.
type Refused struct{ Plugin, Reason string }

func (r *Refused) Error() string {
	return fmt.Sprintf("plugin %q refuses its configuration: %s", r.Plugin, r.Reason)
}

// ticker is a root context's timer.
type ticker struct {
	period time.Duration
	next   time.Time
}

func (c *Context) setTick(ms uint32) {
	c.ticks.period = time.Duration(ms) * time.Millisecond
	c.ticks.next = c.vm.Clock.Now().Add(c.ticks.period)
}

// NextTick is when a timer is due; ok is false when none runs.
func (v *VM) NextTick() (at time.Time, ok bool) {
	if v.failed != nil {
		return at, false
	}
	for _, c := range v.roots {
		if c.ticks.period > 0 && (!ok || c.ticks.next.Before(at)) {
			at, ok = c.ticks.next, true
		}
	}
	return at, ok
}

// Tick runs proxy_on_tick of every root context whose timer is due.
func (v *VM) Tick() {
	now := v.Clock.Now()
	for _, c := range v.roots {
		if c.ticks.period == 0 || c.ticks.next.After(now) {
			continue
		}
		c.ticks.next = now.Add(c.ticks.period)
		if v.hears(tick) {
			v.call(c, tick, uint64(c.id))
			v.settle()
		}
	}
}

func (c *Context) onQueueReady(token uint32) {
	if v := c.vm; v.hears(queueReady) {
		v.call(c, queueReady, uint64(c.id), uint64(token))
		v.settle()
	}
}
