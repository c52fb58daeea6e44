package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"time"
	"unicode/utf8"

	"github.com/mom-router/mom-router/hostsim"
)

// outcome is what is printed of one request. Its names are a contract: tools outside the project read
// them (design, section 6).
type outcome struct {
	Error     string          `json:"error,omitempty"` // why it was not answered
	Status    int             `json:"status"`
	Cluster   string          `json:"cluster"`
	Model     string          `json:"model"`
	Decision  string          `json:"decision"`
	Reasoning string          `json:"reasoning"`
	Action    string          `json:"action"`
	Signals   []string        `json:"signals"`
	Flags     []string        `json:"flags"`
	Upstream  json.RawMessage `json:"upstream,omitempty"`
	Response  *content        `json:"response,omitempty"`
	Record    json.RawMessage `json:"record"`

	name    string
	elapsed time.Duration
}

// content is a message's headers and body; a body that is no UTF-8 is given in base64.
type content struct {
	Headers header  `json:"headers"`
	Body    *string `json:"body,omitempty"`
	Base64  *string `json:"body_base64,omitempty"`
}

// header prints a header map as an object, in order; the values of a repeated header are joined.
type header struct{ h *hostsim.Headers }

func (h header) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	seen := map[string]bool{}
	for _, f := range h.h.Fields() {
		if seen[f.Name] {
			continue
		}
		seen[f.Name] = true
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		value, _ := h.h.All(f.Name)
		b.Write(encode(f.Name))
		b.WriteByte(':')
		b.Write(encode(value))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func newContent(m *hostsim.Message) *content {
	c := &content{Headers: header{m.Head}}
	if utf8.Valid(m.Body) {
		s := string(m.Body)
		c.Body = &s
	} else {
		s := base64.StdEncoding.EncodeToString(m.Body)
		c.Base64 = &s
	}
	return c
}

// recordKey is where the plugin's record lies in the filter state.
const recordKey = "wasm.mom.audit"

// newOutcome makes the outcome of a result. What the plugin decided comes from its record; a module
// that leaves none gives status, cluster and messages only.
func newOutcome(name string, r hostsim.Result, withUpstream bool) outcome {
	o := outcome{name: name, elapsed: r.Elapsed, Status: r.Status}
	if record := r.State[recordKey]; len(record) > 0 {
		if read := o; read.readRecord(string(record)) {
			o = read
			o.Record = record
		}
	}
	if r.Cluster != "" {
		o.Cluster = r.Cluster // where it really went
	}
	if o.Signals == nil {
		o.Signals = []string{}
	}
	if o.Flags == nil {
		o.Flags = []string{}
	}
	switch {
	case withUpstream && r.Upstream != nil:
		o.Upstream = encode(newContent(r.Upstream))
	case withUpstream:
		o.Upstream = json.RawMessage("null")
	}
	if r.Origin == hostsim.FromPlugin {
		o.Response = newContent(r.Response)
	}
	switch {
	case r.Trap != nil:
		o.Error = "the module trapped: " + r.Trap.Error()
	case r.Held != "":
		o.Error = r.Held
	case r.Status == 0:
		o.Error = "no answer: " + r.Details
	}
	return o
}

// unsent is the outcome of a line that is no request.
func unsent(name string, err error) outcome {
	return outcome{name: name, Error: err.Error(), Signals: []string{}, Flags: []string{}}
}

// encode is JSON without a line break and without escapes for HTML.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // only types of this package come here, and they all encode
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
