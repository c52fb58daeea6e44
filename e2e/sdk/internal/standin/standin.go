// Package standin answers model calls in the place of an inference engine, well enough that the official SDKs of OpenAI
// and Anthropic are content: chat completions, completions, responses, messages and the list of models, as JSON and as
// streams of events.
package standin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// routedModel is the model that an answer names when "auto" was asked for; else it is the one that was asked for. The
// stand-in routes nothing, but a client must see that the answer's model is not "auto".
const routedModel = "stand-in"

const text = "A short answer."

// unread are members that carry input which is not text in the body: the router refuses them unless its policy says
// otherwise.
var unread = []string{`"file_data":`, `"previous_response_id":`}

// Answer replies in the shape of the API that the path belongs to, as JSON or, if the body asks for it, as a stream of
// events. The body is the request's, read whole. As the router does, it refuses a model that it does not know and input that cannot be read here.
func Answer(w http.ResponseWriter, r *http.Request, body []byte) {
	var asked struct {
		Model  string          `json:"model"`
		Stream bool            `json:"stream"`
		Prompt json.RawMessage `json:"prompt"`
	}
	if len(body) > 0 && json.Unmarshal(body, &asked) != nil {
		refuse(w, r, http.StatusBadRequest, "the body is not the JSON object of a request")
		return
	}
	var tokens []int
	isUnread := func(member string) bool { return bytes.Contains(body, []byte(member)) }
	if slices.ContainsFunc(unread, isUnread) || json.Unmarshal(asked.Prompt, &tokens) == nil && len(tokens) > 0 {
		refuse(w, r, http.StatusBadRequest, "the input is not in the body as text")
		return
	}
	if asked.Model == "no-such-model" {
		refuse(w, r, http.StatusNotFound, "no such model")
		return
	}
	if asked.Model == "auto" || asked.Model == "" {
		asked.Model = routedModel
	}
	shape, ok := shapes[r.Method+" "+r.URL.Path]
	switch {
	case !ok:
		refuse(w, r, http.StatusNotFound, "no such path")
	case asked.Stream:
		w.Header().Set("content-type", "text/event-stream")
		io.WriteString(w, fill(shape.events, asked.Model))
	default:
		w.Header().Set("content-type", "application/json")
		io.WriteString(w, fill(shape.object, asked.Model))
	}
}

// refuse sends an error that both APIs' clients understand.
func refuse(w http.ResponseWriter, r *http.Request, status int, message string) {
	w.Header().Set("content-type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"error","error":{"type":"invalid_request_error","message":%q,"param":null,"code":"refused"}}`,
		message)
}

// fill puts the model and the text into an answer.
func fill(s, model string) string {
	return strings.NewReplacer("MODEL", model, "TEXT", text).Replace(s)
}

// shape is how an API answers: as one object, and as a stream of events.
type shape struct{ object, events string }

var shapes = map[string]shape{
	"GET /v1/models": {object: `{"object":"list","data":[{"id":"MODEL","object":"model","type":"model",` +
		`"display_name":"MODEL","created":0,"created_at":"2026-01-01T00:00:00Z","owned_by":"record"}],` +
		`"has_more":false,"first_id":"MODEL","last_id":"MODEL"}`},
	"POST /v1/chat/completions": {
		object: `{"id":"chatcmpl-1","object":"chat.completion","created":0,"model":"MODEL","choices":[{"index":0,` +
			`"message":{"role":"assistant","content":"TEXT","refusal":null},"logprobs":null,"finish_reason":"stop"}],` + usage,
		events: data(
			`{"id":"chatcmpl-1","object":"chat.completion.chunk","created":0,"model":"MODEL","choices":[{"index":0,`+
				`"delta":{"role":"assistant","content":"TEXT"},"finish_reason":null}]}`,
			`{"id":"chatcmpl-1","object":"chat.completion.chunk","created":0,"model":"MODEL","choices":[{"index":0,`+
				`"delta":{},"finish_reason":"stop"}]}`,
			`[DONE]`),
	},
	"POST /v1/completions": {
		object: `{"id":"cmpl-1","object":"text_completion","created":0,"model":"MODEL","choices":[{"index":0,` +
			`"text":"TEXT","logprobs":null,"finish_reason":"stop"}],` + usage,
		events: data(
			`{"id":"cmpl-1","object":"text_completion","created":0,"model":"MODEL","choices":[{"index":0,`+
				`"text":"TEXT","logprobs":null,"finish_reason":"stop"}]}`,
			`[DONE]`),
	},
	"POST /v1/responses": {
		object: response("completed", item("completed", part("TEXT"))),
		events: events(
			`{"type":"response.created","sequence_number":0,"response":`+response("in_progress", "")+`}`,
			`{"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":`+item("in_progress", "")+`}`,
			`{"type":"response.content_part.added","sequence_number":2,`+place+`,"part":`+part("")+`}`,
			`{"type":"response.output_text.delta","sequence_number":3,`+place+`,"delta":"TEXT","logprobs":[]}`,
			`{"type":"response.output_text.done","sequence_number":4,`+place+`,"text":"TEXT","logprobs":[]}`,
			`{"type":"response.content_part.done","sequence_number":5,`+place+`,"part":`+part("TEXT")+`}`,
			`{"type":"response.output_item.done","sequence_number":6,"output_index":0,"item":`+
				item("completed", part("TEXT"))+`}`,
			`{"type":"response.completed","sequence_number":7,"response":`+
				response("completed", item("completed", part("TEXT")))+`}`),
	},
	"POST /v1/messages": {
		object: message(`[{"type":"text","text":"TEXT"}]`, `"end_turn"`),
		events: events(
			`{"type":"message_start","message":`+message(`[]`, `null`)+`}`,
			`{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}`,
			`{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"TEXT"}}`,
			`{"type":"content_block_stop","index":0}`,
			`{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}}`,
			`{"type":"message_stop"}`),
	},
}

const (
	usage = `"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}`
	place = `"item_id":"msg_1","output_index":0,"content_index":0`
)

func part(text string) string {
	return `{"type":"output_text","text":"` + text + `","annotations":[],"logprobs":[]}`
}

func item(status, content string) string {
	return `{"id":"msg_1","type":"message","status":"` + status + `","role":"assistant","content":[` + content + `]}`
}

func response(status, output string) string {
	return `{"id":"resp_1","object":"response","created_at":0,"status":"` + status + `","error":null,` +
		`"incomplete_details":null,"instructions":null,"metadata":{},"model":"MODEL","output":[` + output + `],` +
		`"parallel_tool_calls":true,"temperature":1,"tool_choice":"auto","tools":[],"top_p":1}`
}

func message(content, stop string) string {
	return `{"id":"msg_1","type":"message","role":"assistant","model":"MODEL","content":` + content +
		`,"stop_reason":` + stop + `,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}`
}

// data writes server-sent events that have only data, as OpenAI's older APIs do.
func data(objects ...string) string {
	var b strings.Builder
	for _, o := range objects {
		b.WriteString("data: " + o + "\n\n")
	}
	return b.String()
}

// events writes server-sent events that are named by the type which their object begins with.
func events(objects ...string) string {
	var b strings.Builder
	for _, o := range objects {
		name, _, _ := strings.Cut(strings.TrimPrefix(o, `{"type":"`), `"`)
		b.WriteString("event: " + name + "\ndata: " + o + "\n\n")
	}
	return b.String()
}
