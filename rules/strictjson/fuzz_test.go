package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// FuzzLexer: what is accepted is JSON for encoding/json too, has no duplicate
// members, and reads the same however it is cut.
func FuzzLexer(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":[true,null]}`, `"\ud83d\ude00é"`, `{"a":1,"\u0061":2}`, `[1e5,-0]`, `1e44444444`, "\xff", `{"a":{"b":"c"}} `} {
		f.Add([]byte(s), uint8(1))
	}
	f.Fuzz(func(t *testing.T, text []byte, chunk uint8) {
		whole, wholeErr := run(text, len(text)+1)
		cut, cutErr := run(text, int(chunk)+1)
		if fmt.Sprint(wholeErr) != fmt.Sprint(cutErr) || wholeErr == nil && whole != cut {
			t.Fatalf("whole: %v, in chunks: %v", wholeErr, cutErr)
		}
		bounded := errors.As(wholeErr, new(*strictjson.Error)) && wholeErr.(*strictjson.Error).Code != strictjson.CodeInvalid &&
			wholeErr.(*strictjson.Error).Code != strictjson.CodeEmpty
		lone, known := loneSurrogate(text)
		valid := utf8.Valid(text) && json.Valid(text) && !lone
		switch {
		case wholeErr == nil && !valid:
			t.Fatal("accepted, but encoding/json refuses it")
		case wholeErr == nil && duplicates(text):
			t.Fatal("accepted, but it has duplicate members")
		case wholeErr != nil && valid && known && !bounded:
			t.Fatalf("refused, but it is valid: %v", wholeErr)
		}
		if wholeErr == nil {
			sameValues(t, text)
		}
	})
}

// sameValues checks that a text means the same to encoding/json.
func sameValues(t *testing.T, text []byte) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var want any
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	var v values
	var l strictjson.Lexer
	l.Reset(&v)
	for i := range text {
		_ = l.Feed(text[i : i+1])
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(v.value, want) {
		t.Fatalf("it means %v, to encoding/json %v", v.value, want)
	}
}

// values is a handler that builds the value that encoding/json would.
type values struct {
	value any
	open  []any // maps, and pointers to slices
	names []string
	text  []byte
}

func (v *values) Begin(kind strictjson.Kind, _ int64) error {
	v.text = v.text[:0]
	switch kind {
	case strictjson.Object:
		v.open = append(v.open, map[string]any{})
		v.names = append(v.names, "")
	case strictjson.Array:
		v.open = append(v.open, &[]any{})
		v.names = append(v.names, "")
	}
	return nil
}

func (v *values) Text(p []byte, _ int64, _ bool) { v.text = append(v.text, p...) }

func (v *values) End(kind strictjson.Kind, literal []byte, _ int64) error {
	var value any
	switch kind {
	case strictjson.String:
		value = string(v.text)
	case strictjson.Number:
		value = json.Number(literal)
	case strictjson.True, strictjson.False:
		value = kind == strictjson.True
	case strictjson.Array, strictjson.Object:
		n := len(v.open) - 1
		value = v.open[n]
		if list, ok := value.(*[]any); ok {
			value = *list
		}
		v.open, v.names = v.open[:n], v.names[:n]
	}
	n := len(v.open) - 1
	if n < 0 {
		v.value = value
	} else if object, ok := v.open[n].(map[string]any); ok {
		object[v.names[n]] = value
	} else {
		list := v.open[n].(*[]any)
		*list = append(*list, value)
	}
	return nil
}

func (v *values) Name(name []byte, _ bool, _, _ int64) error {
	v.names[len(v.names)-1] = string(name)
	return nil
}

func (v *values) Comma(int64) {}

// loneSurrogate looks for the replacement character that encoding/json puts in
// place of half a pair. A text that has one of its own leaves it unknown.
func loneSurrogate(text []byte) (found, known bool) {
	if bytes.Contains(text, []byte("\ufffd")) || bytes.Contains(bytes.ToLower(text), []byte(`\ufffd`)) {
		return false, false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			return err != io.EOF, true
		}
		if s, ok := token.(string); ok && strings.ContainsRune(s, utf8.RuneError) {
			return true, true
		}
	}
}

// duplicates says whether an object of a valid text has one name twice.
func duplicates(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	type nesting struct {
		names map[string]bool
		value bool
	}
	var stack []nesting
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		if delim, ok := token.(json.Delim); ok && (delim == '}' || delim == ']') {
			stack = stack[:len(stack)-1]
			continue
		}
		if n := len(stack); n > 0 && stack[n-1].names != nil {
			top := &stack[n-1]
			if !top.value {
				name := token.(string)
				if top.names[name] {
					return true
				}
				top.names[name] = true
			}
			top.value = !top.value
		}
		switch token {
		case json.Delim('{'):
			stack = append(stack, nesting{names: map[string]bool{}})
		case json.Delim('['):
			stack = append(stack, nesting{})
		}
	}
}
