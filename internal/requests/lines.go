package requests

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// MaxLine is the longest line that is read, in bytes.
const MaxLine = 64 << 20

// Formats of files.
const (
	Auto    = "auto"    // by the first line that is not empty: JSON begins with { or [
	JSON    = "jsonl"   // bodies, wrappers or lines of batches, all of them JSON objects
	Prompts = "prompts" // what a user says, a line each
	Bodies  = "bodies"  // wrappers, and else bodies, whatever they are
)

// Line is a line of a file.
type Line struct {
	Number int // from 1
	Text   []byte
	Long   bool // longer than MaxLine: it was read over
	format string
}

// Lines reads lines, of which it keeps none.
type Lines struct {
	Read   int64 // bytes of the file, as it is packed
	Packed bool
	r      *bufio.Reader
	format string
	most   int
	number int
	end    bool
}

// counting counts what is read of a file.
type counting struct {
	io.Reader
	n *int64
}

func (c counting) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	*c.n += int64(n)
	return n, err
}

// NewLines reads a file in a format, which is unpacked if gzip has packed it, whatever its name.
func NewLines(in io.Reader, format string) (*Lines, error) {
	l := &Lines{format: format, most: MaxLine}
	l.r = bufio.NewReaderSize(counting{in, &l.Read}, 256<<10)
	if magic, _ := l.r.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(l.r)
		if err != nil {
			return nil, err
		}
		l.r, l.Packed = bufio.NewReaderSize(unpacked, 256<<10), true
	}
	return l, nil
}

// Next gives the next line that is not empty, without its end, which the caller owns; io.EOF is the end.
func (l *Lines) Next() (Line, error) {
	for !l.end {
		line := Line{Number: l.number + 1}
		for {
			part, err := l.r.ReadSlice('\n')
			if !line.Long {
				if line.Text = append(line.Text, part...); len(line.Text) > l.most+1 {
					line.Text, line.Long = nil, true
				}
			}
			if err == nil {
				break
			}
			if l.end = errors.Is(err, io.EOF); l.end {
				break
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				return line, fmt.Errorf("line %d: %w", line.Number, err)
			}
		}
		l.number++
		if l.number == 1 {
			line.Text = bytes.TrimPrefix(line.Text, []byte("\xef\xbb\xbf"))
		}
		line.Text = bytes.TrimSuffix(bytes.TrimSuffix(line.Text, []byte("\n")), []byte("\r"))
		text := bytes.TrimSpace(line.Text)
		if len(text) == 0 && !line.Long {
			continue
		}
		if l.format == Auto && len(text) > 0 {
			l.format = Prompts
			if text[0] == '{' || text[0] == '[' {
				l.format = JSON
			}
		}
		line.format = l.format
		return line, nil
	}
	return Line{}, io.EOF
}

// Request reads the request of a line. An error says why it is none.
func (l Line) Request() (Request, error) {
	switch {
	case l.Long:
		return Request{}, errors.New("the line is longer than 64 MiB")
	case l.format == Prompts && (!utf8.Valid(l.Text) || bytes.IndexByte(l.Text, 0) >= 0):
		return Request{}, errors.New("this is no text in UTF-8: is it a file of requests?")
	case l.format == Prompts:
		return Request{Method: "POST", Body: Prompt(string(bytes.TrimSpace(l.Text)), "")}, nil
	case l.format == Bodies:
		return Parse(l.Text)
	}
	text := bytes.TrimSpace(l.Text)
	if text[0] != '{' {
		return Request{}, errors.New("a JSON object is expected: a body, a wrapper with path and body, or a line of a batch")
	}
	var syntax *json.SyntaxError
	if err := json.Unmarshal(text, new(struct{})); errors.As(err, &syntax) {
		return Request{}, fmt.Errorf("this is not JSON: %v (byte %d)", err, syntax.Offset)
	}
	return Parse(text)
}

// Rest is what was not read yet, unpacked, for files that are no lines of requests.
func (l *Lines) Rest() io.Reader { return l.r }
