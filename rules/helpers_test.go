package rules

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// compileYAML compiles a policy that must be right.
func compileYAML(t testing.TB, policy string) *Table {
	t.Helper()
	root, err := source.Load("policy.yaml", []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	return compileTree(t, root)
}

// compileTree compiles what was read of a policy that must be right.
func compileTree(t testing.TB, root *tree.Node) *Table {
	t.Helper()
	table, err := Compile(root)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// problemsOf compiles a policy that may be wrong and returns what is wrong.
func problemsOf(t testing.TB, policy string) []tree.Problem {
	t.Helper()
	root, err := source.Load("policy.yaml", []byte(policy))
	if err == nil {
		_, err = Compile(root)
	}
	if err == nil {
		return nil
	}
	var problems *tree.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("the error is no *tree.Problems: %v", err)
	}
	return problems.List
}

// valuesOf sets signals by name: "keyword.x" is true, "keyword.x?" is unknown; all
// others are false.
func valuesOf(t testing.TB, table *Table, names ...string) []expr.Value {
	t.Helper()
	values := make([]expr.Value, table.Signals().Len())
	for _, name := range names {
		v := expr.True
		if bare, unknown := strings.CutSuffix(name, "?"); unknown {
			name, v = bare, expr.Unknown
		}
		i := slices.IndexFunc(values, func(expr.Value) bool { return false })
		for j := range values {
			if table.Signals().Name(j) == name {
				i = j
			}
		}
		if i < 0 {
			t.Fatalf("the policy has no signal %q", name)
		}
		values[i] = v
	}
	return values
}

// query asks for routing with some signals true.
func query(t testing.TB, table *Table, signals ...string) *Query {
	return &Query{Values: valuesOf(t, table, signals...), Facts: &prompt.Facts{}, Tokens: 100}
}

// describe writes a value with its fields' names.
func describe(v any) string { return fmt.Sprintf("%+v", v) }

func containsFold(s, part string) bool { return strings.Contains(strings.ToLower(s), part) }
