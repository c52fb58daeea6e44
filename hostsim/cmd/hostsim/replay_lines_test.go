package main

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestLinesAreReadByteForByte(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	for name, tt := range map[string]struct {
		in   string
		want []string
	}{
		"nothing":                  {"", nil},
		"one line":                 {"a\n", []string{"a"}},
		"no line break at the end": {"a\nb", []string{"a", "b"}},
		"empty lines count":        {"\n\na\n", []string{"", "", "a"}},
		"a carriage return stays":  {"a\r\n", []string{"a\r"}},
		"longer than any buffer":   {long + "\n" + long, []string{long, long}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLines(strings.NewReader(tt.in))
			for i, want := range tt.want {
				if got, err := l.next(); err != nil || string(got) != want {
					t.Fatalf("line %d: %d bytes, %v", i+1, len(got), err)
				}
			}
			if _, err := l.next(); err != io.EOF {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}

// repeat is n bytes of the same, without holding them.
type repeat struct{ n int }

func (r *repeat) Read(p []byte) (int, error) {
	if r.n == 0 {
		return 0, io.EOF
	}
	n := min(len(p), r.n)
	for i := range n {
		p[i] = 'x'
	}
	r.n -= n
	return n, nil
}

func TestALineThatIsTooLongIsSkipped(t *testing.T) {
	l := newLines(bufio.NewReader(io.MultiReader(&repeat{maxLine + 1}, strings.NewReader("\nnext\n"))))
	if _, err := l.next(); !errors.Is(err, errLongLine) {
		t.Fatalf("got %v", err)
	}
	if line, err := l.next(); err != nil || string(line) != "next" {
		t.Errorf("behind it: %q, %v", line, err)
	}
}
