//go:build !wasip1

package main_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
)

// A module is loaded anew into each proxy, so it is kept small: whatever takes package fmt with it shows here.
func TestTheModuleIsAtMostFourMegabytesBesideItsLearnedTable(t *testing.T) {
	if os.Getenv("MOM_ROUTER_WASM") != "" {
		t.Skip("MOM_ROUTER_WASM names another module")
	}
	size := func(path string) int64 {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	module, err := needs.Module()
	if err != nil {
		t.Fatal(err)
	}
	root, err := needs.Root()
	if err != nil {
		t.Fatal(err)
	}
	if got := size(module) - size(filepath.Join(root, "rules", "internal", "signal", "weights.bin")); got > 4<<20 {
		t.Errorf("%d bytes, want at most %d", got, 4<<20)
	}
}
