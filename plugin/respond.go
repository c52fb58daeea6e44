//go:build wasip1

package main

import (
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"

	"github.com/mom-router/mom-router/plugin/internal/reply"
	"github.com/mom-router/mom-router/rules"
)

// respond cleans the response's headers: what only the router may say is removed
// when a backend says it, and the chosen model is shown if the configuration says so.
func (s *stream) respond() {
	all, _ := readHeaders(responseHeaders)
	c := s.instance.config
	var forged []string
	for name, _, ok := all.next(); ok; name, _, ok = all.next() {
		if c.Ours(name) || name == c.ResponseHeader {
			forged = append(forged, strings.Clone(name))
		}
	}
	for _, name := range forged {
		_ = proxywasm.RemoveHttpResponseHeader(name)
	}
	if c.ResponseHeader != "" && s.phase == released {
		_ = proxywasm.ReplaceHttpResponseHeader(c.ResponseHeader, s.record.Name)
	}
}

// modelList is the answer to GET /v1/models: the names that ask for routing,
// then the policy's models.
func modelList(t *rules.Table) []byte {
	ids := append([]string(nil), t.AutoNames()...)
	for _, m := range t.Models() {
		ids = append(ids, m.Key)
	}
	return reply.Models(ids)
}
