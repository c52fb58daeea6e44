// Package bodies makes the request bodies that the bench sends: many different ones of each kind, so that no cache of the
// measured program learns them, from the public data in ../shared/data beside the repository. No text of that data is in
// this repository. The same seed makes the same bodies.
package bodies

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Message is one request.
type Message struct {
	Path   string
	Header [][2]string
	Body   []byte
}

// Data is what bodies are made of.
type Data struct {
	sentences []string            // English, of many subjects
	chinese   []string            //
	languages map[string][]string // by code, as many as Languages
	code      []string            // files of repositories
	sessions  [][]Message         // what clients have sent, call by call
	tokens    []string            // words of the sentences
}

// Languages are the twelve that the default policy has phrases in.
var Languages = []string{"en", "de", "fr", "es", "pt", "it", "ru", "zh", "ja", "ko", "ar", "hi"}

// Load reads the data. The error names the file that is missing.
func Load(root string) (*Data, error) {
	dir := filepath.Join(root, "..", "shared", "data")
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("no data at %q, from which all bodies are made: put the folder beside the checkout: %w", dir, err)
	}
	d := &Data{languages: map[string][]string{}}
	for _, load := range []func(string) error{d.loadSentences, d.loadLanguages, d.loadCode, d.loadSessions} {
		if err := load(dir); err != nil {
			return nil, err
		}
	}
	return d, nil
}

type row struct {
	Text, Language, Lang, Source string

	Conversation, Method, Path string
	Headers                    map[string]string
	Body                       string
}

func (d *Data) loadSentences(dir string) error {
	for _, name := range []string{"domain.jsonl", "benign.jsonl"} {
		err := each(filepath.Join(dir, name), func(r *row) {
			d.sentences = append(d.sentences, r.Text)
		})
		if err != nil {
			return err
		}
	}
	for _, s := range d.sentences[:min(len(d.sentences), 4000)] {
		for _, word := range strings.Fields(s) {
			if word = strings.Trim(word, ".,;:?!()'\"$"); len(word) > 2 && isLetters(word) {
				d.tokens = append(d.tokens, word)
			}
		}
	}
	return nil
}

func isLetters(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}

func (d *Data) loadLanguages(dir string) error {
	add := func(r *row) {
		language := r.Language + r.Lang // each file has one of them
		for _, l := range Languages {
			if l == language {
				d.languages[l] = append(d.languages[l], r.Text)
			}
		}
	}
	for _, name := range []string{"languages.jsonl", "learn/benign.jsonl.gz"} {
		if err := each(filepath.Join(dir, name), add); err != nil {
			return err
		}
	}
	for _, l := range Languages {
		if len(d.languages[l]) == 0 {
			return fmt.Errorf("the data at %q has no text of language %q", dir, l)
		}
	}
	d.chinese = d.languages["zh"]
	return nil
}

func (d *Data) loadCode(dir string) error {
	name := filepath.Join(dir, "clients", "tool-results.jsonl.gz")
	err := each(name, func(r *row) {
		switch path.Ext(r.Source) {
		case ".ts", ".tsx", ".py", ".js", ".kt", ".go", ".rs", ".sh", ".css", ".html":
			d.code = append(d.code, r.Text)
		}
	})
	if err == nil && len(d.code) == 0 {
		err = fmt.Errorf("%q has no source files", name)
	}
	return err
}

func (d *Data) loadSessions(dir string) error {
	last := ""
	name := filepath.Join(dir, "clients", "conversations.jsonl.gz")
	err := each(name, func(r *row) {
		if r.Conversation != last {
			last = r.Conversation
			d.sessions = append(d.sessions, nil)
		}
		m := Message{Path: r.Path, Body: []byte(r.Body)}
		for _, name := range sortedKeys(r.Headers) {
			m.Header = append(m.Header, [2]string{name, r.Headers[name]})
		}
		s := &d.sessions[len(d.sessions)-1]
		*s = append(*s, m)
	})
	if err == nil && len(d.sessions) == 0 {
		err = fmt.Errorf("%q has no conversations", name)
	}
	return err
}

// each reads JSON lines, packed if the name says so.
func each(name string, take func(*row)) error {
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			return fmt.Errorf("data: %q: %w", name, err)
		}
	}
	const longest = 16 << 20
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, longest)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return fmt.Errorf("data: %q, line %d: %w", name, n, err)
		}
		take(&r)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("data: %q: %w", name, err)
	}
	return nil
}
