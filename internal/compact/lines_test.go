package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// A program that needs what is left of the table: its stack grows and is searched for pointers, it panics and recovers; and in the end it crashes.
const crashing = `package main

import "runtime"

type node struct { next *node; n int }

//go:noinline
func deep(n int, last *node) *node {
	if n == 0 {
		runtime.GC()
		return last
	}
	here := &node{last, n}
	there := deep(n-1, here)
	if here.n != n || here.next != last { panic("lost") }
	return there
}

func recovered() (said any) {
	defer func() { said = recover() }()
	deep(300, nil)
	inlined(nil)
	return nil
}

func inlined(p *node) int { return p.n }

func main() {
	if recovered() == nil { panic("nothing was said") }
	n := 0
	for p := deep(500, nil); p != nil; p = p.next { n++ }
	println(n, "nodes")
	deep(3, nil)
	panic("the end")
}
`

func TestACrashNamesFunctionsAndNoLines(t *testing.T) {
	source := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(source, []byte(crashing), 0o644); err != nil {
		t.Fatal(err)
	}
	as := built(t, source)
	crash := func(wasm []byte) string {
		ctx := context.Background()
		runtime := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
		defer runtime.Close(ctx)
		wasi_snapshot_preview1.MustInstantiate(ctx, runtime)
		var out bytes.Buffer
		if _, err := runtime.InstantiateWithConfig(ctx, wasm, wazero.NewModuleConfig().WithStderr(&out)); err == nil {
			t.Fatalf("it did not crash: %s", &out)
		}
		return out.String()
	}
	merged := compact(as)
	anew := unlined(merged)
	if saved := len(merged) - len(anew); saved < len(merged)/50 {
		t.Errorf("%d bytes of %d are saved", saved, len(merged))
	}
	with, without := crash(merged), crash(anew)
	if !strings.Contains(with, "main.go:") {
		t.Errorf("before, it named no lines:\n%s", with)
	}
	for _, want := range []string{"500 nodes", "panic: the end", "main.main("} {
		if !strings.Contains(without, want) {
			t.Errorf("it does not say %q:\n%s", want, without)
		}
	}
	if got := crash(unlined(called(structured(merged)))); got != without {
		t.Errorf("with its code written anew it says\n%s\nand without\n%s", got, without)
	}
	if strings.Contains(without, ".go:") {
		t.Errorf("it names lines:\n%s", without)
	}
}

func TestWhatIsNoTableOfFunctionsIsLeftAlone(t *testing.T) {
	table := append([]byte(pcMagic), make([]byte, 200)...)
	for name, data := range map[string][]byte{"none": []byte("data"), "one that is cut short": table[:40], "one of nothing": table} {
		if module := moduleOf(1000, data); !bytes.Equal(unlined(module), module) {
			t.Errorf("%s: it is another module", name)
		}
	}
	wild := bytes.Clone(table)
	wild[8], wild[32], wild[40], wild[48], wild[56], wild[64] = 9, pcHeader, 80, 80, 80, 90 // nine functions, whose places are beyond the end
	copy(wild[94:], "\xff\xff\xff\x7f")
	if dropLines(bytes.Clone(wild)) {
		t.Error("a function beyond the end was read")
	}
}
