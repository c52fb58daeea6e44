package cli

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"
)

// Main runs a command for the process: with its streams, and with an end when it is interrupted or nobody reads what it prints.
func Main(root func(Streams) *cobra.Command, version func(io.Writer)) {
	s := Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Answers: isTerminal(os.Stdin), Terminal: isTerminal(os.Stderr)}
	s.Colour = isTerminal(os.Stdout) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	// Who stops reading is an error like a full disk: without this the process would be killed without a word.
	signal.Ignore(syscall.SIGPIPE)
	guarded := &locked{w: os.Stdout}
	s.Out = guarded
	var running atomic.Pointer[cobra.Command]
	watched := func(s Streams) *cobra.Command {
		c := root(s)
		c.PersistentPreRun = func(c *cobra.Command, _ []string) { running.Store(c) }
		return c
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		c := running.Load()
		if c != nil && endsByItself(c) {
			return
		}
		guarded.mu.Lock() // for good: what is written stays whole
		removeUnfinished()
		if c != nil {
			fmt.Fprintf(os.Stderr, "%s: interrupted\n", c.CommandPath())
		}
		os.Exit(Interrupted)
	}()
	os.Exit(Run(watched, os.Args[1:], s, version))
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
