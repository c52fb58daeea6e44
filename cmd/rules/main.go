// Command rules works on policies: rules --help lists what it does, and rules help COMMAND has the flags and examples of each.
//
// A file is YAML, or JSON if its name ends in .json; "-" is standard input.
// Results go to standard output and everything else to standard error. The exit
// code is 0 if all is well, 1 if the answer is no, and 2 if the command cannot run.
package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/version/built"
	"github.com/mom-router/mom-router/rules"
)

// The exit codes.
const (
	exitOK     = cli.OK
	exitNo     = cli.No
	exitCannot = cli.Cannot
)

func main() { cli.Main(root, version) }

func run(args []string, stdin io.Reader, out, errs io.Writer) int {
	return cli.Run(root, args, cli.Streams{In: stdin, Out: out, Err: errs}, version)
}

func root(s cli.Streams) *cobra.Command {
	top := &cobra.Command{
		Use:   "rules COMMAND",
		Short: "Work on the policies of mom-router",
		Long: `rules works on the policies of mom-router.

FILE is YAML, or JSON if its name ends in .json; - is standard input. LOG is an access log with
records, what hostsim replay has written, or records alone, one a line; a name in .gz is unpacked.

Exit code: 0 all is well, 1 the answer is no, 2 the command cannot run.`,
		Example: cli.Examples("rules check my-policy.yaml", "rules test --coverage my-policy.yaml"),
	}
	for _, c := range []*command{
		checkCommand(s), explainCommand(s), diffCommand(s), testCommand(s), jsonCommand(s), printCommand(s), initCommand(s), schemaCommand(s),
		importCommand(s), renderCommand(s), canaryCommand(s), objectivesCommand(s), evalCommand(s), trainCommand(s),
	} {
		top.AddCommand(c.Command)
	}
	top.AddCommand(auditCommand(s))
	return top
}

// version says what tells this command from others: rules that were learned otherwise decide otherwise.
func version(w io.Writer) {
	fmt.Fprintln(w, built.Version("rules"))
	if t, err := rules.Default(); err == nil {
		fmt.Fprintln(w, "weights", t.Weights())
	}
}

// command is what a subcommand is and runs with.
type command struct {
	*cobra.Command
	cli.Streams
	output cli.Output // the form of results, where there is more than one
	do     func(args []string) int
	stop   <-chan struct{} // ends --watch; nil for Ctrl-C
}

// newCommand makes a command.
func newCommand(s cli.Streams, use, short, long string, examples ...string) *command {
	return &command{Command: &cobra.Command{Use: use, Short: short, Long: long, Example: cli.Examples(examples...)}, Streams: s}
}

// does says what the command does with its arguments, flags aside.
func (c *command) does(do func(args []string) int) *command {
	c.do = func(args []string) int {
		out, done := c.output.Open(c.Out)
		defer done()
		c.Out = out
		return do(args)
	}
	c.RunE = cli.Action(c.do)
	return c
}

// some has a command refuse to run where nothing is named; missing is what to do then.
func some(missing string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return errors.New(missing)
		}
		return nil
	}
}

// What commands on policies and on records say where nothing is named.
const (
	aPolicy = "name a policy file, such as rules/default.yaml"
	aLog    = "name a log, such as access.log, or - for standard input"
)

// cannot says why the command cannot run.
func (c *command) cannot(err error) int { return c.Fail(c.CommandPath(), err) }

// writeFile writes a file as a whole or not at all.
func writeFile(name string, text []byte) error {
	return cli.WriteFile(name, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}
