package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// anyBytes is what a plugin gets for a google.protobuf.Any in JSON, in Envoy 1.36 and 1.40: the value of a StringValue or a
// BytesValue as it is, and any other message in protobuf's binary form, a Struct included. What Envoy refuses is an error;
// so are messages of other types than those below, which hostsim cannot encode. encoded says that it is the binary form, of
// at least a byte.
func anyBytes(raw json.RawMessage) (out []byte, encoded bool, err error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, false, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, false, fmt.Errorf(`want {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": ...}, found %.40q`, raw)
	}
	if len(members) == 0 {
		return nil, false, nil
	}
	var url string
	if json.Unmarshal(members["@type"], &url) != nil || members["@type"] == nil {
		return nil, false, errors.New(`"@type" is missing or no string: add "@type": "type.googleapis.com/google.protobuf.StringValue" and put the text under "value"`)
	}
	slash := strings.LastIndexByte(url, '/')
	if slash < 1 {
		return nil, false, fmt.Errorf(`"@type" %q has no host: write "type.googleapis.com/%s"`, url, strings.TrimPrefix(url, "/"))
	}
	name := url[slash+1:]
	if !slices.Contains([]string{stringType, bytesType, structType, valueType, listType, emptyType}, name) {
		return nil, false, fmt.Errorf("type %q: want google.protobuf.StringValue; of the types that Envoy would pass on in binary form, hostsim can encode Struct, Value, ListValue and Empty of google.protobuf only", name)
	}
	for _, member := range slices.Sorted(maps.Keys(members)) {
		if member != "@type" && (member != "value" || name == emptyType) {
			return nil, false, fmt.Errorf("unknown member %q beside the type %q: what a StringValue, a BytesValue or a Struct holds stands under %q", member, url, "value")
		}
	}
	out, err = messageBytes(name, members["value"])
	if err != nil {
		return nil, false, err
	}
	return out, len(out) > 0 && name != stringType && name != bytesType, nil
}

// The types of messages that hostsim can encode.
const (
	stringType = "google.protobuf.StringValue"
	bytesType  = "google.protobuf.BytesValue"
	structType = "google.protobuf.Struct"
	valueType  = "google.protobuf.Value"
	listType   = "google.protobuf.ListValue"
	emptyType  = "google.protobuf.Empty"
)

// messageBytes is a message of one of these types, of which raw is the value in JSON; without one it is empty.
func messageBytes(name string, raw json.RawMessage) ([]byte, error) {
	absent := len(raw) == 0 || bytes.Equal(raw, []byte("null")) && name != valueType
	switch name {
	case stringType, bytesType:
		var text string
		if !absent && json.Unmarshal(raw, &text) != nil {
			return nil, fmt.Errorf("the value of a %s is %.40q: want a string", strings.TrimPrefix(name, "google.protobuf."), raw)
		}
		if name == stringType {
			return []byte(text), nil
		}
		return base64Bytes(text)
	}
	if absent {
		return nil, nil
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		return nil, fmt.Errorf("the value of a %s: %w", strings.TrimPrefix(name, "google.protobuf."), err)
	}
	if name == valueType {
		return appendValue(nil, value), nil
	}
	if name == structType {
		members, ok := value.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("the value of a Struct is %.40q: want an object", raw)
		}
		return appendStruct(nil, members), nil
	}
	list, ok := value.([]any)
	if !ok {
		return nil, fmt.Errorf("the value of a ListValue is %.40q: want a list", raw)
	}
	return appendListValue(nil, list), nil
}

// base64Bytes decodes base64 in either alphabet, padded or not, as protobuf's JSON has it.
func base64Bytes(text string) ([]byte, error) {
	text = strings.TrimRight(strings.NewReplacer("-", "+", "_", "/").Replace(text), "=")
	out, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("the value of a BytesValue is no base64: %w", err)
	}
	return out, nil
}

// The fields of struct.proto, each with its wire type. Envoy writes the members of a Struct in no fixed order, we by name.
func appendStruct(b []byte, members map[string]any) []byte {
	for _, name := range slices.Sorted(maps.Keys(members)) {
		entry := appendField(nil, 0x0a, []byte(name))
		entry = appendField(entry, 0x12, appendValue(nil, members[name]))
		b = appendField(b, 0x0a, entry)
	}
	return b
}

func appendListValue(b []byte, items []any) []byte {
	for _, item := range items {
		b = appendField(b, 0x0a, appendValue(nil, item))
	}
	return b
}

func appendValue(b []byte, value any) []byte {
	switch v := value.(type) {
	case float64:
		return binary.LittleEndian.AppendUint64(append(b, 0x11), math.Float64bits(v))
	case string:
		return appendField(b, 0x1a, []byte(v))
	case bool:
		if v {
			return append(b, 0x20, 1)
		}
		return append(b, 0x20, 0)
	case map[string]any:
		return appendField(b, 0x2a, appendStruct(nil, v))
	case []any:
		return appendField(b, 0x32, appendListValue(nil, v))
	}
	return append(b, 0x08, 0) // null
}

// appendField appends a field of which the length is told.
func appendField(b []byte, tag byte, content []byte) []byte {
	return append(binary.AppendUvarint(append(b, tag), uint64(len(content))), content...)
}
