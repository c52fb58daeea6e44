// Command hostsim runs Proxy-Wasm modules as Envoy would, on this machine: by default mom-router's own
// module with its default policy. hostsim --help lists what it does, and hostsim help COMMAND has the flags and examples of each.
//
// route, replay, bench and serve run any module that is given with --wasm and --config, or the Wasm filters of an Envoy
// configuration that is given with --filters. --envoy 1.36 has them run as in that release, --capabilities restricts them,
// --upstream CLUSTER=URL is where their HTTP calls go, and --trace prints each call between host and module.
//
// It exits with 0 when all is well, with 1 when the answer is no (a request that was denied, in route alone; one that was not answered:
// a line that cannot be sent, a request held for ever, a trap), and with 2 when it cannot run at all.
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/version/built"
)

// The exit codes.
const (
	exitOK    = cli.OK
	exitNo    = cli.No     // a request was denied or not answered
	exitUnfit = cli.Cannot // cannot run
)

// streams are the three files of a command, replaced in tests.
type streams struct{ cli.Streams }

func main() {
	// The VMs' memory lives as long as the process: collecting around it often costs more than it frees, and a command that
	// routes one prompt is over before there is anything to collect.
	debug.SetGCPercent(200)
	if len(os.Args) > 1 && os.Args[1] == "route" {
		debug.SetGCPercent(-1)
		debug.SetMemoryLimit(512 << 20)
	}
	cli.Main(root, version)
}

func run(args []string, s streams) int { return cli.Run(root, args, s.Streams, version) }

func root(all cli.Streams) *cobra.Command {
	s := streams{all}
	c := &cobra.Command{
		Use:   "hostsim COMMAND",
		Short: "Run Proxy-Wasm modules as Envoy would, on this machine",
		Long: `hostsim runs Proxy-Wasm modules as Envoy would, on this machine: by default mom-router's own module with its default policy.

A request is a chat completion's body, or an object with "path" or "method":
  {"method":"POST","path":"/v1/chat/completions","headers":{...},"body":...}
  (also body_base64, chunks, metadata, trailers, http)

Other plugins: --wasm FILE --config FILE, or --filters FILE with an Envoy configuration; --upstream CLUSTER=URL for HTTP calls.

Exit code: 0 all is well, 1 the answer is no (a request is denied or gets no answer), 2 the command cannot run.`,
		Example: cli.Examples(`hostsim route --prompt 'Who are you?'`, `hostsim serve`),
	}
	c.AddCommand(routeCommand(s), explainCommand(s), replayCommand(s), benchCommand(s), simulateCommand(s), playgroundCommand(s), serveCommand(s, nil, nil))
	return c
}

// version says what tells this command and its module from others.
func version(w io.Writer) {
	fmt.Fprintln(w, built.Version("hostsim"))
	name, err := (&options{}).findModule()
	if err != nil {
		return
	}
	if module, err := os.ReadFile(name); err == nil {
		fmt.Fprintf(w, "module sha256:%x (%s)\n", sha256.Sum256(module), name)
	}
}

// fail prints one line and gives the exit code for "cannot run".
func (s streams) fail(err error) int { return s.Fail("hostsim", err) }
