// Package reply writes the answers that the router gives itself, each in the
// shape of the API that was called.
package reply

import (
	"github.com/mom-router/mom-router/plugin/internal/audit"
	"github.com/mom-router/mom-router/rules/prompt"
)

// Error is one refusal, whatever the API.
type Error struct {
	Status  int
	Code    string // stable; docs/http-api.md lists them
	Message string
	Param   string // the body's member at fault, or ""
	// RetryAfter is after how many seconds it may be tried again; 0 says nothing of it.
	RetryAfter int64
}

// longest bounds each text of an answer in bytes.
const longest = 1000

// Body returns the error in the shape of the API: OpenAI's for all but
// Anthropic's messages. The shape of a request that never got as far as a model
// path is Chat.
//
// OpenAI: https://platform.openai.com/docs/guides/error-codes
// Anthropic: https://docs.anthropic.com/en/api/errors
func (e *Error) Body(shape prompt.Shape) []byte {
	if shape == prompt.Messages {
		dst := append([]byte(nil), `{"type":"error","error":{"type":`...)
		dst = audit.AppendString(dst, anthropicType(e.Status), longest)
		dst = append(dst, `,"message":`...)
		dst = audit.AppendString(dst, e.Message, longest)
		dst = append(dst, `,"code":`...)
		dst = audit.AppendString(dst, e.Code, longest)
		return append(dst, "}}"...)
	}
	dst := append([]byte(nil), `{"error":{"message":`...)
	dst = audit.AppendString(dst, e.Message, longest)
	dst = append(dst, `,"type":`...)
	dst = audit.AppendString(dst, openAIType(e.Status), longest)
	dst = append(dst, `,"param":`...)
	if e.Param == "" {
		dst = append(dst, "null"...)
	} else {
		dst = audit.AppendString(dst, e.Param, longest)
	}
	dst = append(dst, `,"code":`...)
	dst = audit.AppendString(dst, e.Code, longest)
	return append(dst, "}}"...)
}

func openAIType(status int) string {
	switch {
	case status == 403:
		return "permission_error"
	case status == 429:
		return "rate_limit_error"
	case status >= 500:
		return "server_error"
	}
	return "invalid_request_error"
}

func anthropicType(status int) string {
	switch status {
	case 403:
		return "permission_error"
	case 404:
		return "not_found_error"
	case 413:
		return "request_too_large"
	case 429:
		return "rate_limit_error"
	}
	if status >= 500 {
		return "api_error"
	}
	return "invalid_request_error"
}
