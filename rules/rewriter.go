package rules

import (
	"math"

	"github.com/mom-router/mom-router/rules/prompt"
)

// Rewriter rewrites a body that was decided on, and perhaps edited for the chosen model, for a stand-in: it names that, and asks it for reasoning in its
// own way. It looks for nothing else. Like a Session it takes the body chunk by chunk, and knows all that changes its length at the end of the document or after the window.
// It is not safe for concurrent use.
type Rewriter struct {
	reader  *prompt.Reader
	in      StandIn
	window  int64
	read    int64
	settled bool
}

// NewRewriter returns a Rewriter for bodies that sessions of the table have decided on.
func (t *Table) NewRewriter() *Rewriter {
	return &Rewriter{reader: prompt.NewReader(t.readerOptions())}
}

// Reset makes it ready for a body. A window of 0 or less means the default.
func (w *Rewriter) Reset(shape prompt.Shape, window int64, in *StandIn) {
	if window <= 0 {
		window = DefaultWindow
	}
	w.reader.Reset(shape, deaf{})
	w.in, w.window, w.read, w.settled = *in, window, 0, false
}

// Feed reads the next bytes. An error says that the body is none that was decided on.
func (w *Rewriter) Feed(p []byte) error {
	if !w.settled {
		head := p[:min(int64(len(p)), w.window-w.read)]
		p = p[len(head):]
		w.read += int64(len(head))
		if err := w.reader.Feed(head); err != nil {
			return err
		}
		if !w.reader.Complete() && w.read < w.window {
			return nil
		}
		if err := w.settle(); err != nil {
			return err
		}
	}
	return w.reader.Feed(p)
}

// settle works out the edits.
func (w *Rewriter) settle() error {
	w.settled = true
	if err := w.reader.Settle(math.MaxInt); err != nil {
		return err
	}
	return w.reader.Edit(prompt.Edit{Model: w.in.Model.Name, Reasoning: w.in.Members, KeepReasoning: w.in.KeepReasoning, AcceptModel: anyName})
}

// anyName accepts a late model's name: it was accepted before.
func anyName(string) bool { return true }

// Close says that the body has ended.
func (w *Rewriter) Close() error {
	if err := w.reader.Close(); err != nil || w.settled {
		return err
	}
	return w.settle()
}

// Settled reports whether it is known by how much the body's length changes.
func (w *Rewriter) Settled() bool { return w.settled }

// Delta is that.
func (w *Rewriter) Delta() int64 { return w.reader.Delta() }

// Take returns the edits found since the last call and the offset up to which the body may be let go. See prompt.Reader.
func (w *Rewriter) Take() (splices []prompt.Splice, safe int64) { return w.reader.Take() }

// Kept is how much memory in bytes the body has made it take beyond what every one has.
func (w *Rewriter) Kept() int64 { return w.reader.Kept() }

// deaf hears nothing.
type deaf struct{}

func (deaf) BeginText(prompt.Whose)   {}
func (deaf) Text([]byte, int64, bool) {}
func (deaf) EndText(bool)             {}
func (deaf) EndPart(prompt.Part)      {}
func (deaf) EndMessage(prompt.Role)   {}
