package hostsim

import (
	"io"
	"time"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
	"github.com/mom-router/mom-router/hostsim/internal/chain"
	"github.com/mom-router/mom-router/hostsim/internal/headers"
	"github.com/mom-router/mom-router/hostsim/internal/vm"
)

// Headers is an ordered header map; NewHeaders makes one. Pseudo-headers (:method, :status) stand among the others, and names are
// compared in lower case.
//
//	Get(name) (string, bool)   the first value, and whether there is one
//	Value(name) string         the same without the second result
//	All(name) (string, bool)   all values, with commas between them
//	Fields() []Field           all headers in order; the slice must not be changed
//	Len(), Bytes() int         how many there are; the lengths of all names and values together
//	Add(name, value)           appends one; a second value of a header that Envoy keeps once joins the first
//	Set(name, value)           leaves exactly one of that name
//	Remove(name) int           drops all of that name, and says how many there were
//	Clear()                    drops everything
//	Clone() *Headers           an independent copy
type Headers = headers.Map

// Field is one header: its Name and its Value.
type Field = headers.Field

// NewHeaders makes a header map.
func NewHeaders(fields ...Field) *Headers { return headers.New(fields...) }

// Call is an HTTP call of a plugin to a Cluster: Headers, Body and Trailers of the request, and the Timeout, 0 for none. Done takes the
// *Answer, once, on any goroutine but not before Config.Call has returned; nil says that there was none.
type Call = vm.Call

// Answer is the answer to a Call: its Headers, with :status among them, its Body, and its Trailers, nil if there are none.
type Answer = vm.Answer

// Refused is the Error for a configuration that the module did not accept: the Plugin is the filter's name, and the Reason its own log
// message.
type Refused = vm.Refused

// Level is a log level; its String is Envoy's name for it.
type Level = abi.Level

// The log levels.
const (
	LevelTrace    = abi.Trace
	LevelDebug    = abi.Debug
	LevelInfo     = abi.Info
	LevelWarn     = abi.Warn
	LevelError    = abi.Error
	LevelCritical = abi.Critical
)

// Route is what Envoy's router does with a request. It sends it to a Cluster, or answers itself, if Status is not 0 (404: there is no
// route, 503: no such cluster), with Details as the response_code_details. Again says that the router keeps what it sends of the body
// for another try, as it does for a retry_policy, a request_mirror_policies or an internal_redirect_policy; nothing is sent again here.
type Route = chain.Route

// RouteByHeader routes by a header that names the cluster (cluster_header); without it the router
// answers 404.
func RouteByHeader(name string) func(*Headers) Route {
	return func(h *Headers) Route {
		if c := h.Value(name); c != "" {
			return Route{Cluster: c}
		}
		return Route{Status: 404, Details: "route_not_found"}
	}
}

// DefaultBufferLimit is Envoy's per_connection_buffer_limit_bytes.
const DefaultBufferLimit = 1 << 20

// DefaultStreamWindow is Envoy's initial_stream_window_size.
const DefaultStreamWindow = 16 << 20

// Config sets up a Worker. Only Filters is needed.
type Config struct {
	VMID            string // vm_id: keeps shared data and queues apart
	VMConfiguration []byte // the VM's own configuration
	Env             [][2]string
	Capabilities    []string // see VM.Capabilities
	Filters         []Filter // in the order of the request, each in the VM that it names, or in that of the fields above

	BufferLimit int // bytes; 0: DefaultBufferLimit
	// StreamWindow bounds what a filter can hold of a stream over HTTP/2, where the connection's buffer limit does not
	// apply: initial_stream_window_size, in bytes. 0: DefaultStreamWindow.
	StreamWindow int
	// DropHTTP1Trailers has Do leave out the trailers of requests over HTTP/1, as Envoy does unless
	// http_protocol_options.enable_trailers is set.
	DropHTTP1Trailers bool
	Route             func(*Headers) Route          // nil: RouteByHeader("x-cluster")
	Backend           func(cluster string) Response // what Do's stand-in answers; nil: a 200 with a little JSON
	// HoldLimit is how long Do lets a stream stand still, by Clock, before it reports it as held for
	// ever. 0: five minutes, Envoy's stream_idle_timeout.
	HoldLimit time.Duration

	NodeID, NodeCluster string // what plugins read of the proxy as xds.node.id and xds.node.cluster

	// Trace takes a line for each call between host and module, with arguments and results; nil: no tracing.
	Trace func(line string)
	// Call makes the HTTP calls of plugins; false says that there is no such cluster. nil: there is none. HTTPCalls makes
	// them over the network.
	Call func(Call) bool
	// Wake is called, from any goroutine, when something has come while no event ran: the answer to a call, or a queue
	// notice of another worker. It waits for the next event, such as Turn, which Wake must not call itself. nil: nothing.
	Wake func()

	Clock      Clock     // nil: a LeapClock
	Random     io.Reader // nil: the system's
	LogLevel   Level     // what get_log_level tells the module; the zero value is trace
	Log        func(level Level, plugin, message string)
	FirstReqID uint64 // the first x-request-id that is made up; they count upwards
}
