package imports

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/source"
)

// An embedding signal of vLLM-SR is true of texts that are like its candidates. There is nothing like it here, but a built-in signal may say the same. Whether
// one does is no guess: it is asked about the candidates themselves, and about those of the other embedding signals.

// wishes are the signals that may stand for an embedding signal.
var wishes = []string{
	"intent.deep_thinking", "intent.fast_qa", "intent.creative", "intent.coding", "domain.math", "domain.physics", "domain.chemistry", "domain.biology",
	"domain.computer_science", "domain.engineering", "domain.law", "domain.economics", "domain.business", "domain.health", "domain.psychology",
	"domain.philosophy", "domain.history",
}

// probe tells which built-in signals are true of a text.
type probe struct {
	table *rules.Table
	known map[string]map[string]bool
}

func newProbe() (*probe, error) {
	var b strings.Builder
	b.WriteString("version: probe\nmodels: {m: {cluster: m}}\nroutes:\n")
	for i, ref := range append(append([]string(nil), wishes...), languageRefs()...) {
		fmt.Fprintf(&b, "  - {name: r%d, when: %s, use: m}\n", i, ref)
	}
	b.WriteString("default: m\n")
	root, err := source.Load("probe.yaml", []byte(b.String()))
	if err != nil {
		return nil, err
	}
	table, err := rules.Compile(root)
	return &probe{table, map[string]map[string]bool{}}, err
}

func languageRefs() (refs []string) {
	for _, code := range languages {
		refs = append(refs, "language."+code)
	}
	return refs
}

// of returns the signals that are true of a text.
func (p *probe) of(text string) map[string]bool {
	if found, ok := p.known[text]; ok {
		return found
	}
	content, err := json.Marshal(text)
	if err != nil {
		return nil
	}
	found := map[string]bool{}
	body := fmt.Sprintf(`{"messages":[{"role":"user","content":%s}]}`, content)
	for _, s := range p.table.Explain(prompt.Chat, 0, nil, []byte(body)).Signals {
		found[s.Name] = s.Value == expr.True
	}
	p.known[text] = found
	return found
}

// count is of how many texts a signal is true.
func (p *probe) count(ref string, texts []string) (n int) {
	for _, text := range texts {
		if p.of(text)[ref] {
			n++
		}
	}
	return n
}

const (
	maxCandidates = 500 // of all embedding signals together
	// A built-in signal stands for an embedding signal if it is true of so many percent of its candidates, and of so many fewer of the others.
	leastPercent = 50
	leastLead    = 30
	leastTrue    = 3 // of fewer candidates it may be chance
)

// embedding finds the built-in signal that is true of a signal's candidates.
func (v *vllmSR) embedding(n *node, full string) *condition {
	const instead = "write a keyword signal of words that say it, or use one of domain, intent and complexity"
	texts := n.get("candidates").texts()
	if len(texts) == 0 || n.get("image_candidates").items() != nil {
		v.remark(n.line(), "signal", full, Dropped, "it has no candidates in text; %s", instead)
		return never
	}
	if v.probe == nil {
		p, err := newProbe()
		if err != nil {
			v.remark(n.line(), "signal", full, Dropped, "%s", instead)
			return never
		}
		v.probe = p
	}
	var others []string
	for _, other := range v.routing.at("signals", "embeddings").items() {
		if list := other.get("candidates").texts(); other.yaml != n.yaml && len(others)+len(list) <= maxCandidates {
			others = append(others, list...)
		}
	}
	texts = texts[:min(len(texts), maxCandidates)]
	code := v.commonLanguage(texts)
	best, bestLead, own, foreign := "", 0, 0, 0
	for _, ref := range wishes {
		mine := v.probe.count(ref, texts)
		rest, of := 0, 0
		for _, text := range others { // those in another language say nothing of what is asked
			if code == "" || v.probe.of(text)["language."+code] {
				of++
				rest += v.probe.count(ref, []string{text})
			}
		}
		percent := 100 * mine / len(texts)
		lead := percent
		if of > 0 {
			lead -= 100 * rest / of
		}
		if mine >= leastTrue && percent >= leastPercent && lead >= leastLead && lead > bestLead {
			best, bestLead, own, foreign = ref, lead, mine, rest
		}
	}
	if best == "" {
		v.remark(n.line(), "signal", full, Dropped, "no built-in signal is true of its candidates and of no others; %s", instead)
		return never
	}
	c := signal(best)
	if code != "" && v.severalLanguages() {
		c = all(c, signal("language."+code))
	}
	v.remark(n.line(), "signal", full, Replaced, "by %s, which is true of %d of its %d candidates, and of %d of those of the others in that language", c, own, len(texts), foreign)
	return c
}

// commonLanguage is the language of nearly all of some texts, or "".
func (v *vllmSR) commonLanguage(texts []string) string {
	for _, code := range languages {
		if 100*v.probe.count("language."+code, texts) >= 90*len(texts) {
			return code
		}
	}
	return ""
}

// severalLanguages reports whether the embedding signals are one a language.
func (v *vllmSR) severalLanguages() bool {
	seen := map[string]bool{}
	for _, n := range v.routing.at("signals", "embeddings").items() {
		if texts := n.get("candidates").texts(); len(texts) > 0 {
			seen[v.commonLanguage(texts[:min(len(texts), maxCandidates)])] = true
		}
	}
	return len(seen) > 1
}
