package signal

import (
	"slices"
	"strconv"

	"github.com/mom-router/mom-router/rules/tree"
)

// Classes of a policy's own, such as domain.insurance, and corrections of the built-in ones are words with weights that stand beside the learned table:
// phrases like those of the built-in lists, found in the same pass, each with a vote for the classes that it speaks for. A class of one's own
// scores as much as the best built-in one, and more or less by its bias and by what its words say.

const (
	// MaxOwnClasses is how many classes a policy may add, MaxOwnWords how many words and phrases it may give them and the built-in ones.
	MaxOwnClasses = 16
	MaxOwnWords   = 10_000
	// OwnStep is what a weight of 1 is in logits: words of one's own count by the square root of their number, like the others.
	OwnStep = 1.0 / 16
	// MaxOwnWeight is the greatest weight.
	MaxOwnWeight = 127
	// MaxOwnBias is the greatest bias, in the same steps.
	MaxOwnBias = 1_000

	// domainColumns are the places of scores: those of the learned table, then those of classes of one's own.
	domainColumns = learnedDomains + MaxOwnClasses
	// classOwn is the first class that words of one's own speak for: of the built-in ones, in the order of their columns.
	classOwn = classes
)

// ownClasses are what a policy adds to domains. The zero value is that of a policy that adds nothing.
type ownClasses struct {
	used    bool
	names   []string // of the classes of its own
	bias    [MaxOwnClasses]int32
	atLeast [domainColumns]int32 // how likely a class must be to be said, in percent; 0 where its lead decides
}

// OwnDomain adds a class to domains, or finds the built-in one that is to be corrected; bias is how much it scores without any of its words, and must be 0 for a
// built-in one. Mistakes are for the caller to tell: ok is false if there are too many classes.
func (b *Builder) OwnDomain(name string, bias int32) (column int, ok bool) {
	o := &b.owned
	if !o.used {
		o.used = true
		b.lists.load(topicLists)
		b.table = learned()
	}
	if column = domainColumn(name); column >= 0 {
		return column, true
	}
	if len(o.names) == MaxOwnClasses {
		return 0, false
	}
	o.bias[len(o.names)] = bias
	o.names = append(o.names, name)
	return learnedDomains + len(o.names) - 1, true
}

// OwnWord gives a class a word, or several in a row, with a weight, and returns the number of their term. It notes what is wrong with them.
func (b *Builder) OwnWord(column int, words *tree.Node, weight int8, ps *tree.Problems) (term int32) {
	term, fresh, err := b.lists.vote(classOwn+class(column), weight, b.split.Split(words.Text))
	switch {
	case err != nil:
		ps.Add(words, err.Error(), "")
	case !fresh:
		ps.Add(words, strconv.Quote(words.Text)+" stands here twice, perhaps in another spelling", "remove one of them")
	}
	return term
}

// IsDomain reports whether a name is that of a built-in class.
func IsDomain(name string) bool { return domainColumn(name) >= 0 }

// domainColumn is the place of a built-in class, or -1.
func domainColumn(name string) int { return slices.Index(learnedNames, name) }

// column is the place of any class that the builder knows, or -1.
func (o *ownClasses) column(name string) int {
	if i := slices.Index(o.names, name); i >= 0 {
		return learnedDomains + i
	}
	return domainColumn(name)
}

// name is that of the class in a place.
func (o *ownClasses) name(column int) string {
	if column >= learnedDomains {
		return o.names[column-learnedDomains]
	}
	return learnedNames[column]
}

// columns is how many places there are.
func (o *ownClasses) columns() int { return learnedDomains + len(o.names) }

// tuneDomain reads what a policy says of a class of domains.
func tuneDomain(b *Builder, o *options) {
	o.only("at_least")
	at := o.Required(o.node, "at_least", "write at_least: 70, in percent")
	switch {
	case at == nil:
	case o.name == "other":
		o.Add(at, "domain.other is true where no class is said, so it has no bound", "bound the others")
	default:
		percent, _ := o.Integer(at, leastThreshold, greatestThreshold)
		b.owned.atLeast[b.owned.column(o.name)] = int32(percent)
	}
}

// addOwn adds what words of the policy's own say.
func (t *tally) addOwn(set *Set, terms []uint32) {
	add := func(c class, weight int8) bool {
		if c < classOwn {
			return false
		}
		t.own[c-classOwn] += int32(weight)
		return true
	}
	for _, id := range terms {
		b := &set.terms[id]
		owned := add(b.class, b.weight)
		for v := b.more; v >= 0; {
			vote := &set.votes[v]
			owned = add(vote.class, vote.weight) || owned
			v = vote.next
		}
		if owned {
			t.owned++
		}
	}
}

// score adds to the scores of the built-in classes what words of the policy's own say, and sets those of its own classes.
func (o *ownClasses) score(t *tally, step int64, scores *[domainColumns]int32) {
	other := scores[columnOther]
	norm := root(uint64(max(t.owned, 1)) << 16)
	for c := range o.columns() {
		words := int32(int64(t.own[c]) * step / norm)
		if c < learnedDomains {
			scores[c] += words
		} else {
			scores[c] = other + words + int32(int64(o.bias[c-learnedDomains])*step/256)
		}
	}
}
