//go:build wasip1

package main

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"

	"github.com/mom-router/mom-router/rules"
)

// From Envoy 1.40 on, a request may carry the order in which clusters are tried for it: each further try goes to the next of the models that its own decision allows.
// Envoy's filter header_to_metadata makes of the header what its priority_group cluster specifier reads.

const (
	// orderHeader holds a google.protobuf.Value in base64: a list with a group for each try, the first one included.
	orderHeader = "x-mom-fallback"
	// mostRetries bounds the tries, or they would begin again at the end of the order.
	mostRetries = "x-envoy-max-retries"
)

// orders is what an instance keeps to write orders without garbage.
type orders struct {
	groups  map[string][]byte // what an order says of a cluster: a ListValue.values that is a struct {name: CLUSTER}
	list    []byte
	value   []byte
	encoded []byte
}

// sendOrder sets the headers with the request's own order, where requests have one. One that may use but the chosen model names that alone: else its further tries would
// go by the route's groups.
func (s *stream) sendOrder(chosen *rules.Model) bool {
	if f := s.instance.config.Fallback; f == nil || f.Tries == 0 {
		return true
	}
	others := s.allowed()
	others = others[:min(len(others), max(s.models-1, 0))]
	o := &s.instance.orders
	o.list = append(o.list[:0], o.group(chosen)...)
	for _, other := range others {
		o.list = append(o.list, o.group(other.Model)...)
	}
	o.value = field(o.value[:0], 6, o.list) // Value.list_value
	o.encoded = base64.StdEncoding.AppendEncode(o.encoded[:0], o.value)
	ok := replaceHeader(orderHeader, view(o.encoded))
	if ok && len(others) > 0 {
		s.digits = strconv.AppendInt(s.digits[:0], int64(len(others)), 10)
		ok = replaceHeader(mostRetries, view(s.digits))
	}
	return ok
}

func (o *orders) group(m *rules.Model) []byte {
	g, ok := o.groups[m.Cluster]
	if !ok {
		name := field(nil, 3, []byte(m.Cluster))               // Value.string_value
		entry := field(field(nil, 1, []byte("name")), 2, name) // of the map Struct.fields
		g = field(nil, 1, field(nil, 5, field(nil, 1, entry))) // Value.struct_value
		if o.groups == nil {
			o.groups = map[string][]byte{}
		}
		o.groups[m.Cluster] = g
	}
	return g
}

// field appends a field of protobuf with bytes in it.
func field(dst []byte, number byte, value []byte) []byte {
	dst = append(dst, number<<3|2)
	dst = binary.AppendUvarint(dst, uint64(len(value)))
	return append(dst, value...)
}
