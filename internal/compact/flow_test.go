package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/mom-router/mom-router/hostsim/wasmbin"
)

func TestAProgramDoesTheSameWithBlocksAndLoops(t *testing.T) {
	as := compact(flowProgram(t))
	anew := structured(as)
	want, got := output(t, as), output(t, anew)
	if want == "" || got != want {
		t.Errorf("it prints\n%s\nand before\n%s", got, want)
	}
	if len(anew) >= len(as) {
		t.Errorf("%d bytes, and before %d", len(anew), len(as))
	}
	if left := inLoops(t, anew); left != 0 {
		t.Errorf("%d functions jump by tables as before", left)
	}
	if !bytes.Equal(structured(anew), anew) {
		t.Error("what is written anew is not left alone")
	}
}

// flowProgram is testdata/flow as Go builds it.
func flowProgram(t *testing.T) []byte {
	t.Helper()
	return built(t, "./testdata/flow")
}

// built is a program as Go builds it, by its folder or file.
func built(t *testing.T, source string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "built.wasm")
	build := exec.Command("go", "build", "-trimpath", "-o", file, source)
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	as, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return as
}

// output is what a program prints.
func output(t *testing.T, wasm []byte) string {
	ctx := context.Background()
	// An interpreter, since it takes longer to compile the program than to run it.
	runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer runtime.Close(ctx)
	wasi_snapshot_preview1.MustInstantiate(ctx, runtime)
	var out bytes.Buffer
	if _, err := runtime.InstantiateWithConfig(ctx, wasm, wazero.NewModuleConfig().WithStdout(&out).WithStderr(&out)); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	return out.String()
}

// inLoops counts the functions that are written as Go's compiler writes them.
func inLoops(t *testing.T, wasm []byte) (n int) {
	sections, ok := split(wasm)
	if !ok {
		t.Fatal("it is no module")
	}
	for _, s := range sections {
		if s.id != 10 {
			continue
		}
		r := wasmbin.Reader{Rest: s.body}
		for range r.U32() {
			if f := (&function{}); f.read(r.Vector()) {
				n++
			}
		}
	}
	return n
}

func TestAFunctionThatIsNotAsGoWritesThemIsLeftAlone(t *testing.T) {
	const before, behind = "\x01\x01\x7f\x23\x00\x21\x01", "\x0b\x00\x0b"
	// Two blocks, of which the first one jumps to the second, and that one to itself.
	const plain = "\x03\x40\x02\x40\x02\x40\x20\x00\x0e\x01\x00\x01\x0b" + "\x41\x01\x21\x00\x0c\x01\x0b" + "\x41\x01\x21\x00\x0c\x00"
	if structuredFunction([]byte(before+plain+behind), nil) == nil {
		t.Fatal("not even one as Go writes them is written anew")
	}
	for name, body := range map[string]string{
		"no copy of the stack pointer":   "\x01\x01\x7f" + plain + behind,
		"no loop":                        before + "\x02\x40\x20\x00\x0e\x00\x00\x0b\x0b\x0b",
		"a jump that says no block":      before + "\x03\x40\x02\x40\x02\x40\x20\x00\x0e\x01\x00\x01\x0b" + "\x0c\x01\x0b" + "\x41\x01\x21\x00\x0c\x00" + behind,
		"a jump that is not taken ever":  before + "\x03\x40\x02\x40\x02\x40\x20\x00\x0e\x01\x00\x01\x0b" + "\x41\x01\x21\x00\x41\x01\x0d\x01\x0b" + "\x41\x01\x21\x00\x0c\x00" + behind,
		"a block that is used otherwise": before + "\x03\x40\x02\x40\x02\x40\x20\x00\x0e\x01\x00\x01\x0b" + "\x20\x00\x1a\x0b" + "\x41\x01\x21\x00\x0c\x00" + behind,
		"code behind a jump":             before + "\x03\x40\x02\x40\x02\x40\x20\x00\x0e\x01\x00\x01\x0b" + "\x41\x01\x21\x00\x0c\x01\x01\x0b" + "\x41\x01\x21\x00\x0c\x00" + behind,
		"an instruction of vectors":      before + "\x03\x40\x02\x40\x02\x40\x20\x00\x0e\x01\x00\x01\x0b" + "\xfd\x00\x0b" + "\x41\x01\x21\x00\x0c\x00" + behind,
		"a table with too great a label": before + "\x03\x40\x02\x40\x02\x40\x20\x00\x0e\x01\x00\x02\x0b" + "\x41\x01\x21\x00\x0c\x01\x0b" + "\x41\x01\x21\x00\x0c\x00" + behind,
		"something behind its end":       before + plain + behind + "\x00",
		"nothing":                        "",
	} {
		t.Run(name, func(t *testing.T) {
			if got := structuredFunction([]byte(body), nil); got != nil {
				t.Errorf("it is written anew: %x", got)
			}
		})
	}
	whole := before + plain + behind
	for i := range whole {
		if got := structuredFunction([]byte(whole[:i]), nil); got != nil {
			t.Errorf("one cut at %d is written anew: %x", i, got)
		}
	}
}
