package config

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules"
)

const fallbackPolicy = `{"policy":{"version":"1","models":{"a":{"cluster":"a"},"b":{"cluster":"b"},"c":{"cluster":"c"}},"default":"a"},"fallback":`

func TestTheLongestListThatFitsIsChosen(t *testing.T) {
	c, err := Parse([]byte(fallbackPolicy + `{"silence":"20s","after_429":"any","lists":{"abc":["a","b","c"],"ab":["a","b"],"ac":["a","c"],"cb":["c","b"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	f := c.Fallback
	if c.Upstream || f.Silence != 20_000 || !f.Dearer {
		t.Errorf("got %+v", f)
	}
	model := func(key string) *rules.Model {
		for _, m := range c.Policy.Models() {
			if m.Key == key {
				return m
			}
		}
		return nil
	}
	for _, x := range []struct{ chosen, standIns, want string }{
		{"a", "b c", "abc"},
		{"a", "c b", "ab"}, // in the policy's order; of two of one length the first by name
		{"a", "b", "ab"},
		{"a", "c", "ac"},
		{"a", "", ""},
		{"b", "a c", ""},
		{"c", "a b", "cb"},
	} {
		var standIns []rules.StandIn
		for _, key := range strings.Fields(x.standIns) {
			standIns = append(standIns, rules.StandIn{Model: model(key)})
		}
		got := ""
		if list := f.List(model(x.chosen), standIns); list != nil {
			got = list.Cluster
		}
		if got != x.want {
			t.Errorf("%s with %q: list %q, want %q", x.chosen, x.standIns, got, x.want)
		}
	}
}

func TestTheRoleUpstreamNeedsNothingElse(t *testing.T) {
	c, err := Parse([]byte(`{"role":"upstream"}`))
	if err != nil || !c.Upstream || c.Gate() || c.Policy != nil {
		t.Errorf("got %+v, %v", c, err)
	}
	if c, err := Parse(nil); err != nil || c.Upstream || !c.Gate() {
		t.Errorf("without a configuration: %+v, %v", c, err)
	}
}

func TestMistakesAboutFallbackAreSaid(t *testing.T) {
	for raw, want := range map[string]string{
		`{"role":"downstream"}`:                                         `$.role: unknown role "downstream"`,
		`{"role":"upstream","policy":"default"}`:                        `$.policy: unknown key "policy"`,
		fallbackPolicy + `{}}`:                                          `$.fallback: "lists" is missing`,
		fallbackPolicy + `{"order":"any"}}`:                             `$.fallback.order: unknown order "any"`,
		fallbackPolicy + `{"order":"request","tries":1}}`:               `$.fallback.tries: `,
		fallbackPolicy + `{"order":"request","lists":{"x":["a","b"]}}}`: `$.fallback.lists: each request has an order of its own`,
		fallbackPolicy + `{"tries":2,"lists":{"x":["a","b"]}}}`:         `$.fallback.tries: the lists say already how many models are tried`,
		fallbackPolicy + `[]}`:                                          `$.fallback`,
		fallbackPolicy + `{"lists":["a"]}}`:                             `$.fallback.lists`,
		fallbackPolicy + `{"lists":{"x":["a"]}}}`:                       `$.fallback.lists.x: a list of less than two models`,
		fallbackPolicy + `{"lists":{"x":["a","d"]}}}`:                   `$.fallback.lists.x[1]: no policy has a model "d"`,
		fallbackPolicy + `{"lists":{"x":["a","b","a"]}}}`:               `$.fallback.lists.x[2]: the list has "a" twice`,
		fallbackPolicy + `{"lists":{"x":["a",1]}}}`:                     `$.fallback.lists.x[1]`,
		fallbackPolicy + `{"lists":{"x":"a"}}}`:                         `$.fallback.lists.x`,
		fallbackPolicy + `{"lists":{"a":["a","b"]}}}`:                   `$.fallback.lists.a: "a" is the cluster of a model`,
		fallbackPolicy + `{"lists":{},"silence":"x"}}`:                  `$.fallback.silence: not a duration`,
		fallbackPolicy + `{"lists":{"x":["a","b"]},"after_429":"no"}}`:  `$.fallback.after_429: unknown choice "no"`,
	} {
		if _, err := Parse([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", raw, err, want)
		}
	}
}

// One value promotes the candidate and takes it back: the lists may be for both.
func TestListsMayBeForACandidateToo(t *testing.T) {
	model := func(keys ...string) string {
		var all []string
		for _, key := range keys {
			all = append(all, `"`+key+`":{"cluster":"`+key+`"}`)
		}
		return `{"version":"` + keys[0] + `","models":{` + strings.Join(all, ",") + `},"default":"` + keys[0] + `"}`
	}
	with := func(mode, lists string) error {
		_, err := Parse([]byte(`{"policy":` + model("a", "b") + `,"candidate":{"policy":` + model("y", "z") + `,"mode":"` + mode + `","share":5},"fallback":{"lists":` + lists + `}` + secretKeys + `}`))
		return err
	}
	for _, mode := range []string{"off", "shadow", "canary", "promoted"} {
		if err := with(mode, `{"old":["a","b"],"new":["y","z"]}`); err != nil {
			t.Errorf("%s: %v", mode, err)
		}
		if err := with(mode, `{"old":["a","nobody"]}`); mode != "off" && (err == nil || !strings.Contains(err.Error(), `no policy has a model "nobody"`)) {
			t.Errorf("%s: a model that no policy has: %v", mode, err)
		}
		if err := with(mode, `{"z":["a","b"]}`); mode != "off" && (err == nil || !strings.Contains(err.Error(), `"z" is the cluster of a model`)) {
			t.Errorf("%s: the cluster of a candidate's model: %v", mode, err)
		}
	}
	c, err := Parse([]byte(`{"policy":` + model("a", "b") + `,"candidate":{"policy":` + model("y", "z") + `,"mode":"off"},"fallback":{"lists":{"new":["y","z"]}}}`))
	if err != nil || len(c.Warnings) == 0 || !strings.Contains(c.Warnings[len(c.Warnings)-1], `no policy has a model "z", so the list is of no use unless the candidate has it`) {
		t.Errorf("of a candidate that is off nobody knows the models: %v", err)
	}
}
