// Package objectives keeps what the objectives of a policy ask for over all workers of a proxy: what has been spent, and how fast models begin to answer.
// What it knows stands in data that the workers share, each value of a fixed size and written with compare-and-swap. It does no I/O of its own, and reads no
// clock: the plugin and the simulation use the same code.
package objectives

import (
	"encoding/binary"
)

// Status is what became of a call to a Store.
type Status uint8

// The outcomes of Get and Set.
const (
	OK       Status = iota
	NotFound        // nothing stands there
	Mismatch        // somebody has written since it was read
	Failed          // the host does not have shared data, or does not let the plugin have them
)

// Store is data that all workers of a proxy share.
type Store interface {
	// Get returns a value and its number for Set. The value is good until the next call.
	Get(key string) (value []byte, cas uint32, s Status)
	// Set writes a value if nobody has done so since the number was read. Anew is the number for a key without a value.
	Set(key string, value []byte, cas uint32) Status
}

// Anew is a number that hosts never give: what is written with it is written only if nothing stands there yet (proxy-wasm-cpp-host, src/shared_data.cc).
const Anew = 1<<32 - 1

// Fault is what may go wrong with shared data, and with what engines say of their load. None of them fails a request.
type Fault uint8

// The faults.
const (
	// Contended: others wrote each time. What was to be added is added with the next request that comes this way.
	Contended Fault = iota
	// Foreign: the value is not one of ours, or was cut. It is begun anew.
	Foreign
	// Clock: the value is of a time that is to come. It is begun anew.
	Clock
	// Expired: money was reserved by a request that never said what became of it. It is free again.
	Expired
	// Unavailable: the host has no shared data. Nothing is bounded then.
	Unavailable
	// Unread: an engine's load cannot be read.
	Unread
	Faults = iota
)

// FaultNames are their names in metrics.
var FaultNames = [Faults]string{"contended", "foreign", "clock", "expired", "unavailable", "load_unread"}

// attempts is how often a value is read and written again before that is given up.
const attempts = 64

// A value begins with what tells it from others, and ends with a sum over all before it.
const (
	headSize = 8
	sumSize  = 8
)

// seal completes a value.
func seal(value []byte, kind byte) {
	copy(value, "momobj")
	value[6], value[7] = kind, version
	n := len(value) - sumSize
	binary.LittleEndian.PutUint64(value[n:], sum(value[:n]))
}

const version = 1

// ours reports whether a value is one of a kind and has not been changed by others.
func ours(value []byte, kind byte, size int) bool {
	n := len(value) - sumSize
	return len(value) == size && string(value[:6]) == "momobj" && value[6] == kind && value[7] == version && binary.LittleEndian.Uint64(value[n:]) == sum(value[:n])
}

// sum tells accidents, and is no protection from whoever means to deceive: all modules of a vm_id may write what they like.
func sum(p []byte) uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for len(p) >= 8 {
		h = (h ^ binary.LittleEndian.Uint64(p)) * 0x9fb21c651e98df25
		h ^= h >> 29
		p = p[8:]
	}
	for _, b := range p {
		h = (h ^ uint64(b)) * 0x9fb21c651e98df25
	}
	return h ^ h>>32
}

// Memory is a Store in memory, for one goroutine: for simulations and tests.
type Memory struct {
	values map[string]remembered
	cas    uint32
}

type remembered struct {
	value []byte
	cas   uint32
}

// Get implements Store.
func (m *Memory) Get(key string) ([]byte, uint32, Status) {
	r, ok := m.values[key]
	if !ok {
		return nil, 0, NotFound
	}
	return r.value, r.cas, OK
}

// Set implements Store, as Envoy does: a key without a value takes any number.
func (m *Memory) Set(key string, value []byte, cas uint32) Status {
	r, ok := m.values[key]
	if ok && cas != 0 && cas != r.cas {
		return Mismatch
	}
	if m.values == nil {
		m.values = map[string]remembered{}
	}
	m.cas++
	r.value, r.cas = append(r.value[:0], value...), m.cas
	m.values[key] = r
	return OK
}
