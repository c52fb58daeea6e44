package objectives

import (
	"encoding/binary"
	"math"
)

// An account says what the requests of one key have spent in a window, and what is reserved for those under way.
//
// A reservation stands in the slice of time in which it was made, and is taken out of it when its request is done. Whatever a slice still holds when it is older
// than reserveFor was reserved by a VM that is gone, and is free again.
type account struct {
	id       uint64 // of the key; 0 is nobody's
	window   int64  // its number since 1970
	spent    int64  // picodollars
	slice    int64  // the newest one: its number since 1970
	reserved [sliceCount]int64
}

const (
	sliceCount   = 16
	sliceLength  = 40_000                         // milliseconds
	reserveFor   = (sliceCount - 1) * sliceLength // at the least; longer answers are settled all the same
	accountSize  = headSize + 4*8 + sliceCount*8 + sumSize
	accountKind  = 'a'
	mostOfMoney  = math.MaxInt64 / 4 // picodollars that an account counts: two million dollars
	windowsAhead = 1                 // a window that far ahead is a clock that was set back a little; further ahead it is wrong
)

func (a *account) read(value []byte) bool {
	if !ours(value, accountKind, accountSize) {
		return false
	}
	n := func(i int) int64 { return int64(binary.LittleEndian.Uint64(value[headSize+8*i:])) }
	a.id, a.window, a.spent, a.slice = uint64(n(0)), n(1), n(2), n(3)
	for i := range a.reserved {
		a.reserved[i] = n(4 + i)
	}
	return true
}

func (a *account) write(value *[accountSize]byte) {
	put := func(i int, v int64) { binary.LittleEndian.PutUint64(value[headSize+8*i:], uint64(v)) }
	put(0, int64(a.id))
	put(1, a.window)
	put(2, a.spent)
	put(3, a.slice)
	for i, r := range a.reserved {
		put(4+i, r)
	}
	seal(value[:], accountKind)
}

// advance brings an account to the present, in milliseconds since 1970. It reports whether the clock was far behind what it has seen, and how much was reserved
// for too long.
func (a *account) advance(now, length int64) (behind bool, expired int64) {
	window, slice := now/length, now/sliceLength
	switch {
	case a.window > window+windowsAhead:
		*a = account{id: a.id, window: window, slice: slice}
		return true, 0
	case a.window < window:
		a.window, a.spent = window, 0
	}
	if a.slice > slice+2 { // set back by more than workers differ: what is reserved is so from now on
		open := a.open()
		a.slice, a.reserved = slice, [sliceCount]int64{}
		a.reserved[slice%sliceCount] = open
	}
	for a.slice < slice { // at most once round
		if slice-a.slice > sliceCount {
			a.slice = slice - sliceCount
		}
		a.slice++
		at := a.slice % sliceCount
		expired += a.reserved[at]
		a.reserved[at] = 0
	}
	return false, expired
}

// taken is what has been spent and reserved.
func (a *account) taken() int64 {
	return min(a.spent+a.open(), mostOfMoney)
}

// open is what is reserved.
func (a *account) open() (sum int64) {
	for _, r := range a.reserved {
		sum += r
	}
	return sum
}

// reserve notes what a request may cost in the newest slice, and returns how much of that is counted.
func (a *account) reserve(cost int64) int64 {
	cost = min(cost, mostOfMoney-a.taken())
	a.reserved[a.slice%sliceCount] += cost
	return cost
}

// release takes out what was reserved, unless that is free already.
func (a *account) release(slice, reserved int64) {
	if slice > a.slice-sliceCount && slice <= a.slice {
		at := slice % sliceCount
		a.reserved[at] = max(a.reserved[at]-reserved, 0)
	}
}

// settle takes out what was reserved, and notes what was spent.
func (a *account) settle(slice, reserved, spent int64) {
	a.release(slice, reserved)
	a.spent = min(a.spent+spent, mostOfMoney)
}
