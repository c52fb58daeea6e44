//go:build wasip1

package main

import (
	"strconv"

	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm"
	"github.com/proxy-wasm/proxy-wasm-go-sdk/proxywasm/types"

	"github.com/mom-router/mom-router/plugin/internal/effect"
	"github.com/mom-router/mom-router/plugin/internal/reply"
	"github.com/mom-router/mom-router/rules"
)

// hostModel is the model of the endpoint that the proxy has chosen for a try, as its metadata says.
const hostModel property = "xds\x00upstream_host_metadata\x00filter_metadata\x00mom\x00model"

// What goes wrong with an instance in a cluster's filter chain, and how to mend it.
const (
	noRouter    = "a try has no router before it: the filter with role: upstream needs the one with the policy in the listener, with \"fallback\" in its configuration and with the same module, vm_id and vm_config; requests that the proxy mirrors have none, and are not served"
	noHostModel = "the endpoint of a try names no model: give it metadata: {filter_metadata: {mom: {model: KEY}}}, with the model's key in the policy"
	noTryFlag   = "the filter with role: upstream holds headers but never sees a body: set allow_on_headers_stop_iteration: true in its PluginConfig"
	badReplay   = "the body of a try is not the one that was decided on"
)

// Why a try was refused.
const (
	refusedUnknown    = "unknown"     // nobody knows the request
	refusedNoModel    = "no_model"    // or the model of the endpoint
	refusedNotAllowed = "not_allowed" // the request may not use the model
	refusedDearer     = "dearer"      // it would cost more, and the one before was only at its limit
)

var refusedReasons = []string{refusedUnknown, refusedNoModel, refusedNotAllowed, refusedDearer}

// try is one try of the proxy to have a request answered, in the filter chain of the cluster that it is sent to. It is the last gate: what the request may not use gets
// nothing of it. The request's stream is in the same VM, where no client can forge it.
type try struct {
	types.DefaultHttpContext
	instance *instance
	id       uint32
	stream   *stream // that the try is for, if it is still of this id
	streamID uint32
	model    *rules.Model
	passes   bool       // uninspected, as the request does
	refused  bool       // and answered
	rewrites *rewriting // nil where the body goes on as it is
	began    int64      // the tick at which it was held
	kept     int64      // bytes
	digits   []byte     // of the content-length
}

// rewriting is what it takes to rewrite a body.
type rewriting struct {
	policy   *policy // whose it is: that of the stream may be another one by the end, see swap
	rewriter *rules.Rewriter
	body     effect.Body
}

// openTry returns a try for a context, with the memory of one that is done.
func (in *instance) openTry(id uint32) *try {
	n := len(in.tries)
	if n == 0 {
		return &try{instance: in, id: id}
	}
	t := in.tries[n-1]
	in.tries = in.tries[:n-1]
	*t = try{instance: in, id: id, digits: t.digits}
	return t
}

// OnHttpRequestHeaders implements types.HttpContext.
func (t *try) OnHttpRequestHeaders(_ int, end bool) (action types.Action) {
	defer t.recovered(&action)
	s, _ := t.instance.vm.marked()
	if s == nil || s.phase != released && s.phase != passed {
		return t.unknown()
	}
	t.stream, t.streamID = s, s.id
	if t.passes = s.phase == passed; t.passes {
		return types.ActionContinue
	}
	s.attempts++
	before := s.status
	key := hostModel.get()
	if key == nil {
		proxywasm.LogError("mom-router: " + noHostModel)
		return t.refuse(refusedNoModel, &reply.Error{Status: 503, Code: "router_unavailable", Message: noHostModel})
	}
	in, ok := s.mayAnswer(view(key))
	if !ok || in != nil && !s.affords(in.Cost) {
		return t.forbid()
	}
	why := ""
	if in != nil {
		why = s.reason()
		if why == fellLimited && before == 429 && !s.instance.config.Fallback.Dearer && s.dearer(in.Model) {
			return t.limited()
		}
	}
	s.status = 0
	s.answers(in, why)
	t.model = s.model
	s.policy.metrics.models[t.model].attempts.add(1)
	if in == nil {
		// All tries share their headers: those before it may have left theirs.
		if s.attempts > 1 && !t.setHeaders(s.edited) {
			return t.fault("the host did not take the headers of a try")
		}
		return types.ActionContinue
	}
	return t.hold(in)
}

// setHeaders sets the headers that go by the model and by the body, of so many bytes; -1 is not known.
func (t *try) setHeaders(length int64) bool {
	s := t.stream
	if !replaceHeader(s.instance.config.ModelHeader, t.model.Name) {
		return false
	}
	if length < 0 {
		return true
	}
	t.digits = strconv.AppendInt(t.digits[:0], length, 10)
	return replaceHeader("content-length", view(t.digits))
}

// hold holds a try whose body has to be rewritten, until it is known how.
func (t *try) hold(in *rules.StandIn) types.Action {
	s := t.stream
	lead, p := s.instance, s.policy
	if n := len(p.rewritings); n > 0 {
		t.rewrites, p.rewritings = p.rewritings[n-1], p.rewritings[:n-1]
	} else {
		t.rewrites = &rewriting{policy: p, rewriter: p.table.NewRewriter()}
	}
	t.rewrites.rewriter.Reset(s.shape, lead.config.HoldBytes, in)
	t.began, s.try = lead.ticks, t
	return types.ActionPause
}

// OnHttpRequestBody implements types.HttpContext.
func (t *try) OnHttpRequestBody(size int, end bool) (action types.Action) {
	defer t.recovered(&action)
	return t.body(size, end)
}

// body lets a piece of the body go on if the model may still have it: what was found meanwhile may forbid that.
func (t *try) body(size int, end bool) types.Action {
	switch {
	case t.passes:
		return types.ActionContinue
	case t.refused || !t.lives():
		return types.ActionPause
	}
	if in, ok := t.stream.mayAnswer(t.model.Key); !ok || !t.stream.affordsMore(in) {
		return t.forbid()
	}
	if t.rewrites == nil {
		return types.ActionContinue
	}
	t.stream.try, t.instance.vm.tryBodySeen = nil, true
	settled := t.rewrites.rewriter.Settled()
	if err := t.read(size, end); err != nil {
		return t.fault(badReplay + ": " + err.Error())
	}
	w := t.rewrites
	if !w.rewriter.Settled() {
		w.body.Pass(size, 0, copyChunk)
		if !t.fits() {
			t.stream.policy.metrics.refused.add(1)
			return t.answer(&reply.Error{Status: 503, Code: "router_overloaded", Message: "too much is held at once: try again in a moment"})
		}
		return stopWithoutBuffer
	}
	if !settled {
		length := t.stream.edited
		if length >= 0 {
			length += w.rewriter.Delta()
		}
		if !t.setHeaders(length) {
			return t.fault("the host did not take the headers of a try")
		}
	}
	edits, safe := w.rewriter.Take()
	w.body.Add(edits)
	if drain, put := w.body.Pass(size, safe, copyChunk); (drain > 0 || len(put) > 0) && !replaceFront(drain, put) {
		return t.fault("the host did not take the rewritten body of a try")
	}
	if end {
		t.rest()
	}
	return types.ActionContinue
}

// read reads a piece of the body.
func (t *try) read(size int, end bool) (err error) {
	whole := eachSlice(requestBody, 0, size, func(p []byte) bool {
		err = t.rewrites.rewriter.Feed(p)
		return err == nil
	})
	if err == nil && !whole {
		err = errRefused
	}
	if err == nil && end {
		err = t.rewrites.rewriter.Close()
	}
	return err
}

// OnHttpResponseHeaders implements types.HttpContext.
func (t *try) OnHttpResponseHeaders(int, bool) (action types.Action) {
	defer t.recovered(&action)
	if t.stream == nil || t.passes || t.refused || !t.lives() {
		return types.ActionContinue
	}
	s := t.stream
	all, _ := readHeaders(responseHeaders)
	for name, value, ok := all.next(); ok; name, value, ok = all.next() {
		switch name {
		case ":status":
			s.status, _ = strconv.Atoi(value)
		case "retry-after":
			s.retryAfter, _ = strconv.ParseInt(value, 10, 32) // seconds, as engines write it; a date is left out
		}
	}
	return types.ActionContinue
}

// OnHttpStreamDone implements types.HttpContext.
func (t *try) OnHttpStreamDone() {
	if t.stream != nil && t.lives() && t.stream.try == t {
		t.stream.try = nil
	}
	t.rest()
	t.stream = nil
	if len(t.instance.tries) < spares {
		t.instance.tries = append(t.instance.tries, t)
	}
}

// lives reports whether the request of the try is still under way.
func (t *try) lives() bool { return t.stream.id == t.streamID && t.stream.phase != gone }

// fits weighs what a try keeps, and reports whether it may.
func (t *try) fits() bool {
	w := t.rewrites
	t.weigh(sessionSize + w.rewriter.Kept() + w.body.Kept())
	return t.instance.vm.kept <= t.stream.instance.config.Memory
}

func (t *try) weigh(n int64) {
	t.instance.vm.kept += n - t.kept
	t.kept = n
}

// rest hands back what rewriting took.
func (t *try) rest() {
	w := t.rewrites
	t.rewrites = nil
	t.weigh(0)
	if w == nil {
		return
	}
	if p := w.policy; len(p.rewritings) < roomyWorks {
		w.body.Reset(little)
		p.rewritings = append(p.rewritings, w)
	}
}

// unknown refuses a try that belongs to no request that was decided on.
func (t *try) unknown() types.Action {
	proxywasm.LogError("mom-router: " + noRouter)
	t.instance.refusedTries[refusedUnknown].add(1)
	t.refused = true
	unavailable(noRouter)
	return types.ActionPause
}

// forbid refuses a model that the request may not use.
func (t *try) forbid() types.Action {
	return t.refuse(refusedNotAllowed, &reply.Error{Status: 503, Code: "fallback_not_allowed", Message: "the model for this request does not answer, and it may use no other that is left: try again in a moment"})
}

// limited passes on that the model is at its limit.
func (t *try) limited() types.Action {
	return t.refuse(refusedDearer, &reply.Error{Status: 429, Code: "model_overloaded", RetryAfter: t.stream.retryAfter, Message: "the engines of the model for this request are at their limit: try again in a moment"})
}

func (t *try) refuse(why string, e *reply.Error) types.Action {
	t.instance.refusedTries[why].add(1)
	return t.answer(e)
}

func (t *try) fault(cure string) types.Action {
	proxywasm.LogError("mom-router: " + cure)
	t.stream.policy.metrics.faults.add(1)
	return t.answer(&reply.Error{Status: 503, Code: "router_unavailable", Message: cure})
}

// answer ends the request with an error.
func (t *try) answer(e *reply.Error) types.Action {
	t.refused = true
	t.stream.answer(e)
	return types.ActionPause
}

// expire answers a try of which no body callback comes.
func (t *try) expire() {
	if proxywasm.SetEffectiveContext(t.id) != nil {
		return // it has vanished; later calls would hit another context
	}
	defer t.stream.recoveredOutside()
	t.stream.try = nil
	t.fault(noTryFlag)
}

// recovered is deferred by the callbacks of a try.
func (t *try) recovered(action *types.Action) {
	if v := recover(); v != nil {
		*action = types.ActionPause
		logPanic("a try", v)
		t.rewrites, t.refused = nil, true
		if t.stream != nil && t.lives() {
			t.stream.broken()
		} else {
			unavailable(panicked)
		}
	}
}
