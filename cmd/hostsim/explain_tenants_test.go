package main

import (
	"strings"
	"testing"
)

func TestExplainGoesByThePolicyAndTheModelsOfTheTenant(t *testing.T) {
	const config = `{"hold":"flag","policy":{"version":"1","models":{"small":{"cluster":"s"},"large":{"cluster":"l"}},"signals":{"keyword":{"poem":{"words":["poem"]}}},
			"routes":[{"name":"poems","when":"keyword.poem","use":"large"}],"default":"small"},
		"policies":{"legal":{"version":"2","models":{"private":{"cluster":"p"}},"default":"private"}},"choose":[{"path":"/legal","policy":"legal"}],
		"tenant":{"metadata":["envoy.filters.http.jwt_authn","jwt_payload","org"]},"tenants":[{"names":["acme"]},{"names":["*"],"models":["small","private"]}]}`
	for name, c := range map[string]struct{ path, org, model, says string }{
		"a tenant":           {"/v1/chat/completions", `"acme"`, "large", "poems: true, decides"},
		"another":            {"/v1/chat/completions", `"other"`, "small", "poems: true, decides; large is no model that this caller may use"},
		"a claim of no name": {"/v1/chat/completions", `7`, "small", "large is no model that this caller may use"},
		"a policy by a path": {"/legal/v1/chat/completions?a=b", `"acme"`, "private", ""},
		"a path of nobody's": {"/v1/rerank", `"acme"`, "", ""},
	} {
		e, x := explainedBy(t, config, `{"method":"POST","path":"`+c.path+`","headers":{"content-type":"application/json"},"metadata":{"envoy.filters.http.jwt_authn":{"jwt_payload":{"org":`+c.org+`}}},
			"body":{"messages":[{"role":"user","content":"A poem."}]}}`)
		if e.Model != c.model || !strings.Contains(x.rules(), c.says) {
			t.Errorf("%s: model %q, %s", name, e.Model, x.rules())
		}
	}
}
