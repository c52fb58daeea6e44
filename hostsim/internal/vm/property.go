package vm

import (
	"encoding/binary"
	"strings"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
	"github.com/mom-router/mom-router/hostsim/internal/headers"
)

// statePrefix is put before the path of every property that a module sets (CelStateKeyPrefix).
const statePrefix = "wasm."

// setProperty stores a copy of value in the stream's filter state (Context::setProperty). The whole
// path is one key: segments are not taken apart, so what is set with two is not found under a dot.
func (c *Context) setProperty(path string, value []byte) abi.Status {
	if c.cb == nil {
		return abi.NotFound
	}
	c.cb.Stream().FilterState[statePrefix+path] = append([]byte(nil), value...)
	return abi.OK
}

// property reads an attribute or what setProperty stored (Context::getProperty). Segments are
// separated by NUL. Numbers are eight bytes, little-endian.
func (c *Context) property(path string) ([]byte, abi.Status) {
	if path == "" {
		return nil, abi.SerializationFailure
	}
	segs := strings.Split(strings.TrimSuffix(path, "\x00"), "\x00")
	if v, ok := c.attribute(segs); ok {
		return v, abi.OK
	}
	// What a plugin has set is plain bytes: it has no members.
	if c.cb != nil && len(segs) == 1 {
		if v, ok := c.cb.Stream().FilterState[statePrefix+segs[0]]; ok {
			return v, abi.OK
		}
	}
	return nil, abi.NotFound
}

func (c *Context) attribute(segs []string) ([]byte, bool) {
	switch segs[0] {
	case "plugin_name":
		return []byte(c.plugin.Name), true
	case "plugin_root_id":
		return []byte(c.plugin.RootID), true
	case "plugin_vm_id":
		return []byte(c.vm.ID), true
	}
	if c.cb == nil {
		return nil, false
	}
	if segs[0] == "connection_id" {
		return number(int64(c.cb.Stream().StreamID)), true
	}
	if len(segs) < 2 {
		return nil, false
	}
	switch segs[0] {
	case "request":
		return c.requestAttribute(segs[1], segs[2:])
	case "response":
		return c.responseAttribute(segs[1], segs[2:])
	case "filter_state":
		v, ok := c.cb.Stream().FilterState[segs[1]]
		return v, ok
	case "source":
		return address(segs[1], "127.0.0.1:40000", 40000)
	case "destination":
		return address(segs[1], "127.0.0.1:10000", 10000)
	case "connection":
		if segs[1] == "mtls" {
			return []byte{0}, true
		}
	case "xds":
		if s := c.cb.Stream(); segs[1] == "cluster_name" && s.Cluster != "" {
			return []byte(s.Cluster), true
		}
	}
	return nil, false
}

// requestAttribute follows RequestWrapper in source/extensions/filters/common/expr/context.cc. What
// comes from headers is gone once the plugin has let go of them.
func (c *Context) requestAttribute(name string, rest []string) ([]byte, bool) {
	s := c.cb.Stream()
	switch name {
	case "time":
		return number(s.Start), true
	case "protocol":
		return text(s.Protocol, s.Protocol != "")
	case "size":
		return number(int64(s.BytesIn)), true
	case "total_size":
		return number(int64(s.BytesIn + s.RequestMap().Bytes())), true
	case "duration":
		if !s.Complete {
			return nil, false
		}
		return number(c.vm.Clock.Now().UnixNano() - s.Start), true
	}
	h := c.request.headers
	if h == nil && c.logging {
		h = s.RequestMap()
	}
	if h == nil {
		return nil, false
	}
	switch name {
	case "path":
		return text(h.Get(":path"))
	case "url_path":
		p, ok := h.Get(":path")
		p, _, _ = strings.Cut(p, "?")
		return text(p, ok)
	case "query":
		_, q, _ := strings.Cut(h.Value(":path"), "?")
		q, _, _ = strings.Cut(q, "#")
		return []byte(q), true
	case "host":
		return text(h.Get(":authority"))
	case "scheme":
		return text(h.Get(":scheme"))
	case "method":
		return text(h.Get(":method"))
	case "referer":
		return text(h.Get("referer"))
	case "useragent":
		return text(h.Get("user-agent"))
	case "id":
		return text(h.Get("x-request-id"))
	case "headers":
		return fields(h, rest)
	}
	return nil, false
}

// responseAttribute follows ResponseWrapper of the same file.
func (c *Context) responseAttribute(name string, rest []string) ([]byte, bool) {
	s := c.cb.Stream()
	switch name {
	case "code":
		return number(int64(s.Code)), s.Code != 0
	case "code_details":
		return text(s.Details, s.Details != "")
	case "size":
		return number(int64(s.BytesOut)), true
	case "total_size":
		return number(int64(s.BytesOut + s.ResponseMap().Bytes())), true
	case "flags":
		return number(0), true
	}
	h, t := c.response.headers, c.response.trailers
	if c.logging {
		h, t = s.ResponseMap(), s.ResponseTrailerMap()
	}
	switch name {
	case "headers":
		return fields(h, rest)
	case "trailers":
		return fields(t, rest)
	}
	return nil, false
}

// fields is one header's value, all of them joined, or the whole map serialised.
func fields(m *headers.Map, rest []string) ([]byte, bool) {
	if m == nil {
		return nil, false
	}
	if len(rest) == 1 {
		return text(m.All(rest[0]))
	}
	if len(rest) > 1 {
		return nil, false
	}
	pairs := make([]abi.Pair, 0, m.Len())
	for _, f := range m.Fields() {
		pairs = append(pairs, abi.Pair(f))
	}
	return abi.AppendPairs(nil, pairs), true
}

func address(name, addr string, port int64) ([]byte, bool) {
	switch name {
	case "address":
		return []byte(addr), true
	case "port":
		return number(port), true
	}
	return nil, false
}

func text(s string, ok bool) ([]byte, bool) { return []byte(s), ok }

func number(n int64) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(n)) }
