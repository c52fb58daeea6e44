// Command validate is `istioctl validate` alone, which takes a fraction of the time to build.
package main

import (
	"os"

	"istio.io/istio/istioctl/pkg/cli"
	"istio.io/istio/istioctl/pkg/validate"
)

func main() {
	if validate.NewValidateCommand(cli.NewCLIContext(nil)).Execute() != nil {
		os.Exit(1) // it has said why
	}
}
