package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Open opens a file, or standard input for "-", which can be opened once.
func (s Streams) Open(name string) (io.ReadCloser, error) {
	if name == "-" {
		if s.taken != nil && s.taken.Swap(true) {
			return nil, errors.New(`"-" is standard input, which can be read once: name a file in one of the two places`)
		}
		return io.NopCloser(s.In), nil
	}
	return os.Open(name)
}

// Read reads a file, or standard input for "-", as a whole.
func (s Streams) Read(name string) ([]byte, error) {
	in, err := s.Open(name)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return io.ReadAll(in)
}

// unfinished are the files that WriteFile is about to write, under the names that they have until then.
var unfinished sync.Map

// WriteFile writes a file as a whole or not at all: whoever reads it meanwhile, and whoever finds it after a full disk, sees what was there
// before. What is no file of its own, such as /dev/stdout or a pipe, is written as it comes.
func WriteFile(name string, write func(io.Writer) error) error {
	mode := os.FileMode(0o644)
	switch info, err := os.Stat(name); {
	case err != nil: // it is new
	case info.Mode().IsRegular():
		mode = info.Mode().Perm() // who may not read what was there does not read what comes
	default:
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return finish(f, name, write)
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target // a link stays one
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	unfinished.Store(f.Name(), nil)
	defer unfinished.Delete(f.Name())
	if err = finish(f, name, write); err == nil {
		if err = os.Chmod(f.Name(), mode); err == nil {
			err = os.Rename(f.Name(), name)
		}
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

func finish(f *os.File, name string, write func(io.Writer) error) error {
	err := write(f)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// removeUnfinished removes what would be left over when the process ends here.
func removeUnfinished() {
	unfinished.Range(func(name, _ any) bool {
		os.Remove(name.(string))
		return true
	})
}
