//go:build !wasip1

package main_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/hostsim"
)

// offices is a configuration with three policies: by host, by path, and by tenant.
const offices = `"policy":{"version":"1","models":{"small":{"name":"org/small","cluster":"small"},"large":{"name":"org/large","cluster":"large","aliases":["big"]}},
		"signals":{"keyword":{"hard":{"words":["hard"]},"secret":{"in":"any","words":["secret"]}}},"guards":[{"name":"secret","when":"keyword.secret","deny":{}}],
		"routes":[{"name":"hard","when":"keyword.hard","use":"large"}],"default":"small"},
	"policies":{
		"legal":{"version":"2","models":{"private":{"cluster":"private"},"small":{"name":"org/small-legal","cluster":"small-legal"}},"default":"private","paths":{"/v1/embeddings":"small"}},
		"lab":{"version":"3","models":{"wild":{"cluster":"wild"}},"default":"wild"}},
	"choose":[{"host":"legal.example.com","path":"/lab","policy":"lab"},{"host":"legal.example.com","policy":"legal"},{"path":"/legal","policy":"legal"},{"host":"*.lab.example.com","policy":"lab"}]`

const tenanted = `,"trusted":["x-tenant"],"tenant":"x-tenant","tenants":[
		{"names":["acme","umbrella"],"models":["large"]},{"names":["lawyers"],"policy":"legal"},{"names":["clerks"],"policy":"legal","models":["small"]},{"names":["*"],"models":["small","private","wild"]}]`

// asks is a request of a tenant, for a host and a path.
func asks(host, path, tenant, body string) hostsim.Request {
	q := post(path, body)
	if host != "" {
		q.Headers = append(q.Headers, hostsim.Field{Name: ":authority", Value: host})
	}
	if tenant != "" {
		q.Headers = append(q.Headers, hostsim.Field{Name: "x-tenant", Value: tenant})
	}
	return q
}

const (
	easy = `{"messages":[{"role":"user","content":"hello"}]}`
	hard = `{"model":"auto","messages":[{"role":"user","content":"a hard one"}]}`
	chat = "/v1/chat/completions"
)

func named(model string) string {
	return `{"model":"` + model + `","messages":[{"role":"user","content":"hello"}]}`
}

// where is the cluster that a request came to, or what it was answered.
func where(a answer) string {
	if a.Upstream != nil && a.Status == 200 {
		return a.Upstream.Head.Value("x-mom-cluster")
	}
	return a.Outcome()
}

func TestPoliciesAreChosenByHostPathAndTenant(t *testing.T) {
	for mode, begin := range map[string]func(testing.TB, string) *router{"flag": start, "pair": startPair} {
		t.Run(mode, func(t *testing.T) {
			alone, with := begin(t, offices), begin(t, offices+tenanted)
			for _, c := range []struct {
				name               string
				r                  *router
				host, path, tenant string
				body, want         string
				policy             string
			}{
				{"nothing chooses", alone, "", chat, "", hard, "large", "default"},
				{"a host", alone, "legal.example.com", chat, "", easy, "private", "legal"},
				{"a host with capitals and a port", alone, "Legal.Example.com:8443", chat, "", easy, "private", "legal"},
				{"a subdomain", alone, "a.lab.example.com", chat, "", easy, "wild", "lab"},
				{"the domain is no subdomain", alone, "lab.example.com", chat, "", easy, "small", "default"},
				{"a path", alone, "", "/legal" + chat, "", easy, "private", "legal"},
				{"a path with a query", alone, "", "/legal" + chat + "?api-version=1", "", easy, "private", "legal"},
				{"a mapped path behind a path", alone, "", "/legal/v1/embeddings", "", `{"input":"a"}`, "small-legal", "legal"},
				{"a path that only the other policy maps", alone, "", "/v1/embeddings", "", `{"input":"a"}`, "404 path_not_served", "default"},
				{"a host and a path", alone, "legal.example.com", "/lab" + chat, "", easy, "wild", "lab"},
				{"half a segment is none", alone, "", "/legally" + chat, "", easy, "404 path_not_served", "default"},
				{"nothing behind the path", alone, "", "/legal", "", easy, "404 path_not_served", "default"},
				{"another spelling of a path", alone, "", "/Legal" + chat, "", easy, "404 path_not_served", "default"},
				{"an encoded path", alone, "", "/%6cegal" + chat, "", easy, "404 path_not_served", "default"},
				{"out of a path", alone, "", "/legal/../v1/chat/completions", "", easy, "400 ambiguous_path", "legal"},
				{"a path twice", alone, "", "/legal/legal" + chat, "", easy, "404 path_not_served", "legal"},
				{"a guard of one policy is none of another", alone, "", "/legal" + chat, "", named("secret"), "404 model_not_found", "legal"},

				{"a tenant's models", with, "", chat, "acme", easy, "large", "default"},
				{"another tenant of the list", with, "", chat, "umbrella", easy, "large", "default"},
				{"a tenant that is not listed", with, "", chat, "nobody", hard, "small", "default"},
				{"no tenant", with, "", chat, "", hard, "small", "default"},
				{"the asterisk is no tenant of its own", with, "", chat, "*", hard, "small", "default"},
				{"a tenant's policy", with, "", chat, "lawyers", easy, "private", "legal"},
				{"a tenant's policy, whatever the host", with, "a.lab.example.com", chat, "lawyers", easy, "private", "legal"},
				{"a tenant's policy, whatever the path", with, "legal.example.com", "/lab" + chat, "clerks", easy, "small-legal", "legal"},
				{"models that the chosen policy does not have", with, "a.lab.example.com", chat, "acme", easy, "403 no_model_allowed", "lab"},
				{"another tenant's model by name", with, "", chat, "acme", named("small"), "404 model_not_found", "default"},
				{"its own by an alias", with, "", chat, "acme", named("big"), "large", "default"},
				{"counting tokens", with, "", "/v1/messages/count_tokens", "acme", easy, "large", "default"},
				{"counting tokens by another's name", with, "", "/v1/messages/count_tokens", "acme", named("small"), "404 model_not_found", "default"},
			} {
				a := c.r.Send(t, asks(c.host, c.path, c.tenant, c.body))
				var record struct {
					Path   string
					Policy struct{ Name string }
				}
				if err := json.Unmarshal(a.State["wasm.mom.audit"], &record); err != nil {
					t.Fatal(err)
				}
				path, query, _ := strings.Cut(c.path, "?")
				if where(a) != c.want || record.Policy.Name != c.policy || record.Path != path {
					t.Errorf("%s: %s by policy %q at %q, want %s by %q", c.name, where(a), record.Policy.Name, record.Path, c.want, c.policy)
				}
				if a.Upstream == nil || a.Status != 200 {
					continue
				}
				inner := strings.TrimPrefix(strings.TrimPrefix(path, "/legal"), "/lab")
				if query != "" {
					inner += "?" + query
				}
				if got := a.Upstream.Head.Value(":path"); got != inner {
					t.Errorf("%s: the engine is asked for %q, want %q", c.name, got, inner)
				}
			}
		})
	}
}

func TestNobodyLearnsWhichModelsOthersMayUse(t *testing.T) {
	r := start(t, offices+tenanted)
	names := func(tenant, path string) (ids []string) {
		t.Helper()
		q := asks("", path, tenant, "")
		q.Method = "GET"
		var list struct{ Data []struct{ ID string } }
		if err := json.Unmarshal(r.Send(t, q).Response.Body, &list); err != nil {
			t.Fatal(err)
		}
		for _, m := range list.Data {
			ids = append(ids, m.ID)
		}
		return ids
	}
	for _, c := range []struct {
		tenant, path string
		want         []string
	}{
		{"acme", "/v1/models", []string{"auto", "large", "big"}}, {"nobody", "/v1/models", []string{"auto", "small"}}, {"lawyers", "/v1/models", []string{"auto", "private", "small"}},
		{"clerks", "/v1/models", []string{"auto", "small"}}, {"", "/legal/v1/models", []string{"auto", "private", "small"}},
	} {
		if got := names(c.tenant, c.path); !slices.Equal(got, c.want) {
			t.Errorf("%q finds %q at %s, want %q", c.tenant, got, c.path, c.want)
		}
	}
	entry := func(tenant, model string) answer {
		q := asks("", "/v1/models/"+model, tenant, "")
		q.Method = "GET"
		return r.Send(t, q)
	}
	if a := entry("acme", "large"); a.Status != 200 {
		t.Errorf("its own model: %d", a.Status)
	}
	for _, path := range []string{"/v1/models/", chat, "/v1/messages", "/v1/responses", "/v1/messages/count_tokens"} {
		answered := func(model string) string {
			if strings.HasSuffix(path, "/") {
				a := entry("acme", model)
				return fmt.Sprint(a.Status, string(a.Response.Body))
			}
			body := named(model)
			if strings.Contains(path, "responses") {
				body = `{"model":"` + model + `","input":"hello"}`
			}
			a := r.Send(t, asks("", path, "acme", body))
			return fmt.Sprint(a.Status, string(a.Response.Body))
		}
		forbidden, unknown := answered("small"), answered("nobodys")
		if forbidden != unknown || !strings.HasPrefix(unknown, "404") {
			t.Errorf("%s: a model of others is answered %s, an unknown one %s", path, forbidden, unknown)
		}
	}
}

func TestWhoIsNoTenantIsRefused(t *testing.T) {
	const listed = offices + `,"trusted":["x-tenant"],"tenant":"x-tenant","pass":["/health"],"cors":{"origins":["https://a.example"]},"tenants":[{"names":["acme"]}]`
	for _, r := range []*router{start(t, listed), startPair(t, listed)} {
		for name, c := range map[string]struct{ tenant, want string }{
			"a tenant": {"acme", "small"}, "no tenant": {"", "403 tenant_not_served"}, "another": {"nobody", "403 tenant_not_served"}, "a longer name": {"acme2", "403 tenant_not_served"},
			"other letters": {"Acme", "403 tenant_not_served"}, "an asterisk": {"*", "403 tenant_not_served"}, "a name too long": {strings.Repeat("a", 300), "403 tenant_not_served"},
		} {
			if a := r.Send(t, asks("", chat, c.tenant, easy)); where(a) != c.want {
				t.Errorf("%s: %s, want %s", name, where(a), c.want)
			}
		}
		twice := asks("", chat, "acme", easy)
		twice.Headers = append(twice.Headers, hostsim.Field{Name: "x-tenant", Value: "other"})
		if a := r.Send(t, twice); where(a) != "403 tenant_not_served" {
			t.Errorf("two tenants: %s", where(a))
		}
		list := asks("", "/v1/models", "", "")
		list.Method = "GET"
		if a := r.Send(t, list); where(a) != "403 tenant_not_served" || strings.Contains(a.Text, "small") {
			t.Errorf("the list: %s", a.Text)
		}
		if a := r.Send(t, asks("", "/health", "", "x")); a.Status != 200 {
			t.Errorf("what passes needs no tenant: %d", a.Status)
		}
		asked := hostsim.Request{Method: "OPTIONS", Path: chat, Headers: []hostsim.Field{{Name: "origin", Value: "https://a.example"}, {Name: "access-control-request-method", Value: "POST"}}}
		if a := r.Send(t, asked); a.Status != 204 {
			t.Errorf("a preflight has no credentials: %d", a.Status)
		}
	}
}

func TestTheTenantIsAClaimThatTheProxyHasChecked(t *testing.T) {
	const claimed = offices + `,"tenant":{"metadata":["envoy.filters.http.jwt_authn","jwt_payload","org"]},"tenants":[{"names":["acme"],"models":["large"]},{"names":["*"],"models":["small"]}]`
	for _, r := range []*router{start(t, claimed), startPair(t, claimed)} {
		for name, c := range map[string]struct{ metadata, want string }{
			"a claim":               {`{"envoy.filters.http.jwt_authn":{"jwt_payload":{"org":"acme"}}}`, "large"},
			"another's":             {`{"envoy.filters.http.jwt_authn":{"jwt_payload":{"org":"other"}}}`, "small"},
			"none":                  {`{"envoy.filters.http.jwt_authn":{"jwt_payload":{"sub":"acme"}}}`, "small"},
			"of another filter":     {`{"envoy.filters.http.lua":{"jwt_payload":{"org":"acme"}}}`, "small"},
			"a number":              {`{"envoy.filters.http.jwt_authn":{"jwt_payload":{"org":7}}}`, "small"},
			"a list":                {`{"envoy.filters.http.jwt_authn":{"jwt_payload":{"org":["acme"]}}}`, "small"},
			"an object":             {`{"envoy.filters.http.jwt_authn":{"jwt_payload":{"org":{"name":"acme"}}}}`, "small"},
			"a name with a control": {`{"envoy.filters.http.jwt_authn":{"jwt_payload":{"org":"acme\u0000"}}}`, "small"},
			"no metadata":           {`{}`, "small"},
		} {
			q := asks("", chat, "acme", easy) // a header says nothing where a claim does
			if err := json.Unmarshal([]byte(c.metadata), &q.Metadata); err != nil {
				t.Fatal(err)
			}
			if a := r.Send(t, q); where(a) != c.want {
				t.Errorf("%s: %s, want %s", name, where(a), c.want)
			}
		}
	}
}

func TestPoliciesShareNoKeysAndNoMemory(t *testing.T) {
	r := start(t, offices+`,"keys":{"secret":"0123456789abcdef"}`)
	body := conversationOf("Be kind.", "Who are you?")
	seen := map[string]string{}
	for name, path := range map[string]string{"default": chat, "legal": "/legal" + chat} {
		q := asks("", path, "", body)
		q.Headers = append(q.Headers, hostsim.Field{Name: "x-claude-code-session-id", Value: "the same"})
		session, prefix := keysOf(t, r.Send(t, q))
		if again, _ := keysOf(t, r.Send(t, q)); again != session {
			t.Errorf("%s: the key is %s, and then %s", name, session, again)
		}
		for _, key := range []string{session, prefix} {
			if seen[key] != "" || key == "" {
				t.Errorf("policies %s and %s have the key %q", name, seen[key], key)
			}
			seen[key] = name
		}
	}
}

func TestMetricsNameThePolicyAndNoTenant(t *testing.T) {
	p := onDemand(t)
	r := p.Start(t, offices+tenanted)
	for _, c := range []struct{ path, tenant string }{{chat, "acme"}, {"/legal" + chat, ""}, {chat, "lawyers"}} {
		r.Send(t, asks("", c.path, c.tenant, easy))
	}
	all := measured(p.Host)
	for name, want := range map[string]string{
		"mom_router_requests_total.policy.default.decision.default.model.large.action.route": "1",
		"mom_router_requests_total.policy.legal.decision.default.model.private.action.route": "2",
		"mom_router_demotions_total.policy.default.reason.tenant":                            "1",
	} {
		if all[name] != want {
			t.Errorf("%s is %q, want %s", name, all[name], want)
		}
	}
	for name := range all {
		if strings.Contains(name, "acme") || strings.Contains(name, "lawyers") {
			t.Errorf("a metric names a tenant: %s", name)
		}
	}
}

func TestTenThousandTenantsAreAsCheapAsOne(t *testing.T) {
	var list strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&list, `{"names":["tenant-%d"],"models":["%s"]},`, i, []string{"small", "large"}[i%2])
	}
	r := start(t, offices+`,"trusted":["x-tenant"],"tenant":"x-tenant","tenants":[`+list.String()+`{"names":["last"]}]`)
	for _, c := range []struct{ tenant, want string }{{"tenant-0", "small"}, {"tenant-9999", "large"}, {"last", "small"}, {"tenant-10000", "403 tenant_not_served"}} {
		if a := r.Send(t, asks("", chat, c.tenant, easy)); where(a) != c.want {
			t.Errorf("%s: %s, want %s", c.tenant, where(a), c.want)
		}
	}
}
