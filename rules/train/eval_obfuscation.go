package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/prompt"
)

// obfuscations are the signals of disguises and of markers.
var obfuscations = []string{
	"obfuscation.invisible", "obfuscation.bidi", "obfuscation.tags", "obfuscation.marks", "obfuscation.styled", "obfuscation.width",
	"obfuscation.confusable", "obfuscation.leet", "obfuscation.apart", "obfuscation.base64", "obfuscation.hex", "obfuscation.escaped",
	"injection.template",
}

// obfuscation prints false alarms of the signals of disguises.
func (r *report) obfuscation() error {
	// The lists of the built-in signals are the words that disguises are guessed towards.
	set, err := setOf(append([]string{"domain.math", "intent.coding", "language.en", "jailbreak.score"}, obfuscations...)...)
	if err != nil {
		return err
	}
	r.title("False alarms of obfuscation.* and injection.template")
	r.line("Text that was not made to be disguised. Code, URLs and the like: rows of benign.jsonl of the kind code, the files of")
	r.line("this repository's tree that are Go, shell, YAML or Markdown (without tests and test data) in pieces of 40 lines,")
	r.line("and URLs, of that data and written for this. Other languages: languages.jsonl, split into Latin script with accents")
	r.line("and other scripts.\n")
	r.falseAlarms(newJudge(set), obfuscations)
	return nil
}

// falseAlarms prints how often signals are true in harmless text of several kinds.
func (r *report) falseAlarms(j *judge, names []string) {
	groups := r.harmless()
	r.head("harmless", "rows", "any", "which")
	for _, g := range groups {
		any, which := 0, map[string]int{}
		for _, s := range g.texts {
			j.hear(prompt.RoleUser, s)
			hit := false
			for _, n := range names {
				if j.is(n) {
					which[n]++
					hit = true
				}
			}
			count(&any, hit)
		}
		var list []string
		for _, n := range names {
			if which[n] > 0 {
				list = append(list, n+" "+strconv.Itoa(which[n]))
			}
		}
		r.cells(g.name, strconv.Itoa(len(g.texts)), percent(any, len(g.texts)), strings.Join(list, ", "))
	}
}

// webAddresses are of the kinds that people paste.
var webAddresses = [...]string{
	"https://www.example.com/", "https://example.com/a/b/c.html?x=1&y=2#top", "http://user@example.org:8080/path;v=1?q=%20a%20b",
	"https://en.wikipedia.org/wiki/S%C3%A3o_Paulo", "https://ja.wikipedia.org/wiki/%E6%9D%B1%E4%BA%AC", "https://github.com/golang/go/issues/51246#issuecomment-1046893451",
	"https://docs.google.com/document/d/1A2b3C4d5E6f7G8h9I0jKlMnOpQrStUvWxYz/edit?usp=sharing", "https://youtu.be/dQw4w9WgXcQ?t=43",
	"https://www.amazon.de/dp/B08N5WRWNW/ref=sr_1_3?keywords=laptop+15&qid=1612345678&sr=8-3", "https://example.com/?utm_source=news&utm_medium=email&utm_campaign=2026%2F11",
	"git@github.com:example/repo.git", "s3://bucket/2026/11/22/part-00000-7f3c2b1a-9d8e-4c5b-a6f7-0123456789ab.snappy.parquet",
	"https://maps.example.com/@52.5200066,13.404954,12z/data=!3m1!4b1", "https://example.com/oauth?redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&state=xyz",
	"https://cdn.example.net/img/3f2504e0-4f89-11d3-9a0c-0305e82c3301.webp", "https://t.co/AbC123xYz9", "https://example.com/calendar?start=2026-11-22T19%3A30%3A00Z&tz=Europe%2FBerlin",
	"https://example.com/search?q=c%2B%2B+vs+c%23&hl=en", "https://registry.example.com/v2/library/go/manifests/sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	"https://example.com/wp-content/uploads/2026/11/how-to-bake-bread-at-home.jpg", "https://xn--mnchen-3ya.example/stra%C3%9Fe", "file:///C:/Program%20Files/App/readme.txt",
}

// group is harmless texts of a kind.
type group struct {
	name  string
	texts []string
}

func (r *report) harmless() []group {
	prose, code := group{name: "benign.jsonl but code, domain.jsonl"}, group{name: "benign.jsonl, code"}
	urls := group{name: "URLs", texts: slices.Clone(webAddresses[:])}
	for i := range r.rows {
		o := &r.rows[i]
		switch {
		case o.file != "benign" && o.file != "domain":
			continue
		case o.Kind == "code":
			code.texts = append(code.texts, o.Text)
		default:
			prose.texts = append(prose.texts, o.Text)
		}
		for _, w := range strings.Fields(o.Text) {
			if strings.Contains(w, "://") || strings.HasPrefix(w, "www.") {
				urls.texts = append(urls.texts, w)
			}
		}
	}
	return append([]group{prose, code, {"source code of this repository", r.sources()}, urls}, r.languages()...)
}

// sources are the program texts of this repository.
func (r *report) sources() (list []string) {
	_ = filepath.WalkDir(r.root, func(name string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // it is left out
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "phrases" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 1):
			return filepath.SkipDir
		case d.IsDir() || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		switch filepath.Ext(name) {
		case ".go", ".sh", ".md", ".yml", ".yaml":
		default:
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil || strings.HasSuffix(name, "default.yaml") || strings.Contains(string(data), "confusables") {
			return nil // those hold attacks and disguises
		}
		lines := strings.Split(string(data), "\n")
		for len(lines) > 0 {
			n := min(40, len(lines))
			list = append(list, strings.Join(lines[:n], "\n"))
			lines = lines[n:]
		}
		return nil
	})
	return list
}

// languages are the texts of languages.jsonl in Latin script with accents, and in other scripts.
func (r *report) languages() []group {
	accented, other := group{name: "languages.jsonl, accented Latin"}, group{name: "languages.jsonl, other scripts"}
	err := lines(filepath.Join(r.data, "languages.jsonl"), func(line []byte) error {
		var o row
		if err := json.Unmarshal(line, &o); err != nil {
			return err
		}
		latin, beyond := 0, 0
		for _, c := range o.Text {
			switch {
			case c|0x20 >= 'a' && c|0x20 <= 'z':
				latin++
			case c > 0x17F:
				beyond++
			}
		}
		switch {
		case beyond > latin:
			other.texts = append(other.texts, o.Text)
		case len(o.Text) > len([]rune(o.Text)):
			accented.texts = append(accented.texts, o.Text)
		}
		return nil
	})
	if err != nil {
		return nil // the tables then have no such rows
	}
	return []group{accented, other}
}
