package main

import (
	"github.com/mom-router/mom-router/hostsim"
	"github.com/mom-router/mom-router/internal/requests"
)

const chatPath = "/v1/chat/completions"

// parseRequest reads one request, as package requests says. What is no more than a body, valid JSON or not, is that of a chat completion.
func parseRequest(line []byte) (hostsim.Request, error) { return sent(requests.Parse(line)) }

// sent makes of a request what a client sends.
func sent(q requests.Request, err error) (hostsim.Request, error) {
	r := hostsim.Request{Method: q.Method, Path: q.Path, Headers: fields(q.Headers), Trailers: fields(q.Trailers), Body: q.Body, Chunks: q.Chunks, HTTP2: q.HTTP2, Metadata: q.Metadata}
	if r.Path == "" {
		r.Path = chatPath
	}
	if !q.Headed {
		r = withType(r)
	}
	return r, err
}

func fields(headers []requests.Header) (out []hostsim.Field) {
	for _, h := range headers {
		out = append(out, hostsim.Field{Name: h.Name, Value: h.Value})
	}
	return out
}

func withType(r hostsim.Request) hostsim.Request {
	if len(r.Body) > 0 {
		r.Headers = append(r.Headers, hostsim.Field{Name: "content-type", Value: "application/json"})
	}
	return r
}

// promptRequest is a chat completion of one user message.
func promptRequest(prompt, model string) hostsim.Request {
	if model == "" {
		model = "auto"
	}
	return withType(hostsim.Request{Method: "POST", Path: chatPath, Body: requests.Prompt(prompt, model)})
}
