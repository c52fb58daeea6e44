// Package labelled reads files of texts that somebody has labelled, measures the signals of a policy on them, and learns classes of a policy's own from
// them. It is for commands: it is no part of the module.
//
// A line of a file is a JSON object, or a row of a CSV file (RFC 4180) whose first row names the columns. It has what was said:
//
//	text      what a user says; or
//	body      the body of a call, an object or a string, which may have path and headers beside it
//
// and what is so, one or more of:
//
//	domain, complexity, language   the class: math, hard, de; class and label are other names for domain
//	intent                         all intents that it has, a name or a list; [] is none
//	signals, not_signals           names of signals that are true, or are not: [keyword.refund]
//
// Lists are parted by spaces or commas in CSV. Other members and columns are left alone.
package labelled

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mom-router/mom-router/internal/requests"
)

// Row is one text and what is so of it.
type Row struct {
	File string
	Line int
	Text string // what the user says; "" where there is a body
	// Body is the body of the call, its path and headers, those by their names in small letters.
	Body    []byte
	Path    string
	Headers map[string]string
	// Class is the right class by the type of signals: "domain": "math".
	Class map[string]string
	// Signals are those that are known to be true, or not to be.
	Signals map[string]bool
}

// Wrong is a line that cannot be used, and why.
type Wrong struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Why  string `json:"why"`
}

func (w Wrong) String() string { return fmt.Sprintf("%s:%d: %s", w.File, w.Line, w.Why) }

// Types are the types of signals of which one name is right of each text; Intents those of which several may be.
var (
	Types   = []string{"domain", "complexity", "language"}
	intents = []string{"deep_thinking", "fast_qa", "fact_check", "creative", "coding"}
)

// otherNames are those that the members of types may have beside the type's own.
var otherNames = map[string][]string{"domain": {"class", "label"}, "language": {"lang"}}

// Read reads a file, whose name says by .csv or .csv.gz that it is CSV. Wrong lines are told and left out: such as are no row, are not in UTF-8, and texts
// that stand there before, above all with another label. The error is of the file itself.
func Read(name string, in io.Reader) (rows []Row, wrong []Wrong, err error) {
	f := &file{name: name, seen: map[string]int{}}
	if strings.EqualFold(filepath.Ext(strings.TrimSuffix(name, ".gz")), ".csv") {
		err = f.csv(in)
	} else {
		err = f.lines(in)
	}
	return f.rows, f.wrong, err
}

// file is a file that is being read.
type file struct {
	name  string
	rows  []Row
	wrong []Wrong
	seen  map[string]int // rows by what they say
}

func (f *file) add(line int, members map[string]json.RawMessage) {
	r, err := row(members)
	if err == nil {
		r.File, r.Line = f.name, line
		err = f.before(&r)
	}
	if err != nil {
		f.bad(line, err.Error())
		return
	}
	f.rows = append(f.rows, r)
}

func (f *file) bad(line int, why string) { f.wrong = append(f.wrong, Wrong{f.name, line, why}) }

// before says whether a row stands in the file already.
func (f *file) before(r *Row) error {
	key := bare(r.Text)
	if r.Text == "" || key == "" {
		key = r.Text + "\x00" + r.Path + "\x00" + string(r.Body) + "\x00" + fmt.Sprint(r.Headers)
	}
	at, known := f.seen[key]
	if !known {
		f.seen[key] = len(f.rows)
		return nil
	}
	first := &f.rows[at]
	for _, typ := range Types {
		if a, b := first.Class[typ], r.Class[typ]; a != b && a != "" && b != "" {
			return fmt.Errorf("the same text has the %s %q in line %d, and %q here: keep the one that is right", typ, a, first.Line, b)
		}
	}
	for name, is := range r.Signals {
		if was, ok := first.Signals[name]; ok && was != is {
			return fmt.Errorf("the same text stands in line %d with another value of %s: keep the one that is right", first.Line, name)
		}
	}
	return fmt.Errorf("the same text stands in line %d already: remove one of them", first.Line)
}

// bare is a text without case and all that is neither a letter nor a digit: two texts with the same count as one.
func bare(s string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, s)
}

func (f *file) lines(in io.Reader) error {
	lines, err := requests.NewLines(in, requests.JSON)
	if err != nil {
		return err
	}
	for {
		line, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		text := bytes.TrimSpace(line.Text)
		var members map[string]json.RawMessage
		why := ""
		switch {
		case line.Long:
			why = "the line is longer than 64 MiB"
		case encoding(text) != "":
			why = encoding(text)
		case text[0] != '{':
			why = `a JSON object is expected, such as {"text": "…", "domain": "math"}; a CSV file has to be called so`
		default:
			if err := json.Unmarshal(text, &members); err != nil {
				why = "this is not JSON: " + err.Error()
			}
		}
		if why != "" {
			f.bad(line.Number, why)
			continue
		}
		f.add(line.Number, members)
	}
}

func (f *file) csv(in io.Reader) error {
	plain, err := requests.NewLines(in, requests.JSON) // which unpacks it
	if err != nil {
		return err
	}
	data, err := io.ReadAll(plain.Rest())
	if err != nil {
		return err
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	names, err := r.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("the file is empty: its first row names the columns, such as text,domain")
	}
	if err != nil {
		return err
	}
	for i := range names {
		names[i] = strings.ToLower(strings.TrimSpace(names[i]))
	}
	if !slices.Contains(names, "text") && !slices.Contains(names, "body") && !slices.Contains(names, "prompt") {
		return fmt.Errorf("line 1: no column is called %q: the first row names the columns, such as text,domain", "text")
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			f.bad(bad.StartLine, bad.Err.Error())
			continue
		}
		if err != nil {
			return err
		}
		line, _ := r.FieldPos(0)
		if len(fields) != len(names) {
			f.bad(line, fmt.Sprintf("%d columns, where the first row names %d: put texts with commas in quotes", len(fields), len(names)))
			continue
		}
		if why := encoding([]byte(strings.Join(fields, ","))); why != "" {
			f.bad(line, why)
			continue
		}
		members := map[string]json.RawMessage{}
		for i, name := range names {
			switch value := fields[i]; {
			case value == "" && name != "text" && name != "prompt":
			case name == "headers":
				members[name] = json.RawMessage(value)
			case name == "intent" || name == "signals" || name == "not_signals":
				members[name], _ = json.Marshal(strings.FieldsFunc(value, func(c rune) bool { return c == ' ' || c == ',' || c == ';' }))
			default:
				members[name], _ = json.Marshal(value)
			}
		}
		f.add(line, members)
	}
}

// encoding says what is wrong with the letters of a line, or "".
func encoding(p []byte) string {
	for at := 0; at < len(p); {
		c, n := utf8.DecodeRune(p[at:])
		if c == utf8.RuneError && n <= 1 {
			return fmt.Sprintf("byte %d (0x%02x) is no UTF-8: save the file as UTF-8, all lines in one encoding", at+1, p[at])
		}
		at += n
	}
	switch {
	case bytes.ContainsRune(p, utf8.RuneError):
		return "the text has lost letters on its way (U+FFFD): take it from where it was still whole"
	case bytes.IndexByte(p, 0) >= 0:
		return "the line has zero bytes: save the file as UTF-8, not UTF-16"
	}
	for _, twice := range twiceEncoded {
		if bytes.Contains(p, []byte(twice)) {
			return fmt.Sprintf("%q looks like UTF-8 that was read as Latin-1 and written once more: take the text from where it was still whole", twice)
		}
	}
	return ""
}

// twiceEncoded is what letters with accents, quotes and dashes become when their UTF-8 is taken for Windows' Latin letters.
var twiceEncoded = []string{"Ã¤", "Ã¶", "Ã¼", "ÃŸ", "Ã©", "Ã¨", "Ã±", "Ã³", "Ã¡", "Ã§", "Ãª", "â€™", "â€œ", "â€“", "â€”"}

// row reads what a line says.
func row(members map[string]json.RawMessage) (r Row, err error) {
	text := func(names ...string) (value, name string, err error) {
		for _, n := range names {
			if members[n] == nil || string(members[n]) == "null" {
				continue
			}
			if name != "" {
				return "", "", fmt.Errorf("both %q and %q: drop one", name, n)
			}
			if name = n; json.Unmarshal(members[n], &value) != nil {
				return "", "", fmt.Errorf("member %q: a string is expected", n)
			}
		}
		return value, name, nil
	}
	said, name, err := text("text", "prompt")
	if err != nil {
		return r, err
	}
	_, hasBody := members["body"]
	switch {
	case name != "" && hasBody:
		return r, fmt.Errorf("both %q and %q: drop one", name, "body")
	case name != "" && strings.TrimSpace(said) == "":
		return r, errors.New("the text is empty")
	case hasBody:
		if r.Body, r.Path, r.Headers, err = call(members); err != nil {
			return r, err
		}
	case name == "":
		return r, errors.New(`there is no "text" (what a user says) and no "body" (of a call)`)
	}
	r.Text, r.Class, r.Signals = said, map[string]string{}, map[string]bool{}
	for _, typ := range Types {
		label, name, err := text(append([]string{typ}, otherNames[typ]...)...)
		if err != nil {
			return r, err
		}
		if name == "" {
			continue
		}
		if label = strings.TrimPrefix(strings.TrimSpace(label), typ+"."); typ == "domain" {
			label = strings.ReplaceAll(label, " ", "_")
		}
		if label == "" {
			return r, fmt.Errorf("member %q is empty", name)
		}
		r.Class[typ] = label
	}
	if members["intent"] != nil {
		has, err := list(members["intent"], "intent")
		if err != nil {
			return r, err
		}
		for _, name := range intents {
			r.Signals["intent."+name] = false
		}
		for _, name := range has {
			if name = strings.TrimPrefix(name, "intent."); !slices.Contains(intents, name) && name != "none" {
				return r, fmt.Errorf("there is no intent %q: known are %s", name, strings.Join(intents, ", "))
			}
			if name != "none" {
				r.Signals["intent."+name] = true
			}
		}
	}
	for _, member := range []string{"signals", "not_signals"} {
		if members[member] == nil {
			continue
		}
		names, err := list(members[member], member)
		if err != nil {
			return r, err
		}
		for _, name := range names {
			if is, known := r.Signals[name]; known && is != (member == "signals") {
				return r, fmt.Errorf("signal %q is said to be true and not to be", name)
			}
			r.Signals[name] = member == "signals"
		}
	}
	if len(r.Class) == 0 && len(r.Signals) == 0 {
		return r, errors.New("the line does not say what is right: add domain, intent, complexity, language, signals or not_signals")
	}
	return r, nil
}

// list reads a name or several.
func list(raw json.RawMessage, name string) (names []string, err error) {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}, nil
	}
	if json.Unmarshal(raw, &names) != nil {
		return nil, fmt.Errorf("member %q: a name or a list of names is expected", name)
	}
	return names, nil
}

// call reads a body with its path and headers, as hostsim replay takes them.
func call(members map[string]json.RawMessage) (body []byte, path string, headers map[string]string, err error) {
	var text string
	if json.Unmarshal(members["body"], &text) == nil {
		body = []byte(text)
	} else {
		body = members["body"]
	}
	if raw := members["path"]; raw != nil && json.Unmarshal(raw, &path) != nil {
		return nil, "", nil, fmt.Errorf("member %q: a string is expected", "path")
	}
	var all map[string]string
	if raw := members["headers"]; raw != nil && json.Unmarshal(raw, &all) != nil {
		return nil, "", nil, fmt.Errorf("member %q: an object of strings is expected", "headers")
	}
	for name, value := range all {
		if headers == nil {
			headers = map[string]string{}
		}
		headers[strings.ToLower(name)] = value
	}
	path, _, _ = strings.Cut(path, "?")
	return body, path, headers, nil
}
