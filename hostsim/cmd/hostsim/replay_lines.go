package main

import (
	"bufio"
	"errors"
	"io"
)

// maxLine is the longest line of replay's input, in bytes: a body of 50 MB in base64 does not fit, as
// text it does.
const maxLine = 64 << 20

var errLongLine = errors.New("the line is longer than 64 MB")

// lines reads lines without their line breaks. Nothing else is taken off.
type lines struct {
	r    *bufio.Reader
	read int64 // bytes so far, for the progress bar
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, 64<<10)} }

// next gives the next line, which the caller owns. After errLongLine the reading goes on behind that
// line; io.EOF is the end.
func (l *lines) next() ([]byte, error) {
	var line []byte
	long := false
	for {
		part, err := l.r.ReadSlice('\n')
		l.read += int64(len(part))
		ended := err == nil
		if ended {
			part = part[:len(part)-1]
		}
		if len(line)+len(part) > maxLine {
			long, line = true, nil
		}
		if !long {
			line = append(line, part...)
		}
		switch {
		case ended && long:
			return nil, errLongLine
		case ended:
			return line, nil
		case errors.Is(err, io.EOF):
			switch {
			case long:
				return nil, errLongLine
			case len(line) > 0:
				return line, nil
			}
			return nil, io.EOF
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}
