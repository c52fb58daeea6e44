// Package expr parses and evaluates the conditions of a policy in Kleene's
// three-valued logic.
package expr

// Value is the truth value of a signal or a condition. The order False <
// Unknown < True makes "and" the minimum and "or" the maximum.
type Value int8

// The truth values.
const (
	False Value = iota
	Unknown
	True
)

// Not is Kleene's negation: unknown stays unknown.
func (v Value) Not() Value { return True - v }

// Of turns a Go boolean into a value.
func Of(b bool) Value {
	if b {
		return True
	}
	return False
}

func (v Value) String() string { return [...]string{"false", "unknown", "true"}[v] }
