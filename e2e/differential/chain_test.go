package differential

import (
	"strconv"
	"testing"
	"time"
)

// Chains of filters with modules of their own, in virtual machines of their own or together in one.

// part is a filter of a chain: the program's callbacks carry its name in the log.
func (s *scene) part(f filter, p *program) *scene {
	f.module = "m" + strconv.Itoa(len(s.modules))
	p.tag = f.name + " "
	if s.modules == nil {
		s.modules = map[string][]byte{}
	}
	s.modules[f.module] = watching(p).wasm()
	s.filters = append(s.filters, f)
	return s
}

// again is a filter with the module of the filter before.
func (s *scene) again(f filter) *scene {
	f.module = s.filters[len(s.filters)-1].module
	s.filters = append(s.filters, f)
	return s
}

func chainOf(name string, requests ...request) *scene {
	return &scene{name: name, requests: requests, keep: true}
}

// apart are the filters of a chain with a vm_id each.
func apart(name string) filter { return filter{name: name, vm: name} }

// together are those whose VMs have one vm_id: modules of their own still get VMs of their own, but shared data is common.
func together(name string) filter { return filter{name: name} }

// counting logs how often it came by: the number lies in the VM's memory.
var counting = call{raw: `(i32.store (i32.const 72) (i32.add (i32.load (i32.const 72)) (i32.const 1)))
	(call $enter (i32.const 0) (i32.const 0)) (call $argument (i32.load (i32.const 72))) (call $flush)`}

var environment = call{"environment", "environ_sizes_get", []any{out1, out2}, sized, ""}

func getShared(name string) call {
	return call{"shared " + name, "proxy_get_shared_data", []any{str(name), out1, out2, out3}, datum, ""}
}

func setShared(name, v string, cas any) call {
	return call{"set shared " + name, "proxy_set_shared_data", []any{str(name), str(v), cas}, result, ""}
}

func setState(name, v string) call {
	return call{"set property " + name, "proxy_set_property", []any{str(name), str(v)}, result, ""}
}

func chainScenes() []*scene {
	trailing := to(request{body: "hello", chunked: true, trailer: [][2]string{{"x-tail", "t"}},
		answer: answer{body: "world", trailer: [][2]string{{"x-tail", "u"}}}})
	all := cat(get1, post1, trailing)
	held := func() *program { // releases from the tick what it holds at its headers
		return (&program{}).returning("request_headers", 1, keepID, tick).in("tick", noTick, become, set(0, "x-late", "1"), continueStream(0))
	}
	buffers := func(mark string) *program {
		return (&program{}).in("request_headers", remove(0, "content-length")).
			returning("request_body", 0, onlyAtEnd(1), splice(0, 0, 0, mark), body(0))
	}
	traps := func() *program { return (&program{}).in("request_body", trap) }
	queue := call{"queue", "proxy_register_shared_queue", []any{str("jobs"), out1}, written, ""}
	failing := cat(get1[:1], post1[:1], get1[:1], post1[:1], get1[:1])
	// Within the back-off it depends on the machine what is still within it: hostsim's own tests look at that.
	reloading := cat(get1[:1], post1[:1], get1[:1])
	reloading[2].after = 1600 * time.Millisecond
	return []*scene{
		chainOf("three modules that watch", all...).part(apart("a"), &program{}).part(apart("b"), &program{}).part(apart("c"), &program{}),
		chainOf("three modules with one vm id", all...).part(together("a"), &program{}).part(together("b"), &program{}).part(together("c"), &program{}),
		chainOf("a module holds, the next answers", all...).part(apart("a"), held()).part(apart("b"), (&program{}).in("request_headers", reply(403, "", "no"))),
		chainOf("a module answers before the one that holds", all...).part(apart("a"), (&program{}).in("request_headers", reply(403, "", "no"))).part(apart("b"), held()),
		chainOf("two modules hold one after the other", all...).part(apart("a"), held()).part(apart("b"), held()),
		chainOf("two modules buffer", cat(post1, to(request{body: "0123456789", cuts: []int{4, 4}, http2: true})[1:])...).part(apart("a"), buffers("<")).part(apart("b"), buffers("[")),
		chainOf("a module holds with the flag what the next one edits", post1...).
			part(filter{name: "a", vm: "a", allow: true}, (&program{}).returning("request_headers", 1).returning("request_body", 0, onlyAtEnd(1), set(0, "x-late", "1"), body(0))).
			part(apart("b"), (&program{}).in("request_headers", value(0, "x-late"), set(0, "x-mom-cluster", "b"))),
		chainOf("a response held by the outer module", all...).part(apart("a"), (&program{}).returning("response_headers", 1, keepID, tick).
			in("tick", noTick, become, set(2, "x-late", "1"), continueStream(1))).part(apart("b"), (&program{}).in("response_headers", set(2, "x-b", "1"))),
		chainOf("a reply of the inner module is changed by the outer", all...).
			part(apart("a"), (&program{}).in("response_headers", set(2, ":status", "409"), set(2, "x-a", "1")).returning("response_body", 0, onlyAtEnd(1), body(1))).
			part(apart("b"), (&program{}).in("request_body", reply(403, "", "no"))),
		chainOf("an inner module replaces the response", all...).part(apart("a"), &program{}).
			part(apart("b"), (&program{}).in("response_headers", reply(502, "", "bad answer"))).part(apart("c"), &program{}),
		chainOf("what one module sets the other reads", get1...).part(apart("a"), (&program{}).in("request_headers", setState("seen", "by a"), set(0, "x-a", "1"))).
			part(apart("b"), (&program{}).in("request_headers", get("seen"), value(0, "x-a"), get("plugin_vm_id")).in("log", get("seen"))),
		// Envoy starts a module more often than hostsim, so what is shared is set by requests only.
		chainOf("shared data of one vm id", cat(get1, get1)...).part(together("a"), (&program{}).in("request_headers", getShared("n"), setShared("n", "from a", 0))).
			part(together("b"), (&program{}).in("request_headers", getShared("n"), setShared("n", "from b", load(out3)), setShared("n", "too late", 1))),
		chainOf("shared data of two vm ids", get1...).part(apart("a"), (&program{}).in("request_headers", setShared("n", "from a", 0))).
			part(apart("b"), (&program{}).in("request_headers", getShared("n"))),
		chainOf("a queue between two modules", get1...).
			part(together("a"), (&program{}).in("request_headers",
				call{"resolve", "proxy_resolve_shared_queue", []any{str(""), str("jobs"), 80}, result, ""},
				call{"enqueue", "proxy_enqueue_shared_queue", []any{load(80), str("job")}, result, ""})).
			part(together("b"), (&program{}).in("configure", queue).on("queue_ready", 2, -1,
				call{"dequeue", "proxy_dequeue_shared_queue", []any{local(1), out1, out2}, bytes, ""},
				call{"dequeue", "proxy_dequeue_shared_queue", []any{local(1), out1, out2}, bytes, ""})),
		chainOf("one module twice in one VM", get1...).part(together("a"), (&program{}).in("request_headers", counting)).again(together("b")),
		chainOf("one module twice in two VMs by their ids", get1...).part(apart("a"), (&program{}).in("request_headers", counting)).again(apart("b")),
		chainOf("one module twice in two VMs by their configurations", get1...).
			part(filter{name: "a", vmConfig: "one"}, (&program{}).in("request_headers", counting)).again(filter{name: "b", vmConfig: "two"}),
		chainOf("one module twice with environments", get1...).part(filter{name: "a", env: "ONE"}, (&program{}).in("request_headers", counting, environment)).again(filter{name: "b", env: "TWENTY"}),
		chainOf("one module twice, once with an environment", get1...).part(filter{name: "a"}, (&program{}).in("request_headers", counting, environment)).again(filter{name: "b", env: "TWENTY"}),
		chainOf("one module fails open and the other lives", failing...).part(filter{name: "a", vm: "a", failure: "FAIL_OPEN"}, traps()).part(apart("b"), &program{}),
		chainOf("one module fails closed and the other lives", failing...).part(apart("a"), &program{}).part(apart("b"), traps()),
		chainOf("two filters of a VM that fails, one open", failing...).part(filter{name: "a", failure: "FAIL_OPEN"}, traps()).again(together("b")),
		chainOf("a module is loaded again and the other stays", reloading...).part(filter{name: "a", vm: "a", failure: "FAIL_RELOAD"}, (&program{}).in("request_headers", counting).in("request_body", trap)).
			part(apart("b"), (&program{}).in("request_headers", counting)),
	}
}

func TestChainsOfModulesGoAsInEnvoy(t *testing.T) { play(t, chainScenes()) }
