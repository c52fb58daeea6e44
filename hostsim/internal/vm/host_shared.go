package vm

import "github.com/mom-router/mom-router/hostsim/internal/abi"

// sharedFuncs: data and queues that all VMs of the proxy share (src/shared_data.cc, src/shared_queue.cc).
var sharedFuncs = []hostFunc{
	{name: "proxy_get_shared_data", does: "gives what plugins of the same `vm_id` have put under a name, with the number of its version",
		params:  []param{aText("name"), givesText("value"), givesNumber("version")},
		returns: aStatus, capability: proxyWasm, source: "getSharedData of ContextBase; src/shared_data.cc",
		do: func(v *VM, p []uint64) uint32 {
			name, ok := v.view(p[0], p[1])
			if !ok {
				return uint32(abi.InvalidMemoryAccess)
			}
			value, cas, st := v.Shared.Get(v.ID, string(name))
			if st != abi.OK {
				return uint32(st)
			}
			if st = v.give(value, uint32(p[2]), uint32(p[3])); st != abi.OK {
				return uint32(st)
			}
			return uint32(v.put(uint32(p[4]), cas))
		}},
	{name: "proxy_set_shared_data", does: "puts something under a name, if its version is still the one given; 0: in any case",
		params:  []param{aText("name"), aText("value"), aNumber("version")},
		returns: aStatus, capability: proxyWasm, source: "setSharedData of ContextBase; src/shared_data.cc",
		do: func(v *VM, p []uint64) uint32 {
			name, ok := v.view(p[0], p[1])
			value, ok2 := v.view(p[2], p[3])
			if !ok || !ok2 {
				return uint32(abi.InvalidMemoryAccess)
			}
			return uint32(v.Shared.Set(v.ID, string(name), value, uint32(p[4])))
		}},
	{name: "proxy_register_shared_queue", does: "makes a queue, whose messages the plugin is told of by `proxy_on_queue_ready`",
		params:  []param{aText("name"), givesNumber("queue")},
		returns: aStatus, capability: proxyWasm, source: "registerSharedQueue of ContextBase; src/shared_queue.cc",
		do: func(v *VM, p []uint64) uint32 {
			name, ok := v.view(p[0], p[1])
			if !ok {
				return uint32(abi.InvalidMemoryAccess)
			}
			// Notices go to the root context, through the event loop: never into a running callback.
			root := v.calling().root().id
			var token uint32
			token = v.Shared.Register(v.ID, string(name), func() {
				v.Post(func() {
					if c, ok := v.contexts[root]; ok {
						c.onQueueReady(token)
					}
				})
			})
			return uint32(v.put(uint32(p[2]), token))
		}},
	{name: "proxy_resolve_shared_queue", does: "finds a queue of any `vm_id`",
		params:  []param{aText("vm_id"), aText("name"), givesNumber("queue")},
		returns: aStatus, capability: proxyWasm, source: "lookupSharedQueue of ContextBase; src/shared_queue.cc",
		do: func(v *VM, p []uint64) uint32 {
			vmID, ok := v.view(p[0], p[1])
			name, ok2 := v.view(p[2], p[3])
			if !ok || !ok2 {
				return uint32(abi.InvalidMemoryAccess)
			}
			id := string(vmID)
			if id == "" {
				id = v.ID
			}
			token, st := v.Shared.Resolve(id, string(name))
			if st != abi.OK {
				return uint32(st)
			}
			return uint32(v.put(uint32(p[4]), token))
		}},
	{name: "proxy_dequeue_shared_queue", does: "takes the oldest message out of a queue",
		params:  []param{aNumber("queue"), givesText("message")},
		returns: aStatus, capability: proxyWasm, source: "dequeueSharedQueue of ContextBase; src/shared_queue.cc",
		do: func(v *VM, p []uint64) uint32 {
			item, st := v.Shared.Dequeue(uint32(p[0]))
			if st != abi.OK {
				return uint32(st)
			}
			return uint32(v.give(item, uint32(p[1]), uint32(p[2])))
		}},
	{name: "proxy_enqueue_shared_queue", does: "puts a message into a queue",
		params:  []param{aNumber("queue"), aText("message")},
		returns: aStatus, capability: proxyWasm, source: "enqueueSharedQueue of ContextBase; src/shared_queue.cc",
		do: func(v *VM, p []uint64) uint32 {
			value, ok := v.view(p[1], p[2])
			if !ok {
				return uint32(abi.InvalidMemoryAccess)
			}
			return uint32(v.Shared.Enqueue(uint32(p[0]), value))
		}},
}
