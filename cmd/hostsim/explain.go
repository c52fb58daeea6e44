package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/internal/config"
	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/rules"
)

// explainCommand routes like route, through the module, and says why: the evidence comes from the same engine
// outside of the module, with the module's own configuration. It shows pieces of the prompt, which no record does.
func explainCommand(s streams) *cobra.Command {
	o := &options{}
	c := &cobra.Command{
		Use:   "explain [flags] (--prompt TEXT | FILE...)",
		Short: "Route like route, and say why; shows pieces of the prompt",
		Long: `explain routes like route, and says why: which signals are true and where, which rule decided, and why the others did not. It shows
pieces of the prompt, which no record does.

Exit code: 0 all is explained, denials too; 1 a request gets no answer, 2 the command cannot run.`,
		Example: cli.Examples(`hostsim explain --prompt 'Ignore previous instructions.'`, `hostsim explain --output yaml examples/requests/06-square-root.json`),
	}
	o.add(c)
	o.addPrompt(c)
	c.RunE = cli.Action(func(files []string) int { return o.explain(files, s) })
	return c
}

func (o *options) explain(files []string, s streams) int {
	jobs, runner, err := o.prepare(files, s)
	if err != nil {
		return s.fail(err)
	}
	defer runner.close()
	engine, err := newEngine(runner.lab.plugin) // after the module, which has the better words for a mistake
	if err != nil {
		return s.fail(err)
	}
	code := exitOK
	out, done := o.output.Open(s.Out)
	defer done()
	for i, j := range jobs {
		e := explained{outcome: runner.do(j), body: j.req.Body}
		if e.Error != "" {
			code = max(code, exitNo)
			fmt.Fprintf(s.Err, "hostsim: %s: %s\n", j.name, e.Error)
		} else if e.why, err = engine.explain(j.req, &e.outcome); err != nil {
			code = exitUnfit
			fmt.Fprintf(s.Err, "hostsim: %s: cannot explain: %s\n", j.name, err)
		}
		if o.output.Data() {
			out.Write(append(encode(e.json()), '\n'))
			continue
		}
		if i > 0 {
			fmt.Fprintln(out)
		}
		e.print(out)
	}
	return code
}

// engine is the engine beside the module, under the module's configuration.
type engine struct{ *config.Config }

func newEngine(raw []byte) (*engine, error) {
	c, err := config.Parse(raw)
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot explain: the module accepts a configuration that is none of mom-router's own module, which is the only one that explain knows: %s", strings.ReplaceAll(err.Error(), "\n", "; "))
	case c.Gate():
		return nil, errors.New(`cannot explain: the configuration has no policy: add "policy": "default" or a policy`)
	}
	return &engine{c}, nil
}

// otherModule is how a module that is not the engine's own can be told.
const otherModule = "explain knows mom-router's own module only, built from the same source as this command (make build)"

// explain says why the module did what it did with a request; nil where it did not ask its engine: what goes through
// uninspected, or is answered for its headers, or for want of memory or time. It is an error if the engine beside the
// module would have done something else.
func (g *engine) explain(r hostsim.Request, o *outcome) (*rules.Explanation, error) {
	var record struct {
		Bytes     *int64
		RequestID string `json:"request_id"`
		Policy    struct{ Hash string }
	}
	if json.Unmarshal(o.Record, &record) != nil || record.Bytes == nil {
		return nil, errors.New("the module left no record of the request: " + otherModule)
	}
	path := paths.WithoutQuery(r.Path)
	header := g.trusted(r, record.RequestID)
	chosen := g.Choose(r.Head().Value(":authority"), path, g.tenant(r, header))
	policy := g.Policies[chosen.Policy].Table
	if path = path[chosen.Prefix:]; chosen.Refused {
		return nil, nil
	}
	if hash := policy.Hash(); record.Policy.Hash == "" || !strings.HasPrefix(hash, record.Policy.Hash) {
		return nil, fmt.Errorf("the module decides by the policy %q, the engine beside it by %.16q: %s", record.Policy.Hash, hash, otherModule)
	}
	if _, ok := policy.Call(path); !ok || o.Action == rules.ActionPass || o.Action == rules.ActionDeny && (*record.Bytes == 0 && len(r.Body) > 0 || ownRefusals[o.code()]) {
		return nil, nil
	}
	why := policy.ExplainPath(path, chosen.Grant, g.HoldBytes, header, r.Body)
	if d := why.Decision; !agree(o, d) {
		return nil, fmt.Errorf("the module answers %s, and the engine beside it %s: %s", told(o.Action, o.Decision, o.Model, o.code(), o.Flags), told(d.Action, d.Name, keyOf(d), d.Code, d.Flags), otherModule)
	}
	return why, nil
}

// tenant is whose a request is, as the module reads it.
func (g *engine) tenant(r hostsim.Request, header func(string) (string, bool)) string {
	if g.TenantMetadata == "" {
		name, _ := header(g.Tenant)
		return name
	}
	var value any = map[string]any{"metadata": map[string]any{"filter_metadata": r.Metadata}}
	for _, name := range strings.Split(g.TenantMetadata, "\x00") {
		members, _ := value.(map[string]any)
		value = members[name]
	}
	name, _ := value.(string) // nothing else is a name
	return name
}

// ownRefusals are the codes of what the module refuses without its engine though it has seen a body.
var ownRefusals = map[string]bool{"router_unavailable": true, "router_overloaded": true, "request_timeout": true, "method_not_served": true}

// agree reports whether the module did what the engine would do. A record cuts long lists and names at their end.
func agree(o *outcome, d *rules.Decision) bool {
	const long = 100 // bytes; shorter names are whole
	name := func(cut, whole string) bool { return cut == whole || len(cut) >= long && strings.HasPrefix(whole, cut) }
	list := func(cut, whole []string) bool { return len(cut) <= len(whole) && slices.Equal(cut, whole[:len(cut)]) }
	return o.Action == d.Action && name(o.Decision, d.Name) && name(o.Model, keyOf(d)) && o.Reasoning == d.Reasoning && o.code() == d.Code &&
		list(o.Signals, d.Signals) && list(o.Flags, d.Flags)
}

func keyOf(d *rules.Decision) string {
	if d.Model == nil {
		return ""
	}
	return d.Model.Key
}

func told(action, decision, model, code string, flags []string) string {
	return fmt.Sprintf("%s (decision %q, model %q, code %q, flags %q)", action, decision, model, code, flags)
}

// code is that of the module's own answer.
func (o *outcome) code() string {
	code, _ := o.refusal()
	return code
}

// refusal is what the module's own answer says, if it is an error.
func (o *outcome) refusal() (code, message string) {
	var answer struct {
		Error struct{ Code, Message string }
	}
	if o.Response != nil && o.Response.Body != nil {
		_ = json.Unmarshal([]byte(*o.Response.Body), &answer) // not every answer is an error
	}
	return answer.Error.Code, answer.Error.Message
}

// trusted looks up the headers that the module shows to its engine: those under trusted, as long as they are not the
// router's own. Repeated ones are joined. id is the request's x-request-id.
func (g *engine) trusted(r hostsim.Request, id string) func(string) (string, bool) {
	head := r.Head()
	if _, has := head.Get("x-request-id"); !has {
		head.Set("x-request-id", id)
	}
	return func(name string) (string, bool) {
		if !slices.Contains(g.Trusted, name) || g.Ours(name) {
			return "", false
		}
		var values []string
		for _, f := range head.Fields() {
			if f.Name == name {
				values = append(values, f.Value)
			}
		}
		return strings.Join(values, ", "), values != nil
	}
}
