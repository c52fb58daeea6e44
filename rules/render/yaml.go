package render

import (
	"strconv"
	"strings"

	"github.com/mom-router/mom-router/rules/tree"
)

// word is a string that is written as YAML: in quotes, where it would mean something else without.
type word string

func (w word) String() string {
	plain := w != "" && strings.Trim(string(w), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:") == ""
	if plain {
		c := w[0]
		_, err := strconv.ParseFloat(string(w), 64)
		switch strings.ToLower(string(w)) {
		case "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf", ".nan", ".inf":
			plain = false
		default:
			plain = err != nil && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '/' || c == '.' || isAddress(string(w))) && !strings.HasSuffix(string(w), ":")
		}
	}
	if plain {
		return string(w)
	}
	return printable(tree.Canonical(text(string(w))))
}

// isAddress reports whether a word is an IPv4 address, which reads as a string.
func isAddress(s string) bool {
	return strings.Count(s, ".") == 3 && strings.Trim(s, "0123456789.") == ""
}

func list(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = word(w).String()
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// flow is a map of strings on one line.
func flow(n *tree.Node) string {
	var b strings.Builder
	for i, key := range n.Keys {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(word(key.Text).String() + ": " + word(n.Items[i].Text).String())
	}
	return "{" + b.String() + "}"
}

func indented(n int, text string) string {
	space := strings.Repeat(" ", n)
	parts := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range parts {
		if line != "" {
			parts[i] = space + line
		}
	}
	return strings.Join(parts, "\n")
}

// inOrder is JSON on one line, with members in the order of the source.
func inOrder(n *tree.Node) string {
	if n.Kind < tree.List {
		return tree.Canonical(n)
	}
	parts := make([]string, len(n.Items))
	for i, item := range n.Items {
		if parts[i] = inOrder(item); n.Kind == tree.Map {
			parts[i] = tree.Canonical(text(n.Keys[i].Text)) + ":" + parts[i]
		}
	}
	if n.Kind == tree.Map {
		return "{" + strings.Join(parts, ",") + "}"
	}
	return "[" + strings.Join(parts, ",") + "]"
}

// oneLine is how many characters of JSON stand on one line at most.
const oneLine = 120

// lines is JSON over several lines, so that a difference shows what has changed.
func lines(n *tree.Node, before string) string {
	if line := inOrder(n); len(line) <= oneLine || n.Kind < tree.List {
		return line
	}
	open, end := "[", "]"
	if n.Kind == tree.Map {
		open, end = "{", "}"
	}
	var b strings.Builder
	b.WriteString(open)
	for i, item := range n.Items {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("\n" + before + " ")
		if n.Kind == tree.Map {
			b.WriteString(tree.Canonical(text(n.Keys[i].Text)) + ": ")
		}
		b.WriteString(lines(item, before+" "))
	}
	b.WriteString("\n" + before + end)
	return b.String()
}

// printable writes what YAML takes for the end of a line, or does not take at all, as JSON escapes. All of it stands in strings.
func printable(json string) string {
	if strings.IndexFunc(json, hidden) < 0 {
		return json
	}
	var b strings.Builder
	for _, r := range json {
		if hidden(r) {
			b.WriteString(`\u` + strconv.FormatInt(0x10000|int64(r), 16)[1:])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hidden(r rune) bool {
	return r >= 0x7F && r <= 0x9F || r == 0x2028 || r == 0x2029 || r == 0xFEFF || r == 0xFFFE || r == 0xFFFF
}
