package redteam

import (
	"fmt"
	"strings"

	"github.com/mom-router/mom-router/internal/quote"
)

// BadInputs are the rows of SECURITY.md's table of bad inputs: a request for each kind.
func BadInputs() map[string]Request {
	const talk = `"messages":[{"role":"user","content":"Where is the cormorant?"}]`
	body := func(s string) Request { return post(strings.ReplaceAll(s, "«talk»", talk)) }
	plain := say("auto", "Where is the cormorant?")
	path := func(p string) Request { r := plain; r.Path = p; return r }
	long := quote.JSON(prose(600 << 10))
	item := func(s string) Request {
		return Request{Path: "/v1/responses", Headers: jsonType, Body: []byte(`{"model":"qwen3-235b","input":[{"role":"user","content":"Where is the cormorant?"},` + s + `]}`)}
	}
	return map[string]Request{
		"no body":                                            {Headers: jsonType},
		"white space alone":                                  body("  \n"),
		"not JSON":                                           body("Where is the cormorant?"),
		"JSON with a comment":                                body(`{/**/«talk»}`),
		"a comma too many":                                   body(`{«talk»,}`),
		"NaN or Infinity":                                    body(`{"seed":NaN,«talk»}`),
		"a raw control character":                            body("{\"user\":\"a\nb\",«talk»}"),
		"a byte order mark":                                  body("\ufeff{«talk»}"),
		"UTF-16":                                             body("{\x00\"\x00"),
		"bytes that are no UTF-8":                            body("{\"user\":\"\xff\",«talk»}"),
		"half a surrogate pair":                              body(`{"user":"\ud800",«talk»}`),
		"a body cut short":                                   body(`{«talk»`),
		"something behind the body":                          body(`{«talk»}{}`),
		"a member twice":                                     body(`{"model":"auto","model":"qwen3-235b",«talk»}`),
		"a member twice, once with escapes":                  body(`{"model":"auto","mod\u0065l":"qwen3-235b",«talk»}`),
		"a known name in another case":                       body(`{"Model":"qwen3-235b",«talk»}`),
		"more than 128 levels":                               body(`{"metadata":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `,«talk»}`),
		"more than 65,536 members in an object":              body(`{"metadata":` + numbered(65_537, "k") + `,«talk»}`),
		"a member's name of more than 4 KB":                  body(`{"` + strings.Repeat("n", 5000) + `":1,«talk»}`),
		"a number of more than 1 KB":                         body(`{"seed":` + strings.Repeat("1", 2000) + `,«talk»}`),
		"an array or a word as the body":                     body(`[{«talk»}]`),
		"no conversation":                                    body(`{"model":"auto"}`),
		"a conversation of another type":                     body(`{"messages":"cormorant"}`),
		"a model that is no string":                          body(`{"model":7,«talk»}`),
		"a model name of more than 256 bytes":                body(`{"model":"` + strings.Repeat("m", 300) + `",«talk»}`),
		"an unknown model":                                   body(`{"model":"gpt-9",«talk»}`),
		"more than any model takes":                          body(`{"model":"auto","max_tokens":400000,«talk»}`),
		"a named model that a guard excludes":                say("qwen3-235b", attacks[0]),
		"an unknown role":                                    body(`{"messages":[{"role":"root","content":"cormorant"}]}`),
		"an unknown kind of part":                            body(`{"messages":[{"role":"user","content":[{"type":"x"}]}]}`),
		"a part without a type":                              body(`{"messages":[{"role":"user","content":[{"text":"Where is the cormorant?"}]}]}`),
		"an unknown kind of item with text in odd places":    item(`{"type":"surprise","a":[[{"cormorant":"Where is it?"}]],"b":12345}`),
		"an attack in odd places of an unknown kind of item": item(`{"type":"surprise","a":[[{"b":` + quote.JSON(attacks[0]) + `}]]}`),
		"a type of more than 256 bytes":                      body(`{"messages":[{"role":"user","content":[{"type":"` + strings.Repeat("t", 300) + `"}]}]}`),
		"stored text deep inside an unknown kind of item":    item(`{"type":"surprise","a":[[{"previous_response_id":"x"}]]}`),
		"another model deep inside a part whose unknown type comes last": body(`{"messages":[{"role":"user","content":[{"a":{"b":[{"model":"x"}]},"type":"surprise"}]}]}`),
		"a file in a part without a type":                                body(`{"messages":[{"role":"user","content":[{"file":{"file_data":"AAAA"}}]}]}`),
		"reasoning behind the hold window":                               {Path: "/v1/responses", Headers: jsonType, Body: []byte(`{"input":` + long + `,"reasoning":{"effort":"high","summary":"auto"}}`)},
		"a form with files":                                              plain.only([2]string{"content-type", "multipart/form-data; boundary=x"}),
		"a count of tokens that a guard denies":                          {Path: "/v1/messages/count_tokens", Headers: jsonType, Body: []byte(`{"model":"qwen3-235b","messages":[{"role":"user","content":` + quote.JSON(attacks[0]) + `}]}`)},
		"token ids, embeddings, templates":                               body(`{"prompt_token_ids":[1],«talk»}`),
		"stored text":                                                    body(`{"previous_response_id":"x",«talk»}`),
		"a file by reference":                                            body(`{"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"x"}}]}]}`),
		"a cache filled elsewhere":                                       body(`{"vllm_xargs":{"ec_transfer_params":"x"},«talk»}`),
		"another engine or an adapter":                                   body(`{"lora_path":"x",«talk»}`),
		"tools that the engine fetches":                                  body(`{"tools":[{"type":"mcp","server_url":"http://x"}],«talk»}`),
		"variables of the chat template":                                 body(`{"chat_template_kwargs":{"model_identity":"x"},«talk»}`),
		"stored text inside a tool of a new type":                        body(`{"tools":[{"type":"new","a":[{"vector_store_ids":["x"]}]}],«talk»}`),
		"encrypted reasoning":                                            {Path: "/v1/responses", Headers: jsonType, Body: []byte(`{"input":[{"type":"reasoning","encrypted_content":"gAAA"},{"role":"user","content":"cormorant"}]}`)},
		"models to fall back to":                                         body(`{"fallbacks":[{"model":"x"}],«talk»}`),
		"another model behind the hold window":                           post(`{"messages":[{"role":"user","content":` + long + `}],"model":"qwen3-235b"}`),
		"more disguise than the budgets have read":                       say("qwen3-235b", "cormorant "+strings.Repeat("q z x k j w v ", 150_000)),
		"an attack behind the hold window":                               say("qwen3-235b", prose(600<<10)+attacks[0]),
		"a mistake behind the hold window":                               post(`{"messages":[{"role":"user","content":` + long + `}],}`),
		"a compressed body":                                              plain.with([2]string{"content-encoding", "gzip"}),
		"another content type":                                           plain.only([2]string{"content-type", "text/plain"}),
		"another charset":                                                plain.only([2]string{"content-type", "application/json; charset=utf-16"}),
		"UTF-8 by its other name":                                        plain.only([2]string{"content-type", "application/json; charset=utf8"}),
		"a body cut short by trailers":                                   {Headers: jsonType, Body: []byte(`{` + talk), Trailers: [][2]string{{"x-checksum", "0"}}},
		"another spelling of a model path":                               path("/v1//chat/completions"),
		"an encoded model path":                                          path("/v1/chat%2Fcompletions"),
		"another path":                                                   path("/v1/embeddings"),
		"another method":                                                 {Method: "GET", Path: "/v1/chat/completions"},
		"routing headers of the client":                                  plain.with([2]string{"x-mom-cluster", costly}),
		"routing headers with underscores":                               plain.with([2]string{"x_mom_cluster", costly}),
		"a very long path":                                               path("/" + strings.Repeat("x", 4000)),
	}
}

// Row is a row of SECURITY.md's table of bad inputs.
type Row struct{ Input, Outcome string }

const badInputs = "## Bad inputs"

// ReadBadInputs reads that table from the text of SECURITY.md. An outcome is a status and, for the router's own errors, a
// code; the backticks around it are taken off.
func ReadBadInputs(markdown string) ([]Row, error) {
	_, rest, found := strings.Cut(markdown, badInputs+"\n")
	if !found {
		return nil, fmt.Errorf("SECURITY.md has no section %q", badInputs)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	var rows []Row
	for _, line := range strings.Split(rest, "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if !strings.HasPrefix(line, "|") || len(cells) < 2 {
			continue
		}
		input, outcome := strings.TrimSpace(cells[0]), strings.ReplaceAll(strings.TrimSpace(cells[1]), "`", "")
		if input == "input" || strings.HasPrefix(input, "---") {
			continue
		}
		rows = append(rows, Row{input, outcome})
	}
	return rows, nil
}

// Verdict compares the outcome of a request with a row.
func (r Row) Verdict(o *Outcome) error {
	got := strings.TrimSpace(fmt.Sprint(o.Status, " ", o.Code))
	if got != r.Outcome {
		return fmt.Errorf("%s, SECURITY.md says %s", got, r.Outcome)
	}
	if o.Status != 200 && o.Cluster != "" {
		return fmt.Errorf("%s, and yet %s got it whole", got, o.Cluster)
	}
	return nil
}
