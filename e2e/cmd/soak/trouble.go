package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/mom-router/mom-router/e2e/internal/backend"
	"github.com/mom-router/mom-router/e2e/internal/client"
)

// probe is a request whose cluster tells the two policies apart.
var probe = `{"model":"auto","messages":[` + turn("user", "Who are you?") + `]}`

// chatPath is the path of the probes.
const chatPath = "/v1/chat/completions"

// probed is the cluster that answers a probe on a connection of its own; "" if it is answered 503.
func (s *stand) probed(listener string, http2 bool) (string, error) {
	c := s.client(listener, http2)
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	j := job{}
	j.post(probe)
	r, err := c.Do(ctx, j.message)
	switch {
	case err != nil:
		return "", fmt.Errorf("a probe of %s has no answer: %w", listener, err)
	case r.Status != 200 && r.Status != 503:
		return "", fmt.Errorf("a probe of %s is answered %d %s", listener, r.Status, errorCode(r))
	}
	return r.Header.Get(backend.ClusterHeader), nil
}

// inARow is how many connections one after the other must show a state, so that all workers have it: the kernel gives each
// to a worker by chance.
const inARow = 24

// comesInto waits until a listener is decided by a policy, on all workers. Anything but one of both policies is wrong.
func (s *stand) comesInto(ctx context.Context, u *updated, p *policy) error {
	want := p.ask(chatPath, 0, []byte(probe)).cluster
	other := s.first.ask(chatPath, 0, []byte(probe)).cluster
	if other == want {
		other = s.next.ask(chatPath, 0, []byte(probe)).cluster
	}
	seen := 0
	return eventually(ctx, fmt.Sprintf("policy %q is in force on %s", p.name, u.listener), func() (bool, error) {
		for seen < inARow {
			got, err := s.probed(u.listener, seen%2 == 1)
			if err != nil {
				return false, err
			}
			if got != want && got != other {
				return false, fmt.Errorf("while a policy comes into force on %s, a request reaches %q", u.listener, got)
			}
			if seen++; got != want {
				seen = 0
				return false, nil
			}
		}
		return true, nil
	})
}

// update replaces policies until ctx ends: each listener in turn gets the other policy or, now and then, one that must be
// refused while the running one stays.
func (d *driver) update(ctx context.Context, every time.Duration) error {
	const badEach = 3 // updates: no multiple of the listeners, so that each gets its share
	for n := 0; pause(ctx, every); n++ {
		u := d.updated[n%len(d.updated)]
		var err error
		if n%badEach == badEach-1 {
			err = d.refuse(ctx, u, n)
		} else {
			err = d.replace(ctx, u)
		}
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("update %d, of %s: %w", n+1, u.listener, err)
		}
	}
	return nil
}

// replace gives a listener the policy that it has not.
func (d *driver) replace(ctx context.Context, u *updated) error {
	to := d.first
	if u.inForce == d.first {
		to = d.next
	}
	u.policies.set([]*policy{u.inForce, to})
	if err := u.publish(to.configuration(u.mode, "")); err != nil {
		return err
	}
	d.tally.event(updateEvent)
	if err := d.comesInto(ctx, u, to); err != nil {
		return err
	}
	u.inForce = to
	u.policies.set([]*policy{to})
	d.tally.count(&d.tally.updates)
	return nil
}

// refuse gives a listener a policy with a mistake. The requests under way are judged by the running one alone.
func (d *driver) refuse(ctx context.Context, u *updated, n int) error {
	rejections := "extension_config_discovery.http_filter." + u.filters[0] + ".update_rejected"
	before, err := total(d.envoy, rejections)
	if err != nil {
		return err
	}
	unknown := fmt.Sprint("no-", n)
	bad := strings.Replace(d.next.text, `"default":{"model":"glm-4.7"`, `"default":{"model":"`+unknown+`"`, 1)
	if bad == d.next.text {
		return errors.New("the policy that takes turns has no default to put a mistake into")
	}
	wrong := &policy{text: bad}
	if err := u.publish(wrong.configuration(u.mode, "")); err != nil {
		return err
	}
	d.tally.event(refusedEvent)
	err = eventually(ctx, "the policy with a mistake is refused", func() (bool, error) {
		now, err := total(d.envoy, rejections)
		return now > before, err
	})
	if err != nil {
		return err
	}
	err = eventually(ctx, "Envoy's log says why the policy is refused", func() (bool, error) {
		return strings.Contains(d.envoy.Log(), `$.policy.default.model: unknown model "`+unknown+`"`), nil
	})
	if err != nil {
		return err
	}
	if err := d.comesInto(ctx, u, u.inForce); err != nil {
		return err
	}
	d.tally.count(&d.tally.refusedUpdates)
	return nil
}

// crash ends the VM of the failing Envoy until ctx ends, in turn in each way that no program recovers from, and wants service
// to return by itself. Before each, a request panics, which is to end nothing but itself.
func (d *driver) crash(ctx context.Context, every time.Duration) error {
	ways := []string{"lock", "stack", "memory"}
	for n := 0; pause(ctx, every); n++ {
		way := ways[n%len(ways)]
		if err := d.crashOnce(ctx, way); err != nil && ctx.Err() == nil {
			return fmt.Errorf("crash %d (%s): %w", n+1, way, err)
		}
	}
	return nil
}

func (d *driver) crashOnce(ctx context.Context, way string) error {
	if err := d.fails("index"); err != nil {
		return err
	}
	d.crashes.set(true)
	d.tally.event(crashEvent)
	release, err := d.hold()
	if err != nil {
		return err
	}
	if err := d.fails(way); err != nil {
		return err
	}
	d.tally.count(&d.tally.crashes)
	if err := release(); err != nil {
		return err
	}
	want := d.first.ask(chatPath, 0, []byte(probe)).cluster
	seen := 0
	err = eventually(ctx, "service returns", func() (bool, error) {
		got, err := d.probed(failing, seen%2 == 1)
		if got != "" && got != want {
			return false, fmt.Errorf("after the crash a request reaches %q", got)
		}
		if seen++; got == "" {
			seen = 0
		}
		return seen == inARow, err
	})
	if err != nil {
		return err
	}
	d.crashes.set(false)
	d.tally.count(&d.tally.returns)
	return nil
}

// hold begins a request that waits for the function that it returns: which wants a 503, or what is right where the request has
// reached the module only after the crash.
func (d *driver) hold() (release func() error, err error) {
	j := &job{kind: "held across a crash", listener: failing}
	j.post(probe)
	held, last, answered := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	j.message.Chunk = len(probe)/2 + 1
	j.message.Wait = func() { close(held); <-last }
	id := "held-" + fmt.Sprint(d.held.Add(1))
	go func() {
		r, err := d.send(j, j.message, id)
		got := d.backends.Take(id)
		switch {
		case err != nil:
			err = fmt.Errorf("the request that was held meanwhile: %w", err)
		case r.Status == 503:
			d.tally.count(&d.tally.away)
			err = arrived(got)
		default:
			err = d.first.ask(chatPath, 0, []byte(probe)).check(j, r, got)
		}
		answered <- err
	}()
	select {
	case <-held:
	case err := <-answered:
		return nil, fmt.Errorf("a request was answered before all of it was sent: %v", err)
	}
	return func() error { close(last); return <-answered }, nil
}

// fails sends a request that has the module fail in the body's callback (plugin/crash_on.go).
func (d *driver) fails(how string) error {
	c := client.NewHTTP1(d.addresses[failing])
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	j := job{}
	j.post(talk(rand.New(rand.NewPCG(1, 1))))
	id := "crash-" + how
	j.message.Path += "?crash=" + how + "@body"
	j.message.Header = append(j.message.Header, [2]string{backend.CaseHeader, id})
	r, err := c.Do(ctx, j.message)
	if err != nil {
		return fmt.Errorf("the request that fails (%s) has no answer, and is to have a 503: %w", how, err)
	}
	if got := d.backends.Take(id); r.Status != 503 || len(got) > 0 {
		return fmt.Errorf("the request that fails (%s) is answered %d and reaches %d engines, want 503 and none", how, r.Status, len(got))
	}
	return nil
}

// pause waits; false says that ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
