package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// progress is a bar on a terminal, and nothing anywhere else.
type progress struct {
	w            io.Writer
	on           bool
	total, bytes int64
	count        int
	begin, shown time.Time
}

func newProgress(s streams, total int64) *progress {
	return &progress{w: s.err, on: s.terminal, total: total, begin: time.Now()}
}

// add counts a request of n bytes of input.
func (p *progress) add(n int) {
	if !p.on {
		return
	}
	p.count++
	p.bytes += int64(n)
	if p.count%64 != 0 {
		return
	}
	if now := time.Now(); now.Sub(p.shown) > 200*time.Millisecond {
		p.shown = now
		p.show(now)
	}
}

func (p *progress) show(now time.Time) {
	rate := float64(p.count) / max(now.Sub(p.begin).Seconds(), 0.001)
	bar := ""
	if p.total > 0 {
		done := min(float64(p.bytes)/float64(p.total), 1)
		full := int(done * 30)
		bar = fmt.Sprintf("[%s%s] %3.0f %%  ", strings.Repeat("#", full), strings.Repeat(" ", 30-full), done*100)
	}
	fmt.Fprintf(p.w, "\r%s%d requests, %.0f/s ", bar, p.count, rate)
}

// clear takes the bar away, so that a message can stand there.
func (p *progress) clear() {
	if p.on && !p.shown.IsZero() {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", 78))
		p.shown = time.Time{}
	}
}

func (p *progress) finish() { p.clear() }
