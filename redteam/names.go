package redteam

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mom-router/mom-router/internal/quote"
)

// names asks for models by name.
func names() []Class {
	concrete := Class{Name: "names: a concrete model with an attack", Gain: "naming a model skips every guard"}
	for _, model := range []string{"qwen3-235b", "Qwen/Qwen3-235B", "deepseek-v3.2", "DeepSeek-V3.2", "kimi-k2-thinking", "glm-4.7", "gpt-oss-120b"} {
		for i, text := range attacks[:3] {
			concrete.Attacks = append(concrete.Attacks, Attack{fmt.Sprint(model, ", attack ", i+1), say(model, text), caught})
		}
	}
	odd := Class{Name: "names: spellings of a model", Gain: "the router takes a name for unknown and the engine does not"}
	for _, model := range []string{"QWEN3-235B", " qwen3-235b", "qwen3-235b ", "qwen3‑235b", "qwen3-235b\x00", "Qwen/Qwen3-235B/", "./Qwen/Qwen3-235B", "ｑｗｅｎ3-235b", "auto,qwen3-235b", "*", "qwen3-235b\n", "default", ""} {
		odd.Attacks = append(odd.Attacks, Attack{fmt.Sprintf("%q", model), say(model, "Where is the cormorant?"), refused(404, "model_not_found")})
	}
	late := Class{Name: "names: a model behind the hold window", Gain: "the engine serves another model than the one that was checked"}
	for _, model := range []string{"qwen3-235b", "DeepSeek-V3.2", "gpt-9"} {
		body := `{"messages":[{"role":"user","content":` + quote.JSON("Who are you? "+prose(600<<10)) + `}],"model":` + quote.JSON(model) + `}`
		late.Attacks = append(late.Attacks, Attack{model, post(body), refused(400, "late_model")})
	}
	late.Attacks = append(late.Attacks, Attack{"auto", post(`{"messages":[{"role":"user","content":` + quote.JSON(prose(600<<10)) + `}],"model":"auto"}`), whatever})
	return []Class{concrete, odd, late}
}

// traces tries to forge, hide or break what is written down about a request.
func traces() []Class {
	const gain = "a record is forged, or the log cannot be read any more"
	keeps := func(want func(*Outcome) error) func(*Outcome) error {
		return func(o *Outcome) error {
			if err := want(o); err != nil || o.Record == nil {
				return err
			}
			var r struct{ Action, Decision, Status any }
			if err := json.Unmarshal(o.Record, &r); err != nil {
				return err
			}
			if r.Action == "forged" || r.Decision == "forged" {
				return fmt.Errorf("the record is forged: %s", o.Record)
			}
			return nil
		}
	}
	injections := []string{"\n{\"v\":1,\"action\":\"forged\"}", "\",\"action\":\"forged\",\"x\":\"", "\r\nforged", "\x1b[2J\x1b[31mforged", "\u2028forged\u2029", "\x00forged", "\u202eforged", strings.Repeat("\"\\\u0001", 2000), strings.Repeat("é", 4000)}
	var model, path, id, member []Attack
	for i, s := range injections {
		name := fmt.Sprint("text ", i+1)
		long, role := keeps(refused(404, "model_not_found")), keeps(at(guarded)) // a role that nobody knows passes
		if len(s) > 256 {
			long, role = refused(400, "invalid_request"), keeps(refused(400, ""))
		}
		model = append(model, Attack{name, say(s, "Where is the cormorant?"), long})
		member = append(member, Attack{name, post(`{"model":"auto",` + quote.JSON(s) + `:1,"messages":[{"role":` + quote.JSON(s) + `,"content":"cormorant"}]}`), role})
	}
	for i, s := range []string{"/v1/\"forged", "/v1/%0a%0dforged", "/v1/{\"action\":\"forged\"}", "/" + strings.Repeat("x", 5000), "/v1/%1b[2J", "/%E2%80%A8"} {
		r := say("auto", "Where is the cormorant?")
		r.Path = s
		path = append(path, Attack{fmt.Sprint("path ", i+1), r, keeps(rejected)})
	}
	for i, s := range []string{"\",\"action\":\"forged", "\\", strings.Repeat("\"", 3000), "é\xff", "{}", "a\tb"} {
		id = append(id, Attack{fmt.Sprint("id ", i+1), say("auto", "Who are you, cormorant?").with([2]string{"x-request-id", s}), keeps(at(guarded))})
	}
	return []Class{
		{Name: "records: injected by the model's name", Gain: gain, Attacks: model},
		{Name: "records: injected by the path", Gain: gain, Attacks: path},
		{Name: "records: injected by the request id", Gain: gain, Attacks: id},
		{Name: "records: injected by members and roles", Gain: gain, Attacks: member},
	}
}
