package main

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"
)

// readRecord takes from a record the members that an outcome repeats, and reports whether it is valid JSON; if not, the
// outcome is of no use. Members of other types than they should have are left out. It is read for every request of a replay,
// so it is not left to encoding/json.
func (o *outcome) readRecord(record string) bool {
	return eachMember(record, func(name, value string) {
		switch name {
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

// unquoted is the text of a JSON string, and empty for any other value.
func unquoted(value string) string {
	if value[0] != '"' {
		return ""
	}
	inner := value[1 : len(value)-1]
	for i := range len(inner) {
		if c := inner[i]; c == '\\' || c >= utf8.RuneSelf {
			var text string
			json.Unmarshal([]byte(value), &text) // it is valid
			return text
		}
	}
	return inner
}

// unquotedList is the texts of a JSON list of strings, and nil for any other value.
func unquotedList(value string) []string {
	if value[0] != '[' {
		return nil
	}
	list := make([]string, 0, strings.Count(value, ",")+1)
	eachElement(value, func(element string) {
		if list = append(list, unquoted(element)); element[0] != '"' {
			value = "" // no list of strings
		}
	})
	if value == "" {
		return nil
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
