package vm

import (
	"fmt"
	"strconv"

	"github.com/tetratelabs/wazero/api"

	"github.com/mom-router/mom-router/hostsim/internal/abi"
)

const (
	i32 = api.ValueTypeI32
	i64 = api.ValueTypeI64
)

// hostFunc declares a function that the proxy offers to modules. All that is known of one stands in its declaration: the type by which it
// is linked, what traces show of a call, which capability allows it and what is answered without, and its row of functions.md.
type hostFunc struct {
	name       string
	does       string  // a sentence for functions.md
	params     []param // in the order in which the module passes them
	returns    result
	capability *capability
	source     string // where its behaviour comes from, beside what e2e/differential has measured; functions.md says how that is read
	// during says where it may be called: 0 in callbacks only, phaseInit also in _initialize, phaseMalloc also in malloc.
	during    phase
	during140 phase       // since Envoy 1.39, if that differs
	only      abi.Version // 0: offered to modules of every version
	newest    bool        // only Envoy 1.39 and later have it
	quiet     bool        // traces leave it out: language runtimes ask it on their own, each time otherwise
	do        func(v *VM, p []uint64) uint32
}

// lack says what is missing in a declaration, "" if nothing is.
func (f *hostFunc) lack() string {
	switch {
	case f.name == "":
		return "a name"
	case f.does == "":
		return "what it does"
	case f.returns == 0:
		return "what it returns"
	case f.capability == nil:
		return "a capability, which may be unrestricted"
	case f.source == "":
		return "a source"
	case f.do == nil:
		return "an implementation"
	}
	for _, p := range f.params {
		if p.name == "" || p.types == nil || p.asked == nil && p.given == nil && !p.unseen {
			return "a parameter's name or kind"
		}
	}
	return ""
}

// offer joins groups of declarations. One that lacks something, or is there twice, is a mistake in this package, with which it does not start.
func offer(groups ...[]hostFunc) (all []hostFunc) {
	seen := map[string]bool{}
	for _, group := range groups {
		for _, f := range group {
			if what := f.lack(); what != "" {
				panic(fmt.Sprintf("the host function %q lacks %s", f.name, what))
			}
			if seen[f.name] {
				panic(fmt.Sprintf("the host function %q is declared twice", f.name))
			}
			seen[f.name] = true
			all = append(all, f)
		}
	}
	return all
}

// values are the parameters as WebAssembly has them.
func (f *hostFunc) values() (types []api.ValueType) {
	for _, p := range f.params {
		types = append(types, p.types...)
	}
	return types
}

// results are the same of what it returns.
func (f *hostFunc) results() []api.ValueType {
	if f.returns == nothing {
		return nil
	}
	return []api.ValueType{i32}
}

// signature is the function's type.
func (f *hostFunc) signature() abi.Type {
	return abi.Type{Params: string(f.values()), Results: string(f.results())}
}

// result is what a host function returns.
type result uint8

const (
	nothing result = iota + 1
	aStatus        // of the ABI: abi.Status
	anErrno        // of WASI
	aTruth         // 1 or 0
)

// capability says how Envoy restricts a function: modules may call it if its name is listed, and else get an answer of this kind
// (_CREATE_PROXY_WASM_STUB and _CREATE_WASI_STUB in proxy-wasm-cpp-host include/proxy-wasm/exports.h).
type capability struct {
	kind    string // in Envoy's log
	refusal uint32
}

var (
	proxyWasm    = &capability{"proxy-wasm", uint32(abi.InternalFailure)}
	wasi         = &capability{"WASI", wasiNOTCAPABLE}
	unrestricted = &capability{} // always allowed
)

// param is a parameter of a host function: what it is made of, and what a trace shows of it. Those below are all there are.
type param struct {
	name   string
	types  []api.ValueType
	asked  func(v *VM, p []uint64) string // what the module passes
	given  func(v *VM, p []uint64) string // what it has been given, where a call went well
	unseen bool                           // traces show neither
	out    bool                           // it is an address to which something is given
}

// aNumber is a number of 32 bits, signed in traces.
func aNumber(name string) param {
	return param{name: name, types: []api.ValueType{i32}, asked: func(_ *VM, p []uint64) string { return strconv.FormatInt(int64(int32(p[0])), 10) }}
}

// aLong is a number of 64 bits, signed in traces.
func aLong(name string) param {
	return param{name: name, types: []api.ValueType{i64}, asked: func(_ *VM, p []uint64) string { return strconv.FormatInt(int64(p[0]), 10) }}
}

// aLevel is an abi.Level.
func aLevel(name string) param {
	return param{name: name, types: []api.ValueType{i32}, asked: func(_ *VM, p []uint64) string { return abi.Level(uint32(p[0])).String() }}
}

// aMap is the number of a map, by which traces name it.
func aMap(name string) param {
	return param{name: name, types: []api.ValueType{i32}, asked: func(_ *VM, p []uint64) string { return named(mapNames[:], p[0]) }}
}

// aBuffer is the number of a buffer, by which traces name it.
func aBuffer(name string) param {
	return param{name: name, types: []api.ValueType{i32}, asked: func(_ *VM, p []uint64) string { return named(bufferNames[:], p[0]) }}
}

// aText is a string by address and length.
func aText(name string) param {
	return param{name: name, types: []api.ValueType{i32, i32}, asked: func(v *VM, p []uint64) string {
		raw, _ := v.view(p[0], p[1])
		return quoted(raw)
	}}
}

// somePairs are a header map in the form of abi.ParsePairs, by address and length.
func somePairs(name string) param {
	return param{name: name, types: []api.ValueType{i32, i32}, asked: func(v *VM, p []uint64) string {
		raw, _ := v.view(p[0], p[1])
		return pairText(raw)
	}}
}

// anAddress is where something stands or is to be put that no trace shows.
func anAddress(name string) param {
	return param{name: name, types: []api.ValueType{i32}, unseen: true}
}

// givesUnseen gives a number that traces do not show, as it is another one each time, or always the same.
func givesUnseen(name string) param {
	return param{name: name, types: []api.ValueType{i32}, unseen: true, out: true}
}

// givesNumber gives a number of 32 bits.
func givesNumber(name string) param {
	return param{name: name, types: []api.ValueType{i32}, out: true, given: func(v *VM, p []uint64) string {
		n, _ := v.memory.ReadUint32Le(uint32(p[0]))
		return strconv.FormatUint(uint64(n), 10)
	}}
}

// givesLong gives a number of 64 bits.
func givesLong(name string) param {
	return param{name: name, types: []api.ValueType{i32}, out: true, given: func(v *VM, p []uint64) string {
		n, _ := v.memory.ReadUint64Le(uint32(p[0]))
		return strconv.FormatUint(n, 10)
	}}
}

// givesText gives a string in memory that the module's malloc makes: its address and its length.
func givesText(name string) param {
	return param{name: name, types: []api.ValueType{i32, i32}, out: true, given: func(v *VM, p []uint64) string { return quoted(v.given(p[0], p[1])) }}
}

// givesPairs gives a header map in the same way.
func givesPairs(name string) param {
	return param{name: name, types: []api.ValueType{i32, i32}, out: true, given: func(v *VM, p []uint64) string { return pairText(v.given(p[0], p[1])) }}
}
