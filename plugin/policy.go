//go:build wasip1

package main

import (
	"github.com/mom-router/mom-router/internal/config"
	"github.com/mom-router/mom-router/internal/objectives"
	"github.com/mom-router/mom-router/plugin/internal/audit"
	"github.com/mom-router/mom-router/plugin/internal/reply"
	"github.com/mom-router/mom-router/rules"
)

// policy is one of an instance's policies, with what belongs to it alone.
type policy struct {
	name    string // "" where there is but one
	table   *rules.Table
	shown   audit.Policy // as records show it
	metrics metrics
	models  []byte             // the answer to GET /v1/models for whoever may use all
	works   []*work            // that no stream has
	keeper  *objectives.Keeper // of its objectives; nil if it has none that are kept
	kept    *objectiveMetrics
	load    string // the header in which engines say how busy they are; "" if nobody asks

	candidate *candidate // that stands beside it; nil if none does

	rewritings []*rewriting // that no try has
}

func newPolicy(p config.Policy, alone bool) *policy {
	name := p.Name
	if alone {
		name = ""
	}
	t := p.Table
	return &policy{
		name: name, table: t, models: reply.Models(t.Names(nil)), metrics: defineMetrics(name, t),
		shown: audit.NewPolicy(name, t.Version(), t.Hash()[:shownHash], t.Weights(), ""),
	}
}

// keep has the policy's objectives kept, under the name that it has in the configuration: what was spent stays where another policy comes to stand beside it. A
// candidate's are not: what it serves is the active policy's to pay for.
func (p *policy) keep(name string) *policy {
	p.keeper = objectives.New(name, p.table, sharedData{})
	p.kept = defineObjectiveMetrics(p.name, p.keeper)
	if f := p.table.FirstToken(); f != nil && f.Load != nil {
		p.load = f.Load.Header
	}
	return p
}

// work takes what reading a body takes.
func (p *policy) work(s *stream) *work {
	if n := len(p.works); n > 0 {
		w := p.works[n-1]
		p.works = p.works[:n-1]
		return w
	}
	return &work{session: p.table.NewSession(s.shape), excerpt: s.instance.newExcerpt(p.table)}
}

// whose says whose the request is, as the proxy does; "" if it does not.
func (s *stream) whose() string {
	switch c := s.instance.config; {
	case c.TenantMetadata != "":
		return s.hold(view(property(c.TenantMetadata).get()))
	case c.Tenant != "":
		name, _ := s.header(c.Tenant)
		return name
	}
	return ""
}

// choose chooses the policy of a request, and which models it may use. It reports whether the request is served at all.
func (s *stream) choose(authority, path string) bool {
	s.record.Tenant = s.whose()
	chosen := s.instance.config.Choose(authority, path, s.record.Tenant)
	s.policy, s.grant, s.prefix = s.instance.policies[chosen.Policy], chosen.Grant, chosen.Prefix
	return !chosen.Refused
}

// owner is whose a conversation is, by policy and tenant: no two of them have a key in common, even where clients choose the same one.
func (s *stream) owner() string {
	if s.policy == s.instance.policies[0] {
		return s.record.Tenant
	}
	n := len(s.text)
	s.text = append(append(append(s.text, s.policy.name...), 0), s.record.Tenant...)
	return view(s.text[n:])
}
