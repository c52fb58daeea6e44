//go:build wasip1

package main

import (
	"encoding/binary"
	"math/rand/v2"
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"

	"github.com/mom-router/mom-router/internal/objectives"
)

// The gauge of requests under way is one number for all VMs, and it outlives them: what a VM had under way when it died would stay in it for ever. So
// each VM has a gauge of its own, by a slot that it has taken among all VMs of the vm_id, and says from time to time that it lives. A slot whose VM has
// not said so for some time is emptied by another one. Whoever was only late takes another slot and goes on there.

// active is what a VM tells of its requests under way.
type active struct {
	id    uint64 // of the VM, not 0
	slot  int    // -1 before one is taken
	gauge metric
	count int64
}

// mostSlots bounds the slots that are looked at.
const mostSlots = 256

// A VM is taken for alive for some periods of ticks after it last said so, and for some nanoseconds beyond that: V8 may compile a module for long on
// the thread of a worker.
const (
	beats = 4
	grace = 60e9
)

func slotKey(slot int) string { return "mom-router.active." + strconv.Itoa(slot) }

// heldSlot is what shared data says of a slot: which VM has it, 0 for none, and until when.
type heldSlot struct {
	id    uint64
	until int64
	cas   uint32
}

// readSlot reads a slot; none is one that was never taken.
func readSlot(slot int) (held heldSlot, none, ok bool) {
	value, cas, status := sharedData{}.Get(slotKey(slot))
	switch {
	case status == objectives.NotFound:
		return heldSlot{cas: objectives.Anew}, true, true
	case status != objectives.OK || len(value) != 16:
		return heldSlot{cas: cas}, false, status == objectives.OK
	}
	return heldSlot{binary.LittleEndian.Uint64(value), int64(binary.LittleEndian.Uint64(value[8:])), cas}, false, true
}

// write writes a slot if nobody has done so since it was read.
func (h heldSlot) write(slot int) (ok bool) {
	var value [16]byte
	binary.LittleEndian.PutUint64(value[:], h.id)
	binary.LittleEndian.PutUint64(value[8:], uint64(h.until))
	return sharedData{}.Set(slotKey(slot), value[:], h.cas) == objectives.OK
}

// take takes the first slot that nobody has. Where shared data is not to be had, the VM uses a gauge that all such VMs share.
func (a *active) take(now, until int64) {
	if a.id == 0 {
		a.id = rand.Uint64() | 1
	}
	a.slot = -1
	for slot := range mostSlots {
		held, _, ok := readSlot(slot)
		if !ok {
			break
		}
		if held.id != 0 && held.until >= now {
			continue
		}
		if (heldSlot{a.id, until, held.cas}).write(slot) {
			a.slot = slot
			a.gauge = define(gauge, named(activeMetric, "slot", strconv.Itoa(slot)))
			if !a.gauge.record(a.count) {
				proxywasm.LogError("mom-router: the host does not record metrics: if its capabilities are restricted, allow proxy_record_metric")
			}
			return
		}
	}
	a.gauge = define(gauge, activeMetric)
}

const activeMetric = "mom_router_requests_active"

// beat says that the VM lives, and empties the slots of those that do not.
func (a *active) beat(now, until int64) {
	if a.slot < 0 {
		return
	}
	held, _, ok := readSlot(a.slot)
	if !ok {
		return
	}
	if held.id != a.id || !(heldSlot{a.id, until, held.cas}).write(a.slot) {
		a.take(now, until)
	}
	for slot := range mostSlots {
		held, none, ok := readSlot(slot)
		if none || !ok {
			return
		}
		if held.id == 0 || held.until >= now || !(heldSlot{a.id, until, held.cas}).write(slot) {
			continue
		}
		// It is ours for a moment, so that nobody counts there.
		define(gauge, named(activeMetric, "slot", strconv.Itoa(slot))).record(0)
		if held, _, ok := readSlot(slot); ok && held.id == a.id {
			(heldSlot{cas: held.cas}).write(slot)
		}
	}
}

// add counts requests that come, or are done. A gauge of its own is set and not added to: if it was emptied meanwhile, it is right again.
func (a *active) add(n int64) {
	if a.count += n; a.slot < 0 {
		a.gauge.add(n)
	} else {
		a.gauge.record(a.count)
	}
}
