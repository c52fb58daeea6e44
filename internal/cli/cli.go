// Package cli is what the commands hostsim and rules have in common: how they are told what to do, what they say when they are told
// nonsense, how they print results and progress, write files, and end.
package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mom-router/mom-router/rules/tree"
)

// The exit codes of all commands. Who is interrupted ends with 130, as shells expect.
const (
	OK          = 0
	No          = 1 // the answer is no
	Cannot      = 2 // the command cannot run
	Interrupted = 128 + 2
)

// ownEnd marks commands that end by themselves when they are interrupted.
const ownEnd = "ends by itself"

// Streams are what a command reads and writes. Data goes to Out, words go to Err; those that Run gives may be written by several goroutines.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Answers  bool // somebody sits at In: questions may be asked
	Terminal bool // somebody sees Err: progress may be shown there
	Colour   bool // somebody sees Out, and likes colours

	taken *atomic.Bool // In was opened as a file; nil where nobody minds
}

// code is what a command ends with, where that is not OK. It has been told of already.
type code int

func (c code) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// Action makes what a command does of a function that tells all there is to tell, and gives the exit code.
func Action(do func(args []string) int) func(*cobra.Command, []string) error {
	return func(_ *cobra.Command, args []string) error {
		if c := do(args); c != OK {
			return code(c)
		}
		return nil
	}
}

// EndsByItself says that a command has its own way to end when it is interrupted: with this flag, or always where it is "".
func EndsByItself(c *cobra.Command, flag string) *cobra.Command {
	c.Annotations = map[string]string{ownEnd: flag}
	return c
}

// endsByItself reports whether the command as it runs now is one of those.
func endsByItself(c *cobra.Command) bool {
	flag, marked := c.Annotations[ownEnd]
	return marked && (flag == "" || c.Flag(flag).Value.String() == "true")
}

// Group makes a command of which only the commands below it do anything. It says so, and which there are.
func Group(c *cobra.Command) *cobra.Command {
	c.Args = cobra.ArbitraryArgs
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			c.SetOut(c.ErrOrStderr())
			c.Help()
			return code(Cannot)
		}
		return fmt.Errorf("unknown command %q: %s", args[0], suggest(args[0], subcommands(c), c.CommandPath()))
	}
	return c
}

// subcommands are the names that people are told of.
func subcommands(c *cobra.Command) (names []string) {
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return names
}

// suggest is the name that may have been meant, else where all of them stand.
func suggest(wrong string, known []string, command string) string {
	if hint := tree.DidYouMean(wrong, known); strings.HasPrefix(hint, "did you mean") {
		return hint
	}
	return command + " --help lists what there is"
}

// Run does what the arguments say and gives the exit code. root makes the command for the streams that it is to use, and version prints
// what is asked for with --version.
func Run(root func(Streams) *cobra.Command, args []string, s Streams, version func(io.Writer)) int {
	out := &output{w: s.Out}
	s.Out, s.Err, s.taken = out, &locked{w: s.Err}, new(atomic.Bool)
	top := Group(root(s))
	top.SetIn(s.In)
	top.SetOut(s.Out)
	top.SetErr(s.Err)
	top.SilenceErrors, top.SilenceUsage = true, true
	top.SetFlagErrorFunc(flagError)
	top.SetUsageTemplate(usage)
	top.AddCommand(versionCommand(version), manCommand(top))
	top.SetHelpCommand(helpCommand(top))
	top.Flags().BoolFunc("version", "print the version and end", func(string) error { return errVersion })
	top.SetArgs(anyDashes(top, args))
	c, err := top.ExecuteC()
	var ended code
	switch {
	case errors.Is(err, errVersion):
		version(s.Out)
	case errors.As(err, &ended):
	case err != nil:
		ended = code(s.Fail(c.CommandPath(), err))
	}
	if out.err != nil {
		fmt.Fprintf(s.Err, "%s: write standard output: %v\n", c.CommandPath(), out.err)
		ended = Cannot
	}
	return int(ended)
}

// usage is cobra's template, without what is of no use here: aliases, groups, and a second line for commands with others below them.
const usage = `Usage:
  {{.UseLine}}
{{- if .HasExample}}

Examples:
{{.Example}}
{{- end}}
{{- if .HasAvailableSubCommands}}

Commands:
{{- range .Commands}}{{if or .IsAvailableCommand (eq .Name "help")}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}
{{- end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{- end}}
{{- if .HasAvailableSubCommands}}

{{.CommandPath}} COMMAND --help says more about a command.
{{- end}}
`

var errVersion = errors.New("the version was asked for")

func versionCommand(version func(io.Writer)) *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Print release, commit and what else tells builds apart", Args: NoFiles,
		RunE: func(c *cobra.Command, _ []string) error { version(c.OutOrStdout()); return nil }}
}

func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{Use: "help [COMMAND]", Short: "Say what a command does",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return subcommands(root), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return fmt.Errorf("there is no command %q: %s", strings.Join(args, " "), suggest(args[len(args)-1], subcommands(c), c.CommandPath()))
			}
			return c.Help()
		}}
}

// NoFiles is for commands that take flags only.
func NoFiles(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q: this command takes flags only", args[0])
	}
	return nil
}

// anyDashes writes flags as cobra takes them: -json as --json and --o as -o. Go's own commands take any flag with one dash or with two, and so
// did these for long: scripts rely on it. What a flag is given stays as it is, and so does all behind "--".
func anyDashes(top *cobra.Command, args []string) []string {
	c, rest, err := top.Find(args)
	if err != nil {
		return args
	}
	c.InitDefaultHelpFlag()
	flags := c.Flags()
	out := strings.Fields(c.CommandPath())[1:]
	for i := 0; i < len(rest); i++ {
		arg := rest[i]
		if arg == "--" {
			return append(out, rest[i:]...)
		}
		name, value, given := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		if !strings.HasPrefix(arg, "-") || name == "" {
			out = append(out, arg)
			continue
		}
		f, dashes := flags.Lookup(name), "--"
		switch {
		case f == nil && len(name) == 1:
			f, dashes = flags.ShorthandLookup(name), "-"
		case f == nil && !strings.HasPrefix(arg, "--") && flags.ShorthandLookup(name[:1]) != nil:
			dashes = "-" // short ones together, or one with its value
		}
		word := dashes + name
		if given {
			word += "=" + value
		}
		out = append(out, word)
		if f != nil && f.NoOptDefVal == "" && !given && i+1 < len(rest) {
			i++
			out = append(out, rest[i])
		}
	}
	return out
}

// flagError says of a wrong flag what may have been meant.
func flagError(c *cobra.Command, err error) error {
	if errors.Is(err, errVersion) {
		return errVersion
	}
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		name := unknown.GetSpecifiedName()
		return fmt.Errorf("unknown flag %q: %s", "--"+name, strings.Replace(suggest(name, names, c.CommandPath()), `mean "`, `mean "--`, 1))
	}
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return fmt.Errorf("--%s %q: %w", invalid.GetFlag().Name, invalid.GetValue(), invalid.Unwrap())
	}
	return err
}

// Choices makes a shell complete a flag by the values that it takes.
func Choices(c *cobra.Command, flag string, values ...string) {
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // there is no such flag: a mistake in the program
	}
}

// Examples writes the lines under "Examples" in a command's help.
func Examples(lines ...string) string {
	return "  " + strings.Join(lines, "\n  ")
}

// List is a flag that may stand several times.
type List []string

func (l *List) String() string     { return strings.Join(*l, " ") }
func (l *List) Set(v string) error { *l = append(*l, v); return nil }
func (l *List) Type() string       { return "text" }

// each calls f for a command and all below it that people are told of.
func each(c *cobra.Command, f func(*cobra.Command)) {
	f(c)
	for _, sub := range slices.Clone(c.Commands()) {
		if sub.IsAvailableCommand() {
			each(sub, f)
		}
	}
}
