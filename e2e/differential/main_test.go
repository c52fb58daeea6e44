package differential

import (
	"flag"
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
	flag.Parse()
	if n := flag.Lookup("test.parallel"); n.Value.String() == n.DefValue {
		n.Value.Set("6") // much of the time is spent waiting, for ticks and closing connections
	}
	os.Exit(m.Run())
}
