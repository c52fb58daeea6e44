package rules

import "github.com/mom-router/mom-router/rules/expr"

// A conversation that changes its model throws away what the engine has cached of it. So the route is a fold over the user's messages: each one is
// routed alone, and what it asks for is compared with where the conversation stands. All of them stand in the request,
// so nothing has to be remembered: every worker, every proxy and every replay comes to the same answer. Results of tools are no messages of the user's, so
// nothing changes within a loop of tools.

// stay says whether a conversation keeps its model.
type stay uint8

const (
	stayNone    stay = iota // each message is routed alone
	stayUpgrade             // a message that asks for a stronger model gets it
	stayAlways              // the first message decides
)

// stayNames are the words of a policy for them.
var stayNames = []string{"none", "upgrade", "always"}

// conversation is what a policy says of conversations.
type conversation struct {
	stay      stay
	downAfter int   // messages in a row that ask for less, after which that is what the conversation gets
	moves     bool  // at a clear new topic it goes down at once
	topics    []int // the signals that tell one
}

// Reasons why a conversation is where it is after a message. They stand in records.
const (
	WhyFirst    = "first"     // it is the first message
	WhySame     = "same"      // it asks for the same model as those before
	WhyStronger = "stronger"  // moved: it asks for a stronger model
	WhyTopic    = "new_topic" // moved: it is about something else
	WhyDown     = "down"      // moved: it is one of so many in a row that ask for less
	WhyLess     = "less"      // stayed: it asks for less
	WhyAlways   = "always"    // stayed: the first message decides
	WhyCut      = "cut"       // stayed: the last message stands behind the window
	WhyUnfit    = "unfit"     // not stayed: no model of the route where the conversation stood may or can take the request
)

// Conversation says what the last user message of a request would have chosen alone, and why that is or is not what was chosen.
type Conversation struct {
	// Messages counts the user messages that the decision goes by. 0 means that it goes by none: by a guard, by the client, or by the last message alone.
	Messages int
	// Alone is the decision that the last message alone would have come to, and AloneModel its model's key.
	Alone, AloneModel string
	// Why is one of the reasons above.
	Why string
}

// standing is where a conversation stands after some of its messages.
type standing struct {
	route int
	why   string
	topic int // the last one that was told, a signal; noTopic if none was
	less  int // how many messages in a row ask for less
	most  int // the route of the strongest model among those that they ask for
}

// asks is the model that a route would choose first.
func (t *Table) asks(route int) *Model {
	if route == byDefault {
		return t.fallback[0].model
	}
	return t.routes[route].use[0].model
}

// hear goes on with one message of the user's that asks for a route.
func (t *Table) hear(s *standing, route, topic int) {
	was := s.topic
	if topic != noTopic {
		s.topic = topic
	}
	asked, held := t.asks(route), t.asks(s.route)
	switch {
	case asked == held:
		s.route, s.less, s.why = route, 0, WhySame
	case t.conversation.stay == stayAlways:
		s.why = WhyAlways
	case asked.Strength > held.Strength:
		s.route, s.less, s.why = route, 0, WhyStronger
	case topic != noTopic && was != noTopic && topic != was:
		s.route, s.less, s.why = route, 0, WhyTopic
	default:
		if s.less == 0 || asked.Strength > t.asks(s.most).Strength {
			s.most = route
		}
		if s.less++; s.less < t.conversation.downAfter {
			s.why = WhyLess
			return
		}
		s.route, s.less, s.why = s.most, 0, WhyDown
	}
}

// converse returns the route of a conversation, given that of its last message alone, and says in d why. What belongs to the request as a whole counts
// for all messages, so it moves a conversation at once: its size, its tools, its headers, and that it is a side call.
func (t *Table) converse(d *Decision, q *Query, alone int) int {
	if t.conversation.stay == stayNone || q.profiles.Len() == 0 {
		if q.stands != nil {
			return *q.stands
		}
		return alone
	}
	s := &q.standing
	t.fold(q, nil)
	if q.Facts.Open {
		s.why = WhyCut
	} else if s.route != alone && !t.fits(d, q, s.route) && t.fits(d, q, alone) {
		s.route, s.why = alone, WhyUnfit
	}
	d.Conversation = Conversation{Messages: q.profiles.Len(), Alone: t.routeName(alone), AloneModel: t.pick(d, q, alone).Key, Why: s.why}
	return s.route
}

// pick is the model that a route chooses for a request: the first candidate that nothing speaks against, else the default.
func (t *Table) pick(d *Decision, q *Query, route int) *Model {
	for _, c := range t.uses(route) {
		if t.objection(d, q, c.model) == "" {
			return c.model
		}
	}
	for _, c := range t.fallback {
		if t.objection(d, q, c.model) == "" {
			return c.model
		}
	}
	return t.fallback[0].model
}

// fits reports whether nothing speaks against what a route chooses for a request.
func (t *Table) fits(d *Decision, q *Query, route int) bool {
	m := t.pick(d, q, route)
	return t.objection(d, q, m) == ""
}

// fold goes over the messages of a conversation and leaves in q where it stands. each, which may be nil, is told after each of them by which route it
// would go alone.
func (t *Table) fold(q *Query, each func(i, alone int)) {
	s := &q.standing
	*s = standing{topic: noTopic}
	copy(q.scratch, q.Values)
	unsaid := expr.False
	if q.Facts.Uninspected {
		unsaid = expr.Unknown
	}
	route, topic := byDefault, noTopic
	for i := range q.profiles.Len() {
		if i == 0 || !q.profiles.Same(i, i-1) {
			q.profiles.Values(i, q.scratch, unsaid)
			route, topic = t.match(q.scratch), t.topic(q.scratch)
		}
		if i == 0 {
			s.route, s.topic, s.why = route, topic, WhyFirst
		} else {
			t.hear(s, route, topic)
		}
		if each != nil {
			each(i, route)
		}
	}
}

// noTopic stands for no signal.
const noTopic = -1

// topic is the first signal that says what a message is about, or noTopic.
func (t *Table) topic(values []expr.Value) int {
	for _, i := range t.conversation.topics {
		if values[i] == expr.True {
			return i
		}
	}
	return noTopic
}

// reason says in words why a conversation is where it is.
func (c *Conversation) reason() string {
	switch c.Why {
	case WhyFirst:
		return "begins"
	case WhySame:
		return "is there already"
	case WhyStronger:
		return "moves to a stronger model"
	case WhyTopic:
		return "moves to a new topic"
	case WhyDown:
		return "goes down to the strongest of what its last messages ask for"
	case WhyAlways:
		return "stays where it began"
	case WhyCut:
		return "stays, as its last message stands behind the window"
	case WhyUnfit:
		return "cannot stay"
	}
	return "stays, as the last message asks for less"
}

// explainConversation tells of every message.
func (t *Table) explainConversation(q *Query) (list []MessageResult) {
	t.fold(q, func(i, alone int) {
		s := &q.standing
		list = append(list, MessageResult{q.profiles.FollowUp(i), t.routeName(alone), t.asks(alone).Key, t.routeName(s.route), t.asks(s.route).Key, s.why})
	})
	return list
}
