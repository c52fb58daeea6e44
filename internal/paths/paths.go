// Package paths decides what a request path means to the router: exactly the
// known model paths are model calls, and anything that an upstream could take
// for one of them after decoding or cleaning is refused rather than guessed.
package paths

import (
	"strings"

	"github.com/mom-router/mom-router/rules/prompt"
)

// Kind is what a request path is to the router.
type Kind uint8

// The kinds of a path.
const (
	Unknown    Kind = iota // nothing that the router serves
	Model                  // exactly a model path
	ModelList              // exactly /v1/models
	ModelEntry             // /v1/models/ and a name
	Disguised              // becomes a known path by decoding, case, slashes or dots
)

const (
	modelList   = "/v1/models"
	countTokens = "/v1/messages/count_tokens"
	inputTokens = "/v1/responses/input_tokens"
)

// Counts reports whether a model path asks only how many tokens a request has.
func Counts(path string) bool { return path == countTokens || path == inputTokens }

// known says what an exactly known path is.
func known(path string) (Kind, prompt.Shape) {
	switch path {
	case "/v1/chat/completions":
		return Model, prompt.Chat
	case "/v1/completions":
		return Model, prompt.Completions
	case "/v1/responses", "/v1/responses/compact", inputTokens:
		return Model, prompt.Responses
	case "/v1/messages", countTokens:
		return Model, prompt.Messages
	case modelList:
		return ModelList, 0
	}
	return Unknown, 0
}

// WithoutQuery cuts the query and the fragment off a :path.
func WithoutQuery(path string) string {
	for i := range len(path) {
		if path[i] == '?' || path[i] == '#' {
			return path[:i]
		}
	}
	return path
}

// Classify says what a path without its query is. The shape is meaningful for Model only.
func Classify(path string) (Kind, prompt.Shape) {
	if kind, shape := known(path); kind != Unknown {
		return kind, shape
	}
	if kind, _ := known(Canonical(path)); kind != Unknown {
		return Disguised, 0
	}
	if _, ok := EntryOf(path); ok {
		return ModelEntry, 0
	}
	return Unknown, 0
}

// EntryOf is the name of the model that a path below /v1/models asks for. Clients write it as it is or percent-encoded.
func EntryOf(path string) (name string, ok bool) {
	name, ok = strings.CutPrefix(path, modelList+"/")
	return decode(name), ok && name != ""
}

// ErrorShape is the API in whose shape an error on a path is to be told: Anthropic's below its own path, and to whoever says that
// he speaks it, else OpenAI's.
func ErrorShape(path string, anthropic bool) prompt.Shape {
	if kind, shape := Classify(path); kind == Model {
		return shape
	}
	if path := Canonical(path); anthropic || path == "/v1/messages" || strings.HasPrefix(path, "/v1/messages/") {
		return prompt.Messages
	}
	return prompt.Chat
}

// decodings bounds how often a path is percent-decoded: proxies and servers in
// a row may each decode once.
const decodings = 3

// Canonical is the most lenient reading of a path that any server in the field
// is known to make: decoded, lower case, back slashes as slashes, path
// parameters dropped, and empty and dot segments resolved.
func Canonical(path string) string {
	for range decodings {
		decoded := decode(path)
		if decoded == path {
			break
		}
		path = decoded
	}
	path = strings.ToLower(strings.ReplaceAll(path, `\`, "/"))
	if i := strings.Index(path, "://"); i >= 0 { // absolute form
		if j := strings.IndexByte(path[i+3:], '/'); j >= 0 {
			path = path[i+3+j:]
		}
	}
	var out []string
	for _, segment := range strings.Split(WithoutQuery(path), "/") {
		if i := strings.IndexByte(segment, ';'); i >= 0 {
			segment = segment[:i]
		}
		switch segment = strings.Trim(segment, " \t\r\n\x00"); segment {
		case "", ".":
		case "..":
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
		default:
			out = append(out, segment)
		}
	}
	return "/" + strings.Join(out, "/")
}

func decode(path string) string {
	if !strings.Contains(path, "%") {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '%' && i+2 < len(path) {
			hi, lo := unhex(path[i+1]), unhex(path[i+2])
			if hi >= 0 && lo >= 0 {
				b.WriteByte(byte(hi<<4 | lo))
				i += 2
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
