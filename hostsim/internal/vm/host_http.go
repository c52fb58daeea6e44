package vm

import (
	"strings"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
	"github.com/mom-router/mom-router/hostsim/internal/chain"
	"github.com/mom-router/mom-router/hostsim/internal/headers"
)

// httpFuncs: header maps, buffers and the stream itself (src/exports.cc; Envoy's
// source/extensions/common/wasm/context.cc).
var httpFuncs = []hostFunc{
	{name: "proxy_get_header_map_value", does: "gives the first value of a header",
		params:  []param{aMap("map"), aText("name"), givesText("value")},
		returns: aStatus, capability: proxyWasm, source: "getHeaderMapValue",
		do: func(v *VM, p []uint64) uint32 {
			name, ok := v.view(p[1], p[2])
			if st := checkMap(p[0], ok); st != abi.OK {
				return uint32(st)
			}
			c := v.calling()
			m := c.readMap(uint32(p[0]))
			if m == nil && !c.logging {
				return uint32(abi.BadArgument)
			}
			value, ok := m.Get(v.names.text(name)) // the first of several
			if !ok {
				return uint32(abi.NotFound)
			}
			return uint32(v.give([]byte(value), uint32(p[3]), uint32(p[4])))
		}},
	{name: "proxy_add_header_map_value", does: "adds a header to those that are there",
		params:  []param{aMap("map"), aText("name"), aText("value")},
		returns: aStatus, capability: proxyWasm, source: "addHeaderMapValue",
		do: func(v *VM, p []uint64) uint32 {
			return v.editMap(p, func(m *headers.Map, name, value string) { m.Add(name, value) })
		}},
	{name: "proxy_replace_header_map_value", does: "puts a header in the place of all of its name",
		params:  []param{aMap("map"), aText("name"), aText("value")},
		returns: aStatus, capability: proxyWasm, source: "replaceHeaderMapValue",
		do: func(v *VM, p []uint64) uint32 {
			return v.editMap(p, func(m *headers.Map, name, value string) { m.Set(name, value) })
		}},
	{name: "proxy_remove_header_map_value", does: "removes all headers of a name",
		params:  []param{aMap("map"), aText("name")},
		returns: aStatus, capability: proxyWasm, source: "removeHeaderMapValue",
		do: func(v *VM, p []uint64) uint32 {
			return v.editMap([]uint64{p[0], p[1], p[2], 0, 0}, func(m *headers.Map, name, _ string) { m.Remove(name) })
		}},
	{name: "proxy_get_header_map_pairs", does: "gives all headers",
		params:  []param{aMap("map"), givesPairs("headers")},
		returns: aStatus, capability: proxyWasm, source: "getHeaderMapPairs; the encoding: src/pairs_util.cc",
		do: func(v *VM, p []uint64) uint32 {
			if !abi.ValidMap(uint32(p[0])) {
				return uint32(abi.BadArgument)
			}
			m := v.calling().readMap(uint32(p[0])) // a map that is not there has no pairs; that is no error
			if m.Len() == 0 {
				return uint32(v.give(nil, uint32(p[1]), uint32(p[2])))
			}
			v.pairs = abi.AppendPairs(v.pairs[:0], m.Fields())
			return uint32(v.give(v.pairs, uint32(p[1]), uint32(p[2])))
		}},
	{name: "proxy_set_header_map_pairs", does: "puts headers in the place of all that are there",
		params:  []param{aMap("map"), somePairs("headers")},
		returns: aStatus, capability: proxyWasm, source: "setHeaderMapPairs; the encoding: src/pairs_util.cc",
		do: func(v *VM, p []uint64) uint32 {
			raw, ok := v.view(p[1], p[2])
			if st := checkMap(p[0], ok); st != abi.OK {
				return uint32(st)
			}
			c := v.calling()
			m := c.writeMap(uint32(p[0]))
			if m == nil {
				return uint32(abi.BadArgument)
			}
			m.Clear()
			for _, f := range abi.ParsePairs(raw) {
				m.Add(f.Name, f.Value)
			}
			c.mapChanged(uint32(p[0]))
			return uint32(abi.OK)
		}},
	{name: "proxy_get_header_map_size", does: "gives the bytes of all names and values",
		params:  []param{aMap("map"), givesNumber("bytes")},
		returns: aStatus, capability: proxyWasm, source: "getHeaderMapSize",
		do: func(v *VM, p []uint64) uint32 {
			if !abi.ValidMap(uint32(p[0])) {
				return uint32(abi.BadArgument)
			}
			m := v.calling().writeMap(uint32(p[0]))
			if m == nil {
				return uint32(abi.BadArgument)
			}
			return uint32(v.put(uint32(p[1]), uint32(m.Bytes())))
		}},
	{name: "proxy_get_buffer_bytes", does: "gives a part of a body, a configuration or an answer",
		params:  []param{aBuffer("buffer"), aNumber("start"), aNumber("length"), givesText("bytes")},
		returns: aStatus, capability: proxyWasm, source: "getBuffer, Buffer::copyTo",
		do: getBuffer},
	{name: "proxy_get_buffer_status", does: "gives the length of a buffer, and flags, which are always 0",
		params:  []param{aBuffer("buffer"), givesNumber("length"), givesUnseen("flags")},
		returns: aStatus, capability: proxyWasm, source: "getBuffer",
		do: func(v *VM, p []uint64) uint32 {
			if !abi.ValidBuffer(uint32(p[0])) {
				return uint32(abi.BadArgument)
			}
			b, ok := v.calling().body(uint32(p[0]))
			if !ok {
				return uint32(abi.NotFound)
			}
			return uint32(v.put2(uint32(p[1]), uint32(len(b.bytes())), uint32(p[2]), 0))
		}},
	{name: "proxy_set_buffer_bytes", does: "puts bytes in the place of others, at the front or the end of a body or instead of it",
		params:  []param{aBuffer("buffer"), aNumber("start"), aNumber("length"), aText("bytes")},
		returns: aStatus, capability: proxyWasm, source: "getBuffer, Buffer::copyFrom",
		do: func(v *VM, p []uint64) uint32 {
			if !abi.ValidBuffer(uint32(p[0])) {
				return uint32(abi.BadArgument)
			}
			b, ok := v.calling().body(uint32(p[0]))
			if !ok {
				return uint32(abi.NotFound)
			}
			data, ok := v.view(p[3], p[4])
			if !ok {
				return uint32(abi.InvalidMemoryAccess)
			}
			return uint32(b.splice(uint32(p[1]), uint32(p[2]), data))
		}},
	{name: "proxy_continue_stream", does: "lets a request (0) or a response (1) go on that the plugin has held",
		params:  []param{aNumber("stream")},
		returns: aStatus, capability: proxyWasm, source: "continueStream",
		do: func(v *VM, p []uint64) uint32 {
			return uint32(v.calling().continueStream(uint32(p[0])))
		}},
	{name: "proxy_close_stream", does: "resets the stream",
		params:  []param{aNumber("stream")},
		returns: aStatus, capability: proxyWasm, source: "closeStream",
		do: func(v *VM, p []uint64) uint32 {
			return uint32(v.calling().closeStream(uint32(p[0])))
		}},
	{name: "proxy_send_local_response", does: "answers the request in the backend's place",
		params:  []param{aNumber("status"), aText("details"), aText("body"), somePairs("headers"), aNumber("grpc status")},
		returns: aStatus, capability: proxyWasm, source: "sendLocalResponse",
		do: func(v *VM, p []uint64) uint32 {
			details, ok := v.view(p[1], p[2])
			body, ok2 := v.view(p[3], p[4])
			pairs, ok3 := v.view(p[5], p[6])
			if !ok || !ok2 || !ok3 {
				return uint32(abi.InvalidMemoryAccess)
			}
			r := chain.LocalReply{Status: int(uint32(p[0])), Body: append([]byte(nil), body...),
				Details: strings.ReplaceAll(string(details), " ", "_"), Filter: true}
			for _, f := range abi.ParsePairs(pairs) {
				r.Headers = append(r.Headers, headers.Field(f))
			}
			v.calling().localReply(r)
			v.stopNext = true
			return uint32(abi.OK)
		}},
}

func checkMap(t uint64, memory bool) abi.Status {
	switch {
	case !abi.ValidMap(uint32(t)):
		return abi.BadArgument
	case !memory:
		return abi.InvalidMemoryAccess
	}
	return abi.OK
}

// editMap changes one header: p is the map, the name and the value, each with its length. A map that
// the callback has let go of is a bad argument.
func (v *VM) editMap(p []uint64, edit func(m *headers.Map, name, value string)) uint32 {
	name, ok := v.view(p[1], p[2])
	value, ok2 := v.view(p[3], p[4])
	if st := checkMap(p[0], ok && ok2); st != abi.OK {
		return uint32(st)
	}
	c := v.calling()
	m := c.writeMap(uint32(p[0]))
	if m == nil {
		return uint32(abi.BadArgument)
	}
	edit(m, v.names.text(name), string(value))
	c.mapChanged(uint32(p[0]))
	return uint32(abi.OK)
}

func getBuffer(v *VM, p []uint64) uint32 {
	if !abi.ValidBuffer(uint32(p[0])) {
		return uint32(abi.BadArgument)
	}
	b, ok := v.calling().body(uint32(p[0]))
	if !ok {
		return uint32(abi.NotFound)
	}
	data := b.bytes()
	start, length := uint64(uint32(p[1])), uint64(uint32(p[2]))
	if start > uint64(len(data)) {
		start = uint64(len(data))
	}
	end := min(start+length, uint64(len(data)))
	return uint32(v.give(data[start:end], uint32(p[3]), uint32(p[4])))
}
