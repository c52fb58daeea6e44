package wat

import (
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// emitter writes one function's instructions.
type emitter struct {
	m      *module
	f      *function
	out    []byte
	labels []string // of the blocks that are open, innermost last
}

// all writes a sequence in which folded instructions, which are lists, stand between plain ones.
func (e *emitter) all(nodes []*node) error {
	for len(nodes) > 0 {
		n := nodes[0]
		if n.isList {
			if err := e.folded(n); err != nil {
				return err
			}
			nodes = nodes[1:]
			continue
		}
		rest, err := e.plain(nodes)
		if err != nil {
			return err
		}
		nodes = rest
	}
	return nil
}

// folded writes an instruction behind its operands.
func (e *emitter) folded(n *node) error {
	head := n.head()
	switch head {
	case "":
		return at(n, "want an instruction")
	case "block", "loop":
		rest, err := e.open(n.list)
		if err != nil {
			return err
		}
		if err := e.all(rest); err != nil {
			return err
		}
		e.close()
		return nil
	case "if":
		return e.foldedIf(n)
	}
	// Immediates are atoms and stand before the operands.
	i := 1
	for i < len(n.list) && !n.list[i].isList {
		i++
	}
	for _, operand := range n.list[i:] {
		if !operand.isList {
			return at(operand, "%q behind an operand of %s", operand.atom, head)
		}
		if err := e.folded(operand); err != nil {
			return err
		}
	}
	rest, err := e.plain(n.list[:i])
	if err == nil && len(rest) > 0 {
		err = at(n, "%s does not take %q", head, rest[0].atom)
	}
	return err
}

// foldedIf is (if [$label] [(result T)] CONDITION... (then ...) [(else ...)]).
func (e *emitter) foldedIf(n *node) error {
	i := 1
	for i < len(n.list) && (!n.list[i].isList || n.list[i].head() == "result") {
		i++
	}
	j := i
	for ; j < len(n.list) && n.list[j].head() != "then"; j++ {
		if err := e.folded(n.list[j]); err != nil {
			return err
		}
	}
	if _, err := e.open(n.list[:i]); err != nil {
		return err
	}
	if j == len(n.list) {
		return at(n, "an if without (then ...)")
	}
	if err := e.all(n.list[j].list[1:]); err != nil {
		return err
	}
	if j+1 < len(n.list) {
		if n.list[j+1].head() != "else" || j+2 < len(n.list) {
			return at(n.list[j+1], "want (else ...)")
		}
		e.out = append(e.out, 0x05)
		if err := e.all(n.list[j+1].list[1:]); err != nil {
			return err
		}
	}
	e.close()
	return nil
}

// open begins a block: its kind, its label, its result.
func (e *emitter) open(nodes []*node) ([]*node, error) {
	kind := map[string]byte{"block": 0x02, "loop": 0x03, "if": 0x04}[nodes[0].atom]
	nodes = nodes[1:]
	label := ""
	if len(nodes) > 0 && strings.HasPrefix(nodes[0].atom, "$") {
		label, nodes = nodes[0].atom, nodes[1:]
	}
	result := byte(0x40) // none
	if len(nodes) > 0 && nodes[0].head() == "result" {
		types, _, err := declared(nodes[0])
		if err != nil || len(types) != 1 {
			return nil, at(nodes[0], "want one result")
		}
		result, nodes = types[0], nodes[1:]
	}
	e.labels = append(e.labels, label)
	e.out = append(e.out, kind, result)
	return nodes, nil
}

func (e *emitter) close() {
	e.labels = e.labels[:len(e.labels)-1]
	e.out = append(e.out, 0x0b)
}

// plain writes the instruction at the front and gives what stands behind it.
func (e *emitter) plain(nodes []*node) ([]*node, error) {
	n, rest := nodes[0], nodes[1:]
	switch n.atom {
	case "block", "loop", "if":
		return e.open(nodes)
	case "else":
		e.out = append(e.out, 0x05)
		return rest, nil
	case "end":
		if len(e.labels) == 0 {
			return nil, at(n, "an end without its block")
		}
		e.close()
		return rest, nil
	case "br_table":
		return e.table(n, rest)
	case "memory.copy":
		e.out = append(e.out, 0xfc, 10, 0, 0)
		return rest, nil
	case "memory.fill":
		e.out = append(e.out, 0xfc, 11, 0)
		return rest, nil
	case "memory.size", "memory.grow":
		e.out = append(e.out, opcodes[n.atom], 0)
		return rest, nil
	}
	op, ok := opcodes[n.atom]
	if !ok {
		return nil, at(n, "unknown instruction %q", n.atom)
	}
	e.out = append(e.out, op)
	if align, ok := accesses[n.atom]; ok {
		return e.access(align, rest)
	}
	names, ok := e.names(n.atom)
	if !ok {
		return rest, nil
	}
	if len(rest) == 0 || rest[0].isList {
		return nil, at(n, "%s without its operand", n.atom)
	}
	switch n.atom {
	case "i32.const", "i64.const":
		v, err := number(rest[0])
		if n.atom == "i32.const" {
			v = int64(int32(v))
		}
		e.out = wasmbin.AppendSigned(e.out, v)
		return rest[1:], err
	case "br", "br_if":
		depth, err := e.depth(rest[0])
		e.out = uleb(e.out, depth)
		return rest[1:], err
	case "call":
		i, ok := e.m.functionsByName[rest[0].atom]
		if !ok {
			return nil, at(n, "no function %s", rest[0].atom)
		}
		e.out = uleb(e.out, uint64(i))
		return rest[1:], nil
	}
	i, err := index(rest[0], names)
	e.out = uleb(e.out, i)
	return rest[1:], err
}

// names says what the operand of an instruction may name; ok is false if it has no operand.
func (e *emitter) names(op string) (names []string, ok bool) {
	switch op {
	case "local.get", "local.set", "local.tee":
		return e.f.locals, true
	case "global.get", "global.set":
		return e.m.globalNames, true
	case "call", "br", "br_if", "i32.const", "i64.const":
		return nil, true
	}
	return nil, false
}

// depth is how many blocks a branch leaves.
func (e *emitter) depth(n *node) (uint64, error) {
	i, err := index(n, e.labels)
	if err == nil && strings.HasPrefix(n.atom, "$") {
		i = uint64(len(e.labels)) - 1 - i
	}
	return i, err
}

func (e *emitter) table(n *node, rest []*node) ([]*node, error) {
	var depths []uint64
	for len(rest) > 0 && rest[0].atom != "" {
		if c := rest[0].atom[0]; c != '$' && (c < '0' || c > '9') {
			break
		}
		d, err := e.depth(rest[0])
		if err != nil {
			return nil, err
		}
		depths, rest = append(depths, d), rest[1:]
	}
	if len(depths) == 0 {
		return nil, at(n, "br_table without labels")
	}
	e.out = uleb(append(e.out, 0x0e), uint64(len(depths)-1))
	for _, d := range depths {
		e.out = uleb(e.out, d)
	}
	return rest, nil
}

// access writes the immediates of a load or store: offset=N.
func (e *emitter) access(align uint64, rest []*node) ([]*node, error) {
	offset := uint64(0)
	if len(rest) > 0 && strings.HasPrefix(rest[0].atom, "offset=") {
		v, err := strconv.ParseUint(rest[0].atom[len("offset="):], 0, 32)
		if err != nil {
			return nil, at(rest[0], "%q is no offset", rest[0].atom)
		}
		offset, rest = v, rest[1:]
	}
	e.out = uleb(uleb(e.out, align), offset)
	return rest, nil
}

// accesses are the loads and stores with the binary logarithm of their size.
var accesses = map[string]uint64{
	"i32.load": 2, "i64.load": 3, "i32.load8_u": 0, "i32.load16_u": 1, "i32.store": 2, "i64.store": 3,
	"i32.store8": 0, "i32.store16": 1,
}

// opcodes are the instructions of the core specification, 5.4, that are known here.
var opcodes = map[string]byte{
	"unreachable": 0x00, "nop": 0x01, "br": 0x0c, "br_if": 0x0d, "return": 0x0f, "call": 0x10, "drop": 0x1a, "select": 0x1b,
	"local.get": 0x20, "local.set": 0x21, "local.tee": 0x22, "global.get": 0x23, "global.set": 0x24,
	"i32.load": 0x28, "i64.load": 0x29, "i32.load8_u": 0x2d, "i32.load16_u": 0x2f,
	"i32.store": 0x36, "i64.store": 0x37, "i32.store8": 0x3a, "i32.store16": 0x3b,
	"memory.size": 0x3f, "memory.grow": 0x40, "i32.const": 0x41, "i64.const": 0x42,
	"i32.eqz": 0x45, "i32.eq": 0x46, "i32.ne": 0x47, "i32.lt_s": 0x48, "i32.lt_u": 0x49, "i32.gt_s": 0x4a, "i32.gt_u": 0x4b,
	"i32.le_s": 0x4c, "i32.le_u": 0x4d, "i32.ge_s": 0x4e, "i32.ge_u": 0x4f, "i64.eqz": 0x50, "i64.eq": 0x51, "i64.ne": 0x52,
	"i64.lt_u": 0x54, "i64.gt_u": 0x56,
	"i32.add": 0x6a, "i32.sub": 0x6b, "i32.mul": 0x6c, "i32.div_u": 0x6e, "i32.rem_u": 0x70, "i32.and": 0x71, "i32.or": 0x72,
	"i32.xor": 0x73, "i32.shl": 0x74, "i32.shr_u": 0x76, "i64.add": 0x7c, "i64.sub": 0x7d, "i64.mul": 0x7e, "i64.div_u": 0x80,
	"i64.rem_u": 0x82, "i64.and": 0x83, "i64.or": 0x84, "i64.shl": 0x86, "i64.shr_u": 0x88, "i32.wrap_i64": 0xa7,
	"i64.extend_i32_s": 0xac, "i64.extend_i32_u": 0xad,
}
