package vm

import (
	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

// generalFuncs: logging, time, properties, life cycle, metrics, foreign functions (src/exports.cc).
var generalFuncs = []hostFunc{
	{name: "proxy_log", does: "writes a message to the proxy's log",
		params:  []param{aLevel("level"), aText("message")},
		returns: aStatus, capability: proxyWasm, source: "log", during: phaseMalloc,
		do: func(v *VM, p []uint64) uint32 {
			level := abi.Level(uint32(p[0]))
			if level > abi.Critical {
				return uint32(abi.BadArgument)
			}
			msg, ok := v.view(p[1], p[2])
			if !ok {
				return uint32(abi.InvalidMemoryAccess)
			}
			v.calling().log(level, string(msg))
			return uint32(abi.OK)
		}},
	{name: "proxy_get_log_level", does: "gives the level from which the proxy logs",
		params:  []param{givesNumber("level")},
		returns: aStatus, capability: proxyWasm, source: "getLogLevel", only: abi.Version021,
		do: func(v *VM, p []uint64) uint32 {
			return uint32(v.put(uint32(p[0]), uint32(v.LogLevel)))
		}},
	{name: "proxy_get_current_time_nanoseconds", does: "gives the time, in nanoseconds since 1970",
		params:  []param{givesUnseen("time")},
		returns: aStatus, capability: proxyWasm, source: "getCurrentTimeNanoseconds",
		do: func(v *VM, p []uint64) uint32 {
			return uint32(v.put64(uint32(p[0]), uint64(v.Clock.Now().UnixNano())))
		}},
	{name: "proxy_set_tick_period_milliseconds", does: "has `proxy_on_tick` called every so often; 0 ends it",
		params:  []param{aNumber("period")},
		returns: aStatus, capability: proxyWasm, source: "setTimerPeriod, of ContextBase in src/context.cc, and Wasm::setTimerPeriod in Envoy's wasm.cc",
		do: func(v *VM, p []uint64) uint32 {
			v.calling().root().setTick(uint32(p[0]))
			return uint32(abi.OK)
		}},
	{name: "proxy_get_property", does: "gives a property of the request, the proxy or the filter state; the parts of its path are parted by a zero byte",
		params:  []param{aText("path"), givesText("value")},
		returns: aStatus, capability: proxyWasm, source: "getProperty, findValue",
		do: func(v *VM, p []uint64) uint32 {
			path, ok := v.view(p[0], p[1])
			if !ok {
				return uint32(abi.InvalidMemoryAccess)
			}
			value, st := v.calling().property(v.names.text(path))
			if st != abi.OK {
				return uint32(st)
			}
			return uint32(v.give(value, uint32(p[2]), uint32(p[3])))
		}},
	{name: "proxy_set_property", does: "sets a property in the filter state",
		params:  []param{aText("path"), aText("value")},
		returns: aStatus, capability: proxyWasm, source: "setProperty",
		do: func(v *VM, p []uint64) uint32 {
			path, ok := v.view(p[0], p[1])
			value, ok2 := v.view(p[2], p[3])
			if !ok || !ok2 {
				return uint32(abi.InvalidMemoryAccess)
			}
			return uint32(v.calling().setProperty(v.names.text(path), value))
		}},
	{name: "proxy_set_effective_context", does: "has the calls that follow act for another context, until the callback returns",
		params:  []param{aNumber("context")},
		returns: aStatus, capability: proxyWasm, source: "src/exports.cc, ContextOrEffectiveContext",
		do: func(v *VM, p []uint64) uint32 {
			id := uint32(p[0])
			if _, ok := v.contexts[id]; !ok {
				return uint32(abi.BadArgument)
			}
			v.effective = id
			return uint32(abi.OK)
		}},
	{name: "proxy_done", does: "ends a plugin whose `proxy_on_done` asked for time",
		returns: aStatus, capability: proxyWasm, source: "WasmBase::done in src/wasm.cc",
		do: func(v *VM, _ []uint64) uint32 { return uint32(v.done(v.calling())) }},
	{name: "proxy_get_status", does: "gives the status of the call to another service that is answered, with its words",
		params:  []param{givesNumber("code"), givesText("message")},
		returns: aStatus, capability: proxyWasm, source: "getStatus",
		do: func(v *VM, p []uint64) uint32 {
			c := v.calling()
			if st := v.put(uint32(p[0]), c.status); st != abi.OK {
				return uint32(st)
			}
			return uint32(v.give([]byte(c.statusText), uint32(p[1]), uint32(p[2])))
		}},
	{name: "proxy_define_metric", does: "makes a counter (0), gauge (1) or histogram (2), or finds it by its name",
		params:  []param{aNumber("type"), aText("name"), givesNumber("metric")},
		returns: aStatus, capability: proxyWasm, source: "defineMetric",
		do: func(v *VM, p []uint64) uint32 {
			name, ok := v.view(p[1], p[2])
			if !ok {
				return uint32(abi.InvalidMemoryAccess)
			}
			id, st := v.stats.Define(uint32(p[0]), string(name))
			if st != abi.OK {
				return uint32(st)
			}
			return uint32(v.put(uint32(p[3]), id))
		}},
	{name: "proxy_increment_metric", does: "adds to a counter or a gauge",
		params:  []param{aNumber("metric"), aLong("by")},
		returns: aStatus, capability: proxyWasm, source: "incrementMetric",
		do: func(v *VM, p []uint64) uint32 {
			return uint32(v.stats.Increment(uint32(p[0]), int64(p[1])))
		}},
	{name: "proxy_record_metric", does: "sets a gauge, adds to a counter, or notes a value in a histogram",
		params:  []param{aNumber("metric"), aLong("value")},
		returns: aStatus, capability: proxyWasm, source: "recordMetric",
		do: func(v *VM, p []uint64) uint32 {
			return uint32(v.stats.Record(uint32(p[0]), p[1]))
		}},
	{name: "proxy_get_metric", does: "gives the value of a counter or a gauge",
		params:  []param{aNumber("metric"), givesLong("value")},
		returns: aStatus, capability: proxyWasm, source: "getMetric",
		do: func(v *VM, p []uint64) uint32 {
			value, st := v.stats.Get(uint32(p[0]))
			if st != abi.OK {
				return uint32(st)
			}
			return uint32(v.put64(uint32(p[1]), value))
		}},
	{name: "proxy_call_foreign_function", does: "calls a function that the proxy has beside the ABI, such as `clear_route_cache`",
		params:  []param{aText("function"), aText("arguments"), givesText("results")},
		returns: aStatus, capability: proxyWasm, source: "WasmBase::getForeignFunction, and the functions in Envoy's foreign.cc",
		do: callForeign},
}
