//go:build !wasip1

package main_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
)

// mostBytes is what the module may take beside its learned table: so much that what takes package fmt with it, or a cipher, shows. Its data is packed (internal/compact);
// before that, reading answers took 60 KB of it, and the metrics with labels 40; policies that extend the default one, and what tests may send, 70; several policies, and
// tenants with their models, 90; a candidate, its arms and its verdict 110; what a preview says 12; objectives that are measured, and shares, 140; other models that
// stand in, and charges, 90.
const mostBytes = 3700 << 10

func TestTheModuleStaysSmallBesideItsLearnedTable(t *testing.T) {
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
	if got := size(module) - size(filepath.Join(root, "rules", "internal", "signal", "weights.bin")); got > mostBytes {
		t.Errorf("%d bytes, want at most %d", got, mostBytes)
	}
}
