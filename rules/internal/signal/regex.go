package signal

import (
	"strconv"

	"github.com/mom-router/mom-router/rules/internal/regex"
)

// regex is true when one of its patterns matches within one string of what some speakers say (last_user unless
// it says otherwise). See package rules/internal/regex for the syntax and its bounds:
//
//	regex:
//	  account: {in: any, patterns: ["ACC-\\d{8}", "(?i)project[- ]atlas"]}
var regexKind = kind{name: "regex", searches: true, declare: declareRegex}

func declareRegex(b *Builder, o *options) (evaluator, about) {
	if !o.only("in", "patterns") {
		return nil, about{}
	}
	in := o.audience(lastUser)
	var compiled []*regex.Pattern
	for _, n := range o.strings("patterns") {
		p, err := regex.Compile(n.Text)
		if err != nil {
			e := err.(*regex.Error)
			at := ""
			if e.At > 0 {
				at = ", at byte " + strconv.Itoa(e.At)
			}
			o.Add(n, "pattern "+strconv.Quote(n.Text)+" "+e.Message+at, e.Hint)
			continue
		}
		compiled = append(compiled, p)
	}
	if o.failed() {
		return nil, about{}
	}
	number := b.pattern()
	for _, p := range compiled {
		if !b.readable.regexes.Room(p) {
			o.Add(o.node, "one pattern too many: those of a policy have at most 65535 literals in all", "write words that stand alone as keywords")
			return nil, about{}
		}
		b.readable.regexes.Add(p)
		b.readable.regexAt = append(b.readable.regexAt, number)
	}
	e, a := in.finds(number)
	a.rereads = 0 // what is written is looked at, and nothing else
	return e, a
}
