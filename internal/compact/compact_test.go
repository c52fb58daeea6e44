package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// withData is a module with a memory and a data section of that content.
func withData(content string, before ...string) []byte {
	section := func(id byte, content string) string { return string([]byte{id, byte(len(content))}) + content }
	return []byte("\x00asm\x01\x00\x00\x00" + strings.Join(before, "") + section(5, "\x01\x00\x01") + section(11, content) + section(0, "\x01xy"))
}

func TestDataIsPutIntoFewerPieces(t *testing.T) {
	const low, high = "\x00\x41\x08\x0b\x02ab", "\x00\x41\x0c\x0b\x01c" // at 8 and at 12
	for name, tt := range map[string]struct{ module, want []byte }{
		"pieces with a gap":                 {withData("\x02" + low + high), withData("\x01\x00\x41\x08\x0b\x05ab\x00\x00c")},
		"pieces far from each other":        {withData("\x02" + low + "\x00\x41\x80\x80\x04\x0b\x01c"), withData("\x02" + low + "\x00\x41\x80\x80\x04\x0b\x01c")},
		"addresses beyond 2 GiB":            {withData("\x02\x00\x41\x70\x0b\x01a\x00\x41\x72\x0b\x01b"), withData("\x01\x00\x41\x70\x0b\x03a\x00b")},
		"pieces in two runs":                {withData("\x03" + high + "\x00\x41\x04\x0b\x01d" + low), withData("\x02" + high + "\x00\x41\x04\x0b\x06d\x00\x00\x00ab")},
		"a run that leaps over another one": {withData("\x03" + "\x00\x41\x80\x08\x0b\x01c" + low + "\x00\x41\x80\x10\x0b\x01d"), withData("\x03" + "\x00\x41\x80\x08\x0b\x01c" + low + "\x00\x41\x80\x10\x0b\x01d")},
		"a run that meets another one":      {withData("\x03" + high + low + "\x00\x41\x0b\x0b\x02cd"), nil},
		"zeros over another run":            {withData("\x03" + high + low + "\x00\x41\x0e\x0b\x01d"), nil},
		"the same piece twice":              {withData("\x02" + high + high), nil},
		"overlapping pieces are kept":       {withData("\x02" + low + "\x00\x41\x09\x0b\x01c"), nil},
		"an address in a global":            {withData("\x02" + low + "\x00\x23\x00\x0b\x01c"), nil},
		"data that the code copies":         {withData("\x02" + low + "\x01\x01c"), nil},
		"numbered pieces are kept":          {withData("\x02"+low+high, "\x0c\x01\x02"), nil},
		"an imported memory":                {withData("\x02"+low+high, "\x02\x08\x01\x01m\x01m\x02\x00\x01"), nil},
		"a data section cut short":          {withData("\x03" + low + high), nil},
		"bytes behind the last piece":       {withData("\x01" + low + high), nil},
		"a module without data":             {[]byte("\x00asm\x01\x00\x00\x00\x00\x03\x01xy"), nil},
		"no module":                         {[]byte("#!/bin/sh and so on"), nil},
		"what is too short for module":      {[]byte("\x00asm"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			if tt.want == nil {
				tt.want = tt.module
			}
			if got := short(compact(tt.module)); !bytes.Equal(got, tt.want) {
				t.Errorf("got\n%q, want\n%q", got, tt.want)
			}
		})
	}
}

// short writes numbers that take five bytes in one, as those of the test take.
func short(module []byte) []byte {
	for i := 0; i+5 <= len(module); i++ {
		if b := module[i : i+5]; b[0]&0x80 != 0 && b[1] == 0x80 && b[2] == 0x80 && b[3] == 0x80 && b[4] == 0 {
			module = append(append(bytes.Clone(module[:i]), b[0]&0x7f), module[i+5:]...)
		}
	}
	// The section is as much shorter.
	at := bytes.LastIndex(module, []byte("\x05\x03\x01\x00\x01\x0b"))
	if end := bytes.LastIndex(module, []byte("\x00\x03\x01xy")); at >= 0 && end >= 0 {
		module = bytes.Clone(module)
		module[at+6] = byte(end - at - 7)
	}
	return module
}

// memory is what the pieces of a data section make of an empty memory, as far as 64 KiB.
func memory(section []byte) (out [1 << 16]byte, ok bool) {
	r := wasmbin.Reader{Rest: section}
	for n := r.U32(); n > 0 && !r.Bad; n-- {
		r.Take(2)
		at := uint32(r.S32())
		r.Byte()
		data := r.Vector()
		if uint64(at)+uint64(len(data)) > uint64(len(out)) {
			return out, false
		}
		copy(out[at:], data)
	}
	return out, !r.Bad
}

func FuzzMergedDataMakesTheSameMemory(f *testing.F) {
	f.Add([]byte("\x02\x00\x41\x08\x0b\x02ab\x00\x41\x0c\x0b\x01c"))
	f.Fuzz(func(t *testing.T, section []byte) {
		merged, ok := mergeData(nil, wasmbin.Reader{Rest: section})
		if !ok {
			return
		}
		want, fits := memory(section)
		got, fitsStill := memory(merged)
		if fits && (!fitsStill || got != want) {
			t.Errorf("%q became %q", section, merged)
		}
	})
}
