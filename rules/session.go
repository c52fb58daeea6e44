package rules

import (
	"math"
	"slices"
	"unsafe"

	"github.com/mom-router/mom-router/internal/paths"
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/internal/signal"
	"github.com/mom-router/mom-router/rules/prompt"
)

// DefaultWindow is how many bytes of a body are read before the route is
// decided, unless the configuration says otherwise.
const DefaultWindow = 512 << 10

// reviewEvery is how many bytes of a body beyond the window pass between two
// looks at the guards; the end of the document is looked at in any case, so
// nothing complete gets by. Being a fixed grid, it makes a late denial independent
// of the chunks, too.
const reviewEvery = 16 << 10

// Session evaluates the body of one request, chunk by chunk, against a Table.
// The decision falls at the end of the JSON document or on exactly the first
// window bytes, whichever comes first, and so does not depend on how the body
// is cut. What comes later is still read: it can only turn the decision into a
// denial. A Session is not safe for concurrent use.
type Session struct {
	// Header looks up a request header for signals that trust one; may be nil.
	Header func(name string) (string, bool)
	// Live tells what the proxy has measured; may be nil.
	Live Live

	// StandIns says that decisions shall tell which other models may answer.
	StandIns bool

	means
	mapped   []*Model // of the path, if the policy maps it
	counts   bool
	grant    *Grant       // see there
	unread   []expr.Value // guarded, or nil
	query    Query        // a field, as the verdict: no garbage
	verdict  Decision
	shape    prompt.Shape
	window   int64
	known    bool  // the signals were worked out
	read     int64 // bytes fed
	reviewed int64 // the offset of the last look at the guards
	decision *Decision
	param    string
	offset   int64        // of the mistake, in a body that was refused
	input    signal.Input // of the signals; a field, so that it is no garbage
	keying   keying
	keyed    bool   // keys are made
	shares   bool   // by keys of the policy's own, which nobody gets to see
	context  []byte // see Remember
	memory   *Memory
	tenant   string // whose memory it is
	topic    topic

	companionship
}

// means are what a session reads and decides with.
type means struct {
	table   *Table
	reader  *prompt.Reader
	state   *signal.State
	values  []expr.Value
	scratch []expr.Value // of one message
	guarded []expr.Value // as guards know them where something was not read again
	sizes   []int64      // by family of tokenizers
	order   []candidate
}

// NewSession returns a session for one request of the given shape with the
// default window.
func (t *Table) NewSession(shape prompt.Shape) *Session {
	s := &Session{means: t.newMeans()}
	s.Reset(shape, DefaultWindow)
	return s
}

func (t *Table) newMeans() means {
	m := means{
		table:   t,
		reader:  prompt.NewReader(t.readerOptions()),
		state:   t.Signals().NewState(),
		values:  make([]expr.Value, t.Signals().Len()),
		scratch: make([]expr.Value, t.Signals().Len()),
		guarded: make([]expr.Value, t.Signals().Len()),
		sizes:   make([]int64, len(signal.Families)),
	}
	if t.objectives.shares != nil {
		m.order = make([]candidate, 0, maxModels)
	}
	return m
}

// Reset makes the session ready for another request. A window of 0 or less
// means the default.
func (s *Session) Reset(shape prompt.Shape, window int64) {
	if window <= 0 {
		window = DefaultWindow
	}
	s.shape, s.window, s.read, s.reviewed = shape, window, 0, 0
	s.decision, s.param, s.offset, s.Header, s.Live, s.StandIns = nil, "", 0, nil, nil, false
	s.keyed, s.shares = false, false
	s.mapped, s.counts, s.known, s.grant = nil, false, false, nil
	s.topic = topic{}
	s.memory, s.tenant = nil, ""
	if s.resetCompanionship(); s.follows {
		return
	}
	s.begin()
}

// begin makes what reads ready.
func (s *Session) begin() {
	s.state.Reset()
	s.reader.Reset(s.shape, s.state)
	if keys := s.table.objectives.shares; keys != nil {
		s.Key(keys, "", "")
		s.shares = true
	}
}

// Serve says which path, without its query, the request is for, after Reset with the shape that Table.Call gives for it. Without it, the
// request is the one that the shape is the body of.
func (s *Session) Serve(path string) {
	s.mapped, s.counts = s.table.mapped[path], paths.Counts(path)
}

// Feed reads the next bytes of the body and returns the decision so far: nil
// while more bytes are needed.
func (s *Session) Feed(p []byte) *Decision {
	for n := s.feed(p, math.MaxInt); n < len(p); {
		n += s.feed(p[n:], math.MaxInt)
	}
	return s.decision
}

// FeedPart is Feed for those who must not work for long at a time. What a Memory had kept unread until its end was known is not read at once
// but most bytes of it with each call. It returns how many bytes of p were taken: not all while the session is Behind, nor where a companion that it has read for goes on alone. units is about how much
// work that was, in bytes of plain prose.
func (s *Session) FeedPart(p []byte, most int) (n int, units int64) {
	before := s.worked()
	n = s.feed(p, most)
	return n, s.worked() - before
}

// worked is how much work there has been, with what a companion has read behind the session.
func (s *Session) worked() int64 {
	work := s.reader.Worked() + s.state.Work()
	if c := s.companion; c != nil && c.catches != nil {
		s.behind = c.reader.Worked() + c.state.Work()
	}
	return work + s.behind
}

// Behind reports whether bytes that were taken are still to be read by FeedPart, perhaps with nothing more to take. There is no decision before, nor a later denial.
func (s *Session) Behind() bool { return !s.denied() && (s.reader.Behind() || s.followed()) }

func (s *Session) feed(p []byte, most int) (n int) {
	if s.lead != nil {
		return s.lead.feed(p, most)
	}
	for !s.denied() && (n < len(p) || s.reader.Behind() || s.followed()) {
		if s.followed() {
			s.catchUp(most)
			return n
		}
		look := s.window
		if s.decision != nil {
			look = s.reviewed + reviewEvery
		}
		head := p[n:]
		head = head[:min(int64(len(head)), look-s.read)]
		took, err := s.reader.FeedPart(head, most)
		n += took
		s.read += int64(took)
		if s.keep(head, took, err); err != nil {
			// What is wrong only behind the document comes after the decision, as it does where a cut lies between them.
			if s.decision == nil && s.reader.Ended() {
				if s.parts(true) {
					s.mistake = err
					s.catchUp(most)
					return n
				}
				s.decide()
			}
			s.fail(err)
			break
		}
		if s.reader.Behind() {
			return n
		}
		if s.read < look && !s.reader.Complete() {
			continue
		}
		if err := s.reader.Settle(most); err != nil {
			s.fail(err)
		} else if s.reader.Behind() {
			return n
		} else if s.decision != nil {
			s.review()
		} else if s.parts(s.reader.Complete()) {
			s.catchUp(most)
			return n
		} else {
			s.decide()
		}
	}
	return len(p)
}

// Close says that the body has ended. The decision is never nil after it.
func (s *Session) Close() *Decision {
	if s.denied() {
		return s.decision
	}
	if s.lead != nil {
		s.lead.Close()
		return s.decision
	}
	if s.followed() {
		s.catchUp(math.MaxInt)
	}
	if err := s.reader.Close(); err != nil {
		s.fail(err)
	} else if s.decision == nil && s.parts(true) {
		s.catchUp(math.MaxInt)
	} else if s.decision == nil {
		s.decide()
	}
	return s.decision
}

// Decision returns the decision so far, or nil. Like what Feed and Close return it is the session's own: it and its lists
// are valid until the next Reset.
func (s *Session) Decision() *Decision { return s.decision }

// Permits reports whether the guards of this session's policy let a model serve the request that another policy has chosen for it. A model that this policy does not
// have, or that is another one here, is let through only where no guard restricts the choice.
func (s *Session) Permits(m *Model) bool {
	d := s.decision
	if d == nil || d.Action != ActionRoute {
		return false
	}
	if own := s.table.byKey(m.Key); own != nil && own.Name == m.Name && own.Cluster == m.Cluster {
		return d.allowed.has(own)
	}
	return d.Guard == "" && m.Tier >= d.Tier
}

// Bears reports whether this session's policy bears that a request costs so much: its ceiling binds, too, where another policy has chosen the model. Whom it exempts is by
// its own decision.
func (s *Session) Bears(cost int64) bool {
	return !s.table.tooDear(cost) || s.decision != nil && s.decision.Action == ActionRoute && s.table.exempt(s.decision)
}

// Refuse denies a routed request because of what it could cost, see Bears.
func (s *Session) Refuse() *Decision {
	late := *s.decision
	late.denyCost()
	s.decision = &late
	return s.decision
}

// Forbid denies a routed request whose model this session's policy does not let serve it after all: another policy has chosen that, see Permits.
func (s *Session) Forbid() *Decision {
	late := *s.decision
	late.denyModel()
	s.decision = &late
	return s.decision
}

// Values are the signals as they are known so far, by index in Table.Signals, or nil while none was worked out. They are valid until the next Reset.
func (s *Session) Values() []expr.Value {
	if !s.known {
		return nil
	}
	if s.parted {
		return s.spread()
	}
	return s.values
}

// Name is the name of a signal, by its index in Table.Signals.
func (s *Session) Name(signal int) string {
	if s.parted {
		return s.joint.table.signals.Name(signal)
	}
	return s.table.signals.Name(signal)
}

// topic is what a message is about; the zero value is that nobody knows.
type topic struct {
	best, second string
	percent      int
}

// Topic is what the last user message is about by what the decision went by: the two classes of domains for which most speaks, such as "math" and "other",
// whether a signal says so or not, and how likely the first one is, in percent. ok is false before the decision, where the policy asks for no domain, and where
// no user has said a word.
func (s *Session) Topic() (best, second string, percent int, ok bool) {
	t := &s.topic
	return t.best, t.second, t.percent, t.best != ""
}

// Param names the body member at fault when the body itself was refused, or "".
func (s *Session) Param() string { return s.param }

// Offset is where in the body the mistake stands, in bytes from its start, when the body itself was
// refused; else 0.
func (s *Session) Offset() int64 { return s.offset }

// Complete reports whether the JSON document has been read to its end.
func (s *Session) Complete() bool { return s.reader.Complete() }

// Facts returns what was learnt of the body.
func (s *Session) Facts() *prompt.Facts { return s.reader.Facts() }

// Tokens estimates how many tokens the request read so far makes for the chosen model, media included; before the decision and without a model, for one of
// which no tokenizer is known.
func (s *Session) Tokens() int64 {
	family := signal.Mix
	if s.decision != nil && s.decision.Model != nil {
		family = s.decision.Model.tokenizer
	}
	return s.state.Size(s.reader.Facts(), family)
}

// MostTokens is how many tokens the request read so far makes at most with what it asks to be generated, as far as the policy or the request bounds that.
// To count tokens takes none.
func (s *Session) MostTokens() int64 {
	if s.decision == nil || s.decision.Model == nil || s.counts {
		return 0
	}
	return addSat(s.Tokens(), s.decision.Model.mostOut(s.reader.Facts()))
}

// Kept is how much memory in bytes the body has made the session take beyond what every one has.
func (s *Session) Kept() int64 {
	if s.lead != nil {
		return 0
	}
	return s.reader.Kept() + s.state.KeptProfiles() + int64(cap(s.kept))
}

// Work is how much work the body has been so far, in units that are about what a byte of plain prose costs: its bytes, its strings, and what was read more than once. Like
// all about a body it does not depend on how that was cut.
func (s *Session) Work() int64 {
	if s.lead != nil {
		return s.lead.Work()
	}
	return s.read + s.state.Work()
}

// Take returns the edits found since the last call and the offset up to which
// the body may be let go. See prompt.Reader.
func (s *Session) Take() (splices []prompt.Splice, safe int64) { return s.reader.Take() }

// Delta is by how many bytes the edits change the length of the body.
func (s *Session) Delta() int64 { return s.reader.Delta() }

func (s *Session) denied() bool { return s.decision != nil && s.decision.Action == ActionDeny }

func (s *Session) decide() {
	s.reviewed = s.read
	if s.keyed {
		s.keying.finish(s.reader.ClientKey())
	}
	facts := s.reader.Facts()
	s.evaluate(facts, facts.Open)
	s.state.Sizes(facts, s.sizes)
	s.judge(facts)
	serves := s
	if s.follow() {
		serves = s.companion
	}
	serves.edit(facts)
}

// judge works out the decision.
func (s *Session) judge(facts *prompt.Facts) {
	s.topic.best, s.topic.second, s.topic.percent, _ = s.state.Sureness()
	s.query = Query{
		Asked:    facts.Model,
		HasModel: facts.HasModel,
		Values:   s.values,
		Unread:   s.unread,
		Facts:    facts,
		Shape:    s.shape,
		Tokens:   s.sizes[signal.Mix],
		sizes:    s.sizes,
		mapped:   s.mapped,
		counts:   s.counts,
		unended:  !s.reader.Complete(),
		standIns: s.StandIns,
		grant:    s.grant,
		scratch:  s.scratch,
		Live:     s.Live,
	}
	keying := &s.keying
	if s.lead != nil {
		keying = &s.lead.keying
	}
	if s.table.objectives.shares != nil && keying.known.session {
		s.query.session = unsafe.String(&keying.session[0], keySize)
		s.query.order = s.order
	}
	if s.shape != prompt.Completions && s.shape != prompt.Mapped && !s.table.apart { // whose prompts are no conversation
		s.query.profiles = s.state.Profiles()
	}
	s.decision = &s.verdict
	s.table.decide(s.decision, &s.query)
}

// edit has the body say what was decided.
func (s *Session) edit(facts *prompt.Facts) {
	if s.denied() {
		return
	}
	model := s.decision.Model
	// Only of a body that was read to its end it is known that the client has not set stream_options.
	s.decision.IncludeUsage = model.IncludeUsage && s.reader.Complete() && facts.Stream && !facts.StreamOptions &&
		(s.shape == prompt.Chat || s.shape == prompt.Completions) && !slices.ContainsFunc(s.decision.StandIns, asksNoUsage)
	err := s.reader.Edit(prompt.Edit{
		Model:         model.Name,
		Reasoning:     s.decision.Members,
		KeepReasoning: s.decision.KeepReasoning,
		IncludeUsage:  s.decision.IncludeUsage,
		MaxTokens:     s.decision.MaxTokens,
		AcceptModel:   model.accepts,
	})
	if err != nil {
		s.refuse(err)
	}
}

// review looks at the guards again after text beyond the window.
func (s *Session) review() {
	s.reviewed = s.read
	s.evaluate(s.reader.Facts(), false)
	s.reconsider()
	s.follow()
}

// reconsider changes the decision into a denial where guards or the cost want that now.
func (s *Session) reconsider() {
	if denial := s.table.Late(s.decision, s.values, s.unread); denial != nil {
		s.decision = denial
	} else if denial := s.table.LateCost(s.decision, s.Tokens(), s.reader.Facts()); denial != nil {
		s.decision = denial
	} else if denial := s.lateBudget(); denial != nil {
		s.decision = denial
	} else if len(s.decision.StandIns) > 0 {
		s.table.lateStandIns(s.decision, func(m *Model) int64 { return s.state.Size(s.reader.Facts(), m.tokenizer) }, s.reader.Facts())
	}
}

// lateBudget reserves what the text beyond the window has added to the cost; it returns nil while there is enough left, else a denial.
func (s *Session) lateBudget() *Decision {
	if s.Live == nil || s.counts || s.Live.Reserve(s.decision.Cost) {
		return nil
	}
	late := *s.decision
	late.denyBudget(s.Live.Wait())
	return &late
}

// asksNoUsage reports whether the engines of a stand-in may not be asked for usage: what was put into the body would still stand there.
func asksNoUsage(in StandIn) bool { return !in.Model.IncludeUsage }

// evaluate works out the signals. Where the policy lets something by that cannot be
// read, what was not found may still be there: guards count that as a match. cut says that a route is to be decided though more comes.
func (s *Session) evaluate(facts *prompt.Facts, cut bool) {
	s.known = true
	s.input = signal.Input{Facts: facts, Header: s.Header, Cut: cut}
	s.state.Evaluate(&s.input, s.values)
	s.unread = nil
	if s.state.Unread(s.table.guardUses, s.values, s.guarded) {
		s.unread = s.guarded
	}
	if s.companion != nil {
		s.hear(s.companion)
	}
	if !facts.Uninspected {
		return
	}
	for i, v := range s.values {
		if v == expr.False {
			s.values[i] = expr.Unknown
		}
	}
}

// fail refuses a body that cannot be read on, unless it is denied already, and has the companion do so.
func (s *Session) fail(err error) {
	if !s.denied() {
		s.refuse(err)
	}
	if s.told != nil {
		s.failed = err
		s.follow()
	}
}

// refuse turns a body that cannot be accepted into a denial.
func (s *Session) refuse(err error) {
	d := &Decision{Action: ActionDeny, Status: 400, Code: "invalid_request", Message: err.Error()}
	if e, ok := err.(*prompt.Error); ok {
		d.Status, d.Code, s.param, s.offset = e.Status, e.Code, e.Param, e.Offset
	}
	s.decision = d
}
