//go:build wasip1

package main

import "runtime"

// Go collects garbage in the module while something allocates, and only then. A collection that is under way when the
// allocating ends, as after a policy was compiled, so stays under way for good: each pointer that is written costs a call, and
// requests take half as long again. Requests themselves make no garbage, but what was refused or broken does. So collections
// are brought to their end here, between requests, by allocating: whoever waits for one instead (runtime.GC, SetGCPercent)
// gives Go's scavenger a turn, and that sets a timer, which Envoy cannot do with.

// memory is what the runtime says of its heap; a variable, as it is large.
var memory runtime.MemStats

// waste is what collect allocates; a variable, so that it is allocated at all.
var waste []byte

// collect goes on until a collection has ended, the present one or the next.
func collect() {
	const piece, pieces = 64 << 10, 16
	runtime.ReadMemStats(&memory)
	for cycle, left := memory.NumGC, 2*memory.NextGC; memory.NumGC == cycle && left > piece*pieces; left -= piece * pieces {
		for range pieces {
			waste = make([]byte, piece)
		}
		runtime.ReadMemStats(&memory)
	}
	waste = nil
}

// collectDue collects when a collection may be under way: the runtime begins one when the heap has come at least seven
// tenths of the way to its next goal, from about half of it.
func collectDue() {
	runtime.ReadMemStats(&memory)
	if memory.HeapAlloc > memory.NextGC/4*3 {
		collect()
	}
}
