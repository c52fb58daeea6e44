package audit

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestARecordIsOneLineOfTheDocumentedMembers(t *testing.T) {
	r := Record{
		Time: time.Date(2026, 11, 22, 10, 0, 0, 123456000, time.UTC), RequestID: "abc", Path: "/v1/chat/completions",
		Asked: "auto", Action: "route", Status: 200, Decision: "math_problems", Model: "qwen3-235b", Name: "Qwen/Qwen3-235B",
		Cluster: "mi355x-qwen3-235b", Reasoning: "high", Signals: []string{"domain.math"}, Tier: 2,
		From: "a", Why: "context", Warnings: []string{"w"}, Version: "1", Hash: "00ff", Weights: "ee11", Tokens: 12, Bytes: 99, Micros: 42,
	}
	got := string(new(Writer).Write(&r, Link{VM: "vm", Seq: 7, Prev: "p"}))
	want := `{"v":1,"time":"2026-11-22T10:00:00.123456Z","request_id":"abc","path":"/v1/chat/completions","asked":"auto",` +
		`"action":"route","status":200,"decision":"math_problems","model":"qwen3-235b","name":"Qwen/Qwen3-235B",` +
		`"cluster":"mi355x-qwen3-235b","reasoning":"high","signals":["domain.math"],"flags":[],"tier":2,"guard":"",` +
		`"demoted":{"from":"a","why":"context"},"warnings":["w"],"policy":{"version":"1","hash":"00ff","weights":"ee11","arm":""},"tokens_in":12,"bytes":99,` +
		`"us":42,"vm":"vm","seq":7,"prev":"p"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Whatever clients and policies put in, a record is one valid line of bounded length.
func FuzzRecord(f *testing.F) {
	f.Add("x\ny", "\xff\x00\"\\")
	f.Add(strings.Repeat("\x01", 5000), strings.Repeat("\u2028", 3000))
	f.Fuzz(func(t *testing.T, a, b string) {
		many := make([]string, 300)
		for i := range many {
			many[i] = a
		}
		r := Record{RequestID: a, Path: b, Asked: a, Action: b, Decision: a, Model: b, Name: a, Cluster: b, Reasoning: a,
			Signals: many, Flags: many, Warnings: many, Guard: b, From: a, Why: b, Version: a, Hash: b, Weights: a, Arm: a,
			Status: -1 << 62, Tier: -1 << 62, Tokens: -1 << 63, Bytes: -1 << 63, Micros: -1 << 63}
		got := new(Writer).Write(&r, Link{VM: a, Seq: -1 << 63, Prev: b})
		if len(got) > MaxSize {
			t.Errorf("%d bytes", len(got))
		}
		if !json.Valid(got) || !utf8.Valid(got) {
			t.Errorf("not valid JSON in UTF-8: %q", got)
		}
		if strings.ContainsAny(string(got), "\n\r\u2028\u2029\u0085") {
			t.Errorf("more than one line: %q", got)
		}
	})
}

func TestAChainShowsALostOrAlteredRecord(t *testing.T) {
	for _, key := range [][]byte{nil, []byte("secret")} {
		c := NewChain("vm", key)
		var lines [][]byte
		var links []Link
		for i := range 3 {
			link := c.Next()
			line := new(Writer).Write(&Record{Status: 200 + i}, link)
			c.Written(line)
			lines, links = append(lines, line), append(links, link)
		}
		if links[0].Prev != "" || links[0].Seq != 1 || links[2].Seq != 3 {
			t.Errorf("links %+v", links)
		}
		if links[2].Prev != Digest(key, lines[1]) {
			t.Error("the third record does not name the second")
		}
		if links[2].Prev == Digest(key, append([]byte(" "), lines[1]...)) || links[2].Prev == Digest(key, lines[0]) {
			t.Error("an altered or lost record does not show")
		}
		if len(key) > 0 && links[1].Prev == Digest(nil, lines[0]) {
			t.Error("the key makes no difference")
		}
	}
}
