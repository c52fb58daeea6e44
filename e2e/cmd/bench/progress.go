package main

import (
	"fmt"
	"os"
	"time"
)

// progress tells on the standard error what is going on: on one line of a terminal, or a line for each part elsewhere.
type progress struct {
	terminal bool
	began    time.Time
	part     string
}

func newProgress() *progress {
	p := &progress{began: time.Now()}
	if info, err := os.Stderr.Stat(); err == nil {
		p.terminal = info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// say tells what begins.
func (p *progress) say(part string) {
	if p.terminal {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s %s", p.clock(), part)
	} else if part != p.part {
		fmt.Fprintf(os.Stderr, "%s %s\n", p.clock(), part)
	}
	p.part = part
}

// step tells how far a part is; only terminals show it.
func (p *progress) step(n, of int) {
	if p.terminal {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s %s %d/%d", p.clock(), p.part, n, of)
	}
}

func (p *progress) done() {
	if p.terminal && p.part != "" {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
	p.part = ""
}

func (p *progress) clock() string {
	d := time.Since(p.began).Round(time.Second)
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}
