package vm

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

// A trace has a line for each call into the module, one for its result, and between them one for each call that the
// module makes. Addresses and times are left out, so that the same request gives the same trace:
//
//	> proxy_on_request_headers(2, headers 8, end 0) lead
//	    proxy_get_header_map_value(request headers, ":path") = ok "/v1"
//	< 1

var mapNames = [...]string{"request headers", "request trailers", "response headers", "response trailers", "gRPC initial metadata",
	"gRPC trailing metadata", "call headers", "call trailers"}

var bufferNames = [...]string{"request body", "response body", "downstream data", "upstream data", "call body", "gRPC data",
	"VM configuration", "plugin configuration", "call data"}

// traceEnter notes a call into the module.
func (v *VM) traceEnter(c *Context, on callback, args []uint64) {
	var b strings.Builder
	fmt.Fprintf(&b, "> %s(", on)
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
			b.WriteString(callbacks[on].arguments[i-1] + " ")
		}
		b.WriteString(strconv.FormatUint(uint64(uint32(a)), 10))
	}
	b.WriteString(")")
	if c.plugin.Name != "" {
		b.WriteString(" " + c.plugin.Name)
	}
	v.Trace(b.String())
}

// traceLeave notes its result.
func (v *VM) traceLeave(results int, result uint64, err error) {
	switch {
	case err != nil:
		v.Trace("< trap: " + trapText(err))
	case results > 0:
		v.Trace("< " + strconv.FormatUint(uint64(uint32(result)), 10))
	default:
		v.Trace("<")
	}
}

// traced does what the function does, and notes what it was asked and what it gave.
func (f *hostFunc) traced(v *VM, stack []uint64) uint32 {
	args := append([]uint64(nil), stack[:len(f.values())]...)
	show := func(part func(p param) func(*VM, []uint64) string, between string) string {
		var shown []string
		at := args
		for _, p := range f.params {
			if text := part(p); text != nil {
				shown = append(shown, text(v, at))
			}
			at = at[len(p.types):]
		}
		return strings.Join(shown, between)
	}
	line := "    " + f.name + "(" + show(func(p param) func(*VM, []uint64) string { return p.asked }, ", ") + ")"
	r := f.do(v, stack)
	switch {
	case f.returns == aStatus && r == uint32(abi.OK):
		line = strings.TrimSuffix(line+" = ok "+show(func(p param) func(*VM, []uint64) string { return p.given }, " "), " ")
	case f.returns == aStatus:
		line += " = " + abi.Status(r).String()
	case f.returns != nothing:
		line += " = " + strconv.FormatUint(uint64(r), 10)
	}
	v.Trace(line)
	return r
}

// given is what a call has put at the address and with the length that stand at p and n.
func (v *VM) given(p, n uint64) []byte {
	at, _ := v.memory.ReadUint32Le(uint32(p))
	size, _ := v.memory.ReadUint32Le(uint32(n))
	b, _ := v.memory.Read(at, size)
	return b
}

func named(names []string, i uint64) string {
	if uint32(i) < uint32(len(names)) {
		return names[uint32(i)]
	}
	return strconv.FormatUint(uint64(uint32(i)), 10)
}

// maxTraced is how much of a string a trace shows, in bytes.
const maxTraced = 200

func quoted(b []byte) string {
	if len(b) > maxTraced {
		return strconv.Quote(string(b[:maxTraced])) + fmt.Sprintf("... (%d bytes)", len(b))
	}
	return strconv.Quote(string(b))
}

func pairText(raw []byte) string {
	var parts []string
	for _, p := range abi.ParsePairs(raw) {
		parts = append(parts, p.Name+": "+strconv.Quote(p.Value))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
