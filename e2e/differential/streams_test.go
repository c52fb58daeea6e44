package differential

import (
	"strings"
	"testing"
)

// Host calls that the programs of scenes make.
func set(m int, name, v string) call {
	return call{"set " + name + "=" + v, "proxy_replace_header_map_value", []any{m, str(name), str(v)}, result, ""}
}

func add(m int, name, v string) call {
	return call{"add " + name + "=" + v, "proxy_add_header_map_value", []any{m, str(name), str(v)}, result, ""}
}

func remove(m int, name string) call {
	return call{"remove " + name, "proxy_remove_header_map_value", []any{m, str(name)}, result, ""}
}

func body(kind int) call {
	return call{"body", "proxy_get_buffer_bytes", []any{kind, 0, 100000, out1, out2}, bytes, ""}
}

func bodySize(kind int) call {
	return call{"body size", "proxy_get_buffer_status", []any{kind, out1, out2}, word, ""}
}

func splice(kind, start, length int, text string) call {
	return call{"splice " + text, "proxy_set_buffer_bytes", []any{kind, start, length, str(text)}, result, ""}
}

func reply(status int, details, text string, fields ...string) call {
	return call{"reply", "proxy_send_local_response", []any{status, str(details), str(text), pairs(fields...), -1}, result, ""}
}

func continueStream(kind int) call {
	return call{"continue", "proxy_continue_stream", []any{kind}, result, ""}
}

func closeStream(kind int) call { return call{"close", "proxy_close_stream", []any{kind}, result, ""} }

var (
	become = call{"become", "proxy_set_effective_context", []any{kept}, result, ""}
	tick   = call{"tick", "proxy_set_tick_period_milliseconds", []any{50}, result, ""}
	noTick = call{"no tick", "proxy_set_tick_period_milliseconds", []any{0}, result, ""}
)

// one is a chain of one filter.
func one(p *program) ([]filter, map[string][]byte) {
	return []filter{{name: "p", module: "m"}}, map[string][]byte{"m": p.wasm()}
}

func flagged(f []filter) []filter {
	for i := range f {
		f[i].allow = true
	}
	return f
}

// single is a scene with one filter.
func single(name string, p *program, requests ...request) *scene {
	s := &scene{name: name, requests: requests}
	s.filters, s.modules = one(p)
	return s
}

// watching adds the callbacks that a program does not have, so that all of them are logged.
func watching(p *program) *program {
	have := map[string]bool{}
	for _, c := range p.callbacks {
		have[c.name] = true
	}
	for _, name := range []string{"request_headers", "request_body", "request_trailers", "response_headers", "response_body", "response_trailers", "log"} {
		if !have[name] && name == "log" {
			p.in(name, get("response", "code"), get("response", "code_details"), get("response", "flags"))
		} else if !have[name] {
			p.in(name)
		}
	}
	return p
}

// to is a request to cluster a over both versions of HTTP.
func to(r request) []request {
	r.header = append(r.header, [2]string{"x-mom-cluster", "a"})
	if r.answer.header == nil {
		r.answer.header = [][2]string{{"content-type", "text/plain"}}
	}
	if r.answer.body == "" && r.answer.status == 0 {
		r.answer.body = "fine"
	}
	second := r
	second.http2 = true
	return []request{r, second}
}

func cat(lists ...[]request) (out []request) {
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

var (
	get1  = to(request{})
	post1 = to(request{body: "hello"})
)

// scenes of what Envoy does with streams.
func streamScenes() []*scene {
	long := strings.Repeat("0123456789", 300)
	var all []*scene
	play := func(name string, p *program, requests []request, knobs ...func(*scene)) {
		s := single(name, watching(p), requests...)
		for _, k := range knobs {
			k(s)
		}
		all = append(all, s)
	}
	allow := func(s *scene) { s.filters = flagged(s.filters) }
	keep := func(s *scene) { s.keep = true }
	small := func(s *scene) { s.limit = 1024 }

	play("a filter that watches", &program{}, cat(get1, post1, to(request{method: "HEAD"}), to(request{method: "DELETE"}),
		to(request{path: "/x?y=z", body: "a", chunked: true}), to(request{path: "/x#f"})[:1], to(request{body: "0123456789", cuts: []int{4}, http2: true})))
	play("trailers", &program{}, cat(to(request{body: "hello", chunked: true, trailer: [][2]string{{"x-tail", "t"}},
		answer: answer{body: "world", trailer: [][2]string{{"x-tail", "u"}}}})), keep)
	play("trailers over HTTP 1 are dropped by default", &program{}, to(request{body: "hello", chunked: true, trailer: [][2]string{{"x-tail", "t"}}}))
	play("a pause on headers is released from the tick", (&program{}).returning("request_headers", 1, keepID, tick).
		in("tick", noTick, become, set(0, "x-late", "1"), continueStream(0)), cat(get1, post1, to(request{body: long})))
	play("a pause on headers with the flag", (&program{}).returning("request_headers", 1).
		returning("request_body", 0, bodySize(0), set(0, "x-late", "1"), set(0, "x-mom-cluster", "b"), body(0)), cat(post1, to(request{body: long})), allow)
	play("a pause on headers and body with the flag", (&program{}).returning("request_headers", 1).
		returning("request_body", 0, bodySize(0), onlyAtEnd(1), set(0, "x-late", "1"), set(0, "x-mom-cluster", "b"), body(0)),
		cat(post1, to(request{body: "0123456789", cuts: []int{3, 3}, http2: true})[1:]), allow)
	play("a pause on headers with the flag and no body", (&program{}).returning("request_headers", 1, keepID, tick).
		in("tick", noTick, become, set(0, "x-late", "1"), continueStream(0)), get1, allow)
	play("headers answered with 2", (&program{}).returning("request_headers", 2, keepID), cat(get1, post1)) // they go on, and no tick is waited for
	for _, status := range []string{"3", "4", "9"} {
		n := int(status[0] - '0')
		play("headers answered with "+status, (&program{}).returning("request_headers", n, keepID, tick).
			in("tick", noTick, become, continueStream(0)), cat(get1, post1))
	}
	for _, status := range []string{"2", "3", "4"} {
		n := int(status[0] - '0')
		play("a body answered with "+status, (&program{}).in("request_headers", remove(0, "content-length")).returning("request_body", 0, body(0), onlyAtEnd(n)), post1)
		play("a body answered with "+status+" and released from the tick", (&program{}).in("request_headers", keepID, remove(0, "content-length")).returning("request_body", n, body(0), onlyAtEnd(n), tick).in("tick", noTick, become, continueStream(0)), post1)
	}
	play("a response paused at its headers", (&program{}).returning("response_headers", 1, keepID, tick).
		in("tick", noTick, become, set(2, "x-late", "1"), continueStream(1)), cat(get1, post1))
	play("a response paused at its body", (&program{}).in("response_headers", keepID).returning("response_body", 1, body(1), onlyAtEnd(1), tick).
		in("tick", noTick, become, splice(1, 0, 1, "F"), continueStream(1)), post1)
	play("a body edited at its front, its end and its middle", (&program{}).in("request_headers", remove(0, "content-length")).returning("request_body", 0, onlyAtEnd(1),
		splice(0, 0, 0, "<"), splice(0, 0, 2, "[h"), splice(0, 1, 1, "X"), splice(0, 99, 0, ">"), splice(0, 0, 100000, "all"), splice(0, 3, 0, "!"), body(0)), post1)
	play("a response's body edited", (&program{}).in("response_headers", remove(2, "content-length")).returning("response_body", 0, onlyAtEnd(1),
		splice(1, 0, 0, "<"), splice(1, 0, 2, "[f"), splice(1, 1, 1, "X"), splice(1, 99, 0, ">"), body(1)), cat(get1, post1))
	play("a body emptied", (&program{}).in("request_headers", remove(0, "content-length")).returning("request_body", 0, onlyAtEnd(1), splice(0, 0, 100, "")), post1)
	play("header maps that are changed", (&program{}).in("request_headers", set(0, ":path", "/other"), set(0, ":method", "PUT"), set(0, "X-Upper", "Case"),
		add(0, "x-multi", "1"), add(0, "x-multi", "2"), remove(0, "x-gone"), set(0, "x-mom-cluster", "b")).
		in("response_headers", set(2, ":status", "201"), add(2, "x-multi", "1"), add(2, "x-multi", "2"), remove(2, "content-type")), cat(get1, post1))
	play("header maps that are replaced", (&program{}).
		in("response_headers", call{"set pairs", "proxy_set_header_map_pairs", []any{2, pairs(":status", "202", "x-only", "this")}, result, ""}), cat(get1, post1))
	play("a route by a header match", (&program{}).in("request_headers", set(0, "x-mom-cluster", "b")), cat(to(request{path: "/by-match"}), to(request{path: "/by-match", body: "x"})))
	play("no route", &program{}, []request{{path: "/", body: "x"}, {path: "/"}, {path: "/", http2: true}})
	play("a cluster that is not there", (&program{}).in("request_headers", set(0, "x-mom-cluster", "c")), cat(get1, post1))
	play("a cluster header that is empty", &program{}, to(request{path: "/gone"}))
	play("too much body for a plain pause", (&program{}).returning("request_body", 0, onlyAtEnd(1)), to(request{body: long}), small)
	play("too much body for a paused stream", (&program{}).returning("request_headers", 1, keepID, tick).
		in("tick", noTick, become, continueStream(0)), to(request{body: long}), small)
	play("too much body that goes on at once", (&program{}).returning("request_headers", 1, remove(0, "content-length")).returning("request_body", 0, onlyAtEnd(3), splice(0, 0, 0, long)),
		to(request{body: "0123456789", chunked: true}), small, allow)
	play("too much of a response for a plain pause", (&program{}).returning("response_body", 0, onlyAtEnd(1)), to(request{answer: answer{header: [][2]string{{"content-type", "text/plain"}, {"content-length", "3000"}}, body: long}}), small)
	play("trailers that are added at the end of a body", (&program{}).in("request_body", onlyAtEnd(0), add(1, "x-sum", "1")).
		in("response_body", onlyAtEnd(0), add(3, "x-sum", "2")), cat(post1), keep)
	for _, at := range []string{"request_headers", "request_body", "response_headers"} {
		play("a local reply in "+at, (&program{}).in(at, reply(418, "some details", "short and stout", "x-by", "p", "x-by", "q")), post1)
		play("an empty local reply in "+at, (&program{}).in(at, reply(204, "", "")), post1)
		play("a close in "+at, (&program{}).in(at, closeStream(0)), post1)
	}
	play("a local reply in request_trailers", (&program{}).in("request_trailers", reply(418, "", "no")), to(request{body: "hello", chunked: true, trailer: [][2]string{{"x-tail", "t"}}}), keep)
	play("a local reply with a type of its own", (&program{}).in("request_headers", reply(403, "", "{}", "content-type", "application/json", "content-length", "99")), cat(get1, to(request{method: "HEAD"})))
	play("a local reply that is changed on its way", (&program{}).in("request_headers", reply(403, "", "no")).
		in("response_headers", set(2, ":status", "404"), set(2, "x-seen", "1")).returning("response_body", 0, splice(1, 0, 0, "oh ")), get1)
	play("a local reply from the tick", (&program{}).returning("request_headers", 1, keepID, tick).
		in("tick", noTick, become, reply(408, "too slow", "late")), cat(get1, post1))
	play("two local replies", (&program{}).in("request_headers", reply(403, "", "first"), reply(404, "", "second")), get1)
	play("a local reply and a continue", (&program{}).in("request_headers", reply(403, "", "no"), continueStream(0)), post1)
	play("a continue that nobody waits for", (&program{}).in("request_body", continueStream(0)).in("response_body", continueStream(1)), post1)
	play("trailers that are added to chunks", (&program{}).in("request_headers", remove(0, "content-length")).in("response_headers", remove(2, "content-length")).
		in("request_body", onlyAtEnd(0), add(1, "x-sum", "1")).in("response_body", onlyAtEnd(0), add(3, "x-sum", "2")), post1, keep)
	play("a status that is none", (&program{}).in("request_headers", reply(99, "", "no")), get1)
	return all
}

func TestStreamsGoAsInEnvoy(t *testing.T) { play(t, streamScenes()) }
