// Package crowd has many do something at once.
package crowd

import "sync"

// Crowd is a sync.WaitGroup that starts what it waits for. (Go 1.25 has that; the project builds with 1.24.)
type Crowd struct{ sync.WaitGroup }

// Go calls f in a goroutine of its own.
func (c *Crowd) Go(f func()) {
	c.Add(1)
	go func() {
		defer c.Done()
		f()
	}()
}
