package vm

// callback is a function that modules may export and the host calls, where the capabilities list its name. All begin with the id of the
// context that they concern.
type callback uint8

const (
	vmStart callback = iota
	configure
	contextCreate
	tick
	queueReady
	callResponse
	requestHeaders
	requestBody
	requestTrailers
	responseHeaders
	responseBody
	responseTrailers
	contextDone
	contextLog
	contextDelete
	callbackCount
)

// callbacks declare them: what functions.md and traces say of each.
var callbacks = [callbackCount]struct {
	name      string
	arguments []string // behind the context's id
	when      string
	answer    string // what the result means, "" if there is none
}{
	vmStart:          {"proxy_on_vm_start", []string{"size"}, "a plugin starts, with so many bytes of the VM's configuration", "0: the plugin cannot start"},
	configure:        {"proxy_on_configure", []string{"size"}, "a plugin gets so many bytes of configuration", "0: it refuses them"},
	contextCreate:    {"proxy_on_context_create", []string{"parent"}, "there is a new plugin (parent 0) or stream", ""},
	tick:             {"proxy_on_tick", nil, "the period of `proxy_set_tick_period_milliseconds` is over", ""},
	queueReady:       {"proxy_on_queue_ready", []string{"queue"}, "a message has come", ""},
	callResponse:     {"proxy_on_http_call_response", []string{"token", "headers", "size", "trailers"}, "a call is answered, or has failed (headers 0)", ""},
	requestHeaders:   {"proxy_on_request_headers", []string{"headers", "end"}, "the request's headers have come", "0: go on, others stop"},
	requestBody:      {"proxy_on_request_body", []string{"size", "end"}, "a piece of its body has come", "0: go on, others stop"},
	requestTrailers:  {"proxy_on_request_trailers", []string{"trailers"}, "its trailers have come", "0: go on, others stop"},
	responseHeaders:  {"proxy_on_response_headers", []string{"headers", "end"}, "the answer's headers have come", "0: go on, others stop"},
	responseBody:     {"proxy_on_response_body", []string{"size", "end"}, "a piece of its body has come", "0: go on, others stop"},
	responseTrailers: {"proxy_on_response_trailers", []string{"trailers"}, "its trailers have come", "0: go on, others stop"},
	contextDone:      {"proxy_on_done", nil, "a stream or a plugin ends", "0: a plugin has still to do, and says `proxy_done` later"},
	contextLog:       {"proxy_on_log", nil, "a stream has ended, and its access log is written", ""},
	contextDelete:    {"proxy_on_delete", nil, "a context is gone", ""},
}

func (on callback) String() string { return callbacks[on].name }

// hears reports whether the module lives, has exported a callback and may be called by it.
func (v *VM) hears(on callback) bool { return v.failed == nil && v.on[on] != nil }
