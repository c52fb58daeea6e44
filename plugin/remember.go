//go:build wasip1

package main

import "github.com/mom-router/mom-router/rules"

// The pieces of a body that a VM has seen before are not read again: see rules.Memory. Each instance has a memory of its own, so a new policy begins
// with an empty one.

// forgetPieces begins with an empty memory: after a panic nobody knows what is in the old one.
func (in *instance) forgetPieces() {
	in.memory, in.counted = rules.NewMemory(in.config.Pieces), rules.MemoryStats{}
}

// countPieces adds what the memory has done since the last time to the metrics.
func (in *instance) countPieces() {
	if in.memory == nil {
		return
	}
	now := in.memory.Stats()
	m := &in.policies[0].metrics // these are of all
	for _, c := range [...]struct {
		metric metric
		more   int64
	}{
		{m.piecesHit, now.Hits - in.counted.Hits}, {m.piecesMissed, now.Misses - in.counted.Misses},
		{m.piecesEvicted, now.Evictions - in.counted.Evictions}, {m.bytesSaved, now.Saved - in.counted.Saved},
	} {
		if c.more != 0 {
			c.metric.add(c.more)
		}
	}
	in.counted = now
}
