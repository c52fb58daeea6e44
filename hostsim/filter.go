package hostsim

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/hostsim/internal/vm"
)

// Filter is one Wasm filter in the chain (envoy.extensions.wasm.v3.PluginConfig).
type Filter struct {
	Name          string
	RootID        string
	Configuration []byte
	// AllowOnHeadersStop is allow_on_headers_stop_iteration (Envoy 1.35 and later): a pause on headers lets body callbacks come.
	AllowOnHeadersStop bool
	// FailOpen leaves the filter out of streams that begin after its VM has failed (FAIL_OPEN); otherwise they are
	// answered with 503, as are in any case those that are under way.
	FailOpen bool
	// FailReload has a new VM take the place of one that has failed, but not within a second of the last start
	// (FAIL_RELOAD). Until then streams are answered with 503.
	FailReload bool
	// VM is where the filter runs. nil: in a VM of the Worker's module, by Config.VMID, VMConfiguration, Env and Capabilities.
	VM *VM
}

// VM says in which virtual machine a filter runs (vm_config). As in Envoy, filters whose Module, ID and Configuration are
// the same run in one; in Envoy 1.40, Env and Capabilities must be the same, too, and in 1.36 those of the first filter count.
type VM struct {
	Module        *Module // of the same Host; nil: the Worker's
	ID            string  // vm_id: keeps shared data and queues apart
	Configuration []byte  // the VM's own configuration
	Env           [][2]string
	// Capabilities are the host functions and callbacks that the module may use, by name (allowed_capabilities of
	// capability_restriction_config): proxy_log, fd_write, proxy_on_request_headers. Of others, callbacks do not come, and
	// calls fail with "internal failure", in WASI with ENOTCAPABLE. Empty: no restriction.
	Capabilities []string
}

func (a *VM) same(b *VM) bool {
	if a.Module.host.envoy != Envoy136 && !(sameSet(a.Capabilities, b.Capabilities, strings.Compare) && sameSet(a.Env, b.Env, compareEnv)) {
		return false
	}
	return a.ID == b.ID && bytes.Equal(a.Configuration, b.Configuration) &&
		(a.Module == b.Module || bytes.Equal(a.Module.code, b.Module.code))
}

func compareEnv(a, b [2]string) int { return slices.Compare(a[:], b[:]) }

// sameSet compares lists without regard to order and to what comes again.
func sameSet[T comparable](a, b []T, compare func(T, T) int) bool {
	if slices.Equal(a, b) {
		return true
	}
	set := func(list []T) []T { return slices.Compact(slices.SortedFunc(slices.Values(list), compare)) }
	return slices.Equal(set(a), set(b))
}

// where is the filter's VM with all that Config leaves to the Worker filled in.
func (c *Config) where(m *Module, f Filter) (*VM, error) {
	if f.VM == nil {
		return &VM{Module: m, ID: c.VMID, Configuration: c.VMConfiguration, Env: c.Env, Capabilities: c.Capabilities}, nil
	}
	where := *f.VM
	if where.Module == nil {
		where.Module = m
	}
	if where.Module.host != m.host {
		return nil, fmt.Errorf("filter %q: its module was loaded by another Host: load all modules of a chain with one", f.Name)
	}
	return &where, nil
}

func (f *Filter) plugin() vm.Plugin {
	return vm.Plugin{Name: f.Name, RootID: f.RootID, Configuration: f.Configuration, AllowOnHeadersStop: f.AllowOnHeadersStop,
		FailOpen: f.FailOpen, FailReload: f.FailReload}
}
