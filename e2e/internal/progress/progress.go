// Package progress tells on the standard error what a long command is doing: on one line of a terminal, or a line for each
// part elsewhere.
package progress

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// Line is the one that is told. It is safe for concurrent use.
type Line struct {
	terminal bool
	began    time.Time

	mu   sync.Mutex
	part string
}

// New begins to count the time.
func New() *Line {
	p := &Line{began: time.Now()}
	if info, err := os.Stderr.Stat(); err == nil {
		p.terminal = info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// Terminal reports whether there is one, whose line Say replaces.
func (p *Line) Terminal() bool { return p.terminal }

// Say tells what begins.
func (p *Line) Say(part string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s %s", p.clock(), part)
	} else if part != p.part {
		fmt.Fprintf(os.Stderr, "%s %s\n", p.clock(), part)
	}
	p.part = part
}

// Step tells how far a part is; only terminals show it.
func (p *Line) Step(n, of int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s %s %d/%d", p.clock(), p.part, n, of)
	}
}

// Keep tells something that is to stay.
func (p *Line) Keep(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s %s\n%s %s", p.clock(), text, p.clock(), p.part)
	} else {
		fmt.Fprintf(os.Stderr, "%s %s\n", p.clock(), text)
	}
}

// Done takes the line away.
func (p *Line) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal && p.part != "" {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
	p.part = ""
}

func (p *Line) clock() string {
	d := time.Since(p.began).Round(time.Second)
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}
