package differential

import (
	"fmt"
	"strings"
	"testing"
)

// Scenes of chains of two filters, of the rest of WASI, and of answers to gRPC clients.

// twice is a chain of the same filter twice. Each line of log says which of the two it is, by the plugin's name.
func twice(name string, p *program, requests ...request) *scene {
	for i := range p.callbacks {
		p.callbacks[i].calls = append([]call{get("plugin_name")}, p.callbacks[i].calls...)
	}
	s := &scene{name: name, requests: requests, modules: map[string][]byte{"m": p.wasm()}, keep: true}
	s.filters = []filter{{name: "one", module: "m"}, {name: "two", module: "m"}}
	return s
}

func TestChainsOfFiltersGoAsInEnvoy(t *testing.T) {
	trailing := to(request{body: "hello", chunked: true, trailer: [][2]string{{"x-tail", "t"}}, answer: answer{body: "world", trailer: [][2]string{{"x-tail", "u"}}}})
	play(t, []*scene{
		twice("two filters that watch", watching(&program{}), cat(get1, post1, trailing)...),
		twice("two filters that add", watching((&program{}).in("request_headers", add(0, "x-n", "1")).in("response_headers", add(2, "x-n", "1"))), cat(get1, post1)...),
		twice("two filters that buffer", watching((&program{}).in("request_headers", remove(0, "content-length")).
			returning("request_body", 0, onlyAtEnd(1), splice(0, 0, 0, "<"), body(0))), cat(post1, to(request{body: strings.Repeat("x", 10_000)}))...),
		twice("two filters that answer", watching((&program{}).in("request_body", reply(403, "", "no"))), post1...),
		// Over HTTP/1 it depends on when Envoy writes whether the backend has all that was announced before the answer;
		// hostsim takes it that it has.
		twice("two filters that answer at the end", watching((&program{}).in("request_body", onlyAtEnd(0), reply(403, "", "no"))), post1[1:]...),
		twice("two filters that trap", watching((&program{}).in("response_headers", trap)), post1...),
	})
}

func TestTheRestOfWASIGivesTheSame(t *testing.T) {
	p := watching((&program{}).in("request_headers", wasi140()...))
	newest := single("the rest of WASI", p, get1...)
	playOn(t, []*scene{newest}, "1.40")
}

// grow asks for more memory, in pages of 64 KiB, and logs what that gives: the size before, or that there is no more.
func grow(pages int) call {
	return call{raw: fmt.Sprintf("(call $enter (i32.const 0) (i32.const 0)) (call $argument (memory.grow (i32.const %d))) (call $flush)", pages)}
}

func TestMemoryHasTheSameLimits(t *testing.T) {
	play(t, []*scene{single("memory", watching((&program{}).in("request_headers", grow(0), grow(65536), grow(65529), grow(4000), grow(65536-4000), grow(0))), get1[:1]...)})
}
