package proxy

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/hostsim"
)

// requestHeaders is what the filters see of a request, as Envoy's connection manager prepares it at the edge. bare means
// that no body follows; strip is the beginning of the headers that clients may not send; "" for none.
func requestHeaders(r *http.Request, strip string) (h *hostsim.Headers, bare bool) {
	path := r.RequestURI
	if !strings.HasPrefix(path, "/") && r.Method != http.MethodConnect && path != "*" {
		path = r.URL.RequestURI() // http://host/path
	}
	h = hostsim.NewHeaders(
		hostsim.Field{Name: ":authority", Value: r.Host}, hostsim.Field{Name: ":path", Value: path},
		hostsim.Field{Name: ":method", Value: r.Method}, hostsim.Field{Name: ":scheme", Value: "http"})
	upgrade := isUpgrade(r)
	add(h, r.Header, func(name string) bool {
		switch name {
		case "connection", "upgrade":
			return upgrade
		case "keep-alive", "proxy-connection", "transfer-encoding", "expect", "http2-settings", "content-length":
			return false
		}
		return strip == "" || !strings.HasPrefix(name, strip)
	})
	if r.ContentLength > 0 || r.ContentLength == 0 && r.Header["Content-Length"] != nil {
		h.Set("content-length", strconv.FormatInt(r.ContentLength, 10))
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		h.Add("x-forwarded-for", host)
	}
	h.Set("x-forwarded-proto", "http")
	if _, has := h.Get("x-request-id"); !has {
		h.Set("x-request-id", newID())
	}
	return h, r.Body == http.NoBody
}

// isUpgrade leaves out the offer to go on in HTTP/2, which Envoy ignores.
func isUpgrade(r *http.Request) bool {
	to := r.Header.Get("Upgrade")
	return to != "" && !strings.EqualFold(to, "h2c")
}

// newID is a random UUID.
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: it would end the program
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// responseHeaders is what the filters see of a response.
func responseHeaders(r *http.Response) *hostsim.Headers {
	h := hostsim.NewHeaders(hostsim.Field{Name: ":status", Value: strconv.Itoa(r.StatusCode)})
	add(h, r.Header, func(name string) bool {
		switch name {
		case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "trailer":
			return false
		}
		return true
	})
	return h
}

// fields turns net/http's headers into a map, in alphabetical order.
func fields(from http.Header) *hostsim.Headers {
	h := hostsim.NewHeaders()
	add(h, from, func(string) bool { return true })
	return h
}

func add(h *hostsim.Headers, from http.Header, wanted func(name string) bool) {
	names := make([]string, 0, len(from))
	for name := range from {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !wanted(strings.ToLower(name)) {
			continue
		}
		for _, value := range from[name] {
			h.Add(name, value)
		}
	}
}

// requestFields turns a request's map into net/http's headers. Host and length stand elsewhere.
func requestFields(to http.Header, h *hostsim.Headers) {
	for _, f := range h.Fields() {
		if f.Name[0] != ':' && f.Name != "content-length" {
			to.Add(f.Name, f.Value)
		}
	}
	if _, has := to["User-Agent"]; !has {
		to["User-Agent"] = []string{""} // none, instead of net/http's own
	}
}

// responseFields turns a response's map into net/http's headers.
func responseFields(to http.Header, h *hostsim.Headers) {
	for _, f := range h.Fields() {
		if f.Name[0] != ':' {
			to.Add(f.Name, f.Value)
		}
	}
	if _, has := to["Content-Type"]; !has {
		to["Content-Type"] = nil // none, instead of a guess
	}
}

// trailerFields turns trailers into net/http's, nil if there are none.
func trailerFields(t *hostsim.Headers) http.Header {
	if t == nil {
		return nil
	}
	out := http.Header{}
	for _, f := range t.Fields() {
		out.Add(f.Name, f.Value)
	}
	return out
}
