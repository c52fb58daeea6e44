// Package built is what commands answer to --version. It stands apart from the number, since the module has no room for what it imports.
package built

import (
	"runtime/debug"
	"strings"

	"github.com/mom-router/mom-router/internal/version"
)

// commit is set where releases are built, which look the same whatever tags and settings the machine has. Elsewhere Go knows it, if it was
// built from a checkout.
var commit string

// Version says what a command is: its name, the release, the commit that it was built from as far as Go knows it, and the release of Go.
func Version(command string) string {
	from, goes := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		goes = info.GoVersion
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				from = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				from += " with changes"
			}
		}
	}
	if commit != "" {
		from = commit
	}
	return strings.TrimSpace(command + " " + version.Number + " (commit " + from + ", " + goes + ")")
}
