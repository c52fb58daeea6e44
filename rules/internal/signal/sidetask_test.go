package signal

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

func TestSideCallsAreToldByTheirForm(t *testing.T) {
	st := builtinSet(t).NewState()
	const title, system = "Please write a brief title for the following request:\n\nFix the bug.", "You are a title generator. Be brief."
	long := title + strings.Repeat(" and explain it at length", 6000)
	type message struct {
		role  prompt.Role
		texts []string
	}
	user := func(texts ...string) message { return message{prompt.RoleUser, texts} }
	for name, c := range map[string]struct {
		messages []message
		facts    prompt.Facts
		want     bool
	}{
		"a title":                                    {[]message{user(title)}, prompt.Facts{}, true},
		"behind white space":                         {[]message{user("\n " + title)}, prompt.Facts{}, true},
		"in a later part":                            {[]message{user("<system-reminder>x</system-reminder>", title)}, prompt.Facts{}, true},
		"a system prompt":                            {[]message{{prompt.RoleSystem, []string{system}}, user("Fix the bug.")}, prompt.Facts{}, true},
		"a system prompt in a user's words":          {[]message{user(system)}, prompt.Facts{}, false},
		"a user's words in a system prompt":          {[]message{{prompt.RoleSystem, []string{title}}, user("Fix the bug.")}, prompt.Facts{}, false},
		"a system prompt behind a user's":            {[]message{user("Hi"), {prompt.RoleLateSystem, []string{system}}, user("Fix the bug.")}, prompt.Facts{}, false},
		"an answer":                                  {[]message{user("Hi"), {prompt.RoleAssistant, []string{title}}}, prompt.Facts{}, false},
		"in the middle of a text":                    {[]message{user("Fix it.\n" + title)}, prompt.Facts{}, false},
		"an earlier message":                         {[]message{user(title), {prompt.RoleAssistant, []string{"A title"}}, user("Fix the bug.")}, prompt.Facts{}, false},
		"at the end of a conversation":               {[]message{user("Fix the bug."), {prompt.RoleAssistant, []string{"Done."}}, user("[SUGGESTION MODE: x]")}, prompt.Facts{Tools: 33}, true},
		"with tools":                                 {[]message{user(title)}, prompt.Facts{Tools: 1}, false},
		"too long":                                   {[]message{user(long)}, prompt.Facts{}, false},
		"a probe":                                    {[]message{user("quota")}, prompt.Facts{MaxTokens: 1}, true},
		"a probe that asks for a whole answer":       {[]message{user("quota")}, prompt.Facts{MaxTokens: 4096}, false},
		"the same without a bound":                   {[]message{user("quota")}, prompt.Facts{}, false},
		"a question about the word":                  {[]message{user("quota of milk")}, prompt.Facts{MaxTokens: 1}, false},
		"a conversation that is not read to its end": {[]message{user(title)}, prompt.Facts{Open: true}, false},
		"the summary of a conversation":              {[]message{user("Your task is to create a detailed summary of the conversation so far.")}, prompt.Facts{}, false},
		"in nobody's words":                          {[]message{user("Name the conversation below in at most four words. Only the title.\n\nUser: " + "Prove it.")}, prompt.Facts{}, true},
		"behind the conversation":                    {[]message{user("<messages>\nUser: " + strings.Repeat("Prove it. ", 500) + "\n</messages>\nTags for this conversation, as JSON only.")}, prompt.Facts{}, true},
		"a conversation that is not there":           {[]message{user("Name the conversation below in at most four words. Only the title.")}, prompt.Facts{}, false},
		"one that was had":                           {[]message{user("Hi"), {prompt.RoleAssistant, []string{"Hello."}}, user("Name this conversation in at most four words. Only the title.")}, prompt.Facts{Answers: 1}, true},
		"without a form":                             {[]message{user("What title fits the conversation below?\n\nUser: Prove it.")}, prompt.Facts{}, false},
		"without a form, with a bound":               {[]message{user("What title fits the conversation below?\n\nUser: Prove it.")}, prompt.Facts{MaxTokens: 24}, true},
		"a person's":                                 {[]message{user("Name my conversation below in at most four words. Only the title.\n\nUser: Prove it.")}, prompt.Facts{}, false},
		"in nobody's words, with tools":              {[]message{user("Name the conversation below in at most four words. Only the title.\n\nUser: Prove it.")}, prompt.Facts{Tools: 1}, false},
		"an operator's":                              {[]message{{prompt.RoleSystem, []string{"You name chats. Only output the title of the conversation."}}, user("Prove it.")}, prompt.Facts{}, true},
		"an operator's, who wants answers":           {[]message{{prompt.RoleSystem, []string{"Answer the user's question and give the conversation a title. JSON only."}}, user("Prove it.")}, prompt.Facts{}, false},
		"an operator's, later":                       {[]message{{prompt.RoleSystem, []string{"You name chats. Only output the title of the conversation."}}, user("Prove it.")}, prompt.Facts{Answers: 1}, false},
		"a greeting with a bound":                    {[]message{user("Hello!")}, prompt.Facts{MaxTokens: 1}, true},
		"a greeting":                                 {[]message{user("Hello!")}, prompt.Facts{}, false},
		"a greeting and more":                        {[]message{user("Hello, prove it")}, prompt.Facts{MaxTokens: 1}, false},
		"nothing":                                    {nil, prompt.Facts{}, false},
	} {
		st.Reset()
		for _, m := range c.messages {
			for _, text := range m.texts {
				st.BeginText(prompt.MaybeUsers)
				for i := range len(text) { // byte by byte
					st.Text([]byte(text[i:i+1]), 0, true)
				}
				st.EndText(true)
				st.EndPart(prompt.PartOwn)
			}
			st.EndMessage(m.role)
		}
		if got := values(st, &c.facts)["conversation.side_task"]; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	// A tool's result is nobody's call.
	st.Reset()
	say(st, prompt.RoleUser, "Hi")
	st.BeginText(prompt.MaybeUsers)
	st.Text([]byte(title), 0, true)
	st.EndText(true)
	st.EndPart(prompt.PartResult)
	st.EndMessage(prompt.RoleUser)
	if values(st, &prompt.Facts{})["conversation.side_task"] {
		t.Error("a tool's result is taken for a side call")
	}
}
