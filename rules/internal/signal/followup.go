package signal

import "github.com/mom-router/mom-router/rules/internal/text"

// A follow-up is a short message that says little by itself: "now make it shorter", "and in
// Python?", "继续". It keeps the route of the conversation that it belongs to, so whatever goes by
// the last user message goes by the message that the follow-up leans on; a keyword is looked for
// in both.

const (
	// followUpWords is the greatest length of a follow-up: longer messages speak for themselves.
	followUpWords = 16
	// followUpThreshold is the points that it takes.
	followUpThreshold = 3
	// creativePoints are the points of cues with which a message asks for a story of its own.
	creativePoints = 3
	// questionPoints are those of cues with which a message asks for a fact of its own.
	questionPoints = 4
	// workPoints are what a message gets between whose like tools have worked: there people talk about the work, and seldom change the subject.
	workPoints = 2
)

// followsUp reports whether a user message is a follow-up to those before.
func (st *State) followsUp(f *findings) bool {
	words := f.counts.length()
	if words > followUpWords || f.counts.marks.Count[text.MarkNewline] > 1 || st.last.counts.empty() {
		return false
	}
	s := f.sum(st.set)
	points := s.points[classFollowUp]
	// The shorter, the less it can stand alone; a term of a domain, a story to be written or a question for a fact
	// speaks for a matter of its own.
	cues := points
	switch {
	case words <= 2:
		points += 3
	case words <= 4:
		points += 2
	case words <= 6:
		points++
	case words > 12:
		points -= 2
	case words > 8:
		points--
	}
	own := int32(0)
	for _, n := range s.points[:classHistory+1] {
		own = max(own, n)
	}
	switch {
	case own >= 3:
		points -= 2
	case st.worked:
		points += workPoints
	}
	if s.points[classCreative] >= creativePoints {
		points -= 2
	}
	if s.points[classFast] >= questionPoints && cues < 2 {
		points--
	}
	return points >= followUpThreshold
}

// FollowUps is how many of the newest user messages are follow-ups and so count to the one before
// them: signals of the last user message go by all of these.
func (st *State) FollowUps() int { return st.followUps }
