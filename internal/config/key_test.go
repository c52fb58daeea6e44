package config

import (
	"strings"
	"testing"
)

func TestKeysComeFromTheEnvironment(t *testing.T) {
	env := func(name string) (string, bool) {
		value, ok := map[string]string{"KEY": "correct-horse-battery\n", "SHORT": "tiny-secret", "EMPTY": " "}[name]
		return value, ok
	}
	record := func(members string) string { return `{"policy":"default","record":{` + members + `}}` }
	c, err := ParseIn([]byte(record(`"key_env":"KEY"`)), env)
	if err != nil || string(c.RecordKey) != "correct-horse-battery" || len(c.Warnings) != 0 {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := Parse([]byte(record(`"key_env":"KEY"`))); err != nil || c.RecordKey != nil {
		t.Errorf("without an environment: %+v, %v", c, err)
	}
	c, err = ParseIn([]byte(record(`"key":"correct-horse-battery"`)), env)
	if err != nil || string(c.RecordKey) != "correct-horse-battery" || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "in clear") {
		t.Errorf("a key in clear: %+v, %v", c, err)
	}
	c, err = ParseIn([]byte(record(`"prompt":{"hash_env":"KEY"}`)), env)
	if err != nil || string(c.PromptKey) != "correct-horse-battery" || c.PromptFirst != 0 || len(c.Warnings) != 0 {
		t.Errorf("a key of prompts: %+v, %v", c, err)
	}
	c, err = ParseIn([]byte(record(`"prompt":{"first":200}`)), env)
	if err != nil || c.PromptKey != nil || c.PromptFirst != 200 || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "$.record.prompt.first: records carry text of prompts") {
		t.Errorf("text of prompts: %+v, %v", c, err)
	}
	for members, want := range map[string]string{
		`"prompt":{}`:                                   "$.record.prompt: nothing is asked for",
		`"prompt":true`:                                 "$.record.prompt",
		`"prompt":{"first":0}`:                          "$.record.prompt.first",
		`"prompt":{"first":501}`:                        "$.record.prompt.first",
		`"prompt":{"hash_env":"SHORT"}`:                 `$.record.prompt.hash_env: the key in "SHORT" has 11 bytes`,
		`"prompt":{"hash":"tiny-secret"}`:               `unknown key "hash"`,
		`"key_env":"NONE"`:                              `$.record.key_env: the VM's environment has no variable "NONE"`,
		`"key_env":"EMPTY"`:                             `no variable "EMPTY"`,
		`"key_env":"SHORT"`:                             `the key in "SHORT" has 11 bytes`,
		`"key":"tiny-secret"`:                           `$.record.key: the key has 11 bytes`,
		`"key_env":"a=tiny-secret"`:                     "not a name of a variable",
		`"key_env":""`:                                  "$.record.key_env",
		`"key":"","key_env":"KEY"`:                      "$.record.key",
		`"key":"correct-horse-battery","key_env":"KEY"`: "two keys",
		`"kye":"tiny-secret"`:                           `unknown key "kye"`,
	} {
		_, err := ParseIn([]byte(record(members)), env)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", members, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "tiny-secret") {
			t.Errorf("%s: the key shows: %v", members, err)
		}
	}
}
