// Package wrapper tells a user's own words from what client programs put around them: reminders, the state of an editor,
// instructions, what was found for the question. Which texts those are is data, a client a file (clients/*.txt), to which
// policies may add. It is for routes alone: whoever writes a marker himself takes words away from them, and nothing from guards,
// which read everything as the user's.
package wrapper

import (
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/internal/charset"
	"github.com/mom-router/mom-router/rules/internal/swar"
)

// Marker is how a client marks what it writes, or what the user wrote.
type Marker struct {
	Kind Kind
	// Open is what the marker begins with, at the beginning of a line: "<name" for tags.
	Open string
	// Close is where it ends, anywhere behind it. It is "" where that is the end of the text.
	Close string
	// Tail, if not "", begins a line behind Close from which on the text is the client's again.
	Tail string
	// Tags says that Open is the beginning of a tag, which may have attributes.
	Tags bool
}

// Kind says whose words a marker is about.
type Kind uint8

// The kinds.
const (
	Client  Kind = iota // what the marker holds is the client's
	User                // what it holds is the user's, and all else of the message is the client's
	Words               // what it holds is the user's, even where all else of the message is the client's
	Whole               // a text that begins so is the client's
	Message             // a message with a text that begins so is the client's, but for User and Words
	After               // the client's from this line on
	fence               // of code, in which there are no markers
)

// MaxText is the longest text of a marker in bytes.
const MaxText = 256

// Tag is the marker of a pair of tags.
func Tag(name string, of Kind) Marker {
	return Marker{Kind: of, Open: "<" + name, Close: "</" + name + ">", Tags: true}
}

// Check says what is wrong with a marker, and how to mend it; "" is nothing.
func (m *Marker) Check() (wrong, hint string) {
	if m.Tags {
		name := m.Open[1:]
		for i := range len(name) {
			if c := name[i]; !charset.Plain(c) && c != '_' && c != '-' && c != ':' && c != '.' {
				return strconv.Quote(name) + " is no name of a tag", "use letters, digits, \"_\", \"-\", \":\" and \".\""
			}
		}
	}
	switch longest := max(len(m.Open), len(m.Close), len(m.Tail)); {
	case longest > MaxText:
		return "a text has " + strconv.Itoa(longest) + " bytes", "at most " + strconv.Itoa(MaxText)
	case m.Open == "" || m.Open[0] <= ' ' || m.Tail != "" && m.Tail[0] <= ' ':
		return "a line does not begin with white space, which does not count there", "begin the text with a letter or a sign"
	case strings.HasPrefix(m.Open, "```"):
		return strconv.Quote(m.Open) + " begins a block of code, in which there are no markers", ""
	case m.Close != "" && charset.Word(m.Close[len(m.Close)-1]):
		return strconv.Quote(m.Close) + " may end inside a word", "let it go on to a sign, a space or a line end"
	}
	return "", ""
}

// Table is a set of markers. It is read-only and safe for concurrent use.
type Table struct {
	markers []Marker // by Open, each once

	// By the first byte: whether some marker begins with it, and whether one does that is shorter than eight bytes. sieve has a bit for the first eight
	// bytes of each of the others, so that most lines which begin with such a letter are told at once.
	first, short [256]bool
	sieve        [64]uint64
}

// begins reports whether a marker may begin with p, by as much of it as is known.
func (t *Table) begins(p []byte) bool {
	if !t.first[p[0]] {
		return false
	}
	if t.short[p[0]] || len(p) < 8 {
		return true
	}
	bit := sieveBit(swar.Load(p))
	return t.sieve[bit/64]>>(bit%64)&1 != 0
}

func sieveBit(eight uint64) uint64 { return eight * 0x9E3779B97F4A7C15 >> 52 }

// New returns the table of some markers. Of several that begin alike the first one counts.
func New(markers []Marker) *Table {
	t := &Table{markers: make([]Marker, 0, len(markers)+1)}
	t.add(&Marker{Kind: fence, Open: "```"})
	for i := range markers {
		t.add(&markers[i])
	}
	return t
}

// add puts a marker in its place, unless one that begins alike is there. A sort of package slices would take ten kilobytes of the module.
func (t *Table) add(m *Marker) {
	at := len(t.markers)
	for at > 0 && t.markers[at-1].Open >= m.Open {
		if at--; t.markers[at].Open == m.Open {
			return
		}
	}
	t.markers = append(t.markers, Marker{})
	copy(t.markers[at+1:], t.markers[at:])
	t.markers[at] = *m
	t.first[m.Open[0]] = true
	if len(m.Open) < 8 {
		t.short[m.Open[0]] = true
		return
	}
	bit := sieveBit(swar.Load([]byte(m.Open[:8])))
	t.sieve[bit/64] |= 1 << (bit % 64)
}

// Builtin are the markers of known clients.
func Builtin() (all []Marker) {
	for i := range clients {
		all = append(all, parse(clients[i].file)...)
	}
	return all
}

// Clients names the known clients.
func Clients() (names []string) {
	for _, c := range clients {
		names = append(names, c.name)
	}
	return names
}

// Of are the markers of a known client.
func Of(client string) []Marker {
	for i := range clients {
		if clients[i].name == client {
			return parse(clients[i].file)
		}
	}
	return nil
}

// parse reads a client's file. Empty lines and those that begin with # say nothing, the others are one of
//
//	client NAME                  tags whose inside is the client's
//	user NAME                    tags whose inside is the user's, all else of the message being the client's
//	words NAME                   tags whose inside is the user's, even where all else is the client's
//	whole TEXT                   a text that begins so is the client's
//	message TEXT                 a message with a text that begins so is the client's
//	after TEXT                   the client's from this line on
//	between TEXT | TEXT          the client's from the one to the other
//	template TEXT | TEXT | TEXT  the same, and again from the third on, which begins a line
//
// In a TEXT \n is a line end. Other lines are mistakes of this program, found by its tests.
func parse(file string) (markers []Marker) {
	for file != "" {
		line, rest, _ := strings.Cut(file, "\n")
		file = rest
		kind, text, ok := strings.Cut(line, " ")
		if !ok || kind == "#" {
			continue
		}
		var m Marker
		switch kind {
		case "client":
			m = Tag(text, Client)
		case "user":
			m = Tag(text, User)
		case "words":
			m = Tag(text, Words)
		case "whole":
			m = Marker{Kind: Whole, Open: text}
		case "message":
			m = Marker{Kind: Message, Open: text}
		case "after":
			m = Marker{Kind: After, Open: text}
		case "between", "template":
			m.Open, m.Close, _ = strings.Cut(text, " | ")
			m.Close, m.Tail, _ = strings.Cut(m.Close, " | ")
		}
		m.Open, m.Close = strings.ReplaceAll(m.Open, `\n`, "\n"), strings.ReplaceAll(m.Close, `\n`, "\n")
		markers = append(markers, m)
	}
	return markers
}
