package vm

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

// A trace has a line for each call into the module, one for its result, and between them one for each call that the
// module makes. Addresses and times are left out, so that the same request gives the same trace:
//
//	> proxy_on_request_headers(2, headers 8, end 0) lead
//	    proxy_get_header_map_value(request headers, ":path") = ok "/v1"
//	< 1

// shapes say what the parameters of host functions are, for those that a reader wants to see:
//
//	n a number, l a log level, m a header map, b a buffer, s a string (two parameters), h header pairs (two), _ not shown
//	and what the call gives: B bytes (two), W a number, Q a number of 64 bits, P header pairs (two)
var shapes = map[string]string{
	"proxy_log": "ls", "proxy_get_log_level": "W", "proxy_get_current_time_nanoseconds": "_", "proxy_set_tick_period_milliseconds": "n",
	"proxy_get_property": "sB", "proxy_set_property": "ss", "proxy_set_effective_context": "n", "proxy_get_status": "WB",
	"proxy_define_metric": "nsW", "proxy_increment_metric": "nn", "proxy_record_metric": "nn", "proxy_get_metric": "nQ",
	"proxy_call_foreign_function": "ssB", "proxy_get_header_map_value": "msB", "proxy_add_header_map_value": "mss",
	"proxy_replace_header_map_value": "mss", "proxy_remove_header_map_value": "ms", "proxy_get_header_map_pairs": "mP",
	"proxy_set_header_map_pairs": "mh", "proxy_get_header_map_size": "mW", "proxy_get_buffer_bytes": "bnnB",
	"proxy_get_buffer_status": "bW_", "proxy_set_buffer_bytes": "bnns", "proxy_continue_stream": "n", "proxy_close_stream": "n",
	"proxy_send_local_response": "nsshn", "proxy_get_shared_data": "sBW", "proxy_set_shared_data": "ssn",
	"proxy_register_shared_queue": "sW", "proxy_resolve_shared_queue": "ssW", "proxy_dequeue_shared_queue": "nB",
	"proxy_enqueue_shared_queue": "ns", "proxy_http_call": "shshnW", "proxy_grpc_call": "ssshsnW", "proxy_grpc_stream": "ssshW",
	"proxy_grpc_send": "nsn", "proxy_grpc_close": "n", "proxy_grpc_cancel": "n", "fd_write": "n___",
}

var mapNames = [...]string{"request headers", "request trailers", "response headers", "response trailers", "gRPC initial metadata",
	"gRPC trailing metadata", "call headers", "call trailers"}

var bufferNames = [...]string{"request body", "response body", "downstream data", "upstream data", "call body", "gRPC data",
	"VM configuration", "plugin configuration", "call data"}

// argumentNames are those of callbacks' arguments behind the context's id.
var argumentNames = map[string][]string{
	"proxy_on_context_create": {"parent"}, "proxy_on_vm_start": {"size"}, "proxy_on_configure": {"size"}, "proxy_on_queue_ready": {"queue"},
	"proxy_on_request_headers": {"headers", "end"}, "proxy_on_response_headers": {"headers", "end"},
	"proxy_on_request_body": {"size", "end"}, "proxy_on_response_body": {"size", "end"},
	"proxy_on_request_trailers": {"trailers"}, "proxy_on_response_trailers": {"trailers"},
	"proxy_on_http_call_response": {"token", "headers", "size", "trailers"},
}

// traced leaves out what language runtimes ask of WASI on their own, which differs from run to run.
func traced(name string) bool {
	return strings.HasPrefix(name, "proxy_") || name == "fd_write" || name == "proc_exit"
}

// traceEnter notes a call into the module.
func (v *VM) traceEnter(c *Context, name string, args []uint64) {
	var b strings.Builder
	fmt.Fprintf(&b, "> %s(", name)
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
			if names := argumentNames[name]; i <= len(names) {
				b.WriteString(names[i-1] + " ")
			}
		}
		b.WriteString(strconv.FormatUint(uint64(uint32(a)), 10))
	}
	b.WriteString(")")
	if c.plugin.Name != "" {
		b.WriteString(" " + c.plugin.Name)
	}
	v.Trace(b.String())
}

// traceLeave notes its result.
func (v *VM) traceLeave(results int, result uint64, err error) {
	switch {
	case err != nil:
		v.Trace("< trap: " + trapText(err))
	case results > 0:
		v.Trace("< " + strconv.FormatUint(uint64(uint32(result)), 10))
	default:
		v.Trace("<")
	}
}

// traceCall runs a host function and notes what it was asked and what it gave.
func (v *VM) traceCall(f *hostFunc, stack []uint64) uint32 {
	args := append([]uint64(nil), stack[:len(f.params)]...)
	shape, known := shapes[f.name]
	asked, at := "", 0
	var gives []string // filled after the call
	var outs []func() string
	for i := range shape {
		text := ""
		switch shape[i] {
		case 'n':
			text = strconv.FormatInt(int64(int32(args[at])), 10)
		case 'l':
			text = abi.Level(uint32(args[at])).String()
		case 'm':
			text = named(mapNames[:], args[at])
		case 'b':
			text = named(bufferNames[:], args[at])
		case 's':
			raw, _ := v.view(args[at], args[at+1])
			text = quoted(raw)
			at++
		case 'h':
			raw, _ := v.view(args[at], args[at+1])
			text = pairText(raw)
			at++
		case 'B', 'P':
			show := quoted
			if shape[i] == 'P' {
				show = pairText
			}
			p, n := uint32(args[at]), uint32(args[at+1])
			outs = append(outs, func() string { return show(v.given(p, n)) })
			at++
		case 'W':
			p := uint32(args[at])
			outs = append(outs, func() string { w, _ := v.memory.ReadUint32Le(p); return strconv.FormatUint(uint64(w), 10) })
		case 'Q':
			p := uint32(args[at])
			outs = append(outs, func() string { w, _ := v.memory.ReadUint64Le(p); return strconv.FormatUint(w, 10) })
		}
		at++
		if text != "" {
			if asked != "" {
				asked += ", "
			}
			asked += text
		}
	}
	r := f.do(v, stack)
	line := "    " + f.name + "(" + asked + ")"
	switch {
	case f.void:
	case strings.HasPrefix(f.name, "proxy_"):
		line += " = " + abi.Status(r).String()
		if r == uint32(abi.OK) {
			for _, out := range outs {
				gives = append(gives, out())
			}
		}
	default:
		line += " = " + strconv.FormatUint(uint64(r), 10)
	}
	if known && len(gives) > 0 {
		line += " " + strings.Join(gives, " ")
	}
	v.Trace(line)
	return r
}

// given is what a call has put at the address and with the length that stand at p and n.
func (v *VM) given(p, n uint32) []byte {
	at, _ := v.memory.ReadUint32Le(p)
	size, _ := v.memory.ReadUint32Le(n)
	b, _ := v.memory.Read(at, size)
	return b
}

func named(names []string, i uint64) string {
	if uint32(i) < uint32(len(names)) {
		return names[uint32(i)]
	}
	return strconv.FormatUint(uint64(uint32(i)), 10)
}

// maxTraced is how much of a string a trace shows, in bytes.
const maxTraced = 200

func quoted(b []byte) string {
	if len(b) > maxTraced {
		return strconv.Quote(string(b[:maxTraced])) + fmt.Sprintf("... (%d bytes)", len(b))
	}
	return strconv.Quote(string(b))
}

func pairText(raw []byte) string {
	var parts []string
	for _, p := range abi.ParsePairs(raw) {
		parts = append(parts, p.Name+": "+strconv.Quote(p.Value))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}
