package signal

import "github.com/mom-router/mom-router/rules/expr"

// A body may be longer than the window in which its route is decided. Then the route goes by what was read: the user message that
// is open, as far as it has come, else the last one that has ended. What was found in it is true. What was not may still come,
// so it is unknown.

// open reports whether the last user message is not known, nor anything that could stand for it.
func (in *Input) open() bool { return in.Facts.Open && !in.Cut }

// soFar is the value of a signal that goes by the last user message.
func (in *Input) soFar(found bool) expr.Value {
	if !found && in.Facts.Open {
		return expr.Unknown
	}
	return expr.Of(found)
}

// cut has the user message that is open, as far as it was read, stand for the last one until back is called. It reports whether
// there is one that says something.
func (st *State) cut() bool {
	if !st.partIsUsers && !st.msgIsUsers {
		return false
	}
	if st.open == nil {
		st.open = new(findings)
		*st.open = newFindings(st.set)
	}
	f := st.open
	f.clear()
	if !st.msgOnly && !st.keptOnly && !st.only {
		f.copyAll(&st.msg.words)
		f.copyAll(&st.part.words)
		f.copyAll(&st.str.words)
	}
	if st.used {
		f.copyAll(&st.msgKept)
		f.copyAll(&st.kept)
	}
	if f.counts.empty() || st.followsUp(f) {
		return false
	}
	f.patterns.addAll(&st.msg.patterns)
	f.patterns.addAll(&st.part.patterns)
	f.patterns.addAll(&st.str.patterns)
	st.last, st.open, st.rated = st.open, st.last, false
	return true
}

// back ends what cut has begun.
func (st *State) back() { st.last, st.open, st.rated = st.open, st.last, false }
