package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"github.com/mom-router/mom-router/internal/quote"
)

// document is a text of some kind, whose tokens are counted and estimated.
type document struct {
	kind  string
	text  string
	tools bool // the text is a list of tools' definitions in JSON, not words of a user's
}

// hash names a document without telling anything of it.
func (d *document) hash() string {
	h := fnv.New64a()
	h.Write([]byte(d.kind + "\x00" + d.text))
	return fmt.Sprintf("%016x", h.Sum64())
}

// held reports whether a document is judged by; nothing is learned from it. It is a third of them.
func (d *document) held() bool {
	h := d.hash()
	return h[len(h)-1]%3 == 0
}

// body is the document as a chat.
func (d *document) body() string {
	if d.tools {
		return `{"tools":` + d.text + `,"messages":[]}`
	}
	return `{"messages":[{"role":"user","content":` + quote.JSON(d.text) + `}]}`
}

// mostDocuments is how many there are of a kind, at most.
const mostDocuments = 160

// documentSize is how many bytes of rows make a document, at least.
const documentSize = 1500

// documents are texts of all kinds for which the estimate is to hold: of the public data, of this repository, and made up.
func documents(data string) ([]document, error) {
	var all []document
	rows := func(kind, name string, take func(r *row) bool) error {
		var b strings.Builder
		n := 0
		return lines(filepath.Join(data, filepath.FromSlash(name)), func(line []byte) error {
			var r row
			if err := json.Unmarshal(line, &r); err != nil {
				return err
			}
			if n >= mostDocuments || !take(&r) {
				return nil
			}
			b.WriteString(r.Text + "\n\n")
			if b.Len() >= documentSize {
				all = append(all, document{kind: kind, text: b.String()})
				b.Reset()
				n++
			}
			return nil
		})
	}
	in := func(lang string) func(*row) bool { return func(r *row) bool { return r.Lang == lang } }
	english := 0
	for _, err := range []error{
		rows("English", "learn/domain.jsonl.gz", func(r *row) bool { english++; return r.Lang == "en" && english%37 == 0 }),
		rows("English", "benign.jsonl", func(r *row) bool { return r.Kind == "instruction" }),
		rows("system prompts", "clients/system-prompts.jsonl.gz", func(r *row) bool { return len(r.Text) < 30_000 }),
		rows("German", "learn/domain.jsonl.gz", in("de")),
		rows("German", "learn/benign.jsonl.gz", in("de")),
		rows("Chinese", "learn/benign.jsonl.gz", in("zh")),
		rows("Chinese", "learn/domain.jsonl.gz", in("zh")),
	} {
		if err != nil {
			return nil, err
		}
	}
	for _, lang := range []string{"fr", "es", "it", "pt", "ru", "ja", "ko", "ar", "hi", "tr", "pl", "vi"} {
		if err := rows("other languages", "languages.jsonl", func(r *row) bool { return r.Language == lang }); err != nil {
			return nil, err
		}
	}
	n := 0
	err := lines(filepath.Join(data, "clients", "tool-results.jsonl.gz"), func(line []byte) error {
		var r row
		if err := json.Unmarshal(line, &r); err != nil {
			return err
		}
		if len(r.Text) < 800 || len(r.Text) > 40_000 || n >= 3*mostDocuments {
			return nil
		}
		kind, text := "code", r.Text
		switch {
		case strings.HasSuffix(r.Source, ".json"):
			kind = "JSON"
		case strings.HasSuffix(r.Source, ".md") || strings.HasSuffix(r.Source, ".mdx"):
			kind = "Markdown"
		case n%2 == 0:
			kind, text = "code with line numbers", numbered(text, n/2%3)
		}
		n++
		all = append(all, document{kind: kind, text: text})
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = lines(filepath.Join(data, "clients", "bodies.jsonl.gz"), func(line []byte) error {
		var b struct{ Body json.RawMessage }
		var body struct{ Tools json.RawMessage }
		if json.Unmarshal(line, &b) != nil || json.Unmarshal(b.Body, &body) != nil || len(body.Tools) < 1000 {
			return nil
		}
		for _, d := range all {
			if d.text == string(body.Tools) {
				return nil
			}
		}
		all = append(all, document{kind: "tools", text: string(body.Tools), tools: true})
		return nil
	})
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		all = append(all,
			document{kind: "tools", text: toolsFor(r, 5+i%40), tools: true},
			document{kind: "base64", text: base64Of(r, 600+i*150)},
			document{kind: "JSON", text: records(r, 10+i, i%2 == 0)},
			document{kind: "German compounds", text: compounds(r, 40+i)},
		)
	}
	return all, nil
}

// numbered is a file as clients' tools return it.
func numbered(text string, way int) string {
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		fmt.Fprintf(&b, [...]string{"%6d\t%s\n", "%d | %s\n", "%5d→%s\n"}[way], i+1, line)
	}
	return b.String()
}

// base64Of is data in base64, of bytes at random or of a picture's kind, with a few of them alike.
func base64Of(r *rand.Rand, n int) string {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return base64.StdEncoding.EncodeToString(p)
}

// Words of our own, for what is made up.
var (
	nouns = strings.Fields("order invoice customer account window folder report ticket branch commit session region payment parcel route bridge meeting calendar note device sensor reading battery forecast " +
		"recipe ingredient playlist track camera picture album contact number address street village harbour vessel cargo")
	verbs      = strings.Fields("read write list find create delete update search send cancel move copy rename open close measure compare approve reject schedule")
	adjectives = strings.Fields("new old open closed pending recent large small hidden public private valid expired broken current next")
	stems      = strings.Fields("Donau Dampf Schiff Fahrt Gesellschaft Kraft Werk Wasser Versorgung Haus Tür Schlüssel Rinder Kenn Zeichnung Fleisch Etikett Überwachung Aufgabe Übertragung Gesetz Straße Bahn Hof Vorsteher Straf Verfahren Kosten " +
		"Ordnung Grund Stück Verkehr Genehmigung Zuständigkeit Arbeit Markt Politik Umwelt Schutz Beauftragter Steuer Erklärung Frist Verlängerung Antrag Kranken Versicherung Pflicht Grenze Lebens Mittel Kontrolle Behörde")
	links = strings.Fields("der die das und wird mit für von ein eine nicht auch bei nach über im zur ist hat wurde sehr")
)

func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

// compounds is German in which every other word is long.
func compounds(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		for range 3 + r.IntN(6) {
			if r.IntN(2) == 0 {
				b.WriteString(pick(r, links) + " ")
				continue
			}
			word := pick(r, stems)
			for range 1 + r.IntN(3) {
				word += strings.ToLower(pick(r, stems))
			}
			b.WriteString(word + " ")
		}
		b.WriteString("ist " + strings.ToLower(pick(r, stems)) + "lich. ")
	}
	return b.String()
}

// toolsFor are definitions of tools.
func toolsFor(r *rand.Rand, n int) string {
	var list []any
	for range n {
		properties := map[string]any{}
		var required []string
		for range 1 + r.IntN(6) {
			name := pick(r, nouns) + "_" + pick(r, []string{"id", "name", "date", "count", "path", "type"})
			p := map[string]any{"type": pick(r, []string{"string", "integer", "boolean", "number"}), "description": sentence(r)}
			if r.IntN(4) == 0 {
				p["enum"] = []string{pick(r, adjectives), pick(r, nouns), pick(r, verbs)}
			}
			properties[name] = p
			if r.IntN(2) == 0 {
				required = append(required, name)
			}
		}
		list = append(list, map[string]any{"type": "function", "function": map[string]any{
			"name": pick(r, verbs) + "_" + pick(r, nouns), "description": sentence(r) + " " + sentence(r),
			"parameters": map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false},
		}})
	}
	b, _ := json.Marshal(list)
	return string(b)
}

func sentence(r *rand.Rand) string {
	s := "The " + pick(r, adjectives) + " " + pick(r, nouns) + " to " + pick(r, verbs) + " for the " + pick(r, nouns)
	if r.IntN(2) == 0 {
		s += ", or the " + pick(r, nouns) + " of the " + pick(r, adjectives) + " " + pick(r, nouns)
	}
	return s + "."
}

// records are rows of data in JSON.
func records(r *rand.Rand, n int, indented bool) string {
	var list []any
	for range n {
		list = append(list, map[string]any{
			"id": r.IntN(1 << 30), pick(r, nouns): pick(r, adjectives), pick(r, nouns) + "_at": fmt.Sprintf("2031-%02d-%02dT%02d:%02d:00Z", 1+r.IntN(12), 1+r.IntN(28), r.IntN(24), r.IntN(60)),
			"amount": float64(r.IntN(1e6)) / 100, "tags": []string{pick(r, nouns), pick(r, verbs)}, "active": r.IntN(2) == 0, "parent": nil,
			"uuid": fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<16), r.IntN(1<<16), r.Uint64()>>16),
		})
	}
	b, _ := json.Marshal(list)
	if indented {
		var out bytes.Buffer
		_ = json.Indent(&out, b, "", "  ")
		return out.String()
	}
	return string(b)
}
