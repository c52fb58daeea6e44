package main

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules"
)

func TestAConversationIsPrintedByWhatMovedIt(t *testing.T) {
	var out strings.Builder
	printConversation(&out, []rules.MessageResult{{Alone: "a", AloneModel: "m"}})
	if out.Len() > 0 {
		t.Errorf("one message is no conversation: %s", &out)
	}
	same := rules.MessageResult{Alone: "chat", AloneModel: "small", Decision: "chat", Model: "small", Why: rules.WhySame}
	first := same
	first.Why = rules.WhyFirst
	printConversation(&out, []rules.MessageResult{first, same, same,
		{Alone: "maths", AloneModel: "large", Decision: "maths", Model: "large", Why: rules.WhyStronger},
		{FollowUp: true, Alone: "chat", AloneModel: "small", Decision: "maths", Model: "large", Why: rules.WhyLess},
		{Alone: "maths", AloneModel: "large", Decision: "maths", Model: "large", Why: rules.WhySame}})
	want := `conversation
  message 1 asks for small (chat): small, first
  2 of the user's messages ask for the same model
  message 4 asks for large (maths): large, stronger
  message 5, leaning on the one before, asks for small (chat): large, less
  message 6 asks for large (maths): large, same
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}
