package config

import (
	"strings"
	"testing"
)

func TestAnEmptyConfigurationIsAGate(t *testing.T) {
	for _, raw := range []string{"", " \n", "{}"} {
		c, err := Parse([]byte(raw))
		if err != nil || !c.Gate() {
			t.Errorf("Parse(%q) = %+v, %v; want a gate", raw, c, err)
		}
	}
}

func TestADefaultPolicyMakesALeadOfAPair(t *testing.T) {
	c, err := Parse([]byte(`{"policy":"default"}`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Gate() || c.Hold != Pair || c.HoldBytes != 512<<10 || c.HoldTimeout != 15_000 ||
		c.ClusterHeader != "x-mom-cluster" || c.ModelHeader != "x-mom-model" {
		t.Errorf("got %+v", c)
	}
}

func TestTheMemoryOfPiecesHasASize(t *testing.T) {
	for given, want := range map[string]int64{``: 4 << 20, `,"pieces":{}`: 4 << 20, `,"pieces":{"memory":0}`: 0, `,"pieces":{"memory":65536}`: 65536} {
		c, err := Parse([]byte(`{"policy":"default"` + given + `}`))
		if err != nil {
			t.Fatal(err)
		}
		if c.Pieces != want {
			t.Errorf("%s: %d bytes, want %d", given, c.Pieces, want)
		}
	}
	for given, want := range map[string]string{`1000`: "$.pieces.memory: 1000 bytes are too few", `-1`: "$.pieces.memory", `"4MB"`: "$.pieces.memory", `1000000000`: "$.pieces.memory"} {
		_, err := Parse([]byte(`{"policy":"default","pieces":{"memory":` + given + `}}`))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", given, err, want)
		}
	}
}

func TestEveryKeyIsRead(t *testing.T) {
	c, err := Parse([]byte(`{"policy":"default","hold":"flag","hold_bytes":1000,"hold_timeout":"2m","hosts":["A.example","*.b.example"],
		"pass":["/health"],"headers":{"cluster":"X-Cluster","model":"x-gateway-model-name"},"trusted":["X-Team"],
		"response":{"model_header":"x-chosen"},"record":{"key":"0123456789abcdef"}}`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Hold != Flag || c.HoldBytes != 1000 || c.HoldTimeout != 120_000 || !c.Pass["/health"] || c.ClusterHeader != "x-cluster" ||
		c.ModelHeader != "x-gateway-model-name" || c.Trusted[0] != "x-team" || c.ResponseHeader != "x-chosen" || string(c.RecordKey) != "0123456789abcdef" || len(c.Warnings) != 1 {
		t.Errorf("got %+v", c)
	}
}

func TestWhichPagesMayCall(t *testing.T) {
	c, err := Parse([]byte(`{"policy":"default","cors":{"origins":["https://chat.example.com","http://localhost:3000"],"max_age":"10m"}}`))
	if err != nil || c.CORS.MaxAge != 600 {
		t.Fatalf("%+v, %v", c, err)
	}
	for origin, want := range map[string]bool{"https://chat.example.com": true, "http://localhost:3000": true, "https://chat.example.com:443": false, "http://chat.example.com": false,
		"https://chat.example.com.evil": false, "null": false, "": false, "*": false} {
		if c.CORS.Allows(origin) != want {
			t.Errorf("%q may call: %v", origin, !want)
		}
	}
	if all, err := Parse([]byte(`{"policy":"default","cors":{"origins":["*"]}}`)); err != nil || !all.CORS.Allows("https://a.example") || all.CORS.Allows("") || all.CORS.MaxAge != DefaultCORSAge {
		t.Errorf("with any origin: %v", err)
	}
	for cors, want := range map[string]string{
		`{}`: `$.cors: "origins" is missing`, `[]`: "$.cors: a map is expected", `{"origins":[]}`: "$.cors.origins: no page may call", `{"origins":["chat.example.com"]}`: "$.cors.origins[0]: not an origin",
		`{"origins":["https://a.example/"]}`: "not an origin", `{"origins":["https://A.example"]}`: "not an origin", `{"origins":["https://*.example"]}`: "not an origin", `{"origin":["*"]}`: `unknown key "origin"`,
		`{"origins":["*"],"max_age":600}`: "$.cors.max_age: not a duration",
	} {
		if _, err := Parse([]byte(`{"policy":"default","cors":` + cors + `}`)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", cors, err, want)
		}
	}
}

func TestAMappedPathCannotPass(t *testing.T) {
	const policy = `{"policy":{"version":"1","models":{"a":{"cluster":"a"}},"default":"a","paths":{"/v1/embeddings":"a"}},"pass":[`
	if _, err := Parse([]byte(policy + `"/health","/v1/rerank"]}`)); err != nil {
		t.Error(err)
	}
	for pass, want := range map[string]string{`"/v1/embeddings"`: "the policy maps it to a model", `"/v1/messages/count_tokens"`: "a model path cannot pass", `"/v1/models/auto"`: "a model path cannot pass"} {
		if _, err := Parse([]byte(policy + pass + `]}`)); err == nil || !strings.Contains(err.Error(), "$.pass[0]") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", pass, err, want)
		}
	}
}

func TestHostsAreRoutedByNameWithoutPort(t *testing.T) {
	c, err := Parse([]byte(`{"policy":"default","hosts":["A.example.:8080","*.B.example."]}`))
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{
		"a.example": true, "A.EXAMPLE:8080": true, "a.example.": true, "a.example:": true, "a.example.:443": true, "a.example:99999999999999999999": true, "X.b.EXAMPLE.:": true, "x.b.example": true, "x.y.b.example:1": true,
		"b.example": false, "a.example:x": false, "a.example..": false, "xb.example": false, "a.example.evil": false, "": false, "[::1]:80": false,
	} {
		if got := c.Routed(host); got != want {
			t.Errorf("Routed(%q) = %v", host, got)
		}
	}
	if !(&Config{}).Routed("anything") {
		t.Error("without hosts, every host is routed")
	}
}

func TestOnlyTheRouterSetsItsHeadersHoweverTheyAreSpelled(t *testing.T) {
	c, err := Parse([]byte(`{"policy":"default","headers":{"model":"x-gateway-model-name"}}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"x-mom-cluster": true, "x_mom_cluster": true, "x-mom_cluster": true, "x_mom-anything": true, "x-mom-": true, "x-gateway-model-name": true, "x_gateway-model_name": true,
		"x-mom": false, "x-moms-diary": false, "xx-mom-cluster": false, "x-gateway-model-names": false, "x-mum-cluster": false, "": false, "x": false,
	} {
		if got := c.Ours(name); got != want {
			t.Errorf("Ours(%q) = %v", name, got)
		}
	}
}

func TestASignalOverAHeaderThatNobodyTrustsIsRefused(t *testing.T) {
	const policy = `"policy":{"version":"1","models":{"m":{"cluster":"c"}},"default":{"model":"m"},
		"signals":{"header":{"team":{"name":"X-Team","equals":"a"},"unused":{"name":"x-unused","present":true}}},"guards":[{"name":"g","when":"header.team"}]}`
	if _, err := Parse([]byte(`{` + policy + `,"trusted":["x-team","X-Unused"]}`)); err != nil {
		t.Error(err)
	}
	for raw, want := range map[string]string{
		`{` + policy + `}`:                       `$.policy: signal "header.team" looks at the request header "x-team"`,
		`{` + policy + `,"trusted":["x-other"]}`: `$.trusted: signal "header.unused" looks at the request header "x-unused"`,
	} {
		if _, err := Parse([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestEveryMistakeIsReportedAtOnceWithItsPath(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		want      []string
	}{
		{"a policy that is missing", `{"hold":"flag"}`, []string{`$: "policy" is missing`}},
		{"no map", `[1]`, []string{"$: the configuration is a list"}},
		{"no JSON", `policy: default`, []string{"byte 0"}},
		{"unknown keys and values", `{"policy":"defualt","hold":"both","hodl":1,"hold_bytes":-1,"hold_timeout":15,"headers":{"x":"y"}}`, []string{
			`$.policy: unknown policy "defualt" (write the policy as a map, or "default"`, `$.hold: unknown way to hold "both"`, `unknown key "hodl" (did you mean "hold"?)`, "$.hold_bytes: -1 is out of range (between 1 and 67108864)", `$.hold_timeout: not a duration: "15" (a whole number with its unit, such as "15s"`, `unknown key "x" (known: cluster, model, prefix, session)`}},
		{"a model path that would pass uninspected", `{"policy":"default","pass":["/v1/chat/completions","/v1/CHAT/completions","health","/a?b"]}`, []string{
			"$.pass[0]: a model path", "$.pass[1]: a model path", "$.pass[2]: not a path", "$.pass[3]: not a path"}},
		{"bad hosts and headers", `{"policy":"default","hosts":["http://a","a:b","a.*"],"headers":{"cluster":"a b","model":""}}`, []string{
			"$.hosts[0]: not a host", "$.hosts[1]: not a host", "$.hosts[2]: not a host", "$.headers.cluster: not a header name", "$.headers.model: the string is empty"}},
		{"the same header twice", `{"policy":"default","headers":{"cluster":"x-mom-model"}}`, []string{"$.headers: cluster and model have the same header"}},
		{"a mistake inside the policy", `{"policy":{"version":"1","bogus":1}}`, []string{"$.policy.bogus", "bogus"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Parse([]byte(c.raw))
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is missing in:\n%s", want, err)
				}
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"policy":"default","hold":"flag"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if c, err := Parse(raw); (c == nil) == (err == nil) {
			t.Errorf("Parse gave %v and %v", c, err)
		}
	})
}

// What kubectl makes of n, y, yes, no, on and off: true and false, keys included.
func TestBooleansThatWereWordsAreRefusedWithAHint(t *testing.T) {
	model := func(key string) string {
		return `{"policy":{"version":"1","models":{"` + key + `":{"cluster":"c"}},"default":{"model":"` + key + `"}}}`
	}
	if _, err := Parse([]byte(model("small"))); err != nil {
		t.Fatalf("the policy without such words: %v", err)
	}
	for name, raw := range map[string]string{
		"a model's key":     model("true"),
		"a model":           strings.Replace(model("small"), `"model":"small"`, `"model":false`, 1),
		"the version":       strings.Replace(model("small"), `"version":"1"`, `"version":true`, 1),
		"a cluster":         strings.Replace(model("small"), `"cluster":"c"`, `"cluster":false`, 1),
		"a section":         strings.Replace(model("small"), `"version"`, `"false":1,"version"`, 1),
		"a signal's name":   strings.Replace(model("small"), `"version"`, `"signals":{"keyword":{"true":{"words":["x"]}}},"version"`, 1),
		"a way to hold":     strings.Replace(model("small"), `"policy"`, `"hold":true,"policy"`, 1),
		"a key beside them": strings.Replace(model("small"), `"policy"`, `"true":"pair","policy"`, 1),
	} {
		if _, err := Parse([]byte(raw)); err == nil || !strings.Contains(err.Error(), "YAML 1.1") {
			t.Errorf("%s: got %v, want a hint at YAML 1.1", name, err)
		}
	}
}
