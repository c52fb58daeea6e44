package rollout

import "encoding/binary"

// Marks say which conversations were counted, and with what. They stand in shared data, which knows no removal: in a fixed number of shards with
// room for a fixed number of conversations each, where a new one takes the place of the one that came first. A conversation that was forgotten counts once
// more, so that one key weighs no more than once among the last Shards*perShard = 16,384, or somewhat fewer where they fall into shards unevenly.
const (
	Shards   = 256
	perShard = 64
	entry    = 5 // four bytes of the hash, one with the events
	// ShardSize is how many bytes a shard has: the place of the next entry, and the entries.
	ShardSize = 1 + perShard*entry
)

// ShardOf says where a conversation is marked.
func ShardOf(hash uint64) int { return int(hash % Shards) }

// Mark notes in a shard what happened in a conversation. It says whether the conversation is new, and what happened for the first time; where neither is so
// nothing has changed. A shard of another size is an empty one.
func Mark(shard []byte, hash uint64, events Events) (marked []byte, fresh bool, first Events) {
	if len(shard) != ShardSize {
		shard = append(shard[:0], make([]byte, ShardSize)...)
	}
	tag := uint32(hash>>8) | 1 // never 0, which is an empty entry
	for i := 1; i < ShardSize; i += entry {
		if binary.LittleEndian.Uint32(shard[i:]) == tag {
			first = events &^ Events(shard[i+4])
			shard[i+4] |= byte(events)
			return shard, false, first
		}
	}
	next := int(shard[0]) % perShard
	at := 1 + next*entry
	binary.LittleEndian.PutUint32(shard[at:], tag)
	shard[at+4] = byte(events)
	shard[0] = byte((next + 1) % perShard)
	return shard, true, events
}
