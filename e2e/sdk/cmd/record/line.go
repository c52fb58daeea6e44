package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// line is one request as `hostsim replay` reads it: the body is a string of exactly the bytes that were sent, or base64
// where they are not UTF-8.
type line struct {
	Method     string            `json:"method"`
	Path       string            `json:"path"` // with the query
	Headers    map[string]string `json:"headers"`
	Body       *string           `json:"body,omitempty"`
	BodyBase64 []byte            `json:"body_base64,omitempty"`
}

// kept are the headers that are written down. All others are left out: they are secrets (authorization, x-api-key),
// differ between runs (host, idempotency-key), or tell the machine's kind and the runtime's version (accept-encoding,
// x-stainless-os, x-stainless-arch, x-stainless-runtime, x-stainless-runtime-version and what fetch adds).
var kept = []string{
	"accept",
	"anthropic-beta",
	"anthropic-version",
	"content-encoding",
	"content-type",
	"user-agent",
	"x-case", // which call of which SDK it is
	"x-stainless-async",
	"x-stainless-helper-method",
	"x-stainless-lang",
	"x-stainless-package-version",
	"x-stainless-read-timeout",
	"x-stainless-retry-count",
	"x-stainless-stream-helper",
	"x-stainless-timeout",
}

// encode returns the request as one line, its newline included.
func encode(r *http.Request, body []byte) ([]byte, error) {
	l := line{Method: r.Method, Path: r.URL.RequestURI(), Headers: map[string]string{}}
	for _, name := range kept {
		if values := r.Header.Values(name); len(values) > 0 {
			l.Headers[name] = strings.Join(values, ", ")
		}
	}
	switch text := string(body); {
	case len(body) == 0 && r.ContentLength == 0: // no body at all, or an empty one
	case utf8.Valid(body):
		l.Body = &text
	default:
		l.BodyBase64 = body
	}
	// How the body's end is told. Go's server takes both of these out of the headers.
	if len(r.TransferEncoding) > 0 {
		l.Headers["transfer-encoding"] = strings.Join(r.TransferEncoding, ", ")
	} else if len(body) > 0 {
		l.Headers["content-length"] = strconv.FormatInt(r.ContentLength, 10)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(l)
	return b.Bytes(), err
}
