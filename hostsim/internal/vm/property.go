package vm

import (
	"encoding/binary"
	"math"
	"strconv"
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
	s := c.cb.Stream()
	var buf [maxNameLen]byte
	key := c.vm.names.text(append(append(buf[:0], statePrefix...), path...))
	if _, set := s.FilterState[key]; set && c.root().declared[path].readonly {
		return abi.BadArgument
	}
	if s.FilterState == nil {
		s.FilterState = map[string][]byte{}
	}
	s.FilterState[key] = append([]byte(nil), value...)
	return abi.OK
}

// property reads an attribute or what setProperty stored (Context::getProperty). Segments are
// separated by NUL. Numbers are eight bytes, little-endian.
func (c *Context) property(path string) ([]byte, abi.Status) {
	if path == "" {
		return nil, abi.SerializationFailure
	}
	seg, path, more := strings.Cut(strings.TrimSuffix(path, "\x00"), "\x00")
	a, ok := c.attribute(seg)
	for more {
		if !ok || a.members == nil {
			return nil, abi.NotFound
		}
		seg, path, more = strings.Cut(path, "\x00")
		a, ok = a.members(seg)
	}
	switch {
	case !ok:
		return nil, abi.NotFound
	case a.closed:
		return nil, abi.SerializationFailure
	}
	return a.value, abi.OK
}

// attribute is a value, or has members, or both. One that is closed cannot be read as a whole.
type attribute struct {
	value   []byte
	members func(name string) (attribute, bool)
	closed  bool
}

func scalar(b []byte, ok bool) (attribute, bool) { return attribute{value: b}, ok }

func text(s string, ok bool) (attribute, bool) { return attribute{value: []byte(s)}, ok }

func number(n int64) attribute {
	return attribute{value: binary.LittleEndian.AppendUint64(nil, uint64(n))}
}

func some(a attribute) (attribute, bool) { return a, true }

// group is a set of attributes that can only be read one by one.
func group(members func(string) (attribute, bool)) (attribute, bool) {
	return attribute{members: members, closed: true}, true
}

// attribute finds a property's first segment (Context::findValue, StreamActivation::FindValue).
func (c *Context) attribute(name string) (attribute, bool) {
	switch name {
	case "plugin_name":
		return text(c.plugin.Name, true)
	case "plugin_root_id":
		return text(c.plugin.RootID, true)
	case "plugin_vm_id":
		return text(c.vm.ID, true)
	}
	if name == "xds" {
		return group(c.xdsAttribute)
	}
	if c.cb == nil {
		return attribute{}, false
	}
	s := c.cb.Stream()
	switch name {
	case "connection_id":
		return some(number(int64(s.StreamID)))
	case "request":
		return group(c.requestAttribute)
	case "response":
		return group(c.responseAttribute)
	case "source":
		return group(address("127.0.0.1:40000", 40000))
	case "destination":
		return group(address("127.0.0.1:10000", 10000))
	case "connection":
		return group(c.connectionAttribute)
	case "upstream":
		return group(c.upstreamAttribute)
	case "metadata":
		return some(attribute{members: func(name string) (attribute, bool) {
			if name != "filter_metadata" {
				return attribute{}, false
			}
			return metadata(s.Metadata)
		}})
	case "filter_state":
		return group(func(key string) (attribute, bool) {
			v, ok := s.FilterState[key]
			return scalar(v, ok)
		})
	}
	// What a plugin has set is plain bytes: it has no members.
	v, ok := s.FilterState[statePrefix+name]
	return scalar(v, ok)
}

// metadata is a value of dynamic metadata, as encoding/json reads it. Envoy hands a number over as a double, whatever it is. Objects and lists
// have no value here, and serialised ones in Envoy.
func metadata(value any) (attribute, bool) {
	switch v := value.(type) {
	case map[string]any:
		return group(func(name string) (attribute, bool) {
			member, ok := v[name]
			if !ok {
				return attribute{}, false
			}
			return metadata(member)
		})
	case string:
		return text(v, true)
	case float64:
		return some(attribute{value: binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))})
	case bool:
		if v {
			return some(attribute{value: []byte{1}})
		}
		return some(attribute{value: []byte{0}})
	}
	return attribute{closed: true}, true
}

// requestAttribute follows RequestWrapper in source/extensions/filters/common/expr/context.cc. What
// comes from headers is gone once the plugin has let go of them.
func (c *Context) requestAttribute(name string) (attribute, bool) {
	s := c.cb.Stream()
	switch name {
	case "time":
		return some(number(s.Start))
	case "protocol":
		return text(s.Protocol, s.Protocol != "")
	case "size":
		return some(number(int64(s.BytesIn)))
	case "total_size":
		return some(number(int64(s.BytesIn + s.RequestMap().Bytes())))
	case "duration":
		if !s.Complete {
			return attribute{}, false
		}
		return some(number(c.vm.Clock.Now().UnixNano() - s.Start))
	}
	h := c.request.headers
	if h == nil && c.logging {
		h = s.RequestMap()
	}
	if name == "headers" {
		return fields(h)
	}
	if h == nil {
		return attribute{}, false
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
		return text(q, true)
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
	}
	return attribute{}, false
}

// responseAttribute follows ResponseWrapper of the same file.
func (c *Context) responseAttribute(name string) (attribute, bool) {
	s := c.cb.Stream()
	switch name {
	case "code":
		return number(int64(s.Code)), s.Code != 0
	case "code_details":
		return text(s.Details, s.Details != "" || s.ByFilter)
	case "size":
		return some(number(int64(s.BytesOut)))
	case "total_size":
		return some(number(int64(s.BytesOut + s.ResponseMap().Bytes())))
	case "flags":
		return some(number(s.Flags))
	case "backend_latency":
		return number(s.Latency), s.Latency > 0
	}
	h, t := c.response.headers, c.response.trailers
	if c.logging {
		if h == nil {
			h = s.ResponseMap()
		}
		if t == nil {
			t = s.ResponseTrailerMap()
		}
	}
	switch name {
	case "headers":
		return fields(h)
	case "trailers":
		return fields(t)
	case "grpc_status":
		for _, m := range []*headers.Map{t, h} {
			if n, err := strconv.Atoi(m.Value("grpc-status")); err == nil {
				return some(number(int64(n)))
			}
		}
		return number(grpcStatus(s.Code)), s.Code != 0
	}
	return attribute{}, false
}

// grpcStatus is what an HTTP status means to gRPC (Grpc::Utility::httpToGrpcStatus).
func grpcStatus(code int) int64 {
	switch code {
	case 400:
		return 13
	case 401:
		return 16
	case 403:
		return 7
	case 404:
		return 12
	case 429, 502, 503, 504:
		return 14
	}
	return 2
}

func (c *Context) connectionAttribute(name string) (attribute, bool) {
	switch name {
	case "mtls":
		return some(attribute{value: []byte{0}})
	case "id":
		return some(number(int64(c.cb.Stream().StreamID)))
	case "requested_server_name":
		return text("", true)
	}
	return attribute{}, false
}

func (c *Context) upstreamAttribute(name string) (attribute, bool) {
	s := c.cb.Stream()
	if name == "request_attempt_count" {
		return some(number(int64(s.Attempts)))
	}
	if s.Attempts == 0 {
		return attribute{}, false
	}
	switch name {
	case "address":
		return text("127.0.0.1:18080", true)
	case "port":
		return some(number(18080))
	case "local_address":
		// Known when the connection is, which may be after the request's last callback.
		return text("127.0.0.1:50000", s.ResponseMap() != nil)
	case "transport_failure_reason":
		return text("", true)
	}
	return attribute{}, false
}

// xdsAttribute: hostsim has a node's id and cluster, but no names of routes and no metadata.
func (c *Context) xdsAttribute(name string) (attribute, bool) {
	if name == "node" {
		return group(func(member string) (attribute, bool) {
			switch member {
			case "id":
				return text(c.vm.NodeID, true)
			case "cluster":
				return text(c.vm.NodeCluster, true)
			}
			return attribute{}, false
		})
	}
	if c.cb == nil {
		return attribute{}, false
	}
	s := c.cb.Stream()
	switch name {
	case "cluster_name":
		return text(s.Target(), s.Target() != "")
	case "cluster_metadata", "route_metadata", "virtual_host_metadata":
		return text("", s.Target() != "")
	case "route_name", "filter_chain_name", "listener_metadata":
		return text("", true)
	case "upstream_host_metadata":
		return attribute{closed: true}, s.Attempts > 0
	case "listener_direction":
		return some(number(0))
	}
	return attribute{}, false
}

// fields is a header map: all of it serialised, or one header. The values of a repeated header are joined in either case.
// A map that is not there is empty.
func fields(m *headers.Map) (attribute, bool) {
	pairs := make([]abi.Pair, 0, m.Len())
	seen := map[string]bool{}
	for _, f := range m.Fields() {
		if !seen[f.Name] {
			seen[f.Name] = true
			all, _ := m.All(f.Name)
			pairs = append(pairs, abi.Pair{Name: f.Name, Value: all})
		}
	}
	return attribute{value: abi.AppendPairs(nil, pairs), members: func(name string) (attribute, bool) {
		return text(m.All(name))
	}}, true
}

func address(addr string, port int64) func(string) (attribute, bool) {
	return func(name string) (attribute, bool) {
		switch name {
		case "address":
			return text(addr, true)
		case "port":
			return some(number(port))
		}
		return attribute{}, false
	}
}
