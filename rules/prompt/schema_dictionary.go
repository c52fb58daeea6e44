package prompt

// dictionary looks names up among a few known ones. Every name of a body is looked up, and a map takes three times as long
// in Wasm: here the length and three bytes of a name lead to the one or two that it may be.
type dictionary[V any] struct {
	slots   []uint16 // the first entry of each, counted from 1; 0 is none; a power of two, at least twice as many as names
	entries []entry[V]
}

type entry[V any] struct {
	name  string // not empty
	next  uint16 // the next entry of the same slot, counted from 1
	value V
}

// newDictionary knows the names of a map.
func newDictionary[V any](words map[string]V) *dictionary[V] {
	slots := 16
	for slots < 2*len(words) {
		slots *= 2
	}
	d := &dictionary[V]{slots: make([]uint16, slots), entries: make([]entry[V], 0, len(words))}
	for name, value := range words {
		slot := &d.slots[d.slotOf([]byte(name))]
		d.entries = append(d.entries, entry[V]{name, *slot, value})
		*slot = uint16(len(d.entries))
	}
	return d
}

// slotOf is the slot of a name that is not empty.
func (d *dictionary[V]) slotOf(name []byte) int {
	return (len(name) + 5*int(name[0]) + 17*int(name[len(name)-1]) + 41*int(name[len(name)/2])) & (len(d.slots) - 1)
}

// find returns what a name stands for.
func (d *dictionary[V]) find(name []byte) (value V, known bool) {
	if d == nil || len(name) == 0 {
		return value, false
	}
	for i := d.slots[d.slotOf(name)]; i != 0; {
		e := &d.entries[i-1]
		if e.name == string(name) {
			return e.value, true
		}
		i = e.next
	}
	return value, false
}

// longestKnown bounds the names that have other spellings.
const longestKnown = 64

// respelled returns the known name that another spelling stands for where names are matched without case, as Go's
// encoding/json does; "" if there is none. All known names are ASCII in lower case. Of all other letters only two fold to
// one of ASCII: the long s and the Kelvin sign.
func (d *dictionary[V]) respelled(name []byte) string {
	if d == nil {
		return ""
	}
	var folded [longestKnown]byte
	n, other := 0, false
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case 'A' <= c && c <= 'Z':
			c, other = c+'a'-'A', true
		case c < 0x80:
		case c == 0xC5 && i+1 < len(name) && name[i+1] == 0xBF:
			c, other = 's', true
			i++
		case c == 0xE2 && i+2 < len(name) && name[i+1] == 0x84 && name[i+2] == 0xAA:
			c, other = 'k', true
			i += 2
		default:
			return ""
		}
		if n == len(folded) {
			return ""
		}
		folded[n] = c
		n++
	}
	if !other || n == 0 {
		return ""
	}
	for i := d.slots[d.slotOf(folded[:n])]; i != 0; {
		e := &d.entries[i-1]
		if e.name == string(folded[:n]) {
			return e.name
		}
		i = e.next
	}
	return ""
}
