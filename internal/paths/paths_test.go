package paths

import (
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		name, path string
		kind       Kind
		shape      prompt.Shape
	}{
		{"chat completions is a model call", "/v1/chat/completions", Model, prompt.Chat},
		{"completions is a model call", "/v1/completions", Model, prompt.Completions},
		{"responses is a model call", "/v1/responses", Model, prompt.Responses},
		{"messages is a model call", "/v1/messages", Model, prompt.Messages},
		{"the model list is known", "/v1/models", ModelList, 0},
		{"a batch of completions is not known", "/v1/chat/completions/batch", Unknown, 0},
		{"invocations is not known", "/invocations", Unknown, 0},
		{"the root is not known", "/", Unknown, 0},
		{"an empty path is not known", "", Unknown, 0},
		{"an asterisk is not known", "*", Unknown, 0},
		{"a trailing slash is a disguise", "/v1/chat/completions/", Disguised, 0},
		{"a double slash is a disguise", "//v1/chat/completions", Disguised, 0},
		{"a double slash inside is a disguise", "/v1//messages", Disguised, 0},
		{"a dot segment is a disguise", "/v1/./completions", Disguised, 0},
		{"a parent segment is a disguise", "/v1/x/../completions", Disguised, 0},
		{"a parent above the root is a disguise", "/../v1/completions", Disguised, 0},
		{"upper case is a disguise", "/V1/Chat/Completions", Disguised, 0},
		{"an encoded letter is a disguise", "/v1/c%68at/completions", Disguised, 0},
		{"an encoded slash is a disguise", "/v1%2fchat%2Fcompletions", Disguised, 0},
		{"a doubly encoded slash is a disguise", "/v1%252fcompletions", Disguised, 0},
		{"an encoded dot segment is a disguise", "/v1/%2e%2e/v1/completions", Disguised, 0},
		{"a back slash is a disguise", `/v1\completions`, Disguised, 0},
		{"a path parameter is a disguise", "/v1/completions;a=b", Disguised, 0},
		{"an encoded NUL is a disguise", "/v1/completions%00", Disguised, 0},
		{"an encoded question mark is a disguise", "/v1/completions%3fx", Disguised, 0},
		{"the absolute form is a disguise", "http://x/v1/completions", Disguised, 0},
		{"the model list in capitals is a disguise", "/v1/MODELS", Disguised, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			kind, shape := Classify(c.path)
			if kind != c.kind || shape != c.shape {
				t.Errorf("Classify(%q) = %d, %s; want %d, %s", c.path, kind, shape, c.kind, c.shape)
			}
		})
	}
}

func TestWithoutQueryCutsAtTheFirstMark(t *testing.T) {
	for path, want := range map[string]string{"/a?b": "/a", "/a?b?c#d": "/a", "/a#b?c": "/a", "/a": "/a", "?": ""} {
		if got := WithoutQuery(path); got != want {
			t.Errorf("WithoutQuery(%q) = %q, want %q", path, got, want)
		}
	}
}

// Whatever a path looks like, it is never both unknown and, to a lenient server, a model path.
func FuzzClassify(f *testing.F) {
	f.Add("/v1/chat/%2e/completions")
	f.Fuzz(func(t *testing.T, path string) {
		kind, _ := Classify(path)
		if kind == Unknown {
			for _, lenient := range []string{strings.ToLower(path), strings.TrimRight(path, "/"), decode(path)} {
				if k, _ := Classify(lenient); k == Model {
					t.Errorf("%q is unknown but %q is a model path", path, lenient)
				}
			}
		}
	})
}
