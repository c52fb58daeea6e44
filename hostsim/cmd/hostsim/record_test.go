package main

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

func TestAnOutcomeIsWrittenAsEncodingJSONWould(t *testing.T) {
	text := "b"
	for name, o := range map[string]outcome{
		"an empty one":    {Signals: []string{}, Flags: []string{}},
		"a full one":      {Status: 200, Cluster: "c", Model: "m", Decision: "d", Reasoning: "high", Action: "route", Signals: []string{"a.b", "c"}, Flags: []string{"f"}, Upstream: json.RawMessage("null"), Record: json.RawMessage(`{"v":1}`)},
		"strange strings": {Error: "a \"b\" \\ \n <é> \u2028", Cluster: "\xff", Signals: []string{"\x00"}, Flags: []string{}, Response: &content{Body: &text}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, want := string(o.appendJSON(nil)), string(encode(o)); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func FuzzARecordIsReadAsEncodingJSONWould(f *testing.F) {
	f.Add([]byte(`{"v":1,"cluster":"c","model":"m\u0041","decision":null,"signals":["a","b"],"flags":[],"demoted":{"from":"x","model":"no"},"action" : "route" }`))
	f.Add([]byte(` [{"cluster":"c"}] `))
	f.Fuzz(func(t *testing.T, record []byte) {
		var got, want outcome
		if !json.Valid(record) || bytes.Contains(record, []byte("null")) { // null in a list is an empty string to encoding/json
			return
		}
		got.readRecord(record)
		var members map[string]json.RawMessage
		if json.Unmarshal(record, &members) != nil {
			members = nil
		}
		if len(members) != count(record) {
			return // a member twice, or a name with an escape: which one counts is open
		}
		for name, to := range map[string]any{"cluster": &want.Cluster, "model": &want.Model, "decision": &want.Decision,
			"reasoning": &want.Reasoning, "action": &want.Action, "signals": &want.Signals, "flags": &want.Flags} {
			if json.Unmarshal(members[name], to) != nil {
				if list, ok := to.(*[]string); ok {
					*list = nil
				}
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s gives %+v, want %+v", record, got, want)
		}
	})
}

func count(record []byte) (n int) {
	eachMember(record, func(name, _ []byte) {
		n++
		for _, c := range name {
			if c == '\\' || c >= 0x80 {
				n = -1 << 30
			}
		}
	})
	return n
}
