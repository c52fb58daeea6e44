// Command rules works on policies:
//
//	rules check [--envoy FILE | --clusters NAMES] [--werror] [--json | --sarif] FILE...
//	rules explain CODE
//	rules diff [--no-weaker-guards] [--reviewed NAMES] [--format FORMAT] [--json | --markdown] [--html FILE] OLD NEW [TRAFFIC...]
//	rules test [--run REGEXP] [--watch] [--coverage] [--junit FILE] [--json] FILE...
//	rules test --record REQUESTS FILE
//	rules json FILE
//	rules print FILE
//	rules init [--model KEY[=SERVED_NAME][@CLUSTER]]... [--strong KEY] [--guard KEY] [--extends default|none] [--version TEXT] [-o FILE]
//	rules schema [--tests]
//	rules import [--from FORMAT] [--report FILE] FILE
//	rules render [--filter | --mesh | -o DIRECTORY] FORM DESCRIPTION
//	rules canary [--admin HOST:PORT] [--json]
//	rules audit verify [--key-env NAME] [--partial] [--json] LOG...
//	rules audit report [--json] [--html FILE] [--tenant NAME] LOG...
//	rules audit explain [--request ID] [--policy FILE] LOG...
//	rules eval [--policy FILE] [--at-least PERCENT] [--json] LABELLED...
//	rules train --add LABELLED [--policy FILE [--write]] [-o FILE]
//	rules objectives [--admin HOST:PORT] [--json]
//
// A file is YAML, or JSON if its name ends in .json; "-" is standard input.
// Results go to standard output and everything else to standard error. The exit
// code is 0 if all is well, 1 if the answer is no, and 2 if the command cannot run.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/mom-router/mom-router/internal/version/built"
	"github.com/mom-router/mom-router/rules"
)

// The exit codes.
const (
	exitOK     = 0
	exitNo     = 1
	exitCannot = 2
)

const usage = `rules works on the policies of mom-router.

  rules check [--envoy FILE | --clusters NAMES] [--werror] [--json | --sarif] FILE...
        reports every mistake of each policy, runs the tests that it carries, and warns of what is odd, such as routes that are
        never reached; with an Envoy configuration, also of clusters and trusted headers that this lacks
  rules explain CODE
        says what a code of check's means, and what to do about it
  rules diff [--no-weaker-guards] [--reviewed NAMES] [--format FORMAT] [--json | --markdown] [--html FILE] OLD NEW [TRAFFIC...]
        compares two policies: what guards hold, which requests other rules decide about, and what becomes of requests in files
        (bodies, wrappers or OpenAI batches as JSON lines, or plain prompts; .gz; - is standard input)
  rules test [--run REGEXP] [--watch] [--coverage] [--junit FILE] [--json] FILE...
        runs the tests that each policy carries and those beside it, in mine.test.yaml and mine.NAME.test.yaml for
        mine.yaml, and says how each went
  rules test --record REQUESTS FILE
        writes tests for the requests of a file, one a line as hostsim replay takes them: what the policy decides today
  rules json FILE
        prints a policy in the JSON form that the plugin is configured with, with all that it extends
  rules print FILE
        prints the same as YAML
  rules init [--model KEY[=SERVED_NAME][@CLUSTER]]... [--strong KEY] [--guard KEY] [--extends default|none] [-o FILE]
        writes a first policy for your own models, with tests; on a terminal it asks for what no flag says
  rules schema [--tests]
        prints the JSON Schema of policies, or of files with tests, for editors
  rules import [--from vllm-sr|litellm] [--report FILE] FILE
        makes a policy of another router's configuration, and says of each part what became of it
  rules render [--filter | --mesh | -o DIRECTORY] envoy|istio|envoy-gateway|gateway-api DESCRIPTION
        writes the proxy's whole configuration, from a short file that says where policy and engines are: see docs/render.md
  rules canary [--admin HOST:PORT] [--json]
        shows how the candidate of a proxy does beside the active policy; the answer is no if it was taken back
  rules audit verify [--key-env NAME] [--partial] [--json] LOG...
        checks the chains of records over VMs, files and rotations, and names what is missing or altered
  rules audit report [--json] [--html FILE] [--tenant NAME] LOG...
        sums records up: decisions, models, flags, denials, tokens, costs, times, hours
  rules audit explain [--request ID] [--policy FILE] LOG...
        says of one record in words why it is as it is
  rules eval [--policy FILE] [--at-least PERCENT] [--json] LABELLED...
        measures signals on texts of your own that say what is right (JSON lines or CSV): accuracy, confusion, how sure they are,
        false alarms, and which words are new to the learned weights; the answer is no below --at-least, or if a line is wrong
  rules train --add LABELLED [--policy FILE [--write]] [-o FILE]
        learns classes of your own, such as domain.insurance, and corrections of the built-in ones from a few hundred such rows,
        and writes them as the part "classes" of a policy; what that is worth on rows that were left out is told at the end
  rules objectives [--admin HOST:PORT] [--json]
        what a proxy has measured for the objectives of its policy: budgets, times to the first token, and what went wrong
  rules --version
        prints release, commit, and the hash of the learned signals

FILE is YAML, or JSON if its name ends in .json; - is standard input. LOG is an access log with
records, what hostsim replay has written, or records alone, one a line; a name in .gz is unpacked.
Exit code: 0 all is well, 1 the answer is no, 2 the command cannot run.
`

// command is what a subcommand runs with: its own flags, and where output goes.
type command struct {
	flags       *flag.FlagSet
	stdin       io.Reader
	out, errors io.Writer
	stop        <-chan struct{} // ends --watch; nil for Ctrl-C
	answers     bool            // standard input is asked though it is no terminal
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, out, errs io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(errs, usage)
		return exitCannot
	}
	c := newCommand(args[0], stdin, out, errs)
	switch args[0] {
	case "check":
		return c.check(args[1:])
	case "test":
		return c.test(args[1:])
	case "diff":
		return c.diff(args[1:])
	case "explain":
		return c.explain(args[1:])
	case "json":
		return c.json(args[1:])
	case "print":
		return c.print(args[1:])
	case "init":
		return c.init(args[1:])
	case "schema":
		return c.schema(args[1:])
	case "import":
		return c.importPolicy(args[1:])
	case "render":
		return c.render(args[1:])
	case "canary":
		return c.canary(args[1:])
	case "audit":
		return c.audit(args[1:])
	case "eval":
		return c.eval(args[1:])
	case "train":
		return c.train(args[1:])
	case "objectives":
		return c.objectives(args[1:])
	case "help", "-h", "-help", "--help":
		fmt.Fprint(out, usage)
		return exitOK
	case "version", "-version", "--version":
		fmt.Fprintln(out, built.Version("rules"))
		if t, err := rules.Default(); err == nil {
			fmt.Fprintln(out, "weights", t.Weights())
		}
		return exitOK
	}
	fmt.Fprintf(errs, "rules: unknown command %q: rules help lists them\n", args[0])
	return exitCannot
}

func newCommand(name string, stdin io.Reader, out, errs io.Writer) *command {
	c := &command{flags: flag.NewFlagSet("rules "+name, flag.ContinueOnError), stdin: stdin, out: out, errors: errs}
	c.flags.SetOutput(errs)
	c.flags.Usage = func() { fmt.Fprint(errs, usage) }
	return c
}

// files parses the arguments. When it says that the command is to end, code is what it ends with.
func (c *command) files(args []string) (files []string, code int, end bool) {
	return c.names(args, "name a policy file, such as rules/default.yaml")
}

// names is files for what else a command may be told; missing is what to do where nothing is named.
func (c *command) names(args []string, missing string) (files []string, code int, end bool) {
	files, code, end = c.arguments(args)
	if !end && len(files) == 0 {
		fmt.Fprintf(c.errors, "%s: %s\n", c.flags.Name(), missing)
		return nil, exitCannot, true
	}
	return files, code, end
}

// arguments parses flags before and after the files alike.
func (c *command) arguments(args []string) (files []string, code int, end bool) {
	for {
		if err := c.flags.Parse(args); errors.Is(err, flag.ErrHelp) {
			return nil, exitOK, true
		} else if err != nil {
			return nil, exitCannot, true
		}
		if args = c.flags.Args(); len(args) == 0 {
			break
		}
		files, args = append(files, args[0]), args[1:]
	}
	return files, exitOK, false
}

// cannot says why the command cannot run.
func (c *command) cannot(err error) int {
	fmt.Fprintf(c.errors, "%s: %v\n", c.flags.Name(), err)
	return exitCannot
}

// read reads a policy file, or standard input for "-".
func (c *command) read(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(c.stdin)
	}
	return os.ReadFile(name)
}
