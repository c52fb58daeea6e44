package hostsim

import (
	"sync"
	"time"
)

// Clock gives the time to plugins and drives their ticks. Sleep is what a Worker does while nothing can
// happen before the next tick.
type Clock interface {
	Now() time.Time
	Sleep(time.Duration)
}

// SystemClock is the real time.
type SystemClock struct{}

// Now is time.Now.
func (SystemClock) Now() time.Time { return time.Now() }

// Sleep is time.Sleep.
func (SystemClock) Sleep(d time.Duration) { time.Sleep(d) }

// LeapClock runs like the real time, but Sleep leaps instead of waiting: timeouts are simulated at once.
// The zero value is ready. A Worker without a Clock has one.
type LeapClock struct {
	mu    sync.Mutex
	ahead time.Duration
}

// Now is the real time plus all leaps.
func (c *LeapClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// Sleep leaps.
func (c *LeapClock) Sleep(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += max(d, 0)
}

// FakeClock stands still except for Sleep, so that a test sees the same times in every run.
type FakeClock struct {
	mu  sync.Mutex
	now time.Time
}

// NewFakeClock makes a clock that stands at t.
func NewFakeClock(t time.Time) *FakeClock { return &FakeClock{now: t} }

// Now is where the clock stands.
func (c *FakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep moves the clock on.
func (c *FakeClock) Sleep(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
}
