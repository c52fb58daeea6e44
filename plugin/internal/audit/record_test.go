package audit

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/mom-router/mom-router/internal/recordschema"
)

func TestARecordIsOneLineOfTheDocumentedMembers(t *testing.T) {
	r := Record{
		Time: time.Date(2026, 11, 22, 10, 0, 0, 123456000, time.UTC).UnixNano(), RequestID: "abc", Path: "/v1/chat/completions",
		Tenant: "acme", Asked: "auto", Action: "route", Status: 200, Decision: "math_problems", Model: "qwen3-235b", Name: "Qwen/Qwen3-235B",
		Cluster: "mi355x-qwen3-235b", Reasoning: "high", Effort: "low", Signals: []string{"domain.math"}, Tier: 2,
		From: "a", Why: "context", Conversation: Conversation{Messages: 5, Alone: "fast_qa_english", AloneModel: "gpt-oss-20b", Why: "less"}, Domain: "math", Sure: 87, Session: "0123456789abcdef", Prefix: "fedcba9876543210", Warnings: []string{"w"}, Policy: NewPolicy("legal", "1", "00ff", "ee11", "active"), Would: Would{Action: "route", Decision: "harder", Model: "new"}, Attempts: 2, FellFrom: "a", FellWhy: "status", Tokens: 12, Cost: 1_500_000, MaxTokens: 256, Bytes: 99, Micros: 42,
		Answer: Answer{Answered: "Qwen/Qwen3", Finish: "stop", HasUsage: true, UsageIn: 10, UsageOut: 20, UsageReasoning: 5, UsageCached: 2, CostActual: 14_000_000,
			FirstText: 12_345, PerToken: 7, Duration: 1_000_010, Aborted: true, UpstreamError: "reset"},
	}
	got := string(new(Writer).Write(&r, Link{VM: "vm", Seq: 7, Prev: []byte("p")}))
	want := `{"v":1,"time":"2026-11-22T10:00:00.123456Z","request_id":"abc","path":"/v1/chat/completions","tenant":"acme","asked":"auto",` +
		`"action":"route","status":200,"code":"","param":"","decision":"math_problems","model":"qwen3-235b","name":"Qwen/Qwen3-235B",` +
		`"cluster":"mi355x-qwen3-235b","reasoning":"high","reasoning_asked":"low","signals":["domain.math"],"flags":[],"tier":2,"guard":"",` +
		`"demoted":{"from":"a","why":"context"},"conversation":{"messages":5,"alone":"fast_qa_english","model":"gpt-oss-20b","why":"less"},"domain":{"best":"math","sure":80},"session":"0123456789abcdef","prefix":"fedcba9876543210","warnings":["w"],"policy":{"name":"legal","version":"1","hash":"00ff","weights":"ee11","arm":"active"},"would":{"action":"route","decision":"harder","model":"new"},"attempts":2,"fallback":{"from":"a","why":"status"},"tokens_in":12,"cost":0.000001500000,"max_tokens":256,` +
		`"model_answered":"Qwen/Qwen3","finish":"stop","usage":{"in":10,"out":20,"reasoning":5,"cached":2},"usage_unknown":"","cost_actual":0.000014000000,` +
		`"ttft_ms":12.345,"tpot_ms":0.007,"duration_ms":1000.010,"aborted":true,"upstream_error":"reset","prompt":null,"bytes":99,` +
		`"us":42,"vm":"vm","seq":7,"prev":"p"}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if err := recordschema.Check([]byte(strings.Replace(got, `"prev":"p"`, `"prev":""`, 1))); err != nil {
		t.Error(err)
	}
}

// Whatever clients and policies put in, a record is one valid line of bounded length.
func FuzzRecord(f *testing.F) {
	f.Add("x\ny", "\xff\x00\"\\")
	f.Add(strings.Repeat("x", 5000), strings.Repeat("\\", 5000))
	f.Add("xxxxxxxxxxxx", strings.Repeat("y", 5000))
	f.Add(strings.Repeat("x", 116), strings.Repeat("y", 198))
	f.Add(strings.Repeat("x", 58), strings.Repeat("y", 5000))
	f.Add(strings.Repeat("\x01", 5000), strings.Repeat("\u2028", 3000))
	f.Fuzz(func(t *testing.T, a, b string) {
		many := make([]string, 300)
		for i := range many {
			many[i] = a
		}
		r := Record{RequestID: a, Path: b, Tenant: a, Asked: a, Action: b, Code: a, Param: b, Decision: a, Model: b, Name: a, Cluster: b, Reasoning: a, Effort: b,
			Signals: many, Flags: many, Warnings: many, Guard: b, From: a, Why: b, Policy: NewPolicy(a, a, b, a, b), Would: Would{a, b, a},
			Conversation: Conversation{Messages: 1<<63 - 1, Alone: a, AloneModel: b, Why: a}, Domain: b, Sure: -1 << 62, Session: a, Prefix: b, Attempts: 1<<63 - 1, FellFrom: a, FellWhy: b, PromptHash: a, PromptFirst: b,
			Answer: Answer{Answered: a, Finish: b, HasUsage: true, UsageIn: -1 << 63, UsageOut: -1 << 63, UsageReasoning: -1 << 63, UsageCached: -1 << 63,
				UsageUnknown: a, CostActual: 1<<63 - 1, FirstText: 1<<63 - 1, PerToken: 1<<63 - 1, Duration: 1<<63 - 1, UpstreamError: b},
			Status: -1 << 62, Tier: -1 << 62, Tokens: -1 << 63, Cost: 1<<63 - 1, MaxTokens: 1<<63 - 1, Bytes: -1 << 63, Micros: -1 << 63}
		got := new(Writer).Write(&r, Link{VM: a, Seq: -1 << 63, Prev: []byte(b)})
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

// expected is what prev must be: SHA-256, or HMAC-SHA-256 where there is a key, its first half.
func expected(key, record []byte) string {
	h := sha256.New()
	if len(key) > 0 {
		h = hmac.New(sha256.New, key)
	}
	h.Write(record)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func TestAChainShowsALostOrAlteredRecord(t *testing.T) {
	for _, key := range [][]byte{nil, []byte("secret")} {
		c := NewChain("vm", key)
		var lines [][]byte
		var seqs []int64
		var prevs []string
		var w Writer
		for i := range 3 {
			link := c.Next()
			seqs, prevs = append(seqs, link.Seq), append(prevs, string(link.Prev))
			line := bytes.Clone(w.Write(&Record{Status: 200 + i, Policy: NewPolicy("", "", "", "", "")}, link))
			c.Written(line)
			lines = append(lines, line)
		}
		if prevs[0] != "" || seqs[0] != 1 || seqs[2] != 3 {
			t.Errorf("links %v %v", seqs, prevs)
		}
		if prevs[1] != expected(key, lines[0]) || prevs[2] != expected(key, lines[1]) {
			t.Errorf("a record does not name the one before: %v", prevs)
		}
		if prevs[2] == expected(key, append([]byte(" "), lines[1]...)) || prevs[2] == expected(key, lines[0]) {
			t.Error("an altered or lost record does not show")
		}
		if len(key) > 0 && prevs[1] == expected(nil, lines[0]) {
			t.Error("the key makes no difference")
		}
	}
}

func TestRecordsMakeNoGarbage(t *testing.T) {
	for _, key := range [][]byte{nil, []byte("secret")} {
		c := NewChain("vm", key)
		r := Record{Time: 1795332600_999_999_999, RequestID: "abc", Asked: "auto", Signals: []string{"a.b", "c.d"}, Policy: NewPolicy("n", "1", "2", "3", "4")}
		var w Writer
		if n := testing.AllocsPerRun(100, func() {
			r.Time += 1e7
			c.Written(w.Write(&r, c.Next()))
		}); n != 0 {
			t.Errorf("%v allocations a record", n)
		}
	}
}

func TestWhatIsNotKnownOfAnAnswerIsNull(t *testing.T) {
	var got map[string]any
	if err := json.Unmarshal(new(Writer).Write(&Record{Policy: NewPolicy("", "", "", "", ""), Answer: Answer{UsageUnknown: "missing"}}, Link{}), &got); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"usage": nil, "cost_actual": nil, "ttft_ms": nil, "tpot_ms": nil, "usage_unknown": "missing", "aborted": false} {
		if value, ok := got[name]; !ok || value != want {
			t.Errorf("%s is %v", name, value)
		}
	}
}

func TestAPromptIsThereWhereItIsGivenAlone(t *testing.T) {
	for want, r := range map[string]Record{
		`"prompt":null`: {},
		`"prompt":{"hash":"0123456789abcdef0123456789abcdef","first":""}`: {PromptHash: "0123456789abcdef0123456789abcdef"},
		`"prompt":{"hash":"","first":"say \"hi\""}`:                       {PromptFirst: `say "hi"`},
	} {
		r.Policy = NewPolicy("", "", "", "", "")
		if got := string(new(Writer).Write(&r, Link{})); !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

func TestAmountsAreWrittenInDollars(t *testing.T) {
	for pico, want := range map[int64]string{0: "0", -1: "0", 1: "0.000000000001", 1_500_000_000_000: "1.500000000000", 1<<63 - 1: "9223372.036854775807"} {
		var l line
		if l.dollars("", pico); string(l.buf[:l.n]) != want {
			t.Errorf("%d: %s, want %s", pico, l.buf[:l.n], want)
		}
	}
}

func TestNumbersAreWrittenAsTheyAre(t *testing.T) {
	for _, n := range []int64{0, 7, 9, 10, 99, 100, 12345, -1, -10, 1<<63 - 1, -1 << 63} {
		var l line
		if l.number("", n); string(l.buf[:l.n]) != strconv.FormatInt(n, 10) {
			t.Errorf("%d is written as %s", n, l.buf[:l.n])
		}
	}
}
