package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/mom-router/mom-router/hostsim"
)

// mainPackage is what the Go toolchain writes into a build of mom-router's module, whoever makes it.
var mainPackage = []byte("path\tgithub.com/mom-router/mom-router/plugin\n")

// isRouter tells mom-router's module from others, to which a policy means nothing.
func isRouter(code []byte) bool { return bytes.Contains(code, mainPackage) }

// anyPlan is the plan for modules that are not mom-router's: the files are passed on as they are.
func (o *serveOptions) anyPlan(seen sight) (*plan, error) {
	if seen.err != nil {
		return nil, seen.err
	}
	p := &plan{name: "the configuration", clusterHeader: o.clusterHeader}
	if o.filterFile != "" {
		var said []string
		filters, err := readFilters(o.filterFile, seen.filters, o.shared, func(line string) { said = append(said, line) })
		if err != nil {
			return nil, err
		}
		p.filters, p.warnings = filters, said
		return p, nil
	}
	f := hostsim.Filter{Name: "plugin", Configuration: seen.config, AllowOnHeadersStop: o.hold == "flag"}
	p.filters = []hostsim.Filter{f}
	if o.hold == "pair" {
		p.filters = append(p.filters, hostsim.Filter{Name: "gate"})
	}
	for i := range p.filters {
		if err := setPolicy(&p.filters[i], o.failure); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// anyClusters are the clusters for modules that are not mom-router's: those of --upstream, or a stand-in for all.
func (e *engines) anyClusters() (map[string]*url.URL, error) {
	if len(e.named) > 0 {
		return e.named, nil
	}
	if e.echo == nil {
		var err error
		if e.echo, err = newEcho(); err != nil {
			return nil, fmt.Errorf("start a stand-in: %w", err)
		}
	}
	return map[string]*url.URL{"*": {Scheme: "http", Host: e.echo.address}}, nil
}

// echo is a backend that answers with the request that it got.
type echo struct {
	address string
	server  *http.Server
}

func newEcho() (*echo, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &echo{address: l.Addr().String(), server: &http.Server{Handler: http.HandlerFunc(answerEcho)}}
	go e.server.Serve(l)
	return e, nil
}

func answerEcho(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // nobody acts on what is cut short
	}
	headers := map[string]string{}
	for name, values := range r.Header {
		headers[strings.ToLower(name)] = strings.Join(values, ",")
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"method": r.Method, "path": r.RequestURI, "host": r.Host, "headers": headers, "body": string(body)})
}
