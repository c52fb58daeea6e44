//go:build wasip1 && crash

package main

import (
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
)

// demand is the query of a request that wants the module to fail: "?crash=index@body" is an index out of range in the
// body's callback. Only a module built with the tag "crash" knows it, and only tests build one.
const demand = "?crash="

// crash fails at a place where the request has asked for it.
func crash(place string, s *stream) {
	if s.record.Path == "" {
		return
	}
	if place == "headers" {
		all, _ := readHeaders(requestHeaders) // the one way that the examples' capabilities leave
		for name, value, ok := all.next(); ok; name, value, ok = all.next() {
			if name == ":path" {
				_, after, _ := strings.Cut(value, demand)
				demands[s] = strings.ReplaceAll(strings.Clone(after), "_", " ")
			}
		}
	}
	how, where, _ := strings.Cut(demands[s], "@")
	if where != place {
		return
	}
	switch how {
	case "index":
		_ = []byte(how)[len(place)+100]
	case "nil":
		var none *stream
		none.id++
	case "text":
		panic("the cormorant " + place)
	case "lock":
		new(sync.Mutex).Unlock() // of an unlocked mutex: nobody can recover from that
	case "memory":
		for {
			hoard = append(hoard, make([]byte, 1<<28))
		}
	case "stack":
		dig(1)
	case "count": // no failure: how many objects the module has allocated so far, and how often garbage was collected
		runtime.ReadMemStats(&memory)
		proxywasm.LogWarn("mom-router: " + strconv.FormatUint(memory.Mallocs, 10) + " objects, " + strconv.Itoa(int(memory.NumGC)) + " collections")
	}
}

// memory is what the runtime says of its heap; a variable, as it is large.
var memory runtime.MemStats

// demands is what the requests under way have asked for.
var demands = map[*stream]string{}

var hoard [][]byte

// dig calls itself until the stack is used up.
func dig(n int) int {
	var ground [1 << 10]int
	ground[n&1023] = n
	return dig(n+1) + ground[(n+7)&1023]
}
