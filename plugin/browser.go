//go:build wasip1

package main

import (
	"strconv"
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
)

// preflight answers what a browser asks before a page may call. Whoever it is, guards see the call itself.
func (s *stream) preflight(r *request) {
	s.phase = answered
	headers := [][2]string{
		{"access-control-allow-methods", "GET, POST"},
		{"access-control-max-age", strconv.FormatInt(s.instance.config.CORS.MaxAge, 10)},
	}
	if r.wants != "" && areHeaderNames(r.wants) {
		headers = append(headers, [2]string{"access-control-allow-headers", strings.Clone(r.wants)})
	}
	sendWith(204, headers, nil)
}

// allowPage shows the answer to the page that called. vary is what the answer depends on by its own account.
func (s *stream) allowPage(vary string) {
	if s.origin == "" {
		return
	}
	if vary == "" {
		vary = "origin"
	} else if !strings.Contains(strings.ToLower(vary), "origin") && vary != "*" {
		vary += ", origin"
	}
	_ = proxywasm.ReplaceHttpResponseHeader("access-control-allow-origin", s.origin)
	_ = proxywasm.ReplaceHttpResponseHeader("vary", vary)
}

// longestHeaders is the most bytes of header names that a preflight may ask for.
const longestHeaders = 1 << 10

// areHeaderNames accepts a list of names of headers, as browsers write it.
func areHeaderNames(list string) bool {
	for i := range len(list) {
		if c := list[i]; !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("-_,. ", c) >= 0) {
			return false
		}
	}
	return len(list) <= longestHeaders
}
