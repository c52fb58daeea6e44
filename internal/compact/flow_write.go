package main

import (
	"slices"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// write writes the function anew.
func (f *function) write(items []item) {
	f.out = slices.Clone(f.locals)
	if f.unwinds {
		f.open(opBlock, unwind)
	}
	entries := false
	for i := range f.blocks {
		entries = entries || f.blocks[i].entry && i != f.table[0]
	}
	f.region(items, entries)
	f.out = append(f.out, opUnreachable)
	if f.unwinds {
		f.close()
		f.out = append(f.out, opConst, 1)
	}
	f.out = append(f.out, opEnd)
}

// at gives the block of a PC_B.
func (f *function) at(pc int) int { return f.table[min(pc, len(f.table)-1)] }

// anything is the target of a block that no jump names.
const anything = -2

func (f *function) open(op byte, target int) {
	f.out = append(f.out, op, void)
	f.labels = append(f.labels, target)
}

func (f *function) close() {
	f.out = append(f.out, opEnd)
	f.labels = f.labels[:len(f.labels)-1]
}

// label is how many blocks out the one stands that a jump to a block of Go's names, if there is one.
func (f *function) label(target int) (label uint32, found bool) {
	for i := len(f.labels) - 1; i >= 0; i-- {
		if f.labels[i] == target {
			return uint32(len(f.labels) - 1 - i), true
		}
	}
	return 0, false
}

// jump writes a jump to a block of Go's, or unwind, from inside of so many blocks of the code's own.
func (f *function) jump(op byte, target, depth int) {
	label, found := f.label(target)
	if found {
		f.out = appendU32(append(f.out, op), uint32(depth)+label)
		return
	}
	// It stands in a loop and is not its head.
	for i := len(f.heads) - 1; !found; i-- {
		if head, here := f.heads[i][target]; here {
			label, found = f.label(head)
		}
	}
	if op == opBrIf {
		f.out = append(f.out, opIf, void)
		label++
	}
	f.out = append(wasmbin.AppendSigned(append(f.out, opConst), int64(slices.Index(f.table, target))), opSet, 0)
	f.out = appendU32(append(f.out, opBr), uint32(depth)+label)
	if op == opBrIf {
		f.out = append(f.out, opEnd)
	}
}

// region writes items one behind the other: those of the function, or of a loop. entries says that it may be entered at any of them, by PC_B.
func (f *function) region(items []item, entries bool) {
	place, heads := make(map[int]int, len(items)), make(map[int]int, len(items)) // by block, of the item that it is in
	for k, it := range items {
		for _, i := range it.blocks {
			place[i], heads[i] = k, it.head
		}
	}
	f.heads = append(f.heads, heads)
	named := make([]bool, len(items)) // by a jump
	first, last := -1, 0              // the least and the greatest PC_B
	for k, it := range items {
		for _, i := range it.blocks {
			b := &f.blocks[i]
			for _, p := range b.parts {
				if p.jump != 0 && p.target >= 0 {
					if to, here := place[p.target]; here && to > k {
						named[to] = true
					}
				}
			}
			if to, here := place[b.next]; here && to > k && !(to == k+1 && it.inner == nil && items[to].head == b.next) {
				named[to] = true
			}
			named[k] = named[k] || entries && b.entry && k > 0
		}
	}
	if entries {
		for pc, b := range f.table {
			if _, here := place[b]; here && f.blocks[b].entry {
				if last = pc; first < 0 {
					first = pc
				}
			}
		}
	}
	for k := len(items) - 1; k > 0; k-- {
		if named[k] {
			f.open(opBlock, items[k].head)
		}
	}
	if entries {
		f.enter(items, place, first, last)
	}
	for k, it := range items {
		if k > 0 && named[k] {
			f.close()
		}
		next := anything
		if k+1 < len(items) {
			next = items[k+1].head
		}
		if it.inner == nil {
			f.block(it.head, next)
			continue
		}
		f.open(opLoop, it.head)
		f.region(it.inner, f.entries(it.inner))
		f.close()
	}
	f.heads = f.heads[:len(f.heads)-1]
}

// enter goes to the item that PC_B says, if it is from first to last. For zero that is the first item. What else it says is a mistake of this program.
func (f *function) enter(items []item, place map[int]int, first, last int) {
	f.out = append(f.out, opGet, 0)
	f.open(opIf, anything)
	f.open(opBlock, anything)
	f.out = append(f.out, opGet, 0)
	if first > 0 {
		f.out = append(wasmbin.AppendSigned(append(f.out, opConst), int64(first)), opSub)
	}
	f.out = appendU32(append(f.out, opBrTable), uint32(last-first+1))
	for pc := first; pc <= last; pc++ {
		b := f.at(pc)
		label := uint32(0)
		if k, here := place[b]; here && f.blocks[b].entry {
			label = 1
			if k > 0 {
				label, _ = f.label(items[k].head)
			}
		}
		f.out = appendU32(f.out, label)
	}
	f.out = appendU32(f.out, 0)
	f.close()
	f.out = append(f.out, opUnreachable)
	f.close()
}

// block writes a block of Go's, behind which another one stands.
func (f *function) block(i, behind int) {
	b := &f.blocks[i]
	if b.entry && f.resets {
		f.out = append(f.out, opConst, 0, opSet, 0)
	}
	for _, p := range b.parts {
		if p.jump == 0 {
			f.out = append(f.out, p.raw...)
			continue
		}
		f.jump(p.jump, p.target, p.depth)
	}
	if b.next >= 0 && b.next != behind {
		f.jump(opBr, b.next, 0)
	}
}
