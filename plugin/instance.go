//go:build wasip1

package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"

	"github.com/mom-router/mom-router/internal/config"
	"github.com/mom-router/mom-router/internal/sha256"
	"github.com/mom-router/mom-router/internal/version"
	"github.com/mom-router/mom-router/plugin/internal/answer"
	"github.com/mom-router/mom-router/plugin/internal/audit"
	"github.com/mom-router/mom-router/rules"
)

// ticksPerTimeout is how often held requests are looked at within hold_timeout.
const ticksPerTimeout = 4

// instance is the module under one configuration: a lead, a gate, or the single
// filter of flag mode.
type instance struct {
	types.DefaultPluginContext
	vm           *vm
	id           uint32
	config       *config.Config
	chain        *audit.Chain
	writer       audit.Writer
	policies     []*policy         // the default one first
	hashes       *sha256.Key       // of prompts, for records; nil where nobody asks for that
	memory       *rules.Memory     // of pieces; nil remembers nothing
	counted      rules.MemoryStats // what of it is in the metrics
	queue        uint32            // this instance's own, to be called back on
	decided      []*stream
	spare        []*stream         // done streams, to be used again
	gates        []*gate           // done ones, to be used again
	readers      []*answer.Reader  // that no stream has
	tries        []*try            // done ones, to be used again
	refusedTries map[string]metric // by reason, in an instance in a cluster's chain
	orders       orders
	filtered     []byte // the piece of an answer at hand, as it goes on
	ticks        int64
	period       uint32    // of ticks, in milliseconds, while there is nothing to read
	due          int64     // when the next of those is, by the clock of the VM
	behind       []*stream // that wait for their turn, the first first
	quick        bool      // ticks come quickly, since some wait
	ticking      bool      // a tick is at work
	continues    bool      // the host lets a tick continue a request
}

// OnPluginStart implements types.PluginContext. Envoy does not start, or refuses
// the update, when it answers false: that keeps a bad policy out.
func (in *instance) OnPluginStart(size int) (status types.OnPluginStartStatus) {
	defer started(&status)
	var raw []byte
	if size > 0 {
		var err error
		if raw, err = proxywasm.GetPluginConfiguration(); err != nil {
			proxywasm.LogCritical("mom-router: cannot read the plugin configuration: " + err.Error())
			return types.OnPluginStartStatusFailed
		}
	}
	c, err := config.ParseIn(raw, os.LookupEnv)
	if err != nil {
		for _, line := range strings.Split(err.Error(), "\n") {
			proxywasm.LogCritical("mom-router: configuration refused: " + line)
		}
		return types.OnPluginStartStatusFailed
	}
	in.config = c
	if c.Gate() {
		in.vm.gates++
		return types.OnPluginStartStatusOK
	}
	if c.Upstream {
		in.refusedTries = refusedTries()
		return types.OnPluginStartStatusOK
	}
	for _, w := range c.Warnings {
		proxywasm.LogWarn("mom-router: " + w)
	}
	for _, p := range c.Policies {
		for _, w := range p.Table.Warnings() {
			proxywasm.LogWarn("mom-router: " + w.String())
		}
	}
	return in.start()
}

func (in *instance) start() types.OnPluginStartStatus {
	name := in.vm.id + "." + strconv.FormatUint(uint64(in.id), 10)
	in.chain = audit.NewChain(name, in.config.RecordKey)
	if key := in.config.PromptKey; len(key) > 0 {
		in.hashes = sha256.NewKey(key)
	}
	refusedTries() // which the instances in clusters' filter chains count
	in.policies = in.policies[:0]
	for _, p := range in.config.Policies {
		in.policies = append(in.policies, newPolicy(p, len(in.config.Policies) == 1).keep(p.Name))
	}
	if !in.config.Preview { // which would count what nobody was served
		for i, p := range in.config.Policies {
			in.try(in.policies[i], p)
		}
	}
	in.forgetPieces()
	if in.config.Hold == config.Pair {
		// The name is this instance's alone: a shared one would be taken over by the
		// worker that registers it last (proxy-wasm-cpp-host, src/shared_queue.cc).
		queue, err := proxywasm.RegisterSharedQueue("mom-router." + name)
		if err != nil {
			proxywasm.LogCritical("mom-router: cannot register a queue: " + err.Error())
			return types.OnPluginStartStatusFailed
		}
		in.queue = queue
	}
	if in.config.Hold == config.Flag {
		// Nothing is under way yet that this would continue. Where it is forbidden, long bodies are read at once.
		if in.continues = proxywasm.ResumeHttpRequest() == nil; !in.continues {
			proxywasm.LogWarn("mom-router: others wait while a long body is read: allow the module proxy_continue_stream (capability_restriction_config)")
		}
	}
	in.period = uint32(max(in.config.HoldTimeout/ticksPerTimeout, 1))
	if now := in.vm.clock.now(); in.vm.active.slot < 0 {
		in.vm.active.take(now, in.lives(now))
	}
	if !in.tick(in.period) {
		return types.OnPluginStartStatusFailed
	}
	for _, p := range in.policies {
		name := "policy "
		if p.name != "" {
			name += p.name + " "
		}
		proxywasm.LogInfo("mom-router: version " + version.Number + ", " + name + strconv.Quote(p.table.Version()) + " " + p.table.Hash() + " is in force")
	}
	return types.OnPluginStartStatusOK
}

// OnPluginDone implements types.PluginContext.
func (in *instance) OnPluginDone() bool {
	if in.config != nil && in.config.Gate() {
		in.vm.gates--
	}
	return true
}

// NewHttpContext implements types.PluginContext.
func (in *instance) NewHttpContext(id uint32) (context types.HttpContext) {
	defer func() {
		if v := recover(); v != nil {
			logPanic("a new request", v)
			context = &refused{}
		}
	}()
	switch {
	case in.config == nil: // not configured, or refused: Envoy should make no streams for it
		return &refused{}
	case in.config.Gate():
		return in.openGate(id)
	case in.config.Upstream:
		return in.openTry(id)
	}
	s := in.open(id)
	if s.context == nil && in.config.Hold == config.Flag {
		s.context = &single{stream: s}
	} else if s.context == nil {
		s.context = &lead{stream: s}
	}
	return s.context
}

// tick sets the period of ticks.
func (in *instance) tick(period uint32) bool {
	if err := proxywasm.SetTickPeriodMilliSeconds(period); err != nil {
		proxywasm.LogCritical("mom-router: cannot set a tick: " + err.Error())
		return false
	}
	return true
}

// lives is until when the VM is taken for alive if it says so now.
func (in *instance) lives(now int64) int64 { return now + beats*int64(in.period)*1e6 + grace }

// OnTick implements types.PluginContext: it reads on where that was put off, and answers requests that are held without
// progress.
func (in *instance) OnTick() {
	in.ticking = true
	defer func() { in.ticking = false }()
	if in.quick {
		if in.readOn(); in.vm.clock.now() < in.due {
			return
		}
	}
	in.due = in.vm.clock.now() + int64(in.period)*1e6
	in.ticks++
	in.vm.clock.set()
	now := in.vm.clock.now()
	in.vm.active.beat(now, in.lives(now))
	for _, p := range in.policies {
		if p.keeper != nil {
			p.keeper.Tick(in.vm.moment(now))
			p.kept.tell(p.keeper, in.vm.moment(now))
		}
	}
	for _, s := range in.vm.streams {
		switch {
		case s == nil || s.instance != in:
		case (s.phase == reading || s.phase == decided) && !s.waits && (in.ticks-s.progress > ticksPerTimeout || s.dawdles()):
			s.expire()
		case s.try != nil && !in.vm.tryBodySeen && in.ticks-s.try.began > ticksPerTimeout:
			s.try.expire()
		}
	}
	in.relieve()
}
