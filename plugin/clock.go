//go:build wasip1

package main

import "time"

// clock tells the time with one host call a reading, where time.Now needs two: the time of day is reckoned from a
// fixed point, which is taken anew at every tick so that corrections of the host's clock are followed.
type clock struct{ origin time.Time }

// set takes the fixed point. Readings from before and after it cannot be compared.
func (c *clock) set() { c.origin = time.Now() }

// now is the time since the fixed point.
func (c *clock) now() time.Duration { return time.Since(c.origin) }

// date is the time of day of a reading.
func (c *clock) date(reading time.Duration) time.Time { return c.origin.Add(reading) }
