package labelled

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/internal/requests"
	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/expr"
	"github.com/mom-router/mom-router/rules/prompt"
	"github.com/mom-router/mom-router/rules/tree"
)

// Report is how good the signals of a policy are on some rows.
type Report struct {
	Rows  int `json:"rows"`
	Right int `json:"right"` // rows of which all is so that they say
	// Types are the signals of which one is true of each text, Signals those that are true or not by themselves.
	Types       []TypeReport   `json:"types"`
	Signals     []SignalReport `json:"signals"`
	Calibration *Calibration   `json:"calibration"` // of domains; null without rows that have one
	New         NewWords       `json:"new_words"`
}

// TypeReport is about the signals of one type, such as domain.
type TypeReport struct {
	Type    string        `json:"type"`
	Rows    int           `json:"rows"`
	Right   int           `json:"right"`
	Classes []ClassReport `json:"classes"`
}

// ClassReport is about one class: of its rows, what was said of them.
type ClassReport struct {
	Class string         `json:"class"`
	Rows  int            `json:"rows"`  // that have it
	Found int            `json:"found"` // of those, rows of which it was said
	Said  int            `json:"said"`  // rows of which it was said
	As    map[string]int `json:"as"`    // what was said of its rows
}

// SignalReport is about one signal that is true or not.
type SignalReport struct {
	Signal string `json:"signal"`
	Rows   int    `json:"rows"`   // of which it should be true
	Found  int    `json:"found"`  // of those, rows of which it was
	Others int    `json:"others"` // of which it should not be true
	False  int    `json:"false"`  // of those, rows of which it was: false alarms
}

// Calibration compares how sure the best domain was with how often it was right.
type Calibration struct {
	Rows int `json:"rows"`
	// Error is by how many points sureness and truth differ in the mean over all rows (the expected calibration error).
	Error float64 `json:"error"`
	Steps []Step  `json:"steps"`
}

// Step are the rows of which the best domain was so sure.
type Step struct {
	From  int     `json:"from"` // percent, and below the next step
	Rows  int     `json:"rows"`
	Sure  float64 `json:"sure"` // the mean, in percent
	Right float64 `json:"right"`
}

// NewWords are words that neither the learned weights nor phrases know: signals do not hear them.
type NewWords struct {
	Words  int       `json:"words"` // different ones of each row, in all rows
	New    int       `json:"new"`
	Most   []NewWord `json:"most"`   // the most frequent ones
	Silent int       `json:"silent"` // rows all of whose words are new
}

// NewWord is a word and how many rows it stands in.
type NewWord struct {
	Word string `json:"word"`
	Rows int    `json:"rows"`
}

// mostNewWords is how many new words a report names.
const mostNewWords = 30

// builtin are the built-in signals that rows may speak of whether a policy goes by them or not.
var builtin = []string{"conversation.follow_up", "conversation.side_task", "jailbreak.score", "jailbreak.strong", "injection.template"}

// Measurer works out signals of a policy.
type Measurer struct {
	table   *rules.Table
	session *rules.Session
	names   map[string]bool
	classes map[string][]string // by type
}

// NewMeasurer makes a measurer of a policy that extends none any more. Of built-in signals it knows those of domain, intent, complexity and language, too, that
// the policy does not go by, and some more that rows name.
func NewMeasurer(policy *tree.Node, rows []Row) (*Measurer, error) {
	plain, err := rules.CompileUnjudged(policy)
	if err != nil {
		return nil, err
	}
	m := &Measurer{names: map[string]bool{}, classes: map[string][]string{}}
	ask := m.known(policy)
	for i := 0; i < plain.Signals().Len(); i++ {
		ask = append(ask, plain.Signals().Name(i))
	}
	for i := range rows {
		for name := range rows[i].Signals {
			if slices.Contains(builtin, name) {
				ask = append(ask, name)
			}
		}
	}
	slices.Sort(ask)
	ask = slices.Compact(ask)
	if m.table, err = rules.CompileUnjudged(asking(policy, plain, ask)); err != nil {
		return nil, fmt.Errorf("cannot ask for all signals: %w", err)
	}
	for _, name := range ask {
		m.names[name] = true
		typ, class, _ := strings.Cut(name, ".")
		m.classes[typ] = append(m.classes[typ], class)
	}
	m.session = m.table.NewSession(prompt.Chat)
	return m, nil
}

// known are the names of the signals of what the last user message is, those of the policy's own classes among them.
func (m *Measurer) known(policy *tree.Node) (names []string) {
	for typ, classes := range rules.Classes() {
		for _, class := range classes {
			names = append(names, typ+"."+class)
		}
	}
	for _, intent := range intents {
		names = append(names, "intent."+intent)
	}
	if own := policy.Get("classes"); own != nil {
		if domain := own.Get("domain"); domain != nil && domain.Kind == tree.Map {
			for _, key := range domain.Keys {
				names = append(names, "domain."+key.Text)
			}
		}
	}
	return names
}

// asking is a policy with one more route behind all others, which names signals so that they are worked out.
func asking(policy *tree.Node, plain *rules.Table, names []string) *tree.Node {
	text := func(s string) *tree.Node { return &tree.Node{Kind: tree.String, Text: s, Path: "$.routes"} }
	route := &tree.Node{Kind: tree.Map, Path: "$.routes", Keys: []*tree.Node{text("name"), text("when"), text("use")},
		Items: []*tree.Node{text("rules-eval-asks"), text(strings.Join(names, " or ")), text(plain.Models()[0].Key)}}
	asking := *policy
	asking.Keys, asking.Items = slices.Clone(policy.Keys), slices.Clone(policy.Items)
	for i, key := range asking.Keys {
		if key.Text == "routes" && asking.Items[i].Kind == tree.List {
			routes := *asking.Items[i]
			routes.Items = append(slices.Clone(routes.Items), route)
			asking.Items[i] = &routes
			return &asking
		}
	}
	asking.Keys = append(asking.Keys, text("routes"))
	asking.Items = append(asking.Items, &tree.Node{Kind: tree.List, Path: "$.routes", Items: []*tree.Node{route}})
	return &asking
}

// Check tells the rows whose labels the policy does not know, and leaves them out.
func (m *Measurer) Check(rows []Row) (good []Row, wrong []Wrong) {
	for _, r := range rows {
		why := ""
		for _, typ := range Types {
			class, has := r.Class[typ]
			if has && !m.names[typ+"."+class] && !(typ == "language" && languageCode(class)) {
				why = fmt.Sprintf("there is no %s %q: %s", typ, class, cmp.Or(tree.DidYouMean(class, m.classes[typ]), "known are "+strings.Join(m.classes[typ], ", ")))
			}
		}
		for _, name := range sortedKeys(r.Signals) {
			if !m.names[name] {
				why = fmt.Sprintf("the policy has no signal %q: %s", name, cmp.Or(tree.DidYouMean(name, sortedKeys(m.names)), "declare it there, or drop it here"))
			}
		}
		if r.Path != "" {
			if _, ok := m.table.Call(r.Path); !ok {
				why = fmt.Sprintf("%q is no path of a model request", r.Path)
			}
		}
		if why == "" {
			good = append(good, r)
		} else {
			wrong = append(wrong, Wrong{r.File, r.Line, why})
		}
	}
	return good, wrong
}

// languageCode reports whether a text may be the code of a language: of those that no signal knows, und is right.
func languageCode(s string) bool {
	return (len(s) == 2 || len(s) == 3) && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == ""
}

// heard is what a request came to.
type heard struct {
	values  map[string]bool // the signals that are true
	refused string          // why the body could not be read
	topic   string          // the best domain
	sure    int             // in percent
}

// hear works out the signals of a row.
func (m *Measurer) hear(r *Row) heard {
	body, shape := r.body()
	if r.Path != "" {
		shape, _ = m.table.Call(r.Path)
	}
	s := m.session
	s.Reset(shape, 0)
	s.Header = func(name string) (string, bool) { v, ok := r.Headers[name]; return v, ok }
	s.Feed(body)
	d := s.Close()
	h := heard{values: map[string]bool{}}
	if s.Values() == nil {
		h.refused = d.Message
		return h
	}
	for i, v := range s.Values() {
		if v == expr.True {
			h.values[s.Name(i)] = true
		}
	}
	h.topic, _, h.sure, _ = s.Topic()
	return h
}

// body is what is sent for a row.
func (r *Row) body() ([]byte, prompt.Shape) {
	if r.Body == nil {
		return requests.Prompt(r.Text, "auto"), prompt.Chat
	}
	return r.Body, requests.ShapeOf(r.Body)
}

// words are what the user says in a row.
func (r *Row) words(table *rules.Table) string {
	if r.Body == nil {
		return r.Text
	}
	_, shape := r.body()
	return strings.Join(table.OwnWords(shape, r.Body), "\n")
}

// said is the class that is said of a text.
func (h *heard) said(typ string, classes []string) string {
	for _, class := range classes {
		if h.values[typ+"."+class] {
			return class
		}
	}
	return ""
}

// Measure measures signals on rows that Check has let through. Rows whose body cannot be read are told as wrong.
func (m *Measurer) Measure(rows []Row) (*Report, []Wrong) {
	rep := &Report{Types: []TypeReport{}, Signals: []SignalReport{}}
	var wrong []Wrong
	types := map[string]confusion{}
	signals := map[string]*SignalReport{}
	words := map[string]int{}
	sums := newSteps()
	for i := range rows {
		r := &rows[i]
		h := m.hear(r)
		if h.refused != "" {
			wrong = append(wrong, Wrong{r.File, r.Line, "the body is refused: " + h.refused})
			continue
		}
		rep.Rows++
		right := true
		for typ, class := range r.Class {
			if !m.names[typ+"."+class] {
				class = "und"
			}
			said := h.said(typ, m.classes[typ])
			right = right && said == class
			if types[typ] == nil {
				types[typ] = confusion{}
			}
			types[typ].add(class, said)
			if typ == "domain" && h.topic != "" {
				sums.add(h.sure, h.topic == class)
			}
		}
		for name, is := range r.Signals {
			s := signals[name]
			if s == nil {
				s = &SignalReport{Signal: name}
				signals[name] = s
			}
			was := h.values[name]
			right = right && was == is
			switch {
			case is && was:
				s.Rows, s.Found = s.Rows+1, s.Found+1
			case is:
				s.Rows++
			case was:
				s.Others, s.False = s.Others+1, s.False+1
			default:
				s.Others++
			}
		}
		if right {
			rep.Right++
		}
		m.newWords(r, &rep.New, words)
	}
	for _, typ := range Types {
		if t := types[typ]; t != nil {
			rep.Types = append(rep.Types, typeReport(typ, t))
		}
	}
	for _, name := range sortedKeys(signals) {
		rep.Signals = append(rep.Signals, *signals[name])
	}
	rep.Calibration = calibrate(sums)
	rep.New.Most = mostFrequent(words)
	return rep, wrong
}

// confusion counts texts by the right class and by what was said of them.
type confusion map[string]map[string]int

func (c confusion) add(right, said string) {
	if c[right] == nil {
		c[right] = map[string]int{}
	}
	c[right][said]++
}

func typeReport(typ string, said confusion) TypeReport {
	t := TypeReport{Type: typ}
	all := map[string]*ClassReport{}
	at := func(class string) *ClassReport {
		if all[class] == nil {
			all[class] = &ClassReport{Class: class, As: map[string]int{}}
		}
		return all[class]
	}
	for class, as := range said {
		for got, n := range as {
			c := at(class)
			c.Rows += n
			c.As[cmp.Or(got, "none")] += n
			at(cmp.Or(got, "none")).Said += n
			t.Rows += n
			if got == class {
				c.Found += n
				t.Right += n
			}
		}
	}
	for _, class := range sortedKeys(all) {
		t.Classes = append(t.Classes, *all[class])
	}
	return t
}

// steps are sums over rows, by every ten percent of sureness.
type steps []Step

func newSteps() steps { return make(steps, 10) }

// add counts a row whose best domain was so sure, in percent.
func (s steps) add(sure int, right bool) {
	step := &s[min(sure/10, len(s)-1)]
	step.Rows++
	step.Sure += float64(sure)
	if right {
		step.Right++
	}
}

// calibrate makes means of sums; nil if there is nothing.
func calibrate(sums steps) *Calibration {
	c := &Calibration{Steps: []Step{}}
	for i, s := range sums {
		if s.Rows == 0 {
			continue
		}
		n := float64(s.Rows)
		s.From, s.Sure, s.Right = 10*i, s.Sure/n, 100*s.Right/n
		c.Rows += s.Rows
		c.Error += n * math.Abs(s.Sure-s.Right)
		c.Steps = append(c.Steps, s)
	}
	if c.Rows == 0 {
		return nil
	}
	c.Error /= float64(c.Rows)
	return c
}

// newWords adds the new words of a row.
func (m *Measurer) newWords(r *Row, to *NewWords, words map[string]int) {
	unknown, all := m.table.NewWords(r.words(m.table))
	to.Words += all
	to.New += len(unknown)
	if all > 0 && all == len(unknown) {
		to.Silent++
	}
	for _, w := range unknown {
		words[w]++
	}
}

func mostFrequent(words map[string]int) []NewWord {
	list := []NewWord{}
	for word, rows := range words {
		list = append(list, NewWord{word, rows})
	}
	slices.SortFunc(list, func(a, b NewWord) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), strings.Compare(a.Word, b.Word))
	})
	return list[:min(len(list), mostNewWords)]
}
