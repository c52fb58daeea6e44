//go:build wasip1

package main

import (
	"strconv"
	"strings"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"

	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/plugin/internal/reply"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
)

// request is what admission needs of the headers. Its strings alias the arena.
type request struct {
	method, path, authority       string
	contentType, encoding, length string
	origin, asks, wants           string // of a browser: the page, the method and the headers that it means to use
	types, encodings              int    // how often the header stands there
	upgrade, anthropic            bool
	key                           string // what the client calls the conversation, or ""
	keyRank                       int    // where the header that says so stands in the configuration's list, counted from its end
}

// clientKey looks whether a header is one in which clients name the conversation. The best of them counts, and of a repeated one the first.
func (r *request) clientKey(headers []string, name, value string) {
	for i, header := range headers {
		if rank := len(headers) - i; name == header && rank > r.keyRank && value != "" && len(value) <= prompt.MaxModel {
			r.key, r.keyRank = value, rank
		}
	}
}

// admit reads the request's headers, strips those that only the router may set,
// and decides what the request is: afterwards the stream is reading, passed or answered.
func (s *stream) admit(end bool) {
	s.arrived = s.instance.vm.clock.now()
	all, ok := readHeaders(requestHeaders)
	if !ok {
		s.fault("the host did not give the request headers")
		return
	}
	r := s.scan(&all)
	if s.phase == answered {
		return
	}
	path := paths.WithoutQuery(r.path)
	if s.lastPath != path {
		s.lastPath = strings.Clone(path)
	}
	s.record.Path = s.lastPath
	s.record.Action = rules.ActionPass
	c := s.instance.config
	if !c.Routed(r.authority) || c.Pass[path] {
		if s.phase = passed; c.Preview {
			s.foresee("")
		}
		return
	}
	served := s.choose(r.authority, path)
	if s.prefix > 0 {
		s.inner = s.hold(r.path[s.prefix:]) // with its query
		path = path[s.prefix:]
	}
	kind, shape := paths.Classify(path)
	if kind == paths.Unknown {
		var mapped bool
		if shape, mapped = s.policy.table.Call(path); mapped {
			kind = paths.Model
		}
	}
	if s.shape = shape; kind != paths.Model {
		s.shape = paths.ErrorShape(path, r.anthropic)
	}
	if c.CORS != nil && kind != paths.Unknown && c.CORS.Allows(r.origin) {
		s.origin = s.hold(r.origin)
	}
	switch {
	case r.method == "OPTIONS" && r.asks != "" && s.origin != "":
		s.preflight(&r)
	case !served: // but for what a browser asks before it, which has nobody's name with it
		s.answer(&reply.Error{Status: 403, Code: "tenant_not_served", Message: "this service does not know whose request this is, or does not serve whoever it is"})
	case kind == paths.ModelList && r.method == "GET":
		s.phase = answered
		if s.grant == nil {
			send(200, s.policy.models)
		} else {
			send(200, reply.Models(s.policy.table.Names(s.grant)))
		}
	case kind == paths.ModelEntry && r.method == "GET":
		s.entry(path)
	case kind != paths.Model || r.method != "POST":
		s.answer(notServed(kind, r.method))
	case r.upgrade:
		s.answer(&reply.Error{Status: 400, Code: "upgrade_not_supported", Message: "a model call cannot upgrade its connection: remove the upgrade header"})
	case r.encodings > 0 && !(r.encodings == 1 && strings.EqualFold(r.encoding, "identity")):
		s.answer(&reply.Error{Status: 415, Code: "unsupported_encoding", Message: "a model call must not be compressed: remove content-encoding and send plain JSON"})
	case r.types == 1 && isMultipart(r.contentType):
		s.answer(&reply.Error{Status: 415, Code: "unsupported_media_type", Message: "a multipart body cannot be inspected: send JSON, where the API has it, or send this path to its engine by a route of its own that does not pass here"})
	case r.types > 1 || !isJSON(r.contentType):
		s.answer(&reply.Error{Status: 415, Code: "unsupported_media_type", Message: "a model call must be JSON in UTF-8: set content-type: application/json"})
	case end:
		s.answer(&reply.Error{Status: 400, Code: "empty_body", Message: "a model call needs a JSON body"})
	default:
		s.begin(&r)
	}
}

// scan reads the headers once and removes the client's routing headers.
func (s *stream) scan(all *headers) request {
	var r request
	c := s.instance.config
	var forged []string
	for name, value, ok := all.next(); ok; name, value, ok = all.next() {
		switch name {
		case ":method":
			r.method = value
		case ":path":
			r.path = value
		case ":authority":
			r.authority = value
		case "content-type":
			r.contentType = value
			r.types++
		case "content-encoding":
			r.encoding = value
			r.encodings++
		case "content-length":
			r.length = value
		case "upgrade":
			r.upgrade = true
		case "origin":
			r.origin = value
		case "access-control-request-method":
			r.asks = value
		case "access-control-request-headers":
			r.wants = value
		case "anthropic-version":
			r.anthropic = true
		case "x-request-id":
			s.record.RequestID = s.hold(value[:min(len(value), longestID)])
		default:
			if c.Ours(name) {
				forged = append(forged, strings.Clone(name))
				continue
			}
		}
		for _, t := range c.Trusted {
			if name == t {
				s.trusted = append(s.trusted, [2]string{t, s.hold(value)})
			}
		}
		if c.Keys != nil {
			r.clientKey(c.ClientKeys, name, value)
		}
	}
	for _, name := range forged {
		if err := proxywasm.RemoveHttpRequestHeader(name); err != nil {
			s.fault("the host did not remove a routing header")
		}
	}
	if len(forged) > 0 {
		clearRoute() // it may have been chosen by what is gone now
	}
	return r
}

// longestID is how many bytes of a request's id are kept: more than a record shows.
const longestID = 256

// hold copies a value that must last as long as the stream.
func (s *stream) hold(value string) string {
	n := len(s.text)
	s.text = append(s.text, value...) // what stood there before keeps its memory even if this moves
	return view(s.text[n:])
}

// begin prepares for the body of a model call.
func (s *stream) begin(r *request) {
	if n, err := strconv.ParseInt(r.length, 10, 64); err == nil {
		s.length = n
	}
	s.work = s.policy.work(s)
	if s.excerpt != nil {
		s.excerpt.Reset(s.shape)
	}
	if len(s.instance.config.Trusted) > 0 && s.lookUp == nil {
		s.lookUp = s.header
	}
	s.prepare(s.session, s.grant)
	client := ""
	if keys := s.instance.config.Keys; keys != nil {
		client = s.hold(r.key)
		s.session.Key(keys, s.owner(), client)
	}
	s.session.Remember(s.instance.memory, s.record.Tenant)
	s.watch()
	s.accompany(client)
	s.record.Action = rules.ActionDeny // until a route is known
	s.began, s.progress = s.instance.ticks, s.instance.ticks
	s.phase = reading
	s.fits()
}

// prepare makes a session ready for the body, under a grant. Keys and what is remembered come after it.
func (s *stream) prepare(session *rules.Session, g *rules.Grant) {
	session.Reset(s.shape, s.instance.config.HoldBytes)
	session.Serve(s.lastPath[s.prefix:])
	session.Grant(g)
	session.Header, session.StandIns = s.lookUp, s.instance.config.Fallback != nil
}

// header looks up a trusted request header; repeated ones are joined, as RFC 9110 section 5.3 reads them.
func (s *stream) header(name string) (string, bool) {
	var value string
	var found bool
	for _, h := range s.trusted {
		if h[0] == name {
			if found {
				value += ", "
			}
			value += h[1]
			found = true
		}
	}
	return value, found
}

// isJSON accepts application/json in UTF-8, and no content-type at all.
func isJSON(contentType string) bool {
	if contentType == "" || contentType == "application/json" {
		return true
	}
	media, parameters, _ := strings.Cut(contentType, ";")
	if !strings.EqualFold(strings.TrimSpace(media), "application/json") {
		return false
	}
	for _, p := range strings.Split(parameters, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "charset") && !isUTF8(strings.Trim(strings.TrimSpace(value), `"`)) {
			return false
		}
	}
	return true
}

// isMultipart reports whether a body is a form with files.
func isMultipart(contentType string) bool {
	media, _, _ := strings.Cut(contentType, "/")
	return strings.EqualFold(strings.TrimSpace(media), "multipart")
}

// isUTF8 reports whether a charset is UTF-8, as IANA or as many programs call it.
func isUTF8(charset string) bool {
	return strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8")
}

func notServed(kind paths.Kind, method string) *reply.Error {
	switch kind {
	case paths.Disguised:
		return &reply.Error{Status: 400, Code: "ambiguous_path", Message: "this spelling of a known path is not accepted: write it exactly, such as /v1/chat/completions"}
	case paths.Model:
		return &reply.Error{Status: 404, Code: "method_not_served", Message: "a model path takes POST only"}
	case paths.ModelList, paths.ModelEntry:
		return &reply.Error{Status: 404, Code: "method_not_served", Message: "/v1/models takes GET only"}
	}
	return &reply.Error{Status: 404, Code: "path_not_served", Message: "this path is not served here: use POST /v1/chat/completions, /v1/completions, /v1/responses or /v1/messages, or GET /v1/models; the policy may map other paths to a model under paths, and the configuration may list them under pass"}
}
