package hostsim_test

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/hostsim/wat"
)

// grpcCaller calls every function for gRPC with good arguments, and makes a header of the digits that they return. That
// Envoy returns the same where the cluster does not exist is shown by e2e/differential.
const grpcCaller = `(module
	(import "env" "proxy_grpc_call" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
	(import "env" "proxy_grpc_stream" (func $stream (param i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
	(import "env" "proxy_grpc_send" (func $send (param i32 i32 i32 i32) (result i32)))
	(import "env" "proxy_grpc_close" (func $close (param i32) (result i32)))
	(import "env" "proxy_grpc_cancel" (func $cancel (param i32) (result i32)))
	(import "env" "proxy_add_header_map_value" (func $add (param i32 i32 i32 i32 i32) (result i32)))
	(memory (export "memory") 1) (data (i32.const 16) "x-grpc") (data (i32.const 32) "service") (data (i32.const 48) "\00\00\00\00")
	(func (export "proxy_abi_version_0_2_1"))
	(func (export "malloc") (param i32) (result i32) (i32.const 1024))
	(func $note (param $at i32) (param $status i32) (i32.store8 (local.get $at) (i32.add (i32.const 48) (local.get $status))))
	(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
		(call $note (i32.const 64) (call $call (i32.const 32) (i32.const 7) (i32.const 32) (i32.const 7) (i32.const 32) (i32.const 7)
			(i32.const 48) (i32.const 4) (i32.const 32) (i32.const 7) (i32.const 1000) (i32.const 80)))
		(call $note (i32.const 65) (call $stream (i32.const 32) (i32.const 7) (i32.const 32) (i32.const 7) (i32.const 32) (i32.const 7)
			(i32.const 48) (i32.const 4) (i32.const 80)))
		(call $note (i32.const 66) (call $send (i32.const 2) (i32.const 32) (i32.const 7) (i32.const 1)))
		(call $note (i32.const 67) (call $close (i32.const 2)))
		(call $note (i32.const 68) (call $cancel (i32.const 2)))
		(drop (call $add (i32.const 0) (i32.const 16) (i32.const 6) (i32.const 64) (i32.const 5)))
		(i32.const 0)))`

func TestGRPCIsAnsweredAsUnsupportedAndSaidOnce(t *testing.T) {
	host, err := sharedHost()
	if err != nil {
		t.Fatal(err)
	}
	m, err := host.Load(wat.MustAssemble(grpcCaller))
	if err != nil {
		t.Fatal(err)
	}
	var log []string
	w, err := m.Worker(hostsim.Config{Filters: []hostsim.Filter{{Name: "asker"}}, Log: func(level hostsim.Level, plugin, message string) {
		log = append(log, level.String()+" "+plugin+": "+message)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for range 3 {
		res := w.Do(hostsim.Request{Headers: post("").Headers})
		// Parse failure for the calls, not found for what would need their tokens.
		if got := res.Upstream.Head.Value("x-grpc"); res.Status != 200 || got != "44111" {
			t.Errorf("status %d, the calls give %s, want 44111", res.Status, got)
		}
	}
	if len(log) != 1 || !strings.HasPrefix(log[0], "warn : plugin \"asker\": hostsim does not support gRPC calls") {
		t.Errorf("logged %q", log)
	}
}
