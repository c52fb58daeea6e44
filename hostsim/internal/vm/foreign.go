package vm

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"io"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

// foreign is a function that Envoy offers by name beside the ABI (source/extensions/common/wasm/foreign.cc). It acts for a
// context, takes bytes and gives bytes.
type foreign func(c *Context, arguments []byte) ([]byte, abi.Status)

// foreigns are those functions. CEL expressions and signatures are not supported: a module that asks for them is told so in
// the log.
var foreigns = map[string]foreign{
	"clear_route_cache": func(c *Context, _ []byte) ([]byte, abi.Status) {
		if c.cb != nil {
			c.cb.ClearRouteCache()
		}
		return nil, abi.OK
	},
	"compress":         compress,
	"uncompress":       uncompress,
	"declare_property": declare,
	"set_envoy_filter_state": func(_ *Context, arguments []byte) ([]byte, abi.Status) {
		if _, ok := protobuf(arguments); !ok {
			return nil, abi.BadArgument
		}
		return nil, abi.NotFound // there is no factory for any object
	},
	"verify_signature": unsupported("verify_signature"),
	"sign":             unsupported("sign"),
	"expr_create":      unsupported("expr_create"),
	"expr_evaluate":    unsupported("expr_evaluate"),
	"expr_delete":      unsupported("expr_delete"),
}

func unsupported(name string) foreign {
	return func(c *Context, _ []byte) ([]byte, abi.Status) {
		c.vm.Log(abi.Warn, "", "a plugin calls the foreign function "+name+", which hostsim does not support")
		return nil, abi.BadArgument
	}
}

// callForeign writes what the function gives, also when it fails (call_foreign_function in src/exports.cc).
func callForeign(v *VM, p []uint64) uint32 {
	name, ok := v.view(p[0], p[1])
	arguments, ok2 := v.view(p[2], p[3])
	if !ok || !ok2 {
		return uint32(abi.InvalidMemoryAccess)
	}
	f := foreigns[string(name)]
	if f == nil {
		return uint32(abi.NotFound)
	}
	out, st := f(v.calling(), arguments)
	at := uint32(0)
	if uint32(p[4]) != 0 {
		if len(out) > 0 {
			if at, ok = v.alloc(len(out)); !ok || !v.memory.Write(at, out) {
				return uint32(abi.InvalidMemoryAccess)
			}
		}
		if v.put(uint32(p[4]), at) != abi.OK {
			return uint32(abi.InvalidMemoryAccess)
		}
	}
	if uint32(p[5]) != 0 && v.put(uint32(p[5]), uint32(len(out))) != abi.OK {
		return uint32(abi.InvalidMemoryAccess)
	}
	return uint32(st)
}

func compress(_ *Context, arguments []byte) ([]byte, abi.Status) {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(arguments) // to memory: it cannot fail
	w.Close()
	return b.Bytes(), abi.OK
}

// maxInflated bounds what a few bytes can be inflated to. Envoy has no bound.
const maxInflated = 256 << 20

func uncompress(_ *Context, arguments []byte) ([]byte, abi.Status) {
	r, err := zlib.NewReader(bytes.NewReader(arguments))
	if err != nil {
		return nil, abi.SerializationFailure
	}
	out, err := io.ReadAll(io.LimitReader(r, maxInflated))
	if err != nil || len(out) == maxInflated {
		return nil, abi.SerializationFailure
	}
	return out, abi.OK
}

// declared is how a property behaves that a plugin has declared.
type declared struct{ readonly bool }

// declare reads DeclarePropertyArguments (ext/declare_property.proto): the name is field 1, readonly is field 4. Types and
// life spans make no difference for a single request.
func declare(c *Context, arguments []byte) ([]byte, abi.Status) {
	fields, ok := protobuf(arguments)
	if !ok {
		return nil, abi.BadArgument
	}
	// The calling context keeps it, but only what a root context declared counts (Context::setProperty).
	name := string(fields[1].text)
	if _, twice := c.declared[name]; twice {
		return nil, abi.BadArgument
	}
	if c.declared == nil {
		c.declared = map[string]declared{}
	}
	c.declared[name] = declared{readonly: fields[4].number != 0}
	return nil, abi.OK
}

// field is the last value of a protocol buffer's field.
type field struct {
	number uint64
	text   []byte
}

// protobuf reads a message's fields by number (protobuf.dev, encoding); ok is false if it is none.
func protobuf(b []byte) (fields map[uint64]field, ok bool) {
	fields = map[uint64]field{}
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		if n <= 0 || key>>3 == 0 {
			return nil, false
		}
		b = b[n:]
		var f field
		switch key & 7 {
		case 0:
			if f.number, n = binary.Uvarint(b); n <= 0 {
				return nil, false
			}
		case 1:
			n = 8
		case 5:
			n = 4
		case 2:
			size, m := binary.Uvarint(b)
			if m <= 0 || size > uint64(len(b)-m) {
				return nil, false
			}
			n = m + int(size)
			f.text = b[m:n]
		default:
			return nil, false
		}
		if n > len(b) {
			return nil, false
		}
		fields[key>>3] = f
		b = b[n:]
	}
	return fields, true
}
