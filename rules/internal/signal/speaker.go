package signal

import (
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/tree"
)

// speaker is who says a text, by the structure of the request. It is a claim of the caller, who can write any role:
// Builder.Distrust is for callers that are not trusted with it.
type speaker uint8

const (
	operator  speaker = iota // system and developer text, definitions of tools
	user                     // users, and system text behind the first user turn
	assistant                // the model, earlier
	tool                     // results that answer a call, and documents
	unknown                  // what belongs to no message, or is no words of a user's, such as names of members
	speakers
)

// audience is a set of speakers whose texts a signal listens to.
type audience uint16

const (
	everyone audience = 1<<speakers - 1
	users             = 1<<user | 1<<unknown

	// lastUser is the newest user message, and what leans on it. It stands alone.
	lastUser audience = 1 << 15
)

// speakerNames are what a policy says in "in".
var speakerNames = []string{"last_user", "user", "operator", "assistant", "tool", "any"}

// audiences are the sets that the names stand for. What guards look for in the words of users they look for in all that a user may have written.
var audiences = map[string]audience{"last_user": lastUser, "user": users, "operator": 1 << operator, "system": 1 << operator,
	"assistant": 1 << assistant, "tool": 1 << tool, "any": everyone}

// String lists the speakers as a policy names them.
func (a audience) String() string {
	switch a {
	case lastUser:
		return "last_user"
	case everyone:
		return "any"
	}
	var names []string
	for _, name := range speakerNames[1 : len(speakerNames)-1] {
		if a&audiences[name] == audiences[name] {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// about is what is true of the signals that listen so.
func (a audience) about() about {
	d := about{sees: a.String(), placed: true, hears: a, rereads: unreadWords}
	if a == lastUser {
		d.message = true
		d.whyNot = "its scope is last_user, which a newer message replaces: say in: user or in: any"
	}
	return d
}

// finds is a signal that is true if a pattern was found in what these speakers say.
func (a audience) finds(number uint32) (evaluator, about) {
	d := a.about()
	d.moved = func(numbers []uint32) evaluator { return pattern{numbers[number], a} }
	return pattern{number, a}, d
}

// audience reads the option "in": a name, or a list of them.
func (o *options) audience(otherwise audience) audience {
	n := o.node.Get("in")
	if n == nil {
		return o.b.heed(otherwise)
	}
	nodes := []*tree.Node{n}
	if n.Kind == tree.List {
		if nodes = n.Items; len(nodes) == 0 {
			o.Add(n, "in is empty, so the signal could never be true", "name speakers: "+strings.Join(speakerNames[1:], ", "))
		}
	}
	var all audience
	for _, item := range nodes {
		a, known := audiences[item.Text]
		switch {
		case item.Kind != tree.String:
			o.Add(item, "in must name speakers, found "+item.Kind.String(), "use some of "+strings.Join(speakerNames, ", "))
		case !known:
			o.Add(item, "unknown in "+strconv.Quote(item.Text), tree.DidYouMean(item.Text, speakerNames))
		case all&a == a:
			o.Add(item, strconv.Quote(item.Text)+" is in the list already", "remove it")
		case len(nodes) > 1 && a == lastUser:
			o.Add(item, "last_user cannot stand beside others: what it says goes with the newest message", "say in: last_user, or in: [user, ...]")
		}
		all |= a
	}
	return o.b.heed(all)
}

// heed widens an audience where callers may lie about who speaks.
func (b *Builder) heed(a audience) audience {
	if b.distrust && a != lastUser && a&users == users {
		return everyone
	}
	return a
}

// heard is what guards ask for of a text: the patterns that were found in it, its best span of an attack, and what of it was not read once more.
type heard struct {
	patterns idSet
	attack   int32
	unread   unread
}

func newHeard(s *Set) heard { return heard{patterns: newIDSet(s.keywords)} }

func (h *heard) clear() {
	h.patterns.clear()
	h.attack, h.unread = 0, 0
}

func (h *heard) addAll(from *heard) {
	h.patterns.addAll(&from.patterns)
	h.attack = max(h.attack, from.attack)
	h.unread |= from.unread
}

// pattern is true if something was found in what some speakers say.
type pattern struct {
	number uint32
	in     audience
}

func (p pattern) value(st *State, in *Input) expr.Value {
	if p.in == lastUser {
		if in.open() {
			return expr.Unknown
		}
		return in.soFar(st.last.wanted.has(p.number) || st.last.patterns.has(p.number))
	}
	found := false
	st.each(p.in, func(h *heard) { found = found || h.patterns.has(p.number) })
	return expr.Of(found)
}

// hears reports whether an audience listens to the part that is being read.
func (st *State) hears(in audience) bool {
	return in == everyone || in&users == users && st.partIsUsers
}

// each calls do for what the speakers of an audience have said so far. Whose a message is may stand at its end. Until that is known it is nobody's: what
// is found in it must not depend on where a decision falls.
func (st *State) each(in audience, do func(*heard)) {
	for s := range st.said {
		if in>>s&1 != 0 {
			do(&st.said[s])
		}
	}
	if st.hears(in) {
		do(&st.str.heard)
		do(&st.part.heard)
	}
	if in == everyone || in&users == users && st.msgIsUsers {
		do(&st.msg.heard)
	}
	if in == everyone {
		do(&st.partUnspoken)
		do(&st.msgUnspoken)
	}
}
