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
		{"counting tokens of messages is a model call", "/v1/messages/count_tokens", Model, prompt.Messages},
		{"counting tokens of responses is a model call", "/v1/responses/input_tokens", Model, prompt.Responses},
		{"compaction is a model call", "/v1/responses/compact", Model, prompt.Responses},
		{"one model is known", "/v1/models/auto", ModelEntry, 0},
		{"one model with a slash in its name is known", "/v1/models/Qwen/Qwen3", ModelEntry, 0},
		{"one model in percent-encoding is known", "/v1/models/Qwen%2FQwen3", ModelEntry, 0},
		{"a model path behind the list is a disguise", "/v1/models/../messages", Disguised, 0},
		{"an encoded one is a disguise", "/v1/models/%2e%2e/messages/count_tokens", Disguised, 0},
		{"counting in capitals is a disguise", "/v1/messages/Count_Tokens", Disguised, 0},
		{"counting with a slash behind is a disguise", "/v1/responses/input_tokens/", Disguised, 0},
		{"the list in capitals with a name is not known", "/V1/models/auto", Unknown, 0},
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

func TestErrorsAreToldInTheShapeOfTheirAPI(t *testing.T) {
	for _, c := range []struct {
		path      string
		anthropic bool
		want      prompt.Shape
	}{
		{"/v1/chat/completions", false, prompt.Chat}, {"/v1/chat/completions", true, prompt.Chat}, {"/v1/responses/compact", false, prompt.Responses},
		{"/v1/messages", false, prompt.Messages}, {"/v1/messages/count_tokens", false, prompt.Messages}, {"/v1/messages/batches", false, prompt.Messages},
		{"/V1//messages/", false, prompt.Messages}, {"/v1/messagesx", false, prompt.Chat}, {"/v1/models", false, prompt.Chat}, {"/v1/models", true, prompt.Messages},
		{"/health", false, prompt.Chat}, {"/", true, prompt.Messages}, {"", false, prompt.Chat},
	} {
		if got := ErrorShape(c.path, c.anthropic); got != c.want {
			t.Errorf("%q (anthropic-version: %v): %s, want %s", c.path, c.anthropic, got, c.want)
		}
	}
}

func TestOnlyCountingPathsCount(t *testing.T) {
	for path, want := range map[string]bool{"/v1/messages/count_tokens": true, "/v1/responses/input_tokens": true, "/v1/messages": false, "/v1/responses/compact": false, "/v1/messages/count_tokens/": false} {
		if Counts(path) != want {
			t.Errorf("%s counts: %v", path, !want)
		}
	}
	for path, want := range map[string]string{"/v1/models/auto": "auto", "/v1/models/a%2Fb": "a/b", "/v1/models/a/b": "a/b", "/v1/models/": "", "/v1/models": "", "/v1/models/%zz": "%zz"} {
		if got, ok := EntryOf(path); got != want && ok {
			t.Errorf("%s asks for %q, want %q", path, got, want)
		}
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
