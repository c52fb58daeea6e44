package main

import "slices"

// item is a block, or a loop: its head and the items in it, the first of which is the head.
type item struct {
	head   int
	inner  []item // of a loop
	blocks []int
}

// partition parts some blocks, in their order, into items of which each jumps only to later ones, or to head, which is not
// among them.
func (f *function) partition(blocks []int, head int) (items []item) {
	for _, loop := range f.components(blocks, head) {
		it := item{head: loop[0], blocks: loop}
		if len(loop) > 1 || slices.Contains(f.blocks[loop[0]].to, loop[0]) {
			it.head = f.headOf(loop)
			rest := slices.DeleteFunc(slices.Clone(loop), func(i int) bool { return i == it.head })
			it.inner = append([]item{{head: it.head, blocks: []int{it.head}}}, f.partition(rest, it.head)...)
			f.resets = f.resets || f.entries(it.inner)
		}
		items = append(items, it)
	}
	return items
}

// headOf gives the block of a loop that jumps from outside go to. If there are several, they go to the first one and say by PC_B that they mean another.
func (f *function) headOf(loop []int) int {
	in := make(map[int]bool, len(loop))
	for _, i := range loop {
		in[i] = true
	}
	head := -1
	for _, i := range loop {
		outside := i == f.table[0]
		for _, from := range f.blocks[i].from {
			outside = outside || !in[from]
		}
		switch {
		case !outside:
		case head < 0:
			head = i
		default:
			f.blocks[i].entry = true
		}
	}
	if head < 0 { // it is entered from outside of the function only
		return loop[0]
	}
	return head
}

// entries reports whether a loop can be entered from outside of the function elsewhere than at its head.
func (f *function) entries(inner []item) bool {
	for _, it := range inner[1:] {
		for _, i := range it.blocks {
			if f.blocks[i].entry {
				return true
			}
		}
	}
	return false
}

// components gives the strongly connected components of some blocks, which are in their order, as are those of each component.
// Jumps to head do not count. A component comes before those that it jumps to, and else where its first block stands.
func (f *function) components(blocks []int, head int) [][]int {
	const none = -1
	number := make(map[int]int, len(blocks)) // of the component
	for _, i := range blocks {
		number[i] = none
	}
	inside := func(i int) bool {
		_, in := number[i]
		return in && i != head
	}
	// Tarjan's algorithm, with a stack of its own.
	type frame struct{ block, edge int }
	index, low := make(map[int]int, len(blocks)), make(map[int]int, len(blocks))
	var stack []int
	var parts [][]int
	for _, root := range blocks {
		if _, seen := index[root]; seen {
			continue
		}
		frames := []frame{{root, 0}}
		for len(frames) > 0 {
			last := len(frames) - 1
			i, edge := frames[last].block, frames[last].edge
			to := f.blocks[i].to
			if edge == 0 {
				index[i] = len(index)
				low[i] = index[i]
				stack = append(stack, i)
			} else {
				low[i] = min(low[i], low[to[edge-1]])
			}
			for ; edge < len(to) && len(frames) == last+1; edge++ {
				t := to[edge]
				if !inside(t) || number[t] != none {
					continue
				}
				if _, seen := index[t]; seen {
					low[i] = min(low[i], index[t])
				} else {
					frames = append(frames, frame{t, 0})
				}
			}
			if frames[last].edge = edge; len(frames) > last+1 {
				continue
			}
			frames = frames[:last]
			if low[i] != index[i] {
				continue
			}
			at := len(stack) - 1
			for stack[at] != i {
				at--
			}
			part := slices.Clone(stack[at:])
			stack = stack[:at]
			slices.Sort(part)
			for _, member := range part {
				number[member] = len(parts)
			}
			parts = append(parts, part)
		}
	}
	// In order: of those that nothing before jumps to, the first one.
	before := make([]int, len(parts))
	each := func(p int, do func(to int)) {
		for _, i := range parts[p] {
			for _, t := range f.blocks[i].to {
				if inside(t) && number[t] != p {
					do(number[t])
				}
			}
		}
	}
	for p := range parts {
		each(p, func(to int) { before[to]++ })
	}
	var ready []int // components, the first one last
	add := func(p int) {
		at := 0
		for at < len(ready) && parts[ready[at]][0] > parts[p][0] {
			at++
		}
		ready = slices.Insert(ready, at, p)
	}
	for p := range parts {
		if before[p] == 0 {
			add(p)
		}
	}
	out := make([][]int, 0, len(parts))
	for len(ready) > 0 {
		p := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		out = append(out, parts[p])
		each(p, func(to int) {
			if before[to]--; before[to] == 0 {
				add(to)
			}
		})
	}
	return out
}
