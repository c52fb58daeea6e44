package differential

import (
	"os"
	"testing"
)

// compiled is where hostsim keeps compiled modules for all tests.
var compiled string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "differential")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		compiled = dir
		return m.Run()
	}())
}
