package cli

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Progress tells on a terminal how far long work is: a bar, how many were done, how many a second, and how long the rest will take.
// It is silent anywhere else.
type Progress struct {
	w            io.Writer
	on           bool
	unit         string
	total        int64 // bytes, or whatever Show counts; 0 if that is not known
	begin, shown time.Time
	now          func() time.Time
}

// NewProgress begins to tell of some units, such as "requests".
func NewProgress(s Streams, unit string, total int64) *Progress {
	return &Progress{w: s.Err, on: s.Terminal, unit: unit, total: total, begin: time.Now(), now: time.Now}
}

// refresh is how often the bar moves.
const refresh = 200 * time.Millisecond

// Show says that so many units are done, and how much of the total that is. It may be called as often as one likes.
func (p *Progress) Show(count, done int64) {
	if !p.on {
		return
	}
	now := p.now()
	if now.Sub(p.shown) < refresh {
		return
	}
	p.shown = now
	took := now.Sub(p.begin)
	bar, left := "", ""
	if p.total > 0 {
		share := min(float64(done)/float64(p.total), 1)
		full := int(share * 30)
		bar = fmt.Sprintf("[%s%s] %3.0f %%  ", strings.Repeat("#", full), strings.Repeat(" ", 30-full), share*100)
		if share > 0 {
			left = fmt.Sprintf(", %v left", time.Duration(float64(took)*(1-share)/share).Round(time.Second))
		}
	}
	rate := ""
	if count > 0 {
		rate = fmt.Sprintf("%d %s, %.0f/s", count, p.unit, float64(count)/max(took.Seconds(), 0.001))
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s%s%s ", bar, rate, left)
}

// Clear takes the bar away, so that something else can stand there.
func (p *Progress) Clear() {
	if p.on && !p.shown.IsZero() {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = time.Time{}
	}
}
