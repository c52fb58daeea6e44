package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/internal/quote"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// session is a conversation call by call: the body of each holds all that came before.
type session struct {
	kind  string
	held  bool // no phrase and no constant was chosen by it
	calls []sessionCall
}

type sessionCall struct {
	shape prompt.Shape
	body  []byte
	loop  bool // it hands a tool's result on: nobody has said anything new
}

// answerTokens is what an answer is taken to have: 300 words or so.
const answerTokens = 400

// cachedPrice is what a token of the input costs that the engine has cached, in hundredths of one that it has not.
const cachedPrice = 10

// conversations prints how often sessions change their model, and what not to costs.
func (r *report) conversations() error {
	sessions, err := r.ownSessions()
	if err != nil {
		return err
	}
	clients, err := r.clientSessions()
	if err != nil {
		return err
	}
	sessions = append(sessions, clients...)
	tables := map[string]*rules.Table{}
	for _, stay := range []string{"none", "upgrade", "always"} {
		if tables[stay], err = variant(stay); err != nil {
			return err
		}
	}
	r.title("Conversations")
	r.line("Sessions call by call, each call with all that came before it: own/conversations.jsonl, of which every second pair is held back,")
	r.line("and those of ../shared/data/clients, which were looked at. A hop is a change of the model. Cost and turns on a weaker model are")
	r.line("against routing each message alone (stay none): cost at list price with %d tokens an answer, and where a token of the input that", answerTokens)
	r.line("the engine has cached costs a tenth. The last rows show what staying put costs, on the first model, the cheapest and the dearest.\n")
	r.head("sessions", "stay", "sessions", "calls", "hops a session", "most", "in loops of tools", "cost", "cost with a cache", "weaker")
	held := func(kind string) func(*session) bool {
		return func(s *session) bool { return s.held && s.kind == kind }
	}
	for _, part := range []struct {
		name string
		of   func(*session) bool
	}{
		{"own, tools", held("tools")}, {"own, tools in XML", held("xml")}, {"own, chats", held("chat")},
		{"clients, tools", held("clients, tools")}, {"clients, tools in XML", held("clients, xml")}, {"clients, chats", held("clients, chat")},
		{"own, not held back", func(s *session) bool { return !s.held }},
	} {
		if err := r.conversationRows(part.name, sessions, part.of, tables, "none", "upgrade"); err != nil {
			return err
		}
	}
	return r.conversationRows("all but those", sessions, func(s *session) bool { return s.held }, tables, "none", "upgrade", "always", "cheapest", "dearest")
}

// conversationRows prints a row for each way to stay.
func (r *report) conversationRows(name string, sessions []session, of func(*session) bool, tables map[string]*rules.Table, stays ...string) error {
	var base spent
	for _, stay := range stays {
		var sum spent
		n, calls := 0, 0
		for i := range sessions {
			if s := &sessions[i]; of(s) {
				one, err := s.run(tables, stay)
				if err != nil {
					return err
				}
				sum.add(one)
				n++
				calls += len(s.calls)
			}
		}
		if stay == "none" {
			base = sum
		}
		r.cells(name, stay, strconv.Itoa(n), strconv.Itoa(calls), fmt.Sprintf("%.2f", float64(sum.hops)/float64(max(n, 1))), strconv.Itoa(sum.most), strconv.Itoa(sum.loops),
			fmt.Sprintf("%.2f", sum.cost/base.cost), fmt.Sprintf("%.2f", sum.cached/base.cached), percent(sum.weaker, calls))
	}
	return nil
}

// spent is what became of sessions.
type spent struct {
	hops, most, loops, weaker int
	cost, cached              float64
}

func (s *spent) add(o spent) {
	s.hops += o.hops
	s.most = max(s.most, o.hops)
	s.loops += o.loops
	s.weaker += o.weaker
	s.cost += o.cost
	s.cached += o.cached
}

// run sends a session's calls.
func (s *session) run(tables map[string]*rules.Table, stay string) (sum spent, err error) {
	alone, table := tables["none"], tables[stay]
	if table == nil {
		table = alone
	}
	var before *rules.Model
	var read int64
	for i := range s.calls {
		c := &s.calls[i]
		m, tokens, err := c.model(table)
		if err != nil {
			return sum, err
		}
		asked, _, err := c.model(alone)
		if err != nil {
			return sum, err
		}
		switch stay {
		case "cheapest":
			m = extreme(table, -1)
		case "dearest":
			m = extreme(table, 1)
		}
		fresh := tokens
		if before != nil && m.Key == before.Key {
			fresh -= read
		} else if before != nil {
			sum.hops++
			count(&sum.loops, c.loop)
		}
		count(&sum.weaker, m.Strength < asked.Strength)
		answer := float64(answerTokens * m.PriceOut)
		sum.cost += float64(tokens*m.PriceIn) + answer
		sum.cached += float64(fresh*m.PriceIn) + float64((tokens-fresh)*m.PriceIn)*cachedPrice/100 + answer
		before, read = m, tokens
	}
	return sum, nil
}

// extreme is the cheapest or dearest model.
func extreme(t *rules.Table, sign int64) *rules.Model {
	var best *rules.Model
	for _, m := range t.Models() {
		if best == nil || sign*m.PriceOut > sign*best.PriceOut {
			best = m
		}
	}
	return best
}

// model is where a call goes, and how many tokens it has.
func (c *sessionCall) model(t *rules.Table) (*rules.Model, int64, error) {
	s := t.NewSession(c.shape)
	s.Feed(c.body)
	d := s.Close()
	if d.Model == nil {
		return nil, 0, fmt.Errorf("a session's call is denied: %s", d.Message)
	}
	return d.Model, s.Tokens(), nil
}

// variant is the default policy with another way to stay.
func variant(stay string) (*rules.Table, error) {
	p, err := os.ReadFile("rules/default.json")
	if err != nil {
		return nil, err
	}
	root, err := tree.ParseJSON(p)
	if err != nil {
		return nil, err
	}
	if n := root.Get("conversation"); stay != n.Get("stay").Text {
		other, err := tree.ParseJSON([]byte(`{"stay":"` + stay + `"}`))
		if err != nil {
			return nil, err
		}
		*n = *other
	}
	return rules.Compile(root)
}

// ownSessions builds the sessions of our own.
func (r *report) ownSessions() (list []session, err error) {
	err = lines(filepath.Join(r.root, "rules/train/testdata/conversations.jsonl"), func(line []byte) error {
		var o struct {
			Kind string
			Says []struct {
				Text    string
				Results int
			}
		}
		if err := json.Unmarshal(line, &o); err != nil {
			return err
		}
		s := session{kind: o.Kind, held: len(list)/2%2 == 1}
		b := &transcriber{xml: o.Kind == "xml"}
		for i, says := range o.Says {
			b.say(says.Text, i == 0)
			s.calls = append(s.calls, b.call(false))
			for range says.Results {
				b.result()
				s.calls = append(s.calls, b.call(true))
			}
			b.add("assistant", "Done, see above.")
		}
		list = append(list, s)
		return nil
	})
	return list, err
}

// transcriber writes a conversation as a client would.
type transcriber struct {
	xml      bool // results of tools are written into users' messages
	messages []string
	results  int
}

func (b *transcriber) add(role, content string) {
	b.messages = append(b.messages, `{"role":"`+role+`","content":`+quote.JSON(content)+`}`)
}

func (b *transcriber) say(words string, first bool) {
	switch {
	case b.xml && first:
		words = "<task>\n" + words + "\n</task>"
	case b.xml:
		words = "<feedback>\n" + words + "\n</feedback>"
	}
	b.add("user", words)
}

// result adds a call of a tool and what it returned.
func (b *transcriber) result() {
	b.results++
	text := toolResults[b.results%len(toolResults)]
	if b.xml {
		b.add("assistant", "<read_file>\n<path>src/main.py</path>\n</read_file>")
		b.add("user", "[read_file for 'src/main.py'] Result:\n"+text)
		return
	}
	id := fmt.Sprintf("call_%d", b.results)
	b.messages = append(b.messages,
		`{"role":"assistant","content":null,"tool_calls":[{"id":"`+id+`","type":"function","function":{"name":"run","arguments":"{\"command\":\"make test\"}"}}]}`,
		`{"role":"tool","tool_call_id":"`+id+`","content":`+quote.JSON(text)+`}`)
}

// toolResults are what tools return, of different kinds.
var toolResults = []string{
	"def total(items):\n    return sum(item.price * item.count for item in items)\n\n\nclass Cart:\n    def __init__(self):\n        self.items = []\n",
	"============ test session starts ============\ncollected 41 items\n\ntests/test_cart.py ......F....\n\nE   AssertionError: expected 3, got 2\n========= 1 failed, 40 passed in 2.31s =========\n",
	"M  shop/cart.py\nM  tests/test_cart.py\n?? notes.txt\n",
	"{\"status\":\"ok\",\"rows\":[{\"id\":1,\"name\":\"a\"},{\"id\":2,\"name\":\"b\"}],\"took\":12}",
}

func (b *transcriber) call(loop bool) sessionCall {
	body := `{"model":"auto","messages":[{"role":"system","content":"You are a helpful assistant."},` + strings.Join(b.messages, ",") + `]}`
	return sessionCall{prompt.Chat, []byte(body), loop}
}

// clientSessions reads what clients send.
func (r *report) clientSessions() (list []session, err error) {
	last := ""
	err = lines(filepath.Join(r.data, "clients/conversations.jsonl.gz"), func(line []byte) error {
		var row struct{ Conversation, Turn, Path, Body string }
		if err := json.Unmarshal(line, &row); err != nil {
			return err
		}
		if row.Conversation != last {
			last = row.Conversation
			kind := "clients, tools"
			switch {
			case strings.HasPrefix(last, "chat"):
				kind = "clients, chat"
			case strings.Contains(last, "xml"):
				kind = "clients, xml"
			}
			list = append(list, session{kind: kind, held: true})
		}
		shape, err := shapeOf(row.Path)
		if err != nil {
			return err
		}
		s := &list[len(list)-1]
		s.calls = append(s.calls, sessionCall{shape, []byte(row.Body), strings.HasPrefix(row.Turn, "t")})
		return nil
	})
	return list, err
}
