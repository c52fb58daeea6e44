package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// The tests of mine.yaml stand in it, in mine.test.yaml, and in every mine.NAME.test.yaml beside it.

// testSuffixes are what the names of files with tests end in.
var testSuffixes = []string{".test.yaml", ".test.yml", ".test.json"}

// withoutTestSuffix cuts ".test.yaml" off a name; ok is false for what is no file with tests.
func withoutTestSuffix(name string) (stem string, ok bool) {
	for _, suffix := range testSuffixes {
		if stem, ok = strings.CutSuffix(name, suffix); ok {
			return stem, true
		}
	}
	return name, false
}

// besides lists the files with tests beside a policy, sorted.
func besides(policy string) ([]string, error) {
	dir, base := filepath.Split(policy)
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	entries, err := os.ReadDir(filepath.Join(dir, "."))
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		name, ok := withoutTestSuffix(e.Name())
		if ok && !e.IsDir() && (name == stem || strings.HasPrefix(name, stem+".")) {
			files = append(files, dir+e.Name())
		}
	}
	slices.Sort(files)
	return files, nil
}

// target is a policy and which tests of it are to run.
type target struct {
	policy string
	own    bool     // those that it carries
	files  []string // those of these files
}

// findTests sorts the arguments of test: a policy means its own tests and all beside it, a file with tests means these. Each runs once.
func findTests(args []string) (list []*target, err error) {
	of := func(policy string) *target {
		for _, t := range list {
			if t.policy == policy {
				return t
			}
		}
		list = append(list, &target{policy: policy})
		return list[len(list)-1]
	}
	for _, arg := range args {
		var t *target
		files := []string{arg}
		if _, ok := withoutTestSuffix(arg); ok {
			policy, err := policyOf(arg)
			if err != nil {
				return nil, err
			}
			t = of(policy)
		} else {
			t = of(arg)
			if t.own = true; arg == "-" {
				continue
			}
			// What keeps the directory from being read keeps the policy from it, too, with a better message.
			files, _ = besides(arg)
		}
		for _, file := range files {
			if policy, err := policyOf(file); err != nil {
				return nil, err
			} else if policy == t.policy && !slices.Contains(t.files, file) {
				t.files = append(t.files, file)
			}
		}
	}
	return list, nil
}

// embedded is how a file with tests names the policy that is built in.
const embedded = "default"

// policyOf is the policy that a file with tests is for: the one that it names, seen from its folder, or else the one beside it.
func policyOf(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	root, broken := source.Load(file, data)
	if broken == nil {
		if n := root.Get("policy"); n != nil && n.Kind == tree.String {
			if n.Text == embedded || filepath.IsAbs(n.Text) {
				return n.Text, nil
			}
			return filepath.Join(filepath.Dir(file), n.Text), nil
		}
	}
	stem, _ := withoutTestSuffix(file)
	for first := true; first || strings.Contains(filepath.Base(stem), "."); first = false {
		if !first {
			stem = strings.TrimSuffix(stem, filepath.Ext(stem))
		}
		for _, ext := range []string{".yaml", ".yml", ".json"} {
			if _, err := os.Stat(stem + ext); err == nil {
				return stem + ext, nil
			}
		}
	}
	if broken != nil { // else that is told when the tests are read
		return "", fmt.Errorf("%s:%w", file, broken)
	}
	return "", fmt.Errorf("%s: no policy stands beside it: name it, such as policy: mine.yaml, or policy: default for the one that is built in", file)
}

// suite is the tests of one file.
type suite struct {
	file  string
	tests *rules.Tests
}

// suites reads the tests of a target. Where ok is false, mistakes in them were printed.
func (c *command) suites(p *policy, at *target) (list []suite, ok bool, err error) {
	if at.own {
		list = append(list, suite{at.policy, p.table.Tests()})
	}
	ok = true
	for _, file := range at.files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, false, err
		}
		root, err := source.Load(file, data)
		if err == nil {
			var tests *rules.Tests
			if tests, err = p.table.ReadTests(root); err == nil {
				list = append(list, suite{file, tests})
				continue
			}
		}
		wrong := &policy{file: file, data: data}
		wrong.note(err)
		wrong.print(c.Err, false)
		fmt.Fprintf(c.Err, "%s: %s: its tests cannot run\n", file, plural(len(wrong.diags), "mistake"))
		ok = false
	}
	return list, ok, nil
}

// note turns what is wrong with a file into diagnostics.
func (p *policy) note(err error) {
	var problems *tree.Problems
	if !errors.As(err, &problems) {
		p.add("error", "E101", "$", 1, 1, err.Error(), "")
		return
	}
	for _, m := range problems.List {
		p.add("error", codeOf(errorCodes, m.Message), m.Path, m.Line, m.Column, m.Message, m.Hint)
	}
}
