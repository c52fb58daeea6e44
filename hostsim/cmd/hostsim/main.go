// Command hostsim runs Proxy-Wasm modules as Envoy would, on this machine: by default mom-router's own
// module with its default policy.
//
//	hostsim route [--prompt TEXT | FILE... | -] [--model NAME] [--policy FILE] [--json]
//	hostsim explain [the flags and files of route]
//	hostsim replay [--policy FILE] [--json] [--upstream-request] FILE|-
//	hostsim serve [--listen ADDRESS] [--policy FILE] [--upstream CLUSTER=URL]...
//
// It exits with 0 when every request was answered (a denial is an answer), with 1 when one was not
// (a line that cannot be sent, a request held for ever, a trap), with 2 when it cannot run at all.
package main

import (
	"fmt"
	"io"
	"os"
)

const usage = `hostsim runs Proxy-Wasm modules as Envoy would, on this machine.

  hostsim route [flags] --prompt TEXT     route one prompt
  hostsim route [flags] FILE...           route the request in each file ("-": standard input)
  hostsim explain [flags] ...             the same, with the reasons; shows pieces of the prompt
  hostsim replay [flags] FILE             route one request a line ("-": standard input)
  hostsim serve [flags]                   be a proxy, with stand-in engines or with --upstream CLUSTER=URL

A request is a chat completion's body, or an object with "path" or "method":
  {"method":"POST","path":"/v1/chat/completions","headers":{...},"body":...}
  (also body_base64, chunks, trailers, http)

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

func main() {
	info, err := os.Stderr.Stat()
	s := streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}
	s.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	os.Exit(run(os.Args[1:], s))
}

func run(args []string, s streams) int {
	if len(args) == 0 {
		fmt.Fprint(s.err, usage)
		return exitUnfit
	}
	switch args[0] {
	case "route":
		return route(args[1:], s)
	case "explain":
		return explain(args[1:], s)
	case "replay":
		return replay(args[1:], s)
	case "serve":
		return serve(args[1:], s)
	case "help", "-h", "-help", "--help":
		fmt.Fprint(s.out, usage)
		return exitOK
	}
	fmt.Fprintf(s.err, "hostsim: unknown command %q: want route, explain, replay or serve (hostsim help)\n", args[0])
	return exitUnfit
}

// fail prints one line and gives the exit code for "cannot run".
func (s streams) fail(err error) int {
	fmt.Fprintf(s.err, "hostsim: %s\n", err)
	return exitUnfit
}
