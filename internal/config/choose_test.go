package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mom-router/mom-router/rules/tree"
)

const (
	littlePolicy = `{"version":"1","models":{"small":{"cluster":"s"},"large":{"cluster":"l"}},"default":"small"}`
	otherPolicy  = `{"version":"2","models":{"small":{"cluster":"s2"},"private":{"cluster":"p"}},"default":"small"}`
	severalOf    = `"policy":` + littlePolicy + `,"policies":{"legal":` + otherPolicy + `}`
)

func TestWhatAConfigurationChooses(t *testing.T) {
	c, err := Parse([]byte(`{` + severalOf + `,"choose":[{"host":"Legal.example.com.","policy":"legal"},{"path":"/legal","policy":"legal"},{"host":"*.example.com","path":"/x/y","policy":"default"}],
		"trusted":["x-tenant"],"tenant":{"header":"X-Tenant"},"tenants":[{"names":["a","b"],"models":["large"]},{"names":["c"],"policy":"legal"},{"names":["*"],"models":["small"]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Tenant != "x-tenant" || len(c.Policies) != 2 || c.Policies[0].Table != c.Policy || c.Policies[1].Name != "legal" {
		t.Errorf("got %+v", c)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], `$.tenants[0].models: the policy "legal" has none of these models`) {
		t.Errorf("warnings: %q", c.Warnings)
	}
	for _, tt := range []struct {
		host, path, tenant string
		policy, prefix     int
		granted, denied    string
	}{
		{"any.example", "/v1/messages", "", 0, 0, "small", "large"},
		{"legal.example.com:443", "/v1/messages", "", 1, 0, "small", "private"},
		{"any.example", "/legal/v1/messages", "a", 1, 6, "", "small"},
		{"any.example", "/legal", "a", 0, 0, "large", "small"},
		{"a.example.com", "/x/y/v1/messages", "b", 0, 4, "large", "small"},
		{"any.example", "/v1/messages", "c", 1, 0, "private", ""},
	} {
		got := c.Choose(tt.host, tt.path, tt.tenant)
		table := c.Policies[got.Policy].Table
		if got.Policy != tt.policy || got.Prefix != tt.prefix || got.Refused || tt.granted != "" && !table.Resolves(tt.granted, got.Grant) || tt.denied != "" && table.Resolves(tt.denied, got.Grant) {
			t.Errorf("%+v: got %+v", tt, got)
		}
	}
	if n := testing.AllocsPerRun(100, func() { c.Choose("legal.example.com:443", "/legal/v1/messages", "b") }); n != 0 {
		t.Errorf("to choose takes %v allocations", n)
	}
}

func TestMistakesOfSeveralPoliciesAreSaidAtOnce(t *testing.T) {
	_, err := Parse([]byte(`{"policy":{"version":"1","models":{},"default":"a"},"policies":{"legal":{"version":"1","models":{"a":{"cluster":"a"}},"default":"b"},"lab":{"version":"1","models":{"a":{}},"default":"a"}},
		"choose":[{"host":"a.example","policy":"legal"},{"path":"/lab","policy":"lab"}]}`))
	for _, want := range []string{"$.policy.models: there are no models", "$.policies.legal.default", "$.policies.lab.models.a"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not said: %v", want, err)
		}
	}
}

func TestMistakesAboutTenantsAreSaid(t *testing.T) {
	const source = `"trusted":["x-tenant"],"tenant":"x-tenant",`
	many := strings.Repeat(`{"host":"x.example","path":"/p%d","policy":"legal"},`, 70)
	for i := range 70 {
		many = strings.Replace(many, "%d", fmt.Sprint(i), 1)
	}
	var policies []string
	for i := range MaxPolicies {
		policies = append(policies, fmt.Sprintf(`"p%d":%s`, i, littlePolicy))
	}
	for _, tt := range []struct{ members, want string }{
		{severalOf, `$.policies.legal: nothing chooses the policy "legal"`},
		{`"policy":` + littlePolicy + `,"policies":{"default":` + littlePolicy + `}`, `$.policies.default: the policy "default" is the one under "policy"`},
		{`"policy":` + littlePolicy + `,"policies":{"a.b":` + littlePolicy + `}`, "not a name of a policy"},
		{`"policy":` + littlePolicy + `,"policies":[]`, "$.policies: a map is expected"},
		{`"policy":` + littlePolicy + `,"policies":{` + strings.Join(policies, ",") + `}`, "16 policies are too many"},
		{`"policies":{"legal":` + littlePolicy + `},"choose":[{"host":"a.b","policy":"legal"}]`, `"policy" is missing`},
		{severalOf + `,"choose":[]`, "$.choose: the list is empty"},
		{severalOf + `,"choose":[{"host":"a.b","policy":"legla"}]`, `$.choose[0].policy: unknown policy "legla" (did you mean "legal"?)`},
		{severalOf + `,"choose":[{"host":"a.b"}]`, `$.choose[0]: "policy" is missing`},
		{severalOf + `,"choose":[{"policy":"legal"}]`, "$.choose[0]: neither a host nor a path is named"},
		{severalOf + `,"choose":[{"tenant":"a","policy":"legal"}]`, `$.choose[0].tenant: unknown key "tenant"`},
		{severalOf + `,"choose":[{"host":"http://a.b","policy":"legal"}]`, "$.choose[0].host: not a host"},
		{severalOf + `,"hosts":["c.d"],"choose":[{"host":"a.b","policy":"legal"}]`, `$.choose[0].host: requests for the host "a.b" are not routed`},
		{severalOf + `,"choose":[{"host":"*.b","policy":"legal"},{"host":"a.b","path":"/x","policy":"default"}]`, "$.choose[1]: this choice is never made: $.choose[0] comes first"},
		{severalOf + `,"choose":[{"path":"/x","policy":"legal"},{"host":"a.b","path":"/x/y","policy":"default"}]`, "$.choose[1]: this choice is never made"},
		{severalOf + `,"choose":[` + many + `{"path":"/x","policy":"legal"}]`, "$.choose[64]: one choice too many"},
		{severalOf + `,"choose":[{"path":"/","policy":"legal"}]`, "$.choose[0].path: not the beginning of a path"},
		{severalOf + `,"choose":[{"path":"/legal/","policy":"legal"}]`, "not the beginning of a path"},
		{severalOf + `,"choose":[{"path":"/Legal","policy":"legal"}]`, "not the beginning of a path"},
		{severalOf + `,"choose":[{"path":"/a/../b","policy":"legal"}]`, "not the beginning of a path"},
		{severalOf + `,"choose":[{"path":"/v1/chat","policy":"legal"}]`, `$.choose[0].path: the API's own paths begin with "/v1/chat"`},
		{severalOf + `,"choose":[{"path":"/x","policy":"legal"}],"pass":["/x/v1/messages"]`, `$.pass[0]: a model path cannot pass uninspected`},
		{severalOf + `,"choose":[{"path":"/x","policy":"legal"}],"tenants":[{"names":["a"]}]`, "$.tenants: nothing says whose a request is"},
		{severalOf + `,` + source + `"tenants":[]`, "$.tenants: the list is empty"},
		{severalOf + `,` + source + `"tenants":[{"policy":"legal"}]`, `$.tenants[0]: "names" is missing`},
		{severalOf + `,` + source + `"tenants":[{"names":["a"],"policy":"legal","models":["large"]}]`, `$.tenants[0].models[0]: unknown model "large"`},
		{severalOf + `,` + source + `"tenants":[{"names":["a"],"policy":"legal","models":["privat"]}]`, `did you mean "private"?`},
		{severalOf + `,` + source + `"tenants":[{"names":["a"],"policy":"legal","models":[]}]`, "$.tenants[0].models: these tenants may use no model"},
		{severalOf + `,` + source + `"tenants":[{"names":["a"],"policy":"legal"},{"names":["b","a"]}]`, `$.tenants[1].names[1]: "a" stands here twice`},
		{severalOf + `,` + source + `"tenants":[{"names":["*"],"policy":"legal"},{"names":["*"]}]`, `"*" stands here twice`},
		{severalOf + `,` + source + `"tenants":[{"names":["a\u0000"],"policy":"legal"}]`, "not a name of a tenant"},
		{severalOf + `,` + source + `"tenants":[{"names":[""],"policy":"legal"}]`, "$.tenants[0].names[0]: the string is empty"},
		{severalOf + `,` + source + `"tenants":[{"names":[],"policy":"legal"}]`, "$.tenants[0].names: the list is empty"},
		{severalOf + `,` + source + `"tenants":[{"names":["a"],"policy":"legal","model":["a"]}]`, `unknown key "model"`},
		{`"policy":"default","trusted":["x-mom-tenant"],"tenant":"x-mom-tenant"`, `$.tenant: only the router sets "x-mom-tenant"`},
		{`"policy":"default","tenant":{"header":"x-tenant"}`, "is not trusted"},
		{`"policy":"default","tenant":{}`, "$.tenant: one source of the tenant is needed"},
		{`"policy":"default","trusted":["a"],"tenant":{"header":"a","metadata":["b","c"]}`, "one source of the tenant is needed"},
		{`"policy":"default","tenant":{"metadata":["envoy.filters.http.jwt_authn"]}`, "$.tenant.metadata: metadata needs a filter and a member"},
		{`"policy":"default","tenant":{"metadata":"envoy.filters.http.jwt_authn"}`, "$.tenant.metadata: a list is expected"},
		{`"policy":"default","tenant":{"metadata":["a","b\u0000c"]}`, "a name of metadata has no NUL"},
		{`"policy":"default","tenant":["x-tenant"]`, "$.tenant: a map is expected"},
	} {
		_, err := Parse([]byte(`{` + tt.members + `}`))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.300s\n got  %v\n want %s", tt.members, err, tt.want)
		}
	}
}

// BenchmarkTenThousandTenants is what a VM does at its start for them, beyond the policies; choosing is what it does for each request.
func BenchmarkTenThousandTenants(b *testing.B) {
	var list strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&list, `{"names":["tenant-%d"],"models":["small","large"]},`, i)
	}
	text := []byte(`{"policy":` + littlePolicy + `,"trusted":["x-tenant"],"tenant":"x-tenant","tenants":[` + list.String() + `{"names":["*"]}]}`)
	var c *Config
	b.Run("start", func(b *testing.B) {
		for range b.N {
			var err error
			if c, err = Parse(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read JSON alone", func(b *testing.B) {
		for range b.N {
			if _, err := tree.ParseJSON(text); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("choose", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if c.Choose("llm.example.com", "/v1/messages", "tenant-5000").Grant == nil {
				b.Fatal("the tenant is not known")
			}
		}
	})
}
