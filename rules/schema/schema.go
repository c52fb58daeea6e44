// Package schema describes the keys of a policy: what each holds, what holds without it, and what it is for. The JSON Schema that editors read and the reference in
// docs/policy.md are made from this description, and its tests compare it with the compiler, key by key. Commands and tests use it; the module does not.
package schema

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// Object is a map with known keys.
type Object struct {
	Name  string // what others call it, such as "model"
	Doc   string
	Keys  []Key
	extra map[string]any // what JSON Schema says besides, such as which keys exclude each other
}

// Key is one key of an Object.
type Key struct {
	Name     string
	Value    Value
	Required bool
	Unless   string // a key beside which this one need not be
	// Default is what holds without the key: a value in back quotes, or words.
	Default string
	Unit    string
	Doc     string
	// Bad is a value that the compiler refuses, as YAML on one line.
	Bad string
}

// Value says what a value may be: in words, and as JSON Schema.
type Value struct {
	words  string
	schema map[string]any
	object *Object // if it is one, or a list or a map of them
}

// in is the value with other words.
func (v Value) in(words string) Value { v.words = words; return v }

func text() Value { return Value{"text", map[string]any{"type": "string"}, nil} }

// word is a text with more than white space in it.
func word() Value { return Value{"text", map[string]any{"type": "string", "pattern": `\S`}, nil} }

func name() Value {
	return Value{"a name", map[string]any{"type": "string", "pattern": `^[A-Za-z0-9_.-]{1,64}$`}, nil}
}

func visible() Value {
	return Value{"text without spaces", map[string]any{"type": "string", "pattern": `^[!-~]{1,128}$`}, nil}
}

func integer(low, high int64) Value {
	return Value{"whole number, " + strconv.FormatInt(low, 10) + " to " + grouped(high), map[string]any{"type": "integer", "minimum": low, "maximum": high}, nil}
}

func number(low, high int64) Value {
	return Value{"number, " + strconv.FormatInt(low, 10) + " to " + grouped(high), map[string]any{"type": "number", "minimum": low, "maximum": high}, nil}
}

// grouped writes a number with commas between the thousands, or as a power of two that nobody would recognise else.
func grouped(n int64) string {
	if n == 1<<40 {
		return "2^40"
	}
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func oneOf(words ...string) Value {
	return Value{quoted(words, " or "), map[string]any{"enum": words}, nil}
}

func quoted(words []string, last string) string {
	var list []string
	for _, w := range words {
		list = append(list, "`"+w+"`")
	}
	if n := len(list); n > 1 {
		return strings.Join(list[:n-1], ", ") + last + list[n-1]
	}
	return strings.Join(list, "")
}

func boolean() Value { return Value{"`true` or `false`", map[string]any{"type": "boolean"}, nil} }

func onlyTrue() Value { return Value{"`true`", map[string]any{"const": true}, nil} }

// some is a list that is not empty.
func some(item Value) Value {
	v := list(item)
	v.schema["minItems"] = 1
	return v
}

// list may be empty.
func list(item Value) Value {
	words := strings.TrimPrefix(item.words, "map: ")
	switch {
	case strings.HasPrefix(words, "text"):
		words = "texts" + words[len("text"):]
	case words == "a model's key":
		words = "models' keys"
	}
	return Value{"list of " + words, map[string]any{"type": "array", "items": item.schema}, item.object}
}

func unique(v Value) Value {
	schema := map[string]any{"uniqueItems": true}
	for k, s := range v.schema {
		schema[k] = s
	}
	v.schema = schema
	return v
}

// object is a map with known keys, which the schema defines once.
func object(o *Object) Value {
	return Value{"map: [" + o.Name + "](#" + anchor(o.Name) + ")", map[string]any{"$ref": "#/$defs/" + o.Name}, o}
}

// mapOf has keys of the policy's own.
func mapOf(keys map[string]any, item Value, words string) Value {
	schema := map[string]any{"type": "object", "additionalProperties": item.schema}
	if keys != nil {
		schema["propertyNames"] = keys
	}
	return Value{words, schema, item.object}
}

// atLeast is a map with so many entries.
func atLeast(n int, v Value) Value {
	v.schema["minProperties"] = n
	return v
}

func either(words string, values ...Value) Value {
	v := Value{words: words}
	var of []any
	for _, one := range values {
		of = append(of, one.schema)
		if one.object != nil {
			v.object = one.object
		}
	}
	v.schema = map[string]any{"anyOf": of}
	return v
}

func anchor(name string) string { return strings.ReplaceAll(name, " ", "-") }

// needsOne says that exactly one of some keys is there.
func needsOne(keys ...string) map[string]any { return map[string]any{"oneOf": each(keys)} }

// needsAny says that at least one of them is.
func needsAny(keys ...string) map[string]any { return map[string]any{"anyOf": each(keys)} }

func each(keys []string) (of []any) {
	for _, key := range keys {
		of = append(of, map[string]any{"required": []string{key}})
	}
	return of
}

// notBoth are keys that exclude each other.
func notBoth(one, other string) map[string]any {
	return map[string]any{"not": map[string]any{"required": []string{one, other}}}
}

// allOf holds together what several say of one object.
func allOf(list ...map[string]any) map[string]any { return map[string]any{"allOf": list} }

// ID is where the published schema of policies is found; that of files with tests is beside it.
const ID = "https://raw.githubusercontent.com/mom-router/mom-router/main/docs/policy.schema.json"

// Policy is the JSON Schema of policies, draft 2020-12.
func Policy() []byte {
	return document(ID, "mom-router policy", &policy)
}

// Tests is that of files with tests beside a policy.
func Tests() []byte {
	return document(strings.Replace(ID, "policy.schema", "policy.test.schema", 1), "tests of a mom-router policy", &testFile)
}

func document(id, title string, root *Object) []byte {
	defs := map[string]any{}
	schema := define(root, defs)
	delete(defs, root.Name)
	schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	schema["$id"], schema["title"], schema["$defs"] = id, title, defs
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(schema); err != nil {
		panic(err) // maps, lists and words always have a JSON form
	}
	return b.Bytes()
}

// define writes the schema of an object, and those of all below it into defs.
func define(o *Object, defs map[string]any) map[string]any {
	properties, required, unless := map[string]any{}, []string{}, []any{}
	schema := map[string]any{"type": "object", "description": plain(o.Doc), "properties": properties, "additionalProperties": false}
	for k, v := range o.extra {
		schema[k] = v
	}
	defs[o.Name] = schema
	for i := range o.Keys {
		k := &o.Keys[i]
		property := map[string]any{"description": plain(hover(k))}
		for key, s := range k.Value.schema {
			property[key] = s
		}
		properties[k.Name] = property
		switch {
		case k.Required && k.Unless == "":
			required = append(required, k.Name)
		case k.Required:
			unless = append(unless, map[string]any{"anyOf": []any{map[string]any{"required": []string{k.Name}}, map[string]any{"required": []string{k.Unless}}}})
		}
		if below := k.Value.object; below != nil && defs[below.Name] == nil {
			define(below, defs)
		}
	}
	if len(unless) > 0 {
		if also, ok := schema["allOf"].([]map[string]any); ok {
			for _, one := range also {
				unless = append(unless, one)
			}
		}
		schema["allOf"] = unless
	}
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

// hover is what an editor shows of a key.
func hover(k *Key) string {
	s := k.Doc
	if k.Unit != "" {
		s += " Unit: " + k.Unit + "."
	}
	switch {
	case k.Unless != "":
		s += " Required, unless " + k.Unless + " is there."
	case k.Required:
		s += " Required."
	case k.Default != "":
		s += " Default: " + k.Default + "."
	}
	return s
}

// plain takes the marks of Markdown off a text.
func plain(s string) string {
	for {
		before, rest, link := strings.Cut(s, "](")
		_, after, closed := strings.Cut(rest, ")")
		open := strings.LastIndexByte(before, '[')
		if !link || !closed || open < 0 {
			return strings.ReplaceAll(s, "`", "")
		}
		s = before[:open] + before[open+1:] + after
	}
}
