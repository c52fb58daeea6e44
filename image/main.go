// Command image puts the Wasm module into OCI images, as Istio and Envoy Gateway pull them, without a container engine: the
// same module gives the same digests.
//
// It writes an OCI layout, which skopeo, crane and oras copy to a registry. Two images stand in it: "compat" is made of
// standard media types only, which every registry takes; "oci" has the module as an artifact. Istio takes both, Envoy
// Gateway too.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/mom-router/mom-router/internal/version"
)

func main() {
	module := flag.String("module", "dist/mom-router.wasm", "the Wasm `file`")
	out := flag.String("out", "dist/image", "the `directory` of the OCI layout; what is in it is replaced")
	flag.Parse()
	if flag.NArg() > 0 {
		fail(fmt.Errorf("no arguments, please, but flags only: %q", flag.Args()))
	}
	images, err := build(*module, *out)
	if err != nil {
		fail(err)
	}
	for _, i := range images {
		fmt.Printf("%-6s sha256:%s\n", i.name, i.digest)
	}
	fmt.Fprintf(os.Stderr, `
to publish it, for example:
  skopeo copy oci:%[1]s:compat docker://registry.example.com/mom-router:%[2]s
and in both WasmPlugins:
  url: oci://registry.example.com/mom-router:%[2]s
  sha256: %[3]s
`, *out, version.Number, images[0].digest)
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "image:", err)
	os.Exit(2)
}
