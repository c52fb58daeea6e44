// Package hostsim hosts Proxy-Wasm HTTP plugins without a proxy, and treats them as Envoy does: the
// same host functions and status codes, header phases, buffering, local replies, shared queues and
// life cycle. What works here works there; what would hang there is reported here.
//
// A Host stands for the proxy's process, a Module for a plugin's code, a Worker for one worker thread with its filter
// chain, a Stream for one request:
//
//	host, err := hostsim.New(hostsim.Options{CacheDir: dir})
//	module, err := host.Load(wasm)
//	worker, err := module.Worker(hostsim.Config{Filters: []hostsim.Filter{{Name: "gate", Configuration: conf}}})
//	result := worker.Do(hostsim.Request{Method: "POST", Path: "/", Body: body})
//
// Do runs a request to its end against a stand-in backend, and says in Result what the client and the backend got, or which
// filter holds the stream for ever. Open gives a Stream that is driven by hand: several at once, clients that go away,
// backends that answer early or fail.
//
// A chain can have several modules (Filter.VM). As in Envoy, filters run in one virtual machine where module, vm_id and VM
// configuration are the same; they share data and queues by vm_id, and filter state and headers in any case; a trap concerns
// the filters of its machine, by the failure policy of each. VM.Capabilities restricts what a module may do.
//
// Time is Config.Clock: by default it leaps over what a request waits for, a FakeClock stands still, and SystemClock is for
// proxies. HTTP calls of plugins go to Config.Call: a function of the test, or Host.HTTPCalls for the network.
//
// A Host behaves as one release of Envoy: Options.Envoy. What each offers to modules was measured on the real one and stands
// in functions.md, and e2e/differential compares the two call by call: every host function in every callback, what becomes of streams, chains of
// modules, restricted ones, failures of modules, backends and calls, plugins of the Go SDK, and the requests of mom-router in
// both of its modes.
//
// What differs from Envoy, and why:
//
//   - Network filters, metadata frames, 1xx responses, retries and gRPC's form of local replies are not simulated.
//   - gRPC calls are answered as for a cluster that does not exist, and said to be unsupported in the log, once for each VM;
//     the foreign functions for signatures and CEL expressions fail, and say so.
//   - Answers to HTTP calls over the network have their headers in alphabetical order, and at most MaxAnswer bytes.
//   - Routes are a function: virtual hosts, routes and clusters have no names and no metadata that a plugin could read.
//     Of the node, only id and cluster can be read.
//   - Envoy adds server and date to responses, and takes hop-by-hop headers off, behind the filters; of what it adds to
//     requests, filters see x-request-id and x-forwarded-proto.
//   - Envoy configures a plugin several times (on a trial VM, on the main thread and on each worker), so that metrics which
//     are counted meanwhile are higher there.
//   - How a body is cut into pieces is up to the network in Envoy, and up to Request.Chunks here.
//   - Over HTTP/1 a request's last bytes come before its end is told. Where a filter answers at that end, it depends on when
//     Envoy writes whether the backend has the whole request; here it always has.
//   - Modules for ABI 0.1.0 are refused, and so are those that import a memory or a table.
//   - A module that never returns holds up its worker for ever in Envoy. Options.Deadline ends it here.
package hostsim
