package rules

import (
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/tree"
)

// Tests are tests of a policy: its own, or those of a file beside it. They are for commands: the proxy has Table.RunTests.
type Tests struct {
	table   *Table
	list    []policyTest
	session *Session
}

// Tests are the policy's own.
func (t *Table) Tests() *Tests { return &Tests{table: t, list: t.tests} }

// ReadTests reads a file with tests: a map with "tests", as a policy has them, which together may send 256 MiB, and "policy", the name of the policy's file, which is
// for the caller to look at. The error is a *tree.Problems.
func (t *Table) ReadTests(root *tree.Node) (*Tests, error) {
	r := testReader{fields: fields{tree.Fields{Problems: &tree.Problems{}}}, table: t, most: maxBesideBytes}
	known := map[string]bool{NameNamed: true, NameDefault: true}
	for i := range t.guards {
		known[t.guards[i].name] = true
	}
	for i := range t.routes {
		known[t.routes[i].name] = true
	}
	r.rules = tree.SortedKeys(known)
	if r.Map(root, "policy", "tests") {
		if v := r.Required(root, "tests", "a file beside a policy has tests: - {name: …, prompt: …, expect: {…}}"); v != nil {
			r.read(v)
		}
	}
	t.checkExpected(r.fields, r.refs)
	if err := r.Err(); err != nil {
		return nil, err
	}
	return &Tests{table: t, list: r.list}, nil
}

// Names lists the tests, in order.
func (ts *Tests) Names() []string {
	names := make([]string, len(ts.list))
	for i := range ts.list {
		names[i] = ts.list[i].name
	}
	return names
}

// Run runs one test, by its index in Names, through the engine that decides in the proxy. It returns what was decided, which is valid until the next Run, and what of
// it the test does not want, or nil.
func (ts *Tests) Run(i int) (*Decision, *TestFailure) {
	test := &ts.list[i]
	if ts.session == nil {
		ts.session = ts.table.NewSession(test.shape)
	}
	d := test.send(ts.session)
	failure := test.failure(d)
	if failure == nil && len(test.evidence) > 0 {
		if message := ts.missing(test); message != "" {
			failure = test.failed(d, message)
		}
	}
	if failure != nil {
		ts.session = nil // the failure keeps its decision
	}
	return d, failure
}

// missing says which evidence a request does not have, or "".
func (ts *Tests) missing(test *policyTest) string {
	e := ts.table.Explain(test.shape, DefaultWindow, test.header, test.body)
	var wrong []string
	for _, want := range test.evidence {
		if message := e.missing(want); message != "" {
			wrong = append(wrong, message)
		}
	}
	return strings.Join(wrong, "; ")
}

// maxShown is how much of a piece of evidence a message shows, in bytes.
const maxShown = 60

func (e *Explanation) missing(want piece) string {
	for _, s := range e.Signals {
		if s.Name != want.signal {
			continue
		}
		if s.Value != expr.True {
			return want.signal + " is " + s.Value.String() + ", so " + strconv.Quote(want.text) + " is no evidence of it"
		}
		var found []string
		for _, place := range s.Places {
			if strings.Contains(place.Text, want.text) {
				return ""
			}
			found = append(found, strconv.Quote(place.Text[:min(len(place.Text), maxShown)]))
		}
		if len(found) == 0 {
			return want.signal + " goes by no piece of the text"
		}
		return want.signal + " is true by " + strings.Join(found, ", ") + ", not by " + strconv.Quote(want.text)
	}
	return "the request was refused before " + want.signal + " was known"
}
