package signal

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/disguise"
	"github.com/mom-router/mom-router/rules/internal/match"
	"github.com/mom-router/mom-router/rules/internal/prose"
	"github.com/mom-router/mom-router/rules/internal/sidecall"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/internal/weights"
	"github.com/mom-router/mom-router/rules/internal/wrapper"
	"github.com/mom-router/mom-router/rules/tree"
)

// Builder gathers the signals of a policy: first what it declares, then what its expressions
// name. It is used once.
type Builder struct {
	phrases     match.Builder // that are looked for in all texts
	split       text.Splitter // for mistakes in them
	keywords    uint32        // patterns given to keyword signals and all that is noted like them
	lists       lists
	readable    readable
	table       *weights.Table // once a signal needs it
	owned       ownClasses
	topics      bool // some signal asks for domains
	attacks     thresholds
	signals     []signal
	profiled    []int // those that profiles hold
	byName      map[string]int
	words       map[string]pattern // of keywords with words of their own, for those that look for them elsewhere
	used        []uint32           // see mentions
	distrust    bool
	ownKeywords bool // some keyword is looked for in a user's own words alone
	markers     []wrapper.Marker
	sides       *sidecall.Table
	budgets     Budgets
}

// NewBuilder returns a builder that knows the built-in signals only.
func NewBuilder() *Builder {
	return &Builder{byName: map[string]int{}, words: map[string]pattern{}, markers: wrapper.Builtin()}
}

// Wrap sets the markers by which a user's own words are told from what clients write around them, in the place of the built-in ones.
func (b *Builder) Wrap(markers []wrapper.Marker) { b.markers = markers }

// Distrust says that callers may write what they like in the name of the operator, the assistant and tools: what is looked for in a user's words is
// then looked for in all of theirs. It comes before Declare.
func (b *Builder) Distrust() { b.distrust = true }

// Declares reports whether a policy may declare signals of a type; if not, ps says why.
func Declares(typ *tree.Node, ps *tree.Problems) bool {
	k := kindNamed(typ.Text)
	switch {
	case k == nil:
		ps.Add(typ, "unknown signal type "+strconv.Quote(typ.Text), tree.DidYouMean(typ.Text, kindNames()))
	case k.declare == nil && k.tune == nil:
		ps.Add(typ, "signals of type "+k.name+" are built in and cannot be declared",
			"remove it and use "+k.name+"."+strings.Join(k.builtins, ", "+k.name+"."))
	default:
		return true
	}
	return false
}

// Declare adds one entry of the policy's signals: typ.name with its options, and returns these in their canonical form. Mistakes go to ps.
func (b *Builder) Declare(typ, name, opts *tree.Node, ps *tree.Problems) (canonical string) {
	if !Declares(typ, ps) {
		return ""
	}
	canonical = tree.Canonical(opts)
	k := kindNamed(typ.Text)
	if name.Text == "true" || name.Text == "false" {
		ps.Add(name, strconv.Quote(name.Text)+" cannot be a signal's name", tree.YAML11)
		return canonical
	}
	if !ValidName(name.Text) {
		ps.Add(name, "bad signal name "+strconv.Quote(name.Text), "use small letters, digits, _ and -")
		return canonical
	}
	full := k.name + "." + name.Text
	if k.declare == nil {
		if !slices.Contains(k.names(b), name.Text) {
			ps.Add(name, "unknown signal "+strconv.Quote(full), cmp.Or(tree.DidYouMean(full, b.names()), "classes of your own stand under classes: see docs/classes.md"))
			return canonical
		}
		k.tune(b, newOptions(b, name.Text, opts, ps))
		return canonical
	}
	for _, n := range k.builtins {
		if n == name.Text {
			ps.Add(name, full+" is built in and cannot be declared", "choose another name")
			return canonical
		}
	}
	if _, ok := b.byName[full]; ok {
		ps.Add(name, "signal "+full+" is declared twice", "remove one of them")
		return canonical
	}
	e, a := k.declare(b, newOptions(b, name.Text, opts, ps))
	if e == nil {
		// Known, so that expressions that use it are not reported, too.
		e, a = never{}, about{}
	}
	b.signals[b.add(full, e, a)].key = canonical
	return canonical
}

// Lookup finds the signal that an expression names. Built-in signals are made when they are
// first asked for. When ok is false, hint may suggest a name.
func (b *Builder) Lookup(ref string) (s Ref, hint string, ok bool) {
	if i, ok := b.byName[ref]; ok {
		return b.ref(i), "", true
	}
	typ, name, dot := strings.Cut(ref, ".")
	k := kindNamed(typ)
	if k == nil || !dot {
		return Ref{}, tree.DidYouMean(ref, b.names()), false
	}
	for _, n := range k.names(b) {
		if n == name {
			e, a := k.builtin(b, name)
			return b.ref(b.add(ref, e, a)), "", true
		}
	}
	hint = tree.DidYouMean(ref, b.names())
	if hint == "" && k.declare != nil {
		hint = "declare it under signals, " + typ
	}
	return Ref{}, hint, false
}

// Build ends the gathering.
func (b *Builder) Build() *Set {
	b.lists.load(followUpLists)
	if b.attacks.any {
		b.readable.disguises = true
		for _, cue := range disguise.RotCues {
			_ = b.phrases.Add(cue, rotCue) // it has letters
		}
	}
	b.lists.mark()
	set := &Set{
		signals:     b.signals,
		profiled:    b.profiled,
		everywhere:  b.phrases.Build(),
		own:         b.lists.phrases.Build(),
		ownKeywords: b.ownKeywords,
		keywords:    int(b.keywords),
		readable:    b.readable,
		terms:       b.lists.ballots(),
		votes:       b.lists.votes,
		table:       b.table,
		owned:       b.owned,
		topics:      b.topics,
		attacks:     b.attacks,
		wrappers:    wrapper.New(b.markers),
		sides:       b.sides,
		used:        b.used,
		budgets:     b.budgets,
		loaded:      b.lists.loaded,
		markers:     b.markers,
		distrust:    b.distrust,
		named:       b.words,
	}
	set.index()
	return set
}

// index makes what words are looked up in.
func (s *Set) index() {
	s.words = match.NewLexicon(termBit, prose.Functions(), s.everywhere, s.own)
	if s.readable.disguises {
		s.phrases, s.guesses = new(text.Filter), new(text.Filter)
		s.everywhere.Mark(s.phrases)
		s.own.Mark(s.phrases)
		*s.guesses = *s.phrases
		if s.attacks.any {
			s.table.Mark(s.guesses)
		}
	}
}

// pattern returns a new pattern's number.
func (b *Builder) pattern() uint32 {
	b.keywords++
	return b.keywords - 1
}

func (b *Builder) add(full string, e evaluator, a about) int {
	b.byName[full] = len(b.signals)
	b.signals = append(b.signals, signal{name: full, evaluator: e, about: a})
	return len(b.signals) - 1
}

func (b *Builder) ref(i int) Ref {
	s := b.signals[i]
	return Ref{Index: i, Name: s.name, Monotone: s.whyNot == "", WhyNot: s.whyNot, Guess: s.guess}
}

// names lists every name that an expression may use.
func (b *Builder) names() []string {
	var names []string
	for _, s := range b.signals {
		names = append(names, s.name)
	}
	for _, k := range kinds {
		for _, n := range k.names(b) {
			names = append(names, k.name+"."+n)
		}
	}
	return names
}

// names are those that need no declaration.
func (k *kind) names(b *Builder) []string {
	if k.more == nil {
		return k.builtins
	}
	return append(k.builtins[:len(k.builtins):len(k.builtins)], k.more(b)...)
}

func kindNames() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

func ValidName(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
