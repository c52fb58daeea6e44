package differential

import (
	"fmt"
	"os"
	"testing"

	"github.com/mom-router/mom-router/internal/needs"
)

// compiled is where hostsim keeps compiled modules for all tests.
var compiled string

func TestMain(m *testing.M) {
	var err error
	if compiled, err = needs.Compiled(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
