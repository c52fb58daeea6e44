package strictjson_test

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// trace writes down the events, with the pieces of a string joined.
type trace struct {
	lines []string
	text  []byte
}

func (r *trace) add(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}

func (r *trace) Begin(kind strictjson.Kind, at int64) error {
	r.text = r.text[:0]
	r.add("begin %d at %d", kind, at)
	return nil
}

func (r *trace) Text(p []byte, at int64, _ bool) {
	if !utf8.Valid(p) || len(p) == 0 {
		r.add("bad piece %q at %d", p, at)
	}
	r.text = append(r.text, p...)
}

func (r *trace) End(kind strictjson.Kind, literal []byte, end int64) error {
	r.add("end %d %q %q at %d", kind, literal, r.text, end)
	r.text = r.text[:0]
	return nil
}

func (r *trace) Name(name []byte, verbatim bool, start, end int64) error {
	r.add("name %q %v %d %d", name, verbatim, start, end)
	return nil
}

func (r *trace) Comma(at int64) { r.add("comma %d", at) }

// run reads a text in chunks of the given size and returns all that can be seen.
func run(text []byte, chunk int) (string, error) {
	var r trace
	var l strictjson.Lexer
	l.Reset(&r)
	var err error
	for rest := text; len(rest) > 0 && err == nil; {
		n := min(chunk, len(rest))
		// A copy, so that a slice kept over a call shows.
		piece := bytes.Clone(rest[:n])
		err = l.Feed(piece)
		clear(piece)
		rest = rest[n:]
	}
	if err == nil {
		err = l.Close()
	}
	return strings.Join(r.lines, "\n"), err
}

func compareChunkings(t *testing.T, name string, text []byte) {
	t.Helper()
	if len(text) > 4_000 {
		return
	}
	whole, wholeErr := run(text, len(text)+1)
	for _, size := range []int{1, 2, 3, 5, 7, 11} {
		got, err := run(text, size)
		if fmt.Sprint(err) != fmt.Sprint(wholeErr) {
			t.Errorf("%s: in chunks of %d the error is %v, whole it is %v", name, size, err, wholeErr)
		}
		if err == nil && got != whole {
			t.Errorf("%s: in chunks of %d the events are\n%s\nwhole they are\n%s", name, size, got, whole)
		}
	}
}

func TestLexer(t *testing.T) {
	names := func(n int) string {
		var b strings.Builder
		b.WriteByte('{')
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + strconv.Itoa(i) + `":0`)
		}
		return b.String()
	}
	tests := []struct {
		name, text string
		code       string
		offset     int64
	}{
		{"an object is accepted", ` {"a":[1,-0.5e+3,true,false,null,"x"],"b":{}} `, "", 0},
		{"a scalar is accepted", `"x"`, "", 0},
		{"a number at the top is accepted", `-12`, "", 0},
		{"every escape is accepted", `"\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00"`, "", 0},
		{"a noncharacter is accepted", "\"\uffff\\uFFFF\"", "", 0},
		{"an escaped NUL is accepted", `"\u0000"`, "", 0},
		{"the same name in two objects is accepted", `[{"a":{"a":1}},{"a":2}]`, "", 0},
		{"128 containers are accepted", strings.Repeat("[", 128) + strings.Repeat("]", 128), "", 0},
		{"a name of 4,096 bytes is accepted", `{"` + strings.Repeat("n", 4096) + `":1}`, "", 0},
		{"65,536 members are accepted", names(65_536) + "}", "", 0},

		{"no text is refused", ``, "empty_body", 0},
		{"white space alone is refused", " \n", "empty_body", 2},
		{"an open object is refused", `{"a":1`, "invalid_json", 6},
		{"an unfinished number is refused", `1.`, "invalid_json", 2},
		{"an unfinished word is refused", `nul`, "invalid_json", 3},
		{"a leading zero is refused", `01`, "invalid_json", 1},
		{"a plus sign is refused", `+1`, "invalid_json", 0},
		{"NaN is refused", `[NaN]`, "invalid_json", 1},
		{"a comment is refused", `[1,/**/2]`, "invalid_json", 3},
		{"a trailing comma in an array is refused", `[1,]`, "invalid_json", 3},
		{"a trailing comma in an object is refused", `{"a":1,}`, "invalid_json", 7},
		{"trailing data is refused", `{} {}`, "invalid_json", 3},
		{"single quotes are refused", `{'a':1}`, "invalid_json", 1},
		{"a wrong bracket is refused", `[1}`, "invalid_json", 2},
		{"a byte order mark is refused", "\ufeff{}", "invalid_json", 0},
		{"UTF-16 is refused", "\x00{\x00}", "invalid_json", 0},
		{"a raw tab in a string is refused", "\"a\tb\"", "invalid_json", 2},
		{"a raw NUL in a string is refused", "\"12345678\x00\"", "invalid_json", 9},
		{"an unknown escape is refused", `"ab\x"`, "invalid_json", 3},
		{"a short escape is refused", `"\u12"`, "invalid_json", 1},
		{"a lone high surrogate is refused", `"\uD800 "`, "invalid_json", 1},
		{"a high surrogate before another escape is refused", `"\uD800\n"`, "invalid_json", 1},
		{"two high surrogates are refused", `"\uD800\uD800"`, "invalid_json", 1},
		{"a lone low surrogate is refused", `"\uDC00"`, "invalid_json", 1},
		{"a raw surrogate is refused", "\"\xed\xa0\x80\"", "invalid_json", 1},
		{"an overlong sequence is refused", "\"\xc0\xaf\"", "invalid_json", 1},
		{"an overlong sequence of three bytes is refused", "\"\xe0\x80\xaf\"", "invalid_json", 1},
		{"a code point above U+10FFFF is refused", "\"\xf4\x90\x80\x80\"", "invalid_json", 1},
		{"a lone continuation byte is refused", "\"12345678\x80\"", "invalid_json", 9},
		{"a cut sequence is refused", "\"\xe4\xbd\"", "invalid_json", 1},
		{"invalid UTF-8 outside a string is refused", "[\xff]", "invalid_json", 1},

		{"a duplicate member is refused", `{"a":1,"a":2}`, "duplicate_member", 7},
		{"an escaped duplicate member is refused", `{"model":1,"m\u006fdel":2}`, "duplicate_member", 11},
		{"a nested duplicate member is refused", `[{"x":{"a":1,"b":2,"\u0061":3}}]`, "duplicate_member", 19},
		{"a duplicate member around a nested object is refused", `{"a":{"b":1},"c":{"b":1},"a":1}`, "duplicate_member", 25},
		{"an empty duplicate member is refused", `{"":1,"":1}`, "duplicate_member", 6},
		{"a duplicate among 65,536 members is refused", names(65_535) + `,"7":1}`, "duplicate_member", int64(len(names(65_535))) + 1},
		{"65,537 members are refused", names(65_536) + `,"x":1}`, "too_many_members", int64(len(names(65_536))) + 1},
		{"129 containers are refused", strings.Repeat("[", 129), "too_deep", 128},
		{"a name of 4,097 bytes is refused", `{"` + strings.Repeat("n", 4097) + `":1}`, "name_too_long", 1},
		{"a name of 4,097 bytes is refused before the fault behind it", `{"` + strings.Repeat("n", 4097) + "\x00", "name_too_long", 1},
		{"a name of escapes is measured decoded", `{"` + strings.Repeat(`\u0061`, 4097) + `":1}`, "name_too_long", 1},
		{"a number of 1,025 digits is refused", `[` + strings.Repeat("1", 1025) + `]`, "number_too_long", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, chunk := range []int{1, 2, 3, 7, 1 << 30} {
				_, err := run([]byte(test.text), chunk)
				var e *strictjson.Error
				switch {
				case err == nil && test.code != "":
					t.Errorf("chunks of %d: accepted, want %s", chunk, test.code)
				case err != nil && !errors.As(err, &e):
					t.Errorf("chunks of %d: the error is a %T", chunk, err)
				case err != nil && (e.Code != test.code || e.Offset != test.offset):
					t.Errorf("chunks of %d: got %s at %d (%v), want %q at %d", chunk, e.Code, e.Offset, e, test.code, test.offset)
				}
			}
		})
	}
}

func TestOpenMembersAreBoundedTogether(t *testing.T) {
	var b strings.Builder
	for range 3 {
		b.WriteByte('{')
		for i := range 60_000 {
			fmt.Fprintf(&b, `"%d":0,`, i)
		}
		b.WriteString(`"in":`)
	}
	err := strictjson.Valid([]byte(b.String()))
	if e := new(strictjson.Error); !errors.As(err, &e) || e.Code != strictjson.CodeTooManyMembers {
		t.Errorf("three open objects of 60,001 members: %v", err)
	}
}

func TestAnErrorStays(t *testing.T) {
	var l strictjson.Lexer
	l.Reset(&trace{})
	first := l.Feed([]byte(`{]`))
	if first == nil || l.Feed([]byte(`}`)) != first || l.Close() != first || l.Complete() {
		t.Errorf("the first error %v did not stay", first)
	}
}

func TestResetForgetsEverything(t *testing.T) {
	var l strictjson.Lexer
	for _, before := range []string{`{"a":{"b":`, `{"a`, `"\ud83d`, "[tr", "[12", "\"\xe4", `{"a":1}x`} {
		l.Reset(&trace{})
		_ = l.Feed([]byte(before))
		var r trace
		l.Reset(&r)
		text := `{"a":[1,"é"],"b":true}`
		if err := l.Feed([]byte(text)); err != nil || l.Close() != nil {
			t.Errorf("after %q: %v", before, err)
		}
		if want, _ := run([]byte(text), 100); strings.Join(r.lines, "\n") != want {
			t.Errorf("after %q the events differ", before)
		}
	}
}

func TestNoGarbageAfterTheFirstText(t *testing.T) {
	text := []byte(`{"model":"x","messages":[{"role":"user","content":"h\u00e9\ud83d\ude00llo 你好"}],"n":1.5}`)
	var l strictjson.Lexer
	h := &counter{}
	if n := testing.AllocsPerRun(100, func() {
		l.Reset(h)
		for i := 0; i < len(text); i += 5 {
			_ = l.Feed(text[i:min(i+5, len(text))])
		}
		_ = l.Close()
	}); n != 0 {
		t.Errorf("%v allocations a text", n)
	}
}
