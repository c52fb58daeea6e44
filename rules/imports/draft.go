package imports

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// draft is a policy that is being made. What in it does not compile is dropped, with a remark.
type draft struct {
	auto      []string
	models    []*model
	signals   []*declaration
	byRef     map[string]*declaration
	guards    []*rule
	routes    []*rule
	otherwise []choice // the default

	remarks []Remark
}

// model is an entry of the policy's models.
type model struct {
	key, name, cluster string
	aliases            []string
	line               int
	context, maxOutput int64
	input              []string
	priceIn, priceOut  string // as written, "" if not known
	reasoning          []field
	dropped            bool
}

// declaration is an entry of the policy's signals.
type declaration struct {
	typ, name string
	line      int
	options   []field  // beside the words
	list      string   // the option that has the words: "words", "patterns" or "kinds"
	words     []string // those that are left
	dropped   bool
}

func (d *declaration) ref() string { return d.typ + "." + d.name }

// field is a member of a map that is written in this order.
type field struct {
	key   string
	value any // a string, an int64, a number as it is written, a list of strings or fields
}

// number is a number as it is written.
type number string

// rule is a guard or a route.
type rule struct {
	of            string // what it was made of, as the configuration calls it
	name, comment string
	line          int
	when          *condition
	use           []choice
	only          []string // of a guard
	flag          string
	deny          []field // of a guard; nil if it does not deny
	dropped       bool
}

// choice is a model with a level of reasoning, "" for none.
type choice struct{ model, level string }

func (d *draft) remark(line int, part, name string, o Outcome, format string, values ...any) {
	d.remarks = append(d.remarks, Remark{line, part, name, o, fmt.Sprintf(format, values...)})
}

// unsay takes back what was said of a part, since something else became of it.
func (d *draft) unsay(line int, part, name string) {
	d.remarks = slices.DeleteFunc(d.remarks, func(r Remark) bool {
		return r.Line == line && r.Part == part && r.Name == name && r.Outcome != Defect
	})
}

// declared finds a declaration that was not dropped.
func (d *draft) declared(ref string) *declaration {
	if s := d.byRef[ref]; s != nil && !s.dropped {
		return s
	}
	return nil
}

// add adds a declaration.
func (d *draft) add(s *declaration) {
	if d.byRef == nil {
		d.byRef = map[string]*declaration{}
	}
	d.byRef[s.ref()] = s
	d.signals = append(d.signals, s)
}

// maxRounds bounds how often a policy is compiled until nothing in it is wrong. Each round drops all that is.
const maxRounds = 64

// finish writes the policy.
func (d *draft) finish() ([]byte, error) {
	if len(d.models) == 0 {
		return nil, errors.New("it has no models, so there is nothing to route to")
	}
	if len(d.otherwise) == 0 {
		d.otherwise = []choice{{model: d.models[0].key}}
		d.remark(d.models[0].line, "setting", "default model", Replaced, "there is none, so it is the first model, %q", d.models[0].key)
	}
	for range maxRounds {
		d.prune()
		written := d.write()
		data, err := written.yaml()
		if err != nil {
			return nil, err
		}
		root, err := source.Load("policy.yaml", data)
		if err == nil {
			_, err = rules.Compile(root)
		}
		if err == nil {
			return data, nil
		}
		var problems *tree.Problems
		if !errors.As(err, &problems) {
			return nil, err
		}
		mended := false
		for _, p := range problems.List {
			mended = written.drop(d, p) || mended
		}
		if !mended {
			return nil, fmt.Errorf("the policy that it would become has a mistake: %w", problems.List[0])
		}
	}
	return nil, errors.New("too much in it cannot be imported")
}

// prune drops rules whose conditions no longer can be true, or always are.
func (d *draft) prune() {
	known := func(ref string, _ bool) *condition {
		if typ, _, _ := strings.Cut(ref, "."); declarable[typ] && !builtin[ref] && d.declared(ref) == nil {
			return never
		}
		return signal(ref)
	}
	for _, r := range d.guards {
		if r.dropped {
			continue
		}
		if r.when = r.when.with(known); r.when.is(opFalse) {
			d.leaveOut(r, Dropped, "nothing is left of its condition that could be true")
		}
	}
	for i, r := range d.routes {
		if r.dropped {
			continue
		}
		r.when = r.when.with(known)
		switch {
		case r.when.is(opFalse):
			d.leaveOut(r, Dropped, "nothing is left of its condition that could be true")
		case r.when.is(opTrue):
			d.otherwise = r.use
			d.leaveOut(r, Replaced, "by the policy's default, since its condition is always true")
			for _, later := range d.routes[i+1:] {
				if !later.dropped {
					d.leaveOut(later, Defect, fmt.Sprintf("is never reached: %q comes first and is always true", r.of))
				}
			}
		}
	}
}

// leaveOut drops a rule and says why.
func (d *draft) leaveOut(r *rule, o Outcome, why string) {
	r.dropped = true
	d.unsay(r.line, "decision", r.of)
	d.remark(r.line, "decision", r.of, o, "%s", why)
}

// declarable are the types of signals that declarations add to, and builtin those signals of them that need none.
var (
	declarable = map[string]bool{"keyword": true, "regex": true, "pii": true, "size": true, "header": true, "jailbreak": true}
	builtin    = map[string]bool{"jailbreak.score": true}
)

// written is a policy as a document, and what its parts were made of.
type written struct {
	document       *yaml.Node
	guards, routes []*rule // that are in it
	signals        []*declaration
}

func (d *draft) write() *written {
	w := &written{}
	used := map[string]bool{}
	for _, list := range [][]*rule{d.guards, d.routes} {
		for _, r := range list {
			if !r.dropped {
				r.when.refs(func(ref string, _ bool) { used[ref] = true })
			}
		}
	}
	models := mapping()
	for _, m := range d.models {
		if !m.dropped {
			put(models, m.key, m.yaml())
		}
	}
	types := map[string]*yaml.Node{}
	signals := mapping()
	for _, s := range d.signals {
		if s.dropped || !used[s.ref()] {
			continue
		}
		if types[s.typ] == nil {
			types[s.typ] = mapping()
			put(signals, s.typ, types[s.typ])
		}
		put(types[s.typ], s.name, s.yaml())
		w.signals = append(w.signals, s)
	}
	root := mapping()
	put(root, "version", quoted("imported"))
	if len(d.auto) > 0 {
		put(root, "auto", flow(list(d.auto)))
	}
	put(root, "models", models)
	if len(signals.Content) > 0 {
		put(root, "signals", signals)
	}
	w.guards = w.rules(root, "guards", d.guards)
	w.routes = w.rules(root, "routes", d.routes)
	put(root, "default", d.otherwise[0].yaml())
	w.document = root
	return w
}

func (w *written) rules(root *yaml.Node, key string, from []*rule) (kept []*rule) {
	items := &yaml.Node{Kind: yaml.SequenceNode}
	for _, r := range from {
		if !r.dropped {
			kept = append(kept, r)
			items.Content = append(items.Content, r.yaml())
		}
	}
	if len(kept) > 0 {
		put(root, key, items)
	}
	return kept
}

func (w *written) yaml() ([]byte, error) {
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	if err := encoder.Encode(w.document); err != nil {
		return nil, err
	}
	return b.Bytes(), encoder.Close()
}

// drop takes out of a draft what a mistake of the policy is about, and reports whether it found it.
func (w *written) drop(d *draft, p tree.Problem) bool {
	why := p.Message
	if p.Hint != "" {
		why += " (" + p.Hint + ")"
	}
	for _, s := range w.signals {
		path := "$.signals" + tree.PathStep(s.typ) + tree.PathStep(s.name)
		rest, ok := strings.CutPrefix(p.Path, path)
		if !ok || rest != "" && rest[0] != '.' && rest[0] != '[' {
			continue
		}
		if i, ok := indexIn(rest, "."+s.list); ok && i < len(s.words) && len(s.words) > 1 {
			word := s.words[i]
			if word != "" {
				s.words[i] = "" // its place is needed for other mistakes of this round
				d.remark(s.line, "signal", s.ref(), Dropped, "without %q: %s", word, why)
			}
			return true
		}
		if !s.dropped {
			s.dropped = true
			d.remark(s.line, "signal", s.ref(), Dropped, "left out: %s", why)
		}
		return true
	}
	for _, list := range []struct {
		key   string
		rules []*rule
	}{{"guards", w.guards}, {"routes", w.routes}} {
		i, ok := indexIn(p.Path, "$."+list.key)
		if p.Path == "$."+list.key { // too many
			i, ok = len(list.rules)-1, true
		}
		if !ok || i < 0 || i >= len(list.rules) {
			continue
		}
		if r := list.rules[i]; !r.dropped {
			outcome := Dropped
			if strings.Contains(p.Message, "never") {
				outcome = Defect
			}
			d.leaveOut(r, outcome, "left out: "+why)
		}
		return true
	}
	return false
}

// indexIn is the index in a path such as $.routes[3].when behind a prefix.
func indexIn(path, prefix string) (int, bool) {
	rest, ok := strings.CutPrefix(path, prefix+"[")
	if !ok {
		return 0, false
	}
	digits, _, ok := strings.Cut(rest, "]")
	i, err := strconv.Atoi(digits)
	return i, ok && err == nil
}

// names gives names that a policy can have, each once.
type names map[string]bool

// of makes a name of a text: small letters, digits, "_" and "-".
func (taken names) of(text string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '-':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '_'
	}, text)
	for strings.Contains(name, "__") {
		name = strings.ReplaceAll(name, "__", "_")
	}
	if len(name) > 100 {
		name = name[:100]
	}
	name = cmp.Or(strings.Trim(name, "_"), "unnamed")
	if slices.Contains([]string{"true", "false", "y", "n", "yes", "no", "on", "off", "default", "client"}, name) {
		name += "_"
	}
	unique := name
	for i := 2; taken[unique]; i++ {
		unique = name + "_" + strconv.Itoa(i)
	}
	taken[unique] = true
	return unique
}
