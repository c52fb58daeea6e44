//go:build wasip1

package main

import (
	"encoding/binary"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"

	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/rules/prompt"
)

// gate is the second filter of a pair: it holds headers and body until its lead
// has decided, and edits the body on its way out.
type gate struct {
	types.DefaultHttpContext
	instance *instance
	id       uint32
	stream   *stream // nil while there is no lead
}

// openGate returns a gate for a context, with the memory of one that is done.
func (in *instance) openGate(id uint32) *gate {
	n := len(in.gates)
	if n == 0 {
		return &gate{instance: in, id: id}
	}
	g := in.gates[n-1]
	in.gates = in.gates[:n-1]
	*g = gate{instance: in, id: id}
	return g
}

// OnHttpRequestHeaders implements types.HttpContext.
func (g *gate) OnHttpRequestHeaders(int, bool) (action types.Action) {
	defer g.recovered(&action)
	s, why := g.find()
	if s == nil {
		return g.refuse(why)
	}
	if s.phase == passed {
		return types.ActionContinue
	}
	if s.gate != 0 {
		return g.refuse(twoGates)
	}
	s.gate, g.stream = g.id, s
	crash("gate headers", s)
	return types.ActionPause
}

// find returns the stream that a lead before this gate has marked.
func (g *gate) find() (s *stream, why string) {
	s, marked := g.instance.vm.marked()
	switch {
	case !marked:
		return nil, noLead
	case s == nil || s.phase != reading && s.phase != passed:
		return nil, wrongState
	}
	return s, ""
}

// marked returns the stream that the request at hand is marked with, or nil if that is gone; ok is false without a mark.
func (v *vm) marked() (s *stream, ok bool) {
	mark := leadProperty.get()
	if len(mark) != len(stream{}.mark) {
		return nil, false
	}
	slot, id := binary.LittleEndian.Uint32(mark), binary.LittleEndian.Uint32(mark[4:])
	if int(slot) >= len(v.streams) {
		return nil, true
	}
	if s = v.streams[slot]; s != nil && s.id != id {
		s = nil
	}
	return s, true
}

// refuse answers a request that has no lead, and so was not inspected.
func (g *gate) refuse(cure string) types.Action {
	proxywasm.LogError("mom-router: " + cure)
	unavailable(cure)
	return types.ActionPause
}

// requestShape is that of the request at hand, by its path.
func requestShape() prompt.Shape {
	all, _ := readHeaders(requestHeaders)
	path, anthropic := "", false
	for name, value, ok := all.next(); ok; name, value, ok = all.next() {
		switch name {
		case ":path":
			path = paths.WithoutQuery(value)
		case "anthropic-version":
			anthropic = true
		}
	}
	return paths.ErrorShape(path, anthropic)
}

// OnHttpRequestBody implements types.HttpContext.
func (g *gate) OnHttpRequestBody(size int, end bool) (action types.Action) {
	s := g.stream
	if s == nil {
		return types.ActionContinue // passed, or refused already
	}
	defer g.recovered(&action)
	crash("gate body", s)
	s.start()
	action = s.pass(size, end)
	s.stop()
	return action
}

// pass edits a chunk that the gate lets go on.
func (s *stream) pass(size int, end bool) types.Action {
	switch s.phase {
	case released:
		if s.forward(size) {
			if end {
				s.finish()
			}
			return types.ActionContinue
		}
	case reading, decided:
		s.fault(earlyGate)
	}
	return types.ActionPause
}

// OnHttpStreamDone implements types.HttpContext.
func (g *gate) OnHttpStreamDone() {
	if g.stream != nil && g.stream.gate == g.id {
		g.stream.gate = 0
	}
	g.stream = nil
	if len(g.instance.gates) < spares {
		g.instance.gates = append(g.instance.gates, g)
	}
}
