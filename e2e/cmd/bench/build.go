package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// frozenCommit is the commit whose engine the frozen contender runs: what there was before the engine was made anew.
const frozenCommit = "6ad6c648530a2d9681e1b20700428e29657d407e"

// built are the programs that are measured, beside the module.
type built struct {
	floor           string // the floor plugin
	frozen, current string // the ext_proc service with either engine; "" where no contender needs it
}

// build builds them into .cache/bench.
func build(o *options, want func(contender string) bool, say func(string)) (*built, error) {
	dir := filepath.Join(o.root, ".cache", "bench")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	b := &built{floor: filepath.Join(dir, "floor.wasm")}
	say("building the floor plugin")
	_ = os.Remove(b.floor) // go build leaves one alone that it takes for its own, and it was made compact since
	err := goTool(o.root, []string{"GOOS=wasip1", "GOARCH=wasm"}, "build", "-trimpath", "-buildmode=c-shared", "-ldflags=-s -w", "-o", b.floor, "./e2e/floor")
	if err != nil {
		return nil, err
	}
	if err := goTool(o.root, nil, "run", "./internal/compact", b.floor); err != nil {
		return nil, err
	}
	service := filepath.Join(o.root, "e2e", "extproc")
	if want("ext_proc") {
		say("building the ext_proc service with the current engine")
		b.current = filepath.Join(dir, "extproc")
		if err := goTool(service, nil, "build", "-trimpath", "-o", b.current, "."); err != nil {
			return nil, err
		}
	}
	if want("ext_proc-frozen") {
		say("building the ext_proc service with the frozen engine")
		mod, err := frozenModule(o.root, dir)
		if err != nil {
			return nil, err
		}
		b.frozen = filepath.Join(dir, "extproc-frozen")
		if err := goTool(service, nil, "build", "-trimpath", "-tags", "frozen", "-modfile", mod, "-o", b.frozen, "."); err != nil {
			return nil, err
		}
	}
	return b, nil
}

var replaced = regexp.MustCompile(`(?m)^replace github\.com/mom-router/mom-router => .*$`)

// frozenModule unpacks the frozen commit, and writes a go.mod for the service that takes the engine from there.
func frozenModule(root, dir string) (string, error) {
	tree := filepath.Join(dir, "frozen-"+frozenCommit[:7])
	if _, err := os.Stat(filepath.Join(tree, "go.mod")); err != nil {
		if err := unpack(root, tree); err != nil {
			return "", err
		}
	}
	service := filepath.Join(root, "e2e", "extproc")
	mod, err := os.ReadFile(filepath.Join(service, "go.mod"))
	if err != nil {
		return "", err
	}
	if mod, err = replacing(mod, tree); err != nil {
		return "", fmt.Errorf("%q: %w", filepath.Join(service, "go.mod"), err)
	}
	sum, err := os.ReadFile(filepath.Join(service, "go.sum"))
	if err != nil {
		return "", err
	}
	name := filepath.Join(dir, "frozen.mod")
	if err := os.WriteFile(name, mod, 0o644); err != nil {
		return "", err
	}
	return name, os.WriteFile(filepath.Join(dir, "frozen.sum"), sum, 0o644)
}

// replacing has a go.mod take the engine from a directory.
func replacing(mod []byte, dir string) ([]byte, error) {
	if !replaced.Match(mod) {
		return nil, errors.New("github.com/mom-router/mom-router is not replaced there, so the frozen engine cannot take its place")
	}
	return replaced.ReplaceAllLiteral(mod, []byte("replace github.com/mom-router/mom-router => "+strconv.Quote(dir))), nil
}

// unpack takes the frozen commit out of the history.
func unpack(root, tree string) error {
	git := exec.Command("git", "-C", root, "archive", "--format=tar", "--output="+tree+".tar", frozenCommit)
	if out, err := git.CombinedOutput(); err != nil {
		return fmt.Errorf("the history has no commit %s, whose engine the contender ext_proc-frozen runs: fetch the whole history (git fetch --unshallow), or leave it out with -without ext_proc-frozen (git: %s)", frozenCommit[:7], firstLine(out))
	}
	defer os.Remove(tree + ".tar")
	next := tree + ".new"
	if err := os.RemoveAll(next); err != nil {
		return err
	}
	if err := os.MkdirAll(next, 0o755); err != nil {
		return err
	}
	if out, err := exec.Command("tar", "-xf", tree+".tar", "-C", next).CombinedOutput(); err != nil {
		return fmt.Errorf("unpack commit %s: %w: %s", frozenCommit[:7], err, firstLine(out))
	}
	return os.Rename(next, tree)
}

// goTool runs the go command and makes one line of what goes wrong.
func goTool(dir string, env []string, args ...string) error {
	c := exec.Command("go", args...)
	c.Dir, c.Env = dir, append(os.Environ(), env...)
	out, err := c.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("go is missing: install Go 1.24 or newer: %w", err)
	}
	if err != nil {
		return fmt.Errorf("go %s in %q: %w: %s", args[0], dir, err, lastLine(out))
	}
	return nil
}

func firstLine(p []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(p)), "\n")
	return line
}

func lastLine(p []byte) string {
	s := strings.TrimSpace(string(p))
	return s[strings.LastIndexByte(s, '\n')+1:]
}
