// Answers records what the engine says about all public texts, so that a change of the engine can be seen:
//
//	go run ./rules/answers record [-o FILE] [-data FOLDER] [SET...]
//	go run ./rules/answers compare [--json] [-n EXAMPLES] OLD NEW
//
// It is run at the root of the repository. The data is public and stands outside of it, in ../shared/data. A recording
// is a file of JSON lines, compressed; it holds hashes of the texts and never the texts. Compare says what differs, by
// kind and set, then shows examples; sets that only one of the recordings has are named and left out. The exit code is
// 0 if the answers are the same, 1 if they differ, and 2 if the command cannot run.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

const usage = `usage:
  go run ./rules/answers record [-o FILE] [-data FOLDER] [SET...]
        records the engine's answers to all texts, or to those of some sets, in FILE
  go run ./rules/answers compare [--json] [-n EXAMPLES] OLD NEW
        says how the answers of two recordings differ
Exit code: 0 the answers are the same, 1 they differ, 2 the command cannot run.
`

// The exit codes.
const (
	exitSame   = 0
	exitDiffer = 1
	exitCannot = 2
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, out, errs io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(errs, usage)
		return exitCannot
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Usage = func() { fmt.Fprint(errs, usage) }
	code, err := exitCannot, error(nil)
	switch args[0] {
	case "record":
		file := flags.String("o", ".cache/answers/new.jsonl.gz", "the file to write")
		data := flags.String("data", "../shared/data", "folder of the public data")
		names, bad := parse(flags, args[1:])
		if bad != nil {
			return exitCannot
		}
		code, err = exitSame, recordSets(*data, *file, names, errs)
	case "compare":
		asJSON := flags.Bool("json", false, "print JSON")
		examples := flags.Int("n", 3, "how many examples to show of each kind; all if negative")
		files, bad := parse(flags, args[1:])
		if bad != nil {
			return exitCannot
		}
		if len(files) != 2 {
			fmt.Fprintf(errs, "answers: compare takes two recordings, and got %d\n%s", len(files), usage)
			return exitCannot
		}
		code, err = compareFiles(files[0], files[1], *examples, *asJSON, out, errs)
	default:
		fmt.Fprintf(errs, "answers: there is no command %q\n%s", args[0], usage)
		return exitCannot
	}
	if err != nil {
		fmt.Fprintln(errs, "answers:", err)
		return exitCannot
	}
	return code
}

// parse reads flags and names in any order, and returns the names.
func parse(flags *flag.FlagSet, args []string) (names []string, err error) {
	for len(args) > 0 {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if args = flags.Args(); len(args) > 0 {
			names, args = append(names, args[0]), args[1:]
		}
	}
	return names, nil
}

// recordSets records the sets of the given names; all if there are none.
func recordSets(data, file string, names []string, progress io.Writer) error {
	var list []set
	all := sets(data, ".")
	for _, s := range all {
		if len(names) == 0 || slices.Contains(names, s.name) {
			list = append(list, s)
		}
	}
	for _, n := range names {
		if !slices.ContainsFunc(all, func(s set) bool { return s.name == n }) {
			var known []string
			for _, s := range all {
				known = append(known, s.name)
			}
			return fmt.Errorf("there is no set %q, only %s", n, strings.Join(known, ", "))
		}
	}
	err := record(list, file, progress)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w: run it at the root of the repository, with the public data beside it or named by -data", err)
	}
	return err
}

func compareFiles(oldName, newName string, examples int, asJSON bool, out, errs io.Writer) (int, error) {
	old, err := read(oldName)
	if err != nil {
		return 0, err
	}
	new, err := read(newName)
	if err != nil {
		return 0, err
	}
	c := compare(old, new, examples)
	if len(c.sets) == 0 {
		return 0, fmt.Errorf("%q and %q have no set in common", oldName, newName)
	}
	c.name(errs, oldName, newName)
	if asJSON {
		err = c.writeJSON(out)
	} else {
		err = c.write(out)
	}
	if len(c.Kinds) > 0 {
		return exitDiffer, err
	}
	return exitSame, err
}
