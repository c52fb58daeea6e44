package rules

import "github.com/mom-router/mom-router/rules/expr"

// Outline is what tools that reason about a policy need of its Table: its rules with their compiled conditions and the models that
// they choose and allow. Nothing that decides about requests reads it.
type Outline struct {
	Guards  []OutlineGuard
	Routes  []OutlineRoute
	Default []Choice
	Wider   []*Model // tried for requests that neither a rule's models nor the default's can take
	Floor   []bool   // by the models' index: allowed by the policy's min_tier
	// CostCeiling is in picodollars a request, P95 in milliseconds; 0 where the policy sets no bound.
	CostCeiling, P95 int64
	MinTier          int
	// Measured reports whether the choice among candidates goes by what a proxy measures, too: any of them may be passed over.
	Measured bool
	// Stays reports whether conversations keep their model: routes then go by earlier messages, too.
	Stays bool
	// BudgetFlags reports whether text that is not read again for want of units flags only.
	BudgetFlags bool
}

// OutlineGuard is one guard of an Outline.
type OutlineGuard struct {
	Name, Flag string
	When       *expr.Program
	Text       string // of When, in canonical form
	Allowed    []bool // by the models' index; nil where the guard restricts nothing
	Last       *Model // nil if there is none
	Tier       int
	Use        []Choice
	Deny       *Denial // nil if it does not deny
	Ignore     bool    // an unknown condition does not match
}

// Denial is what a guard that denies answers.
type Denial struct {
	Status        int
	Code, Message string
}

// OutlineRoute is one route of an Outline.
type OutlineRoute struct {
	Name string
	When *expr.Program
	Text string // of When, in canonical form
	Use  []Choice
}

// Choice is a model with the level of reasoning that a rule wishes for.
type Choice struct {
	Model *Model
	Level Level
	Share int64 // of the conversations; 0 is none
}

// Index is the model's place in Table.Models.
func (m *Model) Index() int { return m.index }

// Outline describes the table to tools.
func (t *Table) Outline() *Outline {
	o := &Outline{
		Default:     choices(t.fallback),
		Wider:       t.wider,
		Floor:       t.members(t.floor),
		CostCeiling: t.objectives.costCeiling,
		P95:         t.objectives.p95,
		MinTier:     t.objectives.minTier,
		Measured:    t.objectives.budget != nil || t.objectives.firstToken != nil,
		Stays:       t.conversation.stay != stayNone,
		BudgetFlags: t.budgetFlags,
	}
	for i := range t.guards {
		g := &t.guards[i]
		out := OutlineGuard{Name: g.name, Flag: g.flag, When: g.when, Text: g.text, Last: g.last, Tier: g.tier, Use: choices(g.use), Ignore: g.ignore}
		if g.allowed != everyModel {
			out.Allowed = t.members(g.allowed)
		}
		if g.deny != nil {
			out.Deny = &Denial{g.deny.status, g.deny.code, g.deny.message}
		}
		o.Guards = append(o.Guards, out)
	}
	for i := range t.routes {
		r := &t.routes[i]
		o.Routes = append(o.Routes, OutlineRoute{r.name, r.when, r.text, choices(r.use)})
	}
	return o
}

func (t *Table) members(set modelSet) []bool {
	list := make([]bool, len(t.models))
	for i, m := range t.models {
		list[i] = set.has(m)
	}
	return list
}

func choices(list []candidate) (out []Choice) {
	for _, c := range list {
		out = append(out, Choice{c.model, c.level, c.share})
	}
	return out
}
