package config

import (
	"math"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/internal/rollout"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// CandidatePolicy is the name of the default policy's candidate among policies, in metrics and records, and ends those of the others.
const CandidatePolicy = "candidate"

// CandidateOf is the name of a policy's candidate.
func CandidateOf(policy string) string {
	if policy == DefaultPolicy {
		return CandidatePolicy
	}
	return policy + "-" + CandidatePolicy
}

// Candidate is a policy that stands beside another one, to be compared with it.
type Candidate struct {
	Table *rules.Table
	// Canary has it serve a share of the conversations; else it serves none.
	Canary bool
	// Share is that of the candidate, in hundredths of a percent.
	Share int64
	// ByTenant draws one arm for all conversations of a tenant.
	ByTenant bool
	Bounds   rollout.Bounds
}

// The modes of a candidate. By hand, promotion and roll-back are this one value.
const (
	modeOff      = "off"
	modeShadow   = "shadow"
	modeCanary   = "canary"
	modePromoted = "promoted"
)

// candidates reads those of all policies: that of the default one, and those of others by their names.
func (r *reader) candidates(c *Config, root *tree.Node) {
	if n := root.Get("candidate"); n != nil {
		r.candidate(c, 0, n, root)
	}
	n := root.Get("candidates")
	if n == nil {
		return
	}
	if n.Kind != tree.Map {
		r.WrongKind(n, "a map of policies' names")
		return
	}
	for _, i := range sortedIndices(n.Keys) {
		key := n.Keys[i]
		if key.Text == DefaultPolicy {
			r.Add(key, "the candidate of the default policy is the one under \"candidate\"", "write it there")
			continue
		}
		if policy := r.policyNamed(c, key); policy >= 0 {
			r.candidate(c, policy, n.Items[i], root)
		}
	}
}

// candidate reads the policy that is tried beside one of the policies. One that does not compile is left out, with a warning for each mistake: the active policy is to
// serve, also where a proxy starts.
func (r *reader) candidate(c *Config, of int, n, root *tree.Node) {
	if n.Kind != tree.Map {
		r.WrongKind(n, "a map")
		return
	}
	tried := &Candidate{Bounds: rollout.Bounds{Conversations: rollout.DefaultConversations}}
	mode := modeShadow
	r.members(n, map[string]func(*tree.Node){
		"policy": nil,
		"mode": func(n *tree.Node) {
			mode, _ = r.OneOf(n, "mode", []string{modeOff, modeShadow, modeCanary, modePromoted})
		},
		"share": func(n *tree.Node) { tried.Share = r.percent(n) },
		"by": func(n *tree.Node) {
			by, _ := r.OneOf(n, "unit", []string{"conversation", "tenant"})
			if tried.ByTenant = by == "tenant"; tried.ByTenant && root.Get("tenant") == nil {
				r.Add(n, "nothing says whose a request is", `name a trusted header or metadata under "tenant"`)
			}
		},
		"bounds": func(n *tree.Node) { r.bounds(&tried.Bounds, n) },
	})
	if n.Get("bounds") == nil {
		tried.Bounds.Ratio[rollout.Denied], tried.Bounds.Ratio[rollout.Failed] = 1, 1
	}
	active := &c.Policies[of]
	for _, p := range c.Policies {
		if p.Name == CandidateOf(active.Name) {
			r.Add(root.Get("policies").Get(p.Name), "a policy beside a candidate cannot be called "+strconv.Quote(p.Name), "give it another name")
		}
	}
	tried.Canary = mode == modeCanary
	if at := n.Get("share"); at != nil && mode != modeCanary {
		r.warn(at, "the share says nothing: mode is not canary")
	}
	if tried.Canary {
		switch {
		case n.Get("share") == nil:
			r.Add(n, `"share" is missing`, "write how many percent of the conversations the candidate serves, such as 5")
		case root.Get("keys") == nil && !tried.ByTenant:
			r.Add(n.Get("mode"), "conversations have no keys, so none can stay with a policy", "name a variable of the VM's environment in keys.secret_env")
		case root.Get("keys") == nil:
			r.Add(n.Get("mode"), "there is no secret, so anybody could work out which tenants are in the candidate's share", "name a variable of the VM's environment in keys.secret_env")
		case c.Keys == nil:
			r.warn(n.Get("mode"), "without keys the candidate serves nobody")
			tried.Share = 0
		case tried.Share == 0:
			r.warn(n.Get("share"), "a share of 0: the candidate serves nobody, as in a shadow")
		case tried.Share == 10_000:
			r.warn(n.Get("share"), "a share of 100 leaves nothing to compare the candidate with: it is not taken back by itself")
		}
	}
	policy := r.Required(n, "policy", `write the candidate's policy, or "default" for the one that is built in`)
	if policy == nil || mode == modeOff || len(r.List) > 0 {
		return
	}
	tried.Table = r.policy(policy)
	if len(r.List) > 0 {
		for _, p := range r.List {
			r.warnings = append(r.warnings, "the candidate is left out, and the active policy serves: "+p.Error())
		}
		r.List = nil
		return
	}
	r.trust(c, Policy{Name: CandidateOf(active.Name), Table: tried.Table}, root)
	switch {
	case tried.Table.Hash() == active.Table.Hash():
		r.warn(policy, "the candidate is the active policy: there is nothing to compare")
	case mode == modePromoted:
		c.promote(of, tried.Table)
		r.shadows(c, root)
	default:
		active.Candidate = tried
	}
}

// promote puts a table in the place of a policy's, also in what tenants may use of that.
func (c *Config) promote(policy int, t *rules.Table) {
	if c.Policies[policy].Table = t; policy == 0 {
		c.Policy = t
	}
	again := func(of *tenant) {
		if of != nil && of.grants != nil {
			of.grants[policy] = of.grants[policy].On(t)
		}
	}
	for _, of := range c.tenants.named {
		again(of)
	}
	again(c.tenants.other)
}

// percent reads a share, to hundredths of a percent.
func (r *reader) percent(n *tree.Node) int64 {
	v, ok := r.Number(n, 0, 100)
	if !ok {
		return 0
	}
	share := math.Round(v * 100)
	if math.Abs(share-v*100) > 1e-6 {
		r.Add(n, n.Text+" is finer than a hundredth of a percent", "")
	}
	return int64(share)
}

// bounds reads when the candidate is worse than the active policy beside it.
func (r *reader) bounds(b *rollout.Bounds, n *tree.Node) {
	times := 1.
	looks := func(k rollout.Kind) func(*tree.Node) {
		return func(n *tree.Node) {
			if yes, ok := r.Bool(n); ok && yes {
				b.Ratio[k] = 1
			}
		}
	}
	r.members(n, map[string]func(*tree.Node){
		"conversations": func(n *tree.Node) { b.Conversations, _ = r.Integer(n, 1, 1_000_000) },
		"times":         func(n *tree.Node) { times, _ = r.Number(n, 1, 100) },
		"denied":        looks(rollout.Denied),
		"default":       looks(rollout.Defaulted),
		"failed":        looks(rollout.Failed),
		"slow": func(n *tree.Node) {
			b.Slow, b.Ratio[rollout.Slow] = r.duration(n)*1000, 1
		},
		"dear": func(n *tree.Node) {
			if dollars, ok := r.Number(n, 0, 1000); ok {
				b.Dear, b.Ratio[rollout.Dear] = int64(dollars*1e12), 1
			}
		},
		"differs": func(n *tree.Node) {
			if b.Ratio[rollout.Differs], _ = r.Number(n, 0, 1); b.Ratio[rollout.Differs] == 0 {
				r.Add(n, "a bound of 0 would be passed by the first conversation that is decided otherwise", "write a share between 0 and 1, such as 0.2")
			}
		},
	})
	none := true
	for k := range b.Ratio {
		if b.Ratio[k] > 0 && rollout.Kind(k) != rollout.Differs {
			b.Ratio[k] = times
		}
		none = none && b.Ratio[k] == 0
	}
	if n.Kind == tree.Map && none {
		r.Add(n, "no bound is given, so nothing is looked at", "write some of "+strings.Join(rollout.KindNames[:], ", "))
	}
}
