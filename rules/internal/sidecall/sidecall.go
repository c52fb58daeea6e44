// Package sidecall knows the calls that client programs make beside a conversation: for its title, its tags, what might be asked next, a search query,
// a commit message, the summary of a page, or to see whether the service is there. What they look like is data, a client a file (clients/*.txt); those in words
// that are no client's are told by what they say (wordings.txt).
package sidecall

import (
	"strconv"
	"strings"
)

// Form is what a side call looks like.
type Form struct {
	// Text is what a string begins with: of a system message, or of the last user message.
	Text   string
	System bool
	// Whole says that the string says nothing else.
	Whole bool
	Limits
}

// Limits bound the request as a whole. What is larger is work of its own.
type Limits struct {
	Tokens          int64 // estimated input, at most
	Tools           int   // tools that are offered, at most
	Output          int64 // what max_tokens must be at most; 0 if it may be absent or anything
	First, Answered bool  // nothing has been answered yet, or something must have been
}

// usual are the limits of a form that names none.
var usual = Limits{Tokens: 16_000}

// MaxText is how many bytes at the beginning of a string must be known to find its form. It is a bit more than the longest text.
const MaxText = 256

// Forms are all that are known, by their text.
func Forms() (all []Form) {
	for i := range clients {
		all = parse(clients[i].file, all)
	}
	return all
}

// parse adds the forms of a client's file, by their text. Empty lines and those that begin with # say nothing, the others are
//
//	user TEXT [| LIMIT N, ...]     the last user message begins so
//	system TEXT [| LIMIT N, ...]   a system message begins so
//	exactly TEXT [| LIMIT N, ...]  the last user message says so
//
// A LIMIT is tokens, tools or output, as Limits calls them. In a TEXT \n is a line end. Other lines are mistakes of this program, found by its tests.
func parse(file string, forms []Form) []Form {
	for file != "" {
		line, rest, _ := strings.Cut(file, "\n")
		file = rest
		kind, text, ok := strings.Cut(line, " ")
		if !ok || kind == "#" {
			continue
		}
		text, limits, _ := strings.Cut(text, " | ")
		f := Form{Text: strings.ReplaceAll(text, `\n`, "\n"), System: kind == "system", Whole: kind == "exactly", Limits: usual}
		for limits != "" {
			limit, more, _ := strings.Cut(limits, ", ")
			limits = more
			name, number, _ := strings.Cut(limit, " ")
			n, _ := strconv.Atoi(number)
			switch name {
			case "tokens":
				f.Tokens = int64(n)
			case "tools":
				f.Tools = n
			case "output":
				f.Output = int64(n)
			}
		}
		// A sort of package slices would take ten kilobytes of the module.
		at := len(forms)
		for at > 0 && forms[at-1].Text > f.Text {
			at--
		}
		forms = append(forms, f)
		copy(forms[at+1:], forms[at:])
		forms[at] = f
	}
	return forms
}

// Find returns the form that a string may have, by its first bytes: head is all of it where whole is true, else MaxText bytes at least. It returns -1 if there is none.
func Find(forms []Form, head []byte, whole, system bool) int {
	for len(head) > 0 && (head[0] == ' ' || head[0] == '\n' || head[0] == '\r' || head[0] == '\t') {
		head = head[1:]
	}
	// The form is the last text that is not behind the string, or one that this one begins with.
	i, end := 0, len(forms)
	for i < end {
		if mid := (i + end) / 2; forms[mid].Text <= string(head) {
			i = mid + 1
		} else {
			end = mid
		}
	}
	for i--; i >= 0 && forms[i].Text[0] == firstOf(head); i-- {
		f := &forms[i]
		if f.System == system && len(head) >= len(f.Text) && string(head[:len(f.Text)]) == f.Text && (!f.Whole || whole && blank(head[len(f.Text):])) {
			return i
		}
	}
	return -1
}

func firstOf(p []byte) byte {
	if len(p) == 0 {
		return 0
	}
	return p[0]
}

func blank(p []byte) bool {
	for _, c := range p {
		if c > ' ' {
			return false
		}
	}
	return true
}
