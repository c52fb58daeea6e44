package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/mom-router/mom-router/internal/standin"
)

// unread are members that carry input which is not text in the body: the router refuses them unless its policy says
// otherwise.
var unread = []string{`"file_data":`, `"previous_response_id":`}

// refused answers what the router would refuse: a model that it does not know, and input that it cannot read. The calls
// expect it, and here is no router.
func refused(w http.ResponseWriter, body []byte) bool {
	var asked struct {
		Model  string          `json:"model"`
		Prompt json.RawMessage `json:"prompt"`
	}
	json.Unmarshal(body, &asked) // what is no JSON asks for nothing: the stand-in says so
	var tokens []int
	isUnread := func(member string) bool { return bytes.Contains(body, []byte(member)) }
	switch {
	case slices.ContainsFunc(unread, isUnread), json.Unmarshal(asked.Prompt, &tokens) == nil && len(tokens) > 0:
		standin.Refuse(w, http.StatusBadRequest, "the input is not in the body as text")
	case asked.Model == "no-such-model":
		standin.Refuse(w, http.StatusNotFound, "no such model")
	default:
		return false
	}
	return true
}
