package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/tree"
)

// sight is the content of the files that a service is configured by, at one time.
type sight struct {
	policy, config []byte
	filters        []byte // the file of --filters
	err            error  // one could not be read
}

// look reads the files. Without files, all sights are the same.
func (o *serveOptions) look() sight {
	var seen sight
	var err error
	if o.policy != "" {
		if seen.policy, err = o.content(o.policy); err != nil {
			seen.err = fmt.Errorf("read the policy: %w", err)
		}
	}
	if o.config != "" {
		if seen.config, err = o.content(o.config); err != nil {
			seen.err = errors.Join(seen.err, fmt.Errorf("read the configuration: %w", err))
		}
	}
	if o.filterFile != "" {
		if seen.filters, err = o.content(o.filterFile); err != nil {
			seen.err = errors.Join(seen.err, fmt.Errorf("read the filters: %w", err))
		}
	}
	return seen
}

// content is that of a file now. Standard input has the same content for ever.
func (o *serveOptions) content(name string) ([]byte, error) {
	if name == "-" {
		return o.standard()
	}
	return os.ReadFile(name)
}

func (a sight) same(b sight) bool {
	return bytes.Equal(a.policy, b.policy) && bytes.Equal(a.filters, b.filters) && bytes.Equal(a.config, b.config) && fmt.Sprint(a.err) == fmt.Sprint(b.err)
}

// plan is what a sight and the flags come to.
type plan struct {
	name          string // of what it comes from
	filters       []hostsim.Filter
	config        []byte         // the plugin's configuration
	clusterHeader string         // empty if the configuration does not rename it
	table         *rules.Table   // nil for modules that are not mom-router's
	policy        *tree.Node     // what table is made of; nil for the embedded one
	others        []*rules.Table // the policies beside it
	warnings      []string       // about policies that are not the embedded one
}

// plan compiles a sight. The error names file, line and column of every mistake in the policy; what else is wrong in the
// configuration is left to the module to say.
func (o *serveOptions) plan(seen sight) (*plan, error) {
	if o.any {
		return o.anyPlan(seen)
	}
	if seen.err != nil {
		return nil, seen.err
	}
	c, err := o.merge(seen.config, seen.policy)
	if err != nil {
		return nil, err
	}
	p := &plan{policy: c.policy}
	p.table, err = p.compile(c.file, c.policy)
	if c.policies != nil && c.policies.Kind == tree.Map {
		for _, n := range c.policies.Items {
			table, wrong := p.compile(o.config, n)
			p.others, err = append(p.others, table), errors.Join(err, wrong)
		}
	}
	if err != nil {
		return nil, err
	}
	if c.next != nil {
		// One with mistakes is left out by the module, which says so.
		if table, wrong := compile(o.config, c.next); wrong == nil {
			p.others = append(p.others, table)
		}
	}
	return p, p.complete(o, c)
}

// tables are all policies, the default one first.
func (p *plan) tables() []*rules.Table { return append([]*rules.Table{p.table}, p.others...) }

// compile compiles a policy and notes what it warns of.
func (p *plan) compile(file string, policy *tree.Node) (*rules.Table, error) {
	table, err := compile(file, policy)
	if err == nil && file != "" && policy != nil && policy.Kind == tree.Map {
		for _, w := range table.Warnings() {
			p.warnings = append(p.warnings, file+":"+w.String()+" (a warning)")
		}
	}
	return table, err
}

// complete reads what the proxy itself must know.
func (p *plan) complete(o *serveOptions, c *configuration) (err error) {
	var headers struct{ Cluster string }
	json.Unmarshal(c.members["headers"], &headers) // wrong types are the module's to refuse
	p.clusterHeader = headers.Cluster
	if p.config, err = json.Marshal(c.members); err != nil {
		return err
	}
	p.name = fmt.Sprintf("policy %q %s", p.table.Version(), p.table.Hash()[:16])
	p.filters = filters(p.config, c.hold())
	for i := range p.filters {
		if err := setPolicy(&p.filters[i], o.failure); err != nil {
			return err
		}
	}
	return nil
}

// compile compiles a policy and runs its own tests. Without a policy, and for the word default, it is the embedded one.
func compile(file string, policy *tree.Node) (*rules.Table, error) {
	if policy == nil || policy.Kind == tree.String && policy.Text == "default" {
		return rules.Default()
	}
	table, err := rules.Compile(policy)
	if err != nil {
		return nil, inFile(file, err)
	}
	var failed []error
	for _, f := range table.RunTests() {
		failed = append(failed, f)
	}
	if len(failed) > 0 {
		return nil, inFile(file, errors.Join(failed...))
	}
	return table, nil
}

// inFile puts a file's name before each line of an error that has line and column in the file.
func inFile(file string, err error) error {
	return errors.New(file + ":" + strings.ReplaceAll(err.Error(), "\n", "\n"+file+":"))
}
