package reason

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

//go:embed everyday.txt
var everydayText string

// everyday are ordinary prompts, none of which a phrase that means something special stands in.
func everyday() (prompts []string) {
	for line := range strings.Lines(everydayText) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			prompts = append(prompts, line)
		}
	}
	return prompts
}

// A phrase is too broad if it stands in so many of a hundred everyday prompts: in fewer where a guard goes by it.
const (
	broadForRoutes = 5
	broadForGuards = 1
)

// phrase is one of a keyword's, where it stands and how it is cut.
type phrase struct {
	node    *tree.Node
	key     string
	pieces  [][]string // keys of each piece's alternatives; nil for a phrase without gaps or alternatives
	tokens  []string   // of a phrase without
	texts   []string   // readings that it must be found in
	signal  int        // of the list that it stands in
	matched int        // everyday prompts
}

// list is the words of one keyword.
type list struct {
	name    string
	options *tree.Node
	sees    string
	guards  bool // some guard goes by it
	uses    bool // it leaves out what is mentioned
}

// Phrases finds phrases of keywords that repeat or contain each other, that can never be found, or that stand in everyday prompts.
func Phrases(root *tree.Node, t *rules.Table) []Finding {
	p := phrases{root: root}
	p.gather(t)
	for i := range p.lists {
		p.repeated(i)
	}
	p.tryOut()
	sortFindings(p.findings)
	return p.findings
}

type phrases struct {
	root     *tree.Node
	lists    []list
	all      []phrase
	findings []Finding
	split    text.Splitter
}

func (p *phrases) note(code string, n *tree.Node, message, hint string) {
	p.findings = append(p.findings, Finding{code, n.Path, n.Line, n.Column, message, hint})
}

func (p *phrases) gather(t *rules.Table) {
	keywords := p.root.Get("signals").Get("keyword")
	if keywords == nil {
		return
	}
	set := t.Signals()
	guarded := map[string]bool{}
	for _, g := range t.Outline().Guards {
		for _, i := range g.When.Uses() {
			guarded[set.Name(i)] = true
		}
	}
	for i, key := range keywords.Keys {
		options := keywords.Items[i]
		words := options.Get("words")
		if words == nil {
			continue
		}
		l := list{name: "keyword." + key.Text, options: options, uses: options.Get("mentions") != nil, guards: guarded["keyword."+key.Text]}
		for j := range set.Len() {
			if set.Name(j) == l.name {
				l.sees = set.Sees(j)
			}
		}
		gap := options.Get("gap")
		for _, n := range words.Items {
			ph := phrase{node: n, key: phraseKey(&p.split, n.Text, gap), signal: len(p.lists), texts: []string{n.Text}}
			if gap == nil && !strings.ContainsAny(n.Text, "(|)") {
				ph.tokens = strings.Fields(ph.key)
			} else {
				ph.pieces, ph.texts = p.cut(n.Text)
			}
			p.all = append(p.all, ph)
		}
		p.lists = append(p.lists, l)
	}
}

// cut cuts a phrase with gaps into its pieces, and writes readings in which each alternative stands once.
func (p *phrases) cut(words string) (pieces [][]string, texts []string) {
	var parts [][]string
	for words = strings.TrimSpace(words); words != ""; words = strings.TrimSpace(words) {
		var alternatives []string
		if rest, group := strings.CutPrefix(words, "("); group {
			inside, after, _ := strings.Cut(rest, ")")
			alternatives, words = strings.Split(inside, "|"), after
		} else {
			end := strings.IndexAny(words, " \t\n")
			if end < 0 {
				end = len(words)
			}
			alternatives, words = []string{words[:end]}, words[end:]
		}
		keys := make([]string, len(alternatives))
		for i, a := range alternatives {
			keys[i] = tokensKey(p.split.Split(a))
		}
		parts, pieces = append(parts, alternatives), append(pieces, keys)
	}
	most := 0
	for _, part := range parts {
		most = max(most, len(part))
	}
	for i := range most {
		reading := make([]string, len(parts))
		for k, part := range parts {
			reading[k] = strings.TrimSpace(part[i%len(part)])
		}
		texts = append(texts, strings.Join(reading, " "))
	}
	return pieces, texts
}

// mostPieces bounds how many phrases with gaps of one list are compared with each other, which takes the square of it.
const mostGapped = 2000

// repeated looks at the phrases of one list.
func (p *phrases) repeated(signal int) {
	seen := map[string]*tree.Node{}
	var gapped []*phrase
	for i := range p.all {
		ph := &p.all[i]
		if ph.signal != signal {
			continue
		}
		if first := seen[ph.key]; first != nil {
			p.note("W401", ph.node, strconv.Quote(ph.node.Text)+" stands in this list already, "+at(first, ph.node), "remove one of them")
			ph.key = "" // told
			continue
		}
		seen[ph.key] = ph.node
		if ph.pieces != nil {
			gapped = append(gapped, ph)
			p.alternatives(ph)
		}
	}
	for i := range p.all {
		ph := &p.all[i]
		if ph.signal != signal || ph.tokens == nil || ph.key == "" {
			continue
		}
		if inner := within(ph.tokens, seen); inner != nil {
			p.contained(ph.node, inner)
		}
	}
	if len(gapped) > mostGapped {
		gapped = gapped[:mostGapped]
	}
	for _, ph := range gapped {
		for _, inner := range gapped {
			if ph != inner && covers(inner.pieces, ph.pieces) && !(covers(ph.pieces, inner.pieces) && ph.node.Line < inner.node.Line) {
				p.contained(ph.node, inner.node)
				break
			}
		}
	}
}

func (p *phrases) contained(n, inner *tree.Node) {
	p.note("W402", n, strconv.Quote(short(n.Text))+" is never needed: wherever it stands, "+strconv.Quote(short(inner.Text))+" is found, "+at(inner, n), "remove the longer one, or the shorter one if it finds too much")
}

// at says where another phrase stands.
func at(n, from *tree.Node) string {
	if n.Line == 0 {
		return "at " + n.Path
	}
	if n.Line == from.Line {
		return "in this line"
	}
	return "at line " + strconv.Itoa(n.Line)
}

// short cuts what a message need not say in full.
func short(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return s
}

// alternatives finds one that is written twice in a piece. Spellings that differ in accents alone are often both written on purpose.
func (p *phrases) alternatives(ph *phrase) {
	for _, group := range strings.Split(ph.node.Text, "(") {
		inside, _, closed := strings.Cut(group, ")")
		if !closed {
			continue
		}
		seen := map[string]bool{}
		for a := range strings.SplitSeq(inside, "|") {
			a = strings.ToLower(strings.Join(strings.Fields(a), " "))
			if seen[a] {
				p.note("W401", ph.node, "an alternative stands twice in "+strconv.Quote(short(ph.node.Text))+": "+strconv.Quote(a), "remove one of them")
			}
			seen[a] = true
		}
	}
}

// within returns the phrase of some that stands in other tokens, but for all of them.
func within(tokens []string, phrases map[string]*tree.Node) *tree.Node {
	for from := range tokens {
		key := ""
		for to := from; to < len(tokens); to++ {
			key += " " + tokens[to]
			if n := phrases[key]; n != nil && to-from+1 < len(tokens) {
				return n
			}
		}
	}
	return nil
}

// covers reports whether a phrase with gaps is found wherever another one is: each of its pieces has all the alternatives of a piece of
// the other's, and these stand side by side.
func covers(inner, outer [][]string) bool {
	for from := 0; from+len(inner) <= len(outer); from++ {
		fits := true
		for i := 0; i < len(inner) && fits; i++ {
			fits = !slices.ContainsFunc(outer[from+i], func(key string) bool { return !slices.Contains(inner[i], key) })
		}
		if fits {
			return true
		}
	}
	return false
}

// tryOut makes policies in which each phrase is a signal, and sends them the phrases and everyday prompts: the engine itself tells what it
// finds. Many small policies are read faster than one in which each prompt has thousands of signals.
func (p *phrases) tryOut() {
	prompts := everyday()
	for from := 0; from < len(p.all); from += tried {
		p.tryThese(p.all[from:min(from+tried, len(p.all))], prompts)
	}
}

// tried is how many phrases are tried at once.
const tried = 250

func (p *phrases) tryThese(these []phrase, prompts []string) {
	s := p.table(these).NewSession(prompt.Chat)
	found := func(body []byte) []string {
		s.Reset(prompt.Chat, 0)
		s.Feed(body)
		return s.Close().Signals
	}
	for i := range these {
		ph := &these[i]
		l := &p.lists[ph.signal]
		if l.uses {
			continue // a phrase alone is neither a use nor a mention
		}
		for _, reading := range ph.texts {
			if !slices.Contains(found(said(l.sees, reading)), trial(i)) {
				p.note("W403", ph.node, strconv.Quote(short(ph.node.Text))+" can never be found as "+strconv.Quote(short(reading)), "write it as people do: docs/signals.md says how texts are cut into words")
				break
			}
		}
	}
	examples := make([]string, len(these))
	for _, text := range prompts {
		for _, name := range found(said("user", text)) {
			i, _ := strconv.Atoi(name[len(trialPrefix):])
			these[i].matched++
			examples[i] = text
		}
	}
	for i := range these {
		ph := &these[i]
		bound := broadForRoutes
		who := "routes go by it"
		if p.lists[ph.signal].guards {
			bound, who = broadForGuards, "a guard goes by it"
		}
		if ph.matched*100 > bound*len(prompts) {
			p.note("W404", ph.node, fmt.Sprintf("%q is too broad: it stands in %d of %d everyday prompts, such as %q, and %s", short(ph.node.Text), ph.matched, len(prompts), short(examples[i]), who),
				"add the words that make it special")
		}
	}
}

// said is the body of a request in which a text is said by somebody that a signal hears.
func said(sees, text string) []byte {
	quoted, _ := json.Marshal(text)
	var message string
	switch first, _, _ := strings.Cut(sees, ", "); first {
	case "operator":
		message = `{"role":"system","content":` + string(quoted) + `}`
	case "assistant":
		message = `{"role":"assistant","content":` + string(quoted) + `}`
	case "tool":
		message = `{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":` + string(quoted) + `}`
	default:
		message = `{"role":"user","content":` + string(quoted) + `}`
	}
	return []byte(`{"messages":[` + message + `]}`)
}

const trialPrefix = "keyword.p"

func trial(i int) string { return trialPrefix + strconv.Itoa(i) }

// table compiles a policy in which each phrase is a signal of its own.
func (p *phrases) table(these []phrase) *rules.Table {
	leaf := func(text string) *tree.Node { return &tree.Node{Kind: tree.String, Text: text, Path: "$"} }
	object := func() *tree.Node { return &tree.Node{Kind: tree.Map, Path: "$"} }
	set := func(n *tree.Node, key string, v *tree.Node) {
		n.Keys, n.Items = append(n.Keys, leaf(key)), append(n.Items, v)
	}
	keywords, signals := object(), object()
	routes := &tree.Node{Kind: tree.List, Path: "$"}
	var when []string
	flush := func() {
		if len(when) == 0 {
			return
		}
		r := object()
		set(r, "name", leaf("r"+strconv.Itoa(len(routes.Items))))
		set(r, "when", leaf(strings.Join(when, " or ")))
		set(r, "use", leaf("m"))
		routes.Items, when = append(routes.Items, r), nil
	}
	for i := range these {
		options := object()
		own := p.lists[these[i].signal].options
		for _, key := range []string{"in", "gap"} {
			if v := own.Get(key); v != nil {
				set(options, key, v)
			}
		}
		set(options, "words", &tree.Node{Kind: tree.List, Path: "$", Items: []*tree.Node{these[i].node}})
		set(keywords, trial(i)[len("keyword."):], options)
		if when = append(when, trial(i)); len(when) == 200 {
			flush()
		}
	}
	flush()
	set(signals, "keyword", keywords)
	root, models, m := object(), object(), object()
	set(m, "cluster", leaf("m"))
	set(models, "m", m)
	set(root, "models", models)
	set(root, "signals", signals)
	if wrappers := p.root.Get("wrappers"); wrappers != nil {
		set(root, "wrappers", wrappers)
	}
	set(root, "routes", routes)
	fallback := object()
	set(fallback, "model", leaf("m"))
	set(root, "default", fallback)
	t, err := rules.CompileUnjudged(root)
	if err != nil {
		panic(err) // the phrases have been compiled before
	}
	return t
}
