package signal

import (
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

func TestAFollowUpKeepsWhatTheMessageBeforeSays(t *testing.T) {
	st := builtinSet(t).NewState()
	for name, row := range map[string]struct {
		turns []string
		math  bool // the route of the first message is kept
	}{
		"a request about the answer":        {[]string{"now make it shorter"}, true},
		"one word":                          {[]string{"why?"}, true},
		"two follow-ups":                    {[]string{"continue", "and with fewer words, please explain that again"}, true},
		"another question":                  {[]string{"Who painted the ceiling of that chapel in Rome?"}, false},
		"a task of its own":                 {[]string{"Write a poem about autumn rain over the harbour."}, false},
		"a follow-up to another question":   {[]string{"Who painted the ceiling of that chapel in Rome?", "tell me more"}, false},
		"in Chinese":                        {[]string{"继续"}, true},
		"a long message with a cue":         {[]string{"Continue the fence along the road, then paint it, then call the neighbours and ask them when they mean to repair theirs on the other side."}, false},
		"small talk behind a hard question": {[]string{"Is it going to rain tomorrow?"}, false},
	} {
		st.Reset()
		say(st, prompt.RoleUser, "Prove that the square root of 2 is irrational using proof by contradiction.")
		for _, words := range row.turns {
			say(st, prompt.RoleAssistant, "Assume that it is rational.")
			say(st, prompt.RoleUser, words)
		}
		found := values(st, &prompt.Facts{UserTurns: 1 + len(row.turns)})
		if found["domain.math"] != row.math || found["conversation.follow_up"] != (row.math || len(row.turns) == 2) {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestAFirstMessageIsNoFollowUp(t *testing.T) {
	st := builtinSet(t).NewState()
	for _, words := range []string{"continue", "now make it shorter", "why?"} {
		st.Reset()
		say(st, prompt.RoleUser, words)
		if values(st, &prompt.Facts{UserTurns: 1})["conversation.follow_up"] {
			t.Errorf("%q is a follow-up to nothing", words)
		}
		st.Reset()
		say(st, prompt.RoleSystem, "You are a mathematician.")
		say(st, prompt.RoleUser, words)
		if values(st, &prompt.Facts{UserTurns: 1, System: true})["conversation.follow_up"] {
			t.Errorf("%q is a follow-up to a system prompt", words)
		}
	}
}

// Behind the results of tools people talk about the work.
func TestMoreIsAFollowUpWhereToolsHaveWorked(t *testing.T) {
	st := builtinSet(t).NewState()
	for words, leans := range map[string]struct{ chat, work bool }{
		"lower the limit to ten seconds":                  {false, true},
		"screenshots are blurred on phones":               {false, true},
		"now refactor that Python class into a dataclass": {false, false},
		"Write a poem about autumn rain over the harbour": {false, false},
		"why?": {true, true},
	} {
		for work, want := range map[bool]bool{false: leans.chat, true: leans.work} {
			st.Reset()
			say(st, prompt.RoleUser, "Find out why the upload page of our shop is so slow in the evening, and make it faster please.")
			say(st, prompt.RoleAssistant, "I shall look.")
			if work {
				say(st, prompt.RoleTool, "1,204 ms")
			}
			say(st, prompt.RoleUser, words)
			if got := values(st, &prompt.Facts{UserTurns: 2})["conversation.follow_up"]; got != want {
				t.Errorf("%q where tools have worked (%v) is a follow-up: %v", words, work, got)
			}
		}
	}
}
