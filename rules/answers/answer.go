package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/mom-router/mom-router/rules"
	"github.com/mom-router/mom-router/rules/prompt"
)

// answer is what the engine says about one body: all that a client, an engine upstream or a record could notice.
type answer struct {
	Action    string   `json:"action"`
	Decision  string   `json:"decision,omitempty"`
	Model     string   `json:"model,omitempty"` // the policy's key
	Reasoning string   `json:"reasoning,omitempty"`
	Signals   []string `json:"signals,omitempty"`
	Flags     []string `json:"flags,omitempty"`
	Guard     string   `json:"guard,omitempty"`
	Tier      int      `json:"tier,omitempty"`
	Demoted   string   `json:"demoted,omitempty"` // "model: why"
	Warnings  []string `json:"warnings,omitempty"`
	Tokens    int64    `json:"tokens"`
	// Of a denial; Param and Offset only of a body that was refused.
	Status int    `json:"status,omitempty"`
	Code   string `json:"code,omitempty"`
	Param  string `json:"param,omitempty"`
	Offset int64  `json:"offset,omitempty"`
	// Edits is how the body upstream differs, "from..to text" each, and Upstream a hash of it.
	Edits    []string `json:"edits,omitempty"`
	Upstream string   `json:"upstream,omitempty"`
}

// row is one line of a recording: the answer to one body. It never holds the body's text.
type row struct {
	Set  string `json:"set"`
	Line int    `json:"line"`          // of the file, or the number in a set that is none, from 1
	Key  string `json:"key,omitempty"` // a name that stands for the line, where the set has names
	Text string `json:"text"`          // a hash of shape, window and body
	answer
	// Evidence is where each of the signals has its cause: "from..to" each, offsets in the body.
	Evidence map[string][]string `json:"evidence,omitempty"`
	// Cut is the answer to the same body in pieces, or with a memory, if it is another one.
	Cut *answer `json:"cut,omitempty"`
}

// oracle asks the engine. It is for one goroutine.
type oracle struct {
	table   *rules.Table
	session *rules.Session
	memory  *rules.Memory // of what was asked before
}

func newOracle(table *rules.Table) *oracle {
	return &oracle{table, table.NewSession(prompt.Chat), rules.NewMemory(rules.DefaultMemory)}
}

// ask has the engine answer a case: whole, and then twice with a memory of all cases before, whole and in pieces.
func (o *oracle) ask(c *request) row {
	r := row{Set: c.set, Line: c.line, Key: c.key, Text: c.hash(), answer: o.decide(c, [][]byte{c.body}, nil)}
	for _, chunks := range [][][]byte{{c.body}, pieces(c.body)} {
		if cut := o.decide(c, chunks, o.memory); !reflect.DeepEqual(cut, r.answer) {
			r.Cut = &cut
		}
	}
	if len(r.Signals) > 0 {
		r.Evidence = o.evidence(c, r.Signals)
	}
	return r
}

func (o *oracle) decide(c *request, chunks [][]byte, m *rules.Memory) answer {
	s := o.session
	s.Reset(c.shape, c.window)
	s.Remember(m, "")
	var edits []prompt.Splice
	take := func() {
		list, _ := s.Take()
		for _, e := range list {
			edits = append(edits, prompt.Splice{Start: e.Start, End: e.End, New: bytes.Clone(e.New)})
		}
	}
	for _, p := range chunks {
		s.Feed(p)
		take()
	}
	d := s.Close()
	take()
	// A decision is the session's own memory.
	a := answer{Action: d.Action, Decision: d.Name, Reasoning: d.Reasoning, Signals: slices.Clone(d.Signals), Flags: slices.Clone(d.Flags), Guard: d.Guard,
		Tier: d.Tier, Warnings: slices.Clone(d.Warnings), Tokens: s.Tokens(), Status: d.Status, Code: d.Code, Param: s.Param(), Offset: s.Offset()}
	if d.Demoted != nil {
		a.Demoted = d.Demoted.From + ": " + d.Demoted.Why
	}
	if d.Model != nil {
		a.Model = d.Model.Key
		var upstream []byte
		a.Edits, upstream = rewrite(c.body, edits)
		a.Upstream = hashOf(upstream)
	}
	return a
}

// evidence is where the signals of the decision have their cause.
func (o *oracle) evidence(c *request, signals []string) map[string][]string {
	all := map[string][]string{}
	for _, s := range o.table.Explain(c.shape, c.window, nil, c.body).Signals {
		if !slices.Contains(signals, s.Name) {
			continue
		}
		var places []string
		for _, p := range s.Places {
			places = append(places, fmt.Sprintf("%d..%d", p.From, p.To))
		}
		if places != nil {
			all[s.Name] = places
		}
	}
	return all
}

// pieces cuts a body in one way that is always the same: sizes from a byte to some kilobytes in turn, so that cuts fall
// into words, escapes and characters as well as between them.
func pieces(body []byte) (list [][]byte) {
	sizes := []int{1, 17, 3, 64, 2, 1021, 7, 301, 4096, 5}
	for i := 0; len(body) > 0; i++ {
		n := min(len(body), sizes[i%len(sizes)])
		list, body = append(list, body[:n]), body[n:]
	}
	return list
}

// rewrite applies edits to a body, and tells them in a form that does not depend on how the engine parted them: edits
// that touch are one, and bytes that they leave as they are do not count.
func rewrite(body []byte, edits []prompt.Splice) (told []string, upstream []byte) {
	var joined []prompt.Splice
	at := int64(0)
	for _, e := range edits {
		if e.Start < at || e.End < e.Start || e.End > int64(len(body)) {
			return []string{fmt.Sprintf("%d..%d does not fit behind %d in %d bytes", e.Start, e.End, at, len(body))}, nil
		}
		upstream = append(append(upstream, body[at:e.Start]...), e.New...)
		if n := len(joined); n > 0 && joined[n-1].End == e.Start {
			joined[n-1].End, joined[n-1].New = e.End, append(joined[n-1].New, e.New...)
		} else {
			joined = append(joined, e)
		}
		at = e.End
	}
	upstream = append(upstream, body[at:]...)
	for _, e := range joined {
		for e.Start < e.End && len(e.New) > 0 && body[e.Start] == e.New[0] {
			e.Start, e.New = e.Start+1, e.New[1:]
		}
		for n := len(e.New); e.Start < e.End && n > 0 && body[e.End-1] == e.New[n-1]; n-- {
			e.End, e.New = e.End-1, e.New[:n-1]
		}
		text := string(e.New)
		switch {
		case e.Start == e.End && text == "":
			continue
		case text != "" && strings.Trim(text, " ") == "":
			text = fmt.Sprintf("(%d spaces)", len(text))
		}
		told = append(told, fmt.Sprintf("%d..%d %s", e.Start, e.End, text))
	}
	return told, upstream
}

// hashOf is the first 16 hexadecimal digits of the SHA-256.
func hashOf(p []byte) string {
	sum := sha256.Sum256(p)
	return hex.EncodeToString(sum[:8])
}
