package rules

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// policyTest is one test that a policy carries: a request and what is to come of it.
type policyTest struct {
	name     string
	node     *tree.Node
	shape    prompt.Shape
	headers  map[string]string
	body     []byte
	expect   []expectation
	evidence []piece // what only Tests.Run looks at
}

// piece is a text that must be part of what makes a signal true.
type piece struct{ signal, text string }

// expectation is one thing expected of a decision.
type expectation struct {
	what string
	want []string
	meet func(got, want []string) bool
	got  func(*Decision) []string
}

// TestFailure is a policy's own test that the policy does not meet.
type TestFailure struct {
	Name         string
	Path         string
	Line, Column int // from 1; 0 where the source has no lines
	Message      string
	Decision     *Decision
}

// Error formats the failure as "line:column: path: test "name": message".
func (f TestFailure) Error() string {
	return tree.Problem{Path: f.Path, Line: f.Line, Column: f.Column, Message: "test " + strconv.Quote(f.Name) + ": " + f.Message}.Error()
}

// TestNames lists the policy's own tests, in order.
func (t *Table) TestNames() []string {
	names := make([]string, len(t.tests))
	for i := range t.tests {
		names[i] = t.tests[i].name
	}
	return names
}

// RunTests runs the policy's own tests and returns the failures, in order. A
// policy with a failure must not be used. Evidence is for Tests.Run to judge.
func (t *Table) RunTests() []TestFailure {
	var failures []TestFailure
	var session *Session // one for all: a new one takes longer than a test
	for i := range t.tests {
		test := &t.tests[i]
		if session == nil {
			session = t.NewSession(test.shape)
		}
		if failure := test.failure(test.send(session)); failure != nil {
			failures = append(failures, *failure)
			session = nil // the failure keeps its decision
		}
	}
	return failures
}

// send runs the request of a test through the engine that decides in the proxy.
func (test *policyTest) send(session *Session) *Decision {
	session.Reset(test.shape, DefaultWindow)
	session.Header = test.header
	session.Feed(test.body)
	return session.Close()
}

func (test *policyTest) header(name string) (string, bool) {
	value, ok := test.headers[name]
	return value, ok
}

// failure is what a decision does not meet, or nil.
func (test *policyTest) failure(d *Decision) *TestFailure {
	if message := test.judge(d); message != "" {
		return test.failed(d, message)
	}
	return nil
}

func (test *policyTest) failed(d *Decision, message string) *TestFailure {
	n := test.node
	return &TestFailure{Name: test.name, Path: n.Path, Line: n.Line, Column: n.Column, Message: message, Decision: d}
}

// judge says what a decision does not meet, or "".
func (test *policyTest) judge(d *Decision) string {
	var wrong []string
	for _, e := range test.expect {
		if got := e.got(d); !e.meet(got, e.want) {
			wrong = append(wrong, e.what+" is "+show(got)+", not "+show(e.want))
		}
	}
	if len(wrong) == 0 {
		return ""
	}
	message := strings.Join(wrong, "; ")
	if d.Name != "" {
		message += "; decided by " + strconv.Quote(d.Name) + " with signals [" + strings.Join(d.Signals, ", ") + "]"
	} else if d.Message != "" {
		message += "; " + d.Message
	}
	return message
}

func show(values []string) string {
	if len(values) == 1 {
		return cmp.Or(values[0], "nothing")
	}
	return "[" + strings.Join(values, ", ") + "]"
}

// status is the HTTP status of a decision; a routed one counts as 200.
func (d *Decision) status() int {
	if d.Action == ActionRoute {
		return 200
	}
	return d.Status
}

func sameSet(got, want []string) bool { return covers(got, want) && covers(want, got) }

func covers(got, want []string) bool {
	return !slices.ContainsFunc(want, func(w string) bool { return !contains(got, w) })
}

func disjoint(got, want []string) bool {
	return !slices.ContainsFunc(want, func(w string) bool { return contains(got, w) })
}
