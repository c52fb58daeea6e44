package reason

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What runs in the proxy has no solver in it.
func TestTheModuleDoesNotReason(t *testing.T) {
	command := exec.Command("go", "list", "-deps", "../../plugin")
	command.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := string(out)
	if !strings.Contains(deps, "mom-router/rules/expr\n") {
		t.Fatalf("these are no dependencies of the module:\n%s", deps)
	}
	for _, unwanted := range []string{"gophersat", "mom-router/rules/reason", "mom-router/rules/source", "mom-router/docs"} {
		if strings.Contains(deps, unwanted) {
			t.Errorf("the module depends on %s", unwanted)
		}
	}
}
