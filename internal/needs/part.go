package needs

import (
	"os"
	"testing"
)

// Quick and Rest say which part of the tests runs, by the environment variable MOM_TESTS. Without it, that is all but what
// takes long: `make test`. "rest" is what that leaves out, and nothing twice: `make test-rest`. "all" is both.

// Quick reports whether what `make test` runs is to run.
func Quick() bool { return os.Getenv("MOM_TESTS") != "rest" }

// Rest reports whether what takes long is to run.
func Rest() bool { part := os.Getenv("MOM_TESTS"); return part == "rest" || part == "all" }

// Part skips a test, or a part of one, that belongs to the other run.
func Part(t testing.TB, rest bool) {
	t.Helper()
	switch {
	case rest && !Rest():
		t.Skip("make test-rest runs it (MOM_TESTS=rest or all)")
	case !rest && !Quick():
		t.Skip("make test runs it (MOM_TESTS=all)")
	}
}
