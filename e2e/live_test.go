package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
	"github.com/mom-router/mom-router/e2e/internal/crowd"
	"github.com/mom-router/mom-router/e2e/internal/envoy"
)

// live is what Envoy reads from files while it runs: a whole listener by LDS, and the filters of another one by ECDS.
type live struct {
	listener *envoy.Listener   // byLDS
	filters  *envoy.Listener   // byECDS, as a place to keep the filters' configurations
	files    map[string]string // by filter name, and that of the listener by byLDS
	versions int
	vm       string // the vm_id of the filters, if not the shipped one
}

// The policies that take turns: all they do is send everything to one model.
var (
	early = engine{"early", "GLM-4.7", glm.cluster}
	later = engine{"later", "Kimi-K2-Thinking", kimi.cluster}
)

// livePolicy is the plugin's configuration with a policy that sends everything to one model.
func livePolicy(mode string, to engine) string {
	return fmt.Sprintf(`{"policy":{"version":%q,"auto":["auto"],`+
		`"models":{%q:{"name":%q,"cluster":%q,"tier":1,"context":131072,"input":["text"]}},"default":{"model":%q}},`+
		`"hold":%q,"hold_timeout":"2m"}`, to.key, to.key, to.name, to.cluster, to.key, mode)
}

// goLive moves the listener byLDS and the filters of byECDS from the configuration to files.
func goLive(t *testing.T, x *envoy.Example, s *stand) *live {
	t.Helper()
	dir := t.TempDir()
	v := &live{files: map[string]string{byLDS: filepath.Join(dir, "listeners.json")}}
	v.listener = clone(t, x, byLDS)
	v.listener.Set("120s", "stream_idle_timeout")
	x.Detach(v.listener)
	x.ListenersFrom(v.files[byLDS])

	v.filters = clone(t, x, byECDS)
	x.Detach(v.filters)
	discovering := clone(t, x, byECDS)
	discovering.Set("120s", "stream_idle_timeout")
	for _, name := range s.filters {
		v.files[name] = filepath.Join(dir, name+".json")
		discovering.Discover(name, v.files[name])
	}
	v.publishListener(t, s, livePolicy(s.mode, early))
	v.publishFilters(t, s, livePolicy(s.mode, early))
	return v
}

// publishListener gives the first filter of byLDS a new configuration.
func (v *live) publishListener(t *testing.T, s *stand, configuration string) {
	t.Helper()
	v.listener.Configure(s.filters[0], configuration)
	if v.vm != "" {
		for _, name := range s.filters {
			v.listener.VM(name, v.vm)
		}
	}
	v.publish(t, byLDS, v.listener.Resource())
}

// publishFilters gives the first filter of byECDS a new configuration, and replaces the gate as well if there is one: it
// gets another name, since one that stays the same would be no update.
func (v *live) publishFilters(t *testing.T, s *stand, configuration string) {
	t.Helper()
	v.filters.Configure(s.filters[0], configuration)
	for i := len(s.filters) - 1; i >= 0; i-- { // whoever holds must be there before whoever is held for
		name := s.filters[i]
		if i > 0 {
			v.filters.Filter(name)["config"].(map[string]any)["name"] = fmt.Sprint(name, "-", v.versions)
		}
		v.publish(t, name, v.filters.FilterResource(name))
	}
}

func (v *live) publish(t *testing.T, file string, resource map[string]any) {
	t.Helper()
	v.versions++
	if err := envoy.Publish(v.files[file], fmt.Sprint(v.versions), resource); err != nil {
		t.Fatal(err)
	}
}

func liveUpdates(t *testing.T, s *stand) {
	for _, c := range []struct {
		listener, rejections string
		publish              func(*testing.T, *stand, string)
	}{
		{byLDS, "listener_manager.lds.update_rejected", s.live.publishListener},
		{byECDS, "extension_config_discovery.http_filter." + s.filters[0] + ".update_rejected", s.live.publishFilters},
	} {
		t.Run(c.listener, func(t *testing.T) {
			s.idle(t)
			held := s.holdAcross(t, c.listener, early)
			load := s.loadAcross(t, c.listener)
			s.comesInto(t, c.listener, early)

			c.publish(t, s, livePolicy(s.mode, later))
			s.comesInto(t, c.listener, later)

			// A typing error: the default is a model that is not there. Each listener has one of its own, because Envoy 1.36
			// remembers a configuration that a virtual machine has refused, and does not ask it for the reason again.
			typo := `"model":"no-` + c.listener + `"`
			rejected, logged := s.stat(t, c.rejections), len(s.envoy.Log())
			c.publish(t, s, strings.Replace(livePolicy(s.mode, early), `"default":{"model":"early"`, `"default":{`+typo, 1))
			eventually(t, "the bad policy is refused", func() bool { return s.stat(t, c.rejections) > rejected })
			eventually(t, "the log says why", func() bool {
				return strings.Contains(s.envoy.Log()[logged:], `$.policy.default.model: unknown model "no-`+c.listener)
			})
			s.comesInto(t, c.listener, later)

			c.publish(t, s, livePolicy(s.mode, early))
			s.comesInto(t, c.listener, early)
			c.publish(t, s, livePolicy(s.mode, later))
			s.comesInto(t, c.listener, later)

			if c.listener == byLDS {
				// A new module comes with a virtual machine of its own. (By ECDS that would part a pair for a moment.)
				s.live.vm = "next"
				c.publish(t, s, livePolicy(s.mode, early))
				s.comesInto(t, c.listener, early)
			}

			load()
			held()
			s.idle(t)
		})
	}
}

// comesInto waits until requests on connections of their own are decided by the policy with this model, and wants that to
// last: each worker learns of a policy by itself.
func (s *stand) comesInto(t *testing.T, listener string, to engine) {
	t.Helper()
	const lasting = 20
	inARow := 0
	eventually(t, "policy "+to.key+" is in force on "+listener, func() bool {
		if s.fresh(t, listener, protocols[inARow%2]) != to.cluster {
			inARow = 0
			return false
		}
		inARow++
		return inARow == lasting
	})
}

// fresh sends one request on a connection of its own and returns the cluster that answered.
func (s *stand) fresh(t *testing.T, listener, protocol string) string {
	t.Helper()
	c := s.newClient(t, listener, protocol)
	defer c.Close()
	r, _ := s.call(t, c, post(chat("auto", "Who are you?")))
	if r.Status != 200 {
		t.Errorf("status %d: %s", r.Status, r.Body)
	}
	return r.Header.Get(backend.ClusterHeader)
}

// loadAcross has clients ask without a pause until the function that it returns is called; that wants every request to
// have reached one of the two models with its body whole.
func (s *stand) loadAcross(t *testing.T, listener string) (finish func()) {
	const clients = 2 // of each protocol
	filler := strings.Repeat("All work and no play makes a dull day. ", 100)
	var stop atomic.Bool
	var sent, failed atomic.Int64
	var crowd crowd.Crowd
	for _, protocol := range protocols {
		c := s.client(t, listener, protocol)
		for i := range clients {
			crowd.Go(func() {
				for n := 0; !stop.Load() && failed.Load() < 10; n++ {
					m := post(chat("auto", filler[:n%len(filler)]))
					m.Framing = []client.Framing{client.Length, client.Chunked}[i%2]
					m.Chunk = 1 + n%5000
					r, err := s.whole(c, m, 200)
					if err == nil && answeredBy(r, early) != nil {
						err = answeredBy(r, later)
					}
					sent.Add(1)
					if err != nil {
						failed.Add(1)
						t.Errorf("over %s, body of %d bytes, framing %d, pieces of %d: %v", protocol, len(m.Body), m.Framing, m.Chunk, err)
					}
				}
			})
		}
	}
	return func() {
		t.Helper()
		eventually(t, "20 requests are sent", func() bool { return sent.Load() >= 20 || failed.Load() >= 10 })
		stop.Store(true)
		crowd.Wait()
		t.Logf("%d requests across the updates of %s", sent.Load(), listener)
	}
}

// holdAcross begins requests that stop in the middle of the body until the function that it returns is called; that wants
// them to be decided by the policy under which they began.
func (s *stand) holdAcross(t *testing.T, listener string, began engine) (finish func()) {
	t.Helper()
	going := make(chan struct{})
	var crowd crowd.Crowd
	total := int64(0)
	for _, protocol := range protocols {
		for _, framing := range []client.Framing{client.Length, client.Chunked} {
			m := post(chat("auto", strings.Repeat("All work and no play makes a dull day. ", 1000)))
			m.Framing, m.Cuts = framing, []int{20_000}
			m.Wait = func() { <-going }
			m, id := s.mark(m)
			c := s.client(t, listener, protocol)
			total++
			crowd.Go(func() {
				ctx, cancel := context.WithTimeout(context.Background(), 4*patience)
				defer cancel()
				r, err := c.Do(ctx, m)
				if err != nil || r.Status != 200 {
					t.Errorf("held across the update over %s, framing %d: %v, %v", protocol, framing, r, err)
					return
				}
				for _, got := range s.backends.Got(id) {
					if got.Cluster != began.cluster || got.Header.Get("x-mom-model") != began.name || got.Size != int64(len(m.Body)+len(began.name)-len("auto")) {
						t.Errorf("began under policy %q, but reached %s as %s with %d bytes", began.key, got.Cluster, got.Header.Get("x-mom-model"), got.Size)
					}
				}
			})
		}
	}
	eventually(t, "all requests are held", func() bool { return s.stat(t, activeGauge) == total })
	return func() {
		close(going)
		crowd.Wait()
	}
}
