package reply

import (
	"encoding/json"
	"testing"

	"github.com/mom-router/mom-router/rules/prompt"
)

func TestErrorBodyHasTheShapeOfItsAPI(t *testing.T) {
	for _, c := range []struct {
		name  string
		e     Error
		shape prompt.Shape
		want  string
	}{
		{"a bad body to OpenAI names the member", Error{Status: 400, Code: "invalid_json", Message: `bad "x"`, Param: "messages"}, prompt.Chat,
			`{"error":{"message":"bad \"x\"","type":"invalid_request_error","param":"messages","code":"invalid_json"}}`},
		{"a policy's denial to OpenAI is a permission error", Error{Status: 403, Code: "model_not_allowed", Message: "m"}, prompt.Responses,
			`{"error":{"message":"m","type":"permission_error","param":null,"code":"model_not_allowed"}}`},
		{"a fault of the plugin is a server error", Error{Status: 503, Code: "c", Message: "m"}, prompt.Completions,
			`{"error":{"message":"m","type":"server_error","param":null,"code":"c"}}`},
		{"Anthropic's error stands in an envelope", Error{Status: 403, Code: "c", Message: "m"}, prompt.Messages,
			`{"type":"error","error":{"type":"permission_error","message":"m","code":"c"}}`},
		{"Anthropic has a type for what is not found", Error{Status: 404, Code: "c", Message: "m"}, prompt.Messages,
			`{"type":"error","error":{"type":"not_found_error","message":"m","code":"c"}}`},
		{"a budget that is spent is a limit of OpenAI's", Error{Status: 429, Code: "c", Message: "m", RetryAfter: 9}, prompt.Chat,
			`{"error":{"message":"m","type":"rate_limit_error","param":null,"code":"c"}}`},
		{"and of Anthropic's", Error{Status: 429, Code: "c", Message: "m"}, prompt.Messages,
			`{"type":"error","error":{"type":"rate_limit_error","message":"m","code":"c"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(c.e.Body(c.shape)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestModelsListsTheNamesInOrder(t *testing.T) {
	var got struct {
		Object string
		Data   []struct{ ID, Object string }
	}
	if err := json.Unmarshal(Models([]string{"auto", `x"y`}), &got); err != nil {
		t.Fatal(err)
	}
	if got.Object != "list" || len(got.Data) != 2 || got.Data[0].ID != "auto" || got.Data[1].ID != `x"y` || got.Data[1].Object != "model" {
		t.Errorf("got %+v", got)
	}
}
