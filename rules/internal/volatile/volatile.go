// Package volatile leaves out of a text what client programs write anew into each of their requests, or into those of each machine: dates, working
// directories, the state of a repository. What is left is the same for all that share a prompt, and so can be a key for it.
//
// It goes by lines. A line that is left out though it never changes does no harm: the key knows less of the text, and says the same of more of them.
package volatile

import (
	"bytes"
	"strings"
	"unsafe"
)

// longest is how long a line is, in bytes, that may be left out. A longer one is a paragraph.
const longest = 512

// Text is one text that is read in pieces. Begin it before use; it makes no garbage.
type Text struct {
	line [longest]byte // the open line, if it has begun in an earlier piece
	n    int
	long bool   // the open line is too long to be left out
	skip string // what ends the region that is left out; "" outside of one
}

// Hash takes what is steady in a text.
type Hash interface{ Write(p []byte) }

// Begin starts a text.
func (t *Text) Begin() { t.n, t.long, t.skip = 0, false, "" }

// Write reads a piece, and gives what is steady to a hash, as End does with the last line. How the text is cut makes no difference.
func (t *Text) Write(p []byte, to Hash) {
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n') + 1
		piece := p
		if end > 0 {
			piece = p[:end]
		}
		p = p[len(piece):]
		switch {
		case t.long:
			if t.skip == "" {
				to.Write(piece)
			}
		case t.n == 0 && end > 0 && len(piece) <= longest:
			if t.keeps(piece) {
				to.Write(piece)
			}
			continue
		case t.n+len(piece) > longest:
			t.long = true
			if t.skip == "" {
				to.Write(t.line[:t.n])
				to.Write(piece)
			}
		default:
			t.n += copy(t.line[t.n:], piece)
		}
		if end > 0 {
			t.End(to)
		}
	}
}

// End ends the last line.
func (t *Text) End(to Hash) {
	if !t.long && t.n > 0 && t.keeps(t.line[:t.n]) {
		to.Write(t.line[:t.n])
	}
	t.n, t.long = 0, false
}

// toTheEnd is a region that nothing ends.
const toTheEnd = "\x00"

// regions begin with a line of this label and end with one that has the other word, or with the text.
// Sources: the environment of Claude Code, OpenCode, Codex, Cline and Roo Code; the state of the repository in Claude Code.
var regions = []struct{ label, end string }{
	{"<env>", "</env>"},
	{"<environment_context>", "</environment_context>"},
	{"<environment_details>", "</environment_details>"},
	{"gitstatus:", toTheEnd},
}

// labels begin lines that are left out, in small letters and without marks before them, by their first letter.
// Sources: the system prompts of Claude Code, Codex, OpenCode, Gemini CLI, Cline, Roo Code, Continue, Open WebUI, LibreChat and LangChain's agents.
var labels = byLetter(
	"today", "date:", "date is", "the date", "current date", "current time", "the current date", "the current time", "current day", "current year",
	"time:", "time zone", "timezone", "timestamp", "now:", "it is now", "local time", "system time", "utc time",
	"cwd", "working directory", "working dir", "current working directory", "current directory", "primary working directory", "additional working directories",
	"your current working directory", "the current working directory", "i'm currently working in the directory", "project root", "project directory", "workspace root",
	"workspace path", "workspace folder", "workspace directory", "home directory", "default shell", "shell:", "is directory a git repo", "is a git repo", "git branch", "git user",
	"current branch", "branch:", "main branch", "platform:", "os:", "os version", "operating system", "my operating system", "hostname", "host:", "user:", "user name", "username",
	"user's name", "user id", "locale:", "location:", "user location", "session id", "session:", "conversation id", "chat id", "thread id", "request id", "trace id",
	"x-anthropic-billing-header",
)

func byLetter(list ...string) (table ['z' + 1][]string) {
	for _, l := range list {
		table[l[0]] = append(table[l[0]], l)
	}
	return table
}

// keeps reports whether a whole line is steady.
func (t *Text) keeps(line []byte) bool {
	if t.skip != "" {
		if contains(line, t.skip) {
			t.skip = ""
		}
		return false
	}
	start := line
	for len(start) > 0 && (start[0] <= ' ' || start[0] == '-' || start[0] == '*' || start[0] == '#' || start[0] == '>') {
		start = start[1:]
	}
	if len(start) == 0 {
		return true
	}
	if c := start[0] | 0x20; c == '<' || c == 'g' {
		for i := range regions {
			r := &regions[i]
			if !begins(start, r.label) {
				continue
			}
			if !contains(start, r.end) {
				t.skip = r.end
			}
			return false
		}
	}
	if c := start[0] | 0x20; c <= 'z' {
		for _, l := range labels[c] {
			if begins(start, l) {
				return false
			}
		}
	}
	return !momentary(start)
}

// contains reports whether a line has a word. Package strings is in the module anyway.
func contains(line []byte, word string) bool {
	return strings.Contains(unsafe.String(unsafe.SliceData(line), len(line)), word)
}

// begins reports whether a line begins with a label, which is written in small letters.
func begins(line []byte, label string) bool {
	if len(line) < len(label) {
		return false
	}
	for i := range len(label) {
		c := line[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != label[i] {
			return false
		}
	}
	return true
}

// momentary reports whether a line has a year, a time of day or a path into somebody's home.
func momentary(line []byte) bool {
	digits := 0 // before the byte at hand
	for i, c := range line {
		if c-'0' <= 9 {
			digits++
			continue
		}
		switch {
		case digits == 4 && isCentury(line[i-4:i]):
			return true
		case c == ':' && (digits == 1 || digits == 2) && clock(line[i+1:]):
			return true
		case c == '/' || c == '\\':
			if home(line[i+1:]) {
				return true
			}
		}
		digits = 0
	}
	return digits == 4 && isCentury(line[len(line)-4:])
}

// isCentury reports whether four digits are a year of which a clock may tell.
func isCentury(p []byte) bool { return p[0] == '2' && p[1] == '0' }

// clock reports whether the minutes of a time of day come.
func clock(p []byte) bool {
	return len(p) >= 2 && p[0]-'0' <= 5 && p[1]-'0' <= 9 && (len(p) == 2 || p[2]-'0' > 9)
}

// home reports whether a path goes on into somebody's home, or where programs put what is theirs for a while.
func home(p []byte) bool {
	if len(p) == 0 {
		return false
	}
	switch p[0] {
	case 'h':
		return begins(p, "home/")
	case 'U':
		return begins(p, "users/") || begins(p, `users\`)
	case 't':
		return begins(p, "tmp/")
	}
	return false
}
