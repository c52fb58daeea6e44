package proxy

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/mom-router/mom-router/hostsim"
)

// Options are what a Proxy keeps for its life.
type Options struct {
	Module  *hostsim.Module
	Workers int // VMs at work at the same time; 0: 1
	// Idle is how long nothing may move on a stream before it ends: with 408 while the request is incomplete, with 504
	// while the backend does not answer, cut short after that. 0: five minutes, Envoy's stream_idle_timeout.
	Idle time.Duration
	// Connect bounds the time to connect to a backend. 0: two seconds.
	Connect   time.Duration
	AccessLog io.Writer         // gets one line a request; nil: none
	Say       func(line string) // gets what the operator should know; nil: nothing
}

// Setup is what can be replaced while the Proxy runs.
type Setup struct {
	Config   hostsim.Config      // the filters; nil for Clock and Call: the system's, and calls to Clusters
	Clusters map[string]*url.URL // where each cluster's engine is: scheme and host only
	// ClusterHeader is the request header by which the filters name the cluster; "": x-cluster. A request without it
	// goes to the cluster "*" if there is one, else it is answered with 404.
	ClusterHeader string
	// Strip is the beginning of the names of headers that are taken away from clients before any filter sees them; "": none.
	Strip string
}

// Proxy is an http.Handler that sends requests through the filters to the clusters. It is safe for use by many goroutines.
type Proxy struct {
	options   Options
	transport *http.Transport
	log       *accessLog

	mu   sync.Mutex
	crew *crew // nil before Use and after Close
}

// New makes a Proxy, which answers 503 until Use has given it a Setup.
func New(o Options) *Proxy {
	o.Workers = max(o.Workers, 1)
	if o.Idle == 0 {
		o.Idle = 5 * time.Minute
	}
	if o.Connect == 0 {
		o.Connect = 2 * time.Second
	}
	if o.Say == nil {
		o.Say = func(string) {}
	}
	p := &Proxy{options: o, transport: newTransport(o.Connect)}
	if o.AccessLog != nil {
		p.log = newAccessLog(o.AccessLog, p.say)
	}
	return p
}

func (p *Proxy) say(line string) { p.options.Say(line) }

// Use has new requests go by s. Those that are under way end by the Setup that they began with. The error, a
// *hostsim.Refused if the module does not take the configuration, leaves everything as it was.
func (p *Proxy) Use(s Setup) error {
	if s.ClusterHeader == "" {
		s.ClusterHeader = "x-cluster"
	}
	if s.Config.Clock == nil {
		s.Config.Clock = hostsim.SystemClock{}
	}
	if s.Config.Call == nil {
		s.Config.Call = p.options.Module.Host().HTTPCalls(s.Clusters)
	}
	s.Config.Route = s.route
	c, err := p.hire(s)
	if err != nil {
		return err
	}
	p.mu.Lock()
	old := p.crew
	p.crew = c
	p.mu.Unlock()
	if old != nil {
		old.retire()
	}
	return nil
}

// route is the router's choice. All routes keep what they send, as those with a retry policy do.
func (s *Setup) route(h *hostsim.Headers) hostsim.Route {
	cluster := h.Value(s.ClusterHeader)
	if cluster == "" && s.Clusters["*"] != nil {
		cluster = "*"
	}
	_, upgrade := h.Get("upgrade")
	switch {
	case h.Value(":method") == http.MethodConnect: // no route has a connect_matcher
		return hostsim.Route{Status: 404, Details: "route_not_found"}
	case upgrade: // a tunnel: not with these filters
		return hostsim.Route{Status: 403, Details: "upgrade_failed"}
	case cluster == "":
		return hostsim.Route{Status: 404, Details: "route_not_found"}
	case s.Clusters[cluster] == nil:
		return hostsim.Route{Cluster: cluster, Status: 503, Details: "cluster_not_found"}
	}
	return hostsim.Route{Cluster: cluster, Again: true}
}

// enter gives a worker to a new stream; leave must be called when the stream is over. The worker is nil if there is none.
func (p *Proxy) enter() (l *loop, leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.crew == nil {
		return nil, func() {}
	}
	return p.crew.enter(), p.crew.leave
}

// Close ends the workers once their streams are over, and writes what is left of the access log. Whatever was under way
// has a second to notice.
func (p *Proxy) Close() {
	p.mu.Lock()
	old := p.crew
	p.crew = nil
	p.mu.Unlock()
	if old != nil {
		old.retire()
		select {
		case <-old.done:
		case <-time.After(linger):
		}
	}
	p.transport.CloseIdleConnections()
	if p.log != nil {
		p.log.close()
	}
}

// ErrCut is what Serve returns if requests were under way when the time for them was over.
var ErrCut = errors.New("requests were cut off")

// Serve answers the connections of l until ctx is done, then lets the requests under way end, but not for longer than
// grace, nor after now is closed (nil: never). The error is nil when all of them ended, ErrCut when some did not.
func (p *Proxy) Serve(ctx context.Context, l net.Listener, grace time.Duration, now <-chan struct{}) error {
	server := &http.Server{
		Handler:           p,
		Protocols:         new(http.Protocols),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    60 << 10,                   // Envoy's max_request_headers_kb; net/http adds 4 KiB of its own
		ErrorLog:          log.New(io.Discard, "", 0), // about single connections: the access log says it better
	}
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetUnencryptedHTTP2(true)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	go func() {
		select {
		case <-now:
			cancel()
		case <-last.Done():
		}
	}()
	if server.Shutdown(last) != nil {
		server.Close()
		return ErrCut
	}
	return nil
}
