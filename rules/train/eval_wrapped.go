package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/internal/quote"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
	yaml "github.com/mom-router/mom-router/rules/source"
)

// clientTemplate is a request as a client builds it around what a person wrote.
type clientTemplate struct {
	Client, Shape string
	Body          json.RawMessage // with wordsHere in the place of the words
}

// wordsHere stands in a template for what the person wrote.
const wordsHere = "{{words}}"

// kept counts prompts that keep the model of the bare prompt.
type kept struct {
	client              string
	rows, with, without int
}

// keptModels counts, by client, prompts that keep the model of the bare prompt: our own in our templates, and those of the public data, where it is there.
func (r *report) keptModels(prompts []ownRow) (counts []*kept, err error) {
	unmarked, err := r.defaultWith("wrappers: {builtin: none}")
	if err != nil {
		return nil, err
	}
	tables := [...]*rules.Table{r.e.table, unmarked}
	model := func(table int, shape prompt.Shape, body string) (string, error) {
		s := tables[table].NewSession(shape)
		s.Feed([]byte(body))
		d := s.Close()
		if d.Model == nil {
			return "", errors.New("a request is refused: " + d.Message)
		}
		return d.Model.Key, nil
	}
	compare := func(client string, shape prompt.Shape, words, body string) error {
		want, err := model(0, prompt.Chat, `{"messages":[{"role":"user","content":`+quote.JSON(words)+`}]}`)
		if err != nil {
			return err
		}
		if len(counts) == 0 || counts[len(counts)-1].client != client {
			counts = append(counts, &kept{client: client})
		}
		c := counts[len(counts)-1]
		c.rows++
		for table, n := range [...]*int{&c.with, &c.without} {
			got, err := model(table, shape, body)
			if err != nil {
				return fmt.Errorf("%s: %w", client, err)
			}
			count(n, got == want)
		}
		return nil
	}
	err = lines(filepath.Join(r.root, "rules/train/testdata/client_templates.jsonl"), func(line []byte) error {
		var t clientTemplate
		if err := json.Unmarshal(line, &t); err != nil {
			return err
		}
		shape, err := shapeOf(t.Shape)
		if err != nil {
			return err
		}
		for _, p := range prompts {
			quoted := quote.JSON(p.Text)
			if err := compare("own: "+t.Client, shape, p.Text, strings.Replace(string(t.Body), wordsHere, quoted[1:len(quoted)-1], 1)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = lines(filepath.Join(r.data, "clients/wrappers.jsonl.gz"), func(line []byte) error {
		var w struct {
			Client, Words, Path, Body string
		}
		if err := json.Unmarshal(line, &w); err != nil {
			return err
		}
		shape, err := shapeOf(w.Path)
		if err != nil {
			return err
		}
		if strings.HasSuffix(w.Client, "bare") {
			return nil
		}
		return compare("public: "+strings.TrimPrefix(w.Client, "g:"), shape, w.Words, w.Body)
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return counts, err
}

// wrapped prints how many prompts get the model of the bare prompt inside what clients write around them.
func (r *report) wrapped() error {
	prompts, err := r.own("client_prompts.jsonl")
	if err != nil {
		return err
	}
	counts, err := r.keptModels(prompts)
	if err != nil {
		return err
	}
	r.title("Words inside what clients write")
	r.line("Prompts that keep the model of the bare prompt inside what a client program writes around them: the %d of own/client_prompts.jsonl in", len(prompts))
	r.line("each template of own/client_templates.jsonl, and below those the bodies of clients/wrappers.jsonl. Without markers is the same policy with")
	r.line("`wrappers: {builtin: none}`. In two templates the prompt is no first message, so that a follow-up such as \"Fix it\" goes by what stands before it.\n")
	r.head("client", "rows", "kept", "without markers")
	all := &kept{client: "all"}
	for _, c := range counts {
		all.rows, all.with, all.without = all.rows+c.rows, all.with+c.with, all.without+c.without
	}
	for _, c := range append(counts, all) {
		r.cells(c.client, strconv.Itoa(c.rows), percent(c.with, c.rows), percent(c.without, c.rows))
	}
	return nil
}

// defaultWith is the default policy with more of it.
func (r *report) defaultWith(more string) (*rules.Table, error) {
	const file = "rules/default.yaml"
	policy, err := os.ReadFile(filepath.Join(r.root, file))
	if err != nil {
		return nil, err
	}
	root, err := yaml.Load(file, append(policy, "\n"+more+"\n"...))
	if err != nil {
		return nil, err
	}
	return rules.Compile(root)
}

// shapeOf is the shape of a name, or of the path that it is served under.
func shapeOf(name string) (prompt.Shape, error) {
	name, _, _ = strings.Cut(strings.TrimPrefix(name, "/v1/"), "?")
	switch name {
	case "chat", "chat/completions":
		return prompt.Chat, nil
	case "responses":
		return prompt.Responses, nil
	case "messages":
		return prompt.Messages, nil
	}
	return 0, errors.New("no shape " + strconv.Quote(name))
}
