package bodies

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"strings"
)

// Agents are calls of coding agents as their clients send them, of all sizes up to most bytes, with other words in each
// message for each seed: no message is seen twice. Every call comes as often as any other, passes times, in an order of
// chance. Those that refused says yes to are left out: it may be nil.
func (d *Data) Agents(most, passes int, seed uint64, refused func(Message) bool) []Message {
	r := rand.New(rand.NewPCG(seed, 1))
	var calls []Message
	for _, session := range d.sessions {
		for _, m := range session {
			if len(m.Body) <= most && (refused == nil || !refused(m)) {
				calls = append(calls, m)
			}
		}
	}
	all := make([]Message, 0, passes*len(calls))
	for range passes {
		for _, at := range r.Perm(len(calls)) {
			all = append(all, salted(calls[at], salt(seed, len(all))))
		}
	}
	return all
}

// Conversations are n conversations, call by call, each as one of the recorded ones with words of its own in each message:
// a conversation repeats its own history, as they do, and nobody else's. They are interleaved: the first call of each in an
// order of chance, then the second of each, and so on.
func (d *Data) Conversations(n, calls int, seed uint64) []Message {
	r := rand.New(rand.NewPCG(seed, 2))
	var all []Message
	for call := range calls {
		for _, i := range r.Perm(n) {
			if m, ok := d.Call(i, call, seed); ok {
				all = append(all, m)
			}
		}
	}
	return all
}

// Call is one call of the i-th of the seed's conversations; ok is false behind its end.
func (d *Data) Call(i, call int, seed uint64) (m Message, ok bool) {
	session := d.sessions[i%len(d.sessions)]
	if call >= len(session) {
		return Message{}, false
	}
	return salted(session[call], salt(seed, i)), true
}

func salt(seed uint64, n int) string {
	r := rand.New(rand.NewPCG(seed, uint64(n)|1<<40))
	return letters(r, 6)
}

// texts finds the beginnings of the strings that people and tools have written.
var texts = regexp.MustCompile(`"(?:content|text|output)":\s*"`)

// salted puts a word at the end of every text of a body.
func salted(m Message, word string) Message {
	var b bytes.Buffer
	b.Grow(len(m.Body) + len(m.Body)/20)
	rest := m.Body
	for {
		at := texts.FindIndex(rest)
		if at == nil {
			break
		}
		end := at[1] + closing(rest[at[1]:])
		b.Write(rest[:end])
		b.WriteString(" " + word)
		rest = rest[end:]
	}
	b.Write(rest)
	m.Body = b.Bytes()
	return m
}

// closing is the place of the quote that ends a JSON string, from behind the one that begins it.
func closing(s []byte) int {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(s)
}

// Phrases are n different phrases of three words that stand in the data.
func (d *Data) Phrases(n int, seed uint64) []string {
	r := rand.New(rand.NewPCG(seed, 3))
	seen := map[string]bool{}
	var all []string
	for len(all) < n {
		p := strings.ToLower(d.word(r) + " " + d.word(r) + " " + d.word(r))
		if !seen[p] {
			seen[p] = true
			all = append(all, p)
		}
	}
	return all
}
