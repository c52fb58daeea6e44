// Package signal says what a request is like: which keywords it holds, what it is about, what it
// wants, in which language, how long it is and what its conversation looks like.
//
// All signals of a policy are worked out in one pass over the text: a State is the reader's
// prompt.Sink, its tokenizer feeds one automaton over all words of the policy and of the built-in
// lists, and what is found is kept by string, part, message and speaker. Evaluate then turns that
// into truth values. Everything is integer arithmetic, so every machine decides alike.
//
// A signal type is one file and one line in types.go.
package signal

import (
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
)

// Ref is a signal that an expression names.
type Ref struct {
	// Index is the signal's place in what Evaluate fills.
	Index int
	// Name is the full name, such as "domain.math".
	Name string
	// Monotone says that more text, wherever it stands, never turns the signal from true to
	// false. Guards demand it. Else WhyNot says why, for an error message.
	Monotone bool
	WhyNot   string
	// Guess says what makes the signal a guess, such as "a learned score", or is "". It may be wrong in ways that nobody
	// foresaw, so a guard may flag by it but neither steer nor deny.
	Guess string
}

// Input is what signals read beside the text.
type Input struct {
	// Facts are the reader's; they must not be nil.
	Facts *prompt.Facts
	// Cut says that the conversation goes on behind what was read and that this must do for the route: see State.cut. Evaluate takes it back where no
	// user has said anything yet.
	Cut bool
	// Header returns a request header by its lower-case name. It may be nil.
	Header func(name string) (value string, ok bool)
}

// signal is one signal of a Set.
type signal struct {
	name string
	// key is how it is declared; "" where it is built in. Signals of the same name and key are one.
	key string
	evaluator
	about
}

// about is what the rest of the engine knows of a signal beside its value: whoever makes the evaluator says it, so that
// nobody has to know types of signals. The zero value is that of a monotone signal that goes by the request as a whole.
type about struct {
	message bool     // it goes by the last user message alone; else it goes by all of the request
	topic   bool     // it says what that message is about
	whyNot  string   // why it is not monotone; "" if it is
	sees    string   // where it looks: the name of a scope, or "header"; "" for the request as a whole
	header  string   // the request header that it looks at, or ""
	placed  bool     // some place in the text makes it true, which explanations look for
	hears   audience // whose text makes it true
	rereads unread   // what of that text is looked for in second readings, too
	guess   string   // what makes it a guess, such as "a learned score"; see Ref
	// moved returns its evaluator where patterns have other numbers, by those that they have. It is nil where it goes by none.
	moved func(numbers []uint32) evaluator
}

// evaluator works out one signal. It is shared by all States, so it holds no state of its own.
type evaluator interface {
	value(st *State, in *Input) expr.Value
}

// kind is a signal type.
type kind struct {
	name string
	// searches says that texts are searched for something on account of each of them, beyond what lists and learned weights know.
	searches bool
	// builtins are the names that need no declaration.
	builtins []string
	// builtin makes the evaluator of such a name. It is nil where there are none.
	builtin func(b *Builder, name string) (evaluator, about)
	// declare makes the evaluator of a declared name from its options. It notes every mistake
	// and returns nil if there is one. It is nil for types that cannot be declared.
	declare func(b *Builder, o *options) (evaluator, about)
	// more are the names that the policy adds, which need no declaration either. It is nil where none can be added.
	more func(b *Builder) []string
	// tune reads what a policy says of a name that needs no declaration. It is nil where there is nothing to say.
	tune func(b *Builder, o *options)
}
