package main

import (
	"bytes"
	"slices"
	"testing"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

// Pieces of code as Go writes them.
const (
	goBegins = "\x01\x01\x7f\x23\x00\x21\x01"                     // one variable, the stack pointer
	goHead   = "\x20\x01\x41\x08\x6b\x22\x01\x24\x00\x20\x01\x42" // and a return address
	goStore  = "\x37\x03\x00"
	goTail   = "\x23\x00\x21\x01\x0d\x00"
	goLeaves = "\x20\x01\x41\x10\x6a\x22\x01\x24\x00\x20\x01\x41\x08\x6a\x22\x01\x24\x00\x41\x00\x0f"
)

func TestTheStackPointerStaysInAVariableBehindACall(t *testing.T) {
	f := &callers{body: []byte(goBegins + goHead + "\x05" + goStore + "\x41\x00\x10\x07" + goTail + goLeaves + "\x0b"), stays: true}
	if !f.read() {
		t.Fatal("it is not as Go writes them")
	}
	const want = "\x02\x01\x7f\x01\x7f\x23\x00\x21\x01" + // one variable more
		"\x20\x01\x41\x08\x6b\x22\x02\x24\x00\x20\x02\x42\x05\x37\x03\x00\x41\x00\x10\x07\x0d\x00" +
		"\x20\x01\x41\x18\x6a\x24\x00\x41\x00\x0f\x0b"
	if got := f.write(nil); string(got) != want {
		t.Errorf("it is\n%x, want\n%x", got, want)
	}
}

func TestTheStackPointerIsReadAgainWhereStacksMayHaveMoved(t *testing.T) {
	const call = goHead + "\x05" + goStore + "\x41\x00\x10\x07" + goTail
	f := &callers{body: []byte(goBegins + call + "\x0b")}
	if !f.read() {
		t.Fatal("it is not as Go writes them")
	}
	if got := f.write(nil); string(got) != goBegins+call+"\x0b" {
		t.Errorf("it is %x", got)
	}
	for by, want := range map[string]bool{"go1.26.8": true, "go1.26": true, "go1.25.1": false, "go1.27.0": false, "devel go1.26-abc": false, "": false} {
		producers := "\x09producers\x01\x0cprocessed-by\x01\x0eGo cmd/compile" + string(rune(len(by))) + by
		if got := stacksStay([]section{{10, nil}, {0, []byte("\x01x")}, {0, []byte(producers)}}); got != want {
			t.Errorf("built by %q: %t, want %t", by, got, want)
		}
	}
	if stacksStay(nil) || stacksStay([]section{{0, []byte("\x09producers")}}) {
		t.Error("it is said of a module that does not say who built it")
	}
}

func TestCallsThatAreHopedNotToBeMadeAreMadeByAnotherFunction(t *testing.T) {
	const call = goHead + "\x05" + goStore + "\x41\x00\x10\x07" + goTail
	for name, c := range map[string]struct {
		code string
		rare bool
	}{
		"in a condition of its own":            {"\x41\x01\x04\x40" + call + "\x0b\x41\x00\x0f", true},
		"where nothing follows":                {"\x02\x40" + call + "\x00\x0b", true},
		"in a block":                           {"\x02\x40" + call + "\x0b\x41\x00\x0f", false},
		"in a condition, and something behind": {"\x41\x01\x04\x40" + call + "\x41\x00\x0f\x0b", false},
		"with an address that is too large":    {"\x02\x40" + goHead + "\x80\x80\x80\x80\x08" + goStore + "\x41\x00\x10\x07" + goTail + "\x00\x0b", false},
		"of a variable function":               {"\x02\x40" + goHead + "\x05" + goStore + "\x42\x10\x88\xa7\x21\x00\x41\x00\x20\x00\x11\x00\x00" + goTail + "\x00\x0b", false},
	} {
		t.Run(name, func(t *testing.T) {
			f := &callers{body: []byte(goBegins + c.code + "\x0b")}
			if !f.read() {
				t.Fatal("it is not as Go writes them")
			}
			if len(f.calls) != 1 || len(f.rare) == 1 != c.rare {
				t.Fatalf("%d calls, %d of them rare, want 1 and %t", len(f.calls), len(f.rare), c.rare)
			}
			if got := bytes.Contains(f.write(map[int]uint32{7: 9}), []byte("\x41\x05\x10\x09\x0d\x00")); got != c.rare {
				t.Errorf("it is made by the other function: %t", got)
			}
		})
	}
}

func TestAFunctionThatUsesTheStackPointerOtherwiseIsLeftAlone(t *testing.T) {
	const call = goHead + "\x05" + goStore + "\x41\x00\x10\x07" + goTail
	for name, body := range map[string]string{
		"it has no copy of it":                  "\x00" + call + "\x0b",
		"it goes to another stack":              goBegins + call + "\x20\x00\x22\x01\x24\x00\x0b",
		"it sets its copy alone":                goBegins + call + "\x41\x00\x21\x01\x0b",
		"it sets the shared one alone":          goBegins + call + "\x41\x00\x24\x00\x0b",
		"it takes the shared one, with no call": goBegins + call + "\x23\x00\x21\x01\x0b",
		"it is cut short":                       goBegins + call + "\x20",
		"it has an instruction of vectors":      goBegins + call + "\xfd\x00\x0b",
	} {
		t.Run(name, func(t *testing.T) {
			f := &callers{body: []byte(body)}
			if f.read() {
				t.Error("it is taken for one of Go's")
			}
			if got := f.write(map[int]uint32{7: 9}); string(got) != body {
				t.Errorf("it is written anew: %x", got)
			}
		})
	}
}

// A frame of eight bytes with a number in it looks like the beginning of a call.
func TestAFrameOfEightBytesIsNoCall(t *testing.T) {
	const frame = goHead + "\x05" + goStore
	f := &callers{body: []byte(goBegins + frame + goHead + "\x06" + goStore + "\x41\x00\x10\x07" + goTail + "\x0b"), stays: true}
	if !f.read() || len(f.calls) != 1 {
		t.Fatalf("%d calls, want 1", len(f.calls))
	}
	if got := f.write(nil); !bytes.Contains(got, []byte(frame+"\x20\x01\x41\x08\x6b\x22\x02")) {
		t.Errorf("the frame is lost: %x", got)
	}
}

func TestAProgramDoesTheSameWithItsCallsWrittenShorter(t *testing.T) {
	as := compact(flowProgram(t))
	anew := called(structured(as))
	want, got := output(t, as), output(t, anew)
	if want == "" || got != want {
		t.Errorf("it prints\n%s\nand before\n%s", got, want)
	}
	if before := len(structured(as)); len(anew) > before-before/30 {
		t.Errorf("%d bytes, and before %d", len(anew), before)
	}
	if !bytes.Equal(called(anew), anew) {
		t.Error("what is written anew is not left alone")
	}
	cut := anew[:len(anew)/2]
	if !bytes.Equal(called(cut), cut) {
		t.Error("half a module is not left alone")
	}
}

func TestGoIsAskedWhichFunctionsNeverReturn(t *testing.T) {
	as := compact(flowProgram(t))
	names := functionNames(as)
	var got []string
	for number := range endings(as) {
		got = append(got, names[number])
	}
	for _, want := range []string{"runtime.throw", "runtime.gopanic", "runtime.goPanicIndex", "runtime.goPanicSliceB", "runtime.panicdivide"} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not among %q", want, got)
		}
	}
	for _, name := range got {
		if name == "runtime.printpanics" || name == "main.main" {
			t.Errorf("%s returns", name)
		}
	}
	// What names belong to shows by a function that is exported.
	sections, _ := split(as)
	for _, s := range sections {
		if s.id != 7 {
			continue
		}
		r := wasmbin.Reader{Rest: s.body}
		for range r.U32() {
			name, kind, number := r.Vector(), r.Byte(), r.U32()
			if kind == 0 && names[int(number)] != "_rt0_wasm_wasip1" {
				t.Errorf("%s is said to be %q", name, names[int(number)])
			}
		}
	}
	if got := endings([]byte("\x00asm\x01\x00\x00\x00")); len(got) > 0 {
		t.Errorf("a module without functions has %v", got)
	}
}
