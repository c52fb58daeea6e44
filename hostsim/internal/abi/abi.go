// Package abi holds the numbers and encodings of the Proxy-Wasm ABI 0.2.0 and 0.2.1
// (github.com/proxy-wasm/spec, proxy-wasm-cpp-host include/proxy-wasm/{context_interface,word}.h).
package abi

// Status is what a host function returns to the module (WasmResult in proxy-wasm-cpp-host).
type Status uint32

// The statuses of the ABI.
const (
	OK                   Status = 0
	NotFound             Status = 1
	BadArgument          Status = 2
	SerializationFailure Status = 3
	ParseFailure         Status = 4
	BadExpression        Status = 5
	InvalidMemoryAccess  Status = 6
	Empty                Status = 7
	CASMismatch          Status = 8
	ResultMismatch       Status = 9
	InternalFailure      Status = 10
	BrokenConnection     Status = 11
	Unimplemented        Status = 12
)

var statusNames = [...]string{"ok", "not found", "bad argument", "serialization failure", "parse failure", "bad expression",
	"invalid memory access", "empty", "cas mismatch", "result mismatch", "internal failure", "broken connection", "unimplemented"}

// String is the status in words.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return "unknown status"
}

// The header maps that a module can name.
const (
	RequestHeaders uint32 = iota
	RequestTrailers
	ResponseHeaders
	ResponseTrailers
	GRPCInitialMetadata
	GRPCTrailingMetadata
	CallResponseHeaders
	CallResponseTrailers
	maxMap = CallResponseTrailers
)

// ValidMap reports whether t names a header map of the ABI.
func ValidMap(t uint32) bool { return t <= maxMap }

// The buffers that a module can name.
const (
	RequestBody uint32 = iota
	ResponseBody
	DownstreamData
	UpstreamData
	CallResponseBody
	GRPCReceiveBuffer
	VMConfiguration
	PluginConfiguration
	CallData
	maxBuffer = CallData
)

// ValidBuffer reports whether t names a buffer of the ABI.
func ValidBuffer(t uint32) bool { return t <= maxBuffer }

// The streams that a module can continue or close.
const (
	StreamRequest uint32 = iota
	StreamResponse
	StreamDownstream
	StreamUpstream
)

// The kinds of metric; the low two bits of a metric id hold the kind
// (kMetricTypeMask in Envoy's source/extensions/common/wasm/wasm.h).
const (
	Counter uint32 = iota
	Gauge
	Histogram
)

// Level is a log level as the ABI counts them.
type Level uint32

// The log levels of the ABI.
const (
	Trace Level = iota
	Debug
	Info
	Warn
	Error
	Critical
)

var levelNames = [...]string{"trace", "debug", "info", "warn", "error", "critical"}

// String gives the level's name as Envoy writes it.
func (l Level) String() string {
	if int(l) < len(levelNames) {
		return levelNames[l]
	}
	return "unknown"
}

// Version is the ABI's version that a module declares by the name of an export.
type Version int

// The versions. Envoy also runs 0.1.0, which no current SDK builds; hostsim refuses it.
const (
	VersionNone Version = iota
	Version010
	Version020
	Version021
)
