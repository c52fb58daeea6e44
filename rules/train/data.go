package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
)

// row is one line of the shared data.
type row struct {
	Text           string
	Options        []string
	Domain         string // with _ for spaces; "" if it has none
	Label          any    // in files of learn/: the domain, or 0 for what is harmless and 1 for an attack
	Kind           string
	Source         string
	Lang, Language string
	Licence        string // "" in files that leave it to licences.txt
	file           string // its path below the folder of the data, without .jsonl and .gz
	place          string // file and line, for errors
	hash           uint64
}

// held reports whether a row belongs to the fifth that nothing is learned from and nothing is
// tuned on: the figures are about these.
func (r *row) held() bool { return r.hash%10 >= 8 }

// tuning reports whether a row belongs to the tenth that is left out of learning while constants
// are chosen (train -tune); the weights that are kept learn from it, too.
func (r *row) tuning() bool { return r.hash%10 == 7 }

// fold is a row's part, 0 to 4, in a cross-validation over all rows.
func (r *row) fold() int { return int(r.hash / 10 % 5) }

// load reads the files of public data from a folder: all rows of those to measure with, and of those in
// learn/ the rows of sources that the list names. A text that stands twice, in one file or in two,
// whatever its case and punctuation, is one row: the first one. So a text of a source to measure only
// is not learned from another source either.
func load(dir string, list *licences) ([]row, error) {
	var rows []row
	seen := map[uint64]bool{}
	for _, name := range []string{"domain.jsonl", "attacks.jsonl", "benign.jsonl", "learn/domain.jsonl.gz", "learn/benign.jsonl.gz", "learn/attack.jsonl.gz"} {
		path, n := filepath.Join(dir, filepath.FromSlash(name)), 0
		err := lines(path, func(line []byte) error {
			n++
			var r row
			if err := json.Unmarshal(line, &r); err != nil {
				return err
			}
			r.file, _, _ = strings.Cut(name, ".")
			if _, ok := list.sources[r.Source]; !ok && strings.HasPrefix(name, "learn/") {
				return nil
			}
			r.place = fmt.Sprintf("%s:%d", path, n)
			if domain, ok := r.Label.(string); ok {
				r.Domain = domain
			}
			r.Domain = strings.ReplaceAll(r.Domain, " ", "_")
			h := fnv.New64a()
			h.Write([]byte(plain(r.Text)))
			r.hash = h.Sum64()
			r.hash ^= r.hash >> 32
			if !seen[r.hash] {
				seen[r.hash] = true
				rows = append(rows, r)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// lines calls f with each line of a file, which is unpacked if its name says that it is packed.
func lines(name string, f func(line []byte) error) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	var text io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if text, err = gzip.NewReader(file); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	s := bufio.NewScanner(text)
	s.Buffer(nil, 16<<20) // a line holds a whole conversation
	for n := 1; s.Scan(); n++ {
		if err := f(s.Bytes()); err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if err := s.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// entries calls f with each line of a list that people write: # begins a comment.
func entries(name string, f func(line string) error) error {
	return lines(name, func(line []byte) error {
		if len(line) == 0 || line[0] == '#' {
			return nil
		}
		return f(string(line))
	})
}

// plain drops case and everything but letters and digits.
func plain(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, s)
}

// terms reads a list of the engine's terms: a weight and a phrase a line, # for comments.
func terms(name string, f func(points int, phrase string)) error {
	return entries(name, func(line string) error {
		number, phrase, _ := strings.Cut(line, " ")
		points, err := strconv.Atoi(number)
		if err != nil {
			return err
		}
		f(points, phrase)
		return nil
	})
}

// phrases reads a list of phrases that are parted by commas, # for comments.
func phrases(name string, f func(phrase string)) error {
	return entries(name, func(line string) error {
		for _, p := range strings.Split(line, ", ") {
			f(strings.TrimSpace(p))
		}
		return nil
	})
}
