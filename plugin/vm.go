//go:build wasip1

package main

import (
	"math/rand/v2"
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"
)

// vm is what the instances in one VM share: Envoy has one VM a worker.
type vm struct {
	types.DefaultVMContext
	id    string
	clock clock
	// active counts the requests under way.
	active active
	// streams are all requests under way, each in its slot; free are the slots that none is in.
	streams []*stream
	free    []int
	// gates counts the instances that hold for a lead.
	gates int
	// bodySeen says that a body callback has come to a request that was held in flag
	// mode, so the flag is set.
	bodySeen bool
	// tryBodySeen says the same of the instance in a cluster's filter chain.
	tryBodySeen bool
	// kept is how many bytes all streams together keep: see memory_limit.go.
	kept int64
}

func newVM() *vm { return &vm{active: active{slot: -1}} }

// enter gives a stream a slot.
func (v *vm) enter(s *stream) {
	if n := len(v.free); n > 0 {
		s.slot, v.free = v.free[n-1], v.free[:n-1]
		v.streams[s.slot] = s
		return
	}
	s.slot = len(v.streams)
	v.streams = append(v.streams, s)
}

// leave gives it back.
func (v *vm) leave(s *stream) {
	v.streams[s.slot] = nil
	v.free = append(v.free, s.slot)
}

// OnVMStart implements types.VMContext.
func (v *vm) OnVMStart(int) types.OnVMStartStatus {
	v.clock.set()
	v.id = strconv.FormatUint(rand.Uint64(), 16)
	return types.OnVMStartStatusOK
}

// NewPluginContext implements types.VMContext.
func (v *vm) NewPluginContext(id uint32) types.PluginContext {
	return &instance{vm: v, id: id}
}
