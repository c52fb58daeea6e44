package hostsim_test

import (
	"fmt"
	"time"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/hostsim/wat"
)

// A plugin that says hello to each request. Yours is a file built with any Proxy-Wasm SDK: os.ReadFile("plugin.wasm").
var hello = wat.MustAssemble(`(module
	(import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
	(import "env" "proxy_set_tick_period_milliseconds" (func $tick (param i32) (result i32)))
	(import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
	(import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
	(memory (export "memory") 1)
	(data (i32.const 16) "x-hello") (data (i32.const 32) "world") (data (i32.const 48) "a minute has passed")
	(func (export "proxy_abi_version_0_2_1"))
	(func (export "malloc") (param i32) (result i32) (i32.const 1024))
	(func (export "proxy_on_configure") (param i32 i32) (result i32)
		(drop (call $tick (i32.const 60000))) (i32.const 1))
	(func (export "proxy_on_tick") (param i32) (drop (call $log (i32.const 2) (i32.const 48) (i32.const 19))))
	(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
		(drop (call $add (i32.const 0) (i32.const 16) (i32.const 7) (i32.const 32) (i32.const 5))) (i32.const 0)))`)

// A request goes through a plugin to a stand-in backend.
func Example() {
	host, err := hostsim.New(hostsim.Options{})
	if err != nil {
		panic(err)
	}
	defer host.Close()
	module, err := host.Load(hello)
	if err != nil {
		panic(err)
	}
	worker, err := module.Worker(hostsim.Config{Filters: []hostsim.Filter{{Name: "hello"}}})
	if err != nil {
		panic(err)
	}
	defer worker.Close()
	result := worker.Do(hostsim.Request{Path: "/", Headers: []hostsim.Field{{Name: "x-cluster", Value: "a"}}, Body: []byte("hi")})
	fmt.Println(result.Status, result.Cluster, result.Upstream.Head.Value("x-hello"), string(result.Upstream.Body))
	// Output: 200 a world hi
}

// A test tells the plugin what time it is: nothing waits.
func ExampleFakeClock() {
	host, _ := hostsim.New(hostsim.Options{})
	defer host.Close()
	module, _ := host.Load(hello)
	clock := hostsim.NewFakeClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	worker, _ := module.Worker(hostsim.Config{
		Filters: []hostsim.Filter{{Name: "hello"}},
		Clock:   clock,
		Log:     func(level hostsim.Level, plugin, message string) { fmt.Println(level, plugin, message) },
	})
	defer worker.Close()
	worker.Tick() // too early
	clock.Sleep(time.Minute)
	worker.Tick()
	// Output: info hello a minute has passed
}

// A stream is driven by hand where the order of events matters: here the backend answers before the request is complete.
func ExampleWorker_Open() {
	host, _ := hostsim.New(hostsim.Options{})
	defer host.Close()
	module, _ := host.Load(hello)
	worker, _ := module.Worker(hostsim.Config{Filters: []hostsim.Filter{{Name: "hello"}}})
	defer worker.Close()
	var upstream, client hostsim.Message
	stream := worker.Open(hostsim.StreamOptions{Upstream: &upstream, Client: &client})
	stream.Headers(hostsim.NewHeaders(hostsim.Field{Name: ":path", Value: "/"}, hostsim.Field{Name: "x-cluster", Value: "a"}), false)
	stream.Data([]byte("half of"), false)
	stream.RespondHeaders(hostsim.NewHeaders(hostsim.Field{Name: ":status", Value: "429"}), true)
	fmt.Println(stream.Done(), client.Head.Value(":status"), string(upstream.Body), upstream.Complete)
	// Output: true 429 half of false
}

// A plugin that asks the cluster "auth" about each request and answers it with the body of the answer.
var asking = wat.MustAssemble(`(module
	(import "env" "proxy_http_call" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
	(import "env" "proxy_get_buffer_bytes" (func $bytes (param i32 i32 i32 i32 i32) (result i32)))
	(import "env" "proxy_set_effective_context" (func $become (param i32) (result i32)))
	(import "env" "proxy_send_local_response" (func $reply (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
	(memory (export "memory") 1) (global $stream (mut i32) (i32.const 0))
	(data (i32.const 16) "auth") (data (i32.const 160) "\00\00\00\00")
	(data (i32.const 32) "\03\00\00\00\05\00\00\00\01\00\00\00\07\00\00\00\03\00\00\00\0a\00\00\00\01\00\00\00"
		":path\00/\00:method\00GET\00:authority\00a\00")
	(func (export "proxy_abi_version_0_2_1"))
	(func (export "malloc") (param i32) (result i32) (i32.const 1024))
	(func (export "proxy_on_request_headers") (param $id i32) (param i32 i32) (result i32)
		(global.set $stream (local.get $id))
		(call $call (i32.const 16) (i32.const 4) (i32.const 32) (i32.const 61) (i32.const 0) (i32.const 0) (i32.const 160) (i32.const 4)
			(i32.const 500) (i32.const 200)) drop
		(i32.const 1))
	(func (export "proxy_on_http_call_response") (param i32 i32 i32 i32 i32)
		(drop (call $bytes (i32.const 4) (i32.const 0) (i32.const 100) (i32.const 200) (i32.const 204)))
		(drop (call $become (global.get $stream)))
		(drop (call $reply (i32.const 403) (i32.const 0) (i32.const 0) (i32.load (i32.const 200)) (i32.load (i32.const 204))
			(i32.const 160) (i32.const 4) (i32.const -1)))))`)

// Calls to other services are answered by the test, at once or later, on any goroutine.
func ExampleConfig_call() {
	host, _ := hostsim.New(hostsim.Options{})
	defer host.Close()
	module, _ := host.Load(asking)
	worker, _ := module.Worker(hostsim.Config{
		Filters: []hostsim.Filter{{Name: "asking"}},
		Call: func(c hostsim.Call) bool {
			if c.Cluster != "auth" {
				return false // the plugin gets "bad argument", as for a cluster that Envoy does not know
			}
			go c.Done(&hostsim.Answer{Headers: hostsim.NewHeaders(hostsim.Field{Name: ":status", Value: "200"}), Body: []byte("not today")})
			return true
		},
	})
	defer worker.Close()
	result := worker.Do(hostsim.Request{Path: "/"})
	fmt.Println(result.Status, result.Origin, string(result.Response.Body))
	// Output: 403 plugin not today
}

// Two modules in one chain, each in a virtual machine of its own, as in an Envoy with two Wasm filters.
func ExampleFilter_vm() {
	host, _ := hostsim.New(hostsim.Options{})
	defer host.Close()
	greeting, _ := host.Load(hello)
	guard, _ := host.Load(asking)
	worker, _ := greeting.Worker(hostsim.Config{
		Filters: []hostsim.Filter{
			{Name: "hello"},
			{Name: "guard", FailReload: true, VM: &hostsim.VM{Module: guard, ID: "guard"}},
		},
	})
	defer worker.Close()
	// There is no cluster "auth", which this guard does not look at.
	fmt.Println(worker.Do(hostsim.Request{Path: "/"}).Held)
	// Output: held for ever: filter "guard": it paused the request headers, so no body callback comes before it continues
}

// A test decides how the backend fails.
func ExampleResponse_failure() {
	host, _ := hostsim.New(hostsim.Options{})
	defer host.Close()
	module, _ := host.Load(hello)
	worker, _ := module.Worker(hostsim.Config{
		Filters: []hostsim.Filter{{Name: "hello"}},
		Route:   func(*hostsim.Headers) hostsim.Route { return hostsim.Route{Cluster: "backend"} },
		Backend: func(string) hostsim.Response { return hostsim.Response{Failure: hostsim.Down} },
	})
	defer worker.Close()
	result := worker.Do(hostsim.Request{Path: "/"})
	fmt.Println(result.Status, string(result.Response.Body))
	// Output: 503 upstream connect error or disconnect/reset before headers. reset reason: remote connection failure
}

// A trace shows what host and module say to each other.
func ExampleConfig_trace() {
	host, _ := hostsim.New(hostsim.Options{Envoy: hostsim.Envoy136})
	defer host.Close()
	module, _ := host.Load(hello)
	worker, _ := module.Worker(hostsim.Config{
		Filters: []hostsim.Filter{{Name: "hello"}},
		Trace:   func(line string) { fmt.Println(line) },
	})
	worker.Do(hostsim.Request{Path: "/"})
	worker.Close()
	// Output:
	// > proxy_on_configure(1, size 0) hello
	//     proxy_set_tick_period_milliseconds(60000) = ok
	// < 1
	// > proxy_on_request_headers(2, headers 6, end 1) hello
	//     proxy_add_header_map_value(request headers, "x-hello", "world") = ok
	// < 0
}
