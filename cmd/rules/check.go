package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/mom-router/mom-router/internal/cli"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/reason"
	"github.com/mom-router/mom-router/rules/tree"
)

// checkCommand reports all that keeps a policy from loading: mistakes, or tests of its
// own that fail; and warns of what is odd. Warnings are no failure unless --werror says so.
func checkCommand(s cli.Streams) *command {
	c := newCommand(s, "check [flags] FILE...", "Report every mistake of policies, and run the tests that they carry",
		`check reports every mistake of each policy, runs the tests that it carries, and warns of what is odd, such as routes that are
never reached; with an Envoy configuration, also of clusters and trusted headers that this lacks. rules explain says what a code means.`,
		"rules check my-policy.yaml", "rules check --envoy envoy.yaml --werror my-policy.yaml", "rules check --output sarif my-policy.yaml >remarks.sarif")
	c.output.Add(c.Command, "one JSON object a remark", cli.Form{Name: "sarif", Usage: "one SARIF log of all remarks"})
	strict := c.Flags().Bool("werror", false, "warnings fail, too")
	envoyFile := c.Flags().String("envoy", "", "an Envoy configuration `FILE` that must have the policy's clusters and trust its headers")
	clusters := c.Flags().String("clusters", "", "the `NAMES` of all clusters that there are, with commas")
	c.Args = some(aPolicy)
	return c.does(func(files []string) int {
		if *envoyFile != "" && *clusters != "" {
			return c.cannot(errors.New("--envoy and --clusters exclude each other: choose one"))
		}
		var proxy *envoyConfig
		if *clusters != "" {
			proxy = &envoyConfig{file: "--clusters", clusters: strings.Split(*clusters, ",")}
		}
		if *envoyFile != "" {
			data, err := c.Read(*envoyFile)
			if err != nil {
				return c.cannot(err)
			}
			if proxy, err = readEnvoy(data); err != nil {
				return c.cannot(fmt.Errorf("reading the Envoy configuration %q: %w", *envoyFile, err))
			}
			proxy.file = *envoyFile
		}
		code := exitOK
		var log []diagnostic
		for _, file := range files {
			first, err := c.load(file)
			if err != nil {
				return c.cannot(err)
			}
			for _, p := range append([]*policy{first}, first.others()...) {
				p.examine(proxy)
				if c.output.Is("sarif") {
					log = append(log, p.diags...)
				} else {
					p.shown = c.Streams
					p.print(c.Out, c.output.Data())
				}
				if !p.ok() || *strict && len(p.diags) > 0 {
					code = exitNo
				}
				fmt.Fprintln(c.Err, p.summary())
				if p.table != nil {
					for _, note := range p.table.Blind() {
						fmt.Fprintf(c.Err, "%s: note: %s\n", file, note)
					}
					if proxy != nil && proxy.discovers {
						fmt.Fprintf(c.Err, "%s: note: %s discovers clusters, so one that does not stand there may still exist\n", file, proxy.file)
					}
				}
			}
		}
		if c.output.Is("sarif") {
			writeSARIF(c.Out, log)
		}
		return code
	})
}

// examine runs a policy's tests and judges its rules and phrases.
func (p *policy) examine(proxy *envoyConfig) {
	if p.table != nil {
		for _, f := range p.table.RunTests() {
			p.add("test", "E901", f.Path, f.Line, f.Column, fmt.Sprintf("test %q: %s", f.Name, f.Message), "")
		}
	}
	if p.root == nil {
		return
	}
	// A policy that fails for routes alone that are never reached can be judged all the same, and better than the proxy does.
	unjudged, err := rules.CompileUnjudged(p.root)
	if err != nil {
		return
	}
	refused := map[string]bool{}
	if p.table == nil {
		for _, d := range p.diags {
			refused[d.Path] = true
		}
	}
	found := reason.Judge(p.root, unjudged, func(when *tree.Node) bool { return refused[when.Path] })
	found = append(found, reason.Phrases(p.root, unjudged)...)
	p.replace(found)
	p.fits(unjudged, proxy)
	sort.SliceStable(p.diags, func(i, j int) bool {
		a, b := p.diags[i], p.diags[j]
		return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
	})
}

// replace adds what was found. It takes the place of what the compiler says about the same: that a route is never reached, and that no
// rule chooses a model.
func (p *policy) replace(found []reason.Finding) {
	told := map[string]bool{}
	for _, f := range found {
		switch f.Code {
		case "E301", "E302", "E303", "W311":
			told[f.Path] = true
		}
	}
	p.diags = slices.DeleteFunc(p.diags, func(d diagnostic) bool {
		return told[d.Path] && slices.Contains([]string{"E301", "E302", "W103"}, d.Code)
	})
	unchosen := map[string]bool{}
	for _, d := range p.diags {
		unchosen[d.Path] = unchosen[d.Path] || d.Code == "W103"
	}
	for _, f := range found {
		if f.Code == "W319" && unchosen[f.Path] {
			continue
		}
		severity := "warning"
		if strings.HasPrefix(f.Code, "E") {
			severity = "error"
		}
		p.add(severity, f.Code, f.Path, f.Line, f.Column, f.Message, f.Hint)
	}
}

// fits looks at what the proxy must have for the policy: clusters, and headers that the plugin trusts.
func (p *policy) fits(t *rules.Table, proxy *envoyConfig) {
	if proxy != nil && !proxy.discovers {
		for i, key := range p.root.Get("models").Keys {
			n := p.root.Get("models").Items[i].Get("cluster")
			if !slices.Contains(proxy.clusters, n.Text) {
				p.add("error", "E601", n.Path, n.Line, n.Column, fmt.Sprintf("%s has no cluster %q, so requests for model %q go nowhere", proxy.file, n.Text, key.Text),
					cmp.Or(tree.DidYouMean(n.Text, proxy.clusters), "add the cluster there, or name one that exists"))
			}
		}
	}
	trusted, where := p.trusted(proxy)
	if where == "" {
		return
	}
	trusts := func(header string, n *tree.Node) {
		if !slices.ContainsFunc(trusted, func(name string) bool { return strings.EqualFold(name, header) }) {
			p.add("error", "E602", n.Path, n.Line, n.Column, fmt.Sprintf("the header %q is not under trusted in %s: the plugin refuses to start with this policy", header, where),
				fmt.Sprintf("add trusted: [%s] to the plugin's configuration, and let only the proxy set it", header))
		}
	}
	for _, h := range t.Headers() {
		_, short, _ := strings.Cut(h.Signal, ".")
		trusts(h.Name, p.root.Get("signals").Get("header").Get(short).Get("name"))
	}
	if b := t.Budget(); b != nil && b.Key != "" {
		trusts(b.Key, p.root.Get("objectives").Get("budget").Get("key"))
	}
}

// trusted are the headers that the plugin's configuration trusts, and where it stands; "" if none is known.
func (p *policy) trusted(proxy *envoyConfig) (names []string, where string) {
	if p.plugin != nil {
		if n := p.plugin.Get("trusted"); n != nil {
			for _, item := range n.Items {
				names = append(names, item.Text)
			}
		}
		return names, p.file
	}
	if proxy != nil && proxy.plugins > 0 {
		return proxy.trusted, proxy.file
	}
	return nil, ""
}

// summary is one line that says how a policy fared.
func (p *policy) summary() string {
	file := p.file
	if p.name != "" {
		file += ", policy " + p.name
	}
	counts := map[string]int{}
	for _, d := range p.diags {
		counts[d.Severity]++
	}
	if n := counts["error"]; n > 0 {
		return fmt.Sprintf("%s: %s", file, plural(n, "mistake"))
	}
	t := p.table
	s := fmt.Sprintf("%s: version %q, hash %s, %s, %s", file, t.Version(), t.Hash()[:16],
		plural(len(t.Models()), "model"), plural(len(t.TestNames()), "test"))
	if n := counts["test"]; n > 0 {
		s += fmt.Sprintf(" of which %d failed", n)
	}
	if n := counts["warning"]; n > 0 {
		s += ", " + plural(n, "warning")
	}
	return s
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
