package examples

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/quote"
)

func TestAConversationGoesAsThePageOnPoliciesSays(t *testing.T) {
	r := start(t, defaultPolicy)
	var messages []string
	for _, row := range table(t, "### Conversations", "the user says", "alone", "decision", "model", "why") {
		messages = append(messages, `{"role":"user","content":`+string(quote.JSON(row["the user says"]))+`}`)
		a := r.Send(t, post("/v1/chat/completions", `{"messages":[`+strings.Join(messages, ",")+`]}`))
		var record struct {
			Conversation struct {
				Messages          int
				Alone, Model, Why string
			}
		}
		if err := json.Unmarshal(a.State["wasm.mom.audit"], &record); err != nil {
			t.Fatal(err)
		}
		c := record.Conversation
		if a.Record.Decision != row["decision"] || a.Record.Model != row["model"] || c.Alone != row["alone"] || c.Why != row["why"] || c.Messages != len(messages)/2+1 {
			t.Errorf("message %d, %q: decision %s, model %s, %+v; docs/policy.md says %v", len(messages)/2+1, row["the user says"], a.Record.Decision, a.Record.Model, c, row)
		}
		if row["alone"] == row["decision"] && c.Model != row["model"] {
			t.Errorf("%q: alone it would go to %s", row["the user says"], c.Model)
		}
		messages = append(messages, `{"role":"assistant","content":"So it is."}`)
	}
}
