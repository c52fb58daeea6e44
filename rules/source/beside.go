package source

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/mom-router/mom-router/rules/tree"
)

// Beside reads the policies that another one extends, by names seen from the folder in which that stands. "-", standard input, stands in the working directory.
func Beside(policy string) func(name string) (*tree.Node, error) {
	return func(name string) (*tree.Node, error) {
		file := filepath.FromSlash(name)
		if !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(policy), file)
		}
		data, err := readBounded(file)
		if err != nil {
			return nil, err
		}
		root, err := Load(file, data)
		if err != nil {
			return nil, errors.New(file + ":" + strings.ReplaceAll(err.Error(), "\n", "\n"+file+":"))
		}
		return root, nil
	}
}

// readBounded reads no more of a file than tells that it is too large for a policy.
func readBounded(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &os.PathError{Op: "read", Path: file, Err: errors.New("not a regular file")}
	}
	if info.Size() > MaxSize {
		return make([]byte, MaxSize+1), nil
	}
	return os.ReadFile(file)
}
