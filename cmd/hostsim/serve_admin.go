package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/source"
	"github.com/mom-router/mom-router/rules/tree"
)

// administer serves what Envoy's admin interface does, at an address of its own: /ready, /stats with the names that Envoy
// gives to plugins' metrics, /stats/prometheus, and /config_dump. For mom-router's own module there is the playground, too, with the records as they
// come, for this machine alone.
func (v *service) administer(address string) (stop func(), err error) {
	host, _, _ := net.SplitHostPort(address)
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w (choose another address with --admin HOST:PORT)", err)
	}
	server := &http.Server{Handler: ownHost(host, v.adminPages()), ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(l)
	v.say("admin on http://" + reachable(l.Addr()))
	if v.live != nil {
		v.say("playground, and the records as they come: open that address in a browser")
	}
	return func() { server.Close() }, nil
}

// ownHost answers requests for this machine only: by an address of its own, as localhost, by its name, or by the one that it was told to listen at. A
// browser that was made to take another name for this address (DNS rebinding) gets nothing.
func ownHost(bound string, next http.Handler) http.Handler {
	machine, _ := os.Hostname()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		host = strings.TrimSuffix(strings.Trim(host, "[]"), ".")
		own := strings.EqualFold(host, "localhost") || host != "" && (strings.EqualFold(host, bound) || strings.EqualFold(host, machine))
		if ip := net.ParseIP(host); ip != nil {
			own = own || ip.IsLoopback()
			if local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
				own = own || ip.Equal(local.IP)
			}
		}
		if !own {
			http.Error(w, fmt.Sprintf("the host %q is not this one's: ask for localhost, or for the address of --admin", r.Host), http.StatusMisdirectedRequest)
			return
		}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		next.ServeHTTP(w, r)
	})
}

// onThisMachine answers those who ask from this machine, wherever the admin port listens: records may hold what users have asked, if the configuration has them do so.
func onThisMachine(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		host, _, _ = strings.Cut(host, "%") // the zone of IPv6
		ip := net.ParseIP(host)
		here := ip != nil && ip.IsLoopback()
		if local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok && ip != nil {
			here = here || ip.Equal(local.IP) // from and to the same address
		}
		if !here {
			http.Error(w, fmt.Sprintf("the playground and its records are for the machine of hostsim alone, not for %s: forward the port, such as by ssh -L", host), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (v *service) adminPages() http.Handler {
	pages := http.NewServeMux()
	text := func(path string, page func() string) {
		pages.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
			fmt.Fprint(w, page())
		})
	}
	text("/ready", func() string { return "LIVE\n" })
	text("/stats/prometheus", v.prometheus)
	pages.HandleFunc("GET /stats", v.stats)
	if v.live != nil {
		p := &player{begin: v.policyText, open: extended("", nil), live: v.live}
		pages.Handle("/", onThisMachine(p.pages()))
	}
	pages.HandleFunc("GET /config_dump", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		e := json.NewEncoder(w)
		e.SetIndent("", " ")
		e.Encode(v.dump())
	})
	return pages
}

// policyText is the policy in force: as its file has it, where it stands in one alone.
func (v *service) policyText() ([]byte, error) {
	now := v.inForce.Load()
	if now.policy == nil || now.policy.Kind == tree.String {
		return embeddedPolicy()
	}
	if root, err := source.Load(v.o.policy, now.file); v.o.policy != "" && err == nil && !rules.ExtendsFile(root) {
		return now.file, nil
	}
	return source.YAML(now.policy)
}

// policyOf is the policy in force that records name by a hash which begins so.
func (v *service) policyOf(hash string) *rules.Table {
	now := v.inForce.Load()
	for _, table := range append([]*rules.Table{now.table}, now.others...) {
		if hash != "" && strings.HasPrefix(table.Hash(), hash) {
			return table
		}
	}
	return nil
}

// stats answers with the modules' statistics as Envoy does: as text, or in the form that format names, and only those whose names filter finds.
func (v *service) stats(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	filter, err := regexp.Compile(query.Get("filter"))
	if err != nil {
		http.Error(w, fmt.Sprintf("filter=%s is no regular expression: %v", query.Get("filter"), err), http.StatusBadRequest)
		return
	}
	var found []hostsim.Metric
	for _, m := range v.module.Host().Metrics() {
		if m.Name = "wasmcustom." + m.Name; filter.MatchString(m.Name) {
			found = append(found, m)
		}
	}
	switch format := query.Get("format"); format {
	case "", "text":
		w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
		for _, m := range found {
			if m.Kind == "histogram" {
				fmt.Fprintf(w, "%s: count %d sum %d\n", m.Name, m.Count, m.Value)
			} else {
				fmt.Fprintf(w, "%s: %d\n", m.Name, m.Value)
			}
		}
	case "json":
		type stat struct {
			Name  string `json:"name"`
			Value uint64 `json:"value"`
		}
		all := []stat{}
		for _, m := range found {
			if m.Kind != "histogram" { // Envoy's have another form, of quantiles
				all = append(all, stat{m.Name, m.Value})
			}
		}
		answerJSON(w, map[string]any{"stats": all})
	case "prometheus":
		w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
		fmt.Fprint(w, v.prometheus())
	default:
		http.Error(w, fmt.Sprintf("format=%s is none: text, json or prometheus", format), http.StatusBadRequest)
	}
}

// dump is what is in force.
func (v *service) dump() any {
	type filter struct {
		Name               string          `json:"name"`
		Configuration      json.RawMessage `json:"configuration,omitempty"`
		AllowOnHeadersStop bool            `json:"allow_on_headers_stop_iteration"`
		FailurePolicy      string          `json:"failure_policy"`
		VM                 string          `json:"vm_id,omitempty"`
		Capabilities       []string        `json:"allowed_capabilities,omitempty"`
	}
	now := v.inForce.Load()
	var filters []filter
	for _, f := range now.filters {
		configuration := json.RawMessage(f.Configuration)
		if len(configuration) > 0 && !json.Valid(configuration) {
			configuration = encode(string(f.Configuration))
		}
		shown := filter{Name: f.Name, Configuration: configuration, AllowOnHeadersStop: f.AllowOnHeadersStop, FailurePolicy: "FAIL_CLOSED"}
		switch {
		case f.FailReload:
			shown.FailurePolicy = "FAIL_RELOAD"
		case f.FailOpen:
			shown.FailurePolicy = "FAIL_OPEN"
		}
		if f.VM != nil {
			shown.VM, shown.Capabilities = f.VM.ID, f.VM.Capabilities
		}
		filters = append(filters, shown)
	}
	clusters := map[string]string{}
	for name, at := range now.clusters {
		clusters[name] = at.String()
	}
	dump := map[string]any{"envoy": v.o.envoy.String(), "workers": v.o.workers, "filters": filters, "clusters": clusters}
	if now.table != nil {
		dump["policy"] = map[string]string{"version": now.table.Version(), "hash": now.table.Hash()}
	}
	return dump
}
