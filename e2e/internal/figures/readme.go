package figures

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// The README's table stands between these lines.
const (
	readmeBegin = "<!-- bench -->\n"
	readmeEnd   = "<!-- /bench -->\n"
)

// Markdown is the table of the README: what each contender adds to a request, in microseconds.
func (r *Report) Markdown() string {
	var b strings.Builder
	head, line := "| body |", "|---|"
	var shown []string
	for _, c := range everyone {
		for _, there := range r.Contenders {
			if there.Name == c {
				shown = append(shown, c)
				head += " " + c + " |"
				line += "---:|"
			}
		}
	}
	fmt.Fprintf(&b, "%s\n%s\n", head, line)
	for _, body := range r.Bodies {
		if !strings.HasPrefix(body.Kind, "prose") && body.Kind != Agents && body.Kind != Sessions {
			continue
		}
		fmt.Fprintf(&b, "| %s |", body.Name)
		for _, name := range shown {
			if c, ok := r.cost(name, body.Name); ok {
				fmt.Fprintf(&b, " %s |", grouped(int64(c.Added.Median+0.5)))
			} else {
				b.WriteString(" – |")
			}
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\nmom-router %s, Envoy %s, %s, %d cores, load %.1f before, %s.\n", r.Commit, r.Envoy, r.Machine.CPU, r.Machine.Cores, r.Machine.LoadBefore, r.Taken)
	return b.String()
}

// Readme puts the table into a README.
func (r *Report) Readme(text []byte) ([]byte, error) {
	before, rest, ok := bytes.Cut(text, []byte(readmeBegin))
	_, after, ok2 := bytes.Cut(rest, []byte(readmeEnd))
	if !ok || !ok2 {
		return nil, fmt.Errorf("README.md has no lines %q and %q for the bench's table to stand between", strings.TrimSpace(readmeBegin), strings.TrimSpace(readmeEnd))
	}
	return bytes.Join([][]byte{before, []byte(readmeBegin + r.Markdown() + readmeEnd), after}, nil), nil
}

// write replaces a file where that changes it.
func write(name string, text []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, text) {
		return nil
	}
	return os.WriteFile(name, text, 0o644)
}
