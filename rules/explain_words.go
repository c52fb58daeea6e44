package rules

import (
	"strings"

	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/prompt"
)

// OwnWords are what the user's own words are that signals of the last user message go by: what stands in the messages that it leans on, too, without what a client
// program has written around them. Like Explain it is for people, not for the proxy.
func (t *Table) OwnWords(shape prompt.Shape, body []byte) (texts []string) {
	s := t.NewSession(shape)
	s.Feed(body)
	s.Close()
	return t.ownWords(shape, body, s.state.FollowUps())
}

func (t *Table) ownWords(shape prompt.Shape, body []byte, followUps int) (texts []string) {
	r := &transcript{body: body, set: t.signals}
	reader := prompt.NewReader(t.readerOptions())
	reader.Reset(shape, r)
	_ = reader.Feed(body) // as far as it can be read
	for i := range r.passages {
		p := &r.passages[i]
		if !r.ofLastUser(p, followUps) {
			continue
		}
		for _, at := range p.own {
			texts = append(texts, string(p.text[at.From:at.To]))
		}
	}
	return texts
}

// NewWords are the words of a text that neither the learned weights nor any phrase of the policy or of the built-in lists know, each once, in small letters, and
// how many different words there are. Numbers and single characters of scripts that are written without spaces are left out.
func (t *Table) NewWords(words string) (unknown []string, all int) {
	seen := map[uint64]bool{}
	for _, token := range text.Split(words) {
		if token.Kind() != text.Word || token.Len() < 2 || token.Code() || seen[token.Hash] {
			continue
		}
		seen[token.Hash] = true
		all++
		if !t.signals.KnowsWord(&token) {
			unknown = append(unknown, strings.ToLower(words[token.Start:token.End]))
		}
	}
	return unknown, all
}

// Classes are the built-in types of signals of which one is true of each text, and their names without the type, such as "domain" and "math".
func Classes() map[string][]string {
	all := map[string][]string{}
	for typ, names := range signal.Exclusive() {
		for _, name := range names {
			all[typ] = append(all[typ], strings.TrimPrefix(name, typ+"."))
		}
	}
	return all
}
