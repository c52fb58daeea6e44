package examples

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/internal/quote"
	"github.com/mom-router/mom-router/internal/routertest"
)

var levels = []string{"none", "low", "medium", "high"}

// defaultModels are the models of the default policy, as it describes them.
func defaultModels(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	data, err := os.ReadFile("../rules/default.json")
	if err != nil {
		t.Fatal(err)
	}
	var policy struct{ Models map[string]json.RawMessage }
	if err := json.Unmarshal(data, &policy); err != nil {
		t.Fatal(err)
	}
	return policy.Models
}

// everyLevel is the default policy's models under a route for each of them at each level, which a phrase leads to.
func everyLevel(t *testing.T) (configuration string, models []string) {
	t.Helper()
	described := defaultModels(t)
	keywords := map[string]any{}
	var routes []any
	for model := range described {
		models = append(models, model)
		for _, level := range levels {
			name := strings.NewReplacer("-", "_", ".", "_").Replace(model + "_" + level)
			keywords[name] = map[string]any{"words": []string{phrase(model, level)}}
			routes = append(routes, map[string]any{"name": name, "when": "keyword." + name, "use": map[string]any{"model": model, "reasoning": level}})
		}
	}
	b, err := json.Marshal(map[string]any{"version": "1", "models": described, "signals": map[string]any{"keyword": keywords},
		"routes": routes, "default": map[string]any{"model": models[0]}})
	if err != nil {
		t.Fatal(err)
	}
	return `"policy":` + string(b), models
}

// phrase leads to a model's route at a level. Each is one word, so that none holds another.
func phrase(model, level string) string {
	return "lead" + strings.NewReplacer("-", "", ".", "").Replace(model) + level
}

func TestReasoningLevelsBecomeTheMembersThatThePageOnPoliciesSays(t *testing.T) {
	configuration, models := everyLevel(t)
	r := start(t, configuration)
	missing := map[string]bool{}
	for _, m := range models {
		for _, l := range levels {
			missing[m+" "+l] = true
		}
	}
	for _, row := range table(t, "### Reasoning and the client", "model", "level", "chat completions", "responses", "messages", "completions") {
		for _, model := range strings.Split(row["model"], ", ") {
			for _, level := range strings.Split(row["level"], ", ") {
				if !missing[model+" "+level] {
					t.Fatalf("docs/policy.md has %s at the level %s twice, or the policy does not have it", model, level)
				}
				delete(missing, model+" "+level)
				for _, q := range requests {
					t.Run(model+" at "+level+" in "+q.Name, func(t *testing.T) {
						a := r.Send(t, post(q.Path, `{"model":"auto",`+q.Words("Please: "+phrase(model, level))+`}`))
						recorded := level
						if row[q.Name] == "–" {
							recorded = ""
						}
						if a.Record.Model != model || a.Record.Reasoning != recorded {
							t.Fatalf("routed to %s, and the record has the level %q, want %q", a.Record.Model, a.Record.Reasoning, recorded)
						}
						sameMembers(t, a, object(t, row[q.Name]))
					})
				}
			}
		}
	}
	for what := range missing {
		t.Errorf("docs/policy.md does not say what becomes of %s", what)
	}
}

func TestTheClientsReasoningMembersAreTreatedAsThePageOnPoliciesSays(t *testing.T) {
	r := start(t, defaultPolicy)
	const named = "sent on when `gpt-oss-20b` is named"
	for _, row := range table(t, "### Reasoning and the client", "request", "the client's members", "sent on when routed", named) {
		t.Run(row["request"]+" "+row["the client's members"], func(t *testing.T) {
			var q routertest.Shape
			for _, known := range requests {
				if known.Name == row["request"] {
					q = known
				}
			}
			if q.Path == "" {
				t.Fatalf("docs/policy.md has the request %q", row["request"])
			}
			client := object(t, row["the client's members"])
			own := strings.TrimSuffix(strings.TrimPrefix(strings.Join(codes(row["the client's members"]), ""), "{"), "}")
			asSent := object(t, row[named])
			if row[named] == "as sent" {
				asSent = client
			}
			for _, body := range routertest.Bodies(own, q.Words(prompts["harmless"])) {
				a := r.Send(t, post(q.Path, `{"model":"auto",`+body[1:]))
				if a.Record.Decision != "fast_qa_english" || a.Record.Model != "gpt-oss-20b" {
					t.Fatalf("the decision is %+v", a.Record)
				}
				sameMembers(t, a, object(t, row["sent on when routed"]))
				a = r.Send(t, post(q.Path, `{"model":"gpt-oss-20b",`+body[1:]))
				if a.Record.Decision != "named" {
					t.Fatalf("the decision is %+v", a.Record)
				}
				sameMembers(t, a, asSent)
			}
		})
	}
}

func TestWhoseLevelCountsAsThePageOnPoliciesSays(t *testing.T) {
	described := defaultModels(t)
	for _, row := range table(t, "### Reasoning and the client", "whose", "the route's level", "the client's members", "`reasoning_asked`", "`reasoning`", "sent on") {
		t.Run(row["whose"]+" "+row["the route's level"]+" "+row["the client's members"], func(t *testing.T) {
			use := map[string]any{"model": "gpt-oss-20b"}
			if level := row["the route's level"]; level != "–" {
				use["reasoning"] = level
			}
			b, err := json.Marshal(map[string]any{"version": "1", "models": described, "default": use, "reasoning": row["whose"]})
			if err != nil {
				t.Fatal(err)
			}
			a := start(t, `"policy":`+string(b)).Send(t, post("/v1/chat/completions", `{`+own(row["the client's members"])+requests[0].Words(prompts["harmless"])+`}`))
			if dash(a.Record.ReasoningAsked) != row["`reasoning_asked`"] || dash(a.Record.Reasoning) != row["`reasoning`"] {
				t.Errorf("asked %q, used %q", a.Record.ReasoningAsked, a.Record.Reasoning)
			}
			sameMembers(t, a, object(t, row["sent on"]))
		})
	}
}

// The words, budgets and switches of docs/policy.md are read as the level that it says.
func TestClientsAskForLevelsAsThePageOnPoliciesSays(t *testing.T) {
	r := start(t, defaultPolicy)
	for _, row := range table(t, "### Reasoning and the client", "level", "words", "budget in tokens", "switches") {
		var bodies []string
		for _, word := range codes(row["words"]) {
			bodies = append(bodies, `"reasoning_effort":`+quote.JSON(word))
		}
		for _, budget := range codes(row["budget in tokens"]) {
			bodies = append(bodies, `"thinking":{"type":"enabled","budget_tokens":`+budget+`}`)
		}
		switch values := codes(row["switches"]); len(values) {
		case 1:
			bodies = append(bodies, `"chat_template_kwargs":{"enable_thinking":`+values[0]+`}`)
		case 2:
			bodies = append(bodies, `"chat_template_kwargs":{`+quote.JSON(values[1])+`:`+values[0]+`}`)
		}
		for _, body := range bodies {
			a := r.Send(t, post("/v1/chat/completions", `{`+body+`,`+requests[0].Words(prompts["harmless"])+`}`))
			if a.Record.ReasoningAsked != row["level"] {
				t.Errorf("%s asks for %q, docs/policy.md says %s", body, a.Record.ReasoningAsked, row["level"])
			}
		}
	}
}

// own are the members of a cell, each with a comma behind it.
func own(cell string) string {
	if cell == "–" {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(plain(cell), "{"), "}") + ","
}

// object reads a cell that is an object in back quotes, or a dash for an empty one.
func object(t *testing.T, cell string) map[string]any {
	t.Helper()
	m := map[string]any{}
	if cell == "–" || cell == "as sent" {
		return m
	}
	values := codes(cell)
	if len(values) != 1 || json.Unmarshal([]byte(values[0]), &m) != nil {
		t.Fatalf("docs/policy.md has %q: want an object in back quotes, or –", cell)
	}
	return m
}

// conversation are the members that a request has whatever the client wishes.
var conversation = []string{"model", "messages", "input", "prompt", "max_tokens"}

// sameMembers compares what the backend got, but for the conversation.
func sameMembers(t *testing.T, a answer, want map[string]any) {
	t.Helper()
	if a.Upstream == nil {
		t.Fatalf("no backend got anything: %s %s", a.Outcome(), a.Message)
	}
	got := map[string]any{}
	if err := json.Unmarshal(a.Upstream.Body, &got); err != nil {
		t.Fatalf("the backend got no JSON object: %v: %s", err, a.Upstream.Body)
	}
	maps.DeleteFunc(got, func(name string, _ any) bool {
		for _, c := range conversation {
			if c == name {
				return true
			}
		}
		return false
	})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the backend got %v, docs/policy.md says %v: %s", got, want, a.Upstream.Body)
	}
}
