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
	for _, text := range []string{` [{"cluster":"c"}] `, `{}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[`, `{"a"`, `"\u12g4"`, `"\x"`, "\"\n\"", `-`, `01`, `-0.5e+7`, `1.`, `1e`, `.5`,
		`tru`, `nul`, `falsey`, `true false`, ``, ` `, `{"signals":[1,"a"]}`, `{"signals":["a" , "b,c"] }`, `{"flags":[[]],"model":{"a":[{}]}}`, "\"\xff\""} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		var got, want outcome
		valid := json.Valid(record)
		if got.readRecord(string(record)) != valid {
			t.Fatalf("%s: json.Valid says %v", record, valid)
		}
		if !valid || bytes.Contains(record, []byte("null")) { // null in a list is an empty string to encoding/json
			return
		}
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
	eachMember(string(record), func(name, _ string) {

		n++
		for i := range len(name) {
			if c := name[i]; c == '\\' || c >= 0x80 {
				n = -1 << 30
			}
		}
	})
	return n
}
