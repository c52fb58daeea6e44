package simulate

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/mom-router/mom-router/internal/requests"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/trail"
)

// load makes requests up: they come at random, as a Poisson process, of the kinds that the scenario has.
type load struct {
	s      *Scenario
	random *rand.Rand
	kinds  []rules.Query
	shares []float64 // of the kinds, added up
	keys   []float64 // of the tenants, added up
	sent   int64
	at     float64 // seconds
}

// newLoad reads each kind of request once, with the engine that the router has.
func newLoad(s *Scenario, t *rules.Table) (*load, error) {
	l := &load{s: s, random: rand.New(rand.NewPCG(uint64(s.Seed), 1))}
	session := t.NewSession(prompt.Chat)
	sum := 0.0
	for _, k := range s.Mix {
		q, err := read(session, k)
		if err != nil {
			return nil, err
		}
		l.kinds = append(l.kinds, q)
		sum += k.Share
		l.shares = append(l.shares, sum)
	}
	sum = 0
	for _, tenant := range s.Tenants {
		sum += tenant.Share
		l.keys = append(l.keys, sum)
	}
	return l, nil
}

// read has a request's signals worked out.
func read(session *rules.Session, k Kind) (q rules.Query, err error) {
	session.Reset(prompt.Chat, 0)
	session.Feed(requests.Prompt(k.Prompt, k.Model))
	session.Close()
	if session.Values() == nil {
		return q, fmt.Errorf("the prompt %q cannot be read: %s", k.Prompt, session.Decision().Message)
	}
	facts := *session.Facts()
	return rules.Query{Asked: facts.Model, HasModel: facts.HasModel, Values: slices.Clone(session.Values()), Facts: &facts, Shape: prompt.Chat, Tokens: session.Tokens()}, nil
}

func (l *load) next() (a arrival, ok bool) {
	if l.sent == l.s.Requests {
		return a, false
	}
	l.sent++
	l.at += l.random.ExpFloat64() / l.s.Rate
	i := l.pick(l.shares)
	k := l.s.Mix[i]
	q := l.kinds[i]
	facts := *q.Facts
	facts.Stream, facts.MaxTokens = !k.Whole, k.MaxTokens
	if l.random.Float64() < k.Later {
		facts.Answers = 1
	}
	q.Facts = &facts
	if k.Tokens > 0 {
		q.Tokens = max(q.Tokens, l.around(k.Tokens))
	}
	answer := l.around(k.Answer)
	if k.MaxTokens > 0 {
		answer = min(answer, k.MaxTokens)
	}
	tenant := ""
	if len(l.keys) > 0 {
		tenant = l.s.Tenants[l.pick(l.keys)].Key
	}
	return arrival{at: int64(l.at * 1e6), query: q, answer: answer, tenant: tenant, stream: !k.Whole}, true
}

// around is a number of tokens with a mean, log-normal: most texts are short, and a few long.
func (l *load) around(mean float64) int64 {
	const spread = 0.7
	return max(int64(mean*math.Exp(spread*l.random.NormFloat64()-spread*spread/2)), 1)
}

func (l *load) pick(shares []float64) int {
	at := l.random.Float64() * shares[len(shares)-1]
	for i, s := range shares {
		if at < s {
			return i
		}
	}
	return len(shares) - 1
}

// play sends what was recorded.
type play struct {
	list []arrival
	at   int
}

func (t *play) next() (a arrival, ok bool) {
	if t.at == len(t.list) {
		return a, false
	}
	t.at++
	return t.list[t.at-1], true
}

// readTrace reads records: what signals were true, how long prompt and answer were, and when. They go through the policy at hand again. Those of requests that were
// refused for their form, or passed uninspected, are left out.
func readTrace(s *Scenario, t *rules.Table, files []string, stdin io.Reader) ([]arrival, error) {
	place := map[string]int{}
	for i := range t.Signals().Len() {
		place[t.Signals().Name(i)] = i
	}
	values := map[string][]expr.Value{}
	var list []arrival
	var began time.Time
	enough := errors.New("enough")
	reader := trail.Reader{Stdin: stdin}
	for _, file := range files {
		err := reader.Read(file, func(l *trail.Line) error {
			x := &l.Record
			if x.Action == rules.ActionPass || x.Action == rules.ActionDeny && x.Decision == "" && x.Code != rules.CodeBudget {
				return nil
			}
			at, err := time.Parse(time.RFC3339Nano, x.Time)
			if err != nil {
				return fmt.Errorf("%s:%d: the record has no time: %w", file, l.Number, err)
			}
			at = at.Add(-time.Duration(duration(x) * float64(time.Millisecond))) // its time is that of its end
			if len(list) == 0 || at.Before(began) {
				began = at
			}
			key := fmt.Sprint(x.Signals)
			v, ok := values[key]
			if !ok {
				v = make([]expr.Value, t.Signals().Len())
				for i := range v {
					v[i] = expr.False
				}
				for _, name := range x.Signals {
					if i, ok := place[name]; ok {
						v[i] = expr.True
					}
				}
				values[key] = v
			}
			facts := &prompt.Facts{Stream: x.TTFT != nil}
			if x.Conversation != nil && x.Conversation.Messages > 1 {
				facts.Answers = x.Conversation.Messages - 1
			}
			a := arrival{at: at.UnixMicro(), tenant: x.Tenant, stream: facts.Stream, answer: 200,
				query: rules.Query{Asked: x.Asked, HasModel: x.Asked != "", Values: v, Facts: facts, Shape: prompt.Chat, Tokens: x.TokensIn}}
			if x.Usage != nil {
				a.answer = x.Usage.Out
				a.query.Tokens = x.Usage.In
			}
			list = append(list, a)
			if int64(len(list)) == s.Requests {
				return enough
			}
			return nil
		})
		if err != nil && !errors.Is(err, enough) {
			return nil, err
		}
	}
	if len(list) == 0 {
		return nil, errors.New("the trace has no records of model calls")
	}
	for i := range list {
		list[i].at = int64(float64(list[i].at-began.UnixMicro()) / s.Speed)
	}
	slices.SortStableFunc(list, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	return list, nil
}

func duration(x *trail.Record) float64 {
	if x.Duration == nil {
		return 0
	}
	return *x.Duration
}
