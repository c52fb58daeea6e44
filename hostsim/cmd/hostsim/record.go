package main

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// readRecord takes from a record the members that an outcome repeats. The record must be valid JSON; members of other types
// than they should have are left out. It is read for every request of a replay, so it is not left to encoding/json.
func (o *outcome) readRecord(record []byte) {
	eachMember(record, func(name, value []byte) {
		switch string(name) {
		case "cluster":
			o.Cluster = unquoted(value)
		case "model":
			o.Model = unquoted(value)
		case "decision":
			o.Decision = unquoted(value)
		case "reasoning":
			o.Reasoning = unquoted(value)
		case "action":
			o.Action = unquoted(value)
		case "signals":
			o.Signals = unquotedList(value)
		case "flags":
			o.Flags = unquotedList(value)
		}
	})
}

// eachMember walks over the members of an object in valid JSON, and does nothing with any other value.
func eachMember(raw []byte, yield func(name, value []byte)) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' {
		return
	}
	for i := 1; ; i++ {
		i = space(raw, i)
		if i >= len(raw) || raw[i] != '"' {
			return
		}
		end := valueEnd(raw, i)
		name := raw[i+1 : end-1]
		i = space(raw, space(raw, end)+1) // behind the colon
		end = valueEnd(raw, i)
		yield(name, raw[i:end])
		if i = space(raw, end); i >= len(raw) || raw[i] != ',' {
			return
		}
	}
}

// space gives the place of the next byte that is no white space.
func space(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\t' || raw[i] == '\n' || raw[i] == '\r') {
		i++
	}
	return i
}

// valueEnd gives the place behind the value that begins at i.
func valueEnd(raw []byte, i int) int {
	depth := 0
	for ; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			for i++; i < len(raw) && raw[i] != '"'; i++ {
				if raw[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return min(i+1, len(raw))
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return i
			}
		}
	}
	return i
}

// unquoted is the text of a JSON string, and empty for any other value.
func unquoted(value []byte) string {
	if len(value) < 2 || value[0] != '"' {
		return ""
	}
	if inner := value[1 : len(value)-1]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var text string
	json.Unmarshal(value, &text) // it is valid
	return text
}

// unquotedList is the texts of a JSON list of strings, and nil for any other value.
func unquotedList(value []byte) []string {
	if len(value) < 2 || value[0] != '[' {
		return nil
	}
	list := []string{}
	for i := space(value, 1); value[i] != ']'; i = space(value, i) {
		if value[i] == ',' {
			i = space(value, i+1)
		}
		end := valueEnd(value, i)
		if value[i] != '"' {
			return nil
		}
		list = append(list, unquoted(value[i:end]))
		i = end
	}
	return list
}

// appendJSON is what encoding/json would write for an outcome, quicker.
func (o *outcome) appendJSON(b []byte) []byte {
	b = append(b, '{')
	if o.Error != "" {
		b = append(appendText(append(b, `"error":`...), o.Error), ',')
	}
	b = strconv.AppendInt(append(b, `"status":`...), int64(o.Status), 10)
	b = appendText(append(b, `,"cluster":`...), o.Cluster)
	b = appendText(append(b, `,"model":`...), o.Model)
	b = appendText(append(b, `,"decision":`...), o.Decision)
	b = appendText(append(b, `,"reasoning":`...), o.Reasoning)
	b = appendText(append(b, `,"action":`...), o.Action)
	b = appendList(append(b, `,"signals":`...), o.Signals)
	b = appendList(append(b, `,"flags":`...), o.Flags)
	if len(o.Upstream) > 0 {
		b = append(append(b, `,"upstream":`...), o.Upstream...)
	}
	if o.Response != nil {
		b = append(append(b, `,"response":`...), encode(o.Response)...)
	}
	b = append(b, `,"record":`...)
	if len(o.Record) == 0 {
		return append(b, "null}"...)
	}
	return append(append(b, o.Record...), '}')
}

func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			return append(b, encode(s)...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func appendList(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, s)
	}
	return append(b, ']')
}
