//go:build !wasip1

package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/needs"
	"github.com/mom-router/mom-router/internal/routertest"
	"github.com/mom-router/mom-router/rules/strictjson"
)

// bad is a body that no client should send, with the one outcome that it has.
type bad struct {
	name, body, want string
}

const (
	ok200   = "200" // the router has no opinion: the engine may have one
	invalid = "400 invalid_request"
	tooLong = "400 context_length_exceeded"
	syntax  = "400 invalid_json"
	part    = "400 unsupported_part"
	role    = "400 unknown_role"
	unseen  = "400 not_inspectable"
	unknown = "404 model_not_found"
)

// large is a string that is longer than the hold window.
var large = strings.Repeat("cormorant ", 1<<20/10)

// members are put before and behind the conversation of every shape.
var badMembers = []bad{
	{"a model that is a number", `"model":7`, invalid},
	{"a model that is true", `"model":true`, invalid},
	{"a model in an array", `"model":["auto"]`, invalid},
	{"a model in an object", `"model":{"name":"auto"}`, invalid},
	{"a model that is empty", `"model":""`, unknown},
	{"a model that is a NUL", `"model":"auto\u0000"`, unknown},
	{"a model with words of the prompt", `"model":"cormorant"`, unknown},
	{"a model in other letters that look the same", `"model":"аuto"`, unknown},
	{"a model of 1 MB", `"model":"` + large + `"`, invalid},
	{"a model that is null", `"model":null`, ok200},
	{"a model whose name is written with escapes", `"\u006dodel":"\u0061uto"`, ok200},
	{"a stream that is a string", `"stream":"true"`, invalid},
	{"a stream that is a number", `"stream":1`, invalid},
	{"a stream that is an object", `"stream":{}`, invalid},
	{"a stream that is null", `"stream":null`, ok200},
	{"tools that are a string", `"tools":"cormorant"`, invalid},
	{"tools that are an object", `"tools":{}`, invalid},
	{"tools that are numbers", `"tools":[7]`, invalid},
	{"a tool that is null", `"tools":[{},null]`, invalid},
	{"a tool in an array", `"tools":[[{}]]`, invalid},
	{"no tools", `"tools":[]`, ok200},
	{"tools that are null", `"tools":null,"functions":null`, ok200},
	{"a tool without anything", `"tools":[{}]`, ok200},
	{"functions that are a string", `"functions":"cormorant"`, invalid},
	{"a bound on the answer that is a string", `"max_tokens":"9"`, invalid},
	{"a bound on the answer that is negative", `"max_tokens":-1`, ok200},
	{"a bound on the answer beyond all numbers", `"max_tokens":1e999`, tooLong},
	{"a bound on the answer that is half a token", `"max_tokens":0.5`, ok200},
	{"reasoning members of any kind", `"reasoning_effort":{"a":[]},"reasoning":"cormorant","thinking":7,"chat_template_kwargs":[]`, ok200},
	{"reasoning members that are null", `"reasoning_effort":null,"reasoning":null,"thinking":null,"chat_template_kwargs":null`, ok200},
	{"reasoning members that are empty", `"reasoning":{},"chat_template_kwargs":{}`, ok200},
	{"a chat template", `"chat_template":"cormorant"`, unseen},
	{"a chat template among its arguments", `"chat_template_kwargs":{"chat_template":"cormorant"}`, unseen},
	{"documents among the template's arguments", `"chat_template_kwargs":{"a":1,"documents":[]}`, unseen},
	{"documents", `"documents":[{"text":"cormorant"}]`, unseen},
	{"embeddings", `"prompt_embeds":"cormorant"`, unseen},
	{"embeddings of SGLang", `"input_embeds":[[0.5]]`, unseen},
	{"token ids", `"prompt_token_ids":[1,2]`, unseen},
	{"token ids of SGLang", `"input_ids":[1,2]`, unseen},
	{"a stored response", `"previous_response_id":"cormorant"`, unseen},
	{"a stored conversation", `"conversation":{"id":"cormorant"}`, unseen},
	{"a stored session", `"session_params":{}`, unseen},
	{"a cache filled elsewhere", `"kv_transfer_params":{}`, unseen},
	{"models to fall back to", `"fallbacks":[{"model":"cormorant"}]`, unseen},
	{"bypasses that are null", `"documents":null,"prompt_embeds":null,"chat_template":null,"previous_response_id":null`, ok200},
	{"members that the router does not know", `"temperature":"hot","stop":{"a":[null]},"n":-1e9,"x":true`, ok200},
	{"a member without a name", `"":"cormorant"`, ok200},
	{"a name of white space and a NUL", `" \u0000":"cormorant"`, ok200},
	{"a string of 1 MB", `"user":"` + large + `"`, ok200},
	{"a name of 1 MB", `"` + large + `":1`, "400 name_too_long"},
	{"a number of 1 MB", `"seed":` + strings.Repeat("9", 1<<20), "400 number_too_long"},
	{"a number of 1,024 digits", `"seed":` + strings.Repeat("9", 1024), ok200},
	{"100,000 members in an object", `"metadata":` + routertest.ManyMembers(100_000), "400 too_many_members"},
	{"65,536 members in an object", `"metadata":` + routertest.ManyMembers(65_536), ok200},
	{"100,000 nulls", `"metadata":[` + strings.Repeat("null,", 99_999) + `null]`, ok200},
	{"100,000 empty objects", `"metadata":[` + strings.Repeat("{},", 99_999) + `{}]`, ok200},
	{"200 arrays inside each other", `"metadata":` + strings.Repeat("[", 200) + strings.Repeat("]", 200), "400 too_deep"},
	{"200 objects inside each other", `"metadata":` + strings.Repeat(`{"a":`, 200) + "1" + strings.Repeat("}", 200), "400 too_deep"},
	{"100,000 arrays that never end", `"metadata":` + strings.Repeat("[", 100_000), "400 too_deep"},
	{"127 arrays inside each other", `"metadata":` + strings.Repeat("[", 127) + strings.Repeat("]", 127), ok200},
	{"a member twice", `"user":"a","user":"cormorant"`, "400 duplicate_member"},
	{"a member twice, once with escapes", `"user":"a","us\u0065r":"cormorant"`, "400 duplicate_member"},
	{"a member twice in an object far inside", `"metadata":[{"a":[{"b":1,"b":"cormorant"}]}]`, "400 duplicate_member"},
	{"the model twice", `"model":"auto","model":"glm-4.7"`, "400 duplicate_member"},
	{"half a surrogate pair", `"user":"cormorant \ud83d"`, syntax},
	{"surrogates in the wrong order", `"user":"\udca9\ud83d"`, syntax},
	{"bytes that are not UTF-8", "\"user\":\"cormorant \xff\"", syntax},
	{"an overlong slash", "\"user\":\"\xc0\xaf\"", syntax},
	{"a surrogate in UTF-8", "\"user\":\"\xed\xa0\x80\"", syntax},
	{"a raw line feed in a string", "\"user\":\"cormo\nrant\"", syntax},
	{"a raw NUL in a string", "\"user\":\"cormo\x00rant\"", syntax},
	{"an escape that is none", `"user":"\x63ormorant"`, syntax},
	{"not a number", `"seed":NaN`, syntax},
	{"infinity", `"seed":-Infinity`, syntax},
	{"a number with a zero in front", `"seed":01`, syntax},
	{"a number with a plus", `"seed":+1`, syntax},
	{"a number that begins with a point", `"seed":.5`, syntax},
	{"a number in hexadecimal", `"seed":0x10`, syntax},
	{"a word that is none", `"seed":nul`, syntax},
	{"a word in capitals", `"seed":True`, syntax},
	{"a comma too many", `"seed":1,`, syntax},
	{"a name without quotes", `seed:1`, syntax},
	{"single quotes", `'user':'cormorant'`, syntax},
	{"a comment", `"seed":1/* cormorant */`, syntax},
	{"a name without a value", `"user"`, syntax},
	{"a form feed between tokens", "\f\"seed\":1", syntax},
}

// badBodies are whole bodies; «words» stands for the conversation.
var badBodies = []bad{
	{"null", `null`, invalid},
	{"true", `true`, invalid},
	{"a number", `7`, invalid},
	{"a string", `"cormorant"`, invalid},
	{"an array of a body", `[{«words»}]`, invalid},
	{"an empty object", `{}`, invalid},
	{"nothing but white space", " \r\n\t ", "400 empty_body"},
	{"words", `cormorant`, syntax},
	{"a byte order mark", "\ufeff{«words»}", syntax},
	{"UTF-16", "{\x00\"\x00", syntax},
	{"two bodies", `{«words»}{«words»}`, syntax},
	{"a NUL behind the body", "{«words»}\x00", syntax},
	{"a body that does not end", `{«words»`, syntax},
	{"a string that does not end", `{«words»,"user":"cormorant`, syntax},
	{"white space around everything", " \n{\t«words» \r\n } \n", ok200},
	{"1 MB of white space in front", strings.Repeat(" ", 1<<20) + `{«words»}`, ok200},
	{"1 MB of white space behind", `{«words»}` + strings.Repeat("\n", 1<<20), ok200},
	{"1 MB of white space before a comma", `{«words»` + strings.Repeat(" ", 1<<20) + `,"seed":1}`, ok200},
	{"1 MB of white space behind a comma", `{«words»,` + strings.Repeat(" ", 1<<20) + `"seed":1}`, "400 invalid_request"},
}

func TestBadMembersAndBodiesHaveOneOutcomeInEveryShape(t *testing.T) {
	t.Parallel()
	v := newVMs(t)
	for _, q := range requests {
		words := strings.TrimPrefix(q.Words("Which bird is a cormorant?"), `"max_tokens":9,`)
		for _, c := range badMembers {
			t.Run(q.Name+"/"+c.name, func(t *testing.T) {
				v.run(t, c, q.Path, routertest.Bodies(c.body, words)...)
			})
		}
		for _, c := range badBodies {
			t.Run(q.Name+"/"+c.name, func(t *testing.T) {
				v.run(t, c, q.Path, strings.ReplaceAll(c.body, "«words»", words))
			})
		}
	}
}

// vms are the VMs that all cases of a test share, so that what one of them breaks shows in the next.
type vms struct{ flag, pair *router }

func newVMs(t *testing.T) vms { return vms{start(t, defaultPolicy), startPair(t, defaultPolicy)} }

// run sends bodies in one piece, to a pair over HTTP/2 with trailers, and in the smallest pieces. The shapes share what
// reads the huge ones, and those cost time: all but the first shape's are left to the other run.
func (v vms) run(t *testing.T, c bad, path string, bodies ...string) {
	t.Helper()
	needs.Part(t, len(bodies[0]) > huge && path != requests[0].Path)
	for i, body := range bodies {
		whole := post(path, body)
		whole.Chunks = []int{bufferLimit / 2, len(body)}
		c.check(t, v.flag, whole)
		if len(body) > huge && (i > 0 || path != requests[0].Path) {
			continue // the shapes share what reads it, and it costs time
		}
		stream := post(path, body)
		stream.HTTP2, stream.Trailers = true, []hostsim.Field{{Name: "x-checksum", Value: "0"}}
		c.check(t, v.pair, stream)
		small := post(path, body)
		small.Chunks = pieces(len(body))
		c.check(t, v.flag, small)
	}
}

// bufferLimit is what a proxy holds at most, in bytes; no proxy reads more of a body at once.
const bufferLimit = hostsim.DefaultBufferLimit

// huge is the length in bytes from which on a body is cut less finely.
const huge = 16 << 10

// pieces cuts a body into bytes; a huge one into pieces of 101.
func pieces(n int) []int {
	size := 1
	if n > huge {
		size = 101
	}
	sizes := make([]int, 0, n/size+1)
	for ; n > 0; n -= size {
		sizes = append(sizes, size)
	}
	return sizes
}

func (c bad) check(t *testing.T, r *router, q hostsim.Request) {
	t.Helper()
	r.Logs.Reset()
	a := r.Send(t, q)
	if a.Outcome() != c.want {
		t.Errorf("answer %s, want %s: %s", a.Outcome(), c.want, a.Message)
	}
	if a.Upstream != nil {
		if err := strictjson.Valid(a.Upstream.Body); err != nil {
			t.Errorf("the backend got what is not strict JSON: %v", err)
		}
		sameOthers(t, q.Body, a.Upstream.Body)
	}
	said := a.Message + r.Logs.String()
	if strings.Contains(said, canary) {
		t.Errorf("the prompt is repeated: %s", said)
	}
	good := r.Send(t, post("/v1/chat/completions", `{"messages":[{"role":"user","content":"Who are you?"}]}`))
	if good.Status != 200 || good.Record.Decision != "fast_qa_english" {
		t.Fatalf("afterwards a good request is answered with %s, decision %q", good.Outcome(), good.Record.Decision)
	}
}

// edited are the members that the router may change, as docs/policy.md says under reasoning.
var edited = []string{"model", "reasoning_effort", "reasoning", "thinking", "thinking_token_budget", "chat_template_kwargs"}

// sameOthers checks that all other members came through byte by byte.
func sameOthers(t *testing.T, sent, got []byte) {
	t.Helper()
	var before, after map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(sent, &before), json.Unmarshal(got, &after)); err != nil {
		t.Errorf("no JSON object: %v", err)
	}
	for _, name := range edited {
		delete(before, name)
		delete(after, name)
	}
	if !maps.EqualFunc(before, after, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
		t.Errorf("the backend got other members than the client sent: %.500s", got)
	}
}
