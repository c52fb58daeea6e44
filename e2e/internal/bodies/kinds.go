package bodies

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// Kind is a kind of body.
type Kind struct {
	Name  string
	About string
	make  func(d *Data, r *rand.Rand, size int) []byte
}

// Kinds are those whose bodies can be made at any size.
var Kinds = []Kind{
	{"prose", "different English sentences", func(d *Data, r *rand.Rand, size int) []byte {
		return question(joined(r, d.sentences, "\n", size))
	}},
	{"code", "files of repositories as a tool's result", func(d *Data, r *rand.Rand, size int) []byte {
		return toolResult(joined(r, d.code, "\n", size))
	}},
	{"tables", "generated tables in Markdown and CSV as a tool's result", func(d *Data, r *rand.Rand, size int) []byte {
		return toolResult(table(d, r, size))
	}},
	{"logs", "generated log lines as a tool's result", func(d *Data, r *rand.Rand, size int) []byte {
		return toolResult(logs(d, r, size))
	}},
	{"chinese", "different Chinese sentences", func(d *Data, r *rand.Rand, size int) []byte {
		return question(joined(r, d.chinese, "\n", size))
	}},
	{"languages", "sentences of twelve languages in turn", func(d *Data, r *rand.Rand, size int) []byte {
		return question(mixed(d, r, size))
	}},
	{"base64", "an image of random bytes in base64 beside a question", func(d *Data, r *rand.Rand, size int) []byte {
		return image(d, r, size)
	}},
	{"worst-mix", "look-alikes, addresses, entities, spelled words and other disguises, mixed, in one string", func(d *Data, r *rand.Rand, size int) []byte {
		return question(odd(d, r, size))
	}},
	{"worst-spelled", "words spelled letter by letter, with look-alikes and entities among them", func(d *Data, r *rand.Rand, size int) []byte {
		return question(filled(r, size, func() string { return spelled(d, r) }))
	}},
	{"worst-parts", "the mix in many short parts of one message", func(d *Data, r *rand.Rand, size int) []byte {
		return shortParts(d, r, size)
	}},
	{"worst-letters", "words with letters of Arabic, Cyrillic or Greek that look like theirs", func(d *Data, r *rand.Rand, size int) []byte {
		return question(filled(r, size, func() string { return disguised(r, d.word(r)) + " " }))
	}},
	{"worst-numbers", "hexadecimal, percent signs, digits and Chinese, mixed", func(d *Data, r *rand.Rand, size int) []byte {
		return question(filled(r, size, func() string { return numbers(d, r) + " " }))
	}},
}

// KindOf finds a kind by name.
func KindOf(name string) (Kind, bool) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return Kinds[i], true
}

// Make makes count bodies of about size bytes, no two of them alike.
func (k Kind) Make(d *Data, size, count int, seed uint64) []Message {
	all := make([]Message, count)
	for n := range all {
		r := rand.New(rand.NewPCG(seed<<32|uint64(n), uint64(size)))
		all[n] = Message{Path: "/v1/chat/completions", Header: jsonHeader, Body: k.make(d, r, size)}
	}
	return all
}

var jsonHeader = [][2]string{{"content-type", "application/json"}}

// joined joins texts in an order of chance, each once before one comes again, and ends at about size bytes.
func joined(r *rand.Rand, texts []string, between string, size int) string {
	var b strings.Builder
	for b.Len() < size {
		for i := range sample(r, len(texts)) {
			b.WriteString(texts[i])
			b.WriteString(between)
			if b.Len() >= size {
				break
			}
		}
	}
	return cut(b.String(), size)
}

// sample yields the numbers below n in an order of chance, without shuffling them all: few are asked for.
func sample(r *rand.Rand, n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		at, step := r.IntN(n), 1+r.IntN(n)
		for gcd(step, n) != 1 {
			step++
		}
		for i := range n {
			if !yield((at + i*step) % n) {
				return
			}
		}
	}
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// cut ends a text after at most n bytes, between two runes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

// mixed takes a sentence of each language in turn.
func mixed(d *Data, r *rand.Rand, size int) string {
	var b strings.Builder
	for b.Len() < size {
		for _, l := range Languages {
			texts := d.languages[l]
			b.WriteString(cut(texts[r.IntN(len(texts))], 400))
			b.WriteByte('\n')
		}
	}
	return cut(b.String(), size)
}

func filled(r *rand.Rand, size int, piece func() string) string {
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(piece())
	}
	return cut(b.String(), size)
}

func letters(r *rand.Rand, n int) string {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte('a' + r.IntN(26))
	}
	return string(p)
}

func (d *Data) word(r *rand.Rand) string { return d.tokens[r.IntN(len(d.tokens))] }

// table is a table in Markdown, then one in CSV, and so on.
func table(d *Data, r *rand.Rand, size int) string {
	var b strings.Builder
	for b.Len() < size {
		columns := 4 + r.IntN(5)
		separator, edge := ",", ""
		if r.IntN(2) == 0 {
			separator, edge = " | ", "|"
		}
		for row := range 12 + r.IntN(20) {
			b.WriteString(edge)
			for column := range columns {
				if column > 0 {
					b.WriteString(separator)
				}
				switch {
				case row == 0:
					b.WriteString(strings.ToLower(d.word(r)) + "_" + letters(r, 3))
				case row == 1 && edge != "":
					b.WriteString("---")
				case column%4 == 0:
					fmt.Fprintf(&b, "%d", r.IntN(1_000_000))
				case column%4 == 1:
					fmt.Fprintf(&b, "%d.%02d", r.IntN(10_000), r.IntN(100))
				case column%4 == 2:
					b.WriteString(d.word(r))
				default:
					fmt.Fprintf(&b, "2026-%02d-%02d", 1+r.IntN(12), 1+r.IntN(28))
				}
			}
			b.WriteString(edge + "\n")
		}
		b.WriteByte('\n')
	}
	return cut(b.String(), size)
}

// logs are lines as servers write them.
func logs(d *Data, r *rand.Rand, size int) string {
	levels := []string{"INFO", "INFO", "DEBUG", "WARN", "ERROR"}
	var b strings.Builder
	for second := 0; b.Len() < size; second += r.IntN(3) {
		fmt.Fprintf(&b, "2026-11-%02dT%02d:%02d:%02d.%03dZ %-5s [%s-%d] ", 1+second/86400%28, second/3600%24, second/60%60, second%60, r.IntN(1000), levels[r.IntN(len(levels))], letters(r, 6), r.IntN(64))
		switch r.IntN(4) {
		case 0:
			fmt.Fprintf(&b, "GET /api/%s/%d?page=%d %d %dms 10.%d.%d.%d\n", d.word(r), r.IntN(100000), r.IntN(50), 200+r.IntN(300), r.IntN(900), r.IntN(256), r.IntN(256), r.IntN(256))
		case 1:
			fmt.Fprintf(&b, "request_id=%016x span=%08x user=%s took=%.3fs rows=%d\n", r.Uint64(), r.Uint32(), letters(r, 8), r.Float64(), r.IntN(10000))
		case 2:
			fmt.Fprintf(&b, "%s %s %s: %s=%d\n", d.word(r), d.word(r), d.word(r), letters(r, 5), r.IntN(1000))
		default:
			fmt.Fprintf(&b, "at com.%s.%s.%s(%s.java:%d)\n", letters(r, 5), letters(r, 7), letters(r, 9), d.word(r), r.IntN(900))
		}
	}
	return cut(b.String(), size)
}

// twins are letters of other scripts that look like the one of the alphabet.
var twins = map[rune][]rune{
	'a': {'а', 'α'}, 'c': {'с', 'ϲ'}, 'e': {'е'}, 'i': {'і', 'ι', 'ا'}, 'l': {'ا', '١', 'ӏ'}, 'o': {'о', 'ο', 'ه', '٥'}, 'p': {'р', 'ρ'},
	's': {'ѕ'}, 'v': {'ν', '٧'}, 'x': {'х', 'χ'}, 'y': {'у', 'γ'},
}

// disguised writes a word with some letters of other scripts.
func disguised(r *rand.Rand, word string) string {
	return strings.Map(func(c rune) rune {
		if t := twins[c]; len(t) > 0 && r.IntN(2) == 0 {
			return t[r.IntN(len(t))]
		}
		return c
	}, strings.ToLower(word))
}

// spaced puts something between all letters of a word.
func spaced(word, between string) string { return strings.Join(strings.Split(word, ""), between) }

// spelled is a piece of a text that is spelled letter by letter: what a search for the dearest mix has come to.
func spelled(d *Data, r *rand.Rand) string {
	switch r.IntN(7) {
	case 0:
		return spaced(disguised(r, d.word(r)), " ")
	case 1:
		return " "
	case 2:
		return "\n"
	case 3:
		return entity(r)
	case 4:
		return fmt.Sprintf("%d.%d.%d.%d", r.IntN(10), r.IntN(10), r.IntN(10), r.IntN(10))
	}
	return string([]rune("اه١٥٧іеօ")[r.IntN(8)])
}

// numbers is something that could be text in figures.
func numbers(d *Data, r *rand.Rand) string {
	switch r.IntN(4) {
	case 0:
		return fmt.Sprintf("%x", d.word(r))
	case 1:
		return fmt.Sprintf("%%%02x%%%02x", 'a'+r.IntN(26), 'a'+r.IntN(26))
	case 2:
		return fmt.Sprintf("%04d %04d", r.IntN(10_000), r.IntN(10_000))
	}
	return cut(d.chinese[r.IntN(len(d.chinese))], 12)
}

func entity(r *rand.Rand) string {
	if r.IntN(2) == 0 {
		return fmt.Sprintf("&#x%x;", 'a'+r.IntN(26))
	}
	return fmt.Sprintf("&#%d;", 'a'+r.IntN(26))
}

// oddPiece is something short that a reader of disguises must look at closely.
func oddPiece(d *Data, r *rand.Rand) string {
	switch r.IntN(10) {
	case 0, 1:
		return disguised(r, d.word(r))
	case 2:
		return letters(r, 1) + "@" + letters(r, 1) + ".co"
	case 3:
		return entity(r) + entity(r)
	case 4:
		return spaced(d.word(r), string(" .-\n"[r.IntN(4)]))
	case 5, 6:
		return spelled(d, r)
	case 7:
		return numbers(d, r)
	case 8:
		return base64.StdEncoding.EncodeToString([]byte(d.word(r) + " " + d.word(r)))
	}
	return fmt.Sprintf("%d%s", r.IntN(10), d.word(r))
}

func odd(d *Data, r *rand.Rand, size int) string {
	return filled(r, size, func() string { return oddPiece(d, r) + " " })
}

// The forms of bodies.

type message struct {
	Role       string `json:"role"`
	Content    any    `json:"content"`
	ToolCalls  any    `json:"tool_calls,omitempty"`
	ToolCallID string `json:"tool_call_id,omitempty"`
}

// part has its members in the order in which clients write them, the type first: from then on the router knows that it reads an image.
type part struct {
	Type     string            `json:"type"`
	Text     string            `json:"text,omitempty"`
	ImageURL map[string]string `json:"image_url,omitempty"`
}

func chat(messages ...message) []byte {
	system := message{Role: "system", Content: "You are a helpful assistant."}
	return encode(map[string]any{"model": "auto", "messages": append([]message{system}, messages...)})
}

func question(text string) []byte { return chat(message{Role: "user", Content: text}) }

func toolResult(text string) []byte {
	type object = map[string]any
	call := []object{{"id": "call_1", "type": "function", "function": object{"name": "read", "arguments": `{"path":"report"}`}}}
	return chat(
		message{Role: "user", Content: "Read the report and tell me what stands out."},
		message{Role: "assistant", Content: nil, ToolCalls: call},
		message{Role: "tool", Content: text, ToolCallID: "call_1"},
	)
}

func image(d *Data, r *rand.Rand, size int) []byte {
	raw := make([]byte, size*3/4)
	for i := range raw {
		raw[i] = byte(r.Uint32())
	}
	url := "data:image/png;base64," + base64.StdEncoding.EncodeToString(raw)
	return chat(message{Role: "user", Content: []part{
		{Type: "text", Text: cut(d.sentences[r.IntN(len(d.sentences))], 200)},
		{Type: "image_url", ImageURL: map[string]string{"url": url}},
	}})
}

func shortParts(d *Data, r *rand.Rand, size int) []byte {
	var parts []part
	for n := 0; n < size; {
		text := oddPiece(d, r)
		parts = append(parts, part{Type: "text", Text: text})
		n += len(text) + len(`{"type":"text","text":""},`)
	}
	return chat(message{Role: "user", Content: parts})
}

// encode writes JSON as clients do: no letter is escaped that need not be.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // strings and maps of them
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
