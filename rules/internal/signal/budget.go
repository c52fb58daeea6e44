package signal

import (
	"math"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/work"
	"github.com/mom-router/mom-router/rules/prompt"
)

// Budgets bound the work of second readings, in units of package work: of those for words, and of those for personal data. A zero is no bound.
type Budgets struct {
	Piece   int64 // of a message, an item, a tool's result or the list of tools
	Speaker int64 // of all that one speaker says; users and what belongs to nobody are one
}

// Budget sets what second readings may cost.
func (b *Builder) Budget(most Budgets) { b.budgets = most }

// unread is what was not read once more for want of units: of the text of which it is a part, a guard cannot know that it has nothing to hide.
type unread uint8

const (
	unreadWords    unread = 1 << iota // that make phrases and scores, and what they are disguised by
	unreadPersonal                    // personal data
)

// accounts keep what the second readings of a request cost, by what they look for: much of the one leaves nothing of the other unread.
type accounts struct {
	words, personal account
	missed          bool  // something was not read, of whomever
	strings         int64 // that were begun
}

func (a *accounts) reset(most Budgets) {
	a.words.reset(most)
	a.personal.reset(most)
	a.missed, a.strings = false, 0
}

func (a *accounts) open(of prompt.Whose) {
	a.strings++
	a.words.open(of)
	a.personal.open(of)
}

// meet makes ready for the seam between a message and the one before it.
func (a *accounts) meet(role prompt.Role) {
	of := prompt.MaybeUsers
	switch role {
	case prompt.RoleSystem:
		of = prompt.Operators
	case prompt.RoleAssistant:
		of = prompt.Assistants
	case prompt.RoleTool:
		of = prompt.Results
	}
	a.words.open(of)
	a.personal.open(of)
}

func (a *accounts) endPart(own bool, who speaker) {
	a.words.endPart(own, who)
	a.personal.endPart(own, who)
}

func (a *accounts) endMessage(who speaker) {
	a.words.endMessage(who)
	a.personal.endMessage(who)
}

// account keeps what second readings cost by who speaks.
type account struct {
	work.Meter
	most    Budgets
	spent   [speakers]int64 // in pieces that have ended
	begun   int64           // what was spent in all when the part began
	message int64           // spent in the parts of the message so far
}

func (a *account) reset(most Budgets) {
	if most.Piece == 0 {
		most.Piece = math.MaxInt64
	}
	if most.Speaker == 0 {
		most.Speaker = math.MaxInt64
	}
	*a = account{most: most}
	a.open(prompt.MaybeUsers)
}

// open says who speaks next, as far as it is known. Until it is known it is a user.
func (a *account) open(of prompt.Whose) {
	piece := a.Spent - a.begun
	if of != prompt.Results { // each is a piece of its own
		piece += a.message
	}
	before := a.spent[user] + a.spent[unknown]
	switch of {
	case prompt.Operators:
		before = a.spent[operator]
	case prompt.Assistants:
		before = a.spent[assistant]
	case prompt.Results:
		before = a.spent[tool]
	}
	a.Left = max(0, min(a.most.Piece-piece, a.most.Speaker-before-piece))
}

// endPart charges a part to its message, or to whoever else has said it.
func (a *account) endPart(own bool, who speaker) {
	spent := a.Spent - a.begun
	if a.begun = a.Spent; own {
		a.message += spent
	} else {
		a.spent[who] += spent
	}
}

// endMessage charges a message to who has said it, with what was read where it meets others.
func (a *account) endMessage(who speaker) {
	a.spent[who] += a.message + a.Spent - a.begun
	a.message, a.begun = 0, a.Spent
}

// perString is about what a string costs beside its bytes, in units.
const perString = 32

// Work is how many units of work the request has cost so far beside those of its bytes: for second readings, and for strings.
func (st *State) Work() int64 {
	a := &st.accounts
	return a.words.Spent + a.personal.Spent + perString*a.strings
}

// Unread writes to out what guards know of each of some signals, given its value: what is false is unknown where somebody whom the signal listens to has
// said what was not read again for want of units. It reports whether there is any such signal, whatever its value.
func (st *State) Unread(among []int, values, out []expr.Value) (some bool) {
	if !st.accounts.missed {
		return false
	}
	copy(out, values)
	for _, i := range among {
		a := &st.set.signals[i].about
		missed := false
		st.each(a.hears, func(h *heard) { missed = missed || h.unread&a.rereads != 0 })
		if some = some || missed; missed && values[i] == expr.False {
			out[i] = expr.Unknown
		}
	}
	return some
}

// noteUnread notes what was not read of the string that is being read, or where it meets others.
func (st *State) noteUnread() {
	a := &st.accounts
	if a.words.Short {
		st.str.unread |= unreadWords
	}
	if a.personal.Short {
		st.str.unread |= unreadPersonal
	}
	a.missed = a.missed || st.str.unread != 0
	a.words.Short, a.personal.Short = false, false
}
