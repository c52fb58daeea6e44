package main

import (
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// watchEvery is how often files are looked at. Asking the file system works on every system and on every kind of folder.
const watchEvery = 250 * time.Millisecond

// watch runs the tests, and again whenever one of the files that they come from is written, made or removed, until the user ends it. It returns what the last run did.
func (t *testRun) watch() int {
	if slices.Contains(t.args, "-") {
		return t.cannot(fmt.Errorf("--watch needs files: standard input is read once"))
	}
	stop := t.stop
	if stop == nil {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
		defer signal.Stop(signals)
		ended := make(chan struct{})
		go func() { <-signals; close(ended) }()
		stop = ended
	}
	// What is written while the tests run makes them run again.
	seen := t.stamps()
	code := t.run()
	fmt.Fprintln(t.Err, "watching; Ctrl-C ends it")
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	changed := false
	for {
		select {
		case <-stop:
			return code
		case <-tick.C:
		}
		now := t.stamps()
		if slices.Equal(now, seen) {
			if changed { // and the writing has come to its end
				changed = false
				fmt.Fprintln(t.Err, "\nsomething changed")
				code = t.run()
			}
			continue
		}
		seen, changed = now, true
	}
}

// stamps tell files from what they were before.
func (t *testRun) stamps() (list []string) {
	names := slices.Clone(t.args)
	if targets, err := findTests(t.args); err == nil {
		for _, at := range targets {
			names = append(append(names, at.policy), at.files...)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		stamp := "gone"
		if info, err := os.Stat(name); err == nil {
			stamp = fmt.Sprint(info.ModTime().UnixNano(), info.Size())
		}
		list = append(list, name+" "+stamp)
	}
	return list
}
