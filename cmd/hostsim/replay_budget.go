package main

import "sync"

// budget bounds the bytes of the lines in flight.
type budget struct {
	mu        sync.Mutex
	freed     *sync.Cond
	max, used int
}

func newBudget(max int) *budget {
	b := &budget{max: max}
	b.freed = sync.NewCond(&b.mu)
	return b
}

// take waits for n bytes of room. A line alone always fits.
func (b *budget) take(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.used > 0 && b.used+n > b.max {
		b.freed.Wait()
	}
	b.used += n
}

func (b *budget) give(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	b.freed.Signal()
}
