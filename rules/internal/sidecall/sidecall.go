// Package sidecall knows the calls that client programs make beside a conversation: for its title, its tags, what might be asked next, a search query,
// a commit message, the summary of a page, or to see whether the service is there. What they look like is data, a client a file (clients/*.txt).
package sidecall

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
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
	Tokens int64 // estimated input, at most
	Tools  int   // tools that are offered, at most
	Output int64 // what max_tokens must be at most; 0 if it may be absent or anything
}

// usual are the limits of a form that names none.
var usual = Limits{Tokens: 16_000}

// MaxText is how many bytes at the beginning of a string must be known to find its form. It is a bit more than the longest text.
const MaxText = 256

// Forms are all that are known, by their text.
var Forms = sync.OnceValue(func() (all []Form) {
	for _, c := range clients {
		forms, err := parse(c.file)
		if err != nil {
			panic("sidecall: " + c.name + ": " + err.Error()) // found by the tests
		}
		all = append(all, forms...)
	}
	slices.SortStableFunc(all, func(a, b Form) int { return strings.Compare(a.Text, b.Text) })
	return all
})

// parse reads a client's file. Empty lines and those that begin with # say nothing, the others are
//
//	user TEXT [| LIMIT N, ...]     the last user message begins so
//	system TEXT [| LIMIT N, ...]   a system message begins so
//	exactly TEXT [| LIMIT N, ...]  the last user message says so
//
// A LIMIT is tokens, tools or output, as Limits calls them. In a TEXT \n is a line end.
func parse(file string) (forms []Form, err error) {
	for number, line := range strings.Split(file, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		kind, rest, _ := strings.Cut(line, " ")
		text, limits, _ := strings.Cut(rest, " | ")
		f := Form{Text: strings.ReplaceAll(strings.TrimSpace(text), `\n`, "\n"), System: kind == "system", Whole: kind == "exactly", Limits: usual}
		switch {
		case kind != "user" && kind != "system" && kind != "exactly":
			err = errors.New("unknown kind " + strconv.Quote(kind))
		case f.Text == "" || len(f.Text) >= MaxText-8:
			err = errors.New("the text is empty or too long")
		case limits != "":
			err = f.limit(limits)
		}
		if err != nil {
			return nil, errors.New("line " + strconv.Itoa(number+1) + ": " + err.Error())
		}
		forms = append(forms, f)
	}
	return forms, nil
}

func (l *Limits) limit(list string) error {
	for _, item := range strings.Split(list, ",") {
		name, number, _ := strings.Cut(strings.TrimSpace(item), " ")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n < 0 {
			return errors.New(strconv.Quote(item) + " is no limit")
		}
		switch name {
		case "tokens":
			l.Tokens = n
		case "tools":
			l.Tools = int(n)
		case "output":
			l.Output = n
		default:
			return errors.New("unknown limit " + strconv.Quote(name))
		}
	}
	return nil
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
