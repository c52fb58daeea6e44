package main

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/internal/standin"
	"github.com/mom-router/mom-router/rules"
)

// upstreams are the engines that --upstream names, by cluster.
type upstreams map[string]*url.URL

// String implements pflag.Value.
func (u *upstreams) String() string { return "" }

// Type implements pflag.Value.
func (u *upstreams) Type() string { return "CLUSTER=URL" }

// Set implements pflag.Value.
func (u *upstreams) Set(value string) error {
	cluster, address, ok := strings.Cut(value, "=")
	if !ok || cluster == "" {
		return fmt.Errorf("want CLUSTER=URL, such as mi355x-gpt-oss-20b=http://10.0.0.1:8000")
	}
	at, err := url.Parse(address)
	switch {
	case err != nil:
		return err
	case at.Scheme != "http" && at.Scheme != "https" || at.Host == "":
		return fmt.Errorf("want a URL such as http://10.0.0.1:8000 after %s=", cluster)
	case at.Path != "" && at.Path != "/" || at.RawQuery != "" || at.Fragment != "" || at.User != nil:
		return fmt.Errorf("want scheme, host and port only: the path is the request's")
	case (*u)[cluster] != nil:
		return fmt.Errorf("cluster %q has an engine already", cluster)
	}
	if *u == nil {
		*u = upstreams{}
	}
	(*u)[cluster] = at
	return nil
}

// engines answer for the clusters: those that --upstream names, or else stand-ins, which are started as policies name them.
type engines struct {
	named    upstreams
	standins map[string]*standin.Server
	echo     *echo // for modules that are not mom-router's
}

// clusters says where the clusters of a policy are.
func (e *engines) clusters(tables []*rules.Table) (map[string]*url.URL, error) {
	if len(e.named) > 0 {
		return e.named, nil
	}
	if e.standins == nil {
		e.standins = map[string]*standin.Server{}
	}
	out := map[string]*url.URL{}
	for _, cluster := range clustersOf(tables) {
		if e.standins[cluster] == nil {
			server, err := standin.Start(cluster)
			if err != nil {
				return nil, fmt.Errorf("start a stand-in for %q: %w", cluster, err)
			}
			e.standins[cluster] = server
		}
		out[cluster] = &url.URL{Scheme: "http", Host: e.standins[cluster].Address}
	}
	return out, nil
}

// odd lists what is probably a mistake in the flags.
func (e *engines) odd(tables []*rules.Table) []string {
	if len(e.named) == 0 {
		return nil
	}
	known := clustersOf(tables)
	var out []string
	for _, cluster := range known {
		if e.named[cluster] == nil {
			out = append(out, fmt.Sprintf("cluster %q of the policy has no --upstream: its requests get 503", cluster))
		}
	}
	for cluster := range e.named {
		if cluster != "*" && !slices.Contains(known, cluster) {
			out = append(out, fmt.Sprintf("--upstream %s: the policy has no such cluster (it has %s)", cluster, strings.Join(known, ", ")))
		}
	}
	slices.Sort(out)
	return out
}

func (e *engines) close() {
	for _, server := range e.standins {
		server.Close()
	}
	if e.echo != nil {
		e.echo.server.Close()
	}
}

// clustersOf lists the clusters of policies, sorted.
func clustersOf(tables []*rules.Table) []string {
	var out []string
	for _, t := range tables {
		for _, m := range t.Models() {
			out = append(out, m.Cluster)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
