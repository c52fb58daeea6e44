// Package standin answers model calls in the place of an inference engine, well enough that the official SDKs of OpenAI
// and Anthropic are content: chat completions, completions, responses, messages and the list of models, as JSON and as
// streams of events. What it answers names the model that was asked for, and nothing else: it infers nothing.
package standin

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/mom-router/mom-router/internal/quote"
)

// routedModel is the model that an answer names when the request asks for "auto" or for none. The stand-in routes
// nothing, but a client must see that the answer's model is not "auto".
const routedModel = "stand-in"

// Serves reports whether Answer knows the request's method and path.
func Serves(r *http.Request) bool {
	_, ok := shapes[r.Method+" "+r.URL.Path]
	return ok
}

// Answer replies in the shape of the API that the path belongs to, as JSON or, if the body asks for it, as a stream of
// events, each sent as soon as it is written. The body is the request's, read whole; one that is no JSON object is
// answered with 400, a path that Serves does not know with 404.
func Answer(w http.ResponseWriter, r *http.Request, body []byte) {
	var asked struct {
		Model  string `json:"model"`
		Stream bool   `json:"stream"`
	}
	if len(body) > 0 && json.Unmarshal(body, &asked) != nil {
		Refuse(w, http.StatusBadRequest, "the body is not the JSON object of a request")
		return
	}
	if asked.Model == "auto" || asked.Model == "" {
		asked.Model = routedModel
	}
	shape, ok := shapes[r.Method+" "+r.URL.Path]
	switch {
	case !ok:
		Refuse(w, http.StatusNotFound, "no such path")
	case asked.Stream:
		w.Header().Set("content-type", "text/event-stream")
		stream(w, fill(shape.events, asked.Model))
	default:
		w.Header().Set("content-type", "application/json")
		io.WriteString(w, fill(shape.object, asked.Model))
	}
}

// stream sends events one by one.
func stream(w http.ResponseWriter, events string) {
	out := http.NewResponseController(w)
	for _, event := range strings.SplitAfter(events, "\n\n") {
		io.WriteString(w, event)
		out.Flush()
	}
}

// Refuse sends an error that both APIs' clients understand.
func Refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("content-type", "application/json")
	w.WriteHeader(status)
	io.WriteString(w, `{"type":"error","error":{"type":"invalid_request_error","message":`+quote.JSON(message)+
		`,"param":null,"code":"refused"}}`)
}

// fill puts the model into an answer, and a text that names it.
func fill(s, model string) string {
	text := quote.JSON("I am " + model + ".")
	model = quote.JSON(model)
	return strings.NewReplacer("MODEL", model[1:len(model)-1], "TEXT", text[1:len(text)-1]).Replace(s)
}

// The answers: MODEL stands for the model, TEXT for the text.

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
	"POST /v1/responses/compact":      {object: `{"id":"resp_1","object":"response.compaction","created_at":0,"output":[{"type":"compaction","encrypted_content":"gAAA"}]}`},
	"POST /v1/responses/input_tokens": {object: `{"object":"response.input_tokens","input_tokens":7}`},
	"POST /v1/messages/count_tokens":  {object: `{"input_tokens":7}`},
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
