package abi

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

func TestPairsSurviveTheirEncoding(t *testing.T) {
	for name, pairs := range map[string][]Pair{
		"no pairs":                   {},
		"one pair":                   {{"a", "1"}},
		"empty names and values":     {{"", ""}, {"a", ""}},
		"a NUL inside a value":       {{"a", "x\x00y"}},
		"names that come repeatedly": {{"a", "1"}, {"a", "2"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ParsePairs(AppendPairs(nil, pairs)); !reflect.DeepEqual(got, pairs) {
				t.Errorf("got %q, want %q", got, pairs)
			}
		})
	}
}

func TestPairsThatDoNotAddUpAreNoPairs(t *testing.T) {
	good := AppendPairs(nil, []Pair{{"name", "value"}})
	for n := range good {
		if got := ParsePairs(good[:n]); got != nil {
			t.Errorf("the first %d bytes gave %q", n, got)
		}
	}
	if got := ParsePairs(append(good, 0)); got != nil {
		t.Errorf("a byte too many gave %q", got)
	}
	huge := append([]byte{0xff, 0xff, 0xff, 0xff}, good...)
	if got := ParsePairs(huge); got != nil {
		t.Errorf("a huge count gave %q", got)
	}
}

func FuzzParsePairs(f *testing.F) {
	f.Add(AppendPairs(nil, []Pair{{"a", "1"}, {"b", ""}}))
	f.Add([]byte{2, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if pairs := ParsePairs(b); pairs != nil {
			if again := AppendPairs(nil, pairs); !bytes.HasPrefix(b, again) {
				t.Errorf("%q was read as %q, which is written as %q", b, pairs, again)
			}
		}
	})
}

// module is a binary with one import of each kind and some exports.
var module = []byte("\x00asm\x01\x00\x00\x00" +
	"\x00\x03\x01xy" + // a custom section
	"\x02\x20\x04" + "\x03env\x01f\x00\x00" + "\x01m\x01t\x01\x70\x00\x01" + "\x01m\x01m\x02\x01\x01\x02" + "\x01m\x01g\x03\x7f\x00" +
	"\x07\x22\x02" + "\x17proxy_abi_version_0_2_1\x00\x00" + "\x04memo\x02\x00")

func TestAModuleIsReadWithoutCompilingIt(t *testing.T) {
	got, err := Read(module)
	if err != nil {
		t.Fatal(err)
	}
	want := Outline{Version: Version021, Imports: []Import{{Module: "env", Name: "f"}, {Module: "m", Name: "t", Other: true},
		{Module: "m", Name: "m", Other: true}, {Module: "m", Name: "g", Other: true}}, Exports: []string{"proxy_abi_version_0_2_1"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestWhatIsNoModuleIsRefused(t *testing.T) {
	for name, tt := range map[string]struct{ wasm, want string }{
		"nothing":             {"", "no Wasm module"},
		"a script":            {"#!/bin/sh\n", "no Wasm module"},
		"a component":         {"\x00asm\x0d\x00\x01\x00", "a component?"},
		"a section cut short": {string(module[:20]), "cut short"},
		"an endless number":   {"\x00asm\x01\x00\x00\x00\x07\xff\xff\xff\xff\xff\xff", "cut short"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Read([]byte(tt.wasm)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add(module)
	f.Fuzz(func(t *testing.T, b []byte) { Read(b) }) // it must not panic or hang
}
