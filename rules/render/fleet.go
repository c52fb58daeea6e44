package render

import (
	"strconv"
	"strings"
	"time"

	"github.com/mom-router/mom-router/rules/tree"
)

// Fleet is one budget over many proxies, which Envoy's rate limit service keeps.
type Fleet struct {
	Service address
	Header  word // that names whose budget it is
	Key     word // by which the service calls that
	Domain  word
	Timeout string
	Tokens  bool // are counted, and not what a request costs
	Used    bool // is charged at the end alone, and not the estimate first
	GoOn    bool // without the service
}

// fleet reads what is said of the budget over many proxies.
func (r *reader) fleet(n *tree.Node) *Fleet {
	f := &Fleet{Header: "x-tenant", Domain: "mom", Timeout: "0.25s"}
	if !r.Map(n, "service", "header", "domain", "count", "charge", "timeout", "without") {
		return f
	}
	if v := r.Required(n, "service", "name the rate limit service's HOST:PORT, such as ratelimit.internal:8081"); v != nil {
		f.Service = r.address(v, address{})
	}
	r.optional(n.Get("header"), func(n *tree.Node) (string, bool) {
		s, ok := r.Word(n)
		if s = strings.ToLower(s); ok && (strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" || s == "x-" || strings.HasPrefix(s, "x-mom-")) {
			r.Add(n, strconv.Quote(s)+" is no header that names a tenant", "name a request header that the proxy sets or removes from clients' requests, such as x-tenant")
		}
		return s, ok
	}, &f.Header)
	f.Key = word(strings.TrimPrefix(string(f.Header), "x-"))
	r.optional(n.Get("domain"), r.Word, &f.Domain)
	if v := n.Get("count"); v != nil {
		what, _ := r.OneOf(v, "count", []string{"cost", "tokens"})
		f.Tokens = what == "tokens"
	}
	if v := n.Get("charge"); v != nil {
		what, _ := r.OneOf(v, "way to charge", []string{"estimate", "used"})
		f.Used = what == "used"
	}
	if v := n.Get("without"); v != nil {
		what, _ := r.OneOf(v, "way to do without the service", []string{"refuse", "go_on"})
		f.GoOn = what == "go_on"
	}
	if v := n.Get("timeout"); v != nil {
		s, ok := r.Word(v)
		d, err := time.ParseDuration(s)
		if ok && (err != nil || d < time.Millisecond || d > time.Minute) {
			r.Add(v, strconv.Quote(s)+" is no time to wait for the service", "write 1ms to 60s, such as 250ms")
		}
		f.Timeout = strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
	}
	return f
}

// Fleet is the budget over many proxies, nil without one.
func (p *plan) Fleet() *Fleet { return p.fleet }

// First is what a request is charged with when it is decided, as a hits_addend.
func (f *Fleet) First() string {
	if f.Used {
		return "{number: 0}"
	}
	return f.addend("")
}

// Then is what it is charged with at its end.
func (f *Fleet) Then() string {
	if f.Used {
		return f.addend("")
	}
	return f.addend("_rest")
}

func (f *Fleet) addend(rest string) string {
	what := "cost"
	if f.Tokens {
		what = "tokens"
	}
	return `{format: "%FILTER_STATE(wasm.mom.` + what + rest + `:PLAIN)%"}`
}

// RateLimit is the name of the service's cluster. Istio's are among many others.
func (p *plan) RateLimit() string {
	if p.Form == Istio {
		return "mom-ratelimit"
	}
	return "ratelimit"
}
