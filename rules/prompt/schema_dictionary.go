package prompt

// dictionary looks names up among a few known ones. Every name of a body is looked up, and a map takes three times as long
// in Wasm: here the length and the outer bytes of a name lead to the one or two that it may be.
type dictionary[V any] struct {
	slots   [64]uint8 // the first entry of each, counted from 1; 0 is none
	entries []entry[V]
}

type entry[V any] struct {
	name  string // not empty
	next  uint8  // the next entry of the same slot, counted from 1
	value V
}

// newDictionary knows the names of a map, at most 255.
func newDictionary[V any](words map[string]V) *dictionary[V] {
	d := &dictionary[V]{entries: make([]entry[V], 0, len(words))}
	for name, value := range words {
		slot := &d.slots[slotOf([]byte(name))]
		d.entries = append(d.entries, entry[V]{name, *slot, value})
		*slot = uint8(len(d.entries))
	}
	return d
}

// slotOf is the slot of a name that is not empty.
func slotOf(name []byte) int {
	return (len(name) + 2*int(name[0]) + 5*int(name[len(name)-1])) & 63
}

// find returns what a name stands for.
func (d *dictionary[V]) find(name []byte) (value V, known bool) {
	if d == nil || len(name) == 0 {
		return value, false
	}
	for i := d.slots[slotOf(name)]; i != 0; {
		e := &d.entries[i-1]
		if e.name == string(name) {
			return e.value, true
		}
		i = e.next
	}
	return value, false
}
