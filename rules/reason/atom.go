package reason

import (
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/internal/text"
	"github.com/mom-router/mom-router/rules/tree"
)

// atom is a signal as far as it can be reasoned about: what it is, so that the same signal in two policies is one, and what is known of
// how it goes with others.
type atom struct {
	key   string // the same for signals that are true of the same requests
	name  string // in the policy, such as "keyword.attack"
	typ   string
	hides hiding
	hears speakers
	over  int64 // of size: -1 where none is declared
	under int64 // 0 where none is declared
	// The phrases of a keyword, the patterns of a regex, the kinds of personal data, each normalised.
	things map[string]bool
	uses   bool // of keywords: mentions do not count
	header string
	equals []string
	prefix string // where equals is nil
	odd    bool   // it has options that this package does not know: nothing is known of how it goes with others
	// Of scores: how likely an attack must be, in percent; 0 is the built-in threshold. Of domains: how likely the class must be; 0 is by its lead.
	percent int
	// Signals of one type and group go by one message and choose among the same classes.
	group  string
	bounds map[string]int // of domain.other: the percent of every other class, by the signal's name
}

// hiding says when the value of a signal is unknown.
type hiding uint8

const (
	whole   hiding = iota // never, unless something cannot be inspected: it can only become true
	message               // of what was not found, while the last message is not known to its end
	leaning               // while the last message is not known
	request               // while the request is not known to its end
	sized                 // like request, but a size can be too large already
	free                  // at any time, for all that is known here
)

// speakers is a set of who says a text; see rules/internal/signal.
type speakers uint8

const everyone speakers = 1<<5 - 1

var speakerBits = map[string]speakers{"operator": 1, "user": 2 | 16, "assistant": 4, "tool": 8, "any": everyone}

func speakersOf(sees string) (set speakers) {
	for name := range strings.SplitSeq(sees, ", ") {
		set |= speakerBits[name]
	}
	return set
}

func (s speakers) within(other speakers) bool { return s&^other == 0 }

// atoms describes the signals of a policy, by index.
func atoms(root *tree.Node, t *rules.Table) []*atom {
	set := t.Signals()
	declared := map[string]*tree.Node{}
	if signals := root.Get("signals"); signals != nil && signals.Kind == tree.Map {
		for i, typ := range signals.Keys {
			for j, name := range signals.Items[i].Keys {
				declared[typ.Text+"."+name.Text] = signals.Items[i].Items[j]
			}
		}
	}
	wrappers := ""
	if n := root.Get("wrappers"); n != nil {
		wrappers = tree.Canonical(n)
	}
	list := make([]*atom, set.Len())
	for i := range list {
		name := set.Name(i)
		a := describe(name, declared[name], declared, set.Sees(i))
		if a.hides == message || a.hides == leaning {
			a.group = " in " + set.Sees(i) + " wrappers " + wrappers
			a.key += " wrappers " + wrappers
		}
		if a.typ == "domain" {
			a.domain(root, declared)
		}
		list[i] = a
	}
	return list
}

// domain describes a class of domains: which one leads depends on the policy's own classes, and whether it is said on its bound alone. The other one is
// said where none is, and so depends on the bounds of all.
func (a *atom) domain(root *tree.Node, declared map[string]*tree.Node) {
	own := root.Get("classes").Get("domain")
	a.group += " classes " + canonical(own)
	percent := func(name string) int {
		n := declared[name].Get("at_least")
		if n == nil {
			return 0
		}
		return int(wholeNumber(n))
	}
	a.percent = percent(a.name)
	a.key = a.name + a.group + " at least " + strconv.Itoa(a.percent)
	if a.name != "domain.other" {
		return
	}
	a.bounds = map[string]int{}
	for _, name := range signal.Exclusive()["domain"] {
		a.bounds[name] = percent(name)
	}
	if own != nil {
		for _, key := range own.Keys {
			a.bounds["domain."+key.Text] = percent("domain." + key.Text)
		}
	}
	delete(a.bounds, a.name)
	for _, name := range tree.SortedKeys(a.bounds) {
		if a.bounds[name] > 0 {
			a.key += " but " + name + " at least " + strconv.Itoa(a.bounds[name])
		}
	}
}

// Relation says what the signals of one policy tell of one of another policy's.
type Relation struct {
	Same    int   // that which is true of the same requests, by index, or -1 where none is known to be
	IfTrue  []int // those of which one being true makes it true
	IfFalse []int // those of which one being false makes it false
}

// Relations gives for each signal of a policy, by index, what those of another one tell of it. It goes by text as it
// is written: which reading a disguised word gets may depend on all words of a policy. Where policies differ in who is trusted or in what is read again,
// nothing is told.
func Relations(root *tree.Node, t *rules.Table, otherRoot *tree.Node, other *rules.Table) []Relation {
	list := make([]Relation, t.Signals().Len())
	for i := range list {
		list[i].Same = -1
	}
	if !Same(root, otherRoot, "trust") || !Same(root, otherRoot, "budgets") {
		return list
	}
	wrapped := Same(root, otherRoot, "wrappers") // else a user's own words are others
	others := atoms(otherRoot, other)
	for i, a := range atoms(root, t) {
		r := &list[i]
		for k, b := range others {
			if a.key == b.key {
				r.Same = k
			}
			if a.hides != message || wrapped {
				if b.implies(a) {
					r.IfTrue = append(r.IfTrue, k)
				}
				if a.implies(b) {
					r.IfFalse = append(r.IfFalse, k)
				}
			}
		}
	}
	return list
}

// Same reports whether a section of two policies is the same.
func Same(root, other *tree.Node, section string) bool {
	return canonical(root.Get(section)) == canonical(other.Get(section))
}

// describe says what a signal is: of a built-in one, options is nil.
func describe(name string, options *tree.Node, declared map[string]*tree.Node, sees string) *atom {
	typ, short, _ := strings.Cut(name, ".")
	a := &atom{name: name, typ: typ, hides: free, hears: speakersOf(sees), over: -1}
	if sees == "last_user" {
		a.hides, a.hears = message, 0
	} else if a.hears != 0 {
		a.hides = whole
	}
	a.key = name + " in " + sees
	if options != nil {
		a.key = typ + " " + tree.Canonical(options) + " in " + sees
	}
	defer a.unknownOptions(options)
	switch typ {
	case "language", "domain", "intent", "complexity":
		a.hides = message
	case "conversation":
		switch short {
		case "follow_up":
			a.hides = leaning
		case "side_task":
			a.hides = request
		}
	case "keyword":
		a.keyword(options, declared, sees)
	case "regex":
		a.listed(options, "patterns", sees)
	case "pii":
		if options == nil {
			a.things = map[string]bool{short: true}
			a.key = thingsKey(typ, a.things, sees)
		} else {
			a.listed(options, "kinds", sees)
		}
	case "jailbreak":
		if n := options.Get("threshold"); n != nil {
			v, _ := strconv.ParseFloat(n.Text, 64)
			a.percent = int(v)
		}
		a.key = typ + " " + strconv.Itoa(a.percent) + " in " + sees
	case "size":
		a.size(options)
	case "header":
		a.heading(options)
	case "injection", "obfuscation":
	default:
		a.hides = free
	}
	return a
}

// optionKeys are the options that a key or the other fields of an atom speak for.
var optionKeys = []string{"in", "gap", "words", "words_of", "mentions", "patterns", "kinds", "threshold", "at_least", "over", "under", "name", "equals", "prefix", "present"}

func (a *atom) unknownOptions(options *tree.Node) {
	if options == nil {
		return
	}
	for i, key := range options.Keys {
		if !slices.Contains(optionKeys, key.Text) {
			a.odd = true
			a.key += " " + key.Text + " " + tree.Canonical(options.Items[i])
		}
	}
}

// listed describes a signal that is true where one of several things stands.
func (a *atom) listed(options *tree.Node, key, sees string) {
	a.things = map[string]bool{}
	for _, n := range options.Get(key).Items {
		a.things[n.Text] = true
	}
	a.key = thingsKey(a.typ, a.things, sees)
}

func thingsKey(typ string, things map[string]bool, sees string) string {
	return typ + " " + strings.Join(tree.SortedKeys(things), "\x00") + " in " + sees
}

func (a *atom) keyword(options *tree.Node, declared map[string]*tree.Node, sees string) {
	words := options
	if of := options.Get("words_of"); of != nil {
		words = declared["keyword."+of.Text]
	}
	a.things = map[string]bool{}
	gap := words.Get("gap")
	var split text.Splitter
	for _, n := range words.Get("words").Items {
		a.things[phraseKey(&split, n.Text, gap)] = true
	}
	if a.uses = options.Get("mentions") != nil; a.uses {
		sees += " used"
	}
	a.key = thingsKey(a.typ, a.things, sees)
}

// phraseKey is the same for phrases that match the same texts.
func phraseKey(split *text.Splitter, words string, gap *tree.Node) string {
	if gap == nil && !strings.ContainsAny(words, "(|)") {
		return tokensKey(split.Split(words))
	}
	width := "0"
	if gap != nil {
		width = tree.Canonical(gap)
	}
	return "gap " + width + " " + strings.Join(strings.Fields(words), " ")
}

func tokensKey(tokens []text.Token) string {
	b := make([]byte, 0, 16*len(tokens))
	for i := range tokens {
		b = strconv.AppendUint(append(b, ' '), tokens[i].Hash, 36)
	}
	return string(b)
}

func (a *atom) size(options *tree.Node) {
	a.hides = whole
	if n := options.Get("over"); n != nil {
		a.over = wholeNumber(n)
	}
	if n := options.Get("under"); n != nil {
		a.under, a.hides = wholeNumber(n), sized
	}
	a.key = "size " + strconv.FormatInt(a.over, 10) + " " + strconv.FormatInt(a.under, 10)
}

func wholeNumber(n *tree.Node) int64 {
	v, _ := strconv.ParseFloat(n.Text, 64)
	return int64(min(v, math.MaxInt64/2))
}

func (a *atom) heading(options *tree.Node) {
	a.hides = whole
	a.header = strings.ToLower(options.Get("name").Text)
	if n := options.Get("equals"); n != nil {
		if n.Kind == tree.List {
			for _, item := range n.Items {
				a.equals = append(a.equals, item.Text)
			}
		} else {
			a.equals = []string{n.Text}
		}
		sort.Strings(a.equals)
	} else if n := options.Get("prefix"); n != nil {
		a.prefix = n.Text
	}
	a.key = "header " + a.header + " prefix " + a.prefix
	if a.equals != nil {
		a.key = "header " + a.header + " equals " + strings.Join(a.equals, "\x00")
	}
}

// implies reports whether a is true only where b is, too, going by what they look for and in whose words.
func (a *atom) implies(b *atom) bool {
	if a.odd || b.odd || a.typ != b.typ || a.hides != b.hides || !a.hears.within(b.hears) {
		return false
	}
	switch a.typ {
	case "keyword":
		if b.uses && !a.uses {
			return false
		}
	case "regex", "pii":
	case "jailbreak":
		return a.percent == b.percent || a.percent > b.percent && b.percent > 0
	case "domain":
		return a.name == b.name && a.group == b.group && a.bounds == nil && a.percent > b.percent && b.percent > 0
	default:
		return false
	}
	for thing := range a.things {
		if !b.things[thing] {
			return false
		}
	}
	return true
}
