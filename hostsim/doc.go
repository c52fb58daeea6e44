// Package hostsim hosts Proxy-Wasm HTTP plugins without a proxy, and treats them as Envoy does: the
// same host functions and status codes, header phases, buffering, local replies, shared queues and
// life cycle. What works here works there; what would hang there is reported here.
//
// A Host stands for the proxy's process, a Module for the plugin's code, a Worker for one worker thread
// with its VM and filter chain, a Stream for one request:
//
//	host, err := hostsim.New(hostsim.Options{CacheDir: dir})
//	module, err := host.Load(wasm)
//	worker, err := module.Worker(hostsim.Config{Filters: []hostsim.Filter{{Name: "lead", Configuration: conf}}})
//	result := worker.Do(hostsim.Request{Method: "POST", Path: "/", Body: body})
//
// Do runs a request to its end against a stand-in backend. Open gives a Stream that is driven by hand:
// several at once, clients that go away, backends that answer early.
//
// What is not simulated: network filters, HTTP and gRPC calls to other services (answered as Envoy
// answers for a cluster that does not exist), gRPC's form of local replies, metadata frames, 1xx
// responses, retries, and the headers that Envoy adds on its own to requests (other than x-request-id
// and x-forwarded-proto) and to responses (date, server).
package hostsim
