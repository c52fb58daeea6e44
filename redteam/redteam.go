// Package redteam is the attack suite: what somebody could try to reach a model that is less guarded or costs more, to
// have a request read in one way here and in another one at the engine, to leave no trace or to stop the service. Each
// attack says what must come of it under the default policy, or under the Strict one. The tests of this package run all of them through the module
// in hostsim, and those of package e2e in Envoy; `make redteam` prints the table.
package redteam

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/mom-router/mom-router/rules/strictjson"
)

// Request is what an attacker sends.
type Request struct {
	Method   string // "" is POST
	Path     string // "" is /v1/chat/completions
	Headers  [][2]string
	Body     []byte
	Chunks   []int // sizes in which the body arrives; what they leave over comes at once
	Trailers [][2]string
	HTTP2    bool
	// Answer are headers that the engine answers with.
	Answer [][2]string
	// Twin is the same request without the attack, if the two are to be compared.
	Twin *Request
}

// Outcome is what came of it.
type Outcome struct {
	Status   int
	Code     string      // of the router's own error
	Cluster  string      // whose engine got the whole request; "" if none did
	Up       [][2]string // headers that the engine got, names in lower case
	UpBody   []byte
	Down     [][2]string // headers that the client got, names in lower case
	DownBody []byte
	Record   []byte // nil where it is not known
	Twin     string // whose engine got the twin of the request
}

// Attack is one thing to try.
type Attack struct {
	Name    string
	Request Request
	// Want says what is wrong with an outcome; nil is nothing.
	Want func(o *Outcome) error
}

// Class is a family of attacks.
type Class struct {
	Name string
	Gain string // what an attacker has of it if it works
	// Weak is the part of the attacks that may work, with the reason: what word lists cannot see. All other classes hold
	// without exception.
	Weak    float64
	Why     string
	Slow    bool // has bodies of a megabyte and more
	Strict  bool // under the Strict policy, not the default one
	Attacks []Attack
}

// Canary stands in every prompt, and nowhere in what the router itself says.
const Canary = "cormorant"

// Check says what is wrong with an outcome: what the attack wants, and what must hold for all.
func (a *Attack) Check(o *Outcome) error {
	return errors.Join(a.Want(o), o.trace(), o.leak(), o.mirror(a))
}

// trace looks at what the attack left: a record on one line of at most 4 KB.
func (o *Outcome) trace() error {
	if o.Record == nil {
		return nil
	}
	var members map[string]any
	switch err := json.Unmarshal(o.Record, &members); {
	case err != nil:
		return fmt.Errorf("the record is no JSON: %v", err)
	case len(o.Record) > 4096 || bytes.ContainsAny(o.Record, "\r\n\x00\x1b"):
		return fmt.Errorf("the record is no line of at most 4 KB: %q", o.Record)
	}
	return nil
}

// leak looks for words of the prompt where they must not stand.
func (o *Outcome) leak() error {
	if bytes.Contains(o.Record, []byte(Canary)) {
		return fmt.Errorf("the record repeats the prompt: %s", o.Record)
	}
	if o.Cluster == "" && bytes.Contains(o.DownBody, []byte(Canary)) {
		return fmt.Errorf("the answer repeats the prompt: %s", o.DownBody)
	}
	return nil
}

// mirror compares what the engine got with what was sent and with what the router says about it.
func (o *Outcome) mirror(a *Attack) error {
	for _, h := range o.Down {
		if strings.HasPrefix(strings.ReplaceAll(h[0], "_", "-"), "x-mom-") {
			return fmt.Errorf("the client got the header %s: %s", h[0], h[1])
		}
	}
	if o.Cluster == "" {
		return nil
	}
	routing := map[string][]string{}
	for _, h := range o.Up {
		if strings.HasPrefix(strings.ReplaceAll(h[0], "_", "-"), "x-mom-") {
			routing[h[0]] = append(routing[h[0]], h[1])
		}
	}
	if len(routing) != 2 || len(routing["x-mom-cluster"]) != 1 || len(routing["x-mom-model"]) != 1 || routing["x-mom-cluster"][0] != o.Cluster {
		return fmt.Errorf("the engine of %s got the routing headers %v", o.Cluster, routing)
	}
	if err := strictjson.Valid(o.UpBody); err != nil {
		return fmt.Errorf("the engine got what is not strict JSON: %v", err)
	}
	var sent, got map[string]json.RawMessage
	if json.Unmarshal(a.Request.Body, &sent) != nil || json.Unmarshal(o.UpBody, &got) != nil {
		return errors.New("the engine got no object")
	}
	var model string
	if json.Unmarshal(got["model"], &model) != nil || routing["x-mom-model"][0] != model {
		return fmt.Errorf("the engine is asked for model %s, the header says %s", got["model"], routing["x-mom-model"])
	}
	for name, value := range sent {
		if !edited[name] && !bytes.Equal(value, got[name]) {
			return fmt.Errorf("the member %q has changed on its way", name)
		}
		delete(got, name)
	}
	for name := range got {
		if !edited[name] {
			return fmt.Errorf("the member %q has come from nowhere", name)
		}
	}
	return nil
}

// edited are the members that a route may change.
var edited = map[string]bool{"model": true, "reasoning_effort": true, "reasoning": true, "thinking": true, "thinking_token_budget": true, "chat_template_kwargs": true,
	"output_config": true, "enable_thinking": true, "thinking_budget": true, "thinking_budget_tokens": true, "reasoning_budget": true, "extra_body": true, "vllm_xargs": true, "custom_params": true}

// Classes lists the whole suite. The order is that of the table.
func Classes() []Class {
	var all []Class
	for _, part := range [][]Class{steering(), padding(), evasions(), places(), roles(), parsers(), members(), encodings(), paths(), headers(), names(), sizes(), traces(), personal(), spending(), planted(), budget()} {
		all = append(all, part...)
	}
	return all
}
