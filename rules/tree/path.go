package tree

import "github.com/mom-router/mom-router/rules/strictjson"

// PathStep is the step of a JSON path to a member: .name, or ["name"] where the
// name is not made of letters, digits, "_" and "-" alone.
func PathStep(name string) string {
	for i := range len(name) {
		if c := name[i]; !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-') {
			return string(append(strictjson.AppendQuoted([]byte{'['}, name), ']'))
		}
	}
	if name == "" {
		return `[""]`
	}
	return "." + name
}
