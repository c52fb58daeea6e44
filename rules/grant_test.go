package rules

import (
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

const grantPolicy = `
version: "1"
models:
  small: {name: org/small, aliases: [tiny, "mini-*"], cluster: c-small, context: 1000, price: {input: 0, output: 0}, max_output: 10}
  large: {name: org/large, aliases: [huge], cluster: c-large, context: 10000, price: {input: 1000, output: 1000}, max_output: 10}
  vision: {cluster: c-vision, context: 5000, input: [text, image], price: {input: 0, output: 0}, max_output: 10}
  embed: {cluster: c-embed, price: {input: 0, output: 0}, max_output: 10}
  rank: {cluster: c-rank, price: {input: 0, output: 0}, max_output: 10}
signals: {keyword: {hard: {words: [hard]}, attack: {in: user, words: [attack]}, secret: {in: any, words: [secret]}}}
guards:
  - {name: attack, when: keyword.attack, only: [small], use: small}
  - {name: secret, when: keyword.secret, deny: {}}
routes: [{name: hard, when: keyword.hard, use: large}]
default: small
paths: {/v1/embeddings: [embed, rank]}
objectives: {cost_ceiling: 0.5}
`

func TestAGrantIsAllThatACallerMayUse(t *testing.T) {
	table := compileYAML(t, grantPolicy)
	count := func(q *Query) { q.counts = true }
	long := func(n int64) func(*Query) { return func(q *Query) { q.Tokens = n } }
	image := func(q *Query) { q.Facts.Images = 1 }
	onPath := func(named string) func(*Query) {
		return func(q *Query) {
			q.mapped, q.Shape = table.mapped["/v1/embeddings"], prompt.Mapped
			if named != "" {
				name(named)(q)
			}
		}
	}
	for _, tt := range []struct {
		name    string
		grant   []string
		signals []string
		change  func(*Query)
		want    string // the model, or the code
	}{
		{"what the rule chooses", []string{"small", "large"}, []string{"keyword.hard"}, nil, "large"},
		{"the default, where the rule's may not be used", []string{"vision", "small"}, []string{"keyword.hard"}, nil, "small"},
		{"the first of the list, where neither may", []string{"vision", "embed"}, []string{"keyword.hard"}, nil, "vision"},
		{"in its own order", []string{"embed", "vision"}, nil, nil, "embed"},
		{"what of it takes an image", []string{"embed", "vision"}, nil, image, "vision"},
		{"what of it takes an image, if one does", []string{"embed"}, nil, image, CodeInput},
		{"what of it is long enough", []string{"small", "vision", "large"}, nil, long(3000), "vision"},
		{"none is, whatever others may use", []string{"small"}, nil, long(3000), CodeContext},
		{"to count is no matter of length", []string{"vision"}, nil, func(q *Query) { count(q); long(9000)(q) }, "vision"},
		{"to count", []string{"vision"}, []string{"keyword.hard"}, count, "vision"},
		{"a guard that allows what the grant does not", []string{"large"}, []string{"keyword.attack"}, nil, CodeNoModelAllowed},
		{"a guard that allows one of both", []string{"large", "small"}, []string{"keyword.attack"}, nil, "small"},
		{"a guard that denies", []string{"large"}, []string{"keyword.secret"}, name("large"), "request_denied"},
		{"the cost ceiling, too", []string{"large"}, []string{"keyword.hard"}, long(9000), CodeCostCeiling},
		{"by key", []string{"large"}, nil, name("large"), "large"},
		{"by a name that asks for routing", []string{"large"}, nil, name("auto"), "large"},
		{"by the key of another", []string{"large"}, nil, name("small"), CodeModelNotFound},
		{"by the served name of another", []string{"large"}, nil, name("org/small"), CodeModelNotFound},
		{"by the alias of another", []string{"large"}, nil, name("tiny"), CodeModelNotFound},
		{"by a pattern of another", []string{"large"}, nil, name("mini-7"), CodeModelNotFound},
		{"by a name that a guard excludes", []string{"large"}, []string{"keyword.attack"}, name("large"), CodeModelNotAllowed},
		{"by the name of another under a guard", []string{"large"}, []string{"keyword.attack"}, name("small"), CodeModelNotFound},
		{"nothing at all", []string{"gone"}, nil, nil, CodeNoModelAllowed},
		{"on a path, its default", []string{"rank", "embed"}, nil, onPath(""), "embed"},
		{"on a path, another of it", []string{"small", "rank"}, nil, onPath(""), "rank"},
		{"on a path, by name", []string{"small", "rank"}, nil, onPath("rank"), "rank"},
		{"on a path, by the name of another", []string{"small", "rank"}, nil, onPath("embed"), CodeModelNotFound},
		{"on a path, by a name of no path", []string{"small", "rank"}, nil, onPath("small"), CodeModelNotFound},
		{"on a path with no model", []string{"small"}, nil, onPath(""), CodeNoModelAllowed},
		{"on a path with no model, by name", []string{"small"}, nil, onPath("embed"), CodeNoModelAllowed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := query(t, table, tt.signals...)
			if q.grant = table.Grant(tt.grant); tt.change != nil {
				tt.change(q)
			}
			d := table.Decide(q)
			got := d.Code
			if d.Model != nil {
				if got += d.Model.Key; !slices.Contains(tt.grant, d.Model.Key) {
					t.Errorf("the model is none of the grant")
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q: %s", got, tt.want, d.Message)
			}
			for _, m := range table.models {
				if !slices.Contains(tt.grant, m.Key) && (strings.Contains(d.Message, m.Key) || strings.Contains(d.Message, "10000")) {
					t.Errorf("the answer tells of %q: %s", m.Key, d.Message)
				}
			}
			if q.HasModel && tt.want == CodeModelNotFound {
				unknown := *q
				unknown.Asked = "nobody's"
				if other := table.Decide(&unknown); other.Status != d.Status || other.Code != d.Code || other.Message != d.Message {
					t.Errorf("an unknown model is answered %d %q, this one %d %q", other.Status, other.Message, d.Status, d.Message)
				}
			}
		})
	}
}

func TestAGrantSaysWhyTheFirstChoiceWasNotMade(t *testing.T) {
	table := compileYAML(t, grantPolicy)
	q := query(t, table, "keyword.hard")
	q.grant = table.Grant([]string{"vision"})
	d := table.Decide(q)
	if d.Demoted == nil || d.Demoted.From != "large" || d.Demoted.Why != "tenant" || d.Name != "hard" {
		t.Errorf("decision %q, demoted %+v", d.Name, d.Demoted)
	}
}

func TestAGrantListsItsOwnNamesAlone(t *testing.T) {
	table := compileYAML(t, grantPolicy)
	for _, tt := range []struct {
		grant *Grant
		want  []string
	}{
		{nil, []string{"auto", "embed", "large", "rank", "small", "vision", "huge", "tiny"}},
		{table.Grant([]string{"vision", "small", "small"}), []string{"auto", "small", "vision", "tiny"}},
		{table.Grant([]string{"gone"}), nil},
	} {
		got := table.Names(tt.grant)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%+v lists %q, want %q", tt.grant, got, tt.want)
		}
		for _, name := range append(got, "org/small", "mini-1", "large") {
			listed := slices.Contains(tt.want, name) || name == "org/small" && slices.Contains(tt.want, "small") || name == "mini-1" && slices.Contains(tt.want, "small")
			if table.Resolves(name, tt.grant) != listed {
				t.Errorf("%q is served: %v", name, !listed)
			}
		}
	}
}

func TestASessionForgetsItsGrant(t *testing.T) {
	table := compileYAML(t, grantPolicy)
	s := table.NewSession(prompt.Chat)
	body := []byte(`{"messages":[{"role":"user","content":"a hard one"}]}`)
	for _, want := range []string{"vision", "large"} {
		if s.Reset(prompt.Chat, 0); want == "vision" {
			s.Grant(table.Grant([]string{"vision"}))
		}
		s.Feed(body)
		if d := s.Close(); d.Model == nil || d.Model.Key != want {
			t.Errorf("got %+v, want %q", d, want)
		}
	}
}

func TestAGuardBehindTheWindowKeepsTheGrant(t *testing.T) {
	table := compileYAML(t, grantPolicy)
	s := table.NewSession(prompt.Chat)
	s.Reset(prompt.Chat, 64)
	s.Grant(table.Grant([]string{"large"}))
	s.Feed([]byte(`{"messages":[{"role":"user","content":"` + strings.Repeat("hello ", 20) + ` attack"}]}`))
	if d := s.Close(); d.Code != CodeNoModelAllowed {
		t.Errorf("got %+v", d)
	}
}
