// Command hostsim runs Proxy-Wasm modules as Envoy would, on this machine: by default mom-router's own
// module with its default policy.
//
//	hostsim route [--prompt TEXT | FILE... | -] [--model NAME] [--policy FILE] [--json]
//	hostsim explain [the flags and files of route]
//	hostsim replay [--policy FILE] [--json] [--upstream-request] FILE|-
//	hostsim serve [--listen ADDRESS] [--admin ADDRESS] [--policy FILE] [--upstream CLUSTER=URL]...
//	hostsim bench [--requests N] [--workers N] [FILE]
//	hostsim simulate [--policy FILE] [--trace LOG]... [--json] [--html FILE] SCENARIO
//
// route, replay, bench and serve run any module that is given with --wasm and --config, or the Wasm filters of an Envoy
// configuration that is given with --filters. --envoy 1.36 has them run as in that release, --capabilities restricts them,
// --upstream CLUSTER=URL is where their HTTP calls go, and --trace prints each call between host and module.
//
// It exits with 0 when every request was answered (a denial is an answer), with 1 when one was not
// (a line that cannot be sent, a request held for ever, a trap), with 2 when it cannot run at all.
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/internal/version/built"
)

const usage = `hostsim runs Proxy-Wasm modules as Envoy would, on this machine.

  hostsim route [flags] --prompt TEXT     route one prompt
  hostsim route [flags] FILE...           route the request in each file ("-": standard input)
  hostsim explain [flags] ...             the same, with the reasons; shows pieces of the prompt
  hostsim replay [flags] FILE             route one request a line ("-": standard input)
  hostsim bench [flags] [FILE]            how many requests a second the module routes
  hostsim simulate [flags] SCENARIO       what a policy's objectives make of requests, on a made-up clock
  hostsim playground [--policy FILE]      a page to try prompts and policies on, at http://127.0.0.1:8090
  hostsim --version                       release, commit, and the module's digest
  hostsim serve [flags]                   be a proxy, with stand-in engines or with --upstream CLUSTER=URL

A request is a chat completion's body, or an object with "path" or "method":
  {"method":"POST","path":"/v1/chat/completions","headers":{...},"body":...}
  (also body_base64, chunks, metadata, trailers, http)

Other plugins: --wasm FILE --config FILE, or --filters FILE with an Envoy configuration; --upstream CLUSTER=URL for HTTP calls.

Try: hostsim route --prompt 'Who are you?'      All flags: hostsim route --help
`

// The exit codes.
const (
	exitOK    = 0
	exitNo    = 1 // some request was not answered
	exitUnfit = 2 // cannot run
)

// streams are the three files of a command, replaced in tests.
type streams struct {
	in       io.Reader
	out, err io.Writer
	terminal bool // err is one
}

// commands by name.
var commands = map[string]func(args []string, s streams) int{
	"bench":      bench,
	"explain":    explain,
	"playground": playground,
	"replay":     replay,
	"route":      route,
	"serve":      serve,
	"simulate":   simulated,
}

func main() {
	info, err := os.Stderr.Stat()
	s := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	s.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	// The VMs' memory lives as long as the process: collecting around it often costs more than it frees, and a command that
	// routes one prompt is over before there is anything to collect.
	debug.SetGCPercent(200)
	if len(os.Args) > 1 && os.Args[1] == "route" {
		debug.SetGCPercent(-1)
		debug.SetMemoryLimit(512 << 20)
	}
	os.Exit(run(os.Args[1:], s))
}

func run(args []string, s streams) int {
	if len(args) == 0 {
		fmt.Fprint(s.err, usage)
		return exitUnfit
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(s.out, usage)
		return exitOK
	case "version", "-version", "--version":
		fmt.Fprintln(s.out, built.Version("hostsim"))
		if name, err := (&options{}).findModule(); err == nil {
			if module, err := os.ReadFile(name); err == nil {
				fmt.Fprintf(s.out, "module sha256:%x (%s)\n", sha256.Sum256(module), name)
			}
		}
		return exitOK
	}
	if command := commands[args[0]]; command != nil {
		return command(args[1:], s)
	}
	names := slices.Sorted(maps.Keys(commands))
	last := len(names) - 1
	fmt.Fprintf(s.err, "hostsim: unknown command %q: want %s or %s (hostsim help)\n", args[0], strings.Join(names[:last], ", "), names[last])
	return exitUnfit
}

// fail prints one line and gives the exit code for "cannot run".
func (s streams) fail(err error) int {
	fmt.Fprintf(s.err, "hostsim: %s\n", err)
	return exitUnfit
}
