// Package trail reads what the router has recorded: it finds the records in log files, checks their chains, sums them up and says of one of them why it is as
// it is. It keeps no records, so that it takes little memory for any number of them. Only commands use it.
package trail

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Record is what is read of a record. Members that an older version did not write are zero.
type Record struct {
	V            int      `json:"v"`
	Time         string   `json:"time"`
	RequestID    string   `json:"request_id"`
	Path         string   `json:"path"`
	Tenant       string   `json:"tenant"`
	Asked        string   `json:"asked"`
	Action       string   `json:"action"`
	Status       int      `json:"status"`
	Code         string   `json:"code"`
	Param        string   `json:"param"`
	Decision     string   `json:"decision"`
	Model        string   `json:"model"`
	Name         string   `json:"name"`
	Cluster      string   `json:"cluster"`
	Reasoning    string   `json:"reasoning"`
	Effort       string   `json:"reasoning_asked"`
	Signals      []string `json:"signals"`
	Flags        []string `json:"flags"`
	Tier         int      `json:"tier"`
	Guard        string   `json:"guard"`
	Demoted      *Demoted `json:"demoted"`
	Conversation *struct {
		Messages int    `json:"messages"`
		Alone    string `json:"alone"`
		Model    string `json:"model"`
		Why      string `json:"why"`
	} `json:"conversation"`
	Warnings []string `json:"warnings"`
	Policy   struct {
		Version string `json:"version"`
		Hash    string `json:"hash"`
		Arm     string `json:"arm"`
	} `json:"policy"`
	Would *struct {
		Action   string `json:"action"`
		Decision string `json:"decision"`
		Model    string `json:"model"`
	} `json:"would"`
	Fallback *struct {
		From string `json:"from"`
		Why  string `json:"why"`
	} `json:"fallback"`
	TokensIn  int64    `json:"tokens_in"`
	Cost      float64  `json:"cost"`
	MaxTokens int64    `json:"max_tokens"` // that the budget has set; 0 if none
	Answered  string   `json:"model_answered"`
	Finish    string   `json:"finish"`
	Usage     *Usage   `json:"usage"`
	Unknown   string   `json:"usage_unknown"`
	Actual    *float64 `json:"cost_actual"`
	TTFT      *float64 `json:"ttft_ms"`
	Duration  *float64 `json:"duration_ms"`
	Aborted   bool     `json:"aborted"`
	Upstream  string   `json:"upstream_error"`
	Bytes     int64    `json:"bytes"`
	Micros    int64    `json:"us"`
	VM        string   `json:"vm"`
	Seq       int64    `json:"seq"`
	Prev      string   `json:"prev"`
}

// Demoted says that a rule's first model was not used.
type Demoted struct {
	From string `json:"from"`
	Why  string `json:"why"`
}

// Usage is what the engine counted, in tokens.
type Usage struct {
	In        int64 `json:"in"`
	Out       int64 `json:"out"`
	Reasoning int64 `json:"reasoning"`
	Cached    int64 `json:"cached"`
}

// Line is a line of a log that has a record in it.
type Line struct {
	File   string
	Number int    // of the line, from 1
	Raw    []byte // the record as it was written; valid until the next line
	Record Record
}

// longest is the longest line that is read, in bytes: a record has 4 KB, and what stands around it in a log may have as much and more.
const longest = 1 << 20

// Counts says what was found beside records.
type Counts struct {
	Lines   int64 `json:"lines"`
	Records int64 `json:"records"`
	Without int64 `json:"without_record"` // lines of JSON without one, such as those of requests that never came to the router
	Damaged int64 `json:"damaged"`        // lines that are no JSON, or whose record is none
	Other   int64 `json:"other_versions"` // records of another version
}

// Reader reads logs.
type Reader struct {
	Stdin io.Reader
	// Tell is told of each line that cannot be read; may be nil.
	Tell func(file string, line int, why error)
	// Progress is told how many bytes of a file were read; may be nil.
	Progress func(file string, bytes int64)

	Counts
}

// Read hands each record of a log to yield, until that returns an error. A file is JSON lines: the records themselves, or lines with a record under "mom" (as the
// examples' access logs have it, in a list or as a string) or "record" (as hostsim writes it). One whose name ends in .gz is
// unpacked; "-" is standard input. An error says that the file cannot be read, or is that of yield.
func (r *Reader) Read(file string, yield func(*Line) error) error {
	in := r.Stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
		if strings.HasSuffix(file, ".gz") {
			z, err := gzip.NewReader(bufio.NewReaderSize(f, 1<<16))
			if err != nil {
				return fmt.Errorf("%s: %w: unpack it with another program, or leave it out", file, err)
			}
			in = z
		}
	}
	lines := bufio.NewReaderSize(in, longest)
	read := int64(0)
	for number := 1; ; number++ {
		text, err := lines.ReadSlice('\n')
		read += int64(len(text))
		if r.Progress != nil {
			r.Progress(file, read)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = lines.ReadSlice('\n')
			}
			r.Lines++
			r.damaged(file, number, errors.New("the line is longer than 1 MB"))
			text = nil
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			r.Lines++
			if err := r.line(file, number, text, yield); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", file, number, err)
		}
	}
}

// damaged counts and tells of a line that cannot be read.
func (r *Reader) damaged(file string, line int, why error) {
	r.Damaged++
	if r.Tell != nil {
		r.Tell(file, line, why)
	}
}

// Nearly all lines are of one of two forms. What is found by them is a record only if it is JSON with the members of one.
var (
	alone   = []byte(`{"v":`)
	inList  = []byte(`"mom":[{"v":`)
	endList = []byte("}]}")
)

// quick finds the record of a line of a usual form without reading the rest of the line.
func quick(text []byte) []byte {
	if bytes.HasPrefix(text, alone) {
		return text
	}
	if i := bytes.Index(text, inList); i > 0 && bytes.HasSuffix(text, endList) {
		return text[i+len(inList)-len(alone) : len(text)-len(endList)+1]
	}
	return nil
}

// line finds the records of a line.
func (r *Reader) line(file string, number int, text []byte, yield func(*Line) error) error {
	if raw := quick(text); raw != nil {
		l := Line{File: file, Number: number, Raw: raw}
		if json.Unmarshal(raw, &l.Record) == nil {
			return r.found(&l, yield)
		}
	}
	all, err := Find(text)
	if err != nil {
		r.damaged(file, number, err)
		return nil
	}
	if len(all) == 0 {
		r.Without++
		return nil
	}
	for _, raw := range all {
		l := Line{File: file, Number: number, Raw: raw}
		if err := json.Unmarshal(raw, &l.Record); err != nil {
			r.damaged(file, number, err)
			continue
		}
		if err := r.found(&l, yield); err != nil {
			return err
		}
	}
	return nil
}

// Find returns the records of a line of JSON in any form that Reader.Read knows; there may be none. An error says that the line is no JSON.
func Find(text []byte) (all []json.RawMessage, err error) {
	var around struct {
		VM     *json.RawMessage `json:"vm"`
		Mom    json.RawMessage  `json:"mom"`
		Record json.RawMessage  `json:"record"`
	}
	if err := json.Unmarshal(text, &around); err != nil {
		return nil, err
	}
	switch {
	case around.VM != nil:
		all = append(all, text)
	case len(around.Mom) > 0 && around.Mom[0] == '[':
		if err := json.Unmarshal(around.Mom, &all); err != nil {
			return nil, err
		}
	case len(around.Mom) > 0 && around.Mom[0] == '"':
		var quoted string
		if json.Unmarshal(around.Mom, &quoted) == nil && quoted != "" && quoted != "-" {
			all = append(all, json.RawMessage(quoted))
		}
	case len(around.Record) > 0 && around.Record[0] == '{':
		all = append(all, around.Record)
	}
	return all, nil
}

// found counts a record and hands it on.
func (r *Reader) found(l *Line, yield func(*Line) error) error {
	r.Records++
	if l.Record.V != 1 {
		r.Other++
	}
	return yield(l)
}
