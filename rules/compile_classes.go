package rules

import (
	"strconv"

	"github.com/mom-router/mom-router/internal/sha256"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/tree"
)

// classes reads the policy's own classes of domains and its corrections of the built-in ones, which rules train writes: words with weights. The order of
// classes does not matter: those of the policy's own are taken in the order of their names.
func (c *compiler) classes(n *tree.Node) {
	if n == nil || !c.Map(n, "weights", "domain") {
		return
	}
	c.table.classes = sha256.Sum256([]byte(tree.Canonical(n)))
	if beside := n.Get("weights"); beside != nil {
		if hash, ok := c.Word(beside); ok && hash != signal.WeightsHash {
			c.warn(beside, "the classes were learned beside the weights "+strconv.Quote(hash)+", and the router has others: measure them with rules eval, and learn them again")
		}
	}
	domains := c.Required(n, "domain", "rules train --add FILE writes it")
	if domains == nil {
		return
	}
	if domains.Kind != tree.Map {
		c.WrongKind(domains, "a map")
		return
	}
	if len(domains.Keys) == 0 {
		c.Add(domains, "there are no classes", "remove the key or add a class")
	}
	words := 0
	for _, class := range ordered(domains) {
		words += c.class(class.key, class.value)
	}
	if words > signal.MaxOwnWords {
		c.Add(domains, strconv.Itoa(words)+" words are too many", "at most "+strconv.Itoa(signal.MaxOwnWords)+" in all classes together")
	}
}

// class reads one class and returns how many words it has.
func (c *compiler) class(name, n *tree.Node) int {
	switch {
	case name.Text == "true" || name.Text == "false":
		c.Add(name, strconv.Quote(name.Text)+" cannot be a class", tree.YAML11)
		return 0
	case !signal.ValidName(name.Text):
		c.Add(name, "bad name of a class "+strconv.Quote(name.Text), "use small letters, digits, _ and -")
		return 0
	case !c.Map(n, "bias", "words"):
		return 0
	}
	bias := int64(0)
	if v := n.Get("bias"); v != nil {
		bias, _ = c.Integer(v, -signal.MaxOwnBias, signal.MaxOwnBias)
		if signal.IsDomain(name.Text) {
			c.Add(v, strconv.Quote(name.Text)+" is built in and has no bias", "remove it: words alone correct a built-in class")
		}
	}
	words := c.Required(n, "words", "give each word a weight: words: {deductible: 40}")
	if words == nil {
		return 0
	}
	if words.Kind != tree.Map {
		c.WrongKind(words, "a map")
		return 0
	}
	if len(words.Keys) == 0 {
		c.Add(words, "there are no words", "give each word a weight: words: {deductible: 40}")
	}
	c.digest.add("class", name.Text, strconv.FormatInt(bias, 10), tree.Canonical(words))
	column, ok := c.signals.OwnDomain(name.Text, int32(bias))
	if !ok {
		c.Add(name, "there are too many classes", "at most "+strconv.Itoa(signal.MaxOwnClasses)+" beside the built-in ones")
		return 0
	}
	for _, w := range ordered(words) {
		if weight, ok := c.Integer(w.value, -signal.MaxOwnWeight, signal.MaxOwnWeight); ok {
			c.signals.OwnWord(column, w.key, int8(weight), c.Problems)
		}
	}
	return len(words.Keys)
}
