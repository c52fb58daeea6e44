//go:build !wasip1

package main_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/recordschema"
	"github.com/mom-router/mom-router/internal/routertest"
)

// promptOf is what the record of a request says of its prompt.
func promptOf(t *testing.T, a answer) (said *struct{ Hash, First string }) {
	t.Helper()
	raw := a.State["wasm.mom.audit"]
	if err := recordschema.Check(raw); err != nil {
		t.Fatal(err)
	}
	var record struct{ Prompt *struct{ Hash, First string } }
	if err := json.Unmarshal(raw, &record); err != nil {
		t.Fatal(err)
	}
	return record.Prompt
}

func TestARecordSaysOfThePromptWhatIsAskedForAndNoMore(t *testing.T) {
	const words = "Who is the cormorant of jane.doe@example.com, and why does it fly?"
	mac := hmac.New(sha256.New, []byte(routertest.Secret))
	mac.Write([]byte(words))
	hash := hex.EncodeToString(mac.Sum(nil)[:16])
	body := `{"model":"auto","messages":[{"role":"system","content":"Be kind"},{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"},{"role":"user","content":"` + words + `"}]}`
	for _, c := range []struct{ name, record, hash, first string }{
		{"nothing", ``, "", ""},
		{"a hash", `,"record":{"prompt":{"hash_env":"MOM_TEST_SECRET"}}`, hash, ""},
		{"text", `,"record":{"prompt":{"first":60}}`, "", "Who is the cormorant of [removed] and why does i"},
		{"both", `,"record":{"prompt":{"first":5,"hash_env":"MOM_TEST_SECRET"}},"pieces":{"memory":1048576}`, hash, "Who i"},
	} {
		for mode, r := range map[string]*router{"flag": start(t, defaultPolicy+c.record), "pair": startPair(t, defaultPolicy+c.record)} {
			t.Run(c.name+" in "+mode+" mode", func(t *testing.T) {
				for range 2 { // what is remembered is no other
					q := post("/v1/chat/completions", body)
					q.Chunks = []int{7, 40, 3}
					a := r.Send(t, q)
					got := promptOf(t, a)
					if (got == nil) != (c.hash+c.first == "") || got != nil && (got.Hash != c.hash || got.First != c.first) {
						t.Errorf("the record says %+v", got)
					}
					text := string(a.State["wasm.mom.audit"])
					if strings.Contains(text, "jane") || c.first == "" && strings.Contains(text, "cormorant") {
						t.Errorf("the record says %s", text)
					}
				}
				other := post("/v1/messages", `{"model":"auto","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"Why?"}]}]}`)
				if got := promptOf(t, r.Send(t, other)); got != nil && (got.Hash == hash || got.First != "" && got.First != "Why?") {
					t.Errorf("the next one's record says %+v", got)
				}
				if got := promptOf(t, r.Send(t, post("/v1/nothing", body))); got != nil {
					t.Errorf("what is no model call has a prompt: %+v", got)
				}
			})
		}
	}
}

func TestARecordIsOfBoundedLengthWithText(t *testing.T) {
	r := start(t, defaultPolicy+`,"record":{"prompt":{"first":500}}`)
	for _, letter := range []string{"\U0001F600", `\u0001`, `\"`, "x "} {
		a := r.Send(t, post("/v1/chat/completions", `{"model":"auto","messages":[{"role":"user","content":"`+strings.Repeat(letter, 2000)+`"}]}`))
		if got, text := promptOf(t, a), a.State["wasm.mom.audit"]; got == nil || got.First == "" || len(text) > 4096 {
			t.Errorf("of %q: a record of %d bytes: %s", letter, len(text), text)
		}
	}
}
