package proxy

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/mom-router/mom-router/hostsim"
)

// rest is how often a worker with a failed VM is asked whether its back-off is over.
const rest = time.Second / 2

// crew is the workers of one Setup. Streams end with the crew that they began with, so that a new policy does not change
// the rules under a request.
type crew struct {
	proxy *Proxy
	setup Setup
	loops []*loop
	next  atomic.Uint32
	done  chan struct{} // closed when the last stream is over

	mu      sync.Mutex
	streams int
	retired bool
}

// hire starts the workers. The first one shows whether the module takes the configuration.
func (p *Proxy) hire(s Setup) (*crew, error) {
	c := &crew{proxy: p, setup: s, done: make(chan struct{})}
	c.loops = make([]*loop, p.options.Workers)
	errs := make([]error, len(c.loops))
	errs[0] = c.start(0)
	var wg sync.WaitGroup
	for i := 1; i < len(c.loops) && errs[0] == nil; i++ {
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
	l := newLoop(c)
	config.Wake = l.wake
	w, err := c.proxy.options.Module.Worker(config)
	if err != nil {
		return err
	}
	heard.Store(true)
	l.run(w)
	c.loops[slot] = l
	return nil
}

// enter gives a worker to a new stream: one without a failed VM, if there is one. leave must follow in any case.
func (c *crew) enter() *loop {
	c.mu.Lock()
	c.streams++
	c.mu.Unlock()
	n := uint32(len(c.loops))
	first := c.next.Add(1)
	for i := range n {
		if l := c.loops[(first+i)%n]; !l.down.Load() {
			return l
		}
	}
	return c.loops[first%n]
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
	for _, l := range c.loops {
		if l != nil {
			l.close()
		}
	}
}
