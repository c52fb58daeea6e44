// Package proxy is a reverse proxy for HTTP/1 and HTTP/2 in clear text with Proxy-Wasm filters in it: what hostsim
// simulates for one request, it does for live traffic.
//
//	p := proxy.New(proxy.Options{Module: module, Workers: 2})
//	err := p.Use(proxy.Setup{Config: hostsim.Config{Filters: filters}, Clusters: clusters})
//	err = p.Serve(ctx, listener, 10*time.Second)
//
// A request is an exchange between four parties: the goroutine of net/http, which writes the response (download); one
// that reads the request's body (upload); one that talks to the backend (forward); and a worker's VM, which is a monitor:
// each of the others enters it for one event at a time. Two flows, one in each direction, carry what the filters let go
// out of the monitor. They are bounded: whoever feeds the VM waits outside it until the flow has room, so a slow backend
// slows the client down and the other way round, and memory does not grow with the body.
//
// A backend that cannot be reached, or closes the connection without an answer, is a 503 with Envoy's words; one that
// answers something that is no HTTP is a 502; one that is silent for Options.Idle a 504; one that breaks off its answer has
// the client's broken off. A client that goes away ends its stream, and the backend's connection with it. A denial that
// comes when part of the body is at the backend closes that connection before the body's end: the backend sees a body cut
// short. After a trap every stream of that VM is answered with 503, and a new VM takes its place, at most one a second.
//
// The access log is one JSON line a request, as the examples have Envoy write it, with the plugin's record in "mom". Lines
// come in the order in which the streams of a VM ended, so that the chain of its records can be verified. They wait in
// memory, but only 4 MiB of them: when nobody takes them, requests wait.
//
// What differs from Envoy: names of headers come to the filters in alphabetical order, since net/http keeps none;
// trailers of HTTP/2 requests must be announced; 1xx responses are not handed on; nothing is retried except a request
// that met a connection which the backend had closed; upgrades and CONNECT are refused; of a
// request with both a length and chunks, which Envoy refuses, the chunks count (RFC 9112, section 6.3); a version that there
// is not gets 505 instead of 426.
package proxy
