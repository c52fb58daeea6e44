package proxy

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/mom-router/mom-router/hostsim"
)

// linger is how long a client over HTTP/1 that was answered early may go on sending its request: closing the connection
// under it would lose the answer on its way (Envoy's delayed_close_timeout).
const linger = time.Second

// exchange is one request and its response.
type exchange struct {
	proxy  *Proxy
	loop   *loop
	stream *hostsim.Stream
	up     *flow // the request, as the filters let it go
	down   *flow // the response
	out    *http.ResponseController
	http2  bool
	method string
	begun  time.Time
	idle   *time.Timer
	ctx    context.Context // ends the talk with the backend
	cancel context.CancelFunc
	others sync.WaitGroup // upload and forward

	// What follows is guarded by the loop.
	touched   bool
	uploading bool  // upload reads the request's body
	complete  bool  // the request has come in full
	forwarded bool  // forward talks to the backend
	settled   bool  // the stream is over
	left      bool  // net/http has the connection back
	received  int64 // bytes of the request's body
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor == 1 && r.ProtoMinor == 0 {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusUpgradeRequired) // accept_http_10 is off by default
		io.WriteString(w, "Upgrade Required")
		return
	}
	l, leave := p.enter()
	defer leave()
	if l == nil {
		// All workers failed a moment ago, or there never was one.
		p.log.add(entry{Time: stamp(time.Now()), Code: http.StatusServiceUnavailable, Details: "wasm_fail_stream"})
		http.Error(w, "no worker is ready", http.StatusServiceUnavailable)
		return
	}
	x := &exchange{
		proxy: p, loop: l, up: newFlow(), down: newFlow(), out: http.NewResponseController(w),
		http2: r.ProtoMajor == 2, method: r.Method, begun: time.Now(),
	}
	x.ctx, x.cancel = context.WithCancel(context.Background())
	head, bare := requestHeaders(r, l.crew.setup.Strip)
	if !bare && !x.http2 {
		// The answer may have to leave before the request has come.
		if err := x.out.EnableFullDuplex(); err != nil {
			http.Error(w, "this connection cannot carry a body", http.StatusInternalServerError)
			return
		}
	}
	l.do(func() {
		x.idle = time.AfterFunc(p.options.Idle, x.expire)
		x.stream = l.worker.Open(hostsim.StreamOptions{HTTP2: x.http2, Upstream: sink{x, x.up}, Client: sink{x, x.down}})
		l.live[x] = struct{}{}
		x.uploading, x.complete = !bare, bare
		x.stream.Headers(head, bare)
		if x.uploading {
			x.others.Add(1)
			go x.upload(r)
		}
		l.touch(x)
	})
	stop := context.AfterFunc(r.Context(), x.gone)
	err := x.download(w)
	stop()
	x.end()
	if err != nil {
		panic(http.ErrAbortHandler) // the client must see that the answer is not whole
	}
}

// end gives the connection back to net/http: nothing may touch it afterwards.
func (x *exchange) end() {
	x.gone() // if it is not over, the client does not take its answer
	x.others.Wait()
	x.loop.do(func() {
		x.left = true
		delete(x.loop.live, x)
	})
	x.idle.Stop()
	x.cancel()
}

// gone is the client closing its connection or its stream.
func (x *exchange) gone() { x.do(x.stream.Reset) }

// do runs an event of this exchange.
func (x *exchange) do(event func()) {
	x.loop.do(func() {
		event()
		x.loop.touch(x)
	})
}

// expire ends a stream on which nothing has moved for Options.Idle.
func (x *exchange) expire() {
	x.loop.do(func() {
		if x.left {
			return
		}
		if !x.settled {
			status := http.StatusGatewayTimeout
			if x.uploading {
				status = http.StatusRequestTimeout
			}
			x.stream.Fail(status, "stream_idle_timeout", "stream timeout")
			x.loop.touch(x)
			x.idle.Reset(linger) // for the client to take it
			return
		}
		now := time.Now()
		x.out.SetReadDeadline(now)
		x.out.SetWriteDeadline(now)
	})
}

// moved keeps expire away.
func (x *exchange) moved() { x.idle.Reset(x.proxy.options.Idle) }

// settle does what follows from an event for this exchange: called by the loop.
func (x *exchange) settle() {
	if x.up.hasHead() && !x.forwarded && !x.settled {
		x.forwarded = true
		x.others.Add(1)
		go x.forward()
	}
	if x.stream.Done() && !x.settled {
		x.settled = true
		x.proxy.log.add(x.entry())
		x.up.drop()
		x.down.breakOff()
		x.cancel()
		if x.uploading && !x.left {
			// Whoever reads the body must come back.
			deadline := time.Now()
			if !x.http2 && !x.stream.WasReset() {
				deadline = deadline.Add(linger)
			}
			x.out.SetReadDeadline(deadline)
		}
		return
	}
	x.up.publish()
	x.down.publish()
}

// sink has an exchange settled after the filters let something go.
type sink struct {
	x *exchange
	*flow
}

func (s sink) Headers(h *hostsim.Headers, end bool) {
	s.flow.Headers(h, end)
	s.x.loop.touch(s.x)
}

func (s sink) Data(p []byte, end bool) {
	s.flow.Data(p, end)
	s.x.loop.touch(s.x)
}

func (s sink) Trailers(t *hostsim.Headers) {
	s.flow.Trailers(t)
	s.x.loop.touch(s.x)
}
