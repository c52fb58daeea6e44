package vm

import (
	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

// generalFuncs: logging, time, properties, life cycle, metrics, foreign functions (src/exports.cc).
var generalFuncs = []hostFunc{
	{name: "proxy_log", params: sig(3), during: phaseMalloc, do: func(v *VM, p []uint64) uint32 {
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
	{name: "proxy_get_log_level", params: sig(1), only: abi.Version021, do: func(v *VM, p []uint64) uint32 {
		return uint32(v.put(uint32(p[0]), uint32(v.LogLevel)))
	}},
	{name: "proxy_get_current_time_nanoseconds", params: sig(1), do: func(v *VM, p []uint64) uint32 {
		return uint32(v.put64(uint32(p[0]), uint64(v.Clock.Now().UnixNano())))
	}},
	{name: "proxy_set_tick_period_milliseconds", params: sig(1), do: func(v *VM, p []uint64) uint32 {
		v.calling().root().setTick(uint32(p[0]))
		return uint32(abi.OK)
	}},
	{name: "proxy_get_property", params: sig(4), do: func(v *VM, p []uint64) uint32 {
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
	{name: "proxy_set_property", params: sig(4), do: func(v *VM, p []uint64) uint32 {
		path, ok := v.view(p[0], p[1])
		value, ok2 := v.view(p[2], p[3])
		if !ok || !ok2 {
			return uint32(abi.InvalidMemoryAccess)
		}
		return uint32(v.calling().setProperty(v.names.text(path), value))
	}},
	{name: "proxy_set_effective_context", params: sig(1), do: func(v *VM, p []uint64) uint32 {
		id := uint32(p[0])
		if _, ok := v.contexts[id]; !ok {
			return uint32(abi.BadArgument)
		}
		v.effective = id
		return uint32(abi.OK)
	}},
	{name: "proxy_done", do: func(v *VM, _ []uint64) uint32 { return uint32(v.done(v.calling())) }},
	{name: "proxy_get_status", params: sig(3), do: func(v *VM, p []uint64) uint32 {
		c := v.calling()
		if st := v.put(uint32(p[0]), c.status); st != abi.OK {
			return uint32(st)
		}
		return uint32(v.give([]byte(c.statusText), uint32(p[1]), uint32(p[2])))
	}},
	{name: "proxy_define_metric", params: sig(4), do: func(v *VM, p []uint64) uint32 {
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
	{name: "proxy_increment_metric", params: append(sig(1), i64), do: func(v *VM, p []uint64) uint32 {
		return uint32(v.stats.Increment(uint32(p[0]), int64(p[1])))
	}},
	{name: "proxy_record_metric", params: append(sig(1), i64), do: func(v *VM, p []uint64) uint32 {
		return uint32(v.stats.Record(uint32(p[0]), p[1]))
	}},
	{name: "proxy_get_metric", params: sig(2), do: func(v *VM, p []uint64) uint32 {
		value, st := v.stats.Get(uint32(p[0]))
		if st != abi.OK {
			return uint32(st)
		}
		return uint32(v.put64(uint32(p[1]), value))
	}},
	{name: "proxy_call_foreign_function", params: sig(6), do: callForeign},
}
