package prompt_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

// quiet is a sink that takes no interest.
type quiet struct{}

func (quiet) BeginText(prompt.Whose)   {}
func (quiet) Text([]byte, int64, bool) {}
func (quiet) EndText(bool)             {}
func (quiet) EndPart(prompt.Part)      {}
func (quiet) EndMessage(prompt.Role)   {}

var reasoning = [][]string{
	{"reasoning_effort"},
	{"chat_template_kwargs", "enable_thinking"},
	{"chat_template_kwargs", "thinking"},
	{"thinking"},
	{"reasoning"},
	{"reasoning", "effort"},
	{"extra_body", "thinking"},
	{"extra_body", "reasoning"},
	{"extra_body", "reasoning", "effort"},
	{"extra_body", "kwargs", "thinking"},
}

var qwenHigh = []prompt.Member{{Path: []string{"chat_template_kwargs", "enable_thinking"}, JSON: "true"}}

// automatic accepts some names.
func automatic(names ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(names, name) }
}

var auto = automatic("auto")
var ossLow = []prompt.Member{{Path: []string{"reasoning_effort"}, JSON: `"low"`}}

// rewrite reads a body in chunks, decides after the first window bytes, and lets
// go what the reader says is safe, as a proxy would.
func rewrite(t testing.TB, r *prompt.Reader, body []byte, window int, chunk func() int, e prompt.Edit) (out []byte, delta int64, err error) {
	r.Reset(prompt.Chat, quiet{})
	var held []byte // what has not been let go, from offset gone on
	var gone int64
	release := func() {
		splices, safe := r.Take()
		if safe < gone || safe > gone+int64(len(held)) {
			t.Fatalf("safe is %d, gone %d, fed %d", safe, gone, gone+int64(len(held)))
		}
		for _, s := range splices {
			if s.Start < gone || s.End < s.Start || s.End > safe {
				t.Fatalf("splice %d-%d is outside %d-%d", s.Start, s.End, gone, safe)
			}
			out = append(out, held[:s.Start-gone]...)
			out = append(out, s.New...)
			held, gone = held[s.End-gone:], s.End
		}
		out = append(out, held[:safe-gone]...)
		held, gone = held[safe-gone:], safe
	}
	feed := func(p []byte) error {
		for len(p) > 0 {
			n := min(chunk(), len(p))
			piece := bytes.Clone(p[:n])
			if err := r.Feed(piece); err != nil {
				return err
			}
			clear(piece)
			held = append(held, p[:n]...)
			p = p[n:]
			release()
		}
		return nil
	}
	window = min(window, len(body))
	if err := feed(body[:window]); err != nil {
		return nil, 0, err
	}
	if len(out) > 0 {
		t.Fatal("something was let go before the decision")
	}
	if window == len(body) && !r.Complete() {
		return nil, 0, r.Close()
	}
	if err := r.Edit(e); err != nil {
		return nil, 0, err
	}
	delta = r.Delta()
	release()
	if err := feed(body[window:]); err != nil {
		return nil, 0, err
	}
	if err := r.Close(); err != nil {
		return nil, 0, err
	}
	release()
	if len(held) > 0 {
		t.Fatalf("%d bytes were held to the end", len(held))
	}
	if r.Delta() != delta {
		t.Fatalf("the delta changed from %d to %d", delta, r.Delta())
	}
	return out, delta, nil
}

func every(n int) func() int { return func() int { return n } }

func TestEdit(t *testing.T) {
	set := prompt.Edit{Model: "X", Reasoning: ossLow, AcceptModel: auto}
	tests := []struct {
		name   string
		body   string // | marks the end of the window; without one it is all in the window
		edit   prompt.Edit
		want   string
		failed string
	}{
		{"a model in the window is replaced in place", `{"model": "auto" , "messages":[{"role":"user"}]}`, prompt.Edit{Model: "X"},
			`{"model": "X" , "messages":[{"role":"user"}]}`, ""},
		{"a missing model is inserted at the front", `{ "messages":[{"role":"user"}]}`, prompt.Edit{Model: "X"},
			`{"model":"X", "messages":[{"role":"user"}]}`, ""},
		{"a null model is replaced in place", `{"messages":[{"role":"user"}],"model":null}`, prompt.Edit{Model: "X"},
			`{"messages":[{"role":"user"}],"model":"X"}`, ""},
		{"a model name is escaped", `{"model":"auto","messages":[{"role":"user"}]}`, prompt.Edit{Model: "a\"\\\n"},
			`{"model":"a\"\\\n","messages":[{"role":"user"}]}`, ""},
		{"an empty model leaves the client's", `{"messages":[|{"role":"user"}],"model":"auto"}`, prompt.Edit{AcceptModel: auto},
			`{"messages":[{"role":"user"}],"model":"auto"}`, ""},
		{"a late model is blanked with its comma", `{"messages":[|{"role":"user"}] , "model" : "auto" , "n":1}`, set,
			`{"model":"X","reasoning_effort":"low","messages":[{"role":"user"}]                    , "n":1}`, ""},
		{"a late model that is escaped is blanked", `{"messages":[|{"role":"user"}],"m\u006fdel":"auto"}`, set,
			`{"model":"X","reasoning_effort":"low","messages":[{"role":"user"}]                    }`, ""},
		{"a late null model is blanked", `{"messages":[|{"role":"user"}],"model":null}`, set,
			`{"model":"X","reasoning_effort":"low","messages":[{"role":"user"}]             }`, ""},
		{"a model cut by the window is late", `{"model":"au|to","messages":[{"role":"user"}]}`, set,
			`{"model":"X","reasoning_effort":"low"              ,"messages":[{"role":"user"}]}`, ""},
		{"a model name cut by the window is late", `{"mod|el":"auto","messages":[{"role":"user"}]}`, set,
			`{"model":"X","reasoning_effort":"low"               ,"messages":[{"role":"user"}]}`, ""},
		{"a first member cut by the window may stay", `{"mess|ages":[{"role":"user"}]}`, set,
			`{"model":"X","reasoning_effort":"low","messages":[{"role":"user"}]}`, ""},
		{"a window before the body's brace is enough", ` | {"model":"auto","messages":[{"role":"user"}]}`, prompt.Edit{Model: "X", AcceptModel: auto},
			`  {"model":"X"               ,"messages":[{"role":"user"}]}`, ""},
		{"a late concrete model is refused", `{"messages":[|{"role":"user"}],"model":"Y"}`, set, "", "late_model"},
		{"a concrete model cut by the window is refused", `{"model":"Y|","messages":[{"role":"user"}]}`, set, "", "late_model"},
		{"a late concrete model is refused though the client's is left", `{"messages":[|{"role":"user"}],"model":"Y"}`, prompt.Edit{}, "", "late_model"},

		{"reasoning members are dropped and set", `{"reasoning_effort":"high","model":"auto","messages":[{"role":"user"}]}`, set,
			`{"reasoning_effort":"low","model":"X","messages":[{"role":"user"}]}`, ""},
		{"the first members are dropped and nothing is set", `{"reasoning_effort":"high", "thinking":{"a":1} , "messages":[{"role":"user"}]}`, prompt.Edit{},
			`{  "messages":[{"role":"user"}]}`, ""},
		{"the last member is dropped", `{"messages":[{"role":"user"}] , "thinking":{"a":1} }`, prompt.Edit{},
			`{"messages":[{"role":"user"}]  }`, ""},
		{"members in the middle are dropped", `{"n":1,"reasoning_effort":"high","thinking":null,"messages":[{"role":"user"}]}`, prompt.Edit{},
			`{"n":1,"messages":[{"role":"user"}]}`, ""},
		{"a first member dropped late leaves no comma", `{"thinking":|{"type":"enabled"},"messages":[{"role":"user"}]}`, prompt.Edit{},
			`{                              "messages":[{"role":"user"}]}`, ""},
		{"late reasoning members are blanked", `{"messages":[|{"role":"user"}],"reasoning_effort":"high","thinking":{}, "n":1}`, prompt.Edit{},
			`{"messages":[{"role":"user"}]                                        , "n":1}`, ""},
		{"a named model's reasoning members are kept", `{"reasoning_effort":"high","messages":[|{"role":"user"}],"chat_template_kwargs":{"thinking":true}}`,
			prompt.Edit{Model: "X", KeepReasoning: true},
			`{"model":"X","reasoning_effort":"high","messages":[{"role":"user"}],"chat_template_kwargs":{"thinking":true}}`, ""},

		{"a child is set inside the client's parent", `{"chat_template_kwargs":{"a":1,"thinking":false},"messages":[{"role":"user"}]}`, prompt.Edit{Reasoning: qwenHigh},
			`{"chat_template_kwargs":{"enable_thinking":true,"a":1},"messages":[{"role":"user"}]}`, ""},
		{"a child is replaced", `{"chat_template_kwargs":{ "enable_thinking" : false , "a":1},"messages":[{"role":"user"}]}`, prompt.Edit{Reasoning: qwenHigh},
			`{"chat_template_kwargs":{"enable_thinking":true  , "a":1},"messages":[{"role":"user"}]}`, ""},
		{"a child is set in an empty parent", `{"chat_template_kwargs":{},"messages":[{"role":"user"}]}`, prompt.Edit{Reasoning: qwenHigh},
			`{"chat_template_kwargs":{"enable_thinking":true},"messages":[{"role":"user"}]}`, ""},
		{"a missing parent is inserted", `{"messages":[{"role":"user"}]}`, prompt.Edit{Reasoning: qwenHigh},
			`{"chat_template_kwargs":{"enable_thinking":true},"messages":[{"role":"user"}]}`, ""},
		{"a null parent is replaced", `{"chat_template_kwargs":null,"messages":[{"role":"user"}]}`, prompt.Edit{Reasoning: qwenHigh},
			`{"chat_template_kwargs":{"enable_thinking":true},"messages":[{"role":"user"}]}`, ""},
		{"a null parent stays if nothing is set", `{"chat_template_kwargs":null,"messages":[{"role":"user"}]}`, prompt.Edit{Reasoning: ossLow},
			`{"reasoning_effort":"low","chat_template_kwargs":null,"messages":[{"role":"user"}]}`, ""},
		{"a parent cut by the window is edited inside", `{"chat_template_kwargs":{"a":1,"think|ing":false,"b":2},"messages":[{"role":"user"}]}`, prompt.Edit{Reasoning: qwenHigh},
			`{"chat_template_kwargs":{"enable_thinking":true,"a":1                 ,"b":2},"messages":[{"role":"user"}]}`, ""},
		{"a parent cut behind its brace is edited inside", `{"chat_template_kwargs":{|"thinking":false},"messages":[{"role":"user"}]}`, prompt.Edit{Reasoning: qwenHigh},
			`{"chat_template_kwargs":{"enable_thinking":true                 },"messages":[{"role":"user"}]}`, ""},
		{"a null parent cut by the window is blanked", `{"chat_template_kwargs":nu|ll,"messages":[{"role":"user"}]}`, prompt.Edit{Reasoning: qwenHigh},
			`{"chat_template_kwargs":{"enable_thinking":true}                           ,"messages":[{"role":"user"}]}`, ""},
		{"a parent that never comes is added at the end", `{"messages":[|{"role":"user"}] }`, prompt.Edit{Reasoning: qwenHigh},
			`{"messages":[{"role":"user"}] ,"chat_template_kwargs":{"enable_thinking":true}}`, ""},
		{"two parents that never come are added at the end", `{"messages":[|{"role":"user"}]}`, prompt.Edit{Reasoning: append(qwenHigh[:1:1], prompt.Member{Path: []string{"reasoning", "effort"}, JSON: "1"})},
			`{"messages":[{"role":"user"}],"chat_template_kwargs":{"enable_thinking":true},"reasoning":{"effort":1}}`, ""},
		{"a parent that never comes stands alone where nothing else stays", `{|"messages":[{"role":"user"}],"reasoning":"high"}`, prompt.Edit{Reasoning: []prompt.Member{{Path: []string{"reasoning", "effort"}, JSON: "1"}}},
			`{"messages":[{"role":"user"}]                   ,"reasoning":{"effort":1}}`, ""},
		{"a late null parent is blanked, and added at the end", `{"messages":[|{"role":"user"}],"chat_template_kwargs":null}`, prompt.Edit{Reasoning: qwenHigh},
			`{"messages":[{"role":"user"}]                            ,"chat_template_kwargs":{"enable_thinking":true}}`, ""},
		{"a late empty parent is filled", `{"messages":[|{"role":"user"}],"chat_template_kwargs":{}}`, prompt.Edit{Reasoning: qwenHigh},
			`{"messages":[{"role":"user"}],"chat_template_kwargs":{"enable_thinking":true                          }}`, ""},
		{"a late parent of reasoning members alone is filled anew", `{"messages":[|{"role":"user"}],"chat_template_kwargs":{"thinking":false}}`, prompt.Edit{Reasoning: qwenHigh},
			`{"messages":[{"role":"user"}],"chat_template_kwargs":{"enable_thinking":true                                          }}`, ""},
		{"a late parent keeps its other members beside what is set", `{"messages":[|{"role":"user"}],"chat_template_kwargs" : { "a":1,"thinking":false},"n":1}`, prompt.Edit{Reasoning: qwenHigh},
			`{"messages":[{"role":"user"}],"chat_template_kwargs" : {"enable_thinking":true                         , "a":1                 },"n":1}`, ""},
		{"a parent whose name the window cuts is merged, too", `{"messages":[{"role":"user"}],"chat_templ|ate_kwargs":{"a":1}}`, prompt.Edit{Reasoning: qwenHigh},
			`{"messages":[{"role":"user"}],"chat_template_kwargs":{"enable_thinking":true                         ,"a":1}}`, ""},
		{"a late parent keeps its other members if nothing is set", `{"messages":[|{"role":"user"}],"chat_template_kwargs":{"thinking":false,"a":1}}`, prompt.Edit{},
			`{"messages":[{"role":"user"}],"chat_template_kwargs":{                 "a":1}}`, ""},

		{"a wish that is no object goes, an object stays without its wish", `{"reasoning":"high","messages":[{"role":"user"}]}`, prompt.Edit{}, `{"messages":[{"role":"user"}]}`, ""},
		{"an object stays without its wish", `{"reasoning":{"effort":"high","summary":"auto"},"messages":[{"role":"user"}]}`, prompt.Edit{}, `{"reasoning":{"summary":"auto"},"messages":[{"role":"user"}]}`, ""},
		{"a late wish that is no object is blanked", `{"messages":[|{"role":"user"}],"reasoning" : "high" , "n":1}`, set,
			`{"model":"X","reasoning_effort":"low","messages":[{"role":"user"}]                      , "n":1}`, ""},
		{"a wish cut behind its name is blanked", `{"reasoning"| :true,"messages":[{"role":"user"}]}`, set,
			`{"model":"X","reasoning_effort":"low"                  ,"messages":[{"role":"user"}]}`, ""},
		{"an object cut before its value stays", `{"reasoning":| {"effort":1,"a":2},"messages":[{"role":"user"}]}`, set,
			`{"model":"X","reasoning_effort":"low","reasoning": {           "a":2},"messages":[{"role":"user"}]}`, ""},
		{"a first wish cut before its value leaves no comma", `{"reasoning":|1,"messages":[{"role":"user"}]}`, prompt.Edit{},
			`{              "messages":[{"role":"user"}]}`, ""},
		{"wishes inside a nested parent are dropped, and nothing else", `{"extra_body":{"a":1,"kwargs":{"thinking":true,"b":2},"reasoning":{"effort":1},"thinking":3},"messages":[{"role":"user"}]}`, prompt.Edit{},
			`{"extra_body":{"a":1,"kwargs":{"b":2},"reasoning":{}},"messages":[{"role":"user"}]}`, ""},
		{"late wishes inside a nested parent are blanked", `{"messages":[|{"role":"user"}],"extra_body":{"a":1,"kwargs":{"b":2,"thinking":true},"reasoning":7}}`, prompt.Edit{},
			`{"messages":[{"role":"user"}],"extra_body":{"a":1,"kwargs":{"b":2                }              }}`, ""},
		{"white space before a value that tells is bounded", `{"messages":[|{"role":"user"}],"reasoning":` + strings.Repeat(" ", 65_536) + `1}`, prompt.Edit{}, "", "invalid_request"},

		{"white space between a comma and a name may be long", `{"messages":[|{"role":"user"}],` + strings.Repeat(" ", 60_000) + `"n":1}`, prompt.Edit{},
			`{"messages":[{"role":"user"}],` + strings.Repeat(" ", 60_000) + `"n":1}`, ""},
		{"white space between a comma and a name is bounded", `{"messages":[|{"role":"user"}],` + strings.Repeat(" ", 65_536) + `"n":1}`, prompt.Edit{}, "", "invalid_request"},
		{"white space in front of a syntax error is bounded", `{"messages":[|{"role":"user"}],` + strings.Repeat(" ", 65_537) + `x`, prompt.Edit{}, "", "invalid_request"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := prompt.NewReader(&prompt.Options{Reasoning: reasoning})
			body := strings.Replace(test.body, "|", "", 1)
			window := strings.IndexByte(test.body, '|')
			if window < 0 {
				window = len(body)
			}
			for _, size := range []int{1 << 20, 1, 3, 1000} {
				if size < 3 && len(body) > 10_000 {
					size = 17
				}
				out, delta, err := rewrite(t, r, []byte(body), window, every(size), test.edit)
				if test.failed != "" {
					if e := new(prompt.Error); !errors.As(err, &e) || e.Code != test.failed || e.Status != 400 {
						t.Errorf("chunks of %d: got %v, want %s", size, err, test.failed)
					}
					continue
				}
				if err != nil || string(out) != test.want {
					t.Errorf("chunks of %d: %v\ngot  %s\nwant %s", size, err, out, test.want)
				}
				if int64(len(body))+delta != int64(len(out)) {
					t.Errorf("chunks of %d: the delta is %d, want %d", size, delta, len(out)-len(body))
				}
			}
		})
	}
}

func TestEditRefusesMembersThatItCouldNotFind(t *testing.T) {
	bad := [][]prompt.Member{
		{{Path: []string{"other"}, JSON: "1"}},
		{{Path: []string{"chat_template_kwargs"}, JSON: "1"}},
		{{Path: []string{"chat_template_kwargs", "other"}, JSON: "1"}},
		{{Path: nil, JSON: "1"}},
		{{Path: []string{"reasoning_effort"}, JSON: "1"}, {Path: []string{"reasoning_effort"}, JSON: "2"}},
		{{Path: []string{"thinking"}, JSON: "1"}, {Path: []string{"thinking", "type"}, JSON: "2"}},
	}
	for _, list := range bad {
		r := prompt.NewReader(&prompt.Options{Reasoning: reasoning})
		r.Reset(prompt.Chat, quiet{})
		err := r.Edit(prompt.Edit{Reasoning: list})
		if err == nil || errors.As(err, new(*prompt.Error)) {
			t.Errorf("%v: got %v", list, err)
		}
	}
}
