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
		{"a bad body to OpenAI names the member", Error{400, "invalid_json", `bad "x"`, "messages"}, prompt.Chat,
			`{"error":{"message":"bad \"x\"","type":"invalid_request_error","param":"messages","code":"invalid_json"}}`},
		{"a policy's denial to OpenAI is a permission error", Error{403, "model_not_allowed", "m", ""}, prompt.Responses,
			`{"error":{"message":"m","type":"permission_error","param":null,"code":"model_not_allowed"}}`},
		{"a fault of the plugin is a server error", Error{503, "c", "m", ""}, prompt.Completions,
			`{"error":{"message":"m","type":"server_error","param":null,"code":"c"}}`},
		{"Anthropic's error stands in an envelope", Error{403, "c", "m", ""}, prompt.Messages,
			`{"type":"error","error":{"type":"permission_error","message":"m","code":"c"}}`},
		{"Anthropic has a type for what is not found", Error{404, "c", "m", ""}, prompt.Messages,
			`{"type":"error","error":{"type":"not_found_error","message":"m","code":"c"}}`},
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
