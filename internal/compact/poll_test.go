package main

import (
	"bytes"
	"strings"
	"testing"
)

// asking is a module that imports those functions and has that code.
func asking(imports, code string) []byte {
	section := func(id byte, content string) string { return string([]byte{id, byte(len(content))}) + content }
	return []byte("\x00asm\x01\x00\x00\x00" + section(2, imports) + section(10, code))
}

func TestAModuleDoesNotAskTheHostForEvents(t *testing.T) {
	const (
		exit = "\x16wasi_snapshot_preview1\x09proc_exit\x00\x00"
		poll = "\x16wasi_snapshot_preview1\x0bpoll_oneoff\x00\x01"
		// As Go 1.26 loads what it hands over: by a copy of the stack's address, or by the global itself.
		copied = "\x20\x01\x28\x02\x08" + "\x20\x01\x28\x02\x10" + "\x20\x01\x28\x02\x18" + "\x20\x01\x28\x02\x20"
		global = "\x23\x00\x28\x02\x08" + "\x23\x00\x28\x02\x10" + "\x23\x00\x28\x02\x18" + "\x23\x00\x28\x02\x20"
	)
	nothing := "\x41\x00" + strings.Repeat("\x01", 20) // i32.const 0, then nop
	for name, tt := range map[string]struct{ imports, code, want string }{
		"a call by a copy of the stack's address": {"\x02" + exit + poll, "ab" + copied + "\x10\x01cd", "ab" + nothing + "cd"},
		"a call by the stack's address":           {"\x02" + poll + exit, "ab" + global + "\x10\x00cd", "ab" + nothing + "cd"},
		"a call of another import":                {"\x01" + exit, "ab" + global + "\x10\x00cd", "ab" + global + "\x10\x00cd"},
		"no imports":                              {"\x00", "abcd", "abcd"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := unpolled(asking(tt.imports, tt.code))
			if want := asking(tt.imports, tt.want); err != nil || !bytes.Equal(got, want) {
				t.Errorf("got\n%q, %v; want\n%q", got, err, want)
			}
			if again, err := unpolled(bytes.Clone(got)); err != nil || !bytes.Equal(again, got) {
				t.Errorf("made once more it is\n%q, %v; want\n%q", again, err, got)
			}
		})
	}
	for name, code := range map[string]string{
		"an import that is not called":   "ab" + copied + "\x10\x02cd",
		"a call with fewer numbers":      "ab" + copied[5:] + "\x10\x00cd",
		"two calls":                      copied + "\x10\x00" + global + "\x10\x00",
		"a call of what another one has": "ab\x20\x01\x10\x00cd",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := unpolled(asking("\x01"+poll, code)); err == nil || !strings.Contains(err.Error(), "poll_oneoff is called at ") {
				t.Errorf("got %v", err)
			}
		})
	}
	for name, module := range map[string][]byte{"no module": []byte("#!/bin/sh"), "one cut short": asking("\x01"+poll, copied)[:20]} {
		t.Run(name, func(t *testing.T) {
			if got, err := unpolled(module); err != nil || !bytes.Equal(got, module) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
