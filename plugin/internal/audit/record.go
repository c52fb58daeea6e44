// Package audit writes the record of a request: one JSON object on one line, of
// at most MaxSize bytes, without any text of the prompt.
package audit

import (
	"strconv"
	"time"
)

// MaxSize is the most bytes that a record may have, its end of line excluded.
const MaxSize = 4096

// The longest JSON form, in bytes, of the strings that clients and policies
// choose. Together with the fixed parts they stay below MaxSize.
const (
	maxID     = 80
	maxPath   = 200
	maxName   = 120
	maxList   = 900
	maxReason = 60
)

// Record is what is known of a request. The zero value of a field that does not
// apply is written as such, so that every record has the same members.
type Record struct {
	Time      time.Time
	RequestID string
	Path      string // without the query, which may carry text
	Asked     string // the client's model name
	Action    string // route, deny or pass
	Status    int    // what the client saw; 0 while unknown
	Decision  string
	Model     string // the policy's key
	Name      string // what the engine serves
	Cluster   string
	Reasoning string
	Signals   []string
	Flags     []string
	Tier      int
	Guard     string
	From, Why string   // of a demotion
	Warnings  []string // wishes of the policy that could not be honoured
	Version   string   // of the policy
	Hash      string   // of the policy
	Weights   string   // the hash of the learned ones, or "" where the policy uses none
	Arm       string   // of a rollout
	Tokens    int64    // estimated, of the input
	Bytes     int64    // of the body read
	Micros    int64    // spent in the filter
}

// AppendJSON appends the record, closed by the members of its chain.
func (r *Record) AppendJSON(dst []byte, link Link) []byte {
	o := object{dst: append(dst, '{')}
	o.number("v", 1)
	o.key("time")
	o.dst = append(o.dst, '"')
	o.dst = appendTime(o.dst, r.Time)
	o.dst = append(o.dst, '"')
	o.text("request_id", r.RequestID, maxID)
	o.text("path", r.Path, maxPath)
	o.text("asked", r.Asked, maxName)
	o.text("action", r.Action, maxReason)
	o.number("status", int64(r.Status))
	o.text("decision", r.Decision, maxName)
	o.text("model", r.Model, maxName)
	o.text("name", r.Name, maxName)
	o.text("cluster", r.Cluster, maxName)
	o.text("reasoning", r.Reasoning, maxReason)
	o.list("signals", r.Signals, maxList)
	o.list("flags", r.Flags, maxList/2)
	o.number("tier", int64(r.Tier))
	o.text("guard", r.Guard, maxName)
	o.key("demoted")
	if r.From == "" && r.Why == "" {
		o.dst = append(o.dst, "null"...)
	} else {
		in := object{dst: append(o.dst, '{')}
		in.text("from", r.From, maxName)
		in.text("why", r.Why, maxName)
		o.dst = append(in.dst, '}')
	}
	o.list("warnings", r.Warnings, maxList/2)
	o.key("policy")
	in := object{dst: append(o.dst, '{')}
	in.text("version", r.Version, maxReason)
	in.text("hash", r.Hash, maxReason)
	in.text("weights", r.Weights, maxReason)
	in.text("arm", r.Arm, maxReason)
	o.dst = append(in.dst, '}')
	o.number("tokens_in", r.Tokens)
	o.number("bytes", r.Bytes)
	o.number("us", r.Micros)
	o.text("vm", link.VM, maxReason)
	o.number("seq", link.Seq)
	o.text("prev", link.Prev, maxID)
	return append(o.dst, '}')
}

// object appends the members of one JSON object.
type object struct {
	dst  []byte
	more bool
}

func (o *object) key(name string) {
	if o.more {
		o.dst = append(o.dst, ',')
	}
	o.more = true
	o.dst = append(o.dst, '"')
	o.dst = append(o.dst, name...)
	o.dst = append(o.dst, '"', ':')
}

func (o *object) number(name string, n int64) {
	o.key(name)
	o.dst = strconv.AppendInt(o.dst, n, 10)
}

func (o *object) text(name, value string, longest int) {
	o.key(name)
	o.dst = AppendString(o.dst, value, longest)
}

// list writes as many of the values as fit into longest bytes.
func (o *object) list(name string, values []string, longest int) {
	o.key(name)
	o.dst = append(o.dst, '[')
	start := len(o.dst)
	for i, v := range values {
		before := len(o.dst)
		if i > 0 {
			o.dst = append(o.dst, ',')
		}
		o.dst = AppendString(o.dst, v, longest)
		if len(o.dst)-start > longest {
			o.dst = o.dst[:before]
			break
		}
	}
	o.dst = append(o.dst, ']')
}
