package proxy

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mom-router/mom-router/hostsim"
)

// rest is the shortest time between two starts of a worker whose VM keeps failing.
const rest = time.Second

// crew is the workers of one Setup. Streams end with the crew that they began with, so that a new policy does not change
// the rules under a request.
type crew struct {
	proxy *Proxy
	setup Setup
	slots []atomic.Pointer[loop] // nil while a failed worker is being replaced
	begun []time.Time            // when each was started
	next  atomic.Uint32
	done  chan struct{} // closed when no worker is to be started any more

	mu      sync.Mutex
	streams int
	retired bool
}

// hire starts the workers. The first one shows whether the module takes the configuration.
func (p *Proxy) hire(s Setup) (*crew, error) {
	c := &crew{proxy: p, setup: s, done: make(chan struct{})}
	c.slots = make([]atomic.Pointer[loop], p.options.Workers)
	c.begun = make([]time.Time, p.options.Workers)
	errs := make([]error, len(c.slots))
	errs[0] = c.start(0)
	var wg sync.WaitGroup
	for i := 1; i < len(c.slots) && errs[0] == nil; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = c.start(i)
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// start starts the worker of a slot. All say the same while they are configured, so only the first one is heard.
func (c *crew) start(slot int) error {
	config := c.setup.Config
	log := config.Log
	var heard atomic.Bool
	heard.Store(slot == 0)
	config.Log = func(level hostsim.Level, plugin, message string) {
		if log != nil && heard.Load() {
			log(level, plugin, message)
		}
	}
	c.begun[slot] = time.Now()
	w, err := c.proxy.options.Module.Worker(config)
	if err != nil {
		return err
	}
	heard.Store(true)
	c.slots[slot].Store(newLoop(c, w))
	return nil
}

// broke replaces a worker whose VM has failed, as Envoy does under FAIL_RELOAD. It does not block.
func (c *crew) broke(l *loop, trap error) {
	for i := range c.slots {
		if !c.slots[i].CompareAndSwap(l, nil) {
			continue
		}
		c.proxy.say(fmt.Sprintf("the module trapped, its requests get 503: %v", trap))
		go c.replace(i)
	}
}

func (c *crew) replace(slot int) {
	for {
		select {
		case <-time.After(time.Until(c.begun[slot].Add(rest))):
		case <-c.done:
			return
		}
		err := c.start(slot)
		if err == nil {
			break
		}
		c.proxy.say(fmt.Sprintf("cannot start a worker in the place of the one that trapped: %v", err))
	}
	select {
	case <-c.done: // it came too late
		c.slots[slot].Load().close()
	default:
	}
}

// enter gives a worker to a new stream, or nil if all have failed. leave must follow in any case.
func (c *crew) enter() *loop {
	c.mu.Lock()
	c.streams++
	c.mu.Unlock()
	n := uint32(len(c.slots))
	first := c.next.Add(1)
	for i := range n {
		if l := c.slots[(first+i)%n].Load(); l != nil {
			return l
		}
	}
	return nil
}

// leave ends a stream. The last one of a retired crew ends the crew.
func (c *crew) leave() {
	c.mu.Lock()
	c.streams--
	last := c.retired && c.streams == 0
	c.mu.Unlock()
	if last {
		c.close()
	}
}

// retire has the crew end with its last stream. No new ones may come.
func (c *crew) retire() {
	c.mu.Lock()
	c.retired = true
	last := c.streams == 0
	c.mu.Unlock()
	if last {
		c.close()
	}
}

func (c *crew) close() {
	close(c.done)
	for i := range c.slots {
		if l := c.slots[i].Load(); l != nil {
			l.close()
		}
	}
}
