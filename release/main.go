// Command release writes what a release consists of into a directory: an archive of the commands and the module for each
// system, the module by itself, the OCI images, the list of all parts in CycloneDX's form, and the checksums of all of it. The same commit and the same
// release of Go give the same bytes.
//
//	go run . [-root DIR] [-dist DIR] [-out DIR] [-only linux/amd64,...]
//
// It expects mom-router.wasm and image in dist, which make build and make image write.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/mom-router/mom-router/internal/version"
)

// systems are those that the commands are built for.
const systems = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64"

// commands are built into each archive.
var commands = []string{"./cmd/hostsim", "./cmd/rules"}

func main() {
	root := flag.String("root", "..", "the `directory` of the repository")
	dist := flag.String("dist", "../dist", "the `directory` with the module and the images")
	out := flag.String("out", "../dist/release", "the `directory` to write to; what is in it is replaced")
	only := flag.String("only", systems, "the systems to build for, such as linux/amd64, with commas between them")
	flag.Parse()
	if flag.NArg() > 0 {
		fail(fmt.Errorf("no arguments, please, but flags only: %q", flag.Args()))
	}
	if err := release(*root, *dist, *out, strings.Split(*only, ",")); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "release:", err)
	os.Exit(2)
}

// release writes everything, into a new directory first: an old release is replaced as a whole or not at all.
func release(root, dist, out string, systems []string) error {
	name := "mom-router-" + version.Number
	fresh := out + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	if err := os.MkdirAll(fresh, 0o755); err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	module, err := os.ReadFile(filepath.Join(dist, "mom-router.wasm"))
	if err != nil {
		return fmt.Errorf("the module is not there, make build makes it: %w", err)
	}
	if err := os.WriteFile(filepath.Join(fresh, name+".wasm"), module, 0o644); err != nil {
		return err
	}
	var texts []file // of all archives
	for _, text := range []string{"LICENSE", "README.md", "CHANGELOG.md", "rules/default.yaml"} {
		data, err := os.ReadFile(filepath.Join(root, text))
		if err != nil {
			return err
		}
		texts = append(texts, file{text, data, 0o644})
	}
	more, err := pages(root, filepath.Join(fresh, "pages"))
	if err != nil {
		return err
	}
	texts = append(texts, more...)
	var built []string
	commit := commitOf(root)
	for _, system := range systems {
		goos, goarch, found := strings.Cut(system, "/")
		if !found {
			return fmt.Errorf("system %q: want one such as linux/amd64", system)
		}
		fmt.Fprintf(os.Stderr, "building for %s\n", system)
		files := []file{{"dist/mom-router.wasm", module, 0o644}}
		for _, command := range commands {
			path := filepath.Join(fresh, "building", goos+"-"+goarch, filepath.Base(command))
			if err := build(root, path, command, goos, goarch, commit); err != nil {
				return err
			}
			built = append(built, path)
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files = append(files, file{"bin/" + filepath.Base(command), data, 0o755})
		}
		if err := archive(filepath.Join(fresh, name+"-"+goos+"-"+goarch+".tar.gz"), name, append(files, texts...)); err != nil {
			return err
		}
	}
	images, err := tree(filepath.Join(dist, "image"))
	if err != nil {
		return fmt.Errorf("the images are not there, make image makes them: %w", err)
	}
	if err := archive(filepath.Join(fresh, name+"-image.tar.gz"), "image", images); err != nil {
		return err
	}
	parts, err := bill(root, built)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(fresh, name+".cdx.json"), parts, 0o644); err != nil {
		return err
	}
	for _, dir := range []string{"building", "pages"} {
		if err := os.RemoveAll(filepath.Join(fresh, dir)); err != nil {
			return err
		}
	}
	if err := checksums(fresh); err != nil {
		return err
	}
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	return os.Rename(fresh, out)
}

// pages are what the commands write about themselves: manual pages, and completions for shells.
func pages(root, dir string) (files []file, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	run := func(command string, args ...string) ([]byte, error) {
		cmd := exec.Command("go", append([]string{"run", command}, args...)...)
		cmd.Dir, cmd.Stderr = root, os.Stderr
		return cmd.Output()
	}
	for _, command := range commands {
		if _, err := run(command, "man", filepath.Join(dir, "man1")); err != nil {
			return nil, fmt.Errorf("the manual of %s: %w", command, err)
		}
		for _, shell := range []string{"bash", "zsh", "fish"} {
			text, err := run(command, "completion", shell)
			if err != nil {
				return nil, fmt.Errorf("what %s completes in %s: %w", command, shell, err)
			}
			files = append(files, file{"completion/" + filepath.Base(command) + "." + shell, text, 0o644})
		}
	}
	manual, err := tree(filepath.Join(dir, "man1"))
	for _, page := range manual {
		page.path = "man/man1/" + page.path
		files = append(files, page)
	}
	return files, err
}

// commitOf is what is checked out, with a remark if it has been changed, "" where git does not know.
func commitOf(root string) string {
	revision, err := exec.Command("git", "-C", root, "rev-parse", "HEAD").Output()
	if err != nil {
		fmt.Fprintf(os.Stderr, "release: git knows no commit of %q (%v): the commands will say that it is unknown\n", root, err)
		return ""
	}
	commit := strings.TrimSpace(string(revision))
	if changes, err := exec.Command("git", "-C", root, "status", "--porcelain").Output(); err != nil || len(changes) > 0 {
		commit += " with changes"
	}
	return commit
}

// build builds a command without cgo and without what this machine is: paths, settings, tags.
func build(root, path, command, goos, goarch, commit string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	flags := "-s -w"
	if commit != "" {
		flags += " '-X=github.com/mom-router/mom-router/internal/version/built.commit=" + commit + "'"
	}
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags="+flags, "-o", path, command)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch, "GOFLAGS=")
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s for %s/%s: %w\n%s", command, goos, goarch, err, said)
	}
	return nil
}
