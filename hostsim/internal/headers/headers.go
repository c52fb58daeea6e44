// Package headers is an ordered HTTP header map with the rules of Envoy's HeaderMapImpl
// (source/common/http/header_map_impl.cc).
package headers

import "strings"

// Field is one header. Names are lower case.
type Field struct{ Name, Value string }

// Map is an ordered list of headers. Names that begin with a colon stand before all others. A nil
// Map is empty and can be read. A Map must not be used by two goroutines at once.
type Map struct{ fields []Field }

// New makes a map of the given fields, added one by one.
func New(fields ...Field) *Map {
	m := &Map{fields: make([]Field, 0, len(fields)+4)}
	for _, f := range fields {
		m.Add(f.Name, f.Value)
	}
	return m
}

// Clone makes an independent copy.
func (m *Map) Clone() *Map {
	if m == nil {
		return nil
	}
	return &Map{fields: append([]Field(nil), m.fields...)}
}

// Len counts the fields.
func (m *Map) Len() int {
	if m == nil {
		return 0
	}
	return len(m.fields)
}

// Bytes is the sum of the lengths of all names and values.
func (m *Map) Bytes() int {
	n := 0
	for _, f := range m.Fields() {
		n += len(f.Name) + len(f.Value)
	}
	return n
}

// Fields lists the headers in order. The caller must not change the slice.
func (m *Map) Fields() []Field {
	if m == nil {
		return nil
	}
	return m.fields
}

// Get gives the first value of a header.
func (m *Map) Get(name string) (string, bool) {
	i := m.find(name)
	if i < 0 {
		if lower := strings.ToLower(name); lower != name {
			i = m.find(lower)
		}
	}
	if i < 0 {
		return "", false
	}
	return m.fields[i].Value, true
}

// find is the place of the first header of a name in lower case, -1 if there is none.
func (m *Map) find(name string) int {
	if m != nil {
		for i := range m.fields {
			if m.fields[i].Name == name {
				return i
			}
		}
	}
	return -1
}

// Value is Get without the second result.
func (m *Map) Value(name string) string {
	v, _ := m.Get(name)
	return v
}

// All joins every value of a header with commas, as Envoy's HeaderUtility::getAllOfHeaderAsString does.
func (m *Map) All(name string) (string, bool) {
	name = strings.ToLower(name)
	var values []string
	for _, f := range m.Fields() {
		if f.Name == name {
			values = append(values, f.Value)
		}
	}
	return strings.Join(values, ","), values != nil
}

// inline says of which headers Envoy keeps one entry only: another value is appended with a
// comma (INLINE_REQ_*, INLINE_RESP_* and INLINE_REQ_RESP_* in envoy/http/header_map.h).
func inline(name string) bool {
	switch name {
	case ":authority", ":method", ":path", ":protocol", ":scheme", ":status",
		"connection", "content-length", "content-type", "keep-alive",
		"proxy-connection", "x-request-id", "transfer-encoding", "upgrade", "via",
		"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port",
		"expect", "grpc-timeout", "te", "user-agent", "x-client-trace-id",
		"date", "grpc-message", "grpc-status", "location", "server":
		return true
	}
	return false
}

// Add appends a header; a second value of a header that Envoy keeps once joins the first.
func (m *Map) Add(name, value string) {
	name = strings.ToLower(name)
	if inline(name) {
		if i := m.find(name); i >= 0 {
			m.fields[i].Value += "," + value
			return
		}
	}
	f := Field{name, value}
	if !strings.HasPrefix(name, ":") {
		m.fields = append(m.fields, f)
		return
	}
	at := 0
	for at < len(m.fields) && strings.HasPrefix(m.fields[at].Name, ":") {
		at++
	}
	m.fields = append(m.fields, Field{})
	copy(m.fields[at+1:], m.fields[at:])
	m.fields[at] = f
}

// Set leaves exactly one header of that name. An inline header keeps its place, any other moves to
// the end (HeaderMapImpl::setCopy).
func (m *Map) Set(name, value string) {
	name = strings.ToLower(name)
	if i := m.find(name); i < 0 {
		m.Add(name, value)
	} else if inline(name) {
		m.fields[i].Value = value
	} else {
		m.Remove(name)
		m.Add(name, value)
	}
}

// Remove drops every header of that name and says how many there were.
func (m *Map) Remove(name string) int {
	name = strings.ToLower(name)
	first := m.find(name)
	if first < 0 {
		return 0
	}
	kept := m.fields[:first]
	for _, f := range m.fields[first+1:] {
		if f.Name != name {
			kept = append(kept, f)
		}
	}
	n := len(m.fields) - len(kept)
	clear(m.fields[len(kept):])
	m.fields = kept
	return n
}

// Clear drops every header.
func (m *Map) Clear() { m.fields = m.fields[:0] }
