package rules

import (
	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/internal/sha256"
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// Table is a compiled policy. It is read-only and safe for concurrent use.
type Table struct {
	version  string
	hash     string
	classes  [sha256.Size]byte // of domains that are the policy's own: a digest; 0 without any
	alone    *Table            // of a table of Beside, the other policy's as it was,
	at       []int             // and where its signals are in this one's
	apart    bool              // no signal goes by messages of a conversation, though there may be profiles for another policy
	serial   uint64            // tells it from all other tables of the process, also from those of the same hash
	warnings []Warning

	names    names
	auto     map[string]bool // those written out that ask for routing
	aliases  []string        // those written out, sorted
	notFound string          // what a client is told whose model has no such name
	models   []*Model        // sorted by key
	signals  *signal.Set
	used     []int // the signals that guards and routes use, ascending

	guards       []guard
	guardUses    []int // the signals that guards use, ascending
	routes       []route
	fallback     []candidate // the policy's default, the best first
	wider        []*Model    // what else takes a request that these cannot take
	nothingFits  nothingFits
	objectives   objectives
	conversation conversation
	effort       effort   // of rules that do not say, and of the default
	floor        modelSet // the models that objectives.minTier allows
	distrust     bool     // callers may lie about who speaks
	// What was not read for want of units only flags, and is no match of the guards that would have read it.
	budgetFlags bool
	allow       map[string]bool
	refuse      map[string]bool
	mapped      map[string][]*Model // the policy's own paths; the first model is the default
	denyUnknown bool                // kinds of messages, items and parts that are not known
	paths       [][]string
	tests       []policyTest
}

// guard is one compiled guard.
type guard struct {
	name    string
	text    string // of when, in canonical form
	when    *expr.Program
	flag    string
	allowed modelSet    // by "only" and "tier"; everyModel without either
	resort  []candidate // of last alone
	last    *Model      // allowed, too, for what is too long or of another kind than all of those take; nil if there is none
	tier    int
	use     []candidate
	effort  effort
	deny    *denial
	ignore  bool // an unknown condition does not match
}

// denial is what a guard answers.
type denial struct {
	status        int
	code, message string
}

// route is one compiled route.
type route struct {
	name string
	text string // of when, in canonical form
	when *expr.Program
	use  []candidate

	effort effort
}

// objectives bound the choice among candidates. A zero bound is none.
type objectives struct {
	costCeiling int64 // picodollars per request
	// Decisions that the ceiling does not bound: of clients that name a model, and of the default where nothing else is left.
	exemptNamed, exemptDefault bool
	minTier                    int
	p95                        int64 // milliseconds
	budget                     *Budget
	firstToken                 *FirstToken
	shares                     *Keys // of conversations, where some candidates share them
}

// nothingFits says what becomes of requests that no allowed model takes: they are refused, unless the policy has them sent to the default.
type nothingFits struct{ sendContext, sendInput bool }

// candidate is a model with the reasoning level that the policy wishes for.
type candidate struct {
	model *Model
	level Level
	share int64 // of the conversations, among those before and behind it that have one; 0 is none
}

// Version is the policy's own name for itself; it may be empty.
func (t *Table) Version() string { return t.version }

// Hash is the SHA-256 over the canonical compiled form, in 64 hexadecimal
// digits. Comments, spacing, the order of keys, the spelling of numbers and the
// policy's tests do not change it.
func (t *Table) Hash() string { return t.hash }

// Weights names the learned weights that decisions of the policy depend on, by 16 hexadecimal
// digits, or is "" if it depends on none.
func (t *Table) Weights() string {
	if !t.signals.Learned() {
		return ""
	}
	return signal.WeightsHash
}

// Warnings lists what is odd but not wrong, in the order of the policy.
func (t *Table) Warnings() []Warning { return t.warnings }

// Signals is the set of signals that the policy declares or uses.
func (t *Table) Signals() *signal.Set { return t.signals }

// DenyCodes lists the codes with which guards of the policy deny, each once.
func (t *Table) DenyCodes() (codes []string) {
	for i := range t.guards {
		if d := t.guards[i].deny; d != nil {
			codes = appendNew(codes, d.code)
		}
	}
	return codes
}

// Headers lists the request headers that signals of the policy look at. Only those that the plugin's configuration trusts are read.
func (t *Table) Headers() []signal.Header { return t.signals.Headers() }

// Guards lists the names of the guards, in their order.
func (t *Table) Guards() (names []string) {
	for i := range t.guards {
		names = append(names, t.guards[i].name)
	}
	return names
}

// Rule looks a guard or a route up by its name: which of both it is, and its condition in canonical form.
func (t *Table) Rule(name string) (kind, when string, ok bool) {
	for i := range t.guards {
		if t.guards[i].name == name {
			return "guard", t.guards[i].text, true
		}
	}
	for i := range t.routes {
		if t.routes[i].name == name {
			return "route", t.routes[i].text, true
		}
	}
	return "", "", false
}

// Used lists the signals that guards and routes use, by index in Signals, ascending.
func (t *Table) Used() []int { return t.used }

// Models lists the models by key.
func (t *Table) Models() []*Model { return t.models }

// Auto reports whether a model name asks for routing.
func (t *Table) Auto(name string) bool {
	m, known := t.names.resolve(name)
	return known && m == nil
}

// AutoNames lists the model names that ask for routing, sorted, but for those that patterns match.
func (t *Table) AutoNames() []string { return tree.SortedKeys(t.auto) }

// Aliases lists what else clients may call models than by key and served name, sorted, but for the names that patterns match.
func (t *Table) Aliases() []string { return t.aliases }

// Allow holds the members that bypass the inspected text and that the policy
// lets through, such as "token_ids".
func (t *Table) Allow() map[string]bool { return t.allow }

// Refuse holds what is passed by default and the policy does not let through, such as "opaque_reasoning".
func (t *Table) Refuse() map[string]bool { return t.refuse }

// Call says what the body of a POST to an exact path, without its query, is read as; ok is false if the policy serves none there.
func (t *Table) Call(path string) (shape prompt.Shape, ok bool) {
	if kind, shape := paths.Classify(path); kind == paths.Model {
		return shape, true
	}
	return prompt.Mapped, t.mapped[path] != nil
}

// readerOptions say what the policy wants of the bodies that it reads.
func (t *Table) readerOptions() *prompt.Options {
	return &prompt.Options{Reasoning: t.paths, Allow: t.allow, Refuse: t.refuse, DenyUnknown: t.denyUnknown}
}

// ReasoningPaths lists the body members that carry reasoning wishes: those that
// the models of the policy use and the well-known ones.
func (t *Table) ReasoningPaths() [][]string { return t.paths }

// acceptLate returns what says which model names a body may still bring after the decision for a model: those that ask for routing and those that mean
// this one.
func (t *Table) acceptLate(m *Model) func(name string) bool {
	return func(name string) bool {
		other, known := t.names.resolve(name)
		return known && (other == nil || other == m)
	}
}
