// Package wrapper tells a user's own words from what client programs put around them: reminders, the state of an editor,
// instructions, what was found for the question. Which texts those are is data, a client a file (clients/*.txt), to which
// policies may add. It is for routes alone: whoever writes a marker himself takes words away from them, and nothing from guards,
// which read everything as the user's.
package wrapper

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/mom-router/mom-router/rules/internal/charset"
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
func Tag(name string, of Kind) (Marker, error) {
	if name == "" || len(name) > 64 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:.") != "" {
		return Marker{}, errors.New(strconv.Quote(name) + " is no name of a tag: use letters, digits, \"_\", \"-\", \":\" and \".\", at most 64")
	}
	return Marker{Kind: of, Open: "<" + name, Close: "</" + name + ">", Tags: true}, nil
}

// Check says what is wrong with a marker that is no tag.
func (m *Marker) Check() error {
	for _, text := range [...]string{m.Open, m.Close, m.Tail} {
		if len(text) > MaxText {
			return errors.New(strconv.Quote(text[:24]) + "… is longer than " + strconv.Itoa(MaxText) + " bytes")
		}
	}
	switch {
	case strings.TrimSpace(m.Open) == "" || m.Open[0] <= ' ':
		return errors.New(strconv.Quote(m.Open) + " cannot begin a line")
	case strings.HasPrefix(m.Open, "```"):
		return errors.New(strconv.Quote(m.Open) + " begins a block of code, in which there are no markers")
	case m.Close != "" && charset.Word(m.Close[len(m.Close)-1]):
		return errors.New(strconv.Quote(m.Close) + " may end inside a word: let it go on to a sign, a space or a line end")
	case m.Tail != "" && m.Tail[0] <= ' ':
		return errors.New(strconv.Quote(m.Tail) + " cannot begin a line")
	}
	return nil
}

// Table is a set of markers. It is read-only and safe for concurrent use.
type Table struct {
	markers []Marker // by Open, each once
	first   [256]bool
}

// New returns the table of some markers. Of several that begin alike the first one counts.
func New(markers []Marker) *Table {
	t := &Table{markers: append([]Marker{{Kind: fence, Open: "```"}}, markers...)}
	slices.SortStableFunc(t.markers, func(a, b Marker) int { return strings.Compare(a.Open, b.Open) })
	t.markers = slices.CompactFunc(t.markers, func(a, b Marker) bool { return a.Open == b.Open })
	for _, m := range t.markers {
		t.first[m.Open[0]] = true
	}
	return t
}

// Builtin are the markers of known clients.
var Builtin = sync.OnceValue(func() (all []Marker) {
	for _, c := range clients {
		all = append(all, Of(c.name)...)
	}
	return all
})

// Clients names the known clients.
func Clients() (names []string) {
	for _, c := range clients {
		names = append(names, c.name)
	}
	return names
}

// Of are the markers of a known client. A bad line is a mistake of this program, found by its tests.
func Of(client string) []Marker {
	for _, c := range clients {
		if c.name != client {
			continue
		}
		markers, err := Parse(c.file)
		if err != nil {
			panic("wrapper: " + c.name + ": " + err.Error())
		}
		return markers
	}
	return nil
}

// Parse reads a client's file. Empty lines and those that begin with # say nothing, the others are one of
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
// In a TEXT \n is a line end and \s a space; the spaces around it are not meant.
func Parse(file string) (markers []Marker, err error) {
	for number, line := range strings.Split(file, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		word, rest, _ := strings.Cut(line, " ")
		texts := strings.Split(rest, " | ")
		for i := range texts {
			texts[i] = strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(texts[i]), `\n`, "\n"), `\s`, " ")
		}
		want := 1
		var m Marker
		switch word {
		case "client":
			m, err = Tag(texts[0], Client)
		case "user":
			m, err = Tag(texts[0], User)
		case "words":
			m, err = Tag(texts[0], Words)
		case "whole":
			m = Marker{Kind: Whole, Open: texts[0]}
		case "message":
			m = Marker{Kind: Message, Open: texts[0]}
		case "after":
			m = Marker{Kind: After, Open: texts[0]}
		case "between":
			want = 2
		case "template":
			want = 3
		default:
			err = errors.New("unknown kind of marker " + strconv.Quote(word))
		}
		if err == nil && len(texts) != want {
			err = errors.New(word + " takes " + strconv.Itoa(want) + " texts, parted by \" | \"")
		}
		if err == nil && want > 1 {
			m = Marker{Kind: Client, Open: texts[0], Close: texts[1]}
			if want > 2 {
				m.Tail = texts[2]
			}
		}
		if err == nil {
			err = m.Check()
		}
		if err != nil {
			return nil, errors.New("line " + strconv.Itoa(number+1) + ": " + err.Error())
		}
		markers = append(markers, m)
	}
	return markers, nil
}
