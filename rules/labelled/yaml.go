package labelled

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// YAML is what was learned as the key "classes" of a policy: a word a line, so that reviews show what a change changes.
func (t *Classes) YAML(remark string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "classes: # %s\n  weights: %q\n  domain:\n", remark, t.Weights)
	for _, c := range t.Classes {
		fmt.Fprintf(&b, "    %s:\n", yamlKey(c.Name))
		if c.Own {
			fmt.Fprintf(&b, "      bias: %d\n", c.Bias)
		}
		b.WriteString("      words:\n")
		for _, w := range c.Words {
			fmt.Fprintf(&b, "        %s: %d\n", yamlKey(w.Text), w.Weight)
		}
	}
	return b.String()
}

// yamlKey writes a word as a key. What YAML could take for something else than text stands in quotes.
func yamlKey(s string) string {
	plain := strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_") == "" && s != ""
	if plain && !slices.Contains([]string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}, s) {
		return s
	}
	return strconv.Quote(s)
}

// Replace puts what was learned in the place of the key "classes" of a policy in YAML, or at its end.
func Replace(policy, classes string) string {
	var b, between strings.Builder // between: blank lines and remarks, which belong to what comes
	inside, done := false, false
	for line := range strings.Lines(policy) {
		first := line[0]
		switch {
		case strings.HasPrefix(line, "classes:"):
			if inside = true; !done {
				b.WriteString(classes)
			}
			done = true
			continue
		case !inside:
		case first == '\n' || first == '\r' || first == '#':
			between.WriteString(line)
			continue
		case first == ' ' || first == '\t':
			between.Reset()
			continue
		default:
			inside = false
			b.WriteString(between.String())
			between.Reset()
		}
		b.WriteString(line)
	}
	b.WriteString(between.String())
	if !done {
		if text := b.String(); text != "" && !strings.HasSuffix(text, "\n") {
			b.WriteByte('\n')
		}
		b.WriteString(classes)
	}
	return b.String()
}
