package config

import (
	"strings"
	"testing"
)

func TestASecretMakesKeys(t *testing.T) {
	env := func(name string) (string, bool) {
		value, ok := map[string]string{"SECRET": "correct-horse-battery\n", "SHORT": "tiny-secret", "EMPTY": " "}[name]
		return value, ok
	}
	c, err := ParseIn([]byte(`{"policy":"default","trusted":["x-tenant"],"headers":{"session":"X-Conversation","prefix":"x-shared"},
		"tenant":"X-Tenant","keys":{"secret_env":"SECRET","client":["X-Chat"]}}`), env)
	if err != nil {
		t.Fatal(err)
	}
	if c.Keys == nil || c.SessionHeader != "x-conversation" || c.PrefixHeader != "x-shared" || c.Tenant != "x-tenant" || len(c.ClientKeys) != 1 || c.ClientKeys[0] != "x-chat" || len(c.Warnings) != 0 {
		t.Errorf("got %+v", c)
	}
	for _, name := range []string{"x-conversation", "x_conversation", "x-shared", "x-mom-session", "x-mom-prefix"} {
		if !c.Ours(name) {
			t.Errorf("clients may send %q", name)
		}
	}
	if c, err := ParseIn([]byte(`{"policy":"default"}`), env); err != nil || c.Keys != nil || c.SessionHeader != "x-mom-session" || c.PrefixHeader != "x-mom-prefix" || len(c.Warnings) != 0 {
		t.Errorf("without the section: %+v, %v", c, err)
	}
	if c, err := ParseIn([]byte(`{"policy":"default","keys":{"secret":"correct-horse-battery"}}`), env); err != nil || c.Keys == nil || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "in clear") {
		t.Errorf("a secret in clear: %+v, %v", c, err)
	}
}

func TestWithoutASecretThereAreNoKeysAndThatIsSaid(t *testing.T) {
	env := func(name string) (string, bool) { return " ", name == "EMPTY" }
	for raw, want := range map[string]string{
		`{"policy":"default","keys":{"secret_env":"NONE"}}`:          `$.keys.secret_env: no keys are made, and no request has a session or a prefix: the VM's environment has no variable "NONE"`,
		`{"policy":"default","keys":{"secret_env":"EMPTY"}}`:         `no variable "EMPTY", or an empty one`,
		`{"policy":"default","headers":{"session":"x-mom-session"}}`: `$.headers.session: no keys are made without a secret`,
	} {
		c, err := ParseIn([]byte(raw), env)
		if err != nil || c.Keys != nil || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], want) {
			t.Errorf("%s: %+v, %v, want %q", raw, c, err, want)
		}
	}
}

func TestMistakesAboutKeysAreSaid(t *testing.T) {
	env := func(name string) (string, bool) {
		value, ok := map[string]string{"SECRET": "correct-horse-battery", "SHORT": "tiny-secret"}[name]
		return value, ok
	}
	for members, want := range map[string]string{
		`"keys":{"secret_env":"SHORT"}`:                                   `$.keys.secret_env: the key in "SHORT" has 11 bytes`,
		`"keys":{"secret_env":"a=tiny-secret"}`:                           "not a name of a variable",
		`"keys":{"secret":"tiny-secret"}`:                                 "$.keys.secret: the key has 11 bytes",
		`"keys":{"secret":"correct-horse-battery","secret_env":"SECRET"}`: "$.keys.secret: there are two secrets",
		`"keys":{}`:       "$.keys: there is no secret",
		`"keys":"SECRET"`: "$.keys",
		`"keys":{"secret_env":"SECRET"},"tenant":"x-tenant"`:                        `$.tenant: the request header "x-tenant" is not trusted`,
		`"keys":{"secret_env":"SECRET"},"tenant":"a b","trusted":["x-tenant"]`:      "not a header name",
		`"keys":{"secret_env":"SECRET","client":["x-mom-session"]}`:                 `$.keys.client[0]: only the router sets "x-mom-session"`,
		`"keys":{"secret_env":"SECRET","client":"x-chat"}`:                          "$.keys.client",
		`"keys":{"secret_env":"SECRET","salt":"x"}`:                                 `unknown key "salt"`,
		`"keys":{"secret_env":"SECRET"},"headers":{"session":"x-mom-model"}`:        "$.headers: model and session have the same header",
		`"keys":{"secret_env":"SECRET"},"headers":{"session":"x-a","prefix":"x_a"}`: "$.headers: session and prefix have the same header",
	} {
		_, err := ParseIn([]byte(`{"policy":"default",`+members+`}`), env)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", members, err, want)
		}
		if err != nil && strings.Contains(err.Error(), `"tiny-secret"`) {
			t.Errorf("%s: the secret shows: %v", members, err)
		}
	}
}
