package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mom-router/mom-router/internal/version"
)

// manCommand writes the manual pages, of what help is made of.
func manCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{Use: "man DIRECTORY", Short: "Write the manual pages into a directory", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			each(root, func(c *cobra.Command) {
				if err == nil {
					err = WriteFile(filepath.Join(args[0], pageName(c)+".1"), func(w io.Writer) error { return writeMan(w, c) })
				}
			})
			return err
		}}
}

// pageName is how the page of a command is called.
func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// writeMan writes a page in the language of man(7).
func writeMan(w io.Writer, c *cobra.Command) error {
	var b strings.Builder
	p := func(format string, values ...any) { fmt.Fprintf(&b, format+"\n", values...) }
	title := pageName(c)
	p(`.TH "%s" "1" "" "mom-router %s" "mom-router"`, strings.ToUpper(title), version.Number)
	p(".SH NAME\n%s \\- %s", title, roff(c.Short))
	p(".SH SYNOPSIS\n.nf\n%s\n.fi", roff(c.UseLine()))
	if c.Long != "" {
		p(".SH DESCRIPTION\n%s", paragraphs(c.Long))
	}
	c.InitDefaultHelpFlag()
	if c.HasAvailableLocalFlags() {
		p(".SH OPTIONS")
		c.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Hidden {
				return
			}
			value, usage := pflag.UnquoteUsage(f)
			name := "--" + f.Name
			if f.Shorthand != "" {
				name = "-" + f.Shorthand + ", " + name
			}
			if value != "" {
				value = ` \fI` + roff(value) + `\fR`
			}
			switch f.DefValue {
			case "", "0", "0s", "false":
			default:
				usage += " (default " + f.DefValue + ")"
			}
			p(".TP\n\\fB%s\\fR%s\n%s", roff(name), value, roff(usage))
		})
	}
	if c.Example != "" {
		p(".SH EXAMPLES\n.nf\n%s\n.fi", roff(c.Example))
	}
	p(".SH EXIT STATUS\n0: all is well. 1: the answer is no. 2: the command cannot run. 130: it was interrupted.")
	var also []string
	if c.HasParent() {
		also = append(also, pageName(c.Parent())+"(1)")
	}
	for _, sub := range subcommands(c) {
		also = append(also, title+"-"+sub+"(1)")
	}
	if len(also) > 0 {
		p(".SH SEE ALSO\n%s", roff(strings.Join(also, ", ")))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// roff escapes what would mean something to the formatter.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

// paragraphs keeps the lines that are set apart by spaces as they are.
func paragraphs(text string) string {
	return strings.ReplaceAll(roff(text), "\n\n", "\n.PP\n")
}
