//go:build wasip1

package main

import (
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"

	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/plugin/internal/reply"
	"github.com/mom-router/mom-router/rules"
)

// noCluster is what goes wrong when the policy names a cluster that the proxy does not have. The answer would be an empty 404.
const noCluster = "the proxy has no route or no cluster for the one that the policy names: add it, or mend models.*.cluster"

// respond cleans the response's headers: what only the router may say is removed
// when a backend says it, and the chosen model is shown if the configuration says so.
func (s *stream) respond() {
	s.forget() // while a body is read, only the proxy itself answers: nothing is let go any more
	all, _ := readHeaders(responseHeaders)
	c := s.instance.config
	var forged []string
	nowhere := false
	var status, contentType, encoding, vary string
	for name, value, ok := all.next(); ok; name, value, ok = all.next() {
		switch name {
		case ":status":
			status = value
			nowhere = s.phase == released && (value == "404" || value == "503") // perhaps: see below
		case "content-type":
			contentType = value
		case "content-encoding":
			encoding = value
		case "vary":
			if s.origin != "" { // else nobody looks at it
				vary = strings.Clone(value)
			}
		}
		if name == s.policy.load && s.measured.Active() {
			s.measured.Now(s.instance.vm.moment(s.instance.vm.clock.now()))
			s.measured.Load(value)
		}
		if c.Ours(name) || name == c.ResponseHeader {
			forged = append(forged, strings.Clone(name))
		}
	}
	s.listen(status, contentType, encoding) // before other calls to the host: it reads what stands in the arena
	for _, name := range forged {
		_ = proxywasm.RemoveHttpResponseHeader(name)
	}
	s.allowPage(vary)
	if nowhere {
		switch string(codeDetails.get()) {
		case "route_not_found", "cluster_not_found":
			s.unrouted()
			return
		}
	}
	if c.ResponseHeader != "" && s.phase == released {
		_ = proxywasm.ReplaceHttpResponseHeader(c.ResponseHeader, s.record.Name)
	}
}

// unrouted answers a request that the policy has routed where the proxy has nothing: nobody may take it for routed, nor for a path that is not there.
func (s *stream) unrouted() {
	cluster := s.record.Cluster
	s.answer(&reply.Error{Status: 503, Code: "cluster_not_found", Message: "the model's engines are not known to the proxy"})
	proxywasm.LogError("mom-router: " + noCluster + ": " + cluster)
}

// entry answers GET /v1/models/ and a name.
func (s *stream) entry(path string) {
	name, _ := paths.EntryOf(path)
	if !s.policy.table.Resolves(name, s.grant) {
		s.answer(&reply.Error{Status: 404, Code: rules.CodeModelNotFound, Message: "There is no model of this name here: GET /v1/models lists them."})
		return
	}
	s.phase = answered
	send(200, reply.Model(name))
}
