package answer

// pass is Feed for a stream out of which something is taken: the event with the usage that ends it, and usages that are null. Whole events go on at
// once; of one that is not whole yet, and of one with usage while it may be the last one, at most MaxHeld bytes are held.
func (r *Reader) pass(p []byte, end bool) (out []byte, changed bool) {
	r.out = r.out[:0]
	changed = len(r.held) > 0
	start := 0
	for i := 0; i < len(p); {
		n, over := r.read(p, i, len(r.held)-r.waits-start)
		if i = n; !over {
			break
		}
		r.hold(p[start:i])
		changed = r.endEvent() || changed
		start = i
	}
	r.hold(p[start:])
	if end {
		if len(r.held) > r.waits || r.passes {
			changed = r.endEvent() || changed
		}
		r.held, changed = r.held[:0], changed || r.waits > 0 // the last event is the one that we have asked for
		r.waits = 0
	}
	if changed = changed || len(r.held) > 0; !changed {
		return nil, false
	}
	return r.out, true
}

// hold keeps more of the present event, unless it is too long.
func (r *Reader) hold(p []byte) {
	switch {
	case r.passes:
		r.out = append(r.out, p...)
	case len(r.held)+len(p) > MaxHeld:
		r.tooLong++
		r.out = append(append(r.out, r.held...), p...)
		r.held, r.waits, r.passes = r.held[:0], 0, len(p) > 0
	default:
		r.held = append(r.held, p...)
	}
}

// endEvent lets the present event go, or takes out of it what the client did not ask for, and reports whether the stream has become another one.
func (r *Reader) endEvent() (changed bool) {
	r.finishEvent()
	e, done := r.event, r.line.mark == len(doneMark)
	r.begin()
	if r.passes {
		r.passes = false
		return false
	}
	if done {
		changed = r.waits > 0
	} else {
		r.out = append(r.out, r.held[:r.waits]...)
	}
	own := r.held[r.waits:]
	r.waits = 0
	switch {
	case !done && e.choices && !e.choice && e.usages == 1 && !e.usage.invalid && !e.usage.twice:
		r.waits = copy(r.held, own)
		r.held = r.held[:r.waits]
		return changed
	case !done && e.to > 0:
		r.out = append(append(r.out, own[:e.from]...), own[e.to:]...)
		changed = true
	default:
		r.out = append(r.out, own...)
	}
	r.held = r.held[:0]
	return changed
}
